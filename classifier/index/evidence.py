"""What a text and its source have in common, with its place in both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from classifier.document import Document, Shared
from classifier.index.background import TOO_COMMON, key, shipped
from classifier.index.sketch import UNKNOWN
from classifier.words import CAPITAL, NUMBER, Words

SHOWN = 8  # of the pieces that two texts share
_LOOSE = 8  # characters by which the distance of two neighbors may differ from text to text
_QUOTED_WORDS = 3  # fewer words within quotation marks are a name or a term, no quotation
_VERBATIM_WORDS = 5  # a run so long is told whole, a shorter one without the common words at its ends
_GENITIVE = 2  # characters of its ending: "'s"
_PLACES = 12  # of one word in the source that are tried
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    "oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DATE = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}\b\.?,?(?: \d{{4}})?"
    rf"|\b{_MONTH}\.? \d{{1,4}}\b(?:, \d{{4}})?|\b(?:19|20)\d\d\b",
    re.IGNORECASE,
)

Found = dict[tuple[int, ...], tuple[float, Shared]]  # by their words: how much they weigh, and where they stand


@dataclass(frozen=True)
class _Run:
    """Words `first` to `last` (exclusive) of a text, which stand in the source too, there from word `there` on."""

    first: int
    last: int
    there: int


def compare_texts(text: Document, source: Document) -> tuple[Shared, ...]:
    """The longest runs of words that stand in both texts and hold a rare word or a number, the weightiest first, each told once."""
    ours, theirs = text.words, source.words
    weights = _weights(ours)
    found: Found = {}
    kinds = _Kinds(text)
    telling = (weights > 0) | kinds.in_date()
    for run in (_trimmed(whole, telling) for whole in _common_runs(ours, theirs, weights)):
        words = tuple(ours.stem[run.first : run.last].tolist())
        if words not in found:
            found[words] = float(weights[run.first : run.last].sum()), _shared(text, theirs, run, kinds)
    return tuple(shared for _, shared in sorted(found.values(), key=_weight))


def _weight(scored: tuple[float, Shared]) -> tuple[float, int]:
    return -scored[0], scored[1].start


def weightiest(shared: Iterable[Shared]) -> tuple[Shared, ...]:
    """The first few of what two texts share, without what stands in one of those before it."""
    kept: list[Shared] = []
    for piece in shared:
        if len(kept) < SHOWN and not any(piece.text.casefold() in other.text.casefold() for other in kept):
            kept.append(piece)
    return tuple(kept)


def _weights(words: Words) -> np.ndarray:
    """How much each word weighs: the negative logarithm of the share of news texts that hold it; 0 for common words but numbers."""
    shares = shipped().share(key(words.stem))
    return np.where((shares < TOO_COMMON) | ((words.shape & NUMBER) > 0), -np.log(shares), 0.0)


def _common_runs(ours: Words, theirs: Words, weights: np.ndarray) -> Iterable[_Run]:
    """Runs of equal words around each rare word that both texts hold, from left to right and apart."""
    left, right = ours.stem.tolist(), theirs.stem.tolist()
    rare = np.flatnonzero((weights > 0) & np.isin(ours.stem, theirs.stem)).tolist()
    places = _places(right, {left[at] for at in rare})
    covered = 0
    for at in rare:
        if at < covered:
            continue
        runs = [_stretch(left, right, at, place, covered) for place in places[left[at]]]
        best = max(runs, key=lambda run: run.last - run.first)
        covered = best.last
        yield best


def _places(words: Sequence[int], wanted: set[int]) -> Mapping[int, list[int]]:
    """Where each wanted word stands, its first few places."""
    places: dict[int, list[int]] = {word: [] for word in wanted}
    for at, word in enumerate(words):
        if word in wanted and len(places[word]) < _PLACES:
            places[word].append(at)
    return places


def _stretch(left: Sequence[int], right: Sequence[int], at: int, there: int, floor: int) -> _Run:
    first, last, begin = at, at + 1, there
    while first > floor and begin > 0 and left[first - 1] == right[begin - 1]:
        first, begin = first - 1, begin - 1
    step = last - first + begin
    while last < len(left) and step < len(right) and left[last] == right[step]:
        last, step = last + 1, step + 1
    return _Run(first, last, begin)


def _trimmed(run: _Run, telling: np.ndarray) -> _Run:
    """A short run without the words at its ends that tell nothing."""
    if run.last - run.first >= _VERBATIM_WORDS:
        return run
    rare = np.flatnonzero(telling[run.first : run.last])
    return _Run(run.first + int(rare[0]), run.first + int(rare[-1]) + 1, run.there + int(rare[0]))


def _shared(text: Document, theirs: Words, run: _Run, kinds: _Kinds) -> Shared:
    ours = text.words
    start, end = int(ours.start[run.first]), int(ours.end[run.last - 1])
    there = run.there + run.last - run.first - 1
    return Shared(kinds.of(run.first, run.last), text.text[start:end], start, end, int(theirs.start[run.there]), int(theirs.end[there]))


class _Spans:
    """Stretches of a text that may lie within each other, to be asked about others without a look at each of them."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        ordered = np.array(sorted(spans), dtype=np.int64).reshape(-1, 2)
        self._start = ordered[:, 0]
        self._reach = np.append(0, np.maximum.accumulate(ordered[:, 1]))  # how far the first few of them go

    def hold(self, start: Any, end: Any) -> Any:
        """Whether one of them holds a stretch, or each of several, whole."""
        return end <= self._reach[np.searchsorted(self._start, start, side="right")]

    def touch(self, start: int, end: int) -> bool:
        """Whether one of them has a character in common with a stretch."""
        return start < int(self._reach[np.searchsorted(self._start, end)])


class _Kinds:
    """Tells what a run of words of a text is; a name is what has a capital, and has one within a sentence too."""

    def __init__(self, text: Document) -> None:
        words = text.words
        self._words = words
        self._quotes = _Spans([(int(start), int(end)) for start, end in words.quotes])
        self._dates = _Spans([match.span() for match in _DATE.finditer(text.text)])
        inner = np.concatenate(([False], words.sentence[1:] == words.sentence[:-1])) if len(words) else np.zeros(0, dtype=bool)
        capital = (words.shape & CAPITAL) > 0
        self._names = np.isin(words.stem, words.stem[capital & inner]) & capital

    def in_date(self) -> np.ndarray:
        """For each word whether it stands in a date, shape (words,)."""
        found: np.ndarray = self._dates.hold(self._words.start, self._words.end)
        return found

    def of(self, first: int, last: int) -> str:
        """The kind of the words from `first` to `last`: quotation, date, number, name or wording."""
        start, end = int(self._words.start[first]), int(self._words.end[last - 1])
        shape = self._words.shape[first:last]
        if last - first >= _QUOTED_WORDS and self._quotes.hold(start, end):
            return "quotation"
        if last - first >= _VERBATIM_WORDS:
            return "wording"
        if self._dates.touch(start, end):
            return "date"
        if (shape & NUMBER).any():
            return "number"
        return "name" if self._names[first:last].any() else "wording"


def compare_terms(text: Document, terms: Mapping[int, float], source: Mapping[int, int]) -> tuple[Shared, ...]:
    """The rare terms that a text shares with a source of which only the sketch is known, the weightiest first.

    Args:
        text: the text.
        terms: the rare terms of the text, and how much each weighs.
        source: those of the source, and where each stands first there.
    """
    words = text.words
    held = key(words.stem).tolist()
    kinds = _Kinds(text)
    found: Found = {}
    at = 0
    while at < len(held):
        end = _phrase_end(words, held, at, source) if held[at] in terms and held[at] in source else at
        if end > at and (phrase := tuple(held[at:end])) not in found:
            weight = sum(terms.get(term, 0.0) for term in phrase)
            found[phrase] = weight, _placed(text, kinds, at, end, [source[term] for term in phrase])
        at = max(end, at + 1)
    return tuple(shared for _, shared in sorted(found.values(), key=_weight))


def _phrase_end(words: Words, terms: Sequence[int], at: int, known: Mapping[int, int]) -> int:
    """Where the phrase ends that begins at a shared word: all its words are shared, and stand together in the source too."""
    end = at + 1
    while end < len(terms) and terms[end] in known and words.sentence[end] == words.sentence[at]:
        step, there = int(words.start[end] - words.start[end - 1]), known[terms[end]] - known[terms[end - 1]]
        if UNKNOWN in {known[terms[end]], known[terms[end - 1]]} or not 0 < there <= step + _LOOSE:
            break
        end += 1
    return end


def _placed(text: Document, kinds: _Kinds, first: int, last: int, places: Sequence[int]) -> Shared:
    words = text.words
    start, end = int(words.start[first]), int(words.end[last - 1])
    if UNKNOWN in places:
        return Shared(kinds.of(first, last), text.text[start:end], start, end)
    ending = _GENITIVE if words.stem[last - 1] != words.hash[last - 1] else 0  # which the source need not have
    size = end - int(words.start[last - 1]) - ending
    return Shared(kinds.of(first, last), text.text[start:end], start, end, places[0], places[-1] + size)
