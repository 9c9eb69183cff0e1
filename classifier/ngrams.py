"""Hashed word n-grams of what a text says and of how it sources what it says, with names and numbers masked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classifier import lexicon as lx
from classifier.document import Document
from classifier.sourcing import KINDS, statements
from classifier.words import NUMBER, Hashes, Ints, mix

VERSION = 2  # raise it whenever the columns of a text change
BITS = 18  # there are 2**BITS columns

_REACH, _NEAR = 5, 3  # words around a speech verb or an outlet: alone, and paired with it
# What a masked word becomes, the strongest first: a text is told by how it sources, not by which names it holds.
_MASKS = (lx.AGENCY, lx.WIRE_SERVICE, lx.OUTLET, lx.SHOW, lx.PLATFORM, lx.MONTH_OR_DAY, lx.PLACE, lx.PROPER_NAME)
_NUMBER_MASK = np.uint64(99)
_ANCHORS = lx.SPEECH_VERB | lx.RELAY | lx.OUTLET | lx.AMBIGUOUS_OUTLET | lx.AGENCY | lx.SHOW | lx.PLATFORM
_PAIR = np.uint64(0xD6E8FEB86659FD93)
_BEFORE, _AFTER = np.uint64(1), np.uint64(2)
_SALTS = [np.uint64(0x9E3779B97F4A7C15 * view & 0xFFFFFFFFFFFFFFFF) for view in range(1, 6)]
_PLACES = 5  # parts of a text that a statement may stand in


def extract(document: Document) -> tuple[Ints, NDArray[np.float64]]:
    """The columns of a text and their values: five views, each with log term frequencies of length one.

    The views are words, pairs of words, words near a speech verb or an outlet, those words with their anchor, and statements
    with the kind of their source.

    Returns:
        Columns, shape (n,), below 2**BITS, rising within a view; values, shape (n,).
    """
    words, tags = masked(document)
    views = (words, _pairs(words), *_around(words, tags), _sourcing(document))
    parts = [_view(hashes, salt) for hashes, salt in zip(views, _SALTS, strict=True)]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def masked(document: Document) -> tuple[Hashes, Ints]:
    """The words with names, dates and numbers replaced by their kind, runs of one kind told once; and their tags."""
    tags = document.found.tags
    hashes = document.words.hash.copy()
    kind = np.zeros(len(hashes), dtype=np.uint64)
    kind[(document.words.shape & NUMBER) > 0] = _NUMBER_MASK
    for rank, bit in enumerate(reversed(_MASKS), start=1):
        kind[(tags & bit) > 0] = rank
    hidden = kind > 0
    hashes[hidden] = kind[hidden]
    keep = np.ones(len(hashes), dtype=bool)
    keep[1:] = (kind[1:] != kind[:-1]) | ~hidden[1:]
    return hashes[keep], tags[keep]


def _pairs(words: Hashes) -> Hashes:
    return words[:-1] * _PAIR + words[1:]


def _around(words: Hashes, tags: Ints) -> tuple[Hashes, Hashes]:
    """The neighbors of each anchor, told by their side; the nearest of them also with the anchor."""
    anchors = np.flatnonzero(tags & _ANCHORS)
    steps = np.array([step for step in range(-_REACH, _REACH + 1) if step])
    places = anchors[:, None] + steps
    inside = (places >= 0) & (places < len(words))
    side = np.where(steps < 0, _BEFORE, _AFTER)
    neighbors = words[np.clip(places, 0, max(len(words) - 1, 0))] if len(words) else places.astype(np.uint64)
    close = inside & (np.abs(steps) <= _NEAR)
    alone = (neighbors + side)[inside]
    paired = (neighbors * _PAIR + words[anchors][:, None] + side)[close]
    return alone, paired


def _sourcing(document: Document) -> Hashes:
    """Each statement by the kind of its source: alone, with its verb, with the kind before it, and with its place in the text."""
    found = statements(document)
    if not found:
        return np.zeros(0, dtype=np.uint64)
    kinds = np.array([2 * KINDS.index(statement.source) + statement.told + 1 for statement in found], dtype=np.uint64)
    first = np.array([statement.first for statement in found])
    before = np.concatenate((kinds[:1] * np.uint64(0), kinds[:-1]))
    place = (first * _PLACES // max(len(document.words), 1)).astype(np.uint64)
    verbs = document.words.hash[[statement.anchor for statement in found]]
    step = np.uint64(1000)
    return np.concatenate((kinds, kinds * _PAIR + verbs, kinds + (before + np.uint64(1)) * step, kinds + (place + np.uint64(100)) * step))


def _view(hashes: Hashes, salt: np.uint64) -> tuple[Ints, NDArray[np.float64]]:
    columns = np.sort((mix(hashes ^ salt) >> np.uint64(64 - BITS)).astype(np.int64))
    first = np.flatnonzero(np.concatenate((columns[:1] >= 0, columns[1:] != columns[:-1])))
    values = 1 + np.log(np.diff(np.append(first, len(columns))))
    length = np.sqrt(np.square(values).sum())
    return columns[first], values / length if length else values
