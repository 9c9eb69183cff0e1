"""What an index keeps of a text: a MinHash signature of its word shingles, band keys to find it by, and its rare terms."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.document import Document
from classifier.index.terms import TERMS, rare_terms
from classifier.words import Hashes, Words, changes, mix, split_many

# The rule below is part of every stored index, and so are the known answers that it gives (rule.py).
SCHEME, SEED, PERMUTATIONS = "affine32", 1, 128  # datasketch >= 2 gives the same signatures
SHINGLE_WORDS = 5
BANDS, BAND_ROWS = 12, 4

Uints = NDArray[np.uint32]
Sketches = NDArray[Any]
SKETCH = np.dtype(
    [
        ("shingles", "<u4"),  # how many distinct ones
        ("signature", "u1", (PERMUTATIONS,)),  # the lowest byte of each minimum
        ("terms", "<u4", (TERMS,)),  # in the order of the text; 0 where there are fewer
        ("places", "<u4", (TERMS,)),  # where each term stands first, in characters; UNKNOWN behind a very long gap
    ]
)
UNKNOWN = 0xFFFFFFFF
# As it is stored: a term has 28 bits, and the distance from the term before it twelve.
_TERM = np.dtype([("term", "<u4"), ("gap", "u1")])
_PACKED = np.dtype([("shingles", "<u4"), ("signature", "u1", (PERMUTATIONS,)), ("terms", _TERM, (TERMS,))])
_LONGEST_GAP = 0xFFF
_POWERS = np.array([1, 0x9E3779B97F4A7C15, 0xF1BBCDCBFA53E0A9, 0x8CB92BA72F3D8DD7, 0x6C62272E07BB0143], dtype=np.uint64)
_EMPTY = np.uint32(0xFFFFFFFF)
_PRODUCTS = 1 << 16  # of shingles and permutations that are made at a time, so that they stay in the cache
_TOGETHER = 128  # texts whose shingles are hashed in one go: a quarter of the time of one by one
_PREMIX = (np.uint32(16), np.uint32(0x85EBCA6B), np.uint32(13), np.uint32(0xC2B2AE35), np.uint32(16))


def sketch(documents: Sequence[Document]) -> Sketches:
    """One sketch a document, shape (documents,), dtype SKETCH."""
    return sketch_words(list(split_many([document.text for document in documents])))


def sketch_words(words: Sequence[Words]) -> Sketches:
    """One sketch a text, of its words."""
    sketches = sketch_hashes([piece.hash for piece in words])
    if words:
        sketches["terms"], sketches["places"] = rare_terms(words)
    return sketches


def sketch_hashes(words: Sequence[Hashes]) -> Sketches:
    """One sketch a text without its rare terms, which near copies do not need, of the hashes of its words."""
    sketches = np.zeros(len(words), dtype=SKETCH)
    for begin in range(0, len(words), _TOGETHER):
        held = shingles(words[begin : begin + _TOGETHER])
        part = sketches[begin : begin + len(held)]
        part["shingles"] = [len(hashes) for hashes in held]
        part["signature"] = signatures(held) & np.uint32(0xFF)
    return sketches


def keys(sketches: Sketches) -> Uints:
    """The keys that each sketch is found by, its bands and then its terms, shape (sketches, BANDS + TERMS); 0 means none."""
    bands = np.where(sketches["shingles"][:, None] > 0, band_keys(sketches["signature"]), np.uint32(0))
    return np.concatenate((bands, sketches["terms"]), axis=1)


def pack(sketches: Sketches) -> list[bytes]:
    """Each sketch as bytes, without the room for terms it does not have; a place behind a gap of 4,095 characters is lost."""
    gaps = np.minimum(np.diff(sketches["places"].astype(np.int64), axis=1, prepend=0), _LONGEST_GAP)
    gaps = np.where(sketches["terms"] > 0, gaps, 0).astype(np.uint32)
    packed = np.zeros(len(sketches), dtype=_PACKED)
    packed["shingles"], packed["signature"] = sketches["shingles"], sketches["signature"]
    packed["terms"]["term"] = sketches["terms"] | gaps >> np.uint32(8)
    packed["terms"]["gap"] = gaps
    content = packed.tobytes()
    return [content[begin : begin + _PACKED.itemsize].rstrip(b"\0") for begin in range(0, len(content), _PACKED.itemsize)]


def unpack(packed: Sequence[bytes]) -> Sketches:
    """The sketches that `pack` made into bytes, shape (sketches,)."""
    stored = np.frombuffer(b"".join([piece.ljust(_PACKED.itemsize, b"\0") for piece in packed]), dtype=_PACKED)
    sketches = np.zeros(len(stored), dtype=SKETCH)
    sketches["shingles"], sketches["signature"] = stored["shingles"], stored["signature"]
    terms = stored["terms"]["term"]
    gaps = (terms & np.uint32(15)) << np.uint32(8) | stored["terms"]["gap"]
    sketches["terms"] = terms & ~np.uint32(15)
    lost = np.logical_or.accumulate(gaps == _LONGEST_GAP, axis=1)
    places = np.where(lost, np.uint32(UNKNOWN), np.cumsum(gaps, axis=1, dtype=np.uint32))
    sketches["places"] = np.where(sketches["terms"] > 0, places, np.uint32(0))
    return sketches


def is_packed(content: object) -> bool:
    """Whether something may be a sketch that `pack` made into bytes."""
    return isinstance(content, bytes) and len(content) <= _PACKED.itemsize


def shingles(words: Sequence[Hashes]) -> list[Uints]:
    """The distinct hashes of every run of SHINGLE_WORDS words of each text; a shorter text is one run, an empty one has none.

    Args:
        words: the hashes of the words of each text.
    """
    hashes = np.concatenate([*words, np.zeros(SHINGLE_WORDS, dtype=np.uint64)])
    runs = hashes[: len(hashes) - SHINGLE_WORDS] * _POWERS[0]
    for step in range(1, SHINGLE_WORDS):
        runs += hashes[step : len(runs) + step] * _POWERS[step]
    keys = (mix(runs) >> np.uint64(32)).astype(np.uint32)
    result, begin = [], 0
    for piece in words:
        end = begin + len(piece)
        whole = len(piece) >= SHINGLE_WORDS
        result.append(_distinct(keys[begin : end - SHINGLE_WORDS + 1]) if whole else _short_shingle(piece))
        begin = end
    return result


def _short_shingle(hashes: Hashes) -> Uints:
    if not len(hashes):
        return np.zeros(0, dtype=np.uint32)
    run = (hashes * _POWERS[: len(hashes)]).sum(keepdims=True)
    return (mix(run) >> np.uint64(32)).astype(np.uint32)


def _distinct(keys: Uints) -> Uints:
    keys = np.sort(keys)
    return keys[changes(keys)]


def signatures(sets: Sequence[Uints]) -> Uints:
    """The MinHash signatures of some sets of 32-bit hashes, shape (sets, PERMUTATIONS); datasketch 2's scheme affine32."""
    factors, offsets = _permutations()
    minima = np.full((PERMUTATIONS, len(sets)), _EMPTY, dtype=np.uint32)
    sizes = np.array([len(hashes) for hashes in sets], dtype=np.int64)
    filled = np.flatnonzero(sizes)
    if len(filled):
        mixed = _premix(np.concatenate([*sets]))
        begin = np.cumsum(sizes)[filled] - sizes[filled]
        step = max(1, _PRODUCTS // len(mixed))
        room = np.empty((step, len(mixed)), dtype=np.uint32)
        for first in range(0, PERMUTATIONS, step):
            rows = slice(first, first + step)
            products = np.multiply(factors[rows, None], mixed, out=room[: len(factors[rows])])
            products += offsets[rows, None]
            minima[rows, filled] = np.minimum.reduceat(products, begin, axis=1)
    return minima.T


@cache
def _permutations() -> tuple[Uints, Uints]:
    generator = np.random.RandomState(SEED)
    factors = generator.randint(0, 1 << 31, PERMUTATIONS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    offsets = generator.randint(0, 1 << 32, PERMUTATIONS, dtype=np.uint32)
    return factors, offsets


def _premix(hashes: Uints) -> Uints:
    """The finalizer of MurmurHash3."""
    first, by, second, then, third = _PREMIX
    hashes = (hashes ^ (hashes >> first)) * by
    hashes = (hashes ^ (hashes >> second)) * then
    return hashes ^ (hashes >> third)


def band_keys(signatures: NDArray[np.uint8]) -> Uints:
    """One key for each band of each signature, shape (signatures, BANDS); texts that share a key are candidates.

    The lowest bytes of the four minima of a band are enough: unequal ones agree once in 4 billion.
    """
    rows = np.ascontiguousarray(signatures[:, : BANDS * BAND_ROWS]).view("<u4").astype(np.uint64)
    keys = mix(rows + (np.arange(1, BANDS + 1, dtype=np.uint64) << np.uint64(32)))
    return (keys >> np.uint64(32)).astype(np.uint32)


def jaccard(left: Sketches, right: Sketches) -> NDArray[np.float64]:
    """The estimated Jaccard similarity of the word shingles of each pair, shape (pairs,), 0..1; standard error at most 0.045.

    Of two signatures, one byte a permutation is kept: unequal minima agree in it once in 256, which the estimate takes off.
    """
    agree: NDArray[np.float64] = (left["signature"] == right["signature"]).mean(axis=1)
    estimate: NDArray[np.float64] = np.clip((agree - 1 / 256) / (1 - 1 / 256), 0.0, 1.0)
    estimate[(left["shingles"] == 0) | (right["shingles"] == 0)] = 0.0
    return estimate


def containment(left: Sketches, right: Sketches, similarity: NDArray[np.float64]) -> NDArray[np.float64]:
    """The estimated share of the shorter text's shingles that stand in the longer one, shape (pairs,), 0..1."""
    sizes = left["shingles"].astype(np.float64), right["shingles"].astype(np.float64)
    common = similarity / (1 + similarity) * (sizes[0] + sizes[1])
    share: NDArray[np.float64] = np.clip(common / np.maximum(np.minimum(*sizes), 1), 0.0, 1.0)
    return share
