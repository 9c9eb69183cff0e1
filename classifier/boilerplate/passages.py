"""Boilerplate inside paragraphs: a prompt or a biography glued to real sentences, a teaser between two of them."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from classifier import characters as ch
from classifier.boilerplate.cuts import NONE, Cuts
from classifier.boilerplate.features import alone, phrases_of
from classifier.boilerplate.kinds import covered
from classifier.boilerplate.model import LineModel, sigmoid, stack
from classifier.boilerplate.sheet import KINDS, Floats, Sheet, lay_out, part
from classifier.boilerplate.tokens import word_score
from classifier.document import Batch
from classifier.words import Hashes, Ints, word_hashes

_JOINED = 0.5  # a sentence next to one that is surely boilerplate needs no more than this
_LONGEST = 60  # words: a longer sentence has swallowed a piece of the article
_CLEAN, _SENTENCE = 0.1, 8  # a sentence of so many words that is this unlikely to be boilerplate is of the article
_PROMPTS = [KINDS.index(kind) for kind in ("subscribe", "share", "related", "advertisement")]
_RELATED = KINDS.index("related")
_TEASERS = ("read also", "also read", "read more", "see also", "click here", "don't miss", "watch also")
_TEASER = 0.2  # a sentence that opens so needs no phrase and no more than this
_MOST_CLEAN = 0.5  # of the words of a line: it is of the article, whatever is glued to it
_PAIR = np.uint64(3)
_RUN = 6  # sentences: a run is grown no further


def passages(batch: Batch, lines: Sheet, cut: NDArray[np.bool_], model: LineModel) -> Cuts:
    """The boilerplate inside lines that stay.

    Only paragraphs that hold a phrase of the lists, or a sentence that opens as a pointer to another story does, are looked at.
    Words and phrases have to agree; of such a pointer the words alone decide, and less is asked of them. A paragraph that is
    cut for a prompt glued to its article is taken out of `cut`, and the prompt alone is found.
    """
    worth = phrases_of(lines)["phrase_cover"] > 0
    every = lay_out(batch, sentences=True)
    holder = lines.line_of_character(every.spans[:, 0])
    worth[holder[_teasers(every)]] = True
    several = worth[holder] & (np.bincount(holder, minlength=len(lines))[holder] > 1)
    if not several.any():
        return NONE
    sheet, holder = part(every, several), holder[several]
    probability, told = _probabilities(sheet, model)
    teaser = _teasers(sheet)
    open_ = ~_quoted(sheet, batch.words.quotes) & (sheet.words <= _LONGEST)
    asks = (told & (probability >= model.passage_threshold)) | (teaser & (probability >= _TEASER))
    sure = open_ & asks
    clean = ~told & ~teaser & (probability < _CLEAN) & (sheet.words >= _SENTENCE)
    cut[_of_article(sheet, lines, holder, asks, clean)] = False
    rows = np.flatnonzero(_grown(sure, open_ & (probability >= _JOINED), holder) & ~cut[holder])
    return _runs(sheet, rows, holder[rows], probability[rows])


def _of_article(sheet: Sheet, lines: Sheet, holder: Ints, asks: NDArray[np.bool_], clean: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Lines of the article that something is glued to, quoted or not: a prompt beside a clean sentence, or anything beside many of them."""
    prompts = covered(sheet)[_PROMPTS].sum(axis=0) > 0
    size = len(lines)
    has, prompted, some = (np.bincount(holder[flags], minlength=size) > 0 for flags in (asks, asks & prompts, clean))
    mostly: NDArray[np.bool_] = np.bincount(holder[clean], sheet.words[clean], size) >= _MOST_CLEAN * np.bincount(holder, sheet.words, size)
    return (prompted & some) | (has & some & mostly)


def _teasers(sheet: Sheet) -> NDArray[np.bool_]:
    """Sentences that open as a pointer to another story does: "Read also: …"."""
    first = sheet.opening.clip(max=max(len(sheet.hash) - 2, 0))
    pair = sheet.hash[first] * _PAIR + sheet.hash[first + 1] if len(sheet.hash) > 1 else np.zeros(len(sheet), dtype=np.uint64)
    teaser: NDArray[np.bool_] = (sheet.words > 3) & np.isin(pair, _openings())
    return teaser


@cache
def _openings() -> Hashes:
    hashes = np.array([word_hashes(opening) for opening in _TEASERS])
    pairs: Hashes = hashes[:, 0] * _PAIR + hashes[:, 1]
    return pairs


def _runs(sheet: Sheet, rows: Ints, holder: Ints, probability: Floats) -> Cuts:
    """Neighboring sentences of a line as one passage, as probable as the best of them."""
    if not len(rows):
        return NONE
    first = np.flatnonzero(np.append(True, (np.diff(rows) > 1) | (np.diff(holder) > 0)))
    last = np.append(first[1:], len(rows)) - 1
    best = np.maximum.reduceat(probability, first)
    cover = covered(sheet)
    cover[_RELATED] += _teasers(sheet)
    cover = np.add.reduceat(cover[:, rows], first, axis=1)
    return Cuts(sheet.spans[rows[first], 0], sheet.spans[rows[last], 1], cover.argmax(axis=0), best)


def _probabilities(sheet: Sheet, model: LineModel) -> tuple[Floats, NDArray[np.bool_]]:
    columns = alone(sheet, word_score(sheet, model.words))
    return sigmoid(model.alone.logits(stack(columns))), columns["phrase_cover"] > 0


def _quoted(sheet: Sheet, quotes: Ints) -> NDArray[np.bool_]:
    """Sentences with a quotation mark, or inside a quotation: somebody else's words are never cut out."""
    places, points = sheet.marks
    marks = places[np.isin(ch.tables()[0][points], (ch.OPEN_QUOTE, ch.CLOSE_QUOTE, ch.STRAIGHT_QUOTE))]
    start, end = sheet.spans.T
    marked: NDArray[np.bool_] = np.searchsorted(marks, end) > np.searchsorted(marks, start)
    inside: NDArray[np.bool_] = np.searchsorted(quotes[:, 0], end) > np.searchsorted(quotes[:, 1], start, side="right")
    return marked | inside


def _grown(sure: NDArray[np.bool_], likely: NDArray[np.bool_], holder: Ints) -> NDArray[np.bool_]:
    """Sure sentences, and likely ones that touch them within the same line."""
    grown = sure.copy()
    for _ in range(_RUN):
        before = np.append(False, grown[:-1] & (holder[1:] == holder[:-1]))[: len(grown)]
        after = np.append(grown[1:] & (holder[1:] == holder[:-1]), False)[: len(grown)]
        wider = grown | (likely & (before | after))
        if (wider == grown).all():
            break
        grown = wider
    return grown
