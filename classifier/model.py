"""The label model: weights as data, read without pickle, scored with numpy alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier import ngrams, sentences
from classifier.boilerplate import article
from classifier.document import Batch, Document, read
from classifier.errors import ModelError, writing
from classifier.forest import Forest, from_arrays
from classifier.sentences import Scored
from classifier.signals import NAMES, Signals
from classifier.verdict import LABELS
from classifier.weights import Rule, check_facts, is_list, is_number, is_share, is_table, is_text, read_arrays
from classifier.words import changes

Floats = NDArray[np.float64]

SCHEMA = 4
STORED = np.float16  # 3.5 MB that load in 2 ms uncompressed, where packed single precision took 40
_JSON, _ARRAYS = "model.json", "model.npz"
UNFINISHED = ".model-"  # how the folder begins in which a model is written until it is complete
_REMEDY = "Copy the model anew, or train one with `quality train LABELS -o DIR`."
_THRESHOLDS = (*LABELS, "scope")
_RULES: Mapping[str, Rule] = {
    "name": (is_text, "a string"),
    "version": (is_text, "a string"),
    "labels": (lambda fact: fact == list(LABELS), str(list(LABELS))),
    "signals": (lambda fact: is_list(fact, is_text), "a list of names"),
    "edges": (lambda fact: is_list(fact, lambda edges: is_list(edges, is_number)), "a list of numbers for each signal"),
    "scale": (lambda fact: is_number(fact) and fact > 0, "a number above 0"),
    "scope": (lambda fact: is_list(fact, is_number, 2), "two numbers"),
    "thresholds": (lambda fact: is_table(fact, _THRESHOLDS, is_share), f"a number from 0 to 1 for each of {', '.join(_THRESHOLDS)}"),
    "typical": (lambda fact: is_list(fact, is_number), "a list of numbers"),
    "about": (lambda fact: isinstance(fact, dict), "an object"),
    "arrays_sha256": (is_text, "a string"),
}
_PACKAGE = Path(__file__).parent
SHIPPED = _PACKAGE / "shipped" if (_PACKAGE / "shipped").is_dir() else _PACKAGE.parent / "models"


@dataclass(frozen=True)
class Model:
    """A linear model over hashed n-grams and binned signals, and trees over the signals, with their calibration.

    Attributes:
        name, version: what it is called.
        signals: names of the signals it reads, in order.
        edges: for each signal, rising bin edges; a value is coded by the edges it exceeds.
        ngram_weights: shape (2**ngrams.BITS, outputs); the outputs are the three labels, then "out of scope".
        signal_weights: shape (sum of edges, outputs).
        sentence_weights: of the n-grams of sentences for each label, shape (2**ngrams.BITS, labels).
        forest: trees over the signals, the summaries of sentences and the logits of the linear part; they move the logits of the labels.
        intercept: of the linear part, shape (outputs,).
        scale, shift: calibration; label logits become `scale * logits + shift`, shapes () and (3,).
        scope: calibration of "out of scope": slope and offset of its logit.
        thresholds: the confidence from which each label is certain, and the scope probability above which none is.
        typical: median of each signal over the training texts.
        about: how it was trained, for people.
        places: where its signals stand among all, in the order of NAMES, shape (signals,).
    """

    name: str
    version: str
    signals: Sequence[str]
    edges: Sequence[Sequence[float]]
    ngram_weights: NDArray[np.float32]
    signal_weights: NDArray[np.float32]
    sentence_weights: NDArray[np.float32]
    forest: Forest
    intercept: Floats
    scale: float
    shift: Floats
    scope: tuple[float, float]
    thresholds: Mapping[str, float]
    typical: Sequence[float]
    about: Mapping[str, Any] = field(default_factory=dict)
    places: NDArray[np.int64] = field(init=False, repr=False, compare=False)
    _cuts: Floats = field(init=False, repr=False, compare=False)
    _owner: NDArray[np.int64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        unknown = [name for name in self.signals if name not in NAMES]
        if unknown:
            names = ", ".join(unknown[:5])
            raise ModelError(f"model {self.name} {self.version}: unknown signals {names}. Use the release that trained it, or train anew.")
        asked = len(self.signals) + sentences.WIDTH + len(LABELS)
        if self.forest.signal.max(initial=-1) >= asked or self.forest.label.max(initial=-1) >= len(LABELS):
            raise ValueError("the trees ask signals or move labels that the model does not have")
        object.__setattr__(self, "places", np.array([NAMES.index(name) for name in self.signals], dtype=np.int64))
        object.__setattr__(self, "_cuts", np.array([edge for edges in self.edges for edge in edges], dtype=np.float64))
        object.__setattr__(self, "_owner", np.repeat(np.arange(len(self.edges)), [len(edges) for edges in self.edges]))

    def code(self, values: Floats) -> NDArray[np.bool_]:
        """Which bin edges the signals of each text exceed.

        Args:
            values: all signals in the order of NAMES, shape (documents, signals).

        Returns:
            Shape (documents, sum of edges).
        """
        coded: NDArray[np.bool_] = values[:, self.places][:, self._owner] > self._cuts
        return coded

    def judge(self, batch: Batch, signals: Signals) -> Judgement:
        """The calibrated probabilities of each text of a batch, and what each part of it contributed."""
        text, labels = article(batch), len(LABELS)
        coded, wording = self.code(signals.values), self._wording(ngrams.extract(text), len(batch))
        logits = self.intercept + wording + coded @ self.signal_weights.astype(np.float64)
        told = sentences.scored(text, self.sentence_weights)
        summary = sentences.summarize(told.score, told.document, len(batch))
        asked = np.concatenate((signals.values[:, self.places], summary, logits[:, :labels]), axis=1)
        steps = self.forest.steps(asked, labels)
        logits[:, :labels] += self.forest.base(labels) + steps.sum(axis=1)
        scope = 1 / (1 + np.exp(-(self.scope[0] * logits[:, 3] + self.scope[1])))
        return Judgement(self, softmax(self.scale * logits[:, :labels] + self.shift), scope, wording[:, :labels], coded, steps, told)

    def _wording(self, grams: ngrams.Grams, documents: int) -> Floats:
        """What the n-grams add to each output, shape (documents, outputs)."""
        added = np.zeros((documents, self.ngram_weights.shape[1]))
        first = np.flatnonzero(changes(grams.document))
        if len(first):
            weights = self.ngram_weights.take(grams.column, axis=0, mode="clip")  # "raise" would take ten times as long
            sums = [np.add.reduceat(weights[:, output] * grams.value, first) for output in range(weights.shape[1])]
            added[grams.document[first]] = np.stack(sums, axis=1)
        return added

    def save(self, folder: Path) -> None:
        """Write the model as `model.json` and `model.npz`; one that stands there is replaced when both are complete.

        Raises:
            QualityError: the folder cannot be written to.
        """
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(prefix=UNFINISHED, dir=folder) as room:
                self._write(Path(room))
                for name in (_ARRAYS, _JSON):
                    (Path(room) / name).replace(folder / name)

    def _write(self, folder: Path) -> None:
        arrays = folder / _ARRAYS
        tables = {"ngrams": self.ngram_weights, "signals": self.signal_weights, "sentences": self.sentence_weights}
        stored: dict[str, Any] = {name: table.astype(STORED) for name, table in tables.items()}
        stored |= {"intercept": self.intercept, "shift": self.shift}
        np.savez(arrays, **(stored | self.forest.arrays()))
        facts = {
            "schema": SCHEMA,
            "name": self.name,
            "version": self.version,
            "labels": list(LABELS),
            "ngram_bits": ngrams.BITS,
            "ngram_version": ngrams.VERSION,
            "signals": list(self.signals),
            "edges": [list(edges) for edges in self.edges],
            "scale": self.scale,
            "scope": list(self.scope),
            "thresholds": dict(self.thresholds),
            "typical": list(self.typical),
            "about": dict(self.about),
            "arrays_sha256": hashlib.sha256(arrays.read_bytes()).hexdigest(),
        }
        facts["known_answers"] = _known_answers(_model(facts, read_arrays(arrays, facts["arrays_sha256"], _REMEDY)))
        (folder / _JSON).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Judgement:
    """What a model says of the texts of a batch.

    Attributes:
        probabilities: of the three labels, shape (documents, 3).
        out_of_scope: probability that a text is opinion, satire, fiction or their like, shape (documents,).
        wording: what the n-grams add to the linear logit of each label, shape (documents, labels).
        coded: the bin edges that the signals exceed, shape (documents, sum of edges).
        steps: what each column that the trees may ask adds to each label on its way through them, shape (documents, columns, labels).
        sentences: the sentences of the articles, and what each of them says.
    """

    model: Model
    probabilities: Floats
    out_of_scope: Floats
    wording: Floats
    coded: NDArray[np.bool_]
    steps: Floats
    sentences: Scored

    @property
    def labels(self) -> NDArray[np.int64]:
        """The place in LABELS of the most probable label of each text."""
        best: NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return best

    def contributions(self, labels: NDArray[np.int64]) -> Floats:
        """What each signal, and the wording, adds to the calibrated logit of a text's label against the mean of all labels.

        With the intercept and the roots of the trees they add up to it exactly. What sentences say is wording; a step of the trees
        that asks the logit of the linear part is shared out among all that pulled that logit to the side where it is.

        Args:
            labels: one of the three for each text, shape (documents,).

        Returns:
            Shape (documents, signals of the model + 1), the wording last.
        """
        signals, logits = len(self.model.signals), self.steps.shape[1] - len(LABELS)
        against = np.eye(len(LABELS))[labels] - 1 / len(LABELS)
        steps = np.einsum("dcl,dl->dc", self.steps, against)
        parts = self._linear()
        added = np.einsum("ldp,dl->dp", parts, against)
        added[:, :signals] += steps[:, :signals]
        added[:, signals] += steps[:, signals:logits].sum(axis=1)
        added += np.einsum("ldp,dl->dp", _shares(parts), steps[:, logits:])
        result: Floats = added * self.model.scale
        return result

    def _linear(self) -> Floats:
        """What each signal, and last the wording, adds to each linear logit, shape (labels, documents, signals of the model + 1)."""
        weights, owner = self.model.signal_weights.astype(np.float64), self.model._owner
        parts = np.zeros((len(LABELS), len(self.wording), len(self.model.signals) + 1))
        first = np.flatnonzero(changes(owner))
        for place in range(len(LABELS) if len(first) else 0):
            parts[place][:, owner[first]] = np.add.reduceat(self.coded * weights[:, place], first, axis=1)
        parts[:, :, -1] = self.wording.T
        return parts


def _shares(parts: Floats) -> Floats:
    """The share of each part in each sum of the last axis, of the same shape: of those that pull to its side, by how much they do.

    Where nothing pulls, all of it belongs to the last part.
    """
    pulling: Floats = parts * np.sign(parts.sum(axis=-1, keepdims=True))
    np.maximum(pulling, 0, out=pulling)
    pulling[..., -1] += pulling.sum(axis=-1) == 0
    pulling /= pulling.sum(axis=-1, keepdims=True)
    return pulling


def softmax(logits: Floats) -> Floats:
    """Probabilities from logits, shape (…, labels)."""
    powers: Floats = np.exp(logits - logits.max(axis=-1, keepdims=True))
    chances: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return chances


@cache
def shipped() -> Model:
    """The model that comes with the package."""
    return load(SHIPPED)


def load(folder: Path = SHIPPED) -> Model:
    """Read a model folder: facts that are sound, and the arrays that they describe. Whether its answers still hold, `check` says.

    Raises:
        ModelError: the folder holds no model, or a broken or foreign one.
    """
    facts = _read_facts(folder)
    _check_facts(folder / _JSON, facts)
    try:
        return _model(facts, read_arrays(folder / _ARRAYS, facts["arrays_sha256"], _REMEDY))
    except (LookupError, TypeError, ValueError) as error:
        raise ModelError(f"{folder / _ARRAYS}: not the arrays of such a model ({error!r}). {_REMEDY}") from error


def _check_facts(path: Path, facts: Mapping[str, Any]) -> None:
    check_facts(path, {"labels": list(LABELS), **facts}, _RULES, _REMEDY)
    size = len(facts["signals"])
    for name in ("edges", "typical"):
        if len(facts[name]) != size:
            raise ModelError(f"{path}: {name} has {len(facts[name])} entries for {size} signals. {_REMEDY}")


def _model(facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Model:
    outputs = len(LABELS) + 1
    columns = 1 << ngrams.BITS
    shapes = {
        "ngrams": (columns, outputs),
        "signals": (sum(map(len, facts["edges"])), outputs),
        "sentences": (columns, len(LABELS)),
        "intercept": (outputs,),
        "shift": (len(LABELS),),
    }
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{name} has shape {arrays[name].shape}, not {shape}")
    return Model(
        name=facts["name"],
        version=facts["version"],
        signals=facts["signals"],
        edges=facts["edges"],
        ngram_weights=arrays["ngrams"].astype(np.float32),
        signal_weights=arrays["signals"].astype(np.float32),
        sentence_weights=arrays["sentences"].astype(np.float32),
        forest=from_arrays(arrays),
        intercept=arrays["intercept"],
        scale=float(facts["scale"]),
        shift=arrays["shift"],
        scope=(float(facts["scope"][0]), float(facts["scope"][1])),
        thresholds=facts["thresholds"],
        typical=facts["typical"],
        about=facts["about"],
    )


def is_model(folder: Path) -> bool:
    """Whether a folder holds a model of this program, of whatever schema."""
    try:
        facts = json.loads((folder / _JSON).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(facts, dict) and {"schema", "ngram_bits"} <= facts.keys()


def check(folder: Path = SHIPPED) -> None:
    """Score the known-answer texts of a model folder anew.

    Raises:
        ModelError: an answer differs, so this release reads texts differently from the one that trained the model.
    """
    facts, found = _read_facts(folder), _known_answers(load(folder))
    check_facts(folder / _JSON, facts, {"known_answers": (_are_answers, "a list of probabilities for each known text")}, _REMEDY)
    stored = facts["known_answers"]
    if not np.allclose(stored, found, atol=1e-9):
        raise ModelError(f"{folder}: known answers differ: {stored} stored, {found} found. Train the model anew with this release.")


def _are_answers(fact: object) -> bool:
    return is_list(fact, lambda answer: is_list(answer, is_share, len(LABELS)), len(_KNOWN_TEXTS))


def _read_facts(folder: Path) -> dict[str, Any]:
    path = folder / _JSON
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}. A model folder holds {_JSON} and {_ARRAYS}.") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not JSON ({error}). {_REMEDY}") from error
    if not isinstance(facts, dict) or facts.get("schema") != SCHEMA:
        found = facts.get("schema") if isinstance(facts, dict) else type(facts).__name__
        raise ModelError(
            f"{path}: schema {found}, this release reads {SCHEMA}. Train the model anew, or install the release that wrote it."
        )
    ours = (ngrams.BITS, ngrams.VERSION)
    if (facts.get("ngram_bits"), facts.get("ngram_version")) != ours:
        found = f"{facts.get('ngram_bits')}/{facts.get('ngram_version')}"
        raise ModelError(f"{path}: n-grams {found}, this release makes {ours[0]}/{ours[1]}. Train the model anew.")
    return facts


def _known_answers(model: Model) -> list[list[float]]:
    from classifier.signals import extract

    batch = read([Document(text) for text in _KNOWN_TEXTS])
    answers: list[list[float]] = model.judge(batch, extract(batch)).probabilities.round(12).tolist()
    return answers


_KNOWN_TEXTS = (
    (
        "PORT HALE — The harbor board voted 5-2 on Tuesday to close the north pier after divers found 14 cracked piles, "
        'engineer Ruth Okello told the Hale Gazette. "We saw it with our own eyes," she said.'
    ),
    (
        "The pier will close, the Hale Gazette reported on Tuesday. According to the newspaper, divers found cracked piles. "
        "The closure underscores the importance of maintenance for the community."
    ),
    "Save 20% today! Click here to claim your promo code and enjoy free shipping on all deck shoes. Terms and conditions apply.",
)
