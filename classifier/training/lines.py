"""Fits the line model: which lines of a page are boilerplate."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from classifier.boilerplate.features import alone, dense
from classifier.boilerplate.kinds import KIND_BITS, KindWeights, covered, kind_tokens
from classifier.boilerplate.model import Layers, LineModel, Look, save, stack, with_look
from classifier.boilerplate.sheet import KINDS, Floats, Sheet, lay_out, part, stacked
from classifier.boilerplate.tokens import BITS, is_long, tokens, word_score
from classifier.document import read_many
from classifier.training.pages import BOILERPLATE, CONTENT, READ, UNKNOWN, VISIBLE, Page, read_all, transplanted
from classifier.words import Ints

FOLDS = 4
THRESHOLD, VISIBLE_THRESHOLD, PASSAGE_THRESHOLD = 0.5, 0.3, 0.9
_KIND_LINES = 40_000
_STRENGTH = {False: 3.0, True: 3.0}  # inverse regularization of the word weights of short and long lines
_LONG_POSITIVE = 4.0  # boilerplate among long lines is rare: it weighs more
_HIDDEN, _EPOCHS, _NETWORKS, _ROWS = (32,), 10, 4, 300_000
_NOISE = 0.1  # added to standardized features while a network learns
_VISIBLE_SAMPLE = 0.3  # of the lines of menus that word weights are fitted on
_UNLIKELY_BOILERPLATE, _UNLIKELY_CONTENT = 0.02, 0.95


@dataclass
class Columns:
    """All that is fitted on: the lines of many pages with their tokens, labels, weights and folds."""

    pages: Sequence[Page]
    sheet: Sheet
    rows: Ints
    tokens: Ints
    labels: Ints
    weights: Floats
    fold: Ints


def columns_of(pages: Sequence[Page]) -> Columns:
    """The columns of some pages; views of one page are in one fold."""
    sheet = stacked([lay_out(batch) for batch in read_many(page.document for page in pages)])
    labels = np.concatenate([page.labels for page in pages])
    weights = np.array([page.weight for page in pages])[sheet.document] * (labels != UNKNOWN)
    fold = np.array([fold_of(page) for page in pages])[sheet.document]
    rows, columns = tokens(sheet)
    return Columns(pages, sheet, rows, columns, labels, weights, fold)


def fold_of(page: Page) -> int:
    """The fold of a page, by its identity."""
    return crc32(page.identity.encode()) % FOLDS


def fit(pages: Sequence[Page]) -> LineModel:
    """The line model of some labelled pages."""
    data = columns_of(pages)
    words, by_fold = fit_words(data, data.weights > 0), words_by_fold(data)
    columns = dense(data.sheet, score_by_fold(data.sheet, data.fold, by_fold))
    features = stack(columns)
    data.weights = data.weights * ~doubtful(data, out_of_fold_logits(data, features, seed=0))
    looked = out_of_fold_logits(data, features, seed=10)
    use = data.weights > 0
    return LineModel(
        words=words,
        first=fit_look(data, features, use, seed=20),
        second=fit_look(data, with_look(data.sheet, features, looked), use, seed=30),
        alone=fit_alone(data, by_fold),
        kinds=fit_kinds(data),
        features=tuple(columns),
        threshold=THRESHOLD,
        visible_threshold=VISIBLE_THRESHOLD,
        passage_threshold=PASSAGE_THRESHOLD,
    )


def fit_alone(data: Columns, by_fold: Sequence[NDArray[np.float32]]) -> Look:
    """A network for sentences inside paragraphs; a sentence is what its line is."""
    sheet = stacked([lay_out(batch, sentences=True) for batch in read_many(page.document for page in data.pages)])
    line = data.sheet.line_of_character(sheet.spans[:, 0])
    features = stack(alone(sheet, score_by_fold(sheet, data.fold[line], by_fold)))
    use = np.flatnonzero(data.weights[line] > 0)
    rows = line[use]
    return Look((fit_network(features[use], data.labels[rows], data.weights[rows], 40, _ROWS),))


def fit_kinds(data: Columns) -> KindWeights:
    """Weights that tell kinds apart, learned from boilerplate whose kind the phrase lists tell."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    cover = covered(data.sheet)
    told = np.flatnonzero((data.labels == BOILERPLATE) & (cover.max(axis=0) > 0) & ((cover > 0).sum(axis=0) == 1))
    told = np.random.default_rng(0).permutation(told)[:_KIND_LINES]
    sheet = part(data.sheet, np.isin(np.arange(len(data.sheet)), told))
    rows, columns = kind_tokens(sheet)
    scale = 1 / np.sqrt(np.maximum(sheet.count(rows), 1))
    matrix = csr_matrix((scale[rows], (rows, columns)), shape=(len(sheet), 1 << KIND_BITS))
    regression = LogisticRegression(C=10.0, max_iter=100, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        regression.fit(matrix, cover[:, np.sort(told)].argmax(axis=0))
    words, bias = np.zeros((len(KINDS), 1 << KIND_BITS)), np.full(len(KINDS), -30.0)  # a kind without lines is never told
    words[regression.classes_], bias[regression.classes_] = regression.coef_, regression.intercept_
    return KindWeights(words.astype(np.float16).astype(np.float32), bias)


def fit_words(data: Columns, use: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Weights of the hashed vocabulary by logistic regression, rounded as they are stored, shape (2, 2**BITS)."""
    long = is_long(data.sheet)
    rows = [
        _regress(data, np.flatnonzero(use & (long == which)), _STRENGTH[which], _LONG_POSITIVE if which else 1.0) for which in (False, True)
    ]
    return np.stack(rows).astype(np.float16).astype(np.float32)


def _regress(data: Columns, lines: Ints, strength: float, positive: float) -> Floats:
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    lines = lines[_thinned(data, lines)]
    place = np.full(len(data.sheet), -1)
    place[lines] = np.arange(len(lines))
    mine = np.flatnonzero(place[data.rows] >= 0)
    rows = place[data.rows[mine]]
    scale = 1 / np.sqrt(np.maximum(np.bincount(rows, minlength=len(lines)), 1))
    matrix = csr_matrix((scale[rows].astype(np.float32), (rows, data.tokens[mine])), shape=(len(lines), 1 << BITS))
    weights = data.weights[lines] * np.where(data.labels[lines] == BOILERPLATE, positive, 1.0)
    regression = LogisticRegression(C=strength, max_iter=60, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        regression.fit(matrix, data.labels[lines], sample_weight=weights)
    coefficients: Floats = regression.coef_[0]
    return coefficients


def _thinned(data: Columns, lines: Ints) -> NDArray[np.bool_]:
    """A sample of the lines of whole pages, and all others: menus repeat themselves."""
    visible = np.array([page.view == VISIBLE for page in data.pages])[data.sheet.document[lines]]
    return ~visible | (np.random.default_rng(0).random(len(lines)) < _VISIBLE_SAMPLE)


def words_by_fold(data: Columns) -> list[NDArray[np.float32]]:
    """For each fold, word weights that were fitted without its pages."""
    return [fit_words(data, (data.fold != fold) & (data.weights > 0)) for fold in range(FOLDS)]


def score_by_fold(sheet: Sheet, fold: Ints, by_fold: Sequence[NDArray[np.float32]]) -> Floats:
    """The word score of each line by weights that were fitted without its page."""
    scores = np.stack([word_score(sheet, words) for words in by_fold])
    return scores[fold, np.arange(len(sheet))]


def out_of_fold_logits(data: Columns, features: Floats, seed: int) -> Floats:
    """What networks say that were fitted without a line's page."""
    logits = np.zeros(len(data.sheet))
    for fold in range(FOLDS):
        held = data.fold == fold
        use = np.flatnonzero(~held & (data.weights > 0))
        network = fit_network(features[use], data.labels[use], data.weights[use], seed + fold, _ROWS * 3 // 4)
        logits[held] = network.logits(features[held])
    return logits


def fit_look(data: Columns, features: Floats, use: NDArray[np.bool_], seed: int) -> Look:
    """Several networks, drawn and started differently."""
    chosen = np.flatnonzero(use)
    part = (features[chosen], data.labels[chosen], data.weights[chosen])
    return Look(tuple(fit_network(*part, seed + k, _ROWS) for k in range(_NETWORKS)))


def fit_network(features: Floats, labels: Ints, weights: Floats, seed: int, rows: int) -> Layers:
    """A small network on dense features; lines are drawn in proportion to their weight."""
    from sklearn.neural_network import MLPClassifier

    generator = np.random.default_rng(seed)
    drawn = generator.choice(len(labels), size=rows, p=weights / weights.sum())
    mean, deviation = features[drawn].mean(axis=0), features[drawn].std(axis=0) + 1e-3
    layers = Layers(mean, deviation, (), ())
    inputs = layers.standardize(features[drawn])
    inputs += generator.normal(0, _NOISE, inputs.shape)
    network = MLPClassifier(_HIDDEN, alpha=1e-2, batch_size=512, learning_rate_init=2e-3, max_iter=_EPOCHS, tol=0.0, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is meant to stop early
        network.fit(inputs.astype(np.float32), labels[drawn])
    return Layers(mean, deviation, tuple(map(_double, network.coefs_)), tuple(map(_double, network.intercepts_)))


def _double(array: NDArray[np.float32]) -> Floats:
    return array.astype(np.float64)


def doubtful(data: Columns, logits: Floats) -> NDArray[np.bool_]:
    """Labels that are hardly right: boilerplate that reads as an article, and menus that readers only sampled."""
    probability = 1 / (1 + np.exp(-logits))
    read = np.array([page.view == READ for page in data.pages])[data.sheet.document]
    wrong_boilerplate = (data.labels == BOILERPLATE) & (probability < _UNLIKELY_BOILERPLATE)
    wrong_content = read & (data.labels == CONTENT) & (probability > _UNLIKELY_CONTENT)
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
