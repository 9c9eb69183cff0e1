"""The words of each line as columns of a hashed vocabulary."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classifier.boilerplate.sheet import Floats, Sheet
from classifier.words import NUMBER, Hashes, Ints, mix

BITS = 16  # columns: 2**BITS
_LONG_LINE = 10  # words
_SHIFT = np.uint64(64 - BITS)
_PAIR, _OPEN, _OPEN_PAIR, _CLOSE = (np.uint64(0x9E3779B97F4A7C15 * k & 0xFFFFFFFFFFFFFFFF) for k in (3, 5, 7, 11))


def tokens(sheet: Sheet) -> tuple[Ints, Ints]:
    """Line and column of every token: words, pairs of words, and what a line opens and closes with.

    All numbers are one word.
    """
    words = np.where((sheet.shape & NUMBER) > 0, np.uint64(1), sheet.hash)
    line = sheet.line
    same = np.flatnonzero(line[1:] == line[:-1])
    pair = mix(words[same] * _PAIR + words[same + 1])
    opens = np.flatnonzero(np.diff(line, prepend=-1))
    closes = np.append(opens[1:] - 1, len(line) - 1)[: len(opens)]
    opening_pair = np.flatnonzero(np.isin(same, opens, assume_unique=True))
    columns = (words, pair, words[opens] + _OPEN, pair[opening_pair] + _OPEN_PAIR, words[closes] + _CLOSE)
    rows = (line, line[same], line[opens], line[same[opening_pair]], line[closes])
    return np.concatenate(rows), _column(np.concatenate(columns))


def word_score(sheet: Sheet, weights: NDArray[np.float32]) -> Floats:
    """The weighed sum of each line's tokens, over the root of their number; 0 for a line without words.

    `weights` has one row for short lines and one for long ones, shape (2, 2**BITS): what tells a prompt
    of three words from a heading is not what tells a biography from a paragraph.
    """
    rows, columns = tokens(sheet)
    total = sheet.count(rows, weights[is_long(sheet)[rows].astype(np.intp), columns])
    return total / np.sqrt(np.maximum(sheet.count(rows), 1))


def is_long(sheet: Sheet) -> NDArray[np.bool_]:
    """Which lines have as many words as a short sentence."""
    long: NDArray[np.bool_] = sheet.words >= _LONG_LINE
    return long


def _column(hashes: Hashes) -> Ints:
    return (mix(hashes) >> _SHIFT).astype(np.int64)
