"""Which documents hold a key: sorted runs of (key, document) that are merged as they grow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier.index.background import KEY_BITS
from classifier.words import Ints

Entries = NDArray[np.uint64]  # key << 32 | number of the document, sorted
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_DROPPED = np.uint64(32 - KEY_BITS)


class Hits(NamedTuple):
    """Who holds the keys that were asked for.

    Attributes:
        position: place of a key in the question, shape (hits,).
        number: a document that holds it, shape (hits,); not all of them where they are very many.
        holders: how many documents hold each key of the question, shape (keys,).
    """

    position: Ints
    number: Ints
    holders: Ints

    def without(self, gone: Ints) -> Hits:
        """The same without some documents, which are no holders either."""
        if not len(gone):
            return self
        kept = ~np.isin(self.number, gone)
        dropped = np.bincount(self.position[~kept], minlength=len(self.holders))
        return Hits(self.position[kept], self.number[kept], self.holders - dropped)

    def of_rare(self, most: int, first: NDArray[np.bool_]) -> Hits:
        """The same without keys that more than `most` documents hold, but for those that are `first`."""
        kept = (first | (self.holders <= most))[self.position]
        return Hits(self.position[kept], self.number[kept], self.holders)


def widen(keys: NDArray[np.uint32]) -> Entries:
    """Keys as they stand in entries, for document 0."""
    return (keys.astype(np.uint64) >> _DROPPED) << _HALF


def entries(keys: NDArray[np.uint32], numbers: Ints) -> Entries:
    """The sorted entries of documents with several keys each, shapes (documents, keys) and (documents,); key 0 means none."""
    wide = widen(keys) | numbers.astype(np.uint64)[:, None]
    return np.sort(wide[keys != 0])


def look_up(runs: Sequence[Entries], keys: NDArray[np.uint32], most: int, first: NDArray[np.bool_] | None = None) -> Hits:
    """The holders of each key in all runs. Key 0 is held by none.

    Args:
        runs: the entries.
        keys: the question, shape (keys,).
        most: how many holders of a key are told of each run, the first ones.
        first: for which keys that is so; of others that have more holders in all none are told. All keys where None.
    """
    wide = widen(keys)
    order = np.argsort(wide)  # neighbors in the question are neighbors in the run
    wide = wide[order]
    begin = [np.searchsorted(run, wide) for run in runs]
    counts = [np.searchsorted(run, wide | _LOW, side="right") - first for run, first in zip(runs, begin, strict=True)]
    total = np.zeros(len(keys), dtype=np.int64)
    total[order] = np.where(keys[order] != 0, np.sum(counts, axis=0), 0) if runs else 0
    wanted = keys[order] != 0
    if first is not None:
        wanted &= (first | (total <= most))[order]
    positions, numbers = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for run, start, found in zip(runs, begin, counts, strict=True):
        count = np.where(wanted, np.minimum(found, most), 0)
        entry = np.repeat(start - np.cumsum(count) + count, count) + np.arange(count.sum())
        positions.append(np.repeat(order, count))
        numbers.append((run[entry] & _LOW).astype(np.int64))
    return Hits(np.concatenate(positions), np.concatenate(numbers), total)


class Postings:
    """Runs of entries in memory; a new run is merged with its neighbor until each is at least twice as long as the next."""

    def __init__(self) -> None:
        self.runs: list[Entries] = []

    def add(self, run: Entries) -> None:
        """Take in sorted entries."""
        self.runs.append(run)
        while len(self.runs) > 1 and len(self.runs[-2]) < 2 * len(self.runs[-1]):
            last = self.runs.pop()
            self.runs[-1] = merge((self.runs[-1], last))

    def drop(self, numbers: Ints) -> None:
        """Leave out the entries of some documents."""
        self.runs = [run[~np.isin((run & _LOW).astype(np.int64), numbers)] for run in self.runs]

    def __len__(self) -> int:
        return sum(len(run) for run in self.runs)


def merge(runs: Sequence[Entries]) -> Entries:
    """Several runs as one."""
    return np.sort(np.concatenate(runs))
