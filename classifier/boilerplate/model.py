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

from classifier.boilerplate.features import dense, enclosed, headlines, second_look, speeches
from classifier.boilerplate.kinds import KIND_BITS, KindWeights
from classifier.boilerplate.sheet import KINDS, PROSE_WORDS, Floats, Sheet
from classifier.boilerplate.tokens import BITS, word_score
from classifier.errors import ModelError
from classifier.weights import Rule, check_facts, is_list, is_number, is_share, is_table, is_text, read_arrays
from classifier.words import Ints

SCHEMA = 3
_LIMIT = 8.0  # logits of the first look are cut here: beyond it a line is sure anyway
_DOUBT = 4.0  # logits: a line of which the first look is surer is not looked at again
_MOSTLY = 0.45  # the mean probability of the lines of a page that is no extract; one in four lines of an extract is boilerplate at most
_PARAGRAPH_WORDS, _PARAGRAPH_THRESHOLD, _HEADLINE_THRESHOLD, _SPEECH_THRESHOLD = 35, 0.85, 0.9, 0.98
_MANIFEST, _ARRAYS = "lines.json", "lines.npz"
_REMEDY = "Install the package again, or train the line model anew with `python -m classifier.training.lines`."
_LOOKS = ("first", "second", "alone")
_THRESHOLDS = ("threshold", "enclosed_threshold", "visible_threshold", "passage_threshold")
_SHAPES = {"words": (2, 1 << BITS), "kinds_words": (len(KINDS), 1 << KIND_BITS), "kinds_bias": (len(KINDS),)}
_VECTORS = np.array([[-1.0, 0.0, 1.0]])  # of which the known answers tell
_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(_THRESHOLDS, (is_share, "a number from 0 to 1")),
    "features": (lambda fact: is_list(fact, is_text), "a list of names"),
    "known_answers": (
        lambda fact: is_table(fact, _LOOKS, lambda answer: is_list(answer, is_number, _VECTORS.size)),
        f"{_VECTORS.size} numbers for each of {', '.join(_LOOKS)}",
    ),
    "sha256": (is_text, "a string"),
}


@dataclass(frozen=True)
class Layers:
    """A small network on features as they are measured: rectified hidden layers, one logit."""

    weights: Sequence[Floats]
    biases: Sequence[Floats]

    def __post_init__(self) -> None:
        shapes, outputs = [weights.shape for weights in self.weights], [len(bias) for bias in self.biases]
        if shapes != list(zip((self.width, *outputs), outputs, strict=False)) or outputs[-1] != 1:
            raise ValueError(f"layers of shapes {shapes} are no network")

    @property
    def width(self) -> int:
        """The number of features."""
        return len(self.weights[0])

    def logits(self, features: Floats) -> Floats:
        """One logit a line; `features` are of shape (features, lines).

        Raises:
            ModelError: they are not as many as it weighs.
        """
        if len(features) != self.width:
            raise ModelError(f"the line model weighs {self.width} features of a line, this release measures {len(features)}. {_REMEDY}")
        values = features
        for weights, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            values = np.maximum(weights.T @ values + bias[:, None], 0.0)
        result: Floats = (self.weights[-1].T @ values + self.biases[-1])[0]
        return result


@dataclass(frozen=True)
class LineModel:
    """Weights of words, then two looks: where the first is in doubt, the second also sees what it said of the neighbors.

    Attributes:
        words: weights of the hashed vocabulary in short and in long lines, shape (2, 2**BITS).
        first, second: the networks of the two looks.
        alone: a network for sentences inside paragraphs.
        features: the names of the features of the first look, in order.
        threshold: the probability from which a line is cut.
        enclosed_threshold: that of a short line between paragraphs of the article; a sentence there stands halfway.
        visible_threshold: that of any line of a page that is no extract.
        passage_threshold: the probability from which a sentence inside a paragraph is cut.
        facts: anything else that the manifest tells: what it was trained on, known answers, figures.
    """

    words: NDArray[np.float32]
    first: Layers
    second: Layers
    alone: Layers
    kinds: KindWeights
    features: Sequence[str]
    threshold: float
    enclosed_threshold: float
    visible_threshold: float
    passage_threshold: float
    facts: Mapping[str, Any] = field(default_factory=dict)

    def logits(self, sheet: Sheet) -> Floats:
        """How probable boilerplate is, as logits, shape (lines,).

        Raises:
            ModelError: it weighs other features than this release measures.
        """
        columns = dense(sheet, word_score(sheet, self.words))
        if tuple(columns) != tuple(self.features):
            raise ModelError(f"the line model weighs other features of a line than this release measures. {_REMEDY}")
        features = stack(columns)
        logits = self.first.logits(features)
        rows = np.flatnonzero(in_doubt(logits))
        logits[rows] = self.second.logits(with_look(sheet, features, logits, rows))
        return logits


def in_doubt(logits: Floats) -> NDArray[np.bool_]:
    """Which lines are looked at twice, given what the first look says."""
    doubt: NDArray[np.bool_] = np.abs(logits) < _DOUBT
    return doubt


def cuts(sheet: Sheet, logits: Floats, model: LineModel) -> NDArray[np.bool_]:
    """Which lines are cut, shape (lines,).

    A page most of whose lines look like boilerplate has its own threshold. In an extract more is asked of a line between
    paragraphs that surely are the article than of one above or below them: most of a short one, which may be a heading.
    A whole paragraph is only cut where little doubt is left, for a lost paragraph costs more than a biography that stays;
    nor is a headline, nor what somebody says. A page of which nothing would be left keeps its paragraphs.
    """
    probability = sigmoid(logits)
    mean = sheet.per_document(probability) / np.maximum(np.diff(sheet.first), 1)
    visible = (mean > _MOSTLY)[sheet.document]
    between = np.where(sheet.words < PROSE_WORDS, model.enclosed_threshold, (model.threshold + model.enclosed_threshold) / 2)
    extracted = np.where(enclosed(sheet, logits), between, model.threshold)
    for careful, least in (
        (sheet.words >= _PARAGRAPH_WORDS, _PARAGRAPH_THRESHOLD),
        (headlines(sheet), _HEADLINE_THRESHOLD),
        (speeches(sheet), _SPEECH_THRESHOLD),
    ):
        extracted = np.where(careful, np.maximum(extracted, least), extracted)
    cut: NDArray[np.bool_] = probability >= np.where(visible, model.visible_threshold, extracted)
    emptied = (sheet.per_document(sheet.words * ~cut) == 0)[sheet.document]
    cut &= ~(emptied & (sheet.words >= _PARAGRAPH_WORDS))
    return cut


def stack(columns: Mapping[str, Floats]) -> Floats:
    """Named columns as a matrix, shape (columns, lines)."""
    return np.array(list(columns.values()))


def with_look(sheet: Sheet, features: Floats, logits: Floats, rows: Ints) -> Floats:
    """The features of the second look at some lines: those of the first, and what the first said all around."""
    return np.concatenate((features[:, rows], stack(second_look(sheet, logits.clip(-_LIMIT, _LIMIT)))[:, rows]))


def sigmoid(logits: Floats) -> Floats:
    """Probabilities of logits; no logit overflows."""
    odds = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1.0, odds) / (1.0 + odds)


def save(model: LineModel, folder: Path) -> None:
    """Write a model as `lines.json` and `lines.npz`."""
    arrays: dict[str, NDArray[np.generic]] = {"words": model.words.astype(np.float16)}
    for name in _LOOKS:
        arrays |= _arrays(name, getattr(model, name))
    arrays |= {"kinds_words": model.kinds.words.astype(np.float16), "kinds_bias": model.kinds.bias}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    manifest = {
        **model.facts,
        "schema": SCHEMA,
        "bits": BITS,
        **{name: getattr(model, name) for name in _THRESHOLDS},
        "features": list(model.features),
        "known_answers": known_answers(model),
        "sha256": hashlib.sha256(buffer.getvalue()).hexdigest(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _ARRAYS).write_bytes(buffer.getvalue())
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def known_answers(model: LineModel) -> dict[str, list[float]]:
    """The logits of each look for features that are all -1, 0 and 1, by which a reader of the files checks its arithmetic."""
    looks: dict[str, Layers] = {name: getattr(model, name) for name in _LOOKS}
    return {name: look.logits(np.repeat(_VECTORS, look.width, axis=0)).tolist() for name, look in looks.items()}


def _arrays(name: str, layers: Layers) -> dict[str, NDArray[np.generic]]:
    arrays: dict[str, NDArray[np.generic]] = {}
    for depth, (weights, bias) in enumerate(zip(layers.weights, layers.biases, strict=True)):
        arrays |= {f"{name}_weights_{depth}": weights, f"{name}_bias_{depth}": bias}
    return arrays


def load(folder: Path) -> LineModel:
    """The model of a folder.

    Raises:
        ModelError: a file is missing, broken, altered, or of another version.
    """
    path, manifest = folder / _ARRAYS, _read_manifest(folder / _MANIFEST)
    arrays = read_arrays(path, manifest["sha256"], _REMEDY)
    try:
        model = _model(manifest, arrays)
        answers = known_answers(model)
    except (LookupError, ValueError) as error:
        raise ModelError(f"{path}: not the arrays of a line model ({error!r}). {_REMEDY}") from error
    if len(model.features) != model.first.width:
        raise ModelError(f"{folder / _MANIFEST}: {len(model.features)} features named, {model.first.width} weighed. {_REMEDY}")
    told = manifest["known_answers"]
    if not all(np.allclose(told[name], found, atol=1e-9) for name, found in answers.items()):
        raise ModelError(f"{folder / _MANIFEST}: its known answers are not what the weights give. {_REMEDY}")
    return model


def _model(manifest: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> LineModel:
    for name, shape in _SHAPES.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{name} has shape {arrays[name].shape}, not {shape}")
    return LineModel(
        words=arrays["words"].astype(np.float32),
        first=_layers(arrays, "first"),
        second=_layers(arrays, "second"),
        alone=_layers(arrays, "alone"),
        kinds=KindWeights(arrays["kinds_words"].astype(np.float32), arrays["kinds_bias"]),
        features=tuple(manifest["features"]),
        threshold=float(manifest["threshold"]),
        enclosed_threshold=float(manifest["enclosed_threshold"]),
        visible_threshold=float(manifest["visible_threshold"]),
        passage_threshold=float(manifest["passage_threshold"]),
        facts=manifest,
    )


def _layers(arrays: Mapping[str, NDArray[Any]], name: str) -> Layers:
    depth = sum(1 for key in arrays if key.startswith(f"{name}_weights_"))
    return Layers(
        weights=tuple(arrays[f"{name}_weights_{k}"] for k in range(depth)),
        biases=tuple(arrays[f"{name}_bias_{k}"] for k in range(depth)),
    )


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_bytes())
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}. {_REMEDY}") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not JSON ({error}). {_REMEDY}") from error
    if not isinstance(manifest, dict) or (manifest.get("schema"), manifest.get("bits")) != (SCHEMA, BITS):
        raise ModelError(f"{path}: not a line model of schema {SCHEMA}. {_REMEDY}")
    check_facts(path, manifest, _RULES, _REMEDY)
    return manifest


@cache
def shipped() -> LineModel:
    """The line model that comes with the package."""
    package = Path(__file__).parents[1]
    installed = package / "shipped"
    return load(installed if (installed / _MANIFEST).exists() else package.parent / "models")
