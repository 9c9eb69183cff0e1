"""The words of each line as columns of a hashed vocabulary."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classifier.boilerplate.sheet import Floats, Sheet
from classifier.words import NUMBER, Hashes, Ints

BITS = 16  # columns: 2**BITS
_LONG_LINE = 10  # words
_SHIFT = np.uint64(64 - BITS)
_PAIR, _OPEN, _OPEN_PAIR, _CLOSE = (np.uint64(0x9E3779B97F4A7C15 * k & 0xFFFFFFFFFFFFFFFF) for k in (3, 5, 7, 11))


def tokens(sheet: Sheet) -> tuple[Ints, Ints]:
    """Line and column of every token: words, pairs of words, and what a line opens and closes with.

    All numbers are one word.
    """
    words, pairs = _hashes(sheet)
    filled, inner = sheet.filled, sheet.line[1:] == sheet.line[:-1]
    several = filled[sheet.words[filled] > 1]
    opening, closing = sheet.opening, sheet.closing
    families = (
        (sheet.line, words),
        (sheet.line[1:][inner], pairs[inner]),
        (filled, words[opening[filled]] * _OPEN),
        (filled, words[closing[filled]] * _CLOSE),
        (several, pairs[opening[several]] * _OPEN_PAIR),
    )
    return np.concatenate([line for line, _ in families]), np.concatenate([_column(hashes) for _, hashes in families])


def word_score(sheet: Sheet, weights: NDArray[np.float32]) -> Floats:
    """The weighed sum of each line's tokens, over the root of their number; 0 for a line without words.

    `weights` has one row for short lines and one for long ones, shape (2, 2**BITS): what tells a prompt
    of three words from a heading is not what tells a biography from a paragraph.
    """
    table, lifted = weights.ravel(), is_long(sheet.words).astype(np.int64) << BITS
    words, pairs = _hashes(sheet)
    lift = lifted[sheet.line]
    value = table[_column(words) + lift]
    value[:-1] += table[_column(pairs) + lift[:-1]] * (sheet.line[1:] == sheet.line[:-1])
    total = sheet.total(value.astype(np.float64))
    filled = sheet.filled
    several = filled[sheet.words[filled] > 1]
    total[filled] += table[_column(words[sheet.opening[filled]] * _OPEN) + lifted[filled]]
    total[filled] += table[_column(words[sheet.closing[filled]] * _CLOSE) + lifted[filled]]
    total[several] += table[_column(pairs[sheet.opening[several]] * _OPEN_PAIR) + lifted[several]]
    return total / np.sqrt(2 * sheet.words + 1 + (sheet.words > 1))


def _hashes(sheet: Sheet) -> tuple[Hashes, Hashes]:
    """A hash of each word and of each word with the next one."""
    words = sheet.hash.copy()
    words[(sheet.shape & NUMBER) > 0] = 1
    return words, words[:-1] * _PAIR + words[1:]


def is_long(words: Floats) -> NDArray[np.bool_]:
    """Which lines have as many words as a short sentence."""
    long: NDArray[np.bool_] = words >= _LONG_LINE
    return long


def _column(hashes: Hashes) -> Ints:
    return (hashes >> _SHIFT).view(np.int64)
