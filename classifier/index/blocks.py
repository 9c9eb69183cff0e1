"""A run of entries in blocks of keys that begin alike, so that a question reads a few of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from classifier.index.background import KEY_BITS
from classifier.index.postings import Entries
from classifier.words import Ints

MOST_BITS = 16  # of a key that its block implies, at most; 12 at least, so that the rest fits into two bytes
_LEAST_BITS = 12
_FILL = 1_200  # bytes of a block, about: many fit into a page of a file, whatever the size of the segment
SPAN = 1 << 24  # documents from the first of a block to its last
_FIRST = np.dtype("<u4")  # the least number of a block, at its head; entries say how far they are from it
_ENTRY = np.dtype([("rest", "<u2"), ("low", "<u2"), ("high", "u1")])


def block_bits(size: int) -> int:
    """How many bits of a key the blocks of a run of so many entries imply."""
    return min(max((size * _ENTRY.itemsize // _FILL).bit_length(), _LEAST_BITS), MOST_BITS)


def block_of(run: Entries, bits: int) -> Ints:
    """The block of each entry."""
    return (run >> np.uint64(32 + KEY_BITS - bits)).astype(np.int64)


def pack_blocks(run: Entries) -> Iterator[tuple[int, bytes]]:
    """The blocks that hold anything, by their number: five bytes an entry."""
    bits = block_bits(len(run))
    edges = np.searchsorted(block_of(run, bits), np.arange((1 << bits) + 1))
    numbers = run.astype(np.uint32)
    filled = np.flatnonzero(np.diff(edges))
    first = np.minimum.reduceat(numbers, edges[filled]) if len(filled) else numbers
    far = numbers - np.repeat(first, np.diff(edges)[filled])
    packed = np.empty(len(run), dtype=_ENTRY)
    packed["rest"] = (run >> np.uint64(32)) & np.uint64((1 << (KEY_BITS - bits)) - 1)
    packed["low"], packed["high"] = far, far >> np.uint32(16)
    content = packed.tobytes()
    for block, least in zip(filled.tolist(), first.astype(_FIRST), strict=True):
        begin, end = edges[block] * _ENTRY.itemsize, edges[block + 1] * _ENTRY.itemsize
        yield block, least.tobytes() + content[begin:end]


def is_block(content: object) -> bool:
    """Whether something may be what `pack_blocks` made."""
    return isinstance(content, bytes) and len(content) > _FIRST.itemsize and not (len(content) - _FIRST.itemsize) % _ENTRY.itemsize


def unpack_block(block: int, content: bytes, bits: int) -> Entries:
    """The entries of one block, sorted; `bits` of their keys are the number of the block."""
    first = np.frombuffer(content, dtype=_FIRST, count=1)[0]
    packed = np.frombuffer(content, dtype=_ENTRY, offset=_FIRST.itemsize)
    number = (packed["high"].astype(np.uint64) << np.uint64(16)) + packed["low"] + np.uint64(first)
    run: Entries = (np.uint64(block << (KEY_BITS - bits)) | packed["rest"].astype(np.uint64)) << np.uint64(32) | number
    return run
