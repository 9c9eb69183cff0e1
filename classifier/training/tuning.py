"""Tuning: calibration and thresholds of a model fitted to a few labels of one's own; its weights stay what they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from classifier.model import Model, softmax
from classifier.training.fit import RIGHT_WHEN_CERTAIN, split
from classifier.training.metrics import Floats, Ints
from classifier.verdict import LABELS

FOLDS = 10
_PRIOR = 10.0  # texts that the calibration of the model counts for: so few labels must not turn it over
_TRUST = 20.0  # texts that its probabilities count for where a threshold is looked for
_DRAWS, _SEED = 2000, 20_260_614
_LEAST = 1e-12


@dataclass(frozen=True)
class Gain:
    """What tuning gained on texts that it was not fitted to: the mean and its 95 % interval, from a bootstrap over families.

    The interval tells how much hangs on which of these texts were given, for the fits as they were found.

    Attributes:
        changed: how many texts got another label.
        accuracy: more right labels, as a share of all, as (mean, low, high).
        log_loss: less loss a text, in nats, as (mean, low, high).
    """

    changed: int
    accuracy: tuple[float, float, float]
    log_loss: tuple[float, float, float]

    @property
    def is_plain(self) -> bool:
        """Whether the loss fell beyond doubt."""
        return self.log_loss[1] > 0


def tuned(model: Model, chances: Floats, truth: Ints, name: str) -> Model:
    """The model with a calibration and thresholds that fit some labelled texts.

    Args:
        model: the model.
        chances: what it says of the texts, shape (texts, labels).
        truth: the place of each text's label in LABELS.
        name: of the new model.
    """
    scale, shift = calibration(chances, truth)
    found = softmax(scale * _logs(chances) + shift)
    limits = {label: threshold(found, truth, place) for place, label in enumerate(LABELS)}
    about = {**model.about, "tuned_from": f"{model.name} {model.version}", "tuned_on": len(truth)}
    return replace(
        model,
        name=name,
        scale=model.scale * scale,
        shift=scale * model.shift + shift,
        thresholds={**model.thresholds, **limits},
        about=about,
    )


def calibration(chances: Floats, truth: Ints) -> tuple[float, Floats]:
    """How to scale and shift the log probabilities so that they fit the truth, held near 1 and 0 by a prior."""
    logs = _logs(chances)

    def loss(parameters: Floats) -> float:
        found = softmax(np.exp(parameters[0]) * logs + parameters[1:])
        likelihood = np.log(np.maximum(found[np.arange(len(found)), truth], _LEAST)).sum()
        return float(_PRIOR * np.square(parameters).sum() / 2 - likelihood)

    found = minimize(loss, np.zeros(1 + len(LABELS)), method="L-BFGS-B").x
    return float(np.exp(found[0])), found[1:] - found[1:].mean()


def threshold(chances: Floats, truth: Ints, place: int) -> float:
    """The lowest confidence from which a label is right in RIGHT_WHEN_CERTAIN of all cases.

    How often it is right is told by the labels and by the probabilities, which count for _TRUST texts.
    """
    rows = np.flatnonzero(chances.argmax(axis=1) == place)
    rows = rows[np.argsort(-chances[rows, place], kind="stable")]
    confidence, number = chances[rows, place], np.arange(1, len(rows) + 1)
    right = np.cumsum(truth[rows] == place) + _TRUST * np.cumsum(confidence) / number
    good = np.flatnonzero(right / (number + _TRUST) >= RIGHT_WHEN_CERTAIN)
    return round(float(confidence[good[-1]]), 4) if len(good) else RIGHT_WHEN_CERTAIN


def held_out(chances: Floats, truth: Ints, families: Sequence[str]) -> Floats:
    """The probabilities of each text by a calibration that has seen no text of its family, shape (texts, labels)."""
    found = chances.copy()
    for train, test in split(families, min(FOLDS, len(set(families)))):
        scale, shift = calibration(chances[train], truth[train])
        found[test] = softmax(scale * _logs(chances[test]) + shift)
    return found


def gain(before: Floats, after: Floats, truth: Ints, families: Sequence[str]) -> Gain:
    """What probabilities `after` are better by than those `before`; texts of one family are drawn together."""
    rows = np.arange(len(truth))
    was, said = before.argmax(axis=1), after.argmax(axis=1)
    right = (said == truth).astype(float) - (was == truth)
    loss = np.log(np.maximum(after[rows, truth], _LEAST)) - np.log(np.maximum(before[rows, truth], _LEAST))
    family = np.unique(families, return_inverse=True)[1]
    return Gain(int((said != was).sum()), _interval(right, family), _interval(loss, family))


def _interval(values: Floats, family: Ints) -> tuple[float, float, float]:
    sums, sizes = np.bincount(family, values), np.bincount(family)
    draws = np.random.default_rng(_SEED).integers(0, len(sizes), (_DRAWS, len(sizes)))
    low, high = np.quantile(sums[draws].sum(axis=1) / sizes[draws].sum(axis=1), (0.025, 0.975))
    return float(values.mean()), float(low), float(high)


def _logs(chances: Floats) -> Floats:
    logs: Floats = np.log(np.maximum(chances, _LEAST))
    return logs
