"""What a signal answers: a number and the stretches of text behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from classifier.document import Document, once

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Measure:
    """The value of a signal, and the spans of characters that it counted."""

    value: float
    spans: Sequence[Span] = ()


def ratio(part: float, whole: float) -> float:
    """`part / whole`, and 0.0 of an empty whole: the one place where signals divide."""
    return part / whole if whole else 0.0


def rate(document: Document, spans: Sequence[Span]) -> Measure:
    """How often something stands in the text, per 1,000 words."""
    return Measure(1000 * ratio(len(spans), len(document.words)), spans)


def share(document: Document, spans: Sequence[Span]) -> Measure:
    """The share of the text's characters that lie in `spans`, 0..1."""
    return Measure(min(1.0, ratio(sum(end - start for start, end in spans), letters(document))), spans)


@once
def letters(document: Document) -> int:
    """How many characters stand in words: the whole of which a share is told."""
    return int((document.words.end - document.words.start).sum())


def phrases(document: Document, *lists: str) -> list[Span]:
    """Where the phrases of some lists stand, overlapping ones told once."""
    words, found = document.words, document.found.phrases
    hits = [hit for name in lists for hit in found.get(name, ())]
    return merge((int(words.start[first]), int(words.end[last - 1])) for first, last in hits)


def matches(pattern: re.Pattern[str], text: str, needle: str) -> list[Span]:
    """Where a pattern matches; not even looked for where the text lacks `needle`."""
    return [match.span() for match in pattern.finditer(text)] if needle in text else []


def merge(spans: Iterable[Span]) -> list[Span]:
    """Sorted spans, with overlapping ones joined."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
