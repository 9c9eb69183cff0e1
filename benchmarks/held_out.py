"""Judging left-out texts, calibrating on the other rounds, and the figures of both."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from answers import Answer, Kept
from folds import FAMILIES, GENERATORS, SOURCES, Fold, Ints, lineages
from measured import Tell
from numpy.typing import NDArray
from systems import Floats, Judge, System

from classifier.training import metrics
from classifier.training.examples import ALTERED, BY_EYE, READ_HERE, Example
from classifier.training.fit import calibrate, label_numbers
from classifier.verdict import LABELS

FEWEST = 10  # texts of a group below which its figures tell nothing
Bools = NDArray[np.bool_]
Table = dict[str, Any]

_INHERITED: list[Callable[[Sequence[int]], dict[int, Answer]]] = []


@dataclass(frozen=True)
class Held:
    """What a system said of the left-out texts of one protocol; a text may occur in several rounds.

    Attributes:
        rows: the example of each answer, shape (answers,).
        fold: the round of each answer, shape (answers,).
        logits: shape (answers, labels).
        scope: logit of "none of the three", shape (answers,), or None.
    """

    rows: Ints
    fold: Ints
    logits: Floats
    scope: Floats | None


def hold_out(system: System, folds: Sequence[Fold], tell: Tell, jobs: int = 1, kept: Kept | None = None) -> dict[str, Held]:
    """Each protocol's answers; rounds with the same training texts share one training, and `jobs` processes share the trainings.

    Answers that are `kept` are not asked for again.
    """
    begun, by_train = time.perf_counter(), _by_train(folds)
    answers: dict[int, Answer] = {}
    for done, found in enumerate(_answers(system, folds, by_train, jobs, kept), start=1):
        answers |= found
        names = "; ".join(f"{folds[number].protocol}: {_short(folds[number].name)}" for number in found)
        tell(f"{system.name} {done}/{len(by_train)} after {time.perf_counter() - begun:.0f} s, left out {names}")
    return {protocol: _joined(folds, answers, protocol) for protocol in dict.fromkeys(fold.protocol for fold in folds)}


def _answers(
    system: System, folds: Sequence[Fold], by_train: Sequence[Sequence[int]], jobs: int, kept: Kept | None
) -> Iterator[dict[int, Answer]]:
    work = partial(_answer, system, folds, kept)
    if jobs <= 1 or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(work, by_train)
        return
    _INHERITED.append(work)  # a forked process has it already: sending the features to each would cost more than the training
    try:
        # Not multiprocessing.Pool: that one waits forever for the answer of a process that was killed, as for want of memory.
        with ProcessPoolExecutor(min(jobs, len(by_train)), multiprocessing.get_context("fork")) as pool:
            for done in as_completed([pool.submit(_answer_inherited, numbers) for numbers in by_train]):
                yield done.result()
    finally:
        _INHERITED.pop()


def _answer_inherited(numbers: Sequence[int]) -> dict[int, Answer]:
    return _INHERITED[-1](numbers)


def _answer(system: System, folds: Sequence[Fold], kept: Kept | None, numbers: Sequence[int]) -> dict[int, Answer]:
    learned: list[Judge] = []

    def ask(fold: Fold) -> Answer:
        if not learned:
            learned.append(system.learn(fold.train))
        return learned[0](fold.test)

    return {number: kept.answer(folds[number], partial(ask, folds[number])) if kept else ask(folds[number]) for number in numbers}


def _by_train(folds: Sequence[Fold]) -> list[list[int]]:
    same: dict[bytes, list[int]] = {}
    for number, fold in enumerate(folds):
        same.setdefault(fold.train.tobytes(), []).append(number)
    return list(same.values())


def _short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:57]}…"


def _joined(folds: Sequence[Fold], answers: dict[int, Answer], protocol: str) -> Held:
    numbers = [number for number, fold in enumerate(folds) if fold.protocol == protocol]
    scopes = [scope for number in numbers if (scope := answers[number][1]) is not None]
    return Held(
        rows=np.concatenate([folds[number].test for number in numbers]),
        fold=np.concatenate([np.full(len(folds[number].test), number) for number in numbers]),
        logits=np.concatenate([answers[number][0] for number in numbers]),
        scope=np.concatenate(scopes) if len(scopes) == len(numbers) else None,
    )


def calibrated(held: Held, pool: Held, folds: Sequence[Fold], examples: Sequence[Example]) -> tuple[Floats, Bools]:
    """Probabilities of each answer, and whether it may be called certain.

    Calibration and thresholds of a round come from the pool's left-out answers, of rounds that share no family with it.
    """
    truth, weights = label_numbers(examples)[pool.rows], np.array([example.weight for example in examples])[pool.rows]
    chances, certain = np.zeros_like(held.logits), np.zeros(len(held.rows), dtype=bool)
    for number in np.unique(held.fold).tolist():
        here, apart = held.fold == number, _apart(pool, folds, number)
        if pool.scope is None:
            apart &= truth >= 0
        found = calibrate(pool.logits[apart], _scope(pool)[apart], truth[apart], weights[apart])
        chances[here] = found.probabilities(held.logits[here])
        least = np.array([found.thresholds[label] for label in LABELS])[chances[here].argmax(axis=1)]
        outside = 1 / (1 + np.exp(-(found.scope[0] * _scope(held)[here] + found.scope[1])))
        certain[here] = (chances[here].max(axis=1) >= least) & ((outside <= found.thresholds["scope"]) | (held.scope is None))
    return chances, certain


def _scope(held: Held) -> Floats:
    return held.scope if held.scope is not None else np.zeros(len(held.rows))


def _apart(pool: Held, folds: Sequence[Fold], number: int) -> Bools:
    """Answers of rounds that share no family with this one, or of all other rounds where there is none."""
    strangers = [other for other, fold in enumerate(folds) if not fold.families & folds[number].families]
    apart = np.isin(pool.fold, strangers)
    return apart if apart.any() else pool.fold != number


def report(answers: Mapping[str, Held], protocol: str, folds: Sequence[Fold], examples: Sequence[Example]) -> Table:
    """All figures of one system under one protocol, as plain data."""
    held = answers[protocol]
    # Rounds over generators are four families, with each human text told once for each lineage: nothing to calibrate on.
    chances, certain = calibrated(held, answers[FAMILIES] if protocol == GENERATORS else held, folds, examples)
    truth = label_numbers(examples)[held.rows]
    known = truth >= 0
    texts = [examples[row] for row in held.rows[known].tolist()]
    cells = _cells(texts, protocol)
    weights = np.ones(len(texts)) if protocol == SOURCES else metrics.cell_weights(cells)
    found: Table = dict(metrics.score(truth[known], chances[known], weights).to_dict())
    found["calibration_error_as_trained"] = _calibration_error(chances[known], truth[known], np.array([text.weight for text in texts]))
    found["certain"] = _certain(certain[known], chances[known].argmax(axis=1) == truth[known], weights)
    found["recall_by_cell"] = {
        " / ".join(cell): {"texts": n, "recall": round(r, 4)}
        for cell, (n, r) in metrics.recall_by_cell(cells, truth[known], chances[known]).items()
    }
    if protocol == SOURCES:
        for name, group in GROUPS.items():
            groups = _by_group([group(text) for text in texts], truth[known], chances[known])
            found[name] = {each: table for each, table in groups.items() if table["texts"] >= FEWEST}
        found["called"] = _called(truth[known], chances[known], certain[known])
    if protocol == FAMILIES:
        found["as_read"] = _as_read(examples, held.rows, chances, certain)
    if protocol == GENERATORS:
        found["by_round"] = _by_group([folds[number].name for number in held.fold[known].tolist()], truth[known], chances[known])
    if held.scope is not None and not known.all():
        eye = np.array([examples[row].dataset == BY_EYE for row in held.rows.tolist()])
        found["other_auroc"] = round(metrics.auroc(~known[eye], held.scope[eye]), 4)
    return found


def _as_read(examples: Sequence[Example], rows: Ints, chances: Floats, certain: Bools) -> Table:
    """The same where a text that was read here is measured by its reading, not by its set; every cell of set and label weighs the same."""
    readings = {example.id: example.label for example in examples if example.dataset == READ_HERE and example.kind != ALTERED}
    sets = [examples[row] for row in rows.tolist()]
    texts = [replace(each, label=readings.get(each.id, each.label)) for each in sets]
    truth = label_numbers(texts)
    known = truth >= 0
    weights = metrics.cell_weights([(sets[row].dataset, sets[row].label) for row in np.flatnonzero(known).tolist()])
    measured = metrics.score(truth[known], chances[known], weights).to_dict()
    measured["certain"] = _certain(certain[known], chances[known].argmax(axis=1) == truth[known], weights)
    relabelled = sum(new.label != old.label for new, old in zip(texts, sets, strict=True))
    return {"texts": int(known.sum()), "relabelled": relabelled, **measured}


def _cells(texts: Sequence[Example], protocol: str) -> list[tuple[str, str]]:
    """(data set, label); under GENERATORS the data set is told with the lineage."""
    if protocol != GENERATORS:
        return [(text.dataset, text.label) for text in texts]
    return [(f"{text.dataset}, {' + '.join(lineages(text.generator)) or 'human'}", text.label) for text in texts]


def _calibration_error(chances: Floats, truth: Ints, weights: Floats) -> float:
    return round(metrics.calibration_error(chances.argmax(axis=1) == truth, chances.max(axis=1), weights), 4)


def _certain(certain: Bools, right: Bools, weights: Floats) -> Table:
    mass = float(weights[certain].sum())
    accuracy = round(float(weights[certain & right].sum() / mass), 4) if mass else None
    return {"share": round(mass / float(weights.sum()), 4), "accuracy": accuracy}


def _length(text: Example) -> str:
    """How long a text is, in words."""
    words = len(text.text.split())
    return next((f"under {limit} words" for limit in (150, 300, 600, 1200) if words < limit), "1200 words and more")


def _era(text: Example) -> str:
    """When a text was published, where that is known."""
    year = int(text.date[:4]) if text.date[:4].isdigit() else 0
    return next(
        (name for least, name in ((2023, "2023 and later"), (2020, "2020 to 2022"), (1, "before 2020")) if year >= least), "unknown"
    )


GROUPS: Mapping[str, Callable[[Example], str]] = {
    "by_source": lambda text: text.source,
    "by_kind": lambda text: f"{text.label}: {text.kind or 'unknown'}",
    "by_length": _length,
    "by_era": _era,
}


def _called(truth: Ints, chances: Floats, certain: Bools) -> Table:
    """What share of the texts of each label are called otherwise, and what share so for certain: an original's false alarms."""
    wrong = chances.argmax(axis=1) != truth
    rows = {label: truth == place for place, label in enumerate(LABELS) if (truth == place).any()}
    return {
        label: {"otherwise": round(float(wrong[own].mean()), 4), "otherwise_and_certain": round(float((wrong & certain)[own].mean()), 4)}
        for label, own in rows.items()
    }


def _by_group(groups: Sequence[str], truth: Ints, chances: Floats) -> dict[str, Table]:
    names, found = np.array(groups), {}
    for name in sorted(set(groups)):
        here = names == name
        score = metrics.score(truth[here], chances[here])
        recall = {label: round(float(value), 4) for label, value in zip(LABELS, score.recall, strict=True) if not np.isnan(value)}
        found[name] = {"texts": int(here.sum()), "accuracy": round(score.accuracy, 4), "recall": recall}
    return found
