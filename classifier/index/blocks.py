"""A run of entries in blocks of keys that begin alike, so that a question reads a few of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from classifier.index.background import KEY_BITS
from classifier.index.postings import Entries
from classifier.words import Ints

_REST = 16  # bits of a key that a block does not imply
BLOCKS = 1 << (KEY_BITS - _REST)
_ENTRY = np.dtype([("rest", "<u2"), ("number", "<u4")])


def block_of(run: Entries) -> Ints:
    """The block of each entry."""
    return (run >> np.uint64(32 + _REST)).astype(np.int64)


def pack_blocks(segment: int, run: Entries) -> Iterator[tuple[int, bytes]]:
    """The blocks of a segment that hold anything, as their number among all blocks of all segments and their bytes."""
    packed = np.empty(len(run), dtype=_ENTRY)
    packed["rest"] = run >> np.uint64(32)  # the lowest 16 bits
    packed["number"] = run
    edges = np.searchsorted(block_of(run), np.arange(BLOCKS + 1))
    for block in np.flatnonzero(np.diff(edges)).tolist():
        yield segment * BLOCKS + block, packed[edges[block] : edges[block + 1]].tobytes()


def unpack_block(block: int, content: bytes) -> Entries:
    """The entries of one block, sorted."""
    packed = np.frombuffer(content, dtype=_ENTRY)
    run: Entries = (np.uint64(block << _REST) | packed["rest"].astype(np.uint64)) << np.uint64(32) | packed["number"]
    return run
