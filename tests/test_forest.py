"""Trees as data: equal to those that scikit-learn grew, each step told by the signal it asks."""

import dataclasses

import numpy as np
import pytest

from classifier.forest import Forest, from_arrays
from classifier.training.trees import forest, grow, tree_logits

TEXTS, SIGNALS = 600, 7


@pytest.fixture(scope="module")
def signals():
    draw = np.random.Generator(np.random.PCG64(3))
    return np.round(draw.exponential(2.0, (TEXTS, SIGNALS)) * (draw.random((TEXTS, SIGNALS)) < 0.6), 2)


@pytest.fixture(scope="module")
def truth(signals):
    """A label that no weighted sum tells: which of two signals is the greater, and whether a third is there at all."""
    return np.where(signals[:, 2] > 0, 2, signals[:, 0] > signals[:, 1]).astype(int)


def grown(signals, truth):
    return grow(signals, truth, np.linspace(0.5, 1.5, len(truth)))


def by_hand(node, values, trees):
    """The steps of one tree, walked one question at a time."""
    steps = np.zeros(SIGNALS)
    while trees.left[node] != node:
        asked = trees.signal[node]
        child = (trees.left if values[asked] <= trees.cut[node] else trees.right)[node]
        steps[asked] += trees.value[child] - trees.value[node]
        node = child
    return steps


def test_trees_told_as_data_answer_as_those_of_scikit_learn(signals, truth):
    theirs = tree_logits(grown(signals, truth), signals, 3)
    trees = forest(grown(signals, truth))
    ours = trees.base(3) + trees.steps(signals, 3).sum(axis=1)

    assert np.abs(ours - theirs).max() < 1e-9
    assert (theirs.argmax(axis=1) == truth).mean() > 0.9


def test_of_two_labels_only_the_second_is_moved(signals, truth):
    two = truth != 1
    trained = grown(signals[two], truth[two])
    trees = forest(trained)
    ours = trees.base(3) + trees.steps(signals, 3).sum(axis=1)

    assert np.abs(ours - tree_logits(trained, signals, 3)).max() < 1e-9
    assert np.ptp(ours, axis=0).tolist()[:2] == [0.0, 0.0]
    assert np.ptp(ours[:, 2]) > 1


def test_every_step_belongs_to_the_signal_that_was_asked(signals, truth):
    trees = forest(grown(signals, truth))
    found = trees.steps(signals[:3], 3)

    for document in range(3):
        expected = np.zeros((SIGNALS, 3))
        for root, label in zip(trees.root.tolist(), trees.label.tolist(), strict=True):
            expected[:, label] += by_hand(root, signals[document], trees)
        assert found[document] == pytest.approx(expected, abs=1e-12)


def test_one_label_alone_grows_no_trees(signals):
    trees = forest(grown(signals, np.ones(TEXTS, dtype=int)))

    assert len(trees.root) == 0
    assert trees.steps(signals[:2], 3).tolist() == np.zeros((2, SIGNALS, 3)).tolist()
    assert trees.base(3).tolist() == [0.0, 0.0, 0.0]


def test_no_documents_have_no_steps(signals, truth):
    assert forest(grown(signals, truth)).steps(signals[:0], 3).shape == (0, SIGNALS, 3)


def test_stored_trees_come_back(signals, truth):
    trees = forest(grown(signals, truth))
    back = from_arrays(trees.arrays())

    assert all(np.array_equal(getattr(trees, each.name), getattr(back, each.name)) for each in dataclasses.fields(Forest))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        pytest.param("left", np.zeros_like, id="a circle"),
        pytest.param("right", lambda column: column + 10_000, id="a child that is not there"),
        pytest.param("root", lambda column: column + 10_000, id="a tree that is not there"),
        pytest.param("root", lambda column: column[1:], id="a label without a tree"),
        pytest.param("cut", lambda column: column[1:], id="a node without a cut"),
        pytest.param("left", lambda column: -column - 1, id="a child before the first"),
    ],
)
def test_trees_that_cannot_be_walked_are_refused(signals, truth, name, change):
    stored = forest(grown(signals, truth)).arrays()
    stored[f"forest_{name}"] = change(stored[f"forest_{name}"])

    with pytest.raises(ValueError, match=r"the arrays of the trees|not rising lists of nodes"):
        from_arrays(stored)
