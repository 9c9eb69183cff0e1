"""Where a text has what it says from: each statement with the kind of its source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier import lexicon as lx
from classifier.document import Batch, once
from classifier.words import GAP_CLOSE, GAP_COMMA, GAP_OPEN, GAP_QUOTE, GAP_STOP, Hashes, Ints, Tags

# The kinds of source, from one's own to borrowed.
OWN, PUBLIC, PERSON, PRONOUN, OFFICIAL, RECORD, STUDY, INSIDER, UNKNOWN, NAME, AGENCY, OUTLET, SHOW, PLATFORM = (
    "own", "public", "person", "pronoun", "official", "record", "study", "insider", "unknown",
    "name", "agency", "outlet", "show", "platform",
)  # fmt: skip
KINDS = (OWN, PUBLIC, PERSON, PRONOUN, OFFICIAL, RECORD, STUDY, INSIDER, UNKNOWN, NAME, AGENCY, OUTLET, SHOW, PLATFORM)
BORROWED = frozenset((AGENCY, OUTLET, SHOW, PLATFORM))

_REACH = 7  # words around a speech verb in which its source or its listener stands
_SHORT = 3  # a clause so short that "the Sun" in it can only be the newspaper
_CLAUSE_END = GAP_COMMA | GAP_STOP | GAP_QUOTE | GAP_OPEN | GAP_CLOSE
_OUTLETS = lx.OUTLET | lx.AMBIGUOUS_OUTLET | lx.AGENCY | lx.SHOW | lx.PLATFORM
# What a clause holds decides its source; the first kind that fits wins.
_SUBJECTS = (
    (lx.AGENCY, AGENCY), (lx.OUTLET, OUTLET), (lx.SHOW, SHOW), (lx.INSIDER, INSIDER), (lx.STUDY, STUDY), (lx.RECORD, RECORD),
    (lx.TITLE | lx.FIRST_NAME | lx.PROPER_NAME, PERSON), (lx.OFFICIAL, OFFICIAL), (lx.PRONOUN, PRONOUN),
)  # fmt: skip
_LISTENERS = (
    (lx.AGENCY, AGENCY), (lx.OUTLET, OUTLET), (lx.SHOW, SHOW), (lx.PLATFORM, PLATFORM), (lx.OURSELVES, OWN),
    (lx.AMBIGUOUS_OUTLET, OUTLET), (lx.AUDIENCE, PUBLIC), (lx.OUTLET_WORD, NAME), (lx.PROPER_NAME, NAME),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Statements:
    """What some texts say that somebody said, in order, as columns of equal length.

    Attributes:
        source: the place in KINDS of whom each comes from, or to whom it was said.
        first, last: the words that say so, `last` not included.
        told: True where the source is the listener ("told the Gazette"), not the speaker ("the Gazette reported").
        who: hash of the outlet's or name's first word, 0 where there is none.
        anchor: the word that says so: a verb of saying, "according", "interview".
    """

    source: Ints
    first: Ints
    last: Ints
    told: NDArray[np.bool_]
    who: Hashes
    anchor: Ints

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, rows: Ints | NDArray[np.bool_]) -> Statements:
        return Statements(*(getattr(self, name)[rows] for name in self.__slots__))

    def of(self, *kinds: str) -> NDArray[np.bool_]:
        """Which of them come from some kinds of source."""
        wanted = np.zeros(len(KINDS), dtype=bool)
        wanted[[KINDS.index(kind) for kind in kinds]] = True
        return wanted[self.source]


@once
def statements(batch: Batch) -> Statements:
    """Every statement of the texts, with the kind of its source."""
    tags = batch.found.tags
    anchors = np.flatnonzero((tags & (lx.SPEECH_VERB | lx.RELAY | lx.ADDRESSING)) > 0)
    found = _Reader(batch, anchors).read()
    kept, source, last = [], -1, 0
    for row, (kind, begin, end) in enumerate(zip(found.source.tolist(), found.first.tolist(), found.last.tolist(), strict=True)):
        if kind != source or begin >= last:
            kept.append(row)
            source, last = kind, end
    return found[np.array(kept, dtype=np.int64)]


@dataclass(frozen=True, slots=True)
class _Clause:
    """The words on one side of each anchor within its clause: places rising, and tags, 0 outside; both of shape (anchors, _REACH)."""

    places: Ints
    tags: Tags
    size: Ints

    @property
    def union(self) -> Tags:
        """All tags of each clause, shape (anchors,)."""
        union: Tags = np.bitwise_or.reduce(self.tags, axis=1)
        return union


class _Reader:
    """Reads the clauses around all anchors at once: the first rule that fits an anchor decides it."""

    def __init__(self, batch: Batch, anchors: Ints) -> None:
        self.words, self.tags, self.anchors = batch.words, batch.found.tags, anchors
        self.broken = (batch.words.gap & _CLAUSE_END) > 0
        self.before, self.after = self._clause(-1), self._clause(1)
        named = (self.tags & (lx.PROPER_NAME | _OUTLETS | lx.OUTLET_WORD)) > 0
        loose = ~named | self.broken | ~np.append(named[1:], False)
        loose[batch.first[1:][batch.sizes > 0] - 1] = True
        self.name_ends = np.flatnonzero(loose)
        self.open = np.ones(len(anchors), dtype=bool)
        self.source = np.full(len(anchors), -1)
        self.first, self.last, self.told = anchors.copy(), anchors + 1, np.zeros(len(anchors), dtype=bool)
        self.who = np.zeros(len(anchors), dtype=np.uint64)

    def read(self) -> Statements:
        tag = self.tags[self.anchors]
        addressing = (tag & lx.ADDRESSING) > 0
        relay = ((tag & lx.RELAY) > 0) & ~addressing
        self._to_listener(addressing)
        self._nearest(self.after, relay)
        self.open &= ~relay
        self._set(PLATFORM, self.after, lx.PLATFORM, (self.after.union & lx.PLATFORM) > 0)
        self._nearest(self.before, self.open)
        self._nearest(self.after, self.open)
        self.source[self.open] = KINDS.index(UNKNOWN)
        found = Statements(self.source, self.first, self.last, self.told, self.who, self.anchors)
        return found[self.source >= 0]

    def _clause(self, step: int) -> _Clause:
        """The words before (-1) or after (1) each anchor, no further than its clause goes."""
        reach = np.arange(1, _REACH + 1) * step
        places = self.anchors[:, None] + reach
        exists = (places >= 0) & (places < len(self.tags))
        places = places.clip(0, max(len(self.tags) - 1, 0))
        crossed = self.broken[places - (step > 0)]
        inside = exists & ~crossed & (self.words.sentence[places] == self.words.sentence[self.anchors][:, None])
        inside = np.logical_and.accumulate(inside, axis=1)
        order = slice(None, None, step)
        return _Clause(places[:, order], (self.tags[places] * inside)[:, order], inside.sum(axis=1))

    def _to_listener(self, addressing: NDArray[np.bool_]) -> None:
        """The first listener after each of some anchors."""
        every = 0
        for bits, _ in _LISTENERS:
            every |= bits
        listener = (self.after.tags & every) > 0
        rows = np.flatnonzero(addressing & listener.any(axis=1))
        column = listener[rows].argmax(axis=1)
        place, tag = self.after.places[rows, column], self.after.tags[rows, column]
        rank = np.stack([(tag & bits) > 0 for bits, _ in _LISTENERS]).argmax(axis=0)
        self.source[rows] = np.array([KINDS.index(source) for _, source in _LISTENERS])[rank]
        self.last[rows], self.told[rows], self.who[rows] = self._name_end(place), True, self.words.hash[place]
        self.open[rows] = False

    def _nearest(self, clause: _Clause, chosen: NDArray[np.bool_]) -> None:
        """The most telling word of a clause as the source of each chosen anchor that is still open."""
        union = np.where(chosen, clause.union, 0)
        only = ((union & lx.AMBIGUOUS_OUTLET) > 0) & ((union & lx.FIRST_NAME) == 0) & (clause.size <= _SHORT)
        self._set(OUTLET, clause, lx.AMBIGUOUS_OUTLET, only)
        for bits, source in _SUBJECTS:
            self._set(source, clause, bits, (union & bits) > 0)

    def _set(self, source: str, clause: _Clause, bits: int, chosen: NDArray[np.bool_]) -> None:
        """Give anchors that are still open a source: the words of their clause with some tag."""
        rows = np.flatnonzero(chosen & self.open)
        if not len(rows):
            return
        tagged = (clause.tags[rows] & bits) > 0
        first = clause.places[rows, tagged.argmax(axis=1)]
        last = clause.places[rows, _REACH - 1 - tagged[:, ::-1].argmax(axis=1)]
        self.source[rows] = KINDS.index(source)
        self.first[rows] = np.minimum(first, self.anchors[rows])
        self.last[rows] = np.maximum(self._name_end(last), self.anchors[rows] + 1)
        self.who[rows] = self.words.hash[first]
        self.open[rows] = False

    def _name_end(self, places: Ints) -> Ints:
        """The word after the name that each place is part of."""
        end = self.name_ends[np.searchsorted(self.name_ends, places)] + 1
        return np.minimum(end, places + 1 + _REACH)
