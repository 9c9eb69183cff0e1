"""How good probabilities are, on texts that training has not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.verdict import LABELS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Score:
    """Figures of one model on one set of texts.

    Attributes:
        count: how many texts were measured.
        macro_f1: mean of the F1 of each label that occurs.
        precision, recall: for each label, shape (labels,); nan where undefined.
        accuracy: share of right labels.
        calibration_error: expected calibration error over ten bins of confidence.
        confusion: weighted counts, true label by said label, shape (labels, labels).
        reliability: for each bin of confidence that holds texts: mean confidence, accuracy, and its share of the weight.
    """

    count: int
    macro_f1: float
    precision: Floats
    recall: Floats
    accuracy: float
    calibration_error: float
    confusion: Floats
    reliability: Sequence[tuple[float, float, float]]

    def to_dict(self) -> dict[str, object]:
        """The figures as plain data."""
        return {
            "texts": self.count,
            "macro_f1": _rounded(self.macro_f1),
            "accuracy": _rounded(self.accuracy),
            "calibration_error": _rounded(self.calibration_error),
            "precision": dict(zip(LABELS, map(_rounded, self.precision.tolist()), strict=True)),
            "recall": dict(zip(LABELS, map(_rounded, self.recall.tolist()), strict=True)),
            "confusion": np.round(self.confusion, 1).tolist(),
            "reliability": [dict(zip(("confidence", "accuracy", "share"), map(_rounded, each), strict=True)) for each in self.reliability],
        }


def score(truth: Ints, probabilities: Floats, weights: Floats | None = None) -> Score:
    """Measure probabilities of shape (texts, labels) against true labels of shape (texts,)."""
    weights = np.ones(len(truth)) if weights is None else weights
    said = probabilities.argmax(axis=1)
    confusion = np.zeros((len(LABELS), len(LABELS)))
    np.add.at(confusion, (truth, said), weights)
    right, true, claimed = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall, f1 = right / claimed, right / true, 2 * right / (true + claimed)
    return Score(
        count=len(truth),
        macro_f1=float(f1[true > 0].mean()),
        precision=precision,
        recall=recall,
        accuracy=float(right.sum() / weights.sum()),
        calibration_error=calibration_error(said == truth, probabilities.max(axis=1), weights),
        confusion=confusion,
        reliability=reliability(said == truth, probabilities.max(axis=1), weights),
    )


def calibration_error(right: NDArray[np.bool_], confidence: Floats, weights: Floats, bins: int = 10) -> float:
    """Expected calibration error (Naeini et al. 2015): mean gap of confidence and accuracy over bins of equal width."""
    return sum(abs(sure - hit) * share for sure, hit, share in reliability(right, confidence, weights, bins))


def reliability(right: NDArray[np.bool_], confidence: Floats, weights: Floats, bins: int = 10) -> list[tuple[float, float, float]]:
    """For each bin of confidence that holds texts: mean confidence, accuracy, and the bin's share of the weight."""
    row = np.minimum((confidence * bins).astype(int), bins - 1)
    mass = np.bincount(row, weights, bins)
    sure, hit = np.bincount(row, weights * confidence, bins), np.bincount(row, weights * right, bins)
    return [(float(sure[k] / mass[k]), float(hit[k] / mass[k]), float(mass[k] / mass.sum())) for k in range(bins) if mass[k] > 0]


def cell_weights(cells: Sequence[tuple[str, str]]) -> Floats:
    """Weights by which every cell (data set, label) counts the same, mean 1."""
    sizes: dict[tuple[str, str], int] = {}
    for cell in cells:
        sizes[cell] = sizes.get(cell, 0) + 1
    return np.array([len(cells) / (len(sizes) * sizes[cell]) for cell in cells])


def recall_by_cell(cells: Sequence[tuple[str, str]], truth: Ints, probabilities: Floats) -> Mapping[tuple[str, str], tuple[int, float]]:
    """For each cell (data set, label): how many texts, and the share of them that was labelled right."""
    right = probabilities.argmax(axis=1) == truth
    found: dict[tuple[str, str], list[bool]] = {}
    for cell, hit in zip(cells, right.tolist(), strict=True):
        found.setdefault(cell, []).append(hit)
    return {cell: (len(hits), sum(hits) / len(hits)) for cell, hits in sorted(found.items())}


def auroc(positive: NDArray[np.bool_], scores: Floats) -> float:
    """Area under the ROC curve: how often a positive scores above a negative; ties count half."""
    from scipy.stats import rankdata

    ranks, count = rankdata(scores), int(positive.sum())
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(scores) - count)))


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)
