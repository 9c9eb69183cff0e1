"""Hashed word n-grams of what a text says and of how it sources what it says, with names and numbers masked."""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier import lexicon as lx
from classifier.document import Batch, once
from classifier.sourcing import Statements, statements
from classifier.words import NUMBER, Hashes, Ints, Tags, changes, mix

VERSION = 3  # raise it whenever the columns of a text change
BITS = 18  # there are 2**BITS columns

_REACH, _NEAR = 5, 3  # words around a speech verb or an outlet: alone, and paired with it
# What a masked word becomes, the strongest first: a text is told by how it sources, not by which names it holds.
_MASKS = (lx.AGENCY, lx.WIRE_SERVICE, lx.OUTLET, lx.SHOW, lx.PLATFORM, lx.MONTH_OR_DAY, lx.PLACE, lx.PROPER_NAME)
_HIDDEN = functools.reduce(operator.or_, _MASKS)
_NUMBER_MASK = np.uint64(99)
_ANCHORS = lx.SPEECH_VERB | lx.RELAY | lx.OUTLET | lx.AMBIGUOUS_OUTLET | lx.AGENCY | lx.SHOW | lx.PLATFORM
_PAIR = np.uint64(0xD6E8FEB86659FD93)
_BEFORE, _AFTER = np.uint64(1), np.uint64(2)
_SALTS = [np.uint64(0x9E3779B97F4A7C15 * view & 0xFFFFFFFFFFFFFFFF) for view in range(1, 7)]
_VIEW_BITS = 3
_STEP = np.uint64(1000)  # parts hashes of kinds from those of what stands beside them
_PLACES = 5  # parts of a text that a statement may stand in
_OPENING = 90  # masked words
_LOUDER = 1.4  # how much single words weigh beside the other views


@dataclass(frozen=True, slots=True)
class Grams:
    """The n-grams of a batch as columns of equal length, document by document and view by view.

    Attributes:
        document: the document that holds each, rising.
        column: below 2**BITS, rising within a view of a document.
        value: log term frequency, scaled so that each view of a document has length one, and its words _LOUDER.
    """

    document: Ints
    column: Ints
    value: NDArray[np.float64]


def extract(batch: Batch) -> Grams:
    """The n-grams of each text in six views.

    The views are words, pairs of words, words near a speech verb or an outlet, those words with their anchor, statements
    with the kind of their source, and the words of the opening.
    """
    text = masked(batch, batch.owner)
    views = (_words(text), _pairs(text), *_around(text), _sourcing(batch), _opening(text))
    kind: type[np.unsignedinteger[Any]] = (
        np.uint32 if len(batch) < 1 << (32 - BITS - _VIEW_BITS) else np.uint64
    )  # the smaller, the faster sorted
    return _counted(np.concatenate([_keys(view, *found, kind) for view, found in enumerate(views)]))


@dataclass(frozen=True, slots=True)
class SentenceGrams:
    """The n-grams of the sentences of a batch.

    Attributes:
        sentence: the sentence that holds each n-gram, shape (n-grams,).
        column: below 2**BITS, shape (n-grams,).
        value: what each n-gram of a sentence counts, so that all of them have length one, shape (sentences,).
        document: the document of each sentence, rising, shape (sentences,).
    """

    sentence: Ints
    column: Ints
    value: NDArray[np.float64]
    document: Ints


def of_sentences(batch: Batch) -> SentenceGrams:
    """The n-grams of sentences: words, pairs, triples, and statements with the kind of their source."""
    sentence, document = _sentences(batch)
    text, found = masked(batch, sentence), statements(batch)
    kinds = _kinds(found)
    told = (np.tile(sentence[found.anchor], 2), np.concatenate((kinds, kinds * _PAIR + batch.words.hash[found.anchor])))
    views = (_words(text), _pairs(text), _triples(text), told)
    rows = np.concatenate([view for view, _ in views])
    columns = np.concatenate([_columns(hashes, salt) for (_, hashes), salt in zip(views, _SALTS, strict=False)])
    counts = np.bincount(rows, minlength=len(document))
    return SentenceGrams(rows, columns, 1 / np.sqrt(np.maximum(counts, 1)), document)


def _sentences(batch: Batch) -> tuple[Ints, Ints]:
    """The sentence of each word, numbered among those that hold words, and the document of each of these."""
    sentence = batch.words.sentence
    fresh = changes(sentence)
    return np.cumsum(fresh) - 1, batch.owner[fresh]


@dataclass(frozen=True, slots=True)
class Masked:
    """The words of a batch with names, dates and numbers replaced by their kind: hash, tags, and the document or sentence of each."""

    hash: Hashes
    tags: Tags
    group: Ints


def masked(batch: Batch, group: Ints) -> Masked:
    """The words with names, dates and numbers replaced by their kind, runs of one kind told once in a group.

    Args:
        batch: the texts.
        group: of each word, rising, shape (words,).
    """
    hashes, fresh = _hidden(batch)
    keep = np.flatnonzero(fresh | changes(group))
    return Masked(hashes[keep], batch.found.tags[keep], group[keep])


@once
def _hidden(batch: Batch) -> tuple[Hashes, NDArray[np.bool_]]:
    """The hash of each word, or its kind where it is hidden, and which words do not go on a run of one kind."""
    tags, hashes = batch.found.tags, batch.words.hash.copy()
    hidden = np.flatnonzero(((tags & _HIDDEN) > 0) | ((batch.words.shape & NUMBER) > 0))
    kinds, own = np.full(len(hidden), _NUMBER_MASK), tags[hidden]
    for kind, bit in enumerate(reversed(_MASKS), start=1):
        kinds[(own & bit) > 0] = kind
    hashes[hidden] = kinds
    fresh = np.ones(len(hashes), dtype=bool)
    fresh[hidden[1:][(np.diff(hidden) == 1) & (kinds[1:] == kinds[:-1])]] = False
    return hashes, fresh


def _words(text: Masked) -> tuple[Ints, Hashes]:
    return text.group, text.hash


def _pairs(text: Masked) -> tuple[Ints, Hashes]:
    within = text.group[1:] == text.group[:-1]
    return text.group[1:][within], (text.hash[:-1] * _PAIR + text.hash[1:])[within]


def _triples(text: Masked) -> tuple[Ints, Hashes]:
    within = text.group[2:] == text.group[:-2]
    return text.group[2:][within], ((text.hash[:-2] * _PAIR + text.hash[1:-1]) * _PAIR + text.hash[2:])[within]


def _opening(text: Masked) -> tuple[Ints, Hashes]:
    begin = np.flatnonzero(changes(text.group))
    early = np.arange(len(text.group)) - np.repeat(begin, np.diff(np.append(begin, len(text.group)))) < _OPENING
    return text.group[early], text.hash[early]


def _around(text: Masked) -> tuple[tuple[Ints, Hashes], tuple[Ints, Hashes]]:
    """The neighbors of each anchor, told by their side; the nearest of them also with the anchor."""
    anchors = np.flatnonzero((text.tags & _ANCHORS) > 0)
    steps = np.array([step for step in range(-_REACH, _REACH + 1) if step])
    places = anchors[:, None] + steps
    exists = (places >= 0) & (places < len(text.hash))
    places = np.where(exists, places, 0)
    own = text.group[anchors][:, None]
    inside = exists & (text.group[places] == own)
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
    kinds = _kinds(found)
    before = np.where(changes(row), np.uint64(0), np.roll(kinds, 1))
    place = ((found.first - batch.first[row]) * _PLACES // np.maximum(batch.sizes[row], 1)).astype(np.uint64)
    verbs = batch.words.hash[found.anchor]
    told = (kinds, kinds * _PAIR + verbs, kinds + (before + np.uint64(1)) * _STEP, kinds + (place + np.uint64(100)) * _STEP)
    return np.tile(row, len(told)), np.concatenate(told)


def _kinds(found: Statements) -> Hashes:
    return (2 * found.source + found.told + 1).astype(np.uint64)


def _columns(hashes: Hashes, salt: np.uint64) -> Ints:
    return (mix(hashes ^ salt) >> np.uint64(64 - BITS)).view(np.int64)


def _keys(view: int, rows: Ints, hashes: Hashes, kind: type[np.unsignedinteger[Any]]) -> NDArray[np.unsignedinteger[Any]]:
    """The n-grams of a view, each as one number: its document, then the view, then its column."""
    keys = _columns(hashes, _SALTS[view]).astype(kind)
    keys |= (rows.astype(kind) << kind(BITS + _VIEW_BITS)) | kind(view << BITS)
    return keys


def _counted(keys: NDArray[np.unsignedinteger[Any]]) -> Grams:
    """How often each n-gram stands in its document, told as its value."""
    keys.sort()
    first = np.flatnonzero(changes(keys))
    times = np.diff(np.append(first, len(keys)))
    values = (1 + np.log(np.arange(1, times.max(initial=0) + 1)))[times - 1]
    keys = keys[first].astype(np.int64)
    view = keys >> BITS
    lengths = np.sqrt(np.bincount(view, values * values))
    lengths[:: 1 << _VIEW_BITS] /= _LOUDER  # of the words, the first view of each document
    values /= lengths[view]
    return Grams(keys >> (BITS + _VIEW_BITS), keys & ((1 << BITS) - 1), values)
