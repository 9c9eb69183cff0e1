"""The model of sentences: each takes the label of its text, and the judgement of many is what counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import SGDClassifier

from classifier.model import STORED
from classifier.sentences import WIDTH, summarize
from classifier.training.features import Sentences
from classifier.verdict import LABELS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SETTINGS = {"loss": "log_loss", "alpha": 1e-5, "max_iter": 3, "tol": None, "random_state": 0}


def learn(sentences: Sentences, truth: Ints, weights: Floats) -> NDArray[np.float32]:
    """The weight of each n-gram of a sentence for each label, shape (columns, labels).

    Args:
        sentences: of the texts.
        truth: the label of each text, -1 where it has none; shape (texts,).
        weights: how much each text counts; its sentences share that. Texts that count nothing are left out.
    """
    table = np.zeros((sentences.ngrams.shape[1], len(LABELS)), dtype=np.float32)
    document = sentences.document
    rows = np.flatnonzero((truth >= 0)[document] & (weights > 0)[document])
    if len(np.unique(truth[document[rows]])) < 2:
        return table
    shares = (weights / np.maximum(np.bincount(document, minlength=len(truth)), 1))[document[rows]]
    matrix = sentences.ngrams[rows]
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    estimator = SGDClassifier(**_SETTINGS).fit(matrix, truth[document[rows]], sample_weight=shares / shares.mean())
    found = np.concatenate((-estimator.coef_, estimator.coef_)) if len(estimator.classes_) == 2 else estimator.coef_
    table[:, estimator.classes_] = found.T.astype(STORED)
    return table


def summaries(sentences: Sentences, table: NDArray[np.float32], texts: int) -> Floats:
    """What the sentences of each text say of it, shape (texts, WIDTH)."""
    return summarize(sentences.ngrams @ table.astype(np.float64), sentences.document, texts)


def held_out_summaries(sentences: Sentences, truth: Ints, weights: Floats, splits: Sequence[tuple[Ints, Ints]], texts: int) -> Floats:
    """The same by models that have not seen the text: the trees must learn from what they will be given of new texts."""
    found = np.zeros((texts, WIDTH))
    for train, test in splits:
        seen = np.zeros(texts)
        seen[train] = weights[train]
        found[test] = summaries(sentences, learn(sentences, truth, seen), texts)[test]
    return found
