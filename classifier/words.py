"""One pass over a text: its words, sentences, lines and quotations, with offsets into the text that came in."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier import characters as ch

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]
# Bits. `flatnonzero((tags & bits) > 0)`, of truth values, takes a fifth of the time of `flatnonzero(tags & bits)`, of numbers.
Tags = NDArray[np.int32]

# Bits of Words.shape: what the letters of a word look like.
CAPITAL, ALL_CAPITALS, NUMBER, MIXED_ALPHABETS = 1, 2, 4, 8
# Bits of Words.gap: what stands between a word and the next one.
GAP_STOP, GAP_COMMA, GAP_SPACE, GAP_NEWLINE, GAP_QUOTE, GAP_OPEN, GAP_CLOSE, GAP_HYPHEN = 1, 2, 4, 8, 16, 32, 64, 128

BETWEEN = 2  # line breaks that part texts run together
_BATCH_CHARACTERS = 100_000  # the arrays of one batch then stay inside the processor's cache
_HALF_BITS, _HALF = np.uint32(11), np.uint32((1 << 11) - 1)  # of the 22 bits that say what a word or a gap is made of
_SLOT_BITS = 13  # of a table of word classes, which then stays in the cache
_FEW_BITS = 9  # one place in 512 is few
_BLOCK = 1 << 15  # characters whose running sums stay in the cache
_MIXED = 1 << 13  # hashes that are mixed at a time: half the time of all at once
_LAST_WEIGHT = np.uint8(63)
_BIT = np.uint32(1) << np.arange(32, dtype=np.uint32)
_LATIN_END, _GREEK, _CYRILLIC_END = 0x250, 0x370, 0x530  # code points
_SPACES = _BIT[ch.SPACE] | _BIT[ch.NEWLINE]
_QUOTES = _BIT[ch.OPEN_QUOTE] | _BIT[ch.CLOSE_QUOTE] | _BIT[ch.STRAIGHT_QUOTE] | _BIT[ch.APOSTROPHE]
_ABBREVIATIONS = (
    "mr mrs ms dr prof rev sen rep gov gen col lt sgt capt cmdr adm maj cpl supt insp hon pres st mt ft no nos vs v etc inc ltd co corp "
    "jr sr messrs jan feb mar apr jun jul aug sept sep oct nov dec ala ariz ark calif colo conn del fla ga ill ind kan ky la md mass mich "
    "minn miss mo mont neb nev okla ore pa tenn tex va vt wash wis wyo ave blvd rd e.g i.e approx est fig"
)
_EXCLAIMING = "e ok hello yahoo jeopardy"  # names that are written with an exclamation mark: "told E! News"


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text in order, as columns of equal length, and its other pieces as spans; or of texts run together.

    Attributes:
        start, end: offsets of each word, shape (words,).
        hash: 64-bit hash of each folded word (lower case, no accents, look-alike letters repaired).
        stem: the same without a possessive ending, so that a name is found in its genitive.
        shape: bits CAPITAL, ALL_CAPITALS, NUMBER, MIXED_ALPHABETS.
        gap: bits of what stands between this word and the next.
        sentence, line: index of the sentence and the line that holds the word, rising.
        sentences, lines, quotes: spans, shape (n, 2); a quotation includes its marks.
        emoji: offsets of emoji characters.
    """

    start: Ints
    end: Ints
    hash: Hashes
    stem: Hashes
    shape: NDArray[np.uint8]
    gap: NDArray[np.uint8]
    sentence: Ints
    line: Ints
    sentences: Ints
    lines: Ints
    quotes: Ints
    emoji: Ints

    def __len__(self) -> int:
        return len(self.start)

    def without(self, spans: Ints) -> tuple[Words, NDArray[np.bool_]]:
        """The pieces that lie outside some spans of characters, numbered anew, and which words they hold; offsets stay what they are.

        Args:
            spans: shape (n, 2), rising and apart.
        """
        keep = ~inside(self.start, spans)
        sentences, sentence = _renumber(self.sentences, self.sentence[keep])
        lines, line = self._lines_without(spans, keep)
        columns = {name: getattr(self, name)[keep] for name in ("start", "end", "hash", "stem", "shape", "gap")}
        quotes, emoji = self.quotes[~inside(self.quotes[:, 0], spans)], self.emoji[~inside(self.emoji, spans)]
        return Words(**columns, sentence=sentence, line=line, sentences=sentences, lines=lines, quotes=quotes, emoji=emoji), keep

    def _lines_without(self, spans: Ints, keep: NDArray[np.bool_]) -> tuple[Ints, Ints]:
        """The lines that still hold a word, or never held one and lie outside the spans, and the line of each word that is kept."""
        wordless, stay = np.ones(len(self.lines), dtype=bool), np.zeros(len(self.lines), dtype=bool)
        wordless[self.line], stay[self.line[keep]] = False, True
        stay |= wordless & ~inside(self.lines[:, 0], spans)
        return self.lines[stay], (np.cumsum(stay) - 1)[self.line[keep]]

    def parts(self, origin: Ints) -> Iterator[Words]:
        """The words of each of several texts run together, with offsets and numbers of its own."""
        cuts = {name: np.searchsorted(getattr(self, name), origin).tolist() for name in ("start", "emoji")}
        cuts |= {name: np.searchsorted(getattr(self, name)[:, 0], origin).tolist() for name in ("sentences", "lines", "quotes")}
        for k, begin in enumerate(origin[:-1].tolist()):
            own = {name: slice(cut[k], cut[k + 1]) for name, cut in cuts.items()}
            yield Words(
                start=self.start[own["start"]] - begin,
                end=self.end[own["start"]] - begin,
                **{name: getattr(self, name)[own["start"]] for name in ("hash", "stem", "shape", "gap")},
                sentence=self.sentence[own["start"]] - cuts["sentences"][k],
                line=self.line[own["start"]] - cuts["lines"][k],
                **{name: getattr(self, name)[own[name]] - begin for name in ("sentences", "lines", "quotes", "emoji")},
            )


def inside(places: Ints, spans: Ints) -> NDArray[np.bool_]:
    """For each place, whether it lies in one of the spans, which are sorted and apart."""
    return (np.searchsorted(spans.ravel(), places, side="right") & 1).astype(bool)


def changes(values: NDArray[Any]) -> NDArray[np.bool_]:
    """For each of some values in a row, whether it differs from the one before; the first always does."""
    changed = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=changed[1:])
    return changed


def _renumber(spans: Ints, used: Ints) -> tuple[Ints, Ints]:
    """The spans that are used, and the uses, which rise, pointing to their new places."""
    first = changes(used)
    return spans[used[first]], np.cumsum(first) - 1


def split_many(texts: Sequence[str]) -> Iterator[Words]:
    """The words of each text, in order; short texts share one pass."""
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and size + len(text) > _BATCH_CHARACTERS:
            yield from _each(batch)
            batch, size = [], 0
        batch.append(text)
        size += len(text) + BETWEEN
    if batch:
        yield from _each(batch)


def _each(texts: Sequence[str]) -> Iterator[Words]:
    words, origin = run_together(texts)
    return words.parts(origin)


def split(text: str) -> Words:
    """The words of one text."""
    return run_together([text])[0]


def word_hashes(phrase: str) -> Hashes:
    """The hashes that the words of `phrase` have in any text."""
    return _hash_words(_Run(Characters([phrase])))[0]


class WordClasses:
    """Some classes of words, each given as a line of words, told by two look-ups."""

    def __init__(self, *classes: str) -> None:
        hashes = [word_hashes(words) for words in classes]
        every = np.concatenate(hashes)
        self.shift = self._parting(np.unique(every))
        slots = self._slots(every, self.shift)
        self.keys = np.zeros(1 << _SLOT_BITS, dtype=np.uint64)
        self.keys[slots] = every
        self.bits = np.zeros(1 << _SLOT_BITS, dtype=np.int32)
        np.bitwise_or.at(self.bits, slots, np.repeat(1 << np.arange(len(classes)), [len(each) for each in hashes]))

    def of(self, hashes: Hashes) -> Tags:
        """Bits of the classes that each word belongs to, the first class being bit 0."""
        slots = self._slots(hashes, self.shift)
        bits: Tags = self.bits[slots] * (self.keys[slots] == hashes)
        return bits

    def _parting(self, keys: Hashes) -> np.uint64:
        """By how many bits to shift the keys so that no two share a slot."""
        for shift in map(np.uint64, range(64 - _SLOT_BITS)):
            if len(np.unique(self._slots(keys, shift))) == len(keys):
                return shift
        raise ValueError(f"{len(keys)} words are too many for a table of {1 << _SLOT_BITS}. Raise _SLOT_BITS.")

    @staticmethod
    def _slots(hashes: Hashes, shift: np.uint64) -> Ints:
        return ((hashes >> shift) & np.uint64((1 << _SLOT_BITS) - 1)).view(np.int64)


@cache
def _weights() -> Hashes:
    generator = np.random.Generator(np.random.PCG64(20_260_614))
    return generator.integers(1, 2**64 - 1, size=_LAST_WEIGHT + 1, dtype=np.uint64) | np.uint64(1)


def mix(values: Hashes) -> Hashes:
    """Spread hashes over all 64 bits (the finalizer of splitmix64), shape (n, …)."""
    mixed = values.copy()
    for begin in range(0, len(mixed), _MIXED):
        block = mixed[begin : begin + _MIXED]
        block ^= block >> np.uint64(30)
        block *= np.uint64(0xBF58476D1CE4E5B9)
        block ^= block >> np.uint64(27)
        block *= np.uint64(0x94D049BB133111EB)
        block ^= block >> np.uint64(31)
    return mixed


@cache
def _marked() -> WordClasses:
    """Words with a mark of their own, which ends no sentence: first those with a stop, then those with an exclamation mark."""
    return WordClasses(_ABBREVIATIONS, _EXCLAIMING)


class Characters:
    """The characters of some texts run together, two line breaks after each.

    Attributes:
        points, kinds: the code point and the class of every character.
        begin: where each text begins, shape (texts + 1,).
        marks: where characters stand that are neither letter, digit nor white space.
        seen_points, seen_kinds: the points and classes of those that a reader sees: ignorable ones are left out.
        letters: the folded forms of those.
        rare, rare_kinds: where a reader sees neither a small letter nor a blank, and what: to look at these few is to look at all.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        classes, folded = ch.tables()
        # Two line breaks part the texts, so that no word, line or sentence crosses over.
        self.points = ch.codepoints("\n\n".join(texts) + "\n\n")
        index = self.points.astype(np.intp)
        self.kinds, self.letters = classes.take(index, mode="clip"), folded.take(index, mode="clip")
        self.begin = np.cumsum([0] + [len(text) + BETWEEN for text in texts])
        carriage = np.flatnonzero(self.points == ord("\r"))
        self.kinds[carriage[self.points[carriage + 1] == ord("\n")]] = ch.SPACE
        self.gaps = np.zeros(0, dtype=np.int64)  # of those that a reader sees, each before which one more is left out
        self.seen_points, self.seen_kinds = self.points, self.kinds
        self.rare = np.flatnonzero((self.kinds != ch.LOWER) & (self.kinds != ch.SPACE))
        self.rare_kinds = self.kinds[self.rare]
        self.marks = self.rare[np.flatnonzero((self.rare_kinds == ch.APOSTROPHE) | (self.rare_kinds >= ch.STOP))]
        if ch.IGNORABLE in self.rare_kinds:
            self._leave_out_ignorable()

    def _leave_out_ignorable(self) -> None:
        gone = np.flatnonzero(self.rare_kinds == ch.IGNORABLE)
        places = self.rare[gone]
        self.seen_points, self.seen_kinds, self.letters = (_dropped(column, places) for column in (self.points, self.kinds, self.letters))
        self.gaps = places - np.arange(len(places))
        self.rare, self.rare_kinds = _dropped(self.rare, gone), _dropped(self.rare_kinds, gone)
        self.rare -= np.searchsorted(places, self.rare)

    def origin(self, index: Ints) -> Ints:
        """Where a character of the pass stands in the batch as it came in."""
        return index + np.searchsorted(self.gaps, index, side="right") if len(self.gaps) else index


def _dropped(column: NDArray[Any], places: Ints) -> NDArray[Any]:
    """A column without some of its places, which rise; where they are few, it is joined from what lies between them, which is quicker."""
    if len(places) > len(column) >> _FEW_BITS:
        return np.delete(column, places)
    edges = zip([0, *(places + 1).tolist()], [*places.tolist(), len(column)], strict=True)
    return np.concatenate([column[begin:end] for begin, end in edges])


def run_together(texts: Sequence[str]) -> tuple[Words, Ints]:
    """The words of some texts in one pass, numbered through all of them.

    Returns:
        The words, and where each text begins among the characters of all, shape (texts + 1,): two line breaks follow each.
    """
    chars = Characters(texts)
    return words_of(chars), chars.begin


def words_of(chars: Characters) -> Words:
    """The words of all texts in one pass, numbered through all of them."""
    run = _Run(chars)
    start, end = run.start, run.end
    hashes, stems = _hash_words(run)
    boundary, lines = _sentence_ends(run, hashes), _line_spans(run)
    line = _line_of_words(run, lines)
    pieces = (_sentence_spans(run, boundary), lines, _quote_spans(chars, lines))
    sentences, lines, quotes = (_origin_spans(chars, spans) for spans in pieces)

    word_start = chars.origin(start)
    gap = _gaps(run.between)
    last = np.searchsorted(word_start, chars.begin[1:]) - 1
    gap[last[last >= 0]] = GAP_NEWLINE  # nothing of the next text
    return Words(
        start=word_start,
        end=chars.origin(end - 1) + 1,
        hash=hashes,
        stem=stems,
        shape=_shapes(run, stems != hashes),
        gap=gap,
        sentence=np.cumsum(np.append(False, boundary[:-1])) if len(start) else start,
        line=line,
        sentences=_held(sentences, chars.begin),
        lines=lines,
        quotes=_held(quotes, chars.begin),
        emoji=chars.origin(chars.rare[chars.rare_kinds == ch.EMOJI]),
    )


def _held(spans: Ints, begin: Ints) -> Ints:
    """Spans that end no later than the text in which they begin."""
    text = np.searchsorted(begin, spans[:, 0], side="right")
    return np.minimum(spans, (begin[text] - BETWEEN)[:, None])


def _origin_spans(chars: Characters, spans: Ints) -> Ints:
    if not len(chars.gaps) or not len(spans):
        return spans
    return np.stack((chars.origin(spans[:, 0]), chars.origin(spans[:, 1] - 1) + 1), axis=1)


class _Run:
    """Where words stand, and what they and the gaps after them are made of.

    Attributes:
        chars: the characters.
        start, end: offsets of each word among the characters that a reader sees.
        holder: the word that each rare character stands in or after, -1 before the first.
        inside: whether each rare character stands in that word.
        upper: whether each word holds capitals.
        small: how many of its characters are small letters.
        between: bits of the classes of what stands in the gap after each word.
        newlines: the line breaks in each gap.
        marked: which of the rare characters are marks: neither letter, digit nor white space.
        marks: where those stand.
    """

    def __init__(self, chars: Characters) -> None:
        kinds = chars.rare_kinds
        self.chars = chars
        self.start, self.end = _word_edges(chars)
        self.holder = np.searchsorted(self.start, chars.rare, side="right") - 1
        self.inside = chars.rare < np.append(self.end, 0)[self.holder]
        self.upper = self.has(ch.UPPER)
        self.small = self.end - self.start - self._count(self.holder[np.flatnonzero(self.inside)])
        outside = np.flatnonzero(~self.inside & (self.holder >= 0))
        gap = self.holder[outside]
        self.between = np.zeros(len(self.start), dtype=np.uint32)
        np.bitwise_or.at(self.between, gap, _BIT[kinds[outside]])
        blank = np.append(self.start[1:], len(chars.seen_kinds))[: len(self.end)] - self.end > self._count(gap)
        self.between |= blank * _BIT[ch.SPACE]  # a product takes a tenth of the time of a choice
        self.newlines = self._count(gap[np.flatnonzero(kinds[outside] == ch.NEWLINE)])
        self.marked = (kinds >= ch.APOSTROPHE) & (kinds != ch.NEWLINE)
        self.marks = chars.rare[np.flatnonzero(self.marked)]

    def has(self, kind: int) -> NDArray[np.bool_]:
        """Which words hold characters of a rare kind."""
        flags = np.zeros(len(self.start), dtype=bool)
        flags[self.holder[np.flatnonzero(self.inside & (self.chars.rare_kinds == kind))]] = True
        return flags

    def _count(self, words: Ints) -> Ints:
        return np.bincount(words, minlength=len(self.start))


def _word_edges(chars: Characters) -> tuple[Ints, Ints]:
    """Where words start and end: runs of letters and digits, joined by inner apostrophes and decimal marks."""
    kinds, rare = chars.seen_kinds, chars.rare_kinds
    member = kinds <= ch.DIGIT
    joints = chars.rare[np.flatnonzero((rare == ch.APOSTROPHE) | (rare == ch.COMMA) | (rare == ch.STOP))]
    joints = joints[joints > 0]
    before, after, kind = kinds[joints - 1], kinds[joints + 1], kinds[joints]
    letters = (before <= ch.DIGIT) & (after <= ch.CASELESS) & (kind == ch.APOSTROPHE)
    digits = (before == ch.DIGIT) & (after == ch.DIGIT) & (kind != ch.APOSTROPHE)
    member[joints[letters | digits]] = True
    fresh = changes(member)
    fresh[0] = member[0]
    edges = np.flatnonzero(fresh)
    return edges[0::2].copy(), edges[1::2].copy()


def _hash_words(run: _Run) -> tuple[Hashes, Hashes]:
    """The hashes of words and of their stems."""
    chars, end, length = run.chars, run.end, run.end - run.start
    raw = _sums(run)
    at = run.holder[np.flatnonzero(run.inside & (chars.rare_kinds == ch.APOSTROPHE))]
    at = at[(chars.seen_kinds[end[at] - 2] == ch.APOSTROPHE) & (length[at] > 2) & (chars.letters[end[at] - 1] == ord("s"))]
    hashes, stem = mix(raw), raw[at]
    for back in (1, 2):
        stem -= chars.letters[end[at] - back] * _weights()[(length[at] - back) & _LAST_WEIGHT]
    stems = hashes.copy()
    stems[at] = mix(stem)
    return hashes, stems


def _sums(run: _Run) -> Hashes:
    """The sum of each word's letters, each weighed by its place: a difference of running sums."""
    sums = np.empty(len(run.start), dtype=np.uint64)
    cuts = np.append(np.searchsorted(run.start, np.arange(0, len(run.chars.letters), _BLOCK)), len(sums))
    for first, last in itertools.pairwise(np.unique(cuts).tolist()):
        begin = run.start[first]
        start, end = run.start[first:last] - begin, run.end[first:last] - begin
        total = run.chars.letters[begin : begin + end[-1]].astype(np.uint64)
        total *= _weights().take(_places(start, len(total)), mode="clip")
        np.cumsum(total, out=total)
        sums[first:last] = total[end - 1]
        sums[first + 1 : last] -= total[start[1:] - 1]
    return sums


def _places(start: Ints, size: int) -> Ints:
    """The place of each character in its word, modulo the number of weights; the first word starts with the first character."""
    steps = np.ones(size, dtype=np.uint8)
    steps[0] = 0
    steps[start[1:]] -= np.diff(start).astype(np.uint8)
    places = np.cumsum(steps, dtype=np.uint8)
    return (places & _LAST_WEIGHT).astype(np.intp)


def _sentence_ends(run: _Run, hashes: Hashes) -> NDArray[np.bool_]:
    """True for each word that ends a sentence: at a stop before a capital, at a line break unless the sentence plainly goes on."""
    words = np.flatnonzero((run.between & (_BIT[ch.STOP] | _BIT[ch.NEWLINE])) > 0)
    start, end, between, newlines = run.start[words], run.end[words], run.between[words], run.newlines[words]
    following = np.append(run.start, run.start[-1:])[words + 1]
    next_kind = run.chars.seen_kinds[following]
    stop = (between & _BIT[ch.STOP]) > 0
    mark, classes = run.chars.seen_points[end], _marked().of(hashes[words])
    short = ((end - start == 1) & run.upper[words]) | ((classes & 1) > 0)
    own = (mark == ord(".")) & short | (mark == ord("!")) & ((classes & 2) > 0)
    abbreviated = own & ((between & ~(_SPACES | _BIT[ch.STOP])) == 0) & (newlines == 0)
    glued = (following - end == 1) & (next_kind == ch.UPPER) & (run.small[words] > 0) & (end - start > 1)
    at_stop = stop & (next_kind != ch.LOWER) & ~abbreviated & (((between & _SPACES) > 0) | glued)
    goes_on = (newlines == 1) & (next_kind == ch.LOWER) & ~stop & ((between & ~(_SPACES | _BIT[ch.COMMA])) == 0)
    ends = np.zeros(len(run.start), dtype=bool)
    ends[words] = at_stop | ((newlines > 0) & ~goes_on)
    ends[-1:] = True
    return ends


def _sentence_spans(run: _Run, boundary: NDArray[np.bool_]) -> Ints:
    """Each sentence with the quotation marks and stops that cling to it."""
    last = np.flatnonzero(boundary)
    first = np.append(0, last[:-1] + 1)[: len(last)]
    start, end = run.start[first], run.end[last]
    fresh = np.flatnonzero(np.diff(run.marks, prepend=-2) > 1)
    begin, stop = np.append(run.marks[fresh], -1), np.append(run.marks[np.append(fresh[1:], len(run.marks))[: len(fresh)] - 1] + 1, -1)
    before, after = np.searchsorted(stop[:-1], start), np.searchsorted(begin[:-1], end)
    opened = np.where(stop[before] == start, begin[before], start)
    opened[1:] = np.maximum(opened[1:], end[:-1] + 1)
    return np.stack((opened, np.where(begin[after] == end, stop[after], end)), axis=1)


def _line_spans(run: _Run) -> Ints:
    """Lines that hold anything but white space, trimmed."""
    size = len(run.chars.seen_kinds)
    breaks = np.flatnonzero(run.chars.rare_kinds == ch.NEWLINE)
    word, mark = run.holder[breaks], np.cumsum(run.marked)[breaks]
    end = np.maximum(np.append(run.end, 0)[word], np.append(run.marks, -1)[mark - 1] + 1)
    starts, marks = np.append(run.start, size), np.append(run.marks, size)
    following = np.minimum(starts[word + 1], marks[mark])
    begin = np.append(min(starts[0], marks[0]), following[:-1])
    spans: Ints = np.stack((begin, end), axis=1)[begin < end]
    return spans


def _line_of_words(run: _Run, lines: Ints) -> Ints:
    first = np.flatnonzero(np.append(True, run.newlines[:-1] > 0)[: len(run.start)])
    rows = np.searchsorted(lines[:, 0], run.start[first], side="right") - 1
    return np.repeat(rows, np.diff(np.append(first, len(run.start))))


def _quote_spans(chars: Characters, lines: Ints) -> Ints:
    """Quotations from their opening to their closing mark; one left open runs to the end of its line."""
    kinds, rare = chars.seen_kinds, chars.rare_kinds
    chosen = np.flatnonzero((rare == ch.APOSTROPHE) | ((rare >= ch.OPEN_QUOTE) & (rare <= ch.STRAIGHT_QUOTE)))
    marks, mark_kinds = chars.rare[chosen], rare[chosen]
    before, after = kinds[np.maximum(marks - 1, 0)], kinds[marks + 1]
    opens = ((before >= ch.SPACE) & (before != ch.STOP) & (before != ch.COMMA)) | (marks == 0)
    opens &= (after != ch.SPACE) & (after != ch.NEWLINE)
    closes = (before != ch.SPACE) & (before != ch.NEWLINE) & (after > ch.DIGIT)
    useful = (mark_kinds != ch.APOSTROPHE) | opens | closes
    marks, opens, closes = marks[useful], opens[useful], closes[useful]
    ends = lines[np.searchsorted(lines[:, 0], marks, side="right") - 1, 1] if len(lines) else marks
    return _pair_quotes(marks.tolist(), mark_kinds[useful].tolist(), opens.tolist(), closes.tolist(), ends.tolist())


def _pair_quotes(marks: list[int], kinds: list[int], opens: list[bool], closes: list[bool], line_ends: list[int]) -> Ints:
    spans: list[tuple[int, int]] = []
    begin, single, line_end = -1, False, -1
    closed = _closed_later(kinds, closes, line_ends)
    for mark, kind, can_open, can_close, stop, ends in zip(marks, kinds, opens, closes, line_ends, closed, strict=True):
        if begin >= 0 and stop != line_end:
            if not single:
                spans.append((begin, line_end))
            begin = -1
        if begin < 0:
            if kind == ch.OPEN_QUOTE or (can_open and kind != ch.CLOSE_QUOTE and (ends or kind != ch.APOSTROPHE)):
                begin, single, line_end = mark, kind == ch.APOSTROPHE, stop
        elif single == (kind == ch.APOSTROPHE) and kind != ch.OPEN_QUOTE and (can_close or kind == ch.CLOSE_QUOTE or not single):
            spans.append((begin, mark + 1))
            begin = -1
    if begin >= 0 and not single:
        spans.append((begin, line_end))
    return np.array(spans, dtype=np.int64).reshape(-1, 2)


def _closed_later(kinds: list[int], closes: list[bool], line_ends: list[int]) -> list[bool]:
    """For each mark whether an apostrophe that may close a quotation follows on its line: the one of '90s opens none without it."""
    found, closed, line_end = False, [], -1
    for kind, can_close, stop in zip(reversed(kinds), reversed(closes), reversed(line_ends), strict=True):
        found, line_end = found and stop == line_end, stop
        closed.append(found)
        found = found or (kind == ch.APOSTROPHE and can_close)
    return closed[::-1]


def _shapes(run: _Run, genitive: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """What the letters of each word look like; the ending of a genitive counts for nothing ("the BBC's")."""
    shape: NDArray[np.uint8] = run.upper.astype(np.uint8) * np.uint8(CAPITAL)
    shape |= (run.upper & (run.small <= genitive)) * np.uint8(ALL_CAPITALS) | run.has(ch.DIGIT) * np.uint8(NUMBER)
    points = run.chars.seen_points
    foreign = np.flatnonzero((points >= _GREEK) & (points < _CYRILLIC_END) & (run.chars.letters < _LATIN_END))
    if len(foreign):
        word = np.searchsorted(run.start, foreign, side="right") - 1
        word = np.unique(word[foreign < np.append(run.end, 0)[word]])
        lowest = np.minimum.reduceat(points, np.stack((run.start[word], run.end[word]), axis=1).ravel())[::2] if len(word) else word
        shape[word[lowest < _LATIN_END]] |= MIXED_ALPHABETS
    return shape


def _gaps(between: NDArray[np.uint32]) -> NDArray[np.uint8]:
    low, high = _gap_tables()
    gaps: NDArray[np.uint8] = low[between & _HALF] | high[between >> _HALF_BITS]
    return gaps


@cache
def _gap_tables() -> NDArray[np.uint8]:
    """The flags of a gap for the lower and the upper half of its bits."""
    pairs = (
        (_BIT[ch.STOP], GAP_STOP), (_BIT[ch.COMMA], GAP_COMMA), (_BIT[ch.SPACE], GAP_SPACE), (_BIT[ch.NEWLINE], GAP_NEWLINE),
        (_QUOTES, GAP_QUOTE), (_BIT[ch.OPEN_BRACKET], GAP_OPEN), (_BIT[ch.CLOSE_BRACKET], GAP_CLOSE), (_BIT[ch.HYPHEN], GAP_HYPHEN),
    )  # fmt: skip
    every = np.arange(1 << _HALF_BITS, dtype=np.uint32)
    tables = np.zeros((2, len(every)), dtype=np.uint8)
    for table, bits in zip(tables, (every, every << _HALF_BITS), strict=True):
        for bit, flag in pairs:
            table[(bits & bit) > 0] |= flag
    return tables
