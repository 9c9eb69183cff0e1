"""Signals: what can be measured of a text, one function each, in families."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from classifier.boilerplate import article as article_of
from classifier.document import Document
from classifier.signals import boilerplate, citation, duplication, reporting, spin, style
from classifier.signals.measure import Measure, Span

__all__ = ["FAMILIES", "NAMES", "Measure", "Signals", "Span", "extract", "meaning"]

Signal = Callable[[Document], Measure]

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
    """All signals of one text, in the order of NAMES: a value each, and the spans behind it."""

    values: Sequence[float]
    spans: Sequence[Sequence[Span]]


def extract(document: Document) -> Signals:
    """Measure every signal of a document: boilerplate on the whole page, all else on the article in it."""
    article = article_of(document)
    measures = [signal(document if signal in _OF_PAGE else article) for signal in _SIGNALS]
    return Signals([float(measure.value) for measure in measures], [measure.spans for measure in measures])


def meaning(signal: Signal) -> str:
    """What a signal measures: the first line of its docstring."""
    return (signal.__doc__ or "").strip().splitlines()[0]
