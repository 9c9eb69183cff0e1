"""The model card: what a model was trained on, how well it does, and what it must not be used for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from classifier.model import Model
from classifier.training.examples import Example
from classifier.training.report import Report


def write(folder: Path, model: Model, examples: Sequence[Example], report: Report) -> None:
    """Write `README.md` beside a model."""
    (folder / "README.md").write_text(_card(model, examples, report), encoding="utf-8")


def write_tuned(folder: Path, model: Model, report: Report) -> None:
    """Write `README.md` beside a tuned model."""
    lines = [
        f"# Model card: {model.name} {model.version}",
        "",
        f"The weights of {model.about['tuned_from']}, with calibration and thresholds fitted to {model.about['tuned_on']} labelled texts",
        "by `quality tune`. What the weights were trained on, and what they are not for, is told by the card of that model.",
        "",
        report.note,
        "",
        *_scores(report),
        "",
    ]
    (folder / "README.md").write_text("\n".join(lines), encoding="utf-8")


def _card(model: Model, examples: Sequence[Example], report: Report) -> str:
    return "\n".join(
        [
            f"# Model card: {model.name} {model.version}",
            "",
            "A linear model over hashed word n-grams (names and numbers masked) and binned signals. It labels the text of a news page",
            "as `original`, `rewrite` or `filler`, with calibrated probabilities, and says when it is not certain.",
            "`model.json` holds names, bin edges, calibration and thresholds; `model.npz` the weights, read with `allow_pickle=False`.",
            "",
            "## Trained on",
            "",
            "Other people's texts, of which only weights and counts are kept here. The by_eye labels were given by language models that",
            "read each text after a written guide; no human editor has checked them. Two readings agree in 96–97 % (kappa .95).",
            "",
            *_counts(examples),
            "",
            "## How well it does",
            "",
            report.note,
            "`make train` prints these figures; `make bench` measures more of them, beside other classifiers.",
            "",
            *_scores(report),
            "",
            "## Not for",
            "",
            "- Judging a person, an outlet or whether something is true. The label says how a text was made, not whether it is right.",
            "- Languages other than English, texts of under 40 words, opinion, satire, fiction, transcripts: the verdict says `uncertain`.",
            "- Human text that an outlet built on others' reports is labelled `rewrite` here, but some data sets count it as original;",
            "  a science release and a health story are hard to tell apart (data set fakehealth).",
            "- Deciding alone. Route `uncertain` verdicts to a person or aside.",
            "",
        ]
    )


def _counts(examples: Sequence[Example]) -> list[str]:
    cells: dict[tuple[str, str], tuple[int, float]] = {}
    for example in examples:
        count, weight = cells.get((example.dataset, example.label), (0, 0.0))
        cells[example.dataset, example.label] = (count + 1, weight + example.weight)
    rows = [f"| {dataset or 'given'} | {label} | {count} | {weight:.0f} |" for (dataset, label), (count, weight) in sorted(cells.items())]
    return ["| data set | label | texts | weight |", "|---|---|---|---|", *rows]


def _scores(report: Report) -> list[str]:
    head = [
        "| texts | count | macro-F1 | accuracy | original found | rewrite found | filler found | calibration error |",
        "|---|---|---|---|---|---|---|---|",
    ]
    rows = [
        f"| {name} | {found.count} | {found.macro_f1:.3f} | {found.accuracy:.3f} | "
        + " | ".join(f"{value:.3f}" for value in found.recall)
        + f" | {found.calibration_error:.3f} |"
        for name, found in report.rows
    ]
    return [*head, *rows]
