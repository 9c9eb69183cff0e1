"""What retells another document of a corpus: candidates by rare terms, then the judgment of the index on each pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.index import sources
from classifier.index.sketch import Sketches

HOLDERS = 200  # a term that more documents hold leads to none of them
_BATCH = 256
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Uints = NDArray[np.uint32]


@dataclass(frozen=True)
class Postings:
    """Which documents hold each rare term: terms in order, how many hold each, and where its documents begin in `documents`."""

    terms: Uints
    holders: Ints
    begin: Ints
    documents: Ints
    size: int


def postings(terms: Uints) -> Postings:
    """The postings of a corpus, from the rare terms of its documents, shape (documents, TERMS)."""
    document, column = np.nonzero(terms)
    keys = terms[document, column]
    order = np.lexsort((document, keys))
    distinct, begin, holders = np.unique(keys[order], return_index=True, return_counts=True)
    return Postings(distinct, holders, begin, document[order], len(terms))


def derive(sketches: Sketches, kinds: NDArray[np.uint8], ranks: Ints, asked: Ints) -> dict[int, tuple[int, float]]:
    """For each asked document that retells one which goes before it: the number of that one, and how sure it is, 0.5..1."""
    held = postings(sketches["terms"])
    found: dict[int, tuple[int, float]] = {}
    for number in asked.tolist():
        match = nearest(held, sketches, kinds, ranks, number)
        if match:
            found[number] = match
    return found


def nearest(held: Postings, sketches: Sketches, kinds: NDArray[np.uint8], ranks: Ints, number: int) -> tuple[int, float] | None:
    """The document that one retells, or None."""
    terms = sketches["terms"][number]
    present = np.flatnonzero(terms)
    keys = terms[present]
    place = np.searchsorted(held.terms, keys)
    holders = held.holders[place]
    weights = sources.weigh(keys, holders, held.size)
    candidates = _most_shared(held, place, weights, number)
    candidates = candidates[ranks[candidates] < ranks[number]]
    if not len(candidates):
        return None
    features = sources.compare(
        sources.Terms(keys, kinds[number][present].astype(np.int64), weights), sketches[number : number + 1], sketches[candidates]
    )
    sure = np.round(sources.sureness(features), 3)
    best = int(np.lexsort((ranks[candidates], -sure))[0])
    return (int(candidates[best]), float(sure[best])) if sure[best] >= sources.CLAIMED else None


def _most_shared(held: Postings, place: Ints, weights: Floats, number: int) -> Ints:
    """The documents whose shared terms weigh most, at most CANDIDATES."""
    telling = held.holders[place] <= HOLDERS
    runs = [held.documents[held.begin[p] : held.begin[p] + held.holders[p]] for p in place[telling].tolist()]
    if not runs:
        return np.zeros(0, np.int64)
    found = np.concatenate(runs)
    power = np.repeat(weights[telling] ** 2, [len(run) for run in runs])
    distinct, slot = np.unique(found, return_inverse=True)
    total = np.round(np.bincount(slot, weights=power), 6)
    total[distinct == number] = -1
    order = np.lexsort((distinct, -total))[: sources.CANDIDATES]
    return distinct[order][total[order] > 0]
