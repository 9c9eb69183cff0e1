"""Style: how the sentences are built, whatever they are about."""

from __future__ import annotations

import re

import numpy as np

from classifier import lexicon as lx
from classifier.characters import codepoints
from classifier.document import Batch, once
from classifier.signals import classes as cl
from classifier.signals.measure import Floats, Measure, letters, opening, per_thousand, phrases, rate, ratio
from classifier.words import ALL_CAPITALS, GAP_COMMA, GAP_NEWLINE, GAP_SPACE, NUMBER, Hashes, Ints, changes

_VARIETY_WINDOW = 50  # words; the moving window makes variety independent of length
_KEY_BITS = np.uint64(48)  # of a hash; the rest numbers the document of a batch
_LONGEST_PARAGRAPH, _USUAL_PARAGRAPH = 8.0, 1.8  # sentences
_SHORTEST_PARTICIPLE = 5  # characters: "doing"
_LIST_MARK = re.compile(r"(?:[-*•▪·●–]|\d{1,2}[.)]) ")
_LIST_MARKS = codepoints("-*•▪·●–0123456789")
_CLOSING = codepoints(".!?\"”’')…:,;—")
_PROFILE = 8  # classes of words


def sentence_length(batch: Batch) -> Measure:
    """Mean length of a sentence, in words."""
    return Measure(ratio(batch.sizes, _sentences(batch)))


def sentence_spread(batch: Batch) -> Measure:
    """How unequal the sentences are in length (standard deviation over mean), a ratio."""
    words = np.bincount(batch.words.sentence, minlength=len(batch.words.sentences))
    row, number = batch.document_of(batch.words.sentences[:, 0]), _sentences(batch)
    mean = ratio(np.bincount(row, words, minlength=len(batch)), number)
    square = ratio(np.bincount(row, words * words, minlength=len(batch)), number)
    return Measure(ratio(np.sqrt(np.maximum(square - mean * mean, 0.0)), mean))


def paragraph_length(batch: Batch) -> Measure:
    """Mean length of a line of three words and more, in sentences; the usual one where the text has lost its line breaks.

    An extractor loses them, so that they are gone says nothing of who wrote the text (it flipped 3 % of the labels of left-out sources).
    """
    full = np.bincount(batch.words.line, minlength=len(batch.words.lines)) > 2
    lines = batch.count(batch.words.lines[full, 0])
    length = ratio(_sentences(batch), lines)
    return Measure(np.where((lines == 1) | (length > _LONGEST_PARAGRAPH), _USUAL_PARAGRAPH, length))


def word_length(batch: Batch) -> Measure:
    """Mean length of a word, in characters."""
    return Measure(ratio(letters(batch), batch.sizes))


def long_words(batch: Batch) -> Measure:
    """The share of words of nine characters and more, 0..1."""
    return Measure(ratio(batch.count_words(batch.words.end - batch.words.start > 8), batch.sizes))


def variety(batch: Batch) -> Measure:
    """The share of different words in a window of 50, averaged over the text, 0..1."""
    row, back, inside = _near_repeats(batch)
    short = batch.sizes <= _VARIETY_WINDOW
    lost = np.where(short[row], 1, np.where(inside < _VARIETY_WINDOW - 1, 0, _VARIETY_WINDOW - back))
    windows = np.where(short, batch.sizes, (batch.sizes - _VARIETY_WINDOW + 1) * _VARIETY_WINDOW)
    return Measure(ratio(windows - np.bincount(row, lost, minlength=len(batch)), windows))


def repeated_phrases(batch: Batch) -> Measure:
    """The share of runs of four words that stand in the text more than once, 0..1."""
    hashes, row = batch.words.hash, batch.owner
    runs = hashes[:-3] * np.uint64(3) + hashes[1:-2] * np.uint64(5) + hashes[2:-1] * np.uint64(7) + hashes[3:] * np.uint64(11)
    whole = row[:-3] == row[3:]
    return Measure(ratio(_repeated(batch, runs[whole], row[:-3][whole]), np.maximum(batch.sizes - 3, 0)))


def repeated_lines(batch: Batch) -> Measure:
    """The share of lines that repeat an earlier line, 0..1."""
    line = batch.words.line
    first = np.flatnonzero(changes(line))
    place = np.arange(len(line)) - np.repeat(first, np.diff(np.append(first, len(line))))
    keys = np.add.reduceat(batch.words.hash * (2 * place + 1).astype(np.uint64), first) if len(first) else batch.words.hash
    row = batch.owner[first]
    return Measure(ratio(_repeated(batch, keys, row), np.bincount(row, minlength=len(batch))))


def function_words(batch: Batch) -> Measure:
    """The share of words that only hold the sentence together ("the", "of", "with"), 0..1."""
    return Measure(ratio(batch.count_words((batch.found.tags & lx.FUNCTION_WORD) > 0), batch.sizes))


def first_person_rate(batch: Batch) -> Measure:
    """How often "I" and "my" stand in the text, per 1,000 words."""
    return _rate_of(batch, cl.FIRST)


def second_person_rate(batch: Batch) -> Measure:
    """How often "you" and "your" stand in the text, per 1,000 words."""
    return _rate_of(batch, cl.SECOND)


def third_person_rate(batch: Batch) -> Measure:
    """How often "he", "she" and "they" stand in the text, per 1,000 words."""
    return _rate_of(batch, cl.THIRD)


def past(batch: Batch) -> Measure:
    """The share of frequent verbs that stand in the past tense, 0..1."""
    past, present = _count_of(batch, cl.PAST), _count_of(batch, cl.PRESENT)
    return Measure(ratio(past, past + present))


def modals_rate(batch: Batch) -> Measure:
    """How often "will", "can", "should" and their like stand in the text, per 1,000 words."""
    return _rate_of(batch, cl.MODAL)


def connectives_rate(batch: Batch) -> Measure:
    """How often "while", "amid", "furthermore" and their like join what is said, per 1,000 words."""
    return _rate_of(batch, cl.LINKS)


def times_rate(batch: Batch) -> Measure:
    """How often the text says when something happened ("yesterday", "last week"), per 1,000 words."""
    return _rate_of(batch, cl.TIMES)


def participles_rate(batch: Batch) -> Measure:
    """How often a clause is tacked on after a comma with a word in -ing, per 1,000 words."""
    words, points = batch.words, batch.points
    after = np.flatnonzero(words.gap[:-1] == GAP_COMMA | GAP_SPACE) + 1
    ends = words.end[after[(words.end - words.start)[after] >= _SHORTEST_PARTICIPLE]]
    tacked = ends[(points[ends - 3] == ord("i")) & (points[ends - 2] == ord("n")) & (points[ends - 1] == ord("g"))]
    return Measure(per_thousand(batch, batch.count(tacked)))


def questions_rate(batch: Batch) -> Measure:
    """How often a question mark stands in the text, per 1,000 words."""
    return Measure(per_thousand(batch, batch.count(batch.mark("?"))))


def question_lines(batch: Batch) -> Measure:
    """The share of lines that end in a question mark, 0..1."""
    lines = batch.words.lines
    asked = batch.points[lines[:, 1] - 1] == ord("?")
    return Measure(ratio(batch.count(lines[asked, 0]), batch.count(lines[:, 0])))


def colons_rate(batch: Batch) -> Measure:
    """How often a colon stands in the text, per 1,000 words."""
    return Measure(per_thousand(batch, batch.count(batch.mark(":"))))


def semicolons_rate(batch: Batch) -> Measure:
    """How often a semicolon stands in the text, per 1,000 words."""
    return Measure(per_thousand(batch, batch.count(batch.mark(";"))))


def dashes_rate(batch: Batch) -> Measure:
    """How often a dash stands between two words, per 1,000 words."""
    points, hyphens = batch.points, batch.mark("-")
    before, after = points[hyphens - 1], points[hyphens + 1]  # two line breaks follow the last text
    lone = (before == ord(" ")) & (after == ord(" "))
    double = (before != ord("-")) & (after == ord("-"))
    return Measure(per_thousand(batch, batch.count(batch.mark("—–")) + batch.count(hyphens[lone | double])))


def brackets_rate(batch: Batch) -> Measure:
    """How often a round bracket opens, per 1,000 words."""
    return Measure(per_thousand(batch, batch.count(batch.mark("("))))


def commas_rate(batch: Batch) -> Measure:
    """How often a comma stands in the text, per 1,000 words."""
    return Measure(per_thousand(batch, batch.count(batch.mark(","))))


def links_rate(batch: Batch) -> Measure:
    """How often a web or mail address, a handle or a hashtag stands in the text, per 1,000 words."""
    words, address = batch.words, (cl.classes(batch) & cl.ADDRESS) > 0
    address[1:] &= ~(address[:-1] & ((words.gap[:-1] & (GAP_SPACE | GAP_NEWLINE)) == 0))  # https://www.… is one
    return Measure(per_thousand(batch, batch.count(batch.mark("@#")) + batch.count_words(address)))


def capitals(batch: Batch) -> Measure:
    """The share of words written in capitals, single letters too, 0..1."""
    return Measure(ratio(batch.count_words((batch.words.shape & ALL_CAPITALS) > 0), batch.sizes))


def digits(batch: Batch) -> Measure:
    """The share of the text's characters that stand in words with a digit, 0..1."""
    numbers = np.flatnonzero((batch.words.shape & NUMBER) > 0)
    length = np.bincount(batch.owner[numbers], (batch.words.end - batch.words.start)[numbers], minlength=len(batch))
    return Measure(ratio(length, letters(batch)))


def list_items(batch: Batch) -> Measure:
    """The share of lines that are items of a list, 0..1."""
    lines = batch.words.lines[:, 0]
    marked = np.isin(batch.points[lines], _LIST_MARKS)
    return Measure(ratio(batch.count(opening(_LIST_MARK, batch, lines[marked]).start), batch.count(lines)))


def open_lines(batch: Batch) -> Measure:
    """The share of words in lines that end without a stop: headings, menus, lists, 0..1."""
    loose = ~np.isin(batch.points[batch.words.lines[:, 1] - 1], _CLOSING)
    return Measure(ratio(batch.count_words(loose[batch.words.line]), batch.sizes))


def imperatives_rate(batch: Batch) -> Measure:
    """How often the reader is told to do something ("click", "be sure to"), per 1,000 words."""
    return rate(batch, phrases(batch, "style/imperatives"))


def offers_rate(batch: Batch) -> Measure:
    """How often prices, discounts and things to buy are offered, per 1,000 words."""
    return rate(batch, phrases(batch, "style/offers"))


def templates_rate(batch: Batch) -> Measure:
    """How often a phrase of texts written by a template stands in the text, per 1,000 words."""
    return rate(batch, phrases(batch, "style/templates"))


def advice_rate(batch: Batch) -> Measure:
    """How often evergreen advice is given ("here are some tips"), per 1,000 words."""
    return rate(batch, phrases(batch, "style/advice"))


def hedges_rate(batch: Batch) -> Measure:
    """How often the text hedges without saying who thinks so ("experts suggest"), per 1,000 words."""
    return rate(batch, phrases(batch, "style/hedges"))


def gambling_rate(batch: Batch) -> Measure:
    """How often gambling, coins and cures are promoted, per 1,000 words."""
    return rate(batch, phrases(batch, "style/casino"))


@once
def _counts(batch: Batch) -> Ints:
    """How many words of each class of the profile stand in each text, shape (documents, classes)."""
    bits = cl.classes(batch) & ((1 << _PROFILE) - 1)
    places = np.flatnonzero(bits > 0)
    cell = batch.owner[places] * _PROFILE + np.log2(bits[places]).astype(np.int64)
    return np.bincount(cell, minlength=len(batch) * _PROFILE).reshape(-1, _PROFILE)


def _repeated(batch: Batch, hashes: Hashes, row: Ints) -> Ints:
    """How many of some hashes stand in each document again, shape (documents,)."""
    keys = np.sort((row.astype(np.uint64) << _KEY_BITS) | (hashes >> (np.uint64(64) - _KEY_BITS)))
    again = keys[1:][keys[1:] == keys[:-1]]
    return np.bincount((again >> _KEY_BITS).astype(np.int64), minlength=len(batch))


def _near_repeats(batch: Batch) -> tuple[Ints, Ints, Ints]:
    """Words that stood less than a window before: the document of each, how many words back it stood, and its place in its document."""
    hashes, size = batch.words.hash, np.uint64(len(batch.words).bit_length())
    keys = np.sort((hashes >> size << size) | np.arange(len(hashes), dtype=np.uint64))
    back = np.diff(keys)  # of one word, the distance of its places
    near = np.flatnonzero(back < np.uint64(_VARIETY_WINDOW))
    near = near[keys[near] >> size == keys[near + 1] >> size]
    place = (keys[near + 1] & ((np.uint64(1) << size) - np.uint64(1))).astype(np.int64)
    back, row = back[near].astype(np.int64), batch.owner[place]
    inside = place - batch.first[row]
    own = back <= inside
    return row[own], back[own], inside[own]


@once
def _sentences(batch: Batch) -> Floats:
    """The number of sentences of each document."""
    return batch.count(batch.words.sentences[:, 0])


def _rate_of(batch: Batch, kind: int) -> Measure:
    return Measure(per_thousand(batch, _count_of(batch, kind)))


def _count_of(batch: Batch, kind: int) -> Ints:
    return _counts(batch)[:, kind.bit_length() - 1]


SIGNALS = (
    sentence_length,
    sentence_spread,
    paragraph_length,
    word_length,
    long_words,
    variety,
    repeated_phrases,
    repeated_lines,
    function_words,
    first_person_rate,
    second_person_rate,
    third_person_rate,
    past,
    modals_rate,
    connectives_rate,
    times_rate,
    participles_rate,
    questions_rate,
    question_lines,
    colons_rate,
    semicolons_rate,
    dashes_rate,
    brackets_rate,
    commas_rate,
    links_rate,
    capitals,
    digits,
    list_items,
    open_lines,
    imperatives_rate,
    offers_rate,
    templates_rate,
    advice_rate,
    hedges_rate,
    gambling_rate,
)
