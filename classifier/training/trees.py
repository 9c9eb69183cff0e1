"""Boosted trees over the signals: grown with scikit-learn, and told as data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from classifier.forest import Forest

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SHARE = 1.5  # how much the trees weigh against the linear part
_SETTINGS = {
    "max_iter": 250,
    "learning_rate": 0.06,
    "max_leaf_nodes": 12,
    "min_samples_leaf": 20,
    "l2_regularization": 5.0,
    "max_features": 0.3,
    "early_stopping": False,  # it would split texts at random, and both sides of a pair would be seen
    "random_state": 0,
}


def grow(signals: Floats, truth: Ints, weights: Floats) -> HistGradientBoostingClassifier | None:
    """Learn trees from signals, shape (texts, signals), and the places of their labels; None where one label stands alone."""
    if len(np.unique(truth)) < 2:
        return None
    return HistGradientBoostingClassifier(**_SETTINGS).fit(signals, truth, sample_weight=weights)


def tree_logits(trees: HistGradientBoostingClassifier | None, signals: Floats, labels: int) -> Floats:
    """What scikit-learn's trees add to the logit of each label, shape (texts, labels)."""
    logits = np.zeros((len(signals), labels))
    if trees is not None and len(signals):
        found = trees.decision_function(signals).reshape(len(signals), -1)
        logits[:, trees.classes_[-found.shape[1] :]] = SHARE * found  # of two labels only the second has trees
    return logits


def forest(trees: HistGradientBoostingClassifier | None) -> Forest:
    """The trees as data; what they all start from is in the roots of the first."""
    if trees is None:
        return Forest(*(np.zeros(0, dtype=kind) for kind in (np.int64, float, np.int64, np.int64, float, np.int64, np.int64)))
    rounds = trees._predictors
    start = np.asarray(trees._baseline_prediction, dtype=np.float64).ravel()
    labels = trees.classes_[-len(start) :]
    parts, roots, size = [], [], 0
    for number, trained in enumerate(rounds):
        for place, tree in enumerate(trained):
            roots.append(size)
            parts.append(_nodes(tree.nodes, size, SHARE * start[place] if number == 0 else 0.0))
            size += len(tree.nodes)
    signal, cut, left, right, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Forest(signal, cut, left, right, value, np.array(roots), np.tile(labels, len(rounds)))


def _nodes(nodes: NDArray[np.void], first: int, start: float) -> tuple[Ints, Floats, Ints, Ints, Floats]:
    """One tree's nodes from place `first` on; scikit-learn keeps no value of inner nodes that fits its leaves, so it is their mean."""
    own, leaf = np.arange(len(nodes)), nodes["is_leaf"].astype(bool)
    left, right = (np.where(leaf, own, nodes[side]) for side in ("left", "right"))
    value = np.where(leaf, SHARE * nodes["value"] + start, 0.0)
    for node in np.flatnonzero(~leaf)[::-1].tolist():  # children stand after their parent
        pair = [left[node], right[node]]
        value[node] = np.average(value[pair], weights=nodes["count"][pair])
    return np.where(leaf, 0, nodes["feature_idx"]), np.where(leaf, 0.0, nodes["num_threshold"]), left + first, right + first, value
