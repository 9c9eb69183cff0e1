"""The two jobs: train a model from labelled texts, and measure models on labelled texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.document import Document
from classifier.errors import LabelError
from classifier.scorer import Scorer
from classifier.training import card, doubles, tuning
from classifier.training.artefacts import mark, shorten, unbreak
from classifier.training.examples import BY_EYE, READ_HERE, Example, read_corpora, read_labels, read_seeds, weigh
from classifier.training.features import Features, measure
from classifier.training.fit import Calibration, calibrate, export, families, fit, held_out_logits, label_numbers, split
from classifier.training.folder import name_of, prepare
from classifier.training.metrics import Score, score
from classifier.training.report import Report
from classifier.verdict import LABELS

FEWEST = 6  # distinct texts a label below which nothing is learned
_FEW = 50  # distinct texts below which an interval says little
Tell = Callable[[str], None]
Progress = Callable[[int, int], None]


def _silent(line: str) -> None:
    """Tell nobody."""


def train(labels: str | Path, output: str | Path, *, progress: Progress | None = None, tell: Tell = _silent) -> Report:
    """Train a model from a JSONL file of `{"text": …, "label": …}` and write it to a folder.

    Texts that share a "family" field or their words are never on both sides of a held-out split; any other text stands alone.

    Raises:
        LabelError: the file cannot be used; the message names the line.
        QualityError: the folder holds files but no model, or cannot be written to.
    """
    examples, folder = doubles.join(read_labels(labels)), Path(output)
    if told := doubles.told(examples):
        tell(told)
    return _train(examples, folder, name=name_of(folder), progress=progress, tell=tell, source=Path(labels).name)


def train_shipped(corpora: Path, seeds: Path, output: Path | None = None, *, tell: Tell = _silent) -> Report:
    """Train the shipped model from the corpora, or, where they are missing, a trial model from the seeds."""
    if (corpora / "articles").is_dir():
        examples = corpus_examples(corpora)
        return _train(examples, output or Path("models"), name="quality", tell=tell, source="corpora")
    tell(f"{corpora} is missing: training a trial model from {seeds}.")
    return _train(read_seeds(seeds), output or Path("build/model"), name="quality-seeds", tell=tell, source="seeds")


def corpus_examples(corpora: Path) -> list[Example]:
    """What the shipped model is trained on: the corpora repaired, thinned and weighed, and altered copies."""
    examples = _measured_only(weigh(_without_doubles(_thinned(read_corpora(corpora)))))
    return [*examples, *mark(examples), *shorten(examples), *unbreak(examples)]


def evaluate(labels: str | Path, models: str | Path | Sequence[str | Path | None] = (None,), *, progress: Progress | None = None) -> Report:
    """Measure models on a JSONL file of labels, side by side; None stands for the shipped model."""
    examples = read_labels(labels)
    truth = label_numbers(examples)
    models = [models] if isinstance(models, str | Path) else models
    scorers = [Scorer(folder) for folder in models]  # a broken one is told before the others have judged anything
    rows: list[tuple[str, Score]] = []
    for place, (folder, scorer) in enumerate(zip(models, scorers, strict=True)):
        name = f"{scorer.model.name} {scorer.model.version}"
        name = f"{name} ({folder})" if name in dict(rows) else name
        rows.append((name, score(truth, _probabilities(scorer, examples, progress, place, len(models)))))
    return Report(rows, "Measured on the texts as given; only texts that no model was trained on tell anything.")


def tune(
    labels: str | Path, output: str | Path, model: str | Path | None = None, *, progress: Progress | None = None, tell: Tell = _silent
) -> Report:
    """Fit calibration and thresholds of a model to a JSONL file of labels, and write the tuned model to a folder.

    The weights stay what they are, so 50 to 200 texts are enough. Texts that share a "family" field or their words are never on
    both sides of a held-out split.

    Raises:
        LabelError: the file cannot be used; the message names the line.
        ModelError: the folder `model` holds no model.
        QualityError: the folder to write to holds files but no model, or cannot be written to.
    """
    examples, folder = doubles.join(read_labels(labels)), Path(output)
    _refuse_few(examples)
    scorer, truth = Scorer(model), label_numbers(examples)
    prepare(folder)
    before = _probabilities(scorer, examples, progress, 0, 1)
    after = tuning.held_out(before, truth, families(examples))
    found = tuning.gain(before, after, truth, families(examples))
    new = tuning.tuned(scorer.model, before, truth, name_of(folder))
    rows = [(f"{scorer.model.name} {scorer.model.version}", score(truth, before)), (f"{new.name}, held out", score(truth, after))]
    report = Report(rows, _told(found, examples), {"texts": len(examples), "thresholds": dict(new.thresholds), "gain": asdict(found)})
    new.save(folder)
    card.write_tuned(folder, new, report)
    tell(f"thresholds: {', '.join(f'{label} {new.thresholds[label]:.2f}' for label in LABELS)}")
    return report


def _told(gain: tuning.Gain, examples: Sequence[Example]) -> str:
    points, nats = [100 * value for value in gain.accuracy], gain.log_loss
    accuracy = f"{points[0]:+.1f} points of accuracy (95 % interval {points[1]:+.1f} to {points[2]:+.1f})"
    loss = f"{nats[0]:+.3f} nats of log loss a text (95 % interval {nats[1]:+.3f} to {nats[2]:+.3f})"
    gained = f"Tuning gains {accuracy} and {loss}" if gain.changed else f"By tuning no verdict changes; it gains {loss}"
    notes = (
        f"{gained}." if gain.is_plain else f"{gained}: no plain gain. Give more labels, or keep the model as it was.",
        f"The interval is of fewer than {_FEW} distinct texts: too narrow to lean on." if len(doubles.alike(examples)) < _FEW else "",
        _flatter(examples),
        doubles.told(examples),
    )
    return " ".join(filter(None, notes))


def _probabilities(scorer: Scorer, examples: Sequence[Example], progress: Progress | None, place: int, jobs: int) -> NDArray[np.float64]:
    rows = []
    for done, verdict in enumerate(scorer.score_many(Document(example.text) for example in examples), start=1):
        rows.append([verdict.probabilities[label] for label in LABELS])
        if progress is not None:
            progress(place * len(examples) + done, jobs * len(examples))
    return np.array(rows)


def _train(
    examples: Sequence[Example], output: Path, *, name: str, source: str, progress: Progress | None = None, tell: Tell = _silent
) -> Report:
    _refuse_few(examples)
    prepare(output)
    tell(f"measuring {len(examples)} texts")
    features = measure((example.text for example in examples), progress and (lambda done: progress(done, len(examples))))
    truth, weights = label_numbers(examples), np.array([example.weight for example in examples])
    logits, scope = held_out_logits(features, examples, tell)
    drawn = np.flatnonzero([example.dataset != READ_HERE for example in examples])  # those that were read here were chosen for their doubt

    def calibrated(rows: NDArray[np.int64]) -> Calibration:
        chosen = drawn[np.isin(drawn, rows)]
        return calibrate(logits[chosen], scope[chosen], truth[chosen], weights[chosen])

    calibration = calibrated(drawn)
    tell("fitting the model on all texts")
    model = export(fit(features, examples), calibration, _typical(features, examples), name, _VERSION, {"trained_on": source})
    chances = np.zeros_like(logits)
    for others, rows in split(families(examples)):
        chances[rows] = calibrated(others).probabilities(logits[rows])
    report = _report(examples, truth, chances, calibration.thresholds)
    model.save(output)
    card.write(output, model, examples, report)
    return report


_VERSION = "1"


def _report(examples: Sequence[Example], truth: NDArray[np.int64], chances: NDArray[np.float64], thresholds: Mapping[str, float]) -> Report:
    rows = []
    known = (truth >= 0) & np.array([example.is_measured for example in examples])
    eye = known & np.array([example.dataset == BY_EYE and example.confidence != "low" for example in examples])
    for name, mask in (("held-out families, all texts", known), ("held-out families, by_eye", eye)):
        if mask.any():
            rows.append((name, score(truth[mask], chances[mask])))
    note = "Each text was judged by a model, and by a calibration, that saw none of its family."
    return Report(rows, " ".join(filter(None, (note, _flatter(examples)))), {"texts": len(examples), "thresholds": dict(thresholds)})


def _flatter(examples: Sequence[Example]) -> str:
    """What to say where texts name no family: near relatives of theirs may stand on the other side of a split."""
    missing = sum(not example.family for example in examples)
    return f'{missing:,} of {len(examples):,} texts name no "family": they are split text by text, which flatters.' if missing else ""


def _typical(features: Features, examples: Sequence[Example]) -> NDArray[np.float64]:
    eye = np.array([example.dataset == BY_EYE and example.is_measured for example in examples])
    median: NDArray[np.float64] = np.median(features.signals[eye] if eye.any() else features.signals, axis=0)
    return median


def _refuse_few(examples: Sequence[Example]) -> None:
    given = [{example.label for example in group} for group in doubles.alike(examples)]
    counts = {label: sum(label in each for each in given) for label in LABELS}
    few = [f"{count} {label}" for label, count in counts.items() if 0 < count < FEWEST]
    if few or sum(count > 0 for count in counts.values()) < 2:
        found = ", ".join(f"{count} {label}" for label, count in counts.items())
        raise LabelError(
            f"too few texts to learn from, doubles counted once: {found}. Give at least {FEWEST} of each label that occurs, and two labels."
        )
    if len(set(families(examples))) < 2:
        raise LabelError(
            'all texts have one "family": none can be held out. Leave the field away, or name a family for each event or site.'
        )


def _thinned(examples: Sequence[Example], most: int = 400) -> list[Example]:
    """At most `most` texts of each cell (data set, label, generator): they are many, alike, and weigh little."""
    draw = np.random.Generator(np.random.PCG64(20_260_614))
    cells: dict[tuple[str, str, str], list[int]] = {}
    for row, example in enumerate(examples):
        cells.setdefault((example.dataset, example.label, example.generator), []).append(row)
    kept: list[int] = []
    for (*_, generator), rows in sorted(cells.items()):
        limit = len(rows) if examples[rows[0]].was_read else max(most // 3, 60) if generator else most
        kept.extend(draw.choice(rows, limit, replace=False).tolist() if len(rows) > limit else rows)
    return [examples[row] for row in sorted(kept)]


def _without_doubles(examples: Sequence[Example]) -> list[Example]:
    """The examples without those that by_eye holds too, where they were read and not guessed."""
    read = {example.id.partition("/")[2] for example in examples if example.dataset == BY_EYE}
    return [example for example in examples if example.dataset == BY_EYE or example.id not in read]


def _measured_only(examples: Sequence[Example]) -> list[Example]:
    """The examples, where those that were read for this project do not train with the label of their set.

    They are still measured with it: they were chosen for the doubt of a model, and without them a set would look easier than it is.
    """
    read = {example.id for example in examples if example.dataset == READ_HERE}
    return [replace(example, weight=0.0) if example.id in read and example.dataset != READ_HERE else example for example in examples]
