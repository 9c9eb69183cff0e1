"""What a signal answers: a number for each document, and the stretches of text behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.document import Batch, once
from classifier.words import CAPITAL, GAP_STOP, Ints

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spans:
    """Stretches of text as offsets among the characters of a batch, rising, shape (spans,) each."""

    start: Ints
    end: Ints

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, rows: Ints | NDArray[np.bool_]) -> Spans:
        return Spans(self.start[rows], self.end[rows])


NOWHERE = Spans(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Measure:
    """The value of a signal for each document of a batch, shape (documents,), and the spans of characters that it counted."""

    values: Floats
    spans: Spans = NOWHERE


def ratio(part: NDArray[np.generic], whole: NDArray[np.generic]) -> Floats:
    """`part / whole` of each document, and 0.0 of an empty whole: the one place where signals divide."""
    quotient: Floats = np.divide(part, whole, out=np.zeros(np.shape(whole)), where=np.asarray(whole) > 0)
    return quotient


def rate(batch: Batch, spans: Spans) -> Measure:
    """How often something stands in each text, per 1,000 words."""
    return Measure(per_thousand(batch, batch.count(spans.start)), spans)


def per_thousand(batch: Batch, counts: NDArray[np.generic]) -> Floats:
    """Counts of each document, per 1,000 words."""
    return 1000 * ratio(counts, batch.sizes)


def share(batch: Batch, spans: Spans) -> Measure:
    """The share of each text's characters that lie in `spans`, 0..1."""
    return Measure(np.minimum(1.0, ratio(batch.count(spans.start, spans.end - spans.start), letters(batch))), spans)


@once
def letters(batch: Batch) -> Ints:
    """How many characters of each text stand in words: the whole of which a share is told."""
    length = np.append(0, np.cumsum(batch.words.end - batch.words.start))
    return np.diff(length[batch.first])


def phrases(batch: Batch, *lists: str) -> Spans:
    """Where the phrases of some lists stand, overlapping ones told once."""
    first, last = batch.found.of(*lists)
    return merge(batch.words.start[first], batch.words.end[last - 1])


def tagged(batch: Batch, bits: int) -> Spans:
    """Runs of words that carry a tag, a run going on in capitalized words of the same document, and over a stop ("Halewatch.com")."""
    words = batch.words
    places = np.flatnonzero((batch.found.tags & bits) > 0)
    goes_on = ((words.shape[places[1:]] & CAPITAL) > 0) | (words.gap[places[1:] - 1] == GAP_STOP)
    fresh = np.append(True, (np.diff(places) > 1) | ~goes_on)[: len(places)]
    fresh[np.searchsorted(places, batch.first[:-1])[np.diff(np.searchsorted(places, batch.first)) > 0]] = True
    first = np.flatnonzero(fresh)
    return Spans(words.start[places[first]], words.end[places[np.append(first[1:], len(places)) - 1]] if len(places) else first)


def matches(pattern: re.Pattern[str], batch: Batch, marks: str) -> Spans:
    """Where a pattern matches; looked for only in texts that hold one of some marks."""
    rows = np.unique(batch.document_of(batch.mark(marks))).tolist()
    return spans_of(
        (int(batch.origin[row]) + start, int(batch.origin[row]) + end)
        for row in rows
        for start, end in map(re.Match.span, pattern.finditer(batch.texts[row]))
    )


def opening(pattern: re.Pattern[str], batch: Batch, places: Ints) -> Spans:
    """Where a pattern matches at one of some rising characters of the batch."""
    row = batch.document_of(places)
    tries = zip(row.tolist(), batch.origin[row].tolist(), (places - batch.origin[row]).tolist(), strict=True)
    found = ((begin, pattern.match(batch.texts[k], at)) for k, begin, at in tries)
    return spans_of((begin + match.start(), begin + match.end()) for begin, match in found if match)


def spans_of(pairs: Iterable[tuple[int, int]]) -> Spans:
    """Spans from pairs of offsets that rise."""
    table = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    return Spans(table[:, 0], table[:, 1])


def join(*groups: Spans) -> Spans:
    """The spans of all groups, overlapping ones told once."""
    return merge(np.concatenate([group.start for group in groups]), np.concatenate([group.end for group in groups]))


def merge(start: Ints, end: Ints) -> Spans:
    """Sorted spans, with overlapping ones joined."""
    if not len(start):
        return NOWHERE
    order = np.lexsort((end, start))
    start, reach = start[order], np.maximum.accumulate(end[order])
    first = np.flatnonzero(np.append(True, start[1:] >= reach[:-1]))
    return Spans(start[first], reach[np.append(first[1:], len(start)) - 1])
