"""What every store of an index can do."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from classifier.index.postings import Hits
from classifier.index.sketch import Uints
from classifier.words import Ints


class Row(NamedTuple):
    """One document as it is stored; `added` in seconds since 1970, `sketch` packed."""

    id: str
    date: str | None
    added: float
    sketch: bytes


class Store(Protocol):
    """Rows by number, and the numbers of the rows that hold a key. Numbers grow and are never used twice."""

    where: str

    def exclusive(self) -> AbstractContextManager[None]:
        """Hold every other writer off; what is done inside is kept as a whole or not at all."""

    def append(self, rows: Sequence[Row]) -> None:
        """Store rows whose ids are not stored yet."""

    def look_up(self, keys: Uints, most: int, first: NDArray[np.bool_]) -> Hits:
        """Who holds each key, and how many they are; of more than `most` the first ones at least, or none but for keys that are `first`."""

    def fetch(self, numbers: Sequence[int]) -> dict[int, Row]:
        """The rows of those of `numbers` that are still stored."""

    def numbers(self, ids: Sequence[str]) -> dict[str, int]:
        """The numbers of those of `ids` that are stored."""

    def delete(self, numbers: Sequence[int]) -> None:
        """Forget rows."""

    def deleted(self) -> int:
        """How many deleted rows may still be told as holders of a key."""

    def gone(self, numbers: Ints) -> Ints:
        """Those of some distinct numbers whose rows are deleted."""

    def added_before(self, moment: float) -> list[int]:
        """The numbers of all rows added before a moment, in seconds since 1970."""

    def __len__(self) -> int:
        """How many rows are stored."""

    def size(self) -> int:
        """How many bytes the rows and their keys take."""

    def close(self) -> None:
        """Let go of everything."""
