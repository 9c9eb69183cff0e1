"""`quality train`, `tune` and `evaluate`: labels of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier import view
from classifier.cli.app import AsJson, Model, Quiet, app
from classifier.cli.output import Desk, progress_bar, write, write_figures, write_file, write_spans
from classifier.errors import QualityError

if TYPE_CHECKING:
    from classifier.training import Report

Labels = Annotated[Path, typer.Argument(metavar="LABELS", help='JSON Lines of {"text": …, "label": …}.')]


@app.command(epilog="Example: quality train labels.jsonl -o my-model && quality score page.txt --model my-model")
def train(
    labels: Labels,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The folder to write the model to.")],
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fit a model to labels of your own.

    How well it does is measured on texts held out.
    """
    _refuse_taken(output)
    from classifier import training

    desk = Desk(quiet)
    with progress_bar("measuring", quiet=quiet) as progress:
        report = training.train(labels, output, progress=progress, tell=desk.say)
    _write_report(report, as_json=as_json)
    desk.say(f"wrote {output}")


@app.command(epilog="Example: quality tune labels.jsonl -o my-model && quality score page.txt --model my-model")
def tune(
    labels: Labels,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The folder to write the tuned model to.")],
    model: Model = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fit calibration and thresholds to labels of your own.

    50 to 200 of them will do, for the weights stay what they are; what it gains is told.
    """
    _refuse_taken(output)
    from classifier import training

    desk = Desk(quiet)
    with progress_bar("judging", quiet=quiet) as progress:
        report = training.tune(labels, output, model, progress=progress, tell=desk.say)
    _write_report(report, as_json=as_json)
    desk.say(f"wrote {output}")


@app.command(epilog="Example: quality evaluate labels.jsonl --model my-model")
def evaluate(
    labels: Labels,
    models: Annotated[list[Path] | None, typer.Option("--model", metavar="DIR", help="A model to compare; repeatable.")] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="SVG", help="Draw confusion matrices and reliability into this file.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measure models on labels of your own.

    The shipped model is one of them.
    """
    from classifier import training

    with progress_bar("judging", quiet=quiet) as progress:
        report = training.evaluate(labels, [None, *(models or [])], progress=progress)
    try:
        if picture:  # before the figures, whose reader may go away
            write_file(picture, training.draw(report), "evaluation.svg")
            Desk(quiet).say(f"wrote {picture}")
    finally:
        _write_report(report, as_json=as_json)


def _refuse_taken(folder: Path) -> None:
    """Refuse a folder with other files before scikit-learn is imported, which takes seconds; whoever writes to it looks again.

    Raises:
        QualityError: it holds files but no model.
    """
    from classifier.model import UNFINISHED, is_model

    if folder.is_dir() and any(not path.name.startswith(UNFINISHED) for path in folder.iterdir()) and not is_model(folder):
        raise QualityError(f"{folder}: holds files that are no model. Choose a new or an empty folder.")


def _write_report(report: Report, *, as_json: bool) -> None:
    if as_json:
        write(view.json_line(report.to_dict()))
        return
    write_figures(*view.figures([(name, score.to_dict()) for name, score in report.rows]))
    write_spans([(report.note, "dim")])
