"""How common each word is in news at large, so that the rare words of a text are known before any index has grown."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier.words import Hashes, Words

TOO_COMMON = 0.05  # a word that stands in more of all documents is no trace of any
KEY_BITS = 28  # a key that stands for another once in a while costs one comparison
_LEAST = 6  # documents; rarer words are left out of the table
_FILE = "background.npz"


class Background(NamedTuple):
    """The share of documents that hold each word: sorted 32-bit keys, and a share for each and for every other word."""

    keys: NDArray[np.uint32]
    shares: NDArray[np.float32]
    other: float

    def share(self, keys: NDArray[np.uint32]) -> NDArray[np.float32]:
        """The share of documents that hold each of `keys`, same shape."""
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        shares: NDArray[np.float32] = np.where(self.keys[place] == keys, self.shares[place], np.float32(self.other))
        return shares


def key(stems: Hashes) -> NDArray[np.uint32]:
    """The KEY_BITS highest of 32 bits by which a word is known here and in an index; never 0."""
    keys = (stems >> np.uint64(64 - KEY_BITS)).astype(np.uint32)
    return np.maximum(keys, np.uint32(1)) << np.uint32(32 - KEY_BITS)


@cache
def shipped() -> Background:
    """The table that comes with the package."""
    with (files("classifier.index") / _FILE).open("rb") as file, np.load(file, allow_pickle=False) as table:
        return Background(table["keys"], table["shares"].astype(np.float32), float(table["other"]))


def count(texts: Iterable[Words]) -> Background:
    """The shares in a collection of texts."""
    held = [np.unique(key(words.stem)) for words in texts]
    keys, documents = np.unique(np.concatenate(held), return_counts=True)
    known = documents >= _LEAST
    return Background(keys[known], (documents[known] / len(held)).astype(np.float32), 1 / len(held))


def save(background: Background, folder: Path) -> None:
    """Write the table that is to be shipped."""
    shares = background.shares.astype(np.float16)
    np.savez_compressed(folder / _FILE, keys=background.keys, shares=shares, other=np.float64(background.other))
