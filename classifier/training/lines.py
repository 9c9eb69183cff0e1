"""Fits the line model: which lines of a page are boilerplate."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from classifier.boilerplate.features import alone, dense
from classifier.boilerplate.kinds import KIND_BITS, KindWeights, covered, kind_tokens
from classifier.boilerplate.model import Layers, LineModel, save, sigmoid, stack, with_look
from classifier.boilerplate.sheet import KINDS, Floats, Sheet, lay_out, part
from classifier.boilerplate.tokens import BITS, is_long, tokens, word_score
from classifier.document import Document, read_many
from classifier.training.pages import BOILERPLATE, CONTENT, READ, UNKNOWN, VISIBLE, Page, read_all, transplanted
from classifier.words import Ints

FOLDS = 4
THRESHOLD, ENCLOSED_THRESHOLD, VISIBLE_THRESHOLD, PASSAGE_THRESHOLD = 0.3, 0.7, 0.2, 0.6
_KIND_LINES = 40_000
_STRENGTH = 3.0  # inverse regularization of the word weights
_LONG_POSITIVE = 4.0  # boilerplate among long lines is rare: it weighs more
_HIDDEN, _ROWS, _EPOCHS, _AVERAGED = 32, 300_000, 10, 5
_RATE = 2e-3
_FIRST, _SECOND = (20, 21, 22, 23), (30, 31, 32, 33, 34)  # seeds of the networks whose mean is one look
_NOISE = 0.1  # added to standardized features while a network learns
_LEAST_DEVIATION = 0.1  # a flag that hardly any line has must not count for more than others
_VISIBLE_SAMPLE = 0.3  # of the lines of menus that word weights are fitted on
_UNLIKELY_BOILERPLATE, _UNLIKELY_CONTENT = 0.02, 0.95


@dataclass
class Columns:
    """All that is fitted on: the lines of many pages with their labels, weights and folds, shape (lines,) each.

    Attributes:
        pages: the pages in order.
        sheets: their lines, laid out a batch at a time.
        page: the page of each line.
        words: how many words it has.
    """

    pages: Sequence[Page]
    sheets: Sequence[Sheet] = field(repr=False)
    page: Ints
    labels: Ints
    weights: Floats
    fold: Ints
    words: Floats

    def __len__(self) -> int:
        return len(self.labels)

    def parts(self) -> Iterator[tuple[Sheet, slice]]:
        """Each sheet with the place of its lines."""
        begin = 0
        for sheet in self.sheets:
            yield sheet, slice(begin, begin + len(sheet))
            begin += len(sheet)

    def seen_as(self, view: str) -> NDArray[np.bool_]:
        """Which lines come from pages in a view."""
        return np.array([page.view == view for page in self.pages])[self.page]


def columns_of(pages: Sequence[Page]) -> Columns:
    """The columns of some pages; views of one page are in one fold."""
    labels = np.concatenate([page.labels for page in pages])
    page = np.repeat(np.arange(len(pages)), [len(page.labels) for page in pages])
    weights = np.array([page.weight for page in pages])[page] * (labels != UNKNOWN)
    fold = np.array([fold_of(page) for page in pages])[page]
    sheets = list(_laid_out(page.document for page in pages))
    return Columns(pages, sheets, page, labels, weights, fold, np.concatenate([sheet.words for sheet in sheets]))


def _laid_out(documents: Iterable[Document], *, sentences: bool = False) -> Iterator[Sheet]:
    return (lay_out(batch, sentences=sentences) for batch in read_many(documents))


def fold_of(page: Page) -> int:
    """The fold of a page, by its identity."""
    return crc32(page.identity.encode()) % FOLDS


def fit(pages: Sequence[Page]) -> LineModel:
    """The line model of some labelled pages."""
    data = columns_of(pages)
    matrix = _matrix(data)
    by_fold = [fit_words(data, matrix, (data.fold != fold) & (data.weights > 0)) for fold in range(FOLDS)]
    names, features = _features(data, by_fold)
    data.weights = data.weights * ~doubtful(data, out_of_fold_logits(data, features, seed=0, rows=_ROWS // 2))
    looked = out_of_fold_logits(data, features, seed=10, rows=_ROWS)
    seen = _second_features(data, features, looked)
    return LineModel(
        words=fit_words(data, matrix, data.weights > 0),
        first=joined([fit_network(features, data.labels, data.weights, seed) for seed in _FIRST]),
        second=joined([fit_network(seen, data.labels, data.weights, seed) for seed in _SECOND]),
        alone=fit_alone(data, by_fold),
        kinds=fit_kinds(data),
        features=names,
        threshold=THRESHOLD,
        enclosed_threshold=ENCLOSED_THRESHOLD,
        visible_threshold=VISIBLE_THRESHOLD,
        passage_threshold=PASSAGE_THRESHOLD,
    )


def _features(data: Columns, by_fold: Sequence[NDArray[np.float32]]) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """The names of the features of the first look and their values, shape (lines, features)."""
    names: tuple[str, ...] = ()
    parts = []
    for sheet, lines in data.parts():
        columns = dense(sheet, score_by_fold(sheet, data.fold[lines], by_fold))
        names = tuple(columns)
        parts.append(stack(columns).T.astype(np.float32))
    return names, np.concatenate(parts)


def _second_features(data: Columns, features: NDArray[np.float32], logits: Floats) -> NDArray[np.float32]:
    """The features of the second look, given what networks said that had not seen a line's page, shape (lines, features)."""
    parts = []
    for sheet, lines in data.parts():
        first = features[lines].T.astype(np.float64)
        parts.append(with_look(sheet, first, logits[lines], np.arange(len(sheet))).T.astype(np.float32))
    return np.concatenate(parts)


def joined(networks: Sequence[Layers]) -> Layers:
    """The mean of several networks of one hidden layer, which is a wider network."""
    weights = np.concatenate([network.weights[0] for network in networks], axis=1)
    biases = np.concatenate([network.biases[0] for network in networks])
    last = np.concatenate([network.weights[1] for network in networks]) / len(networks)
    return Layers((weights, last), (biases, np.mean([network.biases[1] for network in networks], axis=0)))


def fit_alone(data: Columns, by_fold: Sequence[NDArray[np.float32]]) -> Layers:
    """A network for sentences inside paragraphs; a sentence is what its line is."""
    features, rows = [], []
    sentences = _laid_out((page.document for page in data.pages), sentences=True)
    for (sheet, lines), pieces in zip(data.parts(), sentences, strict=True):
        row = lines.start + sheet.line_of_character(pieces.spans[:, 0])
        score = score_by_fold(pieces, data.fold[row], by_fold)
        use = np.flatnonzero(data.weights[row] > 0)
        features.append(stack(alone(pieces, score))[:, use].T.astype(np.float32))
        rows.append(row[use])
    row = np.concatenate(rows)
    return fit_network(np.concatenate(features), data.labels[row], data.weights[row], seed=40)


def fit_kinds(data: Columns) -> KindWeights:
    """Weights that tell kinds apart, learned from boilerplate whose kind the phrase lists tell."""
    from scipy.sparse import csr_matrix, vstack
    from sklearn.linear_model import LogisticRegression

    matrices, told = [], []
    for sheet, lines in data.parts():
        cover = covered(sheet)
        clear = (data.labels[lines] == BOILERPLATE) & ((cover > 0).sum(axis=0) == 1)
        chosen = part(sheet, clear)
        rows, columns = kind_tokens(chosen)
        scale = 1 / np.sqrt(np.maximum(chosen.count(rows), 1))
        matrices.append(csr_matrix((scale[rows], (rows, columns)), shape=(len(chosen), 1 << KIND_BITS)))
        told.append(cover[:, clear].argmax(axis=0))
    matrix, kind = vstack(matrices, format="csr"), np.concatenate(told)
    drawn = np.sort(np.random.default_rng(0).permutation(len(kind))[:_KIND_LINES])
    regression = _converged(LogisticRegression(C=10.0, max_iter=100, tol=1e-3), matrix[drawn], kind[drawn])
    words, bias = np.zeros((len(KINDS), 1 << KIND_BITS)), np.full(len(KINDS), -30.0)  # a kind without lines is never told
    words[regression.classes_], bias[regression.classes_] = regression.coef_, regression.intercept_
    return KindWeights(words.astype(np.float16).astype(np.float32), bias)


def _matrix(data: Columns) -> Any:
    """The tokens of each line over the root of their number, sparse, shape (lines, 2**BITS)."""
    from scipy.sparse import csr_matrix

    found = [(lines.start, *tokens(sheet)) for sheet, lines in data.parts()]
    rows = np.concatenate([row + begin for begin, row, _ in found])
    scale = 1 / np.sqrt(np.maximum(np.bincount(rows, minlength=len(data)), 1))
    columns = np.concatenate([column for _, _, column in found])
    return csr_matrix((scale[rows].astype(np.float32), (rows, columns)), shape=(len(data), 1 << BITS))


def fit_words(data: Columns, matrix: Any, use: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Weights of the hashed vocabulary by logistic regression, rounded as they are stored, shape (2, 2**BITS)."""
    from sklearn.linear_model import LogisticRegression

    drawn = ~data.seen_as(VISIBLE) | (np.random.default_rng(0).random(len(data)) < _VISIBLE_SAMPLE)  # menus repeat themselves
    rows = []
    for which, positive in ((False, 1.0), (True, _LONG_POSITIVE)):
        lines = np.flatnonzero(use & drawn & (is_long(data.words) == which))
        weights = data.weights[lines] * np.where(data.labels[lines] == BOILERPLATE, positive, 1.0)
        regression = LogisticRegression(C=_STRENGTH, max_iter=60, tol=1e-3)
        rows.append(_converged(regression, matrix[lines], data.labels[lines], weights).coef_[0])
    return np.stack(rows).astype(np.float16).astype(np.float32)


def _converged(regression: Any, matrix: Any, labels: Ints, weights: Floats | None = None) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is meant to stop early
        return regression.fit(matrix, labels, sample_weight=weights)


def score_by_fold(sheet: Sheet, fold: Ints, by_fold: Sequence[NDArray[np.float32]]) -> Floats:
    """The word score of each line by weights that were fitted without its page."""
    scores = np.stack([word_score(sheet, words) for words in by_fold])
    return scores[fold, np.arange(len(sheet))]


def out_of_fold_logits(data: Columns, features: NDArray[np.float32], seed: int, rows: int) -> Floats:
    """What networks say that were fitted without a line's page."""
    logits = np.zeros(len(data))
    for fold in range(FOLDS):
        held = data.fold == fold
        network = fit_network(features, data.labels, data.weights * ~held, seed + fold, rows)
        logits[held] = network.logits(features[held].T)
    return logits


def fit_network(features: NDArray[np.float32], labels: Ints, weights: Floats, seed: int, rows: int = _ROWS) -> Layers:
    """A small network, the mean of its last epochs; lines are drawn in proportion to their weight.

    The mean and the deviation by which features are standardized are worked into its first layer.
    """
    from sklearn.neural_network import MLPClassifier

    generator = np.random.default_rng(seed)
    drawn = generator.choice(len(labels), size=rows, p=weights / weights.sum())
    mean, deviation = features[drawn].mean(axis=0), np.maximum(features[drawn].std(axis=0), _LEAST_DEVIATION)
    inputs = (features[drawn] - mean) / deviation
    inputs = (inputs + generator.normal(0, _NOISE, inputs.shape)).astype(np.float32)
    network = MLPClassifier((_HIDDEN,), alpha=1e-2, batch_size=512, learning_rate_init=_RATE, random_state=seed)
    kept: list[Sequence[Floats]] = []
    for epoch in range(_EPOCHS):
        order = generator.permutation(rows)
        network.partial_fit(inputs[order], labels[drawn][order], classes=(CONTENT, BOILERPLATE))
        if epoch >= _EPOCHS - _AVERAGED:
            kept.append([array.astype(np.float64) for array in (*network.coefs_, *network.intercepts_)])
    first, last, bias, last_bias = (np.mean(arrays, axis=0) for arrays in zip(*kept, strict=True))
    first = first / deviation[:, None].astype(np.float64)
    return Layers((first, last), (bias - mean.astype(np.float64) @ first, last_bias))


def doubtful(data: Columns, logits: Floats) -> NDArray[np.bool_]:
    """Labels that are hardly right: boilerplate that reads as an article, and menus that readers only sampled."""
    probability = sigmoid(logits)
    wrong_boilerplate = (data.labels == BOILERPLATE) & (probability < _UNLIKELY_BOILERPLATE)
    wrong_content = data.seen_as(READ) & (data.labels == CONTENT) & (probability > _UNLIKELY_CONTENT)
    doubt: NDArray[np.bool_] = wrong_boilerplate | wrong_content
    return doubt


def train(corpora: Path, folder: Path) -> LineModel:
    """Fit the line model on the corpora and write it; fundus and andythefactory stay unseen."""
    pages = read_all(corpora)
    model = fit([*pages, *transplanted(pages, fold_of)])
    save(model, folder)
    return model


if __name__ == "__main__":
    train(Path(sys.argv[1]), Path(sys.argv[2]))
