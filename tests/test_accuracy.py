"""The rounds of the accuracy bench: what is tested was never trained on; and what it keeps and refuses."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from classifier.training.examples import ALTERED, BY_EYE, READ_HERE, Example

BENCHMARKS = str(Path(__file__).resolve().parent.parent / "benchmarks")


@pytest.fixture(scope="module")
def bench():
    sys.path.insert(0, BENCHMARKS)  # benchmarks/ is not installed
    yield {
        name: importlib.import_module(name)
        for name in ("accuracy", "answers", "card", "disguise", "folds", "held_out", "measured", "systems")
    }
    sys.path.remove(BENCHMARKS)


def texts(label, dataset, family, count, **known):
    return [
        Example(
            f"{dataset} {family} {label} {k}", label, dataset=dataset, family=family, id=f"{dataset}/{k}", **({"source": family} | known)
        )
        for k in range(count)
    ]


@pytest.fixture
def examples():
    """Four sources of by_eye, two machine-made sets with three generators, a set that was read, and an altered copy of everything."""
    found = []
    for source in ("tarn_post", "quoll_news", "mire_times", "fen_daily"):
        found += texts("original", BY_EYE, source, 40) + texts("rewrite", BY_EYE, source, 40) + texts("other", BY_EYE, source, 5)
    found += texts("original", "spinners", "spun", 160) + texts("rewrite", "spinners", "spun", 80, generator="gpt-4o")
    found += texts("rewrite", "spinners", "spun", 80, generator="llama-2 after gpt-3.5")
    found += texts("original", "polish", "polished", 160) + texts("rewrite", "polish", "polished", 80, generator="claude-3")
    found += texts("rewrite", "polish", "polished", 80, generator="gpt-3.5")
    found += texts("original", READ_HERE, "read_only", 200)
    copies = [Example(each.text, each.label, dataset=each.dataset, family=each.family, source=each.source, kind=ALTERED) for each in found]
    return [*found, *copies]


def test_no_round_trains_on_a_family_that_it_tests(bench, examples):
    rounds = bench["accuracy"].plan(examples, folds=2)

    assert {each.protocol for each in rounds} == {"sources", "families", "generators"}
    for each in rounds:
        trained, tested = ({examples[row].family for row in rows.tolist()} for rows in (each.train, each.test))
        assert tested <= each.families
        assert not trained & each.families


def test_no_round_trains_on_a_source_that_it_tests_though_its_family_be_another(bench, examples):
    examples = [*examples, *texts("original", "reposts", "cousin", 40, source="tarn_post")]

    for each in bench["accuracy"].plan(examples, folds=4)[:4]:
        trained, tested = ({examples[row].source for row in rows.tolist()} for rows in (each.train, each.test))
        assert tested
        assert not trained & tested


def held(bench, folds, logits):
    rows = np.concatenate([fold.test for fold in folds])
    number = np.concatenate([np.full(len(fold.test), k) for k, fold in enumerate(folds)])
    return bench["held_out"].Held(rows, number, logits(rows, number), None)


def test_a_round_is_calibrated_by_rounds_that_share_no_family_with_it(bench, examples):
    folds = [fold for fold in bench["accuracy"].plan(examples, folds=4) if fold.protocol == "sources"]
    rotten = folds[1]  # its answers say the contrary of what is right
    truth = bench["systems"].label_numbers(examples)

    def logits(rows, number):
        right = np.eye(3)[np.maximum(truth[rows], 0)]
        return np.where((number == 1)[:, None], -3.0, 3.0) * right

    found = held(bench, folds, logits)
    chances, _ = bench["held_out"].calibrated(found, found, folds, examples)
    here = (found.fold == 1) & (truth[found.rows] >= 0)

    assert len(rotten.test)
    assert (chances[here, truth[found.rows[here]]] < 0.01).all()  # calibrated on itself, it would be turned or flattened


def test_a_text_is_measured_by_its_reading_and_not_by_that_of_an_altered_copy(bench):
    told = Example("t", "original", dataset="spinners", family="spun", id="spinners/1")
    read = Example("t", "original", dataset=READ_HERE, family="spun", id="spinners/1")
    marked = Example("t oaicite", "rewrite", dataset=READ_HERE, family="spun", id="spinners/1", kind=ALTERED)
    other = Example("s", "filler", dataset="spinners", family="spun", id="spinners/2")
    chances = np.array([[0.9, 0.05, 0.05], [0.05, 0.05, 0.9]])

    found = bench["held_out"]._as_read([told, other, read, marked], np.array([0, 1]), chances, np.array([True, True]))

    assert (found["relabelled"], found["accuracy"]) == (0, 1.0)


def test_figures_of_one_protocol_leave_those_of_another_and_tell_their_code(bench):
    before = {"how": {"code": "old"}, "sources": {"ours": {"f": 1, "code": "old"}, "tfidf": {"f": 2, "code": "old"}}}
    facts = {"how": {"code": "new"}, "families": {"ours": {"f": 3}}, "sources": {"tfidf": {"f": 4}}}

    whole = bench["accuracy"].merged(before, facts)

    assert whole["how"] == {"code": "new"}
    assert whole["sources"] == {"ours": {"f": 1, "code": "old"}, "tfidf": {"f": 4, "code": "new"}}
    assert whole["families"] == {"ours": {"f": 3, "code": "new"}}
    assert [name for name in bench["card"].PROTOCOLS if bench["card"]._is_earlier(whole, name)] == ["sources"]


def test_a_disguise_is_judged_by_the_texts_that_it_changes_and_calibrated_by_other_rounds(bench):
    truth, of_round = np.array([0, 1] * 20), np.repeat([0, 1], 20)
    plain = 3.0 * np.eye(3)[truth]
    turned = plain.copy()
    turned[:4] = plain[[1, 0, 3, 2]]
    changed = np.zeros(40, dtype=bool)
    changed[:8] = True

    found = bench["disguise"].figures(
        truth, of_round, {"as it is": plain, "turned": turned}, {"as it is": np.zeros(40, dtype=bool), "turned": changed}
    )

    assert (found["turned"]["flipped"], found["turned"]["flipped_of_changed"], found["turned"]["changed"]) == (0.1, 0.5, 8)
    assert found["as it is"]["accuracy"] == 1.0


def test_a_round_over_generators_trains_on_none_of_their_lineage(bench, examples):
    rounds = [each for each in bench["accuracy"].plan(examples) if each.protocol == "generators"]

    assert {each.name for each in rounds} == {"polished: Claude", "polished: GPT", "spun: GPT", "spun: Llama"}
    for each in rounds:
        lineage = each.name.partition(": ")[2]
        generators = {examples[row].generator for row in each.train.tolist()}
        assert not [name for name in generators if lineage in bench["folds"].lineages(name)]


def test_copies_and_what_was_read_here_train_and_are_never_tested(bench, examples):
    rounds = bench["accuracy"].plan(examples)

    assert all(examples[row].is_measured for each in rounds for row in each.test.tolist())
    assert any(not examples[row].is_measured for each in rounds for row in each.train.tolist())


def test_a_family_of_which_everything_was_read_here_is_no_round(bench, examples):
    families = {each.name for each in bench["accuracy"].plan(examples) if each.protocol == "families"}

    assert {"spun", "polished"} <= families
    assert not [name for name in families if "read_only" in name]


def test_every_text_that_is_measured_is_tested_once_by_families(bench, examples):
    rows = np.concatenate([each.test for each in bench["accuracy"].plan(examples) if each.protocol == "families"])

    assert sorted(rows.tolist()) == [row for row, each in enumerate(examples) if each.is_measured]


def test_an_unknown_generator_is_named(bench):
    with pytest.raises(ValueError, match="'parrot-7b' belongs to no lineage"):
        bench["folds"].lineages("parrot-7b")


def test_an_answer_is_asked_for_once(bench, examples, tmp_path):
    fold = bench["accuracy"].plan(examples)[0]
    asked = []

    def ask():
        asked.append(fold.name)
        return np.ones((len(fold.test), 3)), None

    first = bench["answers"].kept("tfidf", "code", examples, tmp_path).answer(fold, ask)
    again = bench["answers"].kept("tfidf", "code", examples, tmp_path).answer(fold, ask)
    bench["answers"].kept("tfidf", "other code", examples, tmp_path).answer(fold, ask)

    assert len(asked) == 2
    assert np.array_equal(first[0], again[0])
    assert again[1] is None


@pytest.mark.parametrize(
    ("protocols", "told"),
    [("generators", "Name both: --protocols families,generators"), ("sources,moons", "unknown: moons")],
)
def test_protocols_that_cannot_be_measured_are_refused(bench, capsys, protocols, told):
    with pytest.raises(SystemExit) as stop:
        bench["accuracy"].main(["--protocols", protocols])

    assert stop.value.code == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(("failures", "rate"), [(0, 0.5), (1, 0.25), (2, 0.125)])
def test_fasttext_learns_more_slowly_where_it_runs_off(bench, monkeypatch, failures, rate):
    rates = []

    def train_supervised(path, lr, **_):
        rates.append(lr)
        if len(rates) <= failures:
            raise RuntimeError("Encountered NaN.")
        return path

    monkeypatch.setattr(bench["systems"], "import_module", lambda _: SimpleNamespace(train_supervised=train_supervised))

    assert bench["systems"].FastText._fitted("train.txt") == "train.txt"
    assert rates[-1] == rate


def test_fasttext_that_always_runs_off_says_so(bench, monkeypatch):
    def train_supervised(_path, **_):
        raise RuntimeError("Encountered NaN.")

    monkeypatch.setattr(bench["systems"], "import_module", lambda _: SimpleNamespace(train_supervised=train_supervised))

    with pytest.raises(RuntimeError, match="Encountered NaN"):
        bench["systems"].FastText._fitted("train.txt")


def test_features_are_the_same_whether_measured_or_read_again(bench, tmp_path):
    examples = texts("original", "hale", "a", 3)
    first, again = (bench["measured"].features(examples, print, tmp_path) for _ in range(2))

    assert first.ngrams.dtype == again.ngrams.dtype
    assert (first.ngrams != again.ngrams).nnz == (first.sentences.ngrams != again.sentences.ngrams).nnz == 0
    assert first.signals.tolist() == again.signals.tolist()


def test_the_line_on_readings_tells_calibration_and_what_is_certain_where_that_was_measured(bench):
    figures = {"relabelled": 7, "macro_f1": 0.7, "calibration_error": 0.02}
    systems = {"ours": {"as_read": figures | {"certain": {"share": 0.4, "accuracy": 0.95}}}, "tfidf": {"as_read": figures}}

    line = bench["accuracy"].as_read(systems)

    assert "quality 0.700 (calibration error 0.020; 40% certain, 95.0% of these right)" in line
    assert line.endswith("0.700 (calibration error 0.020)")
