"""Which lines stand around a line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classifier.words import Ints

Floats = NDArray[np.float64]
_FAR = 30  # lines: nothing stands farther away than this


class Near:
    """The lines around each line of its page, as though some lines did not stand between the others.

    Args:
        document: the document of each line.
        first: where each document's lines begin, and the number of all lines.
        between: lines that are passed over ("Advertisement" between all paragraphs); each still has neighbors of its own.
    """

    def __init__(self, document: Ints, first: Ints, between: NDArray[np.bool_]) -> None:
        self._kept = np.flatnonzero(~between)
        self._between = between
        rank = np.concatenate(([0], np.cumsum(~between)))
        self._rank = rank[:-1]
        low, high = rank[first[:-1]], rank[first[1:]]
        self._low, self._high = low[document], high[document]

    def at(self, values: Floats, step: int) -> Floats:
        """The columns of the line `step` lines on, 0 beyond the ends of the page; shape (columns, lines) in and out."""
        there = self._rank + step
        if step > 0:
            there = there - self._between
        there = np.where((there >= self._low) & (there < self._high), there, len(self._kept))
        return self._padded(values)[:, there]

    def around(self, values: Floats, reach: int) -> Floats:
        """The mean of the columns over the lines up to `reach` away, the line itself left out; 0 for a page of one line."""
        low = np.maximum(self._rank - reach, self._low)
        high = np.minimum(self._rank + reach + ~self._between, self._high)
        total = np.concatenate((np.zeros((len(values), 1)), np.cumsum(values[:, self._kept], axis=1)), axis=1)
        own = np.where(self._between, 0.0, values)
        mean: Floats = (total[:, high] - total[:, low] - own) / np.maximum(high - low - ~self._between, 1)
        return mean

    def distances(self, flags: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """How many lines back and ahead the nearest flagged line stands, as a logarithm."""
        at = np.concatenate(([-_FAR - 1], np.flatnonzero(flags[self._kept]), [len(self._kept) + _FAR]))
        place = np.searchsorted(at, self._rank)
        earlier, later = at[place - 1], at[np.searchsorted(at, self._rank + ~self._between)]
        back = np.where(earlier >= self._low, self._rank - earlier, _FAR)
        ahead = np.where(later < self._high, later - self._rank + self._between, _FAR)
        return np.log1p(np.minimum(back, _FAR).astype(np.float64)), np.log1p(np.minimum(ahead, _FAR).astype(np.float64))

    def _padded(self, values: Floats) -> Floats:
        padded = np.zeros((len(values), len(self._kept) + 1))
        padded[:, :-1] = values[:, self._kept]
        return padded
