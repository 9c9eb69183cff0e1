"""The classifiers that are compared: ours, TF-IDF with logistic regression, and fastText, behind one face."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from inspect import getsource
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp
from folds import Ints
from measured import ROOT, Tell, code_digest, features
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from classifier.training.examples import Example
from classifier.training.fit import balanced, fit, label_numbers
from classifier.verdict import LABELS

Floats = NDArray[np.float64]
# Rows in; logits of the labels, shape (rows, 3), and of "none of the three", shape (rows,) or None where a system has no such notion.
Judge = Callable[[Ints], tuple[Floats, Floats | None]]

UNSEEN = -30.0  # logit of a label that training did not hold


class System(Protocol):
    """A way to learn labels from texts."""

    name: str

    def __init__(self, examples: Sequence[Example], tell: Tell) -> None: ...

    @classmethod
    def code(cls) -> str:
        """A digest of the code that its answers depend on; where it changes, all is asked anew."""

    def learn(self, train: Ints) -> Judge:
        """Learn from the examples in these rows; returned is what judges others."""


def _digest(*texts: str) -> str:
    """A digest of code, and of the versions of the libraries that it learns with."""
    versions = [f"{name} {version(name)}" for name in ("numpy", "scipy", "scikit-learn")]
    return hashlib.sha256("\0".join([*versions, *texts]).encode()).hexdigest()


class Ours:
    """This project's features and its own `fit`."""

    name = "ours"

    def __init__(self, examples: Sequence[Example], tell: Tell) -> None:
        self.examples, self.features = examples, features(examples, tell)

    @classmethod
    def code(cls) -> str:
        """See System: the features, and all that fits."""
        package = ROOT / "classifier"
        fitting = [*sorted((package / "training").glob("*.py")), package / "sentences.py", package / "model.py"]
        return _digest(getsource(cls), code_digest(), *(path.read_text(encoding="utf-8") for path in fitting))

    def learn(self, train: Ints) -> Judge:
        """See System."""
        fitted = fit(self.features[train], [self.examples[row] for row in train.tolist()])
        return lambda test: fitted.logits(self.features[test])


class TfIdf:
    """TF-IDF over words and pairs of words, and logistic regression (one label against the others) with our weights.

    Columns and values are those of `TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, max_features=200_000)`
    fitted on the training texts of each round, but for ties at the 200,000th column; only the counting is done once.
    """

    name = "tfidf"
    most = 200_000

    def __init__(self, examples: Sequence[Example], tell: Tell) -> None:
        tell("counting words and pairs of words for TF-IDF")
        self.truth, self.weights = label_numbers(examples), np.array([example.weight for example in examples])
        self.counts = sp.csr_array(
            CountVectorizer(ngram_range=(1, 2), min_df=2, dtype=np.float32).fit_transform([example.text for example in examples])
        )

    @classmethod
    def code(cls) -> str:
        """See System."""
        return _digest(getsource(cls), getsource(balanced), getsource(label_numbers))

    def learn(self, train: Ints) -> Judge:
        """See System."""
        train = train[self.truth[train] >= 0]
        columns, rarity = self._vocabulary(train)
        matrix, weights = self._matrix(train, columns, rarity), balanced(self.truth[train], self.weights[train])
        matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)  # liblinear takes no others
        estimators = [
            LogisticRegression(C=5, solver="liblinear", tol=1e-2).fit(matrix, self.truth[train] == place, sample_weight=weights)
            for place in range(len(LABELS))
        ]
        return lambda test: (np.stack([each.decision_function(self._matrix(test, columns, rarity)) for each in estimators], axis=1), None)

    def _vocabulary(self, train: Ints) -> tuple[Ints, NDArray[np.float32]]:
        counts = self.counts[train]
        texts = np.bincount(counts.indices, minlength=counts.shape[1])
        times = np.bincount(counts.indices, counts.data, counts.shape[1])
        columns = np.flatnonzero(texts >= 2)
        columns = np.sort(columns[np.argsort(-times[columns], kind="stable")[: self.most]])
        return columns, (np.log((1 + len(train)) / (1 + texts[columns])) + 1).astype(np.float32)

    def _matrix(self, rows: Ints, columns: Ints, rarity: NDArray[np.float32]) -> sp.csr_array:
        matrix = sp.csr_array(self.counts[rows][:, columns])
        matrix.data = np.log(matrix.data) + 1
        return sp.csr_array(normalize(matrix.multiply(rarity[None, :]).tocsr(), copy=False))


# One thread, so that two runs agree; fewer buckets and dimensions than the defaults, so that the many rounds end in good time.
# Five epochs over each text do better on sources that were left out than twelve (macro-F1 .525 and .510 in two rounds).
_FASTTEXT = {"lr": 0.5, "epoch": 5, "wordNgrams": 2, "dim": 50, "minCount": 2, "bucket": 500_000, "thread": 1, "verbose": 0}


class FastText:
    """fastText with words and pairs of words; a text is written down as often as its weight says, since fastText knows no weights."""

    name = "fasttext"
    copies = 1.0  # mean number of times that a text is written down

    def __init__(self, examples: Sequence[Example], tell: Tell) -> None:
        tell("splitting words for fastText")
        self.truth, self.weights = label_numbers(examples), np.array([example.weight for example in examples])
        self.lines = [" ".join(re.sub(r"([^\w\s])", r" \1 ", example.text.lower()).split()) for example in examples]

    @classmethod
    def code(cls) -> str:
        """See System."""
        return _digest(getsource(cls), getsource(balanced), getsource(label_numbers), repr(_FASTTEXT))

    def learn(self, train: Ints) -> Judge:
        """See System."""
        train = train[self.truth[train] >= 0]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "train.txt"
            path.write_text("".join(self._written(train)), encoding="utf-8", errors="replace")
            model = self._fitted(str(path))
        return lambda test: (self._logits(model, test), None)

    @staticmethod
    def _fitted(path: str) -> Any:
        """A model; fastText sometimes runs off into NaN and says so, then it learns more slowly."""
        for slower in (1, 2, 4):
            try:
                return import_module("fasttext").train_supervised(path, **(_FASTTEXT | {"lr": _FASTTEXT["lr"] / slower}))
            except RuntimeError as error:
                failure = error
        raise failure

    def _written(self, train: Ints) -> list[str]:
        draw = np.random.Generator(np.random.PCG64(7))
        weights = balanced(self.truth[train], self.weights[train])
        times = np.floor(weights / weights.mean() * self.copies + draw.random(len(train))).astype(int)
        rows = np.repeat(train, times)
        draw.shuffle(rows)
        return [f"__label__{LABELS[self.truth[row]]} {self.lines[row]}\n" for row in rows.tolist()]

    def _logits(self, model: Any, test: Ints) -> Floats:
        logits = np.full((len(test), len(LABELS)), UNSEEN)
        for place, row in enumerate(test.tolist()):
            for label, chance in zip(*model.predict(self.lines[row], k=len(LABELS)), strict=True):
                logits[place, LABELS.index(label.removeprefix("__label__"))] = np.log(max(float(chance), 1e-9))
        return logits


SYSTEMS: dict[str, type[System]] = {"ours": Ours, "tfidf": TfIdf, "fasttext": FastText}
TITLES = {"ours": "quality", "tfidf": "TF-IDF + logistic regression", "fasttext": "fastText"}


def available(names: Sequence[str], tell: Tell) -> list[str]:
    """The systems that can be run here; fastText is left out, with a note, where it is not installed."""
    if "fasttext" in names and find_spec("fasttext") is None:
        tell("fastText is not installed, so it is left out. `make bench` installs it; by hand: pip install fasttext-numpy2-wheel")
        return [name for name in names if name != "fasttext"]
    return list(names)
