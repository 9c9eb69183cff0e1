"""Boilerplate inside paragraphs: a prompt or a biography glued to real sentences, a teaser between two of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classifier.boilerplate.cuts import NONE, Cuts
from classifier.boilerplate.features import alone, phrases_of
from classifier.boilerplate.kinds import covered
from classifier.boilerplate.model import LineModel, sigmoid, stack
from classifier.boilerplate.sheet import KINDS, Floats, Sheet, lay_out, part
from classifier.boilerplate.tokens import word_score
from classifier.document import Batch
from classifier.words import GAP_QUOTE, Ints

_JOINED = 0.5  # a sentence next to one that is surely boilerplate needs no more than this
_LONGEST = 60  # words: a longer sentence has swallowed a piece of the article
_CLEAN, _SENTENCE = 0.1, 8  # a sentence of so many words that is this unlikely to be boilerplate is of the article
_PROMPTS = [KINDS.index(kind) for kind in ("subscribe", "share", "related", "advertisement")]
_RUN = 6  # sentences: a run is grown no further


def passages(batch: Batch, lines: Sheet, cut: NDArray[np.bool_], model: LineModel) -> Cuts:
    """The boilerplate inside lines that stay.

    Only paragraphs that hold a phrase of the lists are looked at: words and phrases have to agree. A paragraph that is
    cut for a prompt glued to its article is taken out of `cut`, and the prompt alone is found.
    """
    worth = phrases_of(lines)["phrase_cover"] > 0
    every = lay_out(batch, sentences=True)
    holder = lines.line_of_character(every.spans[:, 0])
    several = worth[holder] & (np.bincount(holder, minlength=len(lines))[holder] > 1)
    if not several.any():
        return NONE
    sheet, holder = part(every, several), holder[several]
    probability, told = _probabilities(sheet, model)
    open_ = ~_quoted(sheet) & (sheet.words <= _LONGEST)
    sure = open_ & told & (probability >= model.passage_threshold)
    prompt = holder[sure & (covered(sheet)[_PROMPTS].sum(axis=0) > 0)]
    clean = holder[~told & (probability < _CLEAN) & (sheet.words >= _SENTENCE)]
    cut[np.intersect1d(prompt, clean)] = False
    rows = np.flatnonzero(_grown(sure, open_ & (probability >= _JOINED), holder) & ~cut[holder])
    return _runs(sheet, rows, holder[rows], probability[rows])


def _runs(sheet: Sheet, rows: Ints, holder: Ints, probability: Floats) -> Cuts:
    """Neighboring sentences of a line as one passage, as probable as the best of them."""
    if not len(rows):
        return NONE
    first = np.flatnonzero(np.append(True, (np.diff(rows) > 1) | (np.diff(holder) > 0)))
    last = np.append(first[1:], len(rows)) - 1
    best = np.maximum.reduceat(probability, first)
    cover = np.add.reduceat(covered(sheet)[:, rows], first, axis=1)
    return Cuts(sheet.spans[rows[first], 0], sheet.spans[rows[last], 1], cover.argmax(axis=0), best)


def _probabilities(sheet: Sheet, model: LineModel) -> tuple[Floats, NDArray[np.bool_]]:
    columns = alone(sheet, word_score(sheet, model.words))
    return sigmoid(model.alone.logits(stack(columns))), columns["phrase_cover"] > 0


def _quoted(sheet: Sheet) -> NDArray[np.bool_]:
    """Sentences with a quotation mark: somebody else's words are never cut out."""
    quoted: NDArray[np.bool_] = sheet.count(sheet.line[(sheet.gap & GAP_QUOTE) > 0]) > 0
    return quoted


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
