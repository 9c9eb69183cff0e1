"""The lines of a batch of documents as columns of one sheet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.boilerplate.near import Near
from classifier.document import Batch
from classifier.errors import InputError
from classifier.lexicon import Found
from classifier.words import Hashes, Ints, changes, mix

Floats = NDArray[np.float64]

PROSE_WORDS = 12  # a line of so many words may be prose
_SEPARATOR_WORDS = 8
_MOST_DOCUMENTS, _MOST = 1 << 12, (1 << 24) - 1  # documents of a sheet, and its lines or words: what `ranked` has bits for
_FIRST, _LAST = np.uint64(0xD6E8FEB86659FD93), np.uint64(0xA0761D6478BD642F)

KINDS = (
    "author_bio", "subscribe", "share", "related", "navigation", "cookie", "legal", "comment", "advertisement", "contact",
    "credit", "byline", "caption",
)  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """All lines of some documents one below the other; words and characters are numbered through the whole batch.

    Attributes:
        document: which document each line belongs to, shape (lines,).
        first: where each document's lines begin, and the number of all lines at the end, shape (documents + 1,).
        spans: offsets of each line in the characters of the batch, shape (lines, 2).
        line: which line each word stands in, shape (words,).
        hash, shape, gap, start, end: the columns of `Words`, shape (words,).
        hits: the phrases of boilerplate: first word, the word after the last, and the kind's place in KINDS, shape (hits, 3).
        points: the code point of every character of the batch.
        marks: where characters stand that are neither letter, digit nor white space, and their code points.
    """

    document: Ints
    first: Ints
    spans: Ints
    line: Ints
    hash: Hashes
    shape: NDArray[np.uint8]
    gap: NDArray[np.uint8]
    start: Ints
    end: Ints
    hits: Ints
    points: NDArray[np.uint32]
    marks: tuple[Ints, NDArray[np.uint32]]

    def __len__(self) -> int:
        return len(self.document)

    @cached_property
    def words(self) -> Floats:
        """The number of words of each line."""
        return self.count(self.line)

    @cached_property
    def place(self) -> Ints:
        """The place of each line in its document, from 0."""
        places: Ints = np.arange(len(self)) - self.first[self.document]
        return places

    @cached_property
    def size(self) -> Ints:
        """The number of lines of each line's document."""
        return np.diff(self.first)[self.document]

    @cached_property
    def opening(self) -> Ints:
        """The first word of each line; of a line without words, the next one there is."""
        first: Ints = (np.cumsum(self.words) - self.words).astype(np.int64)
        return first

    @cached_property
    def filled(self) -> Ints:
        """The lines that hold words."""
        return np.flatnonzero(self.words > 0)

    @cached_property
    def closing(self) -> Ints:
        """The last word of each line that holds any."""
        last: Ints = np.cumsum(self.words).astype(np.int64) - 1
        return last

    @cached_property
    def again(self) -> Floats:
        """How often each line's words stand again in its page as a line."""
        keys, order = ranked(self.document, line_hashes(self, self.hash))
        begin = np.flatnonzero(changes(keys))
        size = np.diff(np.append(begin, len(keys)))
        again = np.zeros(len(keys))
        again[order] = np.repeat(size, size) - 1.0
        again[self.words == 0] = 0.0
        return again

    @cached_property
    def separators(self) -> NDArray[np.bool_]:
        """Short lines that stand three times or more in their page, here next to a line of prose."""
        prose = np.append(self.words >= PROSE_WORDS, False)
        here = np.arange(len(self))
        before, after = prose[here - 1] & (self.place > 0), prose[here + 1] & (self.place < self.size - 1)
        beside: NDArray[np.bool_] = (self.words <= _SEPARATOR_WORDS) & (self.again >= 2) & (before | after)
        return beside

    @cached_property
    def near(self) -> Near:
        """The lines around each line; one that a page repeats between its paragraphs ("Advertisement") stands between no others."""
        return Near(self.document, self.first, self.separators)

    def total(self, values: NDArray[Any]) -> NDArray[Any]:
        """The sum of a column of words over each line, shape (lines,)."""
        total = np.zeros(len(self), dtype=values.dtype)
        if len(self.filled):
            total[self.filled] = np.add.reduceat(values, self.opening[self.filled])
        return total

    def count(self, lines: Ints, weights: NDArray[np.generic] | None = None) -> Floats:
        """How often each line occurs in `lines`, or the sum of its weights."""
        total: Floats = np.bincount(lines, weights=weights, minlength=len(self)).astype(np.float64)
        return total

    def per_document(self, values: Floats) -> Floats:
        """The sum of a column over each document, shape (documents,)."""
        total: Floats = np.bincount(self.document, weights=values, minlength=len(self.first) - 1).astype(np.float64)
        return total

    def line_of_character(self, places: Ints) -> Ints:
        """The last line that begins at or before each of some characters, -1 before the first."""
        return np.searchsorted(self.spans[:, 0], places, side="right") - 1


def lay_out(batch: Batch, *, sentences: bool = False) -> Sheet:
    """The sheet of a batch; with `sentences`, its sentences stand in the place of lines.

    Raises:
        InputError: the batch is too large.
    """
    words = batch.words
    spans = words.sentences if sentences else words.lines
    for name, size, most in (("documents", len(batch), _MOST_DOCUMENTS), ("words", len(words.hash), _MOST), ("lines", len(spans), _MOST)):
        if size > most:
            raise InputError(
                f"a batch of {size:,} {name}: lines are judged of {most:,} at most. Make batches with `read_many`, or use `score_many`."
            )
    document = batch.document_of(spans[:, 0])
    return Sheet(
        document=document,
        first=np.searchsorted(document, np.arange(len(batch) + 1)),
        spans=spans,
        line=words.sentence if sentences else words.line,
        hash=words.hash,
        shape=words.shape,
        gap=words.gap,
        start=words.start,
        end=words.end,
        hits=_hits(batch.found),
        points=batch.points,
        marks=batch.marks,
    )


def part(sheet: Sheet, keep: NDArray[np.bool_]) -> Sheet:
    """The same sheet with some of its lines only, as though the others did not stand between them."""
    number = np.cumsum(keep) - 1
    words = keep[sheet.line]
    place = np.cumsum(words) - 1
    hits = sheet.hits[words[sheet.hits[:, 0]]]
    return replace(
        sheet,
        document=sheet.document[keep],
        first=np.concatenate(([0], np.cumsum(keep)))[sheet.first],
        spans=sheet.spans[keep],
        line=number[sheet.line[words]],
        **{name: getattr(sheet, name)[words] for name in ("hash", "shape", "gap", "start", "end")},
        hits=np.stack((place[hits[:, 0]], place[hits[:, 1] - 1] + 1, hits[:, 2]), axis=1),
    )


def _hits(found: Found) -> Ints:
    kind = np.full(len(found.names), -1)
    kind[[found.names.index(f"boilerplate/{name}") for name in KINDS]] = np.arange(len(KINDS))
    rows = np.flatnonzero(kind[found.list] >= 0)
    return np.stack((found.first[rows], found.last[rows], kind[found.list[rows]]), axis=1)


def line_hashes(sheet: Sheet, words: Hashes) -> Hashes:
    """A hash of the words of each line, given one hash a word: of all in any order, the first and the last; 0 for none."""
    total = sheet.total(words)
    filled = sheet.filled
    total[filled] = mix(total[filled] + words[sheet.opening[filled]] * _FIRST + words[sheet.closing[filled]] * _LAST)
    return total


def ranked(document: Ints, hashes: Hashes) -> tuple[Hashes, Ints]:
    """Hashes in order within their documents, and the place that each came from; equal hashes keep their order."""
    key = document.astype(np.uint64) << np.uint64(52) | hashes >> np.uint64(36) << np.uint64(24)
    packed = np.sort(key | np.arange(len(hashes), dtype=np.uint64))
    return packed >> np.uint64(24), (packed & np.uint64(0xFFFFFF)).view(np.int64)
