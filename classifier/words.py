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

_BATCH_CHARACTERS = 100_000  # the arrays of one batch then stay inside the processor's cache
_BIT = np.uint32(1) << np.arange(32, dtype=np.uint32)
_LATIN, _GREEK_OR_CYRILLIC = _BIT[20], _BIT[21]
_ALPHABETS = np.zeros(0x531, dtype=np.uint32)  # the last entry stands for all code points above
_ALPHABETS[:0x250] = _LATIN
_ALPHABETS[0x370:0x530] = _GREEK_OR_CYRILLIC
_SPACES = _BIT[ch.SPACE] | _BIT[ch.NEWLINE]
_QUOTES = _BIT[ch.OPEN_QUOTE] | _BIT[ch.CLOSE_QUOTE] | _BIT[ch.STRAIGHT_QUOTE] | _BIT[ch.APOSTROPHE]
_ABBREVIATIONS = (
    "mr mrs ms dr prof rev sen rep gov gen col lt sgt capt cmdr adm maj cpl supt insp hon pres st mt ft no nos vs v etc inc ltd co corp "
    "jr sr messrs jan feb mar apr jun jul aug sept sep oct nov dec ala ariz ark calif colo conn del fla ga ill ind kan ky la md mass mich "
    "minn miss mo mont neb nev okla ore pa tenn tex va vt wash wis wyo ave blvd rd e.g i.e approx est fig"
)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one text in order, as columns of equal length, and its other pieces as spans.

    Attributes:
        start, end: offsets of each word, shape (words,).
        hash: 64-bit hash of each folded word (lower case, no accents, look-alike letters repaired).
        stem: the same without a possessive ending, so that a name is found in its genitive.
        shape: bits CAPITAL, ALL_CAPITALS, NUMBER, MIXED_ALPHABETS.
        gap: bits of what stands between this word and the next.
        sentence, line: index of the sentence and the line that holds the word.
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

    def kept(self, spans: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
        """For each word, whether it lies outside all of some spans of characters."""
        return ~_inside(self.start, spans)

    def without(self, spans: Sequence[tuple[int, int]]) -> Words:
        """The pieces that lie outside some spans of characters, numbered anew; offsets stay what they are."""
        keep = self.kept(spans)
        sentences, sentence = _renumber(self.sentences, self.sentence[keep])
        lines, line = _renumber(self.lines, self.line[keep])
        return Words(
            start=self.start[keep],
            end=self.end[keep],
            hash=self.hash[keep],
            stem=self.stem[keep],
            shape=self.shape[keep],
            gap=self.gap[keep],
            sentence=sentence,
            line=line,
            sentences=sentences,
            lines=lines,
            quotes=self.quotes[~_inside(self.quotes[:, 0], spans)],
            emoji=self.emoji[~_inside(self.emoji, spans)],
        )


def _inside(places: Ints, spans: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    """For each place, whether it lies in one of the spans, which are sorted and apart."""
    if not spans:
        return np.zeros(len(places), dtype=bool)
    edges = np.array(spans, dtype=np.int64).ravel()
    return (np.searchsorted(edges, places, side="right") & 1).astype(bool)


def _renumber(spans: Ints, used: Ints) -> tuple[Ints, Ints]:
    """The spans that are used, and the uses pointing to their new places."""
    kept, places = np.unique(used, return_inverse=True)
    return spans[kept], places


def split_many(texts: Sequence[str]) -> Iterator[Words]:
    """The words of each text, in order; short texts share one pass."""
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and size + len(text) > _BATCH_CHARACTERS:
            yield from _split_batch(batch)
            batch, size = [], 0
        batch.append(text)
        size += len(text) + 2
    if batch:
        yield from _split_batch(batch)


def split(text: str) -> Words:
    """The words of one text."""
    return next(split_many([text]))


def word_hashes(phrase: str) -> Hashes:
    """The hashes that the words of `phrase` have in any text."""
    chars = _Pass([phrase])
    return _hash_words(chars, *_word_edges(chars))[0]


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


class _Pass:
    """The characters of a batch, with ignorable ones left out and each one's class known."""

    def __init__(self, texts: Sequence[str]) -> None:
        classes, folded = ch.tables()
        # Two line breaks part the texts, so that no word, line or sentence crosses over.
        points = ch.codepoints("\n\n".join(texts) + "\n\n").astype(np.intp)  # numpy would convert at every look-up
        kinds = classes[points]
        carriage = np.flatnonzero(points[:-1] == 13)
        kinds[carriage[points[carriage + 1] == 10]] = ch.SPACE
        self.place: Ints | None = None
        if ch.IGNORABLE in kinds:
            keep = kinds != ch.IGNORABLE
            self.place = np.flatnonzero(keep)
            points, kinds = points[keep], kinds[keep]
        self.points, self.kinds = points, kinds
        self.folded = folded

    def origin(self, index: Ints) -> Ints:
        """Where a character of the pass stands in the batch as it came in."""
        return index if self.place is None else self.place[index]


def _split_batch(texts: Sequence[str]) -> list[Words]:
    chars = _Pass(texts)
    start, end, member = _word_edges(chars)
    bits = _bits(chars)
    inside, between, newlines = _reduce(bits, start, end, chars.kinds)
    hashes, stems = _hash_words(chars, start, end, member)
    boundary = _sentence_ends(chars, start, end, inside, between, newlines, hashes)
    lines = _line_spans(chars)
    sentences = _sentence_spans(chars, start, end, boundary)
    quotes = _quote_spans(chars, lines)
    emoji = np.flatnonzero(chars.kinds == ch.EMOJI)

    offsets = np.cumsum([0] + [len(text) + 2 for text in texts])
    sentence = np.cumsum(np.concatenate(([False], boundary[:-1]))) if len(start) else start
    line = _line_of_words(start, newlines, lines)
    word_start, word_end = chars.origin(start), chars.origin(end - 1) + 1
    lines, sentences, quotes = (_origin_spans(chars, spans) for spans in (lines, sentences, quotes))
    emoji = chars.origin(emoji)
    word_at = np.searchsorted(word_start, offsets)
    cuts = [np.searchsorted(spans[:, 0], offsets) for spans in (sentences, lines, quotes)]
    emoji_at = np.searchsorted(emoji, offsets)
    shape, gap = _shapes(inside), _gaps(between)
    gap[word_at[1:][word_at[1:] > word_at[:-1]] - 1] = GAP_NEWLINE  # nothing of the next text

    result = []
    for k, text in enumerate(texts):
        w = slice(word_at[k], word_at[k + 1])
        s, n, q = (slice(cut[k], cut[k + 1]) for cut in cuts)
        origin = offsets[k]
        result.append(
            Words(
                start=word_start[w] - origin,
                end=word_end[w] - origin,
                hash=hashes[w],
                stem=stems[w],
                shape=shape[w],
                gap=gap[w],
                sentence=sentence[w] - cuts[0][k],
                line=line[w] - cuts[1][k],
                sentences=np.minimum(sentences[s] - origin, len(text)),
                lines=lines[n] - origin,
                quotes=np.minimum(quotes[q] - origin, len(text)),
                emoji=emoji[emoji_at[k] : emoji_at[k + 1]] - origin,
            )
        )
    return result


def _origin_spans(chars: _Pass, spans: Ints) -> Ints:
    if chars.place is None or not len(spans):
        return spans
    return np.stack((chars.origin(spans[:, 0]), chars.origin(spans[:, 1] - 1) + 1), axis=1)


def _word_edges(chars: _Pass) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Where words start and end: runs of letters and digits, joined by inner apostrophes and decimal marks."""
    kinds = chars.kinds
    member = kinds <= ch.DIGIT
    joints = np.flatnonzero((kinds == ch.APOSTROPHE) | (kinds == ch.COMMA) | (kinds == ch.STOP))
    joints = joints[(joints > 0) & (joints < len(kinds) - 1)]
    before, after, kind = kinds[joints - 1], kinds[joints + 1], kinds[joints]
    letters = (before <= ch.DIGIT) & (after <= ch.CASELESS) & (kind == ch.APOSTROPHE)
    digits = (before == ch.DIGIT) & (after == ch.DIGIT) & (kind != ch.APOSTROPHE)
    member[joints[letters | digits]] = True
    steps = np.diff(member.view(np.int8), prepend=np.int8(0))
    return np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), member


def _bits(chars: _Pass) -> NDArray[np.uint32]:
    bits: NDArray[np.uint32] = _BIT[chars.kinds] | _ALPHABETS.take(chars.points, mode="clip")
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


def _hash_words(chars: _Pass, start: Ints, end: Ints, member: NDArray[np.bool_]) -> tuple[Hashes, Hashes]:
    if not len(start):
        none = np.zeros(0, dtype=np.uint64)
        return none, none
    weights = _weights()
    lengths = end - start
    first = np.cumsum(lengths) - lengths
    offset = np.arange(first[-1] + lengths[-1]) - np.repeat(first, lengths)
    letters = chars.folded[chars.points[member]].astype(np.uint64)
    raw = np.add.reduceat(letters * weights[offset & 63], first)
    stems = raw.copy()
    at = np.flatnonzero(chars.kinds[np.maximum(end - 2, 0)] == ch.APOSTROPHE)
    at = at[(lengths[at] > 2) & (chars.folded[chars.points[end[at] - 1]] == ord("s"))]
    for back in (1, 2):
        stems[at] -= chars.folded[chars.points[end[at] - back]].astype(np.uint64) * weights[(lengths[at] - back) & 63]
    return mix(raw), mix(stems)


def _sentence_ends(
    chars: _Pass,
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
    next_lower = chars.kinds[following] == ch.LOWER
    stop = (between & _BIT[ch.STOP]) > 0
    spaced = (between & _SPACES) > 0
    plain_dot = (chars.points[end] == ord(".")) & ((between & ~(_SPACES | _BIT[ch.STOP] | _LATIN)) == 0)
    single = (end - start == 1) & ((inside & _BIT[ch.UPPER]) > 0)
    abbreviated = stop & plain_dot & (newlines == 0)
    dotted = np.flatnonzero(abbreviated)
    abbreviated[dotted] = single[dotted] | np.isin(hashes[dotted], _abbreviations())
    glued = (following - end == 1) & (chars.kinds[following] == ch.UPPER) & ((inside & _BIT[ch.LOWER]) > 0) & (end - start > 1)
    at_stop = stop & ~next_lower & ~abbreviated & (spaced | glued)
    at_break = (newlines > 0) & ~((newlines == 1) & next_lower & ~stop & ((between & ~(_SPACES | _LATIN | _BIT[ch.COMMA])) == 0))
    ends: NDArray[np.bool_] = at_stop | at_break
    ends[-1] = True
    return ends


def _sentence_spans(chars: _Pass, start: Ints, end: Ints, boundary: NDArray[np.bool_]) -> Ints:
    """Each sentence with the quotation marks and stops that cling to it."""
    last = np.flatnonzero(boundary)
    if not len(last):
        return np.zeros((0, 2), dtype=np.int64)
    first = np.concatenate(([0], last[:-1] + 1))
    blanks = np.flatnonzero((chars.kinds == ch.SPACE) | (chars.kinds == ch.NEWLINE))
    after = np.concatenate(([-1], blanks))[np.searchsorted(blanks, start[first])] + 1
    before = blanks[np.searchsorted(blanks, end[last])]
    opened = np.maximum(after, np.concatenate(([0], end[last[:-1]] + 1)))
    closed = np.minimum(before, np.concatenate((start[first[1:]], [len(chars.kinds)])))
    return np.stack((opened, closed), axis=1)


def _line_spans(chars: _Pass) -> Ints:
    """Lines that hold anything but white space, trimmed."""
    solid = np.flatnonzero((chars.kinds != ch.SPACE) & (chars.kinds != ch.NEWLINE))
    if not len(solid):
        return np.zeros((0, 2), dtype=np.int64)
    breaks = np.flatnonzero(chars.kinds == ch.NEWLINE)
    row = np.searchsorted(breaks, solid)
    change = np.flatnonzero(np.diff(row)) + 1
    return np.stack((solid[np.concatenate(([0], change))], solid[np.append(change, len(solid)) - 1] + 1), axis=1)


def _line_of_words(start: Ints, newlines: Ints, lines: Ints) -> Ints:
    first = np.flatnonzero(np.concatenate(([True], newlines[:-1] > 0))) if len(start) else start
    rows = np.searchsorted(lines[:, 0], start[first], side="right") - 1
    return np.repeat(rows, np.diff(np.append(first, len(start))))


def _quote_spans(chars: _Pass, lines: Ints) -> Ints:
    """Quotations from their opening to their closing mark; one left open runs to the end of its line."""
    kinds = chars.kinds
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


def _shapes(inside: NDArray[np.uint32]) -> NDArray[np.uint8]:
    upper, lower = (inside & _BIT[ch.UPPER]) > 0, (inside & _BIT[ch.LOWER]) > 0
    number = (inside & _BIT[ch.DIGIT]) > 0
    mixed = ((inside & _LATIN) > 0) & ((inside & _GREEK_OR_CYRILLIC) > 0)
    shape: NDArray[np.uint8] = (upper * CAPITAL + (upper & ~lower) * ALL_CAPITALS + number * NUMBER + mixed * MIXED_ALPHABETS).astype(
        np.uint8
    )
    return shape


def _gaps(between: NDArray[np.uint32]) -> NDArray[np.uint8]:
    pairs = (
        (_BIT[ch.STOP], GAP_STOP), (_BIT[ch.COMMA], GAP_COMMA), (_BIT[ch.SPACE], GAP_SPACE), (_BIT[ch.NEWLINE], GAP_NEWLINE),
        (_QUOTES, GAP_QUOTE), (_BIT[ch.OPEN_BRACKET], GAP_OPEN), (_BIT[ch.CLOSE_BRACKET], GAP_CLOSE), (_BIT[ch.HYPHEN], GAP_HYPHEN),
    )  # fmt: skip
    gap = np.zeros(len(between), dtype=np.uint8)
    for bit, flag in pairs:
        gap[(between & bit) > 0] |= flag
    return gap
