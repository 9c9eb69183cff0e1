"""The lines of a batch of documents as columns of one sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from classifier import characters as ch
from classifier.document import Document
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
        points: the code points of the batch.
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
    points: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.document)

    @cached_property
    def kinds(self) -> NDArray[np.uint8]:
        """The class of every character, as in `characters`."""
        return ch.tables()[0][self.points]

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


def lay_out(documents: Sequence[Document], *, sentences: bool = False) -> Sheet:
    """The sheet of some documents; with `sentences`, their sentences stand in the place of lines."""
    words = [document.words for document in documents]
    spans = [each.sentences if sentences else each.lines for each in words]
    origin, first, word_origin = _totals(len(d.text) for d in documents), _totals(map(len, spans)), _totals(map(len, words))
    return Sheet(
        document=np.repeat(np.arange(len(words)), np.diff(first)),
        first=first,
        spans=_joined(spans, origin),
        origin=origin[:-1],
        line=_joined([each.sentence if sentences else each.line for each in words], first),
        hash=np.concatenate([each.hash for each in words]),
        shape=np.concatenate([each.shape for each in words]),
        gap=np.concatenate([each.gap for each in words]),
        start=_joined([each.start for each in words], origin),
        end=_joined([each.end for each in words], origin),
        hits=_hits(documents, word_origin),
        points=ch.codepoints("".join(document.text for document in documents)),
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


def _hits(documents: Sequence[Document], word_origin: Ints) -> Ints:
    found = [
        (begin + first, begin + last, kind)
        for document, begin in zip(documents, word_origin.tolist(), strict=False)
        for kind, name in enumerate(KINDS)
        for first, last in document.found.phrases.get(f"boilerplate/{name}", ())
    ]
    return np.array(found, dtype=np.int64).reshape(-1, 3)


def _totals(sizes: Iterable[int]) -> Ints:
    """Where each piece begins when they stand one after the other, and the whole size at the end."""
    return np.cumsum([0, *sizes])


def _joined(columns: Sequence[Ints], begin: Ints) -> Ints:
    """Numbers of several texts, counted through the whole batch."""
    return np.concatenate([column + offset for column, offset in zip(columns, begin, strict=False)])
