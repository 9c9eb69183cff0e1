"""Which sketches are near copies of which: candidates by shared keys, then the judgment on each pair."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classifier.index.postings import Hits, entries, look_up
from classifier.index.sketch import BANDS, Sketches, containment, jaccard, keys
from classifier.index.terms import TERMS
from classifier.words import Ints

COMMON = 32  # a term that more documents hold leads to none of them, a band to so many; copies share rarer ones too
NEAR_JACCARD = 0.5
NEAR_CONTAINMENT, LEAST_JACCARD = 0.6, 0.1  # below 0.1 the estimate of the containment is noise
_SHARED_TERMS = 6  # so many rare terms in common make two documents candidates, even where boilerplate hides the copy
_KEYS = BANDS + TERMS


def is_band(sketches: int) -> NDArray[np.bool_]:
    """For each of the keys of so many sketches, whether it is a band, shape (keys,)."""
    return np.tile(np.arange(_KEYS) < BANDS, sketches)


def candidates(hits: Hits) -> tuple[Ints, Ints]:
    """The pairs of a query and a document that share a band or several rare terms, as two columns."""
    query, key = np.divmod(hits.position, _KEYS)
    pairs = query.astype(np.uint64) << np.uint64(32) | hits.number.astype(np.uint64)
    weight = np.where(key < BANDS, _SHARED_TERMS, 1)
    distinct, slot = np.unique(pairs, return_inverse=True)
    good = distinct[np.bincount(slot, weights=weight, minlength=len(distinct)) >= _SHARED_TERMS]
    return (good >> np.uint64(32)).astype(np.int64), (good & np.uint64(0xFFFFFFFF)).astype(np.int64)


def judge(left: Sketches, right: Sketches) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The similarity of each pair of sketches, and whether they are near copies."""
    similarity = jaccard(left, right)
    contained = (containment(left, right, similarity) >= NEAR_CONTAINMENT) & (similarity >= LEAST_JACCARD)
    near: NDArray[np.bool_] = (similarity >= NEAR_JACCARD) | contained
    return similarity, near


def near_within(sketches: Sketches, asked: NDArray[np.bool_]) -> dict[int, list[tuple[int, float]]]:
    """For each sketch of a batch, the earlier ones that are near copies of it, with their similarity; only of those that are `asked`."""
    places = np.flatnonzero(asked)
    held = keys(sketches[places])
    later, earlier = candidates(look_up([entries(held, places)], held.ravel(), COMMON, is_band(len(held))))
    later = places[later]
    later, earlier = later[earlier < later], earlier[earlier < later]
    found: dict[int, list[tuple[int, float]]] = {}
    if len(later):
        similarity, near = judge(sketches[later], sketches[earlier])
        for k in np.flatnonzero(near).tolist():
            found.setdefault(int(later[k]), []).append((int(earlier[k]), round(float(similarity[k]), 3)))
    return found
