"""Style: how the sentences are built, whatever they are about."""

from __future__ import annotations

import re

import numpy as np

from classifier import lexicon as lx
from classifier.document import Document, once
from classifier.signals.measure import Measure, letters, phrases, rate, ratio
from classifier.words import ALL_CAPITALS, NUMBER, Hashes, Ints, word_hashes

_VARIETY_WINDOW = 50  # words; the moving window makes variety independent of length
_LIST_MARK = re.compile(r"^[ \t]*(?:[-*•▪·●–]|\d{1,2}[.)])[ \t]", re.MULTILINE)
_FIRST = np.unique(word_hashes("i i'm i've i'd i'll my mine myself"))
_SECOND = np.unique(word_hashes("you your yours yourself you're you'll you've you'd"))
_THIRD = np.unique(word_hashes("he she him her his hers they them their"))
_PAST = np.unique(word_hashes("was were had did said told went came took made got gave found left kept began became saw held brought"))
_PRESENT = np.unique(
    word_hashes("is are has does do have says tells goes comes takes makes gets gives finds leaves keeps offers provides helps")
)
_MODAL = np.unique(word_hashes("will can could should would may might must shall can't won't"))
_LINKS = np.unique(
    word_hashes("while as which amid despite furthermore moreover additionally however meanwhile overall ultimately including")
)
_TIMES = np.unique(word_hashes("yesterday today tonight morning afternoon evening night week weekend earlier later ago"))


def sentence_length(document: Document) -> Measure:
    """Mean length of a sentence, in words."""
    return Measure(ratio(len(document.words), len(document.words.sentences)))


def sentence_spread(document: Document) -> Measure:
    """How unequal the sentences are in length: standard deviation over mean."""
    counts = _sentence_sizes(document)
    return Measure(ratio(float(counts.std()), float(counts.mean())) if len(counts) else 0.0)


def paragraph_length(document: Document) -> Measure:
    """Mean length of a line of text, in sentences, where lines hold three words and more."""
    counts = np.bincount(document.words.line) if len(document.words) else np.zeros(0, dtype=np.int64)
    return Measure(ratio(len(document.words.sentences), int(np.count_nonzero(counts > 2))))


def word_length(document: Document) -> Measure:
    """Mean length of a word, in characters."""
    words = document.words
    return Measure(ratio(int((words.end - words.start).sum()), len(words)))


def long_words(document: Document) -> Measure:
    """The share of words of nine characters and more, 0..1."""
    words = document.words
    return Measure(ratio(int(np.count_nonzero(words.end - words.start > 8)), len(words)))


def variety(document: Document) -> Measure:
    """The share of different words in a window of 50, averaged over the text, 0..1."""
    hashes = document.words.hash
    if len(hashes) <= _VARIETY_WINDOW:
        return Measure(ratio(_different(hashes), len(hashes)))
    order = np.argsort(hashes, kind="stable")
    gap = np.full(len(hashes), len(hashes))
    same = hashes[order[1:]] == hashes[order[:-1]]
    gap[order[1:][same]] = order[1:][same] - order[:-1][same]
    fresh = np.minimum(gap, _VARIETY_WINDOW)[_VARIETY_WINDOW - 1 :]
    return Measure(ratio(int(fresh.sum()), len(fresh) * _VARIETY_WINDOW))


def repeated_phrases(document: Document) -> Measure:
    """The share of runs of four words that stand in the text more than once, 0..1."""
    hashes = document.words.hash
    if len(hashes) < 5:
        return Measure(0.0)
    runs = hashes[:-3] * np.uint64(3) + hashes[1:-2] * np.uint64(5) + hashes[2:-1] * np.uint64(7) + hashes[3:] * np.uint64(11)
    return Measure(1 - ratio(_different(runs), len(runs)))


def repeated_lines(document: Document) -> Measure:
    """The share of lines that repeat an earlier line, 0..1."""
    text = document.text
    lines = [text[start:end] for start, end in document.words.lines.tolist()]
    return Measure(1 - ratio(len(set(lines)), len(lines)) if lines else 0.0)


def function_words(document: Document) -> Measure:
    """The share of words that only hold the sentence together ("the", "of", "with"), 0..1."""
    return Measure(ratio(int(np.count_nonzero(document.found.tags & lx.FUNCTION_WORD)), len(document.words)))


def first_person_rate(document: Document) -> Measure:
    """How often "I" and "my" stand in the text, per 1,000 words."""
    return _profile(document, 1)


def second_person_rate(document: Document) -> Measure:
    """How often "you" and "your" stand in the text, per 1,000 words."""
    return _profile(document, 2)


def third_person_rate(document: Document) -> Measure:
    """How often "he", "she" and "they" stand in the text, per 1,000 words."""
    return _profile(document, 3)


def past(document: Document) -> Measure:
    """The share of frequent verbs that stand in the past tense, 0..1."""
    return Measure(ratio(_counts(document)[4], _counts(document)[4] + _counts(document)[5]))


def modals_rate(document: Document) -> Measure:
    """How often "will", "can", "should" and their like stand in the text, per 1,000 words."""
    return _profile(document, 6)


def connectives_rate(document: Document) -> Measure:
    """How often "while", "amid", "furthermore" and their like join what is said, per 1,000 words."""
    return _profile(document, 7)


def times_rate(document: Document) -> Measure:
    """How often the text says when something happened ("yesterday", "last week"), per 1,000 words."""
    return _profile(document, 8)


def participles_rate(document: Document) -> Measure:
    """How often a clause is tacked on after a comma with a word in -ing, per 1,000 words."""
    return Measure(1000 * ratio(len(_TACKED.findall(document.text)), len(document.words)))


def questions_rate(document: Document) -> Measure:
    """How often a question mark stands in the text, per 1,000 words."""
    return _mark(document, "?")


def colons_rate(document: Document) -> Measure:
    """How often a colon stands in the text, per 1,000 words."""
    return _mark(document, ":")


def semicolons_rate(document: Document) -> Measure:
    """How often a semicolon stands in the text, per 1,000 words."""
    return _mark(document, ";")


def dashes_rate(document: Document) -> Measure:
    """How often a dash stands between two words, per 1,000 words."""
    return _mark(document, "—", "–", " - ", "--")


def brackets_rate(document: Document) -> Measure:
    """How often a round bracket opens, per 1,000 words."""
    return _mark(document, "(")


def commas_rate(document: Document) -> Measure:
    """How often a comma stands in the text, per 1,000 words."""
    return _mark(document, ",")


def links_rate(document: Document) -> Measure:
    """How often a web or mail address, a handle or a hashtag stands in the text, per 1,000 words."""
    return _mark(document, "http", "www.", "@", "#")


def capitals(document: Document) -> Measure:
    """The share of words written in capitals, 0..1."""
    return Measure(ratio(int(np.count_nonzero(document.words.shape & ALL_CAPITALS)), len(document.words)))


def digits(document: Document) -> Measure:
    """The share of the text's characters that stand in words with a digit, 0..1."""
    words = document.words
    numbers = (words.shape & NUMBER) > 0
    return Measure(ratio(int((words.end - words.start)[numbers].sum()), letters(document)))


def list_items(document: Document) -> Measure:
    """The share of lines that are items of a list, 0..1."""
    return Measure(min(1.0, ratio(len(_LIST_MARK.findall(document.text)), len(document.words.lines))))


def open_lines(document: Document) -> Measure:
    """The share of words in lines that end without a stop: headings, menus, lists, 0..1."""
    lines, text = document.words.lines, document.text
    if not len(document.words):
        return Measure(0.0)
    sizes = np.bincount(document.words.line, minlength=len(lines)).tolist()
    loose = sum(size for size, end in zip(sizes, lines[:, 1].tolist(), strict=True) if text[end - 1] not in ".!?\"”’')…:,;—")
    return Measure(ratio(loose, len(document.words)))


def imperatives_rate(document: Document) -> Measure:
    """How often the reader is told to do something ("click", "be sure to"), per 1,000 words."""
    return rate(document, phrases(document, "style/imperatives"))


def offers_rate(document: Document) -> Measure:
    """How often prices, discounts and things to buy are offered, per 1,000 words."""
    return rate(document, phrases(document, "style/offers"))


def templates_rate(document: Document) -> Measure:
    """How often a phrase of texts written by a template stands in the text, per 1,000 words."""
    return rate(document, phrases(document, "style/templates"))


def advice_rate(document: Document) -> Measure:
    """How often evergreen advice is given ("here are some tips"), per 1,000 words."""
    return rate(document, phrases(document, "style/advice"))


def hedges_rate(document: Document) -> Measure:
    """How often the text hedges without saying who thinks so ("experts suggest"), per 1,000 words."""
    return rate(document, phrases(document, "style/hedges"))


def gambling_rate(document: Document) -> Measure:
    """How often gambling, coins and cures are promoted, per 1,000 words."""
    return rate(document, phrases(document, "style/casino"))


_TACKED = re.compile(r", [a-z]{2,14}ing ")
_PROFILE = (_FIRST, _SECOND, _THIRD, _PAST, _PRESENT, _MODAL, _LINKS, _TIMES)
_PROFILE_WORDS: Hashes = np.concatenate(_PROFILE)
_PROFILE_ORDER: Ints = np.argsort(_PROFILE_WORDS)
_PROFILE_CLASS: Ints = np.concatenate([np.full(len(group), k + 1) for k, group in enumerate(_PROFILE)])[_PROFILE_ORDER]
_PROFILE_WORDS = _PROFILE_WORDS[_PROFILE_ORDER]


@once
def _counts(document: Document) -> list[int]:
    """How many words of each class of the profile stand in the text; place 0 counts all others."""
    hashes = document.words.hash
    slot = np.searchsorted(_PROFILE_WORDS, hashes)
    slot[slot == len(_PROFILE_WORDS)] = 0
    kinds = np.where(_PROFILE_WORDS[slot] == hashes, _PROFILE_CLASS[slot], 0)
    counts: list[int] = np.bincount(kinds, minlength=len(_PROFILE) + 1).tolist()
    return counts


def _different(hashes: Hashes) -> int:
    """How many different hashes there are; sorting beats np.unique at this size."""
    return len(hashes) and 1 + int(np.count_nonzero(np.diff(np.sort(hashes))))


def _profile(document: Document, kind: int) -> Measure:
    return Measure(1000 * ratio(_counts(document)[kind], len(document.words)))


def _mark(document: Document, *marks: str) -> Measure:
    return Measure(1000 * ratio(sum(document.text.count(mark) for mark in marks), len(document.words)))


def _sentence_sizes(document: Document) -> Ints:
    return np.bincount(document.words.sentence) if len(document.words) else np.zeros(0, dtype=np.int64)


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
