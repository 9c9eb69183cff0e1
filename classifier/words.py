"""One pass over a text: its words, sentences, lines and quotations, with offsets into the text that came in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from classifier import characters as ch

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]

# Bits of Words.shape: what the letters of a word look like.
CAPITAL, ALL_CAPITALS, NUMBER, MIXED_ALPHABETS = 1, 2, 4, 8
# Bits of Words.gap: what stands between a word and the next one.
GAP_STOP, GAP_COMMA, GAP_SPACE, GAP_NEWLINE, GAP_QUOTE, GAP_OPEN, GAP_CLOSE, GAP_HYPHEN = 1, 2, 4, 8, 16, 32, 64, 128

BETWEEN = 2  # line breaks that part texts run together
_BATCH_CHARACTERS = 100_000  # the arrays of one batch then stay inside the processor's cache
_HALF_BITS, _HALF = np.uint32(11), np.uint32((1 << 11) - 1)  # of the 22 bits that say what a word or a gap is made of
_SLOT_BITS = 13  # of a table of word classes, which then stays in the cache
_BIT = np.uint32(1) << np.arange(32, dtype=np.uint32)
_GREEK_OR_CYRILLIC = _BIT[21]
_LATIN_END, _GREEK, _CYRILLIC_END = 0x250, 0x370, 0x530  # code points
_SPACES = _BIT[ch.SPACE] | _BIT[ch.NEWLINE]
_QUOTES = _BIT[ch.OPEN_QUOTE] | _BIT[ch.CLOSE_QUOTE] | _BIT[ch.STRAIGHT_QUOTE] | _BIT[ch.APOSTROPHE]
_ABBREVIATIONS = (
    "mr mrs ms dr prof rev sen rep gov gen col lt sgt capt cmdr adm maj cpl supt insp hon pres st mt ft no nos vs v etc inc ltd co corp "
    "jr sr messrs jan feb mar apr jun jul aug sept sep oct nov dec ala ariz ark calif colo conn del fla ga ill ind kan ky la md mass mich "
    "minn miss mo mont neb nev okla ore pa tenn tex va vt wash wis wyo ave blvd rd e.g i.e approx est fig"
)


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
        keep = ~_inside(self.start, spans)
        sentences, sentence = _renumber(self.sentences, self.sentence[keep])
        lines, line = self._lines_without(spans, keep)
        columns = {name: getattr(self, name)[keep] for name in ("start", "end", "hash", "stem", "shape", "gap")}
        quotes, emoji = self.quotes[~_inside(self.quotes[:, 0], spans)], self.emoji[~_inside(self.emoji, spans)]
        return Words(**columns, sentence=sentence, line=line, sentences=sentences, lines=lines, quotes=quotes, emoji=emoji), keep

    def _lines_without(self, spans: Ints, keep: NDArray[np.bool_]) -> tuple[Ints, Ints]:
        """The lines that still hold a word, or never held one and lie outside the spans, and the line of each word that is kept."""
        wordless, stay = np.ones(len(self.lines), dtype=bool), np.zeros(len(self.lines), dtype=bool)
        wordless[self.line], stay[self.line[keep]] = False, True
        stay |= wordless & ~_inside(self.lines[:, 0], spans)
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


def _inside(places: Ints, spans: Ints) -> NDArray[np.bool_]:
    """For each place, whether it lies in one of the spans, which are sorted and apart."""
    return (np.searchsorted(spans.ravel(), places, side="right") & 1).astype(bool)


def _renumber(spans: Ints, used: Ints) -> tuple[Ints, Ints]:
    """The spans that are used, and the uses, which rise, pointing to their new places."""
    first = np.append(used[:1] >= 0, used[1:] != used[:-1])
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
    chars = Characters([phrase])
    return _hash_words(chars, *_word_edges(chars))[0]


class WordClasses:
    """Some classes of words, each given as a line of words, told by two look-ups."""

    def __init__(self, *classes: str) -> None:
        hashes = [word_hashes(words) for words in classes]
        every = np.concatenate(hashes)
        self.shift = self._parting(np.unique(every))
        slots = self._slots(every, self.shift)
        self.keys = np.zeros(1 << _SLOT_BITS, dtype=np.uint64)
        self.keys[slots] = every
        self.bits = np.zeros(1 << _SLOT_BITS, dtype=np.int64)
        np.bitwise_or.at(self.bits, slots, np.repeat(1 << np.arange(len(classes)), [len(each) for each in hashes]))

    def of(self, hashes: Hashes) -> Ints:
        """Bits of the classes that each word belongs to, the first class being bit 0."""
        slots = self._slots(hashes, self.shift)
        return np.where(self.keys[slots] == hashes, self.bits[slots], 0)

    def _parting(self, keys: Hashes) -> np.uint64:
        """By how many bits to shift the keys so that no two share a slot."""
        for shift in map(np.uint64, range(64 - _SLOT_BITS)):
            if len(np.unique(self._slots(keys, shift))) == len(keys):
                return shift
        raise ValueError(f"{len(keys)} words are too many for a table of {1 << _SLOT_BITS}. Raise _SLOT_BITS.")

    @staticmethod
    def _slots(hashes: Hashes, shift: np.uint64) -> Ints:
        return ((hashes >> shift) & np.uint64((1 << _SLOT_BITS) - 1)).astype(np.int64)


@cache
def _weights() -> Hashes:
    generator = np.random.Generator(np.random.PCG64(20_260_614))
    return generator.integers(1, 2**64 - 1, size=64, dtype=np.uint64) | np.uint64(1)


def mix(values: Hashes) -> Hashes:
    """Spread hashes over all 64 bits (the finalizer of splitmix64)."""
    values = values ^ (values >> np.uint64(30))
    values = values * np.uint64(0xBF58476D1CE4E5B9)
    values = values ^ (values >> np.uint64(27))
    values = values * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


@cache
def _abbreviations() -> Hashes:
    return np.unique(word_hashes(_ABBREVIATIONS))


class Characters:
    """The characters of some texts run together, two line breaks after each.

    Attributes:
        points, kinds: the code point and the class of every character.
        begin: where each text begins, shape (texts + 1,).
        seen_points, seen_kinds: the same of those that a reader sees: ignorable ones are left out.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        classes, self.folded = ch.tables()
        # Two line breaks part the texts, so that no word, line or sentence crosses over.
        self.points = ch.codepoints("\n\n".join(texts) + "\n\n").astype(np.intp)  # numpy would convert at every look-up
        self.kinds = kinds = classes[self.points]
        self.begin = np.cumsum([0] + [len(text) + BETWEEN for text in texts])
        carriage = np.flatnonzero(self.points[:-1] == 13)
        kinds[carriage[self.points[carriage + 1] == 10]] = ch.SPACE
        self.place: Ints | None = None
        self.seen_points, self.seen_kinds = self.points, kinds
        if (kinds == ch.IGNORABLE).any():
            self.place = np.flatnonzero(kinds != ch.IGNORABLE)
            self.seen_points, self.seen_kinds = self.points[self.place], kinds[self.place]

    def origin(self, index: Ints) -> Ints:
        """Where a character of the pass stands in the batch as it came in."""
        return index if self.place is None else self.place[index]


def run_together(texts: Sequence[str]) -> tuple[Words, Ints]:
    """The words of some texts in one pass, numbered through all of them.

    Returns:
        The words, and where each text begins among the characters of all, shape (texts + 1,): two line breaks follow each.
    """
    chars = Characters(texts)
    return words_of(chars), chars.begin


def words_of(chars: Characters) -> Words:
    """The words of all texts in one pass, numbered through all of them."""
    start, end, member = _word_edges(chars)
    inside, between, newlines = _reduce(_bits(chars), start, end, chars.seen_kinds)
    hashes, stems = _hash_words(chars, start, end, member)
    boundary = _sentence_ends(chars, start, end, inside, between, newlines, hashes)
    lines = _line_spans(chars)
    sentences = _sentence_spans(chars, start, end, boundary)
    quotes = _quote_spans(chars, lines)
    sentence = np.cumsum(np.append(False, boundary[:-1])) if len(start) else start
    line = _line_of_words(start, newlines, lines)

    word_start = chars.origin(start)
    lines, sentences, quotes = (_origin_spans(chars, spans) for spans in (lines, sentences, quotes))
    gap = _gaps(between)
    last = np.searchsorted(word_start, chars.begin[1:]) - 1
    gap[last[last >= 0]] = GAP_NEWLINE  # nothing of the next text
    return Words(
        start=word_start,
        end=chars.origin(end - 1) + 1,
        hash=hashes,
        stem=stems,
        shape=_shapes(chars, start, end, inside),
        gap=gap,
        sentence=sentence,
        line=line,
        sentences=_held(sentences, chars.begin),
        lines=lines,
        quotes=_held(quotes, chars.begin),
        emoji=np.flatnonzero(chars.kinds == ch.EMOJI),
    )


def _held(spans: Ints, begin: Ints) -> Ints:
    """Spans that end no later than the text in which they begin."""
    text = np.searchsorted(begin, spans[:, 0], side="right")
    return np.minimum(spans, (begin[text] - BETWEEN)[:, None])


def _origin_spans(chars: Characters, spans: Ints) -> Ints:
    if chars.place is None or not len(spans):
        return spans
    return np.stack((chars.origin(spans[:, 0]), chars.origin(spans[:, 1] - 1) + 1), axis=1)


def _word_edges(chars: Characters) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Where words start and end: runs of letters and digits, joined by inner apostrophes and decimal marks."""
    kinds = chars.seen_kinds
    member = kinds <= ch.DIGIT
    joints = np.flatnonzero((kinds == ch.APOSTROPHE) | (kinds == ch.COMMA) | (kinds == ch.STOP))
    joints = joints[(joints > 0) & (joints < len(kinds) - 1)]
    before, after, kind = kinds[joints - 1], kinds[joints + 1], kinds[joints]
    letters = (before <= ch.DIGIT) & (after <= ch.CASELESS) & (kind == ch.APOSTROPHE)
    digits = (before == ch.DIGIT) & (after == ch.DIGIT) & (kind != ch.APOSTROPHE)
    member[joints[letters | digits]] = True
    steps = np.diff(member.view(np.int8), prepend=np.int8(0))
    return np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), member


def _bits(chars: Characters) -> NDArray[np.uint32]:
    bits: NDArray[np.uint32] = _BIT[chars.seen_kinds]
    high = np.flatnonzero(chars.seen_points >= _GREEK)
    bits[high[chars.seen_points[high] < _CYRILLIC_END]] |= _GREEK_OR_CYRILLIC
    return bits


def _reduce(
    bits: NDArray[np.uint32], start: Ints, end: Ints, kinds: NDArray[np.uint8]
) -> tuple[NDArray[np.uint32], NDArray[np.uint32], Ints]:
    """What each word and each gap after a word is made of, and the line breaks in each gap."""
    if not len(start):
        none = np.zeros(0, dtype=np.uint32)
        return none, none, np.zeros(0, dtype=np.int64)
    edges = np.stack((start, end), axis=1).ravel()
    union = np.bitwise_or.reduceat(bits, edges)
    between = union[1::2]
    newlines = np.zeros(len(start), dtype=np.int64)
    broken = np.flatnonzero(between & _BIT[ch.NEWLINE])
    breaks = np.flatnonzero(kinds == ch.NEWLINE)
    newlines[broken] = np.searchsorted(breaks, np.append(start[1:], len(kinds))[broken]) - np.searchsorted(breaks, end[broken])
    return union[0::2], between, newlines


def _hash_words(chars: Characters, start: Ints, end: Ints, member: NDArray[np.bool_]) -> tuple[Hashes, Hashes]:
    if not len(start):
        none = np.zeros(0, dtype=np.uint64)
        return none, none
    weights = _weights()
    lengths = end - start
    first = np.cumsum(lengths) - lengths
    offset = np.arange(first[-1] + lengths[-1]) - np.repeat(first, lengths)
    letters = chars.folded[chars.seen_points[member]].astype(np.uint64)
    raw = np.add.reduceat(letters * weights[offset & 63], first)
    stems = raw.copy()
    at = np.flatnonzero(chars.seen_kinds[np.maximum(end - 2, 0)] == ch.APOSTROPHE)
    at = at[(lengths[at] > 2) & (chars.folded[chars.seen_points[end[at] - 1]] == ord("s"))]
    for back in (1, 2):
        stems[at] -= chars.folded[chars.seen_points[end[at] - back]].astype(np.uint64) * weights[(lengths[at] - back) & 63]
    return mix(raw), mix(stems)


def _sentence_ends(
    chars: Characters,
    start: Ints,
    end: Ints,
    inside: NDArray[np.uint32],
    between: NDArray[np.uint32],
    newlines: Ints,
    hashes: Hashes,
) -> NDArray[np.bool_]:
    """True for each word that ends a sentence: at a stop before a capital, at a line break unless the sentence plainly goes on."""
    if not len(start):
        return np.zeros(0, dtype=bool)
    following = np.append(start[1:], start[-1])
    next_lower = chars.seen_kinds[following] == ch.LOWER
    stop = (between & _BIT[ch.STOP]) > 0
    spaced = (between & _SPACES) > 0
    plain_dot = (chars.seen_points[end] == ord(".")) & ((between & ~(_SPACES | _BIT[ch.STOP])) == 0)
    single = (end - start == 1) & ((inside & _BIT[ch.UPPER]) > 0)
    abbreviated = stop & plain_dot & (newlines == 0)
    dotted = np.flatnonzero(abbreviated)
    abbreviated[dotted] = single[dotted] | np.isin(hashes[dotted], _abbreviations())
    glued = (following - end == 1) & (chars.seen_kinds[following] == ch.UPPER) & ((inside & _BIT[ch.LOWER]) > 0) & (end - start > 1)
    at_stop = stop & ~next_lower & ~abbreviated & (spaced | glued)
    at_break = (newlines > 0) & ~((newlines == 1) & next_lower & ~stop & ((between & ~(_SPACES | _BIT[ch.COMMA])) == 0))
    ends: NDArray[np.bool_] = at_stop | at_break
    ends[-1] = True
    return ends


def _sentence_spans(chars: Characters, start: Ints, end: Ints, boundary: NDArray[np.bool_]) -> Ints:
    """Each sentence with the quotation marks and stops that cling to it."""
    last = np.flatnonzero(boundary)
    if not len(last):
        return np.zeros((0, 2), dtype=np.int64)
    first = np.concatenate(([0], last[:-1] + 1))
    blanks = np.flatnonzero((chars.seen_kinds == ch.SPACE) | (chars.seen_kinds == ch.NEWLINE))
    after = np.concatenate(([-1], blanks))[np.searchsorted(blanks, start[first])] + 1
    before = blanks[np.searchsorted(blanks, end[last])]
    opened = np.maximum(after, np.concatenate(([0], end[last[:-1]] + 1)))
    closed = np.minimum(before, np.concatenate((start[first[1:]], [len(chars.seen_kinds)])))
    return np.stack((opened, closed), axis=1)


def _line_spans(chars: Characters) -> Ints:
    """Lines that hold anything but white space, trimmed."""
    kinds = chars.seen_kinds
    white = (kinds == ch.SPACE) | (kinds == ch.NEWLINE)
    edges = np.flatnonzero(np.diff(white.view(np.int8), prepend=np.int8(0)))
    first, last = edges[0::2], np.append(edges[1::2], len(kinds))[: len(edges[0::2])]  # of each run of white space
    run = np.searchsorted(first, np.flatnonzero(kinds == ch.NEWLINE), side="right") - 1
    run = run[np.append(run[:1] >= 0, run[1:] != run[:-1])]
    begin, end = np.append(0, last[run]), np.append(first[run], len(kinds))
    begin[0] = last[0] if white[:1].any() else 0
    return np.stack((begin, end), axis=1)[begin < end]


def _line_of_words(start: Ints, newlines: Ints, lines: Ints) -> Ints:
    first = np.flatnonzero(np.concatenate(([True], newlines[:-1] > 0))) if len(start) else start
    rows = np.searchsorted(lines[:, 0], start[first], side="right") - 1
    return np.repeat(rows, np.diff(np.append(first, len(start))))


def _quote_spans(chars: Characters, lines: Ints) -> Ints:
    """Quotations from their opening to their closing mark; one left open runs to the end of its line."""
    kinds = chars.seen_kinds
    double = (kinds == ch.OPEN_QUOTE) | (kinds == ch.CLOSE_QUOTE) | (kinds == ch.STRAIGHT_QUOTE)
    marks = np.flatnonzero(double | (kinds == ch.APOSTROPHE))
    if not len(marks):
        return np.zeros((0, 2), dtype=np.int64)
    before = kinds[np.maximum(marks - 1, 0)]
    after = kinds[marks + 1]
    opens = ((before >= ch.SPACE) & (before != ch.STOP) & (before != ch.COMMA)) | (marks == 0)
    opens &= (after != ch.SPACE) & (after != ch.NEWLINE)
    closes = (before != ch.SPACE) & (before != ch.NEWLINE) & (after > ch.DIGIT)
    useful = double[marks] | opens | closes
    marks, opens, closes = marks[useful], opens[useful], closes[useful]
    row = np.searchsorted(lines[:, 0], marks, side="right") - 1
    return _pair_quotes(
        marks.tolist(), kinds[marks].tolist(), opens.tolist(), closes.tolist(), lines[row, 1].tolist() if len(lines) else []
    )


def _pair_quotes(marks: list[int], kinds: list[int], opens: list[bool], closes: list[bool], line_ends: list[int]) -> Ints:
    spans: list[tuple[int, int]] = []
    begin, single, line_end = -1, False, -1
    for mark, kind, can_open, can_close, stop in zip(marks, kinds, opens, closes, line_ends, strict=True):
        if begin >= 0 and stop != line_end:
            if not single:
                spans.append((begin, line_end))
            begin = -1
        if begin < 0:
            if kind == ch.OPEN_QUOTE or (can_open and kind != ch.CLOSE_QUOTE):
                begin, single, line_end = mark, kind == ch.APOSTROPHE, stop
        elif single == (kind == ch.APOSTROPHE) and kind != ch.OPEN_QUOTE and (can_close or kind == ch.CLOSE_QUOTE or not single):
            spans.append((begin, mark + 1))
            begin = -1
    if begin >= 0 and not single:
        spans.append((begin, line_end))
    return np.array(spans, dtype=np.int64).reshape(-1, 2)


def _shapes(chars: Characters, start: Ints, end: Ints, inside: NDArray[np.uint32]) -> NDArray[np.uint8]:
    upper = (inside & _BIT[ch.UPPER]) > 0
    shape: NDArray[np.uint8] = upper.astype(np.uint8) * np.uint8(CAPITAL)
    shape[upper & ((inside & _BIT[ch.LOWER]) == 0)] |= ALL_CAPITALS
    shape[(inside & _BIT[ch.DIGIT]) > 0] |= NUMBER
    foreign = np.flatnonzero(inside & _GREEK_OR_CYRILLIC)
    if len(foreign):
        edges = np.stack((start[foreign], end[foreign]), axis=1).ravel()
        lowest = np.minimum.reduceat(chars.seen_points, edges)[::2]
        shape[foreign[lowest < _LATIN_END]] |= MIXED_ALPHABETS
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
