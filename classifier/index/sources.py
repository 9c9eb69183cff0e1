"""Which known text a text retells: candidates by rare terms, then the judgment by what survives when a text is told again."""

from __future__ import annotations

import json
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from classifier.index.background import key, shipped
from classifier.index.sketch import Sketches, Uints, containment, jaccard
from classifier.words import CAPITAL, NUMBER, Ints, Words

COMMON = 3_000  # a term that more documents hold leads to none of them
CANDIDATES = 12  # looked at closely for each text
CLAIMED = 0.5  # the least sureness at which a source is named
_FEWEST_TERMS = 4  # in common; fewer prove nothing
_BACKGROUND_WEIGHT = 2_000  # documents that the background counts for beside those of the index
_TWIN = 0.8  # candidates that resemble each other so much are one story told once
WORD, NAME, FIGURE = 0, 1, 2

FEATURES = (
    "rank", "cosine", "of_text", "of_source", "of_smaller", "order", "in_order", "runs", "words", "names", "figures",
    "lead", "jaccard", "containment", "shared",
)  # fmt: skip
_FITTED = "sources.json"  # by benchmarks/index_data.py: rewrites with their source against articles with their nearest unrelated one


@dataclass(frozen=True)
class Terms:
    """The rare terms of a text in its order, what each is (WORD, NAME, FIGURE), and how much it weighs: equal lengths."""

    keys: Uints
    kinds: Ints
    weights: NDArray[np.float64]


def weigh(keys: Uints, holders: Ints, documents: int) -> NDArray[np.float64]:
    """The weight of each term: the negative logarithm of the share of documents that hold it, in the index and in the background."""
    expected = shipped().share(keys) * _BACKGROUND_WEIGHT
    weights: NDArray[np.float64] = -np.log((holders + expected) / (documents + _BACKGROUND_WEIGHT + 1.0))
    return np.maximum(weights, 0.01)


def kinds(words: Words, keys: Uints) -> Ints:
    """What each term is: a number, a name (capitals within sentences), or another word."""
    held = key(words.stem)
    inner = np.concatenate(([False], words.sentence[1:] == words.sentence[:-1])) if len(words) else np.zeros(0, dtype=bool)
    figures = np.unique(held[(words.shape & NUMBER) > 0])
    names = np.unique(held[((words.shape & CAPITAL) > 0) & inner])
    return np.where(np.isin(keys, figures), FIGURE, np.where(np.isin(keys, names), NAME, WORD)).astype(np.int64)


def compare(text: Terms, sketch: Sketches, candidates: Sketches) -> NDArray[np.float64]:
    """All FEATURES of a text, sketch of shape (1,), against its candidates, shape (candidates, FEATURES)."""
    same = candidates["terms"][:, :, None] == text.keys  # candidates, terms of theirs, terms of the text
    shared, seats = same.any(axis=1), same.argmax(axis=1)
    power = text.weights**2
    common, whole = shared @ power, power.sum() + 1e-9
    other = _power(text, candidates["terms"], same)
    size = max(len(text.keys), 1)
    count = shared.sum(axis=1)
    order = np.array([_longest_rise(seat[held].tolist()) for seat, held in zip(seats, shared, strict=True)])
    runs = (shared[:, 1:] & shared[:, :-1] & (seats[:, 1:] == seats[:, :-1] + 1)).sum(axis=1)
    cosine, of_text = common / np.sqrt(whole * other), common / whole
    kinds = [(shared & (text.kinds == kind)).sum(axis=1) / size for kind in (WORD, NAME, FIGURE)]
    repeated = np.repeat(sketch, len(candidates))
    similarity = jaccard(repeated, candidates)
    within = containment(repeated, candidates, similarity)
    rank = (cosine + of_text + order / size / 2) / 2.5
    columns = [
        rank,
        cosine,
        of_text,
        common / other,
        common / np.minimum(whole, other),
        order / size,
        order / np.maximum(count, 1),
        runs / size,
    ]
    return np.column_stack([*columns, *kinds, _lead(rank, candidates, within >= _TWIN), similarity, within, np.log1p(count)])


def _longest_rise(seats: list[int]) -> int:
    """How many of the shared terms stand in the same order in both texts."""
    ends: list[int] = []
    for seat in seats:
        place = bisect_left(ends, seat)
        ends[place : place + 1] = [seat]
    return len(ends)


def _power(text: Terms, held: Uints, same: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The squared weights of each candidate's terms: as the text has them, from the background for the others; shape (candidates,)."""
    own = np.where(held > 0, -np.log(shipped().share(held).astype(np.float64)), 0.0)
    known = same @ text.weights if len(text.keys) else np.zeros(held.shape)
    power: NDArray[np.float64] = (np.where(known > 0, known, own) ** 2).sum(axis=1) + 1e-9
    return power


def _lead(rank: NDArray[np.float64], candidates: Sketches, copies: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How far each candidate's rank is ahead of the best other one that is neither its twin nor a copy of the text."""
    size = len(rank)
    left, right = np.repeat(candidates, size), np.tile(candidates, size)
    apart = (containment(left, right, jaccard(left, right)) < _TWIN).reshape(size, size)
    np.fill_diagonal(apart, val=False)
    apart[:, copies] = False
    leads: NDArray[np.float64] = rank - np.where(apart, rank, 0.0).max(axis=1)
    return leads


def sureness(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """How sure it is that the text retells each candidate, 0..1."""
    coefficients, intercept = _fitted()
    score: NDArray[np.float64] = 1 / (1 + np.exp(-(features @ coefficients + intercept)))
    return np.where(np.expm1(features[:, -1]) < _FEWEST_TERMS - 0.5, 0.0, score)


@cache
def _fitted() -> tuple[NDArray[np.float64], float]:
    data = json.loads((files("classifier.index") / _FITTED).read_text(encoding="utf-8"))
    return np.array([data["coefficients"][name] for name in FEATURES]), float(data["intercept"])
