"""The keys of a store: sorted segments that it holds as blocks, each bigger than the next, and a tail in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from classifier.index.blocks import SPAN, block_bits, block_of, pack_blocks, unpack_block
from classifier.index.postings import Entries, Hits, Postings, entries, look_up, merge, widen
from classifier.index.sketch import Uints, keys, unpack
from classifier.words import Ints

TAIL = 4_096  # documents whose keys are not in a segment yet; each process holds them in memory
_RESIDENT = 2_048  # keys in one question above which a whole segment is read, not block by block
Blocks = Iterable[tuple[int, bytes]]


class Shelf(Protocol):
    """What a store does for its segments."""

    def segments(self) -> Mapping[int, tuple[int, int]]:
        """For each segment the last document that it may hold, and how many entries it has."""

    def rows_after(self, number: int) -> Sequence[tuple[int, bytes]]:
        """The packed sketches of all documents after one, by number, in order."""

    def read_blocks(self, segment: int, blocks: Sequence[int] | None) -> Blocks:
        """Some blocks of a segment, or all, as far as there are such."""

    def replace(self, gone: Sequence[int], last: int, size: int, blocks: Blocks) -> int:
        """Write a segment in the place of others, and return its number, which is higher than that of any before."""

    def alive(self, first: int, last: int) -> Ints:
        """The numbers of the documents from `first` to `last` that are still stored."""


class Segments:
    """Who holds which key. Segments only repeat what the rows of the store say, for all rows up to a number."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.forget()

    def forget(self) -> None:
        """Drop what is held in memory: it may tell of rows that were not kept."""
        self._tail = Postings()
        self._seen = 0  # the last document of the tail
        self._sealed = -1  # the last document of the segments, as of when the tail was begun
        self._known: dict[int, Entries | None] = {}  # by number; None where it was not read as a whole
        self._bits: dict[int, int] = {}  # of a key that the blocks of each segment imply

    @property
    def seen(self) -> int:
        """The last document whose keys are known."""
        return self._seen

    def look_up(self, keys: Uints, most: int, first: NDArray[np.bool_]) -> Hits:
        """Who holds each key, and how many they are; of more than `most` the first ones at least, or none but for keys that are `first`."""
        self.catch_up()
        return look_up([*self._tail.runs, *self._runs(keys)], keys, most, first)

    def catch_up(self) -> None:
        """Take in the keys of all rows that others have added since, and the segments they have written."""
        segments = self._shelf.segments()
        self._known = {segment: self._known.get(segment) for segment in segments}
        self._bits = {segment: block_bits(size) for segment, (_, size) in segments.items()}
        sealed = max((last for last, _ in segments.values()), default=0)
        if sealed != self._sealed:
            self._tail, self._seen, self._sealed = Postings(), sealed, sealed
        rows = self._shelf.rows_after(self._seen)
        if rows:
            self._seen = rows[-1][0]
            self._tail.add(entries(keys(unpack([sketch for _, sketch in rows])), np.array([number for number, _ in rows])))

    def seal(self) -> None:
        """Turn a long tail into a segment, together with the segments that are not much bigger."""
        self.catch_up()
        if self._seen - self._sealed < TAIL:
            return
        runs, gone = list(self._tail.runs), []
        size = len(self._tail)
        known = sorted(self._shelf.segments().items(), reverse=True)
        before = [*(last for _, (last, _) in known[1:]), 0]
        for (segment, (_, length)), begin in zip(known, before, strict=False):
            if length >= 2 * size or self._seen - begin >= SPAN:
                break
            runs.append(self._read(segment, None))
            gone.append(segment)
            size += length
        run = self._without_deleted(merge(runs))
        segment = self._shelf.replace(gone, self._seen, len(run), pack_blocks(run))
        self._known = {old: known for old, known in self._known.items() if old not in gone} | {segment: run}
        self._bits[segment] = block_bits(len(run))
        self._tail, self._sealed = Postings(), self._seen

    def _runs(self, asked: Uints) -> list[Entries]:
        """The entries of all segments, or as many blocks of them as hold what is asked."""
        return [self._read(segment, asked if len(asked) < _RESIDENT else None) for segment in list(self._known)]

    def _read(self, segment: int, asked: Uints | None) -> Entries:
        known, bits = self._known.get(segment), self._bits[segment]
        if known is not None:
            return known
        few = None if asked is None else np.unique(block_of(widen(asked), bits)).tolist()
        run = _unpack(self._shelf.read_blocks(segment, few), bits)
        if few is None:
            self._known[segment] = run
        return run

    def _without_deleted(self, run: Entries) -> Entries:
        numbers = (run & np.uint64(0xFFFFFFFF)).astype(np.int64)
        if not len(numbers):
            return run
        first, last = int(numbers.min()), int(numbers.max())
        alive = np.zeros(last - first + 1, dtype=bool)
        alive[self._shelf.alive(first, last) - first] = True
        return run[alive[numbers - first]]


def _unpack(blocks: Blocks, bits: int) -> Entries:
    """Blocks as one sorted run."""
    parts = [unpack_block(block, content, bits) for block, content in sorted(blocks)]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint64)
