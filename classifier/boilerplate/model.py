"""The line model: how probable it is that each line of a page is boilerplate."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.boilerplate.features import dense, headlines, second_look, separators
from classifier.boilerplate.kinds import KindWeights
from classifier.boilerplate.sheet import Floats, Sheet, part
from classifier.boilerplate.tokens import BITS, word_score
from classifier.errors import ModelError

SCHEMA = 1
_LIMIT = 8.0  # logits of the first look are cut here: beyond it a line is sure anyway
_FAR = 6.0  # standard deviations: no feature counts for more
_MOSTLY = 0.65  # the mean probability of the lines of a page that is no extract; its article is a tenth of its lines
_PARAGRAPH_WORDS, _PARAGRAPH_THRESHOLD, _HEADLINE_THRESHOLD = 35, 0.8, 0.9
_MANIFEST, _ARRAYS = "lines.json", "lines.npz"
_REMEDY = "Install the package again, or train the line model anew with `python -m classifier.training.lines`."


@dataclass(frozen=True)
class Layers:
    """A small network: standardized features, rectified hidden layers, one logit."""

    mean: Floats
    deviation: Floats
    weights: Sequence[Floats]
    biases: Sequence[Floats]

    def standardize(self, features: Floats) -> Floats:
        """Features as the network takes them: no value is more than _FAR deviations from the mean."""
        inputs: Floats = ((features - self.mean) / self.deviation).clip(-_FAR, _FAR)
        return inputs

    def logits(self, features: Floats) -> Floats:
        """One logit a row of `features`, shape (lines,)."""
        values = self.standardize(features)
        for weights, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            values = np.maximum(values @ weights + bias, 0.0)
        result: Floats = (values @ self.weights[-1] + self.biases[-1])[:, 0]
        return result


@dataclass(frozen=True)
class Look:
    """Several networks whose logits are averaged."""

    networks: Sequence[Layers]

    @property
    def width(self) -> int:
        """The number of features."""
        return len(self.networks[0].mean)

    def logits(self, features: Floats) -> Floats:
        """One logit a row of `features`, shape (lines,)."""
        total = np.zeros(len(features))
        for network in self.networks:
            total += network.logits(features)
        return total / len(self.networks)


@dataclass(frozen=True)
class LineModel:
    """Weights of words, then two looks: the second also sees what the first said of the neighbors.

    Attributes:
        words: weights of the hashed vocabulary in short and in long lines, shape (2, 2**BITS).
        first, second: the two looks.
        features: the names of the features of the first look, in order.
        threshold: the probability from which a line is cut.
        facts: anything else that the manifest tells: what it was trained on, known answers, figures.
    """

    words: NDArray[np.float32]
    first: Look
    second: Look
    alone: Look
    kinds: KindWeights
    features: Sequence[str]
    threshold: float = 0.5
    visible_threshold: float = 0.5
    passage_threshold: float = 0.9
    facts: Mapping[str, Any] = field(default_factory=dict)

    def probabilities(self, sheet: Sheet) -> Floats:
        """How probable boilerplate is, shape (lines,)."""
        return sigmoid(self.logits(sheet))

    def logits(self, sheet: Sheet) -> Floats:
        """The same as logits, shape (lines,).

        Where a page sets one short line again and again between its paragraphs ("Advertisement"), the others are
        judged as though it were not there.
        """
        logits = self._logits(sheet)
        between = separators(sheet) & (logits > 0)
        if between.any():
            torn = np.isin(sheet.document, sheet.document[between]) & ~between
            logits[torn] = self._logits(part(sheet, torn))
        return logits

    def _logits(self, sheet: Sheet) -> Floats:
        features = stack(dense(sheet, word_score(sheet, self.words)))
        return self.second.logits(with_look(sheet, features, self.first.logits(features)))


def cuts(sheet: Sheet, logits: Floats, model: LineModel) -> NDArray[np.bool_]:
    """Which lines are cut, shape (lines,).

    A page most of whose lines look like boilerplate has its own threshold. In an extract a whole paragraph is only cut
    where little doubt is left, for a lost paragraph costs more than a biography that stays; nor is a headline.
    """
    probability = sigmoid(logits)
    mean = sheet.per_document(probability) / np.maximum(np.diff(sheet.first), 1)
    visible = (mean > _MOSTLY)[sheet.document]
    extracted = np.where(sheet.words >= _PARAGRAPH_WORDS, max(model.threshold, _PARAGRAPH_THRESHOLD), model.threshold)
    extracted = np.where(headlines(sheet), np.maximum(extracted, _HEADLINE_THRESHOLD), extracted)
    cut: NDArray[np.bool_] = probability >= np.where(visible, model.visible_threshold, extracted)
    return cut


def stack(columns: Mapping[str, Floats]) -> Floats:
    """Named columns as a matrix, shape (lines, columns)."""
    return np.stack(list(columns.values()), axis=1)


def with_look(sheet: Sheet, features: Floats, logits: Floats) -> Floats:
    """The features of the second look: those of the first, and what the first said all around."""
    return np.concatenate((features, stack(second_look(sheet, logits.clip(-_LIMIT, _LIMIT)))), axis=1)


def sigmoid(logits: Floats) -> Floats:
    """Probabilities of logits; no logit overflows."""
    odds = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1.0, odds) / (1.0 + odds)


def save(model: LineModel, folder: Path) -> None:
    """Write a model as `lines.json` and `lines.npz`."""
    arrays: dict[str, NDArray[np.generic]] = {"words": model.words.astype(np.float16)}
    for name, look in (("first", model.first), ("second", model.second), ("alone", model.alone)):
        for k, network in enumerate(look.networks):
            arrays |= _arrays(f"{name}_{k}", network)
    arrays |= {"kinds_words": model.kinds.words.astype(np.float16), "kinds_bias": model.kinds.bias}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    manifest = {
        "schema": SCHEMA,
        "bits": BITS,
        "threshold": model.threshold,
        "visible_threshold": model.visible_threshold,
        "passage_threshold": model.passage_threshold,
        "features": list(model.features),
        "known_answers": known_answers(model),
        "sha256": hashlib.sha256(buffer.getvalue()).hexdigest(),
        **model.facts,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _ARRAYS).write_bytes(buffer.getvalue())
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def known_answers(model: LineModel) -> dict[str, list[float]]:
    """The logits of each look for features that are all -1, 0 and 1, by which a reader of the files checks its arithmetic."""
    looks = {"first": model.first, "second": model.second, "alone": model.alone}
    vectors = np.array([[-1.0], [0.0], [1.0]])
    return {name: look.logits(np.repeat(vectors, look.width, axis=1)).tolist() for name, look in looks.items()}


def _arrays(name: str, layers: Layers) -> dict[str, NDArray[np.generic]]:
    arrays: dict[str, NDArray[np.generic]] = {f"{name}_mean": layers.mean, f"{name}_deviation": layers.deviation}
    for depth, (weights, bias) in enumerate(zip(layers.weights, layers.biases, strict=True)):
        arrays |= {f"{name}_weights_{depth}": weights, f"{name}_bias_{depth}": bias}
    return arrays


def load(folder: Path) -> LineModel:
    """The model of a folder.

    Raises:
        ModelError: a file is missing, broken, altered, or of another version.
    """
    manifest = _read_manifest(folder / _MANIFEST)
    content = _read_bytes(folder / _ARRAYS)
    if hashlib.sha256(content).hexdigest() != manifest.get("sha256"):
        raise ModelError(f"{folder / _ARRAYS}: not the file that {_MANIFEST} describes (its digest differs). {_REMEDY}")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            model = LineModel(
                words=arrays["words"].astype(np.float32),
                first=_look(arrays, "first"),
                second=_look(arrays, "second"),
                alone=_look(arrays, "alone"),
                kinds=KindWeights(arrays["kinds_words"].astype(np.float32), arrays["kinds_bias"]),
                features=tuple(manifest["features"]),
                threshold=float(manifest["threshold"]),
                visible_threshold=float(manifest["visible_threshold"]),
                passage_threshold=float(manifest["passage_threshold"]),
                facts=manifest,
            )
    except (KeyError, ValueError, OSError) as error:
        raise ModelError(f"{folder / _ARRAYS}: broken ({error}). {_REMEDY}") from error
    if len(model.features) != model.first.width:
        raise ModelError(f"{folder / _MANIFEST}: {len(model.features)} features named, {model.first.width} weighed. {_REMEDY}")
    if not _agree(manifest.get("known_answers"), known_answers(model)):
        raise ModelError(f"{folder / _MANIFEST}: its known answers are not what the weights give. {_REMEDY}")
    return model


def _agree(told: object, found: Mapping[str, Sequence[float]]) -> bool:
    return isinstance(told, dict) and all(np.allclose(told.get(name, np.nan), logits, atol=1e-9) for name, logits in found.items())


def _look(arrays: Mapping[str, Any], name: str) -> Look:
    count = sum(1 for key in arrays if key.startswith(f"{name}_") and key.endswith("_mean"))
    if not count:
        raise KeyError(f"{name}_0_mean")
    return Look(tuple(_layers(arrays, f"{name}_{k}") for k in range(count)))


def _layers(arrays: Mapping[str, Any], name: str) -> Layers:
    depth = sum(1 for key in arrays if key.startswith(f"{name}_weights_"))
    return Layers(
        mean=arrays[f"{name}_mean"],
        deviation=arrays[f"{name}_deviation"],
        weights=tuple(arrays[f"{name}_weights_{k}"] for k in range(depth)),
        biases=tuple(arrays[f"{name}_bias_{k}"] for k in range(depth)),
    )


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(_read_bytes(path))
    except ValueError as error:
        raise ModelError(f"{path}: not JSON ({error}). {_REMEDY}") from error
    if not isinstance(manifest, dict) or (manifest.get("schema"), manifest.get("bits")) != (SCHEMA, BITS):
        raise ModelError(f"{path}: not a line model of schema {SCHEMA}. {_REMEDY}")
    return manifest


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}). {_REMEDY}") from error


@cache
def shipped() -> LineModel:
    """The line model that comes with the package."""
    package = Path(__file__).parents[1]
    installed = package / "shipped"
    return load(installed if (installed / _MANIFEST).exists() else package.parent / "models")
