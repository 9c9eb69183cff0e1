"""Signals: what can be measured of a text, one function each, in families."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from classifier.boilerplate import article as article_of
from classifier.document import Batch
from classifier.signals import boilerplate, citation, duplication, reporting, spin, style
from classifier.signals.measure import Floats, Measure, Spans
from classifier.words import Ints

__all__ = ["FAMILIES", "NAMES", "Measure", "Signals", "Spans", "extract", "meaning"]

Signal = Callable[[Batch], Measure]

FAMILIES: Mapping[str, Sequence[Signal]] = {
    "boilerplate": boilerplate.SIGNALS,
    "spin": spin.SIGNALS,
    "citation": citation.SIGNALS,
    "reporting": reporting.SIGNALS,
    "style": style.SIGNALS,
    "duplication": duplication.SIGNALS,
}
NAMES: Sequence[str] = tuple(f"{family}.{signal.__name__}" for family, signals in FAMILIES.items() for signal in signals)
_OF_PAGE = frozenset((*boilerplate.SIGNALS, *duplication.SIGNALS))
_SIGNALS: Sequence[Signal] = tuple(signal for signals in FAMILIES.values() for signal in signals)


@dataclass(frozen=True, slots=True)
class Signals:
    """All signals of a batch, in the order of NAMES.

    Attributes:
        values: shape (documents, signals).
        evidence: for each document the stretches behind its signals, as rows of (signal, start, end) that count
            the characters of the text that came in, sorted by signal.
    """

    values: Floats
    evidence: Sequence[Ints]


def extract(batch: Batch) -> Signals:
    """Measure every signal of a batch: boilerplate on the whole pages, all else on the articles in them."""
    article = article_of(batch)
    measures = [signal(batch if signal in _OF_PAGE else article) for signal in _SIGNALS]
    return Signals(np.stack([measure.values for measure in measures], axis=1), _evidence(batch, [measure.spans for measure in measures]))


def _evidence(batch: Batch, spans: Sequence[Spans]) -> Sequence[Ints]:
    signal = np.repeat(np.arange(len(spans)), [len(each) for each in spans])
    start, end = (np.concatenate([getattr(each, name) for each in spans]) for name in ("start", "end"))
    owner = batch.document_of(start)
    order = np.argsort(owner, kind="stable")
    table = np.stack((signal, start - batch.origin[owner], end - batch.origin[owner]), axis=1)[order]
    cuts = np.searchsorted(owner[order], np.arange(len(batch) + 1)).tolist()
    return [table[begin:end] for begin, end in pairwise(cuts)]


def meaning(signal: Signal) -> str:
    """What a signal measures: the first line of its docstring."""
    return (signal.__doc__ or "").strip().splitlines()[0]
