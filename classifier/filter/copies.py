"""Near copies in a whole corpus: groups of documents that share most of their words, and the one of each that stays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.index.near import NEAR_JACCARD
from classifier.index.sketch import BANDS, SKETCH, Sketches, Uints, jaccard, keys
from classifier.words import changes

_SLICE = 1 << 15  # pairs that are compared at a time
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Groups:
    """Which document stays for each one, by number, itself where it has no near copy; and how similar the two are, 0..1."""

    keeper: Ints
    similarity: Floats


def rank(passes: NDArray[np.bool_], when: Ints, quality: Floats, words: Ints, digest: NDArray[np.uint64], name: NDArray[np.uint64]) -> Ints:
    """The place of each document in the order in which it is kept before its near copies, whatever the order of the files.

    First those that pass all other decisions, then the earliest, the best, the longest; then by content, and by id.
    """
    order = np.lexsort((name, digest, -words, -quality, when, ~passes))
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    return places


def group(sketches: Sketches, ranks: Ints) -> Groups:
    """The groups of near copies: what shares a band and most of its shingles, and what is tied to it over others.

    In a band, each document is compared with the first of those that share its key, and with its neighbor in rank: pairs grow with
    the documents, not with their square.
    """
    size = len(sketches)
    by_rank = np.empty(size, dtype=np.int64)
    by_rank[ranks] = np.arange(size)
    bands = _bands(sketches)[by_rank]
    pairs = np.concatenate([_candidates(bands[:, band]) for band in range(BANDS)])
    pairs.sort()
    left, right = np.divmod(pairs[changes(pairs)], max(size, 1))  # most pairs share several bands, and are compared once
    near = similarities(sketches, by_rank[left], by_rank[right]) >= NEAR_JACCARD
    keeper = by_rank[lowest(left[near], right[near], size)[ranks]]
    return Groups(keeper, similarities(sketches, np.arange(size), keeper))


def lowest(left: Ints, right: Ints, size: int) -> Ints:
    """The lowest number that each of `size` numbers is tied to, over however many others, itself where it is tied to none.

    Each takes the lowest of its neighbors, so does the one that it was tied to before, and then each takes the lowest that this one has:
    rounds grow with the logarithm of the longest way.
    """
    label = np.arange(size)
    while True:
        before = label.copy()
        one, other = before[left], before[right]
        for place, number in ((left, other), (right, one), (one, other), (other, one)):
            np.minimum.at(label, place, number)
        label = label[label]
        if np.array_equal(label, before):
            return label


def _bands(sketches: Sketches) -> Uints:
    found = np.zeros((len(sketches), BANDS), dtype=np.uint32)
    for begin in range(0, len(sketches), _SLICE):
        found[begin : begin + _SLICE] = keys(sketches[begin : begin + _SLICE])[:, :BANDS]
    return found


def _candidates(band: Uints) -> Ints:
    """The pairs of documents that one band has compared, each as the place of one times how many there are, and that of the other.

    Args:
        band: the keys of all documents, in the order of their ranks; 0 is none.
    """
    held = np.flatnonzero(band).astype(np.uint64)
    keys = (band[held].astype(np.uint64) << _HALF) | held  # sorted as they are, ten times as fast as places are sorted by them
    keys.sort()
    if len(keys) < 2:
        return np.zeros(0, np.int64)
    order, fresh = (keys & _LOW).astype(np.int64), changes(keys >> _HALF)
    same = np.flatnonzero(~fresh)
    head = np.maximum.accumulate(np.where(fresh, np.arange(len(order)), 0))
    first = np.concatenate((order[head[same]], order[same - 1]))
    pairs: Ints = first * len(band) + np.tile(order[same], 2)
    return pairs


def similarities(sketches: Sketches, left: Ints, right: Ints) -> Floats:
    """The estimated similarity of each pair, 0..1; 1 of a document and itself."""
    found = np.ones(len(left))
    apart = np.flatnonzero(left != right)
    for begin in range(0, len(apart), _SLICE):
        part = apart[begin : begin + _SLICE]
        found[part] = np.round(jaccard(sketches[left[part]], sketches[right[part]]), 3)
    return found


def stored(path: Path) -> Sketches:
    """The sketches of a corpus in a file, not in memory."""
    return np.memmap(path, dtype=SKETCH, mode="r") if path.stat().st_size else np.zeros(0, SKETCH)
