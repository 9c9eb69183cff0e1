"""What the model reads of many texts, as matrices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classifier import boilerplate, ngrams
from classifier.document import Document, read_many
from classifier.signals import NAMES, extract

# What an index says is no property of the text; and boilerplate is cut before an article is judged, so that wrapping it in
# menus and prompts changes nothing. The label model reads of it only whether an article is left.
_UNREAD = ("boilerplate", "duplication")
READ = (*(name for name in NAMES if name.partition(".")[0] not in _UNREAD), "boilerplate.prose_left")
BINS = 10
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Features:
    """The features of many texts.

    Attributes:
        ngrams: hashed n-grams, shape (texts, 2**ngrams.BITS).
        signals: values of READ, shape (texts, len(READ)).
    """

    ngrams: sp.csr_array
    signals: NDArray[np.float64]

    def __getitem__(self, rows: NDArray[np.int64]) -> Features:
        return Features(self.ngrams[rows], self.signals[rows])


def measure(texts: Iterable[str], progress: Progress | None = None) -> Features:
    """The features of each text, in order; `progress` hears of every text that is done."""
    places = [NAMES.index(name) for name in READ]
    parts: list[ngrams.Grams] = []
    signals = [np.zeros((0, len(READ)))]
    done = 0
    for batch in read_many(Document(text) for text in texts):
        grams = ngrams.extract(boilerplate.article(batch))
        parts.append(ngrams.Grams(grams.document + done, grams.column.astype(np.int32), grams.value))
        signals.append(extract(batch).values[:, places])
        for _ in batch.documents:
            done += 1
            if progress is not None:
                progress(done)
    rows, columns, values = (np.concatenate([getattr(part, name) for part in parts]) for name in ngrams.Grams.__slots__)
    matrix = sp.coo_array((values, (rows, columns)), shape=(done, 1 << ngrams.BITS)).tocsr()
    return Features(matrix, np.concatenate(signals))


def bin_edges(signals: NDArray[np.float64], weights: NDArray[np.float64]) -> list[list[float]]:
    """Rising edges that cut each signal into bins of about equal weight; a signal that is mostly 0 is cut above 0 too."""
    return [_edges(column, weights) for column in signals.T]


def _edges(column: NDArray[np.float64], weights: NDArray[np.float64]) -> list[float]:
    edges = _quantiles(column, weights, BINS)
    positive = column > 0
    if len(edges) < 3 and np.count_nonzero(positive) >= 20:
        edges = np.concatenate((edges, [1e-9], _quantiles(column[positive], weights[positive], 3)))
    return [float(edge) for edge in np.unique(np.round(edges, 9)) if column.min() <= edge < column.max()]


def _quantiles(column: NDArray[np.float64], weights: NDArray[np.float64], bins: int) -> NDArray[np.float64]:
    order = np.argsort(column, kind="stable")
    share = np.cumsum(weights[order]) / weights.sum()
    places = np.searchsorted(share, np.linspace(0, 1, bins + 1)[1:-1])
    return column[order][np.minimum(places, len(column) - 1)]


def code(signals: NDArray[np.float64], edges: Sequence[Sequence[float]]) -> NDArray[np.float32]:
    """Which edges each value exceeds, shape (texts, sum of edges), as 0 and 1."""
    coded = [signals[:, [place]] > np.array(cuts)[None, :] for place, cuts in enumerate(edges)]
    return np.concatenate(coded, axis=1).astype(np.float32)
