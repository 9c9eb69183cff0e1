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
        sentences: what is read of their sentences.
    """

    ngrams: sp.csr_array
    signals: NDArray[np.float64]
    sentences: Sentences

    def __getitem__(self, rows: NDArray[np.int64]) -> Features:
        return Features(self.ngrams[rows], self.signals[rows], self.sentences.of(rows))


@dataclass(frozen=True)
class Sentences:
    """The sentences of many texts.

    Attributes:
        ngrams: hashed n-grams, shape (sentences, 2**ngrams.BITS).
        document: the text of each, rising, shape (sentences,).
    """

    ngrams: sp.csr_array
    document: NDArray[np.int64]

    def of(self, rows: NDArray[np.int64]) -> Sentences:
        """The sentences of some texts, in the order of these."""
        begin, end = (np.searchsorted(self.document, rows, side=side) for side in ("left", "right"))
        counts = end - begin
        first = np.cumsum(counts) - counts
        places = np.arange(counts.sum()) - np.repeat(first - begin, counts)
        return Sentences(self.ngrams[places], np.repeat(np.arange(len(rows)), counts))


def measure(texts: Iterable[str], progress: Progress | None = None) -> Features:
    """The features of each text, in order; `progress` hears of every text that is done."""
    places = [NAMES.index(name) for name in READ]
    parts, pieces = [sp.csr_array((0, 1 << ngrams.BITS))], [sp.csr_array((0, 1 << ngrams.BITS))]
    signals, document = [np.zeros((0, len(READ)))], [np.zeros(0, dtype=np.int64)]
    done = 0
    for batch in read_many(Document(text) for text in texts):
        article = boilerplate.article(batch)
        whole, own = ngrams.extract(article), ngrams.of_sentences(article)
        parts.append(_matrix(whole.document, whole.column, whole.value, len(batch)))
        pieces.append(_matrix(own.sentence, own.column, own.value[own.sentence], len(own.document)))
        document.append(own.document + done)
        signals.append(extract(batch).values[:, places])
        for _ in batch.documents:
            done += 1
            if progress is not None:
                progress(done)
    sentences = Sentences(_stacked(pieces), np.concatenate(document))
    return Features(_stacked(parts), np.concatenate(signals), sentences)


def _matrix(rows: NDArray[np.int64], columns: NDArray[np.int64], values: NDArray[np.float64], count: int) -> sp.csr_array:
    return sp.coo_array((values, (rows, columns.astype(np.int32))), shape=(count, 1 << ngrams.BITS)).tocsr()


def _stacked(parts: Sequence[sp.csr_array]) -> sp.csr_array:
    return sp.csr_array(sp.vstack(parts, format="csr"))


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
