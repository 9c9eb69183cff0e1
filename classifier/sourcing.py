"""Where a text has what it says from: each statement with the kind of its source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from classifier import lexicon as lx
from classifier.document import Document, once
from classifier.words import GAP_CLOSE, GAP_COMMA, GAP_OPEN, GAP_QUOTE, GAP_STOP

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
class Statement:
    """Something that a text says somebody said.

    Attributes:
        source: one of KINDS: whom it comes from, or to whom it was said.
        first, last: the words that say so, `last` not included.
        told: True where the source is the listener ("told the Gazette"), not the speaker ("the Gazette reported").
        who: hash of the outlet's or name's first word, 0 where there is none.
        anchor: the word that says so: a verb of saying, "according", "interview".
    """

    source: str
    first: int
    last: int
    told: bool
    who: int
    anchor: int


@once
def statements(document: Document) -> Sequence[Statement]:
    """Every statement of a text, in order, with the kind of its source."""
    words, tags = document.words, document.found.tags
    anchors = (tags & (lx.SPEECH_VERB | lx.RELAY | lx.ADDRESSING)).nonzero()[0].tolist()
    if not anchors:
        return ()
    reader = _Reader(tags.tolist(), words.gap.tolist(), words.sentence.tolist(), words.hash.tolist())
    found: list[Statement] = []
    for anchor in anchors:
        statement = reader.read(anchor)
        if statement is not None and not (found and statement.first < found[-1].last and statement.source == found[-1].source):
            found.append(statement)
    return found


class _Reader:
    """The words of a text as plain lists, read around one anchor at a time."""

    def __init__(self, tags: list[int], gaps: list[int], sentences: list[int], hashes: list[int]) -> None:
        self.tags, self.gaps, self.sentences, self.hashes = tags, gaps, sentences, hashes

    def read(self, anchor: int) -> Statement | None:
        tag = self.tags[anchor]
        after = self._after(anchor)
        if tag & lx.ADDRESSING:
            return self._first_of(_LISTENERS, anchor, after, told=True) or self._speaker(anchor, after)
        if tag & lx.RELAY:
            return self._nearest(anchor, after)
        return self._speaker(anchor, after)

    def _speaker(self, anchor: int, after: range) -> Statement:
        before = self._before(anchor)
        if any(self.tags[place] & lx.PLATFORM for place in after):
            return self._at(PLATFORM, lx.PLATFORM, anchor, after, told=False)
        for span in (before, after):
            statement = self._nearest(anchor, span)
            if statement is not None:
                return statement
        return Statement(UNKNOWN, anchor, anchor + 1, told=False, who=0, anchor=anchor)

    def _nearest(self, anchor: int, span: range) -> Statement | None:
        union = 0
        for place in span:
            union |= self.tags[place]
        if union & lx.AMBIGUOUS_OUTLET and not union & lx.FIRST_NAME and len(span) <= _SHORT:
            return self._at(OUTLET, lx.AMBIGUOUS_OUTLET, anchor, span, told=False)
        for bits, source in _SUBJECTS:
            if union & bits:
                return self._at(source, bits, anchor, span, told=False)
        return None

    def _first_of(self, kinds: Sequence[tuple[int, str]], anchor: int, span: range, *, told: bool) -> Statement | None:
        for place in span:
            for bits, source in kinds:
                if self.tags[place] & bits:
                    return Statement(source, anchor, self._run_end(place), told, self.hashes[place], anchor)
        return None

    def _at(self, source: str, bits: int, anchor: int, span: range, *, told: bool) -> Statement:
        places = [place for place in span if self.tags[place] & bits]
        first, last = min(places[0], anchor), max(self._run_end(places[-1]), anchor + 1)
        return Statement(source, first, last, told, self.hashes[places[0]], anchor)

    def _run_end(self, place: int) -> int:
        """The word after the name that `place` is part of."""
        end, limit = place + 1, min(place + 1 + _REACH, len(self.tags))
        named = lx.PROPER_NAME | _OUTLETS | lx.OUTLET_WORD
        while end < limit and self.tags[place] & named and self.tags[end] & named and not self.gaps[end - 1] & _CLAUSE_END:
            end += 1
        return end

    def _after(self, anchor: int) -> range:
        """The words after an anchor, to the end of its clause."""
        end = anchor + 1
        limit = min(anchor + 1 + _REACH, len(self.tags))
        while end < limit and self.sentences[end] == self.sentences[anchor] and not self.gaps[end - 1] & _CLAUSE_END:
            end += 1
        return range(anchor + 1, end)

    def _before(self, anchor: int) -> range:
        """The words before an anchor, from the start of its clause."""
        begin = anchor
        limit = max(anchor - _REACH, 0)
        while begin > limit and self.sentences[begin - 1] == self.sentences[anchor] and not self.gaps[begin - 1] & _CLAUSE_END:
            begin -= 1
        return range(begin, anchor)
