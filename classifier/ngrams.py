"""Hashed word n-grams of what a text says and of how it sources what it says, with names and numbers masked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier import lexicon as lx
from classifier.document import Batch
from classifier.sourcing import statements
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
_STEP = np.uint64(1000)  # parts hashes of kinds from those of what stands beside them
_PLACES = 5  # parts of a text that a statement may stand in


@dataclass(frozen=True, slots=True)
class Grams:
    """The n-grams of a batch as columns of equal length, a document's own in the order of the views.

    Attributes:
        document: the document that holds each.
        column: below 2**BITS, rising within a view.
        value: log term frequency, scaled so that each view of a document has length one.
    """

    document: Ints
    column: Ints
    value: NDArray[np.float64]


def extract(batch: Batch) -> Grams:
    """The n-grams of each text in five views.

    The views are words, pairs of words, words near a speech verb or an outlet, those words with their anchor, and statements
    with the kind of their source.
    """
    text = masked(batch)
    views = (_words(text), _pairs(text), *_around(text), _sourcing(batch))
    parts = [_view(rows, hashes, salt, len(batch)) for (rows, hashes), salt in zip(views, _SALTS, strict=True)]
    return Grams(*(np.concatenate([getattr(part, name) for part in parts]) for name in Grams.__slots__))


@dataclass(frozen=True, slots=True)
class Masked:
    """The words of a batch with names, dates and numbers replaced by their kind: hash, tags and document of each."""

    hash: Hashes
    tags: Ints
    document: Ints


def masked(batch: Batch) -> Masked:
    """The words with names, dates and numbers replaced by their kind, runs of one kind told once."""
    tags = batch.found.tags
    hashes = batch.words.hash.copy()
    rank = np.zeros(len(hashes), dtype=np.uint64)
    rank[(batch.words.shape & NUMBER) > 0] = _NUMBER_MASK
    for place, bit in enumerate(reversed(_MASKS), start=1):
        rank[(tags & bit) > 0] = place
    hidden = rank > 0
    hashes[hidden] = rank[hidden]
    keep = np.append(True, (rank[1:] != rank[:-1]) | ~hidden[1:] | (batch.owner[1:] != batch.owner[:-1]))[: len(hashes)]
    return Masked(hashes[keep], tags[keep], batch.owner[keep])


def _words(text: Masked) -> tuple[Ints, Hashes]:
    return text.document, text.hash


def _pairs(text: Masked) -> tuple[Ints, Hashes]:
    within = np.flatnonzero(text.document[1:] == text.document[:-1])
    return text.document[within], text.hash[within] * _PAIR + text.hash[within + 1]


def _around(text: Masked) -> tuple[tuple[Ints, Hashes], tuple[Ints, Hashes]]:
    """The neighbors of each anchor, told by their side; the nearest of them also with the anchor."""
    anchors = np.flatnonzero(text.tags & _ANCHORS)
    steps = np.array([step for step in range(-_REACH, _REACH + 1) if step])
    places = anchors[:, None] + steps
    exists = (places >= 0) & (places < len(text.hash))
    places = np.where(exists, places, 0)
    own = text.document[anchors][:, None]
    inside = exists & (text.document[places] == own)
    side = np.where(steps < 0, _BEFORE, _AFTER)
    neighbors = text.hash[places]
    close = inside & (np.abs(steps) <= _NEAR)
    rows = np.broadcast_to(own, places.shape)
    paired = neighbors * _PAIR + text.hash[anchors][:, None] + side
    return (rows[inside], (neighbors + side)[inside]), (rows[close], paired[close])


def _sourcing(batch: Batch) -> tuple[Ints, Hashes]:
    """Each statement by the kind of its source: alone, with its verb, with the kind before it, and with its place in the text."""
    found = statements(batch)
    row = batch.owner[found.anchor]
    kinds = (2 * found.source + found.told + 1).astype(np.uint64)
    fresh = np.append(True, row[1:] != row[:-1])[: len(row)]
    before = np.where(fresh, np.uint64(0), np.roll(kinds, 1))
    place = ((found.first - batch.first[row]) * _PLACES // np.maximum(batch.sizes[row], 1)).astype(np.uint64)
    verbs = batch.words.hash[found.anchor]
    told = (kinds, kinds * _PAIR + verbs, kinds + (before + np.uint64(1)) * _STEP, kinds + (place + np.uint64(100)) * _STEP)
    return np.tile(row, len(told)), np.concatenate(told)


def _view(rows: Ints, hashes: Hashes, salt: np.uint64, documents: int) -> Grams:
    columns = (mix(hashes ^ salt) >> np.uint64(64 - BITS)).astype(np.int64)
    keys = np.sort((rows << BITS) | columns)
    first = np.flatnonzero(np.append(keys[:1] >= 0, keys[1:] != keys[:-1]))
    values = 1 + np.log(np.diff(np.append(first, len(keys))))
    rows, columns = keys[first] >> BITS, keys[first] & ((1 << BITS) - 1)
    length = np.sqrt(np.bincount(rows, values * values, minlength=documents))
    return Grams(rows, columns, values / length[rows])
