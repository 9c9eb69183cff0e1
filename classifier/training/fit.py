"""Fitting: examples in, a calibrated model out, with scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from classifier import ngrams
from classifier.model import STORED, Model, softmax
from classifier.training.examples import ALTERED, BY_EYE, OTHER, Example
from classifier.training.features import READ, Features, bin_edges, code
from classifier.training.sentences import held_out_summaries, learn, summaries
from classifier.training.trees import forest, grow, tree_logits
from classifier.verdict import LABELS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

INVERSE_PENALTY = 3.0
SIGNAL_SCALE = 0.078125  # how much a bin weighs against an n-gram under the penalty; 5/64, exact in any precision
RIGHT_WHEN_CERTAIN = 0.96  # one point above what is promised: thresholds flatter the texts that they were chosen on
MARK_SCALE = 0.5
FEWEST_TEXTS = 3  # in which an n-gram must occur
OFFSET_SCALE = np.float32(2)  # how freely the offset of a data set moves
SCOPE_FALSE_ALARMS = 0.05
FOLDS = 6
INNER_FOLDS = 3  # of what the trees are given of the other parts, each by parts that have not seen the text
LINEAR_SHARE = 0.3  # how much the linear part weighs in the sum; the trees, which ask it, weigh more
NEVER = -30.0  # the logit of a label that training has not seen
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Linear:
    """Logistic regressions over n-grams and binned signals.

    Attributes:
        columns: the n-gram columns that occur in training, shape (kept,).
        edges: bin edges of each signal.
        labels: one for each label against the others; their logits are calibrated together.
        scope: the one of "none of the three", or None where no such text was given.
    """

    columns: Ints
    edges: list[list[float]]
    labels: Sequence[LogisticRegression | None]
    scope: LogisticRegression | None

    def logits(self, features: Features) -> tuple[Floats, Floats]:
        """Logits of the labels, shape (texts, 3), and of "none of the three", shape (texts,)."""
        matrix = _matrix(features, self.columns, self.edges)
        return np.stack([_logits(estimator, matrix) for estimator in self.labels], axis=1), _logits(self.scope, matrix)


@dataclass(frozen=True)
class Fitted:
    """What scikit-learn learned: linear estimators, sentences, and trees that ask both.

    Attributes:
        linear: over n-grams and binned signals.
        sentences: the weight of each n-gram of a sentence for each label, shape (2**ngrams.BITS, labels).
        trees: boosted trees over the signals, the summaries of sentences and the logits of the linear part; they see what goes
            together, which no sum of weights can.
    """

    linear: Linear
    sentences: NDArray[np.float32]
    trees: HistGradientBoostingClassifier | None

    def logits(self, features: Features) -> tuple[Floats, Floats]:
        """Logits of the labels, shape (texts, 3), and of "none of the three", shape (texts,)."""
        logits, scope = self.linear.logits(features)
        asked = _asked(features, summaries(features.sentences, self.sentences, len(features.signals)), logits)
        return logits + tree_logits(self.trees, asked, len(LABELS)), scope


def _asked(features: Features, told: Floats, logits: Floats) -> Floats:
    """What the trees may ask, as in Model.judge: the signals, the summaries of sentences, the logits of the linear part."""
    return np.hstack([features.signals, told, logits])


def _matrix(features: Features, columns: Ints, edges: list[list[float]]) -> sp.csr_array:
    coded = code(features.signals, edges) * bin_scales(edges)
    return sp.csr_array(sp.hstack([features.ngrams[:, columns], sp.csr_array(coded)], format="csr"))


def fit(features: Features, examples: Sequence[Example]) -> Fitted:
    """Learn from examples; every label has the same weight in all."""
    truth, weights = label_numbers(examples), np.array([example.weight for example in examples])
    splits = list(split(families(examples), INNER_FOLDS))
    sentences, told = _sentences(features, examples, splits)
    asked = _asked(features, told, held_out_linear(features, examples, splits))
    rows = np.flatnonzero((truth >= 0) & (weights > 0))
    trees = grow(asked[rows], truth[rows], balanced(truth[rows], weights[rows]))
    return Fitted(_linear(features, examples), sentences, trees)


def _linear(features: Features, examples: Sequence[Example], has_scope: bool = True) -> Linear:
    truth, weights = label_numbers(examples), np.array([example.weight for example in examples])
    labelled = truth >= 0
    columns = np.flatnonzero(np.bincount(features.ngrams.indices, minlength=features.ngrams.shape[1]) >= FEWEST_TEXTS)
    edges = bin_edges(features.signals, weights)
    matrix = sp.csr_array(sp.hstack([_matrix(features, columns, edges), _offsets(examples)], format="csr"))
    rows = np.flatnonzero(labelled & (weights > 0))
    counted = balanced(truth[rows], weights[rows])
    labels = [_one_against_rest(matrix[rows], truth[rows] == place, counted) for place in range(len(LABELS))]
    scope = None
    if has_scope and not labelled.all():
        known = np.flatnonzero(np.array([example.was_read for example in examples]))
        scope = _one_against_rest(matrix[known], ~labelled[known], balanced((~labelled[known]).astype(int), weights[known]))
    words, scales = len(columns), bin_scales(edges)
    return Linear(columns, edges, [_finished(each, words, scales, LINEAR_SHARE) for each in labels], _finished(scope, words, scales))


def held_out_linear(features: Features, examples: Sequence[Example], splits: Sequence[tuple[Ints, Ints]]) -> Floats:
    """The logits of each text by linear estimators that have not seen its family, shape (texts, labels)."""
    logits = np.zeros((len(examples), len(LABELS)))
    read = replace(features, sentences=features.sentences.of(np.array([], dtype=np.int64)))  # the sentences would only be copied
    for train, test in splits:
        logits[test], _ = _linear(read[train], [examples[row] for row in train.tolist()], has_scope=False).logits(read[test])
    return logits


def _sentences(features: Features, examples: Sequence[Example], splits: Sequence[tuple[Ints, Ints]]) -> tuple[NDArray[np.float32], Floats]:
    """The weights of n-grams of sentences, and what they say of each text where its family was left out."""
    truth, weights = label_numbers(examples), np.array([example.weight for example in examples])
    whole = np.array([example.kind != ALTERED for example in examples])
    counted = np.zeros(len(examples))
    rows = np.flatnonzero(whole & (truth >= 0))
    counted[rows] = balanced(truth[rows], weights[rows])
    told = held_out_summaries(features.sentences, truth, counted, splits, len(examples))
    return learn(features.sentences, truth, counted), told


def bin_scales(edges: Sequence[Sequence[float]]) -> Floats:
    """How much each bin weighs against an n-gram under the penalty, shape (sum of edges,); marks of chats weigh most.

    They are near-proof but rare in training; at the scale of the others the penalty would hold their weights near 0.
    """
    scales = [MARK_SCALE if name.startswith("citation.") else SIGNAL_SCALE for name in READ]
    return np.repeat(scales, [len(cuts) for cuts in edges])


def _offsets(examples: Sequence[Example]) -> sp.csr_array:
    """A column for each data set but by_eye, shape (texts, data sets): it takes up how often a set holds which label.

    Without it the shares of labels in the machine-made sets, which mean nothing, move the intercept and the words that
    tell the sets apart (macro-F1 on by_eye .766 without, .789 with). Scoring knows no data set and leaves it out.
    """
    names = sorted({example.dataset for example in examples if example.label != "filler"} - {BY_EYE, ""})
    places = {name: place for place, name in enumerate(names)}
    rows = [row for row, example in enumerate(examples) if example.dataset in places]
    columns = [places[examples[row].dataset] for row in rows]
    return sp.csr_array((np.full(len(rows), OFFSET_SCALE), (rows, columns)), shape=(len(examples), len(names)))


def _one_against_rest(matrix: sp.csr_array, positive: NDArray[np.bool_], weights: Floats) -> LogisticRegression | None:
    """A logistic regression, or None where the label does not occur, or no other does.

    For wide sparse columns liblinear is the quickest solver, and its dual form takes a third of the time of the primal.
    """
    if positive.all() or not positive.any():
        return None
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)  # liblinear takes no others
    estimator = LogisticRegression(C=INVERSE_PENALTY, solver="liblinear", dual=True, tol=1e-2, random_state=0)
    return estimator.fit(matrix, positive, sample_weight=weights)


def _finished(estimator: LogisticRegression | None, words: int, scales: Floats, share: float = 1.0) -> LogisticRegression | None:
    """The estimator without the offsets, by its share in the sum, its weights rounded as stored: every figure is measured with those."""
    if estimator is not None:
        weights = share * estimator.coef_[:, : words + len(scales)]
        weights[:, :words] = weights[:, :words].astype(STORED)
        weights[:, words:] = (weights[:, words:] * scales).astype(STORED).astype(np.float64) / scales
        estimator.coef_, estimator.intercept_, estimator.n_features_in_ = weights, share * estimator.intercept_, words + len(scales)
    return estimator


def _logits(estimator: LogisticRegression | None, matrix: sp.csr_array) -> Floats:
    if estimator is None:
        return np.full(matrix.shape[0], NEVER)
    logits: Floats = estimator.decision_function(matrix)
    return logits


def label_numbers(examples: Sequence[Example]) -> Ints:
    """The place of each label in LABELS, -1 for `other`."""
    return np.array([LABELS.index(example.label) if example.label != OTHER else -1 for example in examples])


def balanced(truth: Ints, weights: Floats) -> Floats:
    """Weights by which every label counts the same in all."""
    totals = np.bincount(truth, weights)
    shares = np.where(totals > 0, totals.sum() / np.maximum(totals, 1e-12) / np.count_nonzero(totals), 0.0)
    return weights * shares[truth]


def families(examples: Sequence[Example]) -> list[str]:
    """The group of each example that no split may part; a text without one stands alone."""
    return [example.family or example.id or f"text {row}" for row, example in enumerate(examples)]


def split(groups: Sequence[str], folds: int = FOLDS) -> Iterator[tuple[Ints, Ints]]:
    """Train and test rows of each fold: whole groups, dealt from the largest so that folds are about equal."""
    sizes: dict[str, int] = {}
    for group in groups:
        sizes[group] = sizes.get(group, 0) + 1
    fold_of: dict[str, int] = {}
    load = [0] * folds
    for group in sorted(sizes, key=lambda name: (-sizes[name], name)):
        fold_of[group] = load.index(min(load))
        load[fold_of[group]] += sizes[group]
    fold = np.array([fold_of[group] for group in groups])
    for number in range(folds):
        if (fold == number).any() and (fold != number).any():
            yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def held_out_logits(features: Features, examples: Sequence[Example], tell: Tell, folds: int = FOLDS) -> tuple[Floats, Floats]:
    """The logits of each example by a model that has not seen its family."""
    logits, scope = np.zeros((len(examples), len(LABELS))), np.zeros(len(examples))
    for number, (train, test) in enumerate(split(families(examples), folds), start=1):
        tell(f"held-out fold {number} of {folds}")
        fitted = fit(features[train], [examples[row] for row in train.tolist()])
        logits[test], scope[test] = fitted.logits(features[test])
    return logits, scope


@dataclass(frozen=True)
class Calibration:
    """From logits to probabilities one can rely on; see Model."""

    scale: float
    shift: Floats
    scope: tuple[float, float]
    thresholds: dict[str, float]

    def probabilities(self, logits: Floats) -> Floats:
        """Calibrated probabilities, shape (texts, 3)."""
        return softmax(self.scale * logits + self.shift)


def calibrate(logits: Floats, scope_logits: Floats, truth: Ints, weights: Floats) -> Calibration:
    """Fit scale and shift (Guo et al. 2017, with a bias for each label) and the thresholds, on held-out logits."""
    known = truth >= 0

    def loss(parameters: Floats) -> float:
        chances = softmax(np.exp(parameters[0]) * logits[known] + parameters[1:])
        likelihood = np.log(np.maximum(chances[np.arange(len(chances)), truth[known]], 1e-12))
        return float(-(weights[known] * likelihood).sum() / weights[known].sum() + 1e-4 * np.square(parameters[1:]).sum())

    found = minimize(loss, np.zeros(1 + len(LABELS)), method="L-BFGS-B").x
    scale, shift = float(np.exp(found[0])), np.asarray(found[1:] - found[1:].mean(), dtype=np.float64)
    chances = softmax(scale * logits[known] + shift)
    thresholds = {
        label: _threshold(chances[:, place], (chances.argmax(axis=1) == place), truth[known] == place, weights[known])
        for place, label in enumerate(LABELS)
    }
    scope, thresholds["scope"] = _calibrate_scope(scope_logits, truth, weights)
    return Calibration(scale, shift, scope, thresholds)


def _threshold(confidence: Floats, said: NDArray[np.bool_], right: NDArray[np.bool_], weights: Floats) -> float:
    """The lowest confidence from which a label that was said is right in RIGHT_WHEN_CERTAIN of all cases."""
    rows = np.flatnonzero(said)
    if not len(rows):
        return 1.0
    rows = rows[np.argsort(-confidence[rows], kind="stable")]
    hits = np.cumsum(weights[rows] * right[rows]) / np.cumsum(weights[rows])
    good = np.flatnonzero(hits >= RIGHT_WHEN_CERTAIN)
    return round(float(confidence[rows[good[-1]]]), 4) if len(good) else 1.0


def _calibrate_scope(logits: Floats, truth: Ints, weights: Floats) -> tuple[tuple[float, float], float]:
    outside = truth < 0
    if not outside.any():
        return (1.0, 0.0), 1.0
    estimator = LogisticRegression(C=1e6).fit(logits[:, None], outside, sample_weight=weights)
    slope, offset = float(estimator.coef_[0, 0]), float(estimator.intercept_[0])
    chances = 1 / (1 + np.exp(-(slope * logits + offset)))
    return (slope, offset), round(float(np.quantile(chances[~outside], 1 - SCOPE_FALSE_ALARMS)), 4)


def export(fitted: Fitted, calibration: Calibration, typical: Floats, name: str, version: str, about: dict[str, object]) -> Model:
    """The model as data."""
    linear, kept = fitted.linear, len(fitted.linear.columns)
    estimators = [*linear.labels, linear.scope]
    weights = np.zeros((len(estimators), kept + sum(map(len, linear.edges))))
    intercept = np.full(len(estimators), NEVER)
    for place, estimator in enumerate(estimators):
        if estimator is not None:
            weights[place], intercept[place] = estimator.coef_[0], estimator.intercept_[0]
    grown = forest(fitted.trees)
    table = np.zeros((1 << ngrams.BITS, len(estimators)), dtype=np.float32)
    table[linear.columns] = weights[:, :kept].T
    return Model(
        name=name,
        version=version,
        signals=READ,
        edges=linear.edges,
        ngram_weights=table,
        signal_weights=(weights[:, kept:] * bin_scales(linear.edges)).T.astype(np.float32),
        sentence_weights=fitted.sentences,
        forest=grown,
        intercept=intercept,
        scale=calibration.scale,
        shift=calibration.shift,
        scope=calibration.scope,
        thresholds=calibration.thresholds,
        typical=[round(float(value), 6) for value in typical],
        about=about,
    )
