"""The lines of a batch of documents as columns of one sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.document import Batch
from classifier.lexicon import Found
from classifier.words import Hashes, Ints

Floats = NDArray[np.float64]

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
        origin: where each document begins in the characters of the batch, shape (documents,).
        line: which line each word stands in, shape (words,).
        hash, shape, gap, start, end: the columns of `Words`, shape (words,).
        hits: the phrases of boilerplate: first word, the word after the last, and the kind's place in KINDS, shape (hits, 3).
        points, kinds: the code point and the class of every character of the batch.
    """

    document: Ints
    first: Ints
    spans: Ints
    origin: Ints
    line: Ints
    hash: Hashes
    shape: NDArray[np.uint8]
    gap: NDArray[np.uint8]
    start: Ints
    end: Ints
    hits: Ints
    points: Ints
    kinds: NDArray[np.uint8]

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
        return np.searchsorted(self.line, np.arange(len(self)))

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

    def held(self, characters: NDArray[np.bool_]) -> tuple[Ints, Ints]:
        """The places of those of some characters that stand in lines, and their lines."""
        places = np.flatnonzero(characters)
        line = self.line_of_character(places)
        inside = (line >= 0) & (places < np.append(self.spans[:, 1], 0)[line])
        return places[inside], line[inside]


def lay_out(batch: Batch, *, sentences: bool = False) -> Sheet:
    """The sheet of a batch; with `sentences`, its sentences stand in the place of lines."""
    words = batch.words
    spans = words.sentences if sentences else words.lines
    document = batch.document_of(spans[:, 0])
    return Sheet(
        document=document,
        first=np.searchsorted(document, np.arange(len(batch) + 1)),
        spans=spans,
        origin=batch.origin[:-1],
        line=words.sentence if sentences else words.line,
        hash=words.hash,
        shape=words.shape,
        gap=words.gap,
        start=words.start,
        end=words.end,
        hits=_hits(batch.found),
        points=batch.points,
        kinds=batch.kinds,
    )


def stacked(sheets: Sequence[Sheet]) -> Sheet:
    """The sheets of several batches as one."""
    documents, lines, words, characters = (
        np.cumsum([0, *sizes])
        for sizes in zip(*((len(each.origin), len(each), len(each.hash), len(each.points)) for each in sheets), strict=True)
    )

    def joined(name: str, begin: Ints | None = None) -> NDArray[Any]:
        columns = [getattr(each, name) for each in sheets]
        return np.concatenate(columns if begin is None else [column + offset for column, offset in zip(columns, begin, strict=False)])

    hits = [each.hits + np.array([begin, begin, 0]) for each, begin in zip(sheets, words, strict=False)]
    return Sheet(
        document=joined("document", documents),
        first=np.append(np.concatenate([each.first[:-1] + begin for each, begin in zip(sheets, lines, strict=False)]), lines[-1]),
        **{name: joined(name, characters) for name in ("spans", "origin", "start", "end")},
        line=joined("line", lines),
        **{name: joined(name) for name in ("hash", "shape", "gap", "points", "kinds")},
        hits=np.concatenate(hits),
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
