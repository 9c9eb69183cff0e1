"""An index that lives as long as its process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import RLock

import numpy as np
from numpy.typing import NDArray

from classifier.index.postings import Hits, Postings, entries, look_up
from classifier.index.sketch import Uints, keys, unpack
from classifier.index.store import Row
from classifier.words import Ints


class MemoryStore:
    """Rows in a dictionary, keys in sorted arrays."""

    where = ":memory:"

    def __init__(self) -> None:
        self._lock = RLock()
        self._rows: dict[int, Row] = {}
        self._numbers: dict[str, int] = {}
        self._postings = Postings()
        self._gone: set[int] = set()
        self._next = 1

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold everyone else off."""
        with self._lock:
            yield

    def append(self, rows: Sequence[Row]) -> None:
        """Store rows whose ids are not stored yet."""
        with self._lock:
            numbers = np.arange(self._next, self._next + len(rows))
            self._next += len(rows)
            self._postings.add(entries(keys(unpack([row.sketch for row in rows])), numbers))
            self._rows.update(zip(numbers.tolist(), rows, strict=True))
            self._numbers.update(zip((row.id for row in rows), numbers.tolist(), strict=True))

    def look_up(self, keys: Uints, most: int, first: NDArray[np.bool_]) -> Hits:
        """Who holds each key, and how many they are; of more than `most` the first ones at least, or none but for keys that are `first`."""
        with self._lock:
            runs = list(self._postings.runs)
        return look_up(runs, keys, most, first)

    def fetch(self, numbers: Sequence[int]) -> dict[int, Row]:
        """The rows of those of `numbers` that are still stored."""
        with self._lock:
            return {number: self._rows[number] for number in numbers if number in self._rows}

    def numbers(self, ids: Sequence[str]) -> dict[str, int]:
        """The numbers of those of `ids` that are stored."""
        with self._lock:
            return {id: self._numbers[id] for id in ids if id in self._numbers}

    def delete(self, numbers: Sequence[int]) -> None:
        """Forget rows."""
        with self._lock:
            for number in numbers:
                del self._numbers[self._rows.pop(number).id]
            self._gone.update(numbers)
            if len(self._gone) > len(self._rows):
                self._postings.drop(np.array(list(self._gone), dtype=np.int64))
                self._gone.clear()

    def deleted(self) -> int:
        """How many deleted rows may still be told as holders of a key."""
        return len(self._gone)

    def gone(self, numbers: Ints) -> Ints:
        """Those of some distinct numbers whose rows are deleted."""
        with self._lock:
            return np.array([number for number in numbers.tolist() if number in self._gone], dtype=np.int64)

    def added_before(self, moment: float) -> list[int]:
        """The numbers of all rows added before a moment, in seconds since 1970."""
        with self._lock:
            return [number for number, row in self._rows.items() if row.added < moment]

    def __len__(self) -> int:
        return len(self._rows)

    def size(self) -> int:
        """How many bytes the sketches and their postings take."""
        return sum(len(row.sketch) for row in self._rows.values()) + 8 * len(self._postings)

    def close(self) -> None:
        """Let go of everything."""
        self._rows.clear()
        self._numbers.clear()
        self._postings, self._gone = Postings(), set()
