"""Where a text has what it says from: each statement with the kind of its source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier import lexicon as lx
from classifier.document import Batch, host_of, once
from classifier.words import CAPITAL, GAP_CLOSE, GAP_COMMA, GAP_OPEN, GAP_QUOTE, GAP_STOP, Hashes, Ints, Tags, WordClasses, Words, changes

# The kinds of source, from one's own to borrowed.
OWN, PUBLIC, PERSON, PRONOUN, OFFICIAL, RECORD, STUDY, INSIDER, UNKNOWN, NAME, AGENCY, OUTLET, SHOW, PLATFORM = (
    "own", "public", "person", "pronoun", "official", "record", "study", "insider", "unknown",
    "name", "agency", "outlet", "show", "platform",
)  # fmt: skip
KINDS = (OWN, PUBLIC, PERSON, PRONOUN, OFFICIAL, RECORD, STUDY, INSIDER, UNKNOWN, NAME, AGENCY, OUTLET, SHOW, PLATFORM)
BORROWED = frozenset((AGENCY, OUTLET, SHOW, PLATFORM))

_REACH = 7  # words around a speech verb in which its source or its listener stands
_SHORT = 3  # a clause so short that "the Sun" in it can only be the newspaper
_NAMING = 5  # the same behind "according": "to the Hale Evening Post"
_CLAUSE_END = GAP_COMMA | GAP_STOP | GAP_QUOTE | GAP_OPEN | GAP_CLOSE
_SHORTEST_SITE = 3  # letters of a host that may be a name
_LONG = 4  # words after a verb that are more than its subject: "Vale, the mayor, said the BBC had got it wrong"
# What a clause holds decides its source; the first kind that fits wins.
_SUBJECTS = (
    (lx.AGENCY, AGENCY), (lx.OUTLET, OUTLET), (lx.SHOW, SHOW), (lx.INSIDER, INSIDER), (lx.STUDY, STUDY), (lx.RECORD, RECORD),
    (lx.TITLE | lx.FIRST_NAME | lx.PROPER_NAME, PERSON), (lx.OFFICIAL, OFFICIAL), (lx.MEDIUM, OUTLET),
    (lx.PRONOUN, PRONOUN),
)  # fmt: skip
_LISTENERS = (
    (lx.AGENCY, AGENCY), (lx.OUTLET, OUTLET), (lx.SHOW, SHOW), (lx.PLATFORM, PLATFORM), (lx.OURSELVES, OWN),
    (lx.AMBIGUOUS_OUTLET, OUTLET), (lx.MEDIUM, OUTLET), (lx.AUDIENCE, PUBLIC), (lx.OUTLET_WORD, NAME), (lx.PROPER_NAME, NAME),
)  # fmt: skip

_TOWARDS, _TURNS, _CONVERSING, _VIA, _GOES_WITH, _THIS, _THE, _OF = (1 << bit for bit in range(8))
_CLASSES = WordClasses(
    "to with",
    "that about if what how when why where whether because",
    "speak speaks speaking spoke spoken talk talks talked talking",
    "via",
    # What may stand between "the Sun" and its verb.
    "has had have also first later then previously recently exclusively initially originally itself newspaper magazine tabloid daily "
    "weekly website site paper report reports story article reporter reporters correspondent columnist critic editorial editor writer",
    "this",
    "the",
    "of",
)
_OWNERS = np.uint64(0x9E3779B97F4A7C15)  # spreads the number of a document over the hashes of its words
_MAY_FOLLOW = lx.NAMED_MEDIA | lx.OUTLET_WORD | lx.SPEECH_VERB | lx.RELAY | lx.MONTH_OR_DAY
_ORDINARY = lx.COMMON_WORD | lx.FUNCTION_WORD | lx.PRONOUN | lx.MONTH_OR_DAY


@dataclass(frozen=True, slots=True)
class Statements:
    """What some texts say that somebody said, in order, as columns of equal length.

    Attributes:
        source: the place in KINDS of whom each comes from, or to whom it was said.
        first, last: the words that say so, `last` not included.
        told: True where the source is the listener ("told the Gazette"), not the speaker ("the Gazette reported").
        who: hash of the outlet's or name's first word, 0 where none is named.
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
    """Every statement of the texts, with the kind of its source.

    Left out are what a quoted person says was said to "us", and agencies that a credit names ("Ann Vale/Hale Gazette via AP"). What the
    outlet of the page itself is told is its own, where the address of the page names it.
    """
    tags = batch.found.tags
    anchors = np.flatnonzero((tags & (lx.SPEECH_VERB | lx.RELAY | lx.ADDRESSING)) > 0)
    found = _Reader(batch, anchors).read()
    quoted = found.of(OWN) & batch.quoted(batch.words.start[found.anchor])
    found = found[~(quoted | _credited(batch, found))]
    found.source[_of_the_page(batch, found)] = KINDS.index(OWN)
    kept, source, last = [], -1, 0
    for row, (kind, begin, end) in enumerate(zip(found.source.tolist(), found.first.tolist(), found.last.tolist(), strict=True)):
        if kind != source or begin >= last:
            kept.append(row)
            source, last = kind, end
    return found[np.array(kept, dtype=np.int64)]


def _credited(batch: Batch, found: Statements) -> NDArray[np.bool_]:
    """Which statements are the credit of a picture: a name, then "via" and an agency."""
    words, before = batch.words, np.maximum(found.anchor - 1, 0)
    names = ((words.shape[before] & CAPITAL) > 0) & ((words.gap[before] & GAP_OPEN) == 0) & (before < found.anchor)
    credited: NDArray[np.bool_] = names & found.of(AGENCY, OUTLET) & ((_CLASSES.of(words.hash[found.anchor]) & _VIA) > 0)
    return credited


def _of_the_page(batch: Batch, found: Statements) -> list[int]:
    """Which statements name the outlet on whose site the page stands: "told the Hale Mail" on halemail.example."""
    sites = [site_names(document.url) for document in batch.documents]
    if not any(sites):
        return []
    rows = np.flatnonzero(found.of(OUTLET, AGENCY, NAME)).tolist()
    return [row for row in rows if (site := sites[batch.owner[found.anchor[row]]]) and names(batch, found, row) & site]


def site_names(url: str | None) -> frozenset[str]:
    """The parts of a host that may be an outlet's name, with and without the article: those of www.the-sun.example are thesun and sun."""
    parts = [part.replace("-", "") for part in (host_of(url) or "").split(".")[:-1]]
    return frozenset(form for part in parts for form in (part, part.removeprefix("the")) if len(form) >= _SHORTEST_SITE)


def names(batch: Batch, found: Statements, row: int) -> set[str]:
    """How a host may write the name in a statement: in one word, as initials, or as initials and the last word (nytimes, wsj).

    A name may begin before the word that told it: "Mail" is told, and the Daily Mail is dailymail and mail.
    """
    words, owner, anchor = batch.words, batch.owner[found.anchor[row]], found.anchor[row]
    text, origin = batch.texts[owner], int(batch.origin[owner])
    told = [place for place in range(found.first[row], found.last[row]) if words.shape[place] & CAPITAL and place != anchor]
    before = list(_before(words, told[0], anchor))[::-1] if told else []
    name = [text[words.start[place] - origin : words.end[place] - origin].lower() for place in before + told]
    name = [word.removesuffix("'s").removesuffix("’s") for word in name]
    return set[str]().union(*(_written(name[begin:]) for begin in {0, int(name[:1] == ["the"]), len(before)}))


def _before(words: Words, place: int, anchor: int) -> Iterator[int]:
    """The capitalized words right before one, which may be of one name with it."""
    while place > 0 and place - 1 != anchor and words.shape[place - 1] & CAPITAL and words.sentence[place - 1] == words.sentence[place]:
        if words.gap[place - 1] & _CLAUSE_END:
            return
        place -= 1
        yield place


def _written(name: Sequence[str]) -> set[str]:
    initials = "".join(word[0] for word in name)
    return {"".join(name[:end]) for end in range(1, len(name) + 1)} | {initials, initials[:-1] + "".join(name[-1:])}


def _with_own_medium(batch: Batch) -> Tags:
    """The tags of the words, where MEDIUM is left of what is one: "the site of the fire" is none, "this newspaper" is OURSELVES."""
    tags, hashes = batch.found.tags, batch.words.hash
    medium = np.flatnonzero((tags & lx.MEDIUM) > 0)
    own = medium[(_CLASSES.of(hashes[np.maximum(medium - 1, 0)]) & _THIS) > 0]
    place = medium[(_CLASSES.of(hashes[np.minimum(medium + 1, len(hashes) - 1)]) & _OF) > 0]
    tags = tags.copy()
    tags[own] ^= lx.MEDIUM | lx.OURSELVES
    tags[np.concatenate((place, np.maximum(place - 1, 0)))] &= ~lx.MEDIUM  # with its article
    return tags


def converses(hashes: Hashes) -> NDArray[np.bool_]:
    """Which words are a verb of talk that goes both ways: "spoke to", "talking with"."""
    found: NDArray[np.bool_] = (_CLASSES.of(hashes) & _CONVERSING) > 0
    return found


def _names_of_papers(tags: Tags, batch: Batch, broken: NDArray[np.bool_]) -> Tags:
    """The tags of the words, without AMBIGUOUS_OUTLET where a name is plainly none of a newspaper.

    It is none within a longer name ("World Bank", "Judge Fox"), none that opens a sentence as an ordinary word does ("You said"), and none
    of somebody whom the text names in full elsewhere ("Hill said" beside "Ann Hill", but not "the Hill").
    """
    words = batch.words
    ambiguous = (tags & lx.AMBIGUOUS_OUTLET) > 0
    run = np.flatnonzero(ambiguous & (changes(ambiguous) | changes(words.sentence)))
    if not len(run):
        return tags
    inside = np.flatnonzero(ambiguous)
    last = np.append(inside[np.searchsorted(inside, run[1:]) - 1], inside[-1])
    after, before = np.minimum(last + 1, len(tags) - 1), np.maximum(run - 1, 0)
    goes_on = (after > last) & (words.sentence[after] == words.sentence[last]) & ~broken[last]
    longer = goes_on & ((words.shape[after] & CAPITAL) > 0) & ((tags[after] & _MAY_FOLLOW) == 0)
    opens = changes(words.sentence)[run]
    titled = ((tags[before] & lx.TITLE) > 0) & ~opens
    plain = opens & ((tags[run] & _ORDINARY) > 0)
    first_named = ((tags[before] & lx.FIRST_NAME) > 0) & ~opens & ~broken[before]
    full = titled | first_named | (longer & ((tags[after] & lx.PROPER_NAME) > 0))
    key = batch.owner[run].astype(np.uint64) * _OWNERS + words.hash[run]
    person = np.isin(key, key[full]) & ~full & ((_CLASSES.of(words.hash[before]) & _THE) == 0)
    size = np.diff(np.append(np.searchsorted(inside, run), len(inside)))
    kept = tags.copy()
    kept[inside[np.repeat(longer | titled | first_named | plain | person, size)]] &= ~lx.AMBIGUOUS_OUTLET
    kept[inside[np.repeat(person, size)]] |= lx.PROPER_NAME
    return kept


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
        self.words, self.anchors = batch.words, anchors
        self.broken = ((batch.words.gap & _CLAUSE_END) > 0) & (batch.words.gap != GAP_STOP)  # "inquirer.net" is one name
        self.tags = _names_of_papers(_with_own_medium(batch), batch, self.broken)
        self.classes = _CLASSES.of(batch.words.hash)
        self.before, self.after = self._clause(-1), self._clause(1)
        named = (self.tags & (lx.PROPER_NAME | lx.NAMED_MEDIA | lx.OUTLET_WORD | lx.MEDIUM)) > 0
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
        self._beside()
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
        listener = ((self.after.tags & every) > 0) & ~self._elsewhere() & ~self._persons(every)
        rows = np.flatnonzero(addressing & listener.any(axis=1))
        column = listener[rows].argmax(axis=1)
        place, tag = self.after.places[rows, column], self.after.tags[rows, column]
        rank = np.stack([(tag & bits) > 0 for bits, _ in _LISTENERS]).argmax(axis=0)
        self.source[rows] = np.array([KINDS.index(source) for _, source in _LISTENERS])[rank]
        self.last[rows], self.told[rows], self.who[rows] = self._name_end(place), True, self._name(place)
        self.open[rows] = False

    def _elsewhere(self) -> NDArray[np.bool_]:
        """Which words after each anchor name no listener: those behind a turn of the clause, or of talk that is not to or with somebody."""
        classes = self.classes[self.after.places]
        turned = ((classes & _TURNS) > 0) | ((self.after.tags & lx.PRONOUN) > 0)
        conversing = converses(self.words.hash[self.anchors])
        addressed = ((classes[:, :2] & _TOWARDS) > 0).any(axis=1)
        public = (self.after.tags & lx.AUDIENCE) > 0
        elsewhere: NDArray[np.bool_] = np.logical_or.accumulate(turned, axis=1) | ((conversing & ~addressed)[:, None] & ~public)
        return elsewhere

    def _persons(self, every: int) -> NDArray[np.bool_]:
        """Which words after each anchor name a person or say of what country somebody is: "told host Ann Vale", "told German pilots"."""
        tags = self.after.tags
        before = np.concatenate((np.zeros_like(tags[:, :1]), tags[:, :-1]), axis=1)
        named = (tags & every) == lx.PROPER_NAME
        person: NDArray[np.bool_] = named & (((tags & (lx.FIRST_NAME | lx.PLACE)) > 0) | ((before & (lx.FIRST_NAME | lx.TITLE)) > 0))
        return person

    def _nearest(self, clause: _Clause, chosen: NDArray[np.bool_]) -> None:
        """The most telling word of a clause as the source of each chosen anchor that is still open."""
        union = np.where(chosen, clause.union, 0)
        ambiguous = (clause.tags & lx.AMBIGUOUS_OUTLET) > 0
        short = clause.size <= _SHORT
        if clause is self.after:
            closing = ambiguous[np.arange(len(ambiguous)), np.maximum(clause.size - 1, 0)] & (clause.size <= _NAMING)
            short |= closing & ((self.tags[self.anchors] & lx.RELAY) > 0)
        only = ambiguous.any(axis=1) & ((union & lx.FIRST_NAME) == 0) & short
        if clause is self.before:
            last = clause.places[np.arange(len(ambiguous)), _REACH - 1 - ambiguous[:, ::-1].argmax(axis=1)]
            following = np.minimum(last + 1, len(self.tags) - 1)
            only &= (following == self.anchors) | ((self.tags[following] & _MAY_FOLLOW) > 0) | ((self.classes[following] & _GOES_WITH) > 0)
        self._set(OUTLET, clause, lx.AMBIGUOUS_OUTLET, only)
        for bits, source in _SUBJECTS:
            self._set(source, clause, bits, (union & bits) > 0)

    def _beside(self) -> None:
        """The name before an aside as the source of each anchor still open behind it: "Vale, the mayor, said police had been slow"."""
        places = np.arange(len(self.broken))
        cut = np.maximum.accumulate(np.where(self.broken, places, -1))
        behind = self.anchors - 1
        name = cut[np.maximum(behind - 1, 0)]
        commas = (self.words.gap[behind] & _CLAUSE_END == GAP_COMMA) & (self.words.gap[name] & _CLAUSE_END == GAP_COMMA)
        near = (name >= 0) & (behind - name <= _REACH) & (self.words.sentence[name] == self.words.sentence[self.anchors])
        named = ((self.tags[name] & (lx.PROPER_NAME | lx.FIRST_NAME)) > 0) & ((self.tags[name] & (lx.PLACE | lx.NAMED_MEDIA)) == 0)
        rows = np.flatnonzero(self.open & (self.before.size == 0) & (self.after.size >= _LONG) & (behind > 0) & commas & near & named)
        self.source[rows], self.first[rows], self.who[rows] = KINDS.index(PERSON), name[rows], self.words.hash[name[rows]]
        self.open[rows] = False

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
        self.who[rows] = self._name(first)
        self.open[rows] = False

    def _name(self, places: Ints) -> Hashes:
        """What tells one source from another: the hash of a word, or 0 of "the newspaper", which has a name elsewhere."""
        names: Hashes = np.where((self.tags[places] & lx.MEDIUM) > 0, np.uint64(0), self.words.hash[places])
        return names

    def _name_end(self, places: Ints) -> Ints:
        """The word after the name that each place is part of."""
        end = self.name_ends[np.searchsorted(self.name_ends, places)] + 1
        return np.minimum(end, places + 1 + _REACH)
