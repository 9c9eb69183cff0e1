"""Which documents tell of one event: by the rare words that they share, and by their dates."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from heapq import heapify, heappop, heappush
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from classifier.dates import moment
from classifier.document import Document
from classifier.index import Index, open_index, sources
from classifier.index.background import shipped

_BATCH = 256
# By pairwise F1 on news events, a half of them with dates: from 0.10 to 0.14 and half a unit up or down it moves by less than 0.03.
_LEAST_DATED, _LEAST_UNDATED = 1.0, -2.0  # logits from which a pair links its documents
_LEAST_COSINE = 0.12  # on average between all documents of two groups that are joined: no chain from event to event
# The many reports on a big event differ so much that they fall apart by that average; what they have in common on the whole holds them
# together. Of 578 articles on one summit the biggest group has 234, not 37; on small events pairwise F1 is 0.02 lower for it.
_BIG, _LEAST_CENTROID = 10, 0.4  # documents of one of two groups; cosine of the sums of their vectors
# Of a vector before it is scaled, as some 60 words have: of a few words one that two share would be much of each. On openings of 60 or
# 100 words pairwise F1 is 0.1 higher for it; whole articles are longer.
_LEAST_LENGTH = 28.0
FEATURES = (
    "cosine", "of_text", "of_source", "of_smaller", "order", "runs", "words", "names", "figures", "containment", "shared",
)  # fmt: skip
DATED = ("gap", "undated")  # the logarithm of the days between two documents, and 1 where a date is missing
_COLUMNS = [sources.FEATURES.index(name) for name in FEATURES]


@dataclass(frozen=True)
class Kin:
    """What two documents have to do with each other: places in the list, and how sure each relation is.

    Attributes:
        left, right: the documents, left before right.
        event: how far the logit of telling of one event is above what links two documents.
        retells: 0..1, how sure it is that one retells the other.
        near: similarity of near copies, 0 where they are none.
    """

    left: int
    right: int
    event: float = -np.inf
    retells: float = 0.0
    near: float = 0.0


@dataclass
class _Pairs:
    """Relations by pair of documents, each the strongest of both directions."""

    kin: dict[tuple[int, int], Kin] = field(default_factory=dict)

    def add(self, one: int, other: int, *, event: float = -np.inf, retells: float = 0.0, near: float = 0.0) -> None:
        left, right = min(one, other), max(one, other)
        old = self.kin.get((left, right), Kin(left, right))
        self.kin[left, right] = Kin(left, right, max(old.event, event), max(old.retells, retells), max(old.near, near))


@dataclass(frozen=True)
class Kinship:
    """The relations among documents, and the rare terms of each, weighed by how rare they are at large, as a vector.

    It has length 1, less where the text is short.
    """

    pairs: Sequence[Kin]
    vectors: Sequence[dict[int, float]]


def relate(documents: Sequence[Document]) -> Kinship:
    """Every two documents that have something in common, with what it is.

    Args:
        documents: each with an id of its own.
    """
    place = {document.id: k for k, document in enumerate(documents)}
    pairs = _Pairs()
    vectors: list[dict[int, float]] = []
    with open_index(":memory:", as_is=True) as index:
        index.add_many(documents)
        for begin in range(0, len(documents), _BATCH):
            batch = documents[begin : begin + _BATCH]
            for document, found in zip(batch, index.near_copies_many(batch), strict=True):
                for match in found:
                    pairs.add(place[document.id], place[match.id], near=match.similarity)
            vectors += _compare(index, documents, batch, place, pairs)
    return Kinship([pairs.kin[key] for key in sorted(pairs.kin)], vectors)


def _compare(
    index: Index, documents: Sequence[Document], batch: Sequence[Document], place: dict[str | None, int], pairs: _Pairs
) -> list[dict[int, float]]:
    vectors = []
    for document, (terms, rows, features) in zip(batch, index.retold(batch), strict=True):
        rarity = -np.log(shipped().share(terms.keys).astype(np.float64))  # within the heap, a big event makes its own words common
        length = max(float(np.linalg.norm(rarity)), _LEAST_LENGTH)
        vectors.append(dict(zip(terms.keys.tolist(), (rarity / length).tolist(), strict=True)))
        others = [place[row.id] for row in rows]
        days = np.array([_days_between(document, documents[other]) for other in others]).reshape(-1)
        logits = judge(features, days) - np.where(np.isnan(days), _LEAST_UNDATED, _LEAST_DATED)
        for other, logit, sureness in zip(others, logits.tolist(), sources.sureness(features).tolist(), strict=True):
            pairs.add(place[document.id], other, event=logit, retells=sureness)
    return vectors


def _days_between(left: Document, right: Document) -> float:
    """Days between the dates of two documents; NaN where one is missing or none that can be read."""
    one, other = moment(left.date), moment(right.date)
    return float(abs(one.day - other.day)) if one and other else float("nan")


def event_features(features: NDArray[np.float64], days: NDArray[np.float64]) -> NDArray[np.float64]:
    """FEATURES and DATED of pairs, from sources.FEATURES of shape (pairs, FEATURES) and days of shape (pairs,), NaN for unknown."""
    undated = np.isnan(days)
    gap = np.log1p(np.where(undated, 0.0, days))
    return np.column_stack([features[:, _COLUMNS], gap, undated.astype(np.float64)])


def judge(features: NDArray[np.float64], days: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each pair the logit of telling of one event, shape (pairs,)."""
    coefficients, intercept = _fitted()
    logits: NDArray[np.float64] = event_features(features, days) @ coefficients + intercept
    return logits


@cache
def _fitted() -> tuple[NDArray[np.float64], float]:
    data = json.loads((files("classifier.stories") / "events.json").read_text(encoding="utf-8"))
    return np.array([data["coefficients"][name] for name in (*FEATURES, *DATED)]), float(data["intercept"])


def group(count: int, kinship: Kinship) -> list[list[int]]:
    """The groups of two or more documents that tell of one event, as sorted places.

    Copies and retellings first, then over the pairs that link: by average linkage, and at last what belongs to a big group as a whole.
    """
    groups = _Groups(kinship.vectors)
    for kin in kinship.pairs:
        if kin.near or kin.retells >= sources.CLAIMED:
            groups.join(kin.left, kin.right)
    linked = [kin for kin in kinship.pairs if kin.event >= 0]
    _join(groups, linked, groups.cosine, _LEAST_COSINE)
    _join(groups, linked, groups.centroid_cosine, _LEAST_CENTROID)
    return groups.found(count)


def _join(groups: _Groups, linked: Sequence[Kin], alike: Callable[[int, int], float], least: float) -> None:
    """Join the groups of linked documents that are alike enough, the most alike first."""
    waiting = [(-alike(kin.left, kin.right), kin.left, kin.right) for kin in linked]
    heapify(waiting)
    while waiting:
        before, left, right = heappop(waiting)
        if groups.together(left, right):
            continue
        now = round(alike(left, right), 12)
        if now < least:
            continue
        if now < -before - 1e-9:  # one of the groups has grown since
            heappush(waiting, (-now, left, right))
        else:
            groups.join(left, right)


class _Groups:
    """Groups that are joined one by one; each knows the sum of the vectors of its documents."""

    def __init__(self, vectors: Sequence[dict[int, float]]) -> None:
        self._head = list(range(len(vectors)))
        self._members = [[k] for k in range(len(vectors))]
        self._sums = [dict(vector) for vector in vectors]
        self._lengths: dict[int, float] = {}

    def cosine(self, left: int, right: int) -> float:
        """The mean cosine between the documents of one group and those of another."""
        one, other = self._head[left], self._head[right]
        return self._common(one, other) / (len(self._members[one]) * len(self._members[other]))

    def centroid_cosine(self, left: int, right: int) -> float:
        """The cosine between one group as a whole and another, of which one is big; 0 where none is."""
        one, other = self._head[left], self._head[right]
        if max(len(self._members[one]), len(self._members[other])) < _BIG:
            return 0.0
        return self._common(one, other) / (self._length(one) * self._length(other) or 1.0)

    def _common(self, one: int, other: int) -> float:
        small, large = sorted((self._sums[one], self._sums[other]), key=len)
        return sum(weight * large.get(term, 0.0) for term, weight in small.items())

    def _length(self, head: int) -> float:
        if head not in self._lengths:
            self._lengths[head] = math.hypot(*self._sums[head].values())
        return self._lengths[head]

    def together(self, left: int, right: int) -> bool:
        """Whether two documents are in one group."""
        return self._head[left] == self._head[right]

    def join(self, left: int, right: int) -> None:
        """Make one group of those of two documents."""
        into, gone = sorted((self._head[left], self._head[right]), key=lambda head: (-len(self._members[head]), head))
        if into == gone:
            return
        for member in self._members[gone]:
            self._head[member] = into
        self._members[into] += self._members[gone]
        for term, weight in self._sums[gone].items():
            self._sums[into][term] = self._sums[into].get(term, 0.0) + weight
        self._lengths.pop(into, None)

    def found(self, count: int) -> list[list[int]]:
        """The groups of two or more, in the order of their first documents."""
        return [sorted(self._members[k]) for k in sorted(range(count), key=lambda k: min(self._members[k])) if self._is_group(k)]

    def _is_group(self, k: int) -> bool:
        return self._head[k] == k and len(self._members[k]) > 1
