"""What the sentences of a text, scored one by one, say of the whole: how much of it reads like each label, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier import ngrams
from classifier.document import Batch
from classifier.verdict import LABELS
from classifier.words import Ints, changes

Floats = NDArray[np.float64]

_ENDS = 3  # sentences at the beginning and at the end that are told apart from the rest
_ALL = slice(None)
_STATISTICS = 11
_TOLD = 2  # sentences shown to a reader
_FEWEST_WORDS = 4  # of a sentence that is worth showing
WIDTH = _STATISTICS * len(LABELS)  # columns of a summary


@dataclass(frozen=True, slots=True)
class Scored:
    """The sentences of a batch that hold words, and what each of them says.

    Attributes:
        score: of each sentence for each label, shape (sentences, labels).
        document: the document of each, rising, shape (sentences,).
        span: where each stands among the characters of the batch, shape (sentences, 2).
        words: how many words each has, shape (sentences,).
    """

    score: Floats
    document: Ints
    span: Ints
    words: Ints


def scored(batch: Batch, weights: NDArray[np.float32]) -> Scored:
    """Score each sentence of some texts.

    Args:
        batch: the articles.
        weights: of each n-gram for each label, shape (2**ngrams.BITS, labels).
    """
    grams = ngrams.of_sentences(batch)
    added = weights.take(grams.column, axis=0, mode="clip")  # "raise" would take ten times as long
    size = len(grams.document)
    sums = np.stack([np.bincount(grams.sentence, added[:, place], size) for place in range(added.shape[1])], axis=1)
    first = np.flatnonzero(changes(batch.words.sentence))
    span, words = batch.words.sentences[batch.words.sentence[first]], np.diff(np.append(first, len(batch.words.sentence)))
    return Scored(sums * grams.value[:, None], grams.document, span, words)


def telling(found: Scored, labels: Ints) -> dict[int, list[tuple[int, int]]]:
    """Where the sentences stand that speak most for the label of their document, the strongest first, by document.

    Args:
        found: the sentences of a batch.
        labels: the place in LABELS of the label of each document, shape (documents,).
    """
    rows = np.arange(len(found.document))
    own = found.score[rows, labels[found.document]] - found.score.mean(axis=1)
    order = np.lexsort((-own, found.document))
    speaking = order[(own[order] > 0) & (found.words[order] >= _FEWEST_WORDS)]
    told: dict[int, list[tuple[int, int]]] = {}
    for document, (start, end) in zip(found.document[speaking].tolist(), found.span[speaking].tolist(), strict=True):
        spans = told.setdefault(document, [])
        if len(spans) < _TOLD:
            spans.append((start, end))
    return told


def summarize(scores: Floats, document: Ints, documents: int) -> Floats:
    """Statistics of the scores of each document's sentences: mean, extremes, quartiles, beginning, end, spread and share above 0.

    Args:
        scores: of each sentence for each label, shape (sentences, labels).
        document: of each sentence, rising, shape (sentences,).
        documents: how many there are; some may have no sentence.

    Returns:
        Shape (documents, WIDTH), the statistics of a label side by side.
    """
    counts = np.bincount(document, minlength=documents)
    columns = [_statistics(score, document, counts) for score in scores.T]
    return np.concatenate(columns, axis=1)


def _falling(score: Floats, document: NDArray[np.unsignedinteger[Any]]) -> Ints:
    """The places of scores that fall within each document: two sorts, for numbers of few bits are sorted by their digits."""
    order = np.argsort(-score)
    return order[np.argsort(document[order], kind="stable")]


def _statistics(score: Floats, document: Ints, counts: Ints) -> Floats:
    begin = np.cumsum(counts) - counts
    rank = np.arange(len(score)) - begin[document]
    falling = score[_falling(score, document.astype(np.min_scalar_type(len(counts))))]
    full = np.flatnonzero(counts)

    def mean(values: Floats, chosen: NDArray[np.bool_] | slice = _ALL) -> Floats:
        sums, sizes = (np.bincount(document[chosen], weights, len(counts)) for weights in (values[chosen], None))
        return sums / np.maximum(sizes, 1)

    def ranked(place: Ints) -> Floats:
        found = np.zeros(len(counts))
        found[full] = falling[(begin + np.minimum(place, counts - 1))[full]]
        return found

    average = mean(score)
    columns = (
        average,
        ranked(np.zeros_like(counts)),
        mean(falling, rank < _ENDS),
        ranked(counts // 4),
        ranked(counts // 2),
        ranked(counts - 1),
        mean(score, rank < _ENDS),
        mean(score, rank < 2 * _ENDS),
        mean(score, rank >= (counts - _ENDS)[document]),
        np.sqrt(mean(np.square(score - average[document]))),
        mean((score > 0).astype(np.float64)),
    )
    return np.stack(columns, axis=1)
