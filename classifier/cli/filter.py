"""`quality filter`: a corpus in, what is worth keeping out, and a reason for the rest."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier import view
from classifier.cli.app import AsJson, Model, Quiet, app
from classifier.cli.output import FAILED, Desk, is_terminal, write, write_table
from classifier.errors import InputError

if TYPE_CHECKING:
    from rich.progress import TaskID

    from classifier import Decisions, Summary
    from classifier.filter import Progress
    from classifier.filter.local import Watch

SHOWN = 10  # errors told on the terminal; errors.jsonl has all
TOO_FEW = "give a folder to write to: -o DIR"
LEARNED_FIRST = "Learns first which lines each site repeats on many of its pages, and counts them as boilerplate."


class Uncertain(StrEnum):
    """What becomes of documents with an uncertain verdict."""

    keep = "keep"
    drop = "drop"
    aside = "aside"


class Engine(StrEnum):
    """What does the work."""

    local = "local"
    spark = "spark"


@app.command(name="filter", epilog="Example: quality filter crawl/ -o clean --dedup && quality report clean")
def filter_(
    inputs: Annotated[list[str] | None, typer.Argument(metavar="INPUT...", help="Files, folders, patterns, URLs, @list, or -.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="DIR", help="The folder to write to.")] = None,
    keep: Annotated[str, typer.Option("--keep", envvar="QUALITY_KEEP", help="The labels to keep, with commas between.")] = "original",
    min_confidence: Annotated[
        float, typer.Option("--min-confidence", envvar="QUALITY_MIN_CONFIDENCE", help="The least probability of a kept label.")
    ] = 0.0,
    min_quality: Annotated[float, typer.Option("--min-quality", envvar="QUALITY_MIN_QUALITY", help="The least quality.")] = 0.0,
    max_boilerplate: Annotated[
        float, typer.Option("--max-boilerplate", envvar="QUALITY_MAX_BOILERPLATE", help="The largest share of boilerplate.")
    ] = 1.0,
    min_words: Annotated[int, typer.Option("--min-words", min=0, envvar="QUALITY_MIN_WORDS", help="The fewest words.")] = 0,
    language: Annotated[
        str | None, typer.Option("--language", envvar="QUALITY_LANGUAGE", help="The only language to keep, such as en or de.")
    ] = None,
    dedup: Annotated[bool, typer.Option("--dedup", envvar="QUALITY_DEDUP", help="Keep one of several near copies.")] = False,
    drop_derived: Annotated[
        bool, typer.Option("--drop-derived", envvar="QUALITY_DROP_DERIVED", help="Reject what retells another document.")
    ] = False,
    uncertain: Annotated[
        Uncertain, typer.Option("--uncertain", envvar="QUALITY_UNCERTAIN", help="What becomes of uncertain verdicts.")
    ] = Uncertain.keep,
    clean: Annotated[bool, typer.Option("--clean", envvar="QUALITY_CLEAN", help="Cut the boilerplate out of what is kept.")] = False,
    templates: Annotated[
        bool, typer.Option("--templates", envvar="QUALITY_TEMPLATES", help="Learn first what each site repeats, and cut that too.")
    ] = False,
    again: Annotated[Path | None, typer.Option("--again", metavar="DIR", help="Decide this run anew, without scoring.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say what the flags do, and stop.")] = False,
    sample: Annotated[int, typer.Option("--sample", metavar="N", min=0, help="Try the flags on N documents, and write nothing.")] = 0,
    text_field: Annotated[str | None, typer.Option("--text-field", envvar="QUALITY_TEXT_FIELD", help="The field of the text.")] = None,
    id_field: Annotated[str | None, typer.Option("--id-field", envvar="QUALITY_ID_FIELD", help="The field of the id.")] = None,
    engine: Annotated[Engine, typer.Option("--engine", help="What does the work.")] = Engine.local,
    master: Annotated[str | None, typer.Option("--master", metavar="URL", help="The Spark cluster.")] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", envvar="QUALITY_JOBS", min=1, help="Processes; as many as cores by default.")
    ] = None,
    model: Model = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Filter a corpus: kept and rejected documents, with reasons.

    A ledger comes out beside them, to decide anew by without scoring.
    A run that was stopped goes on where it was when the same command is given again.

    Exit code: 0; 2 for wrong usage, an input that cannot be found, or where nothing can be read. Single bad records are counted and told.
    """
    from classifier import Decisions

    decisions = Decisions(
        keep=tuple(label.strip() for label in keep.split(",") if label.strip()), min_confidence=min_confidence, min_quality=min_quality,
        max_boilerplate=max_boilerplate, min_words=min_words, language=language, dedup=dedup, drop_derived=drop_derived,
        uncertain=uncertain.value, clean=clean,
    )  # fmt: skip
    desk = Desk(quiet)
    if templates and (sample or again):
        desk.say("note: --templates needs a first pass over the whole corpus; without one it changes nothing here.")
    if explain:
        sentences = [*decisions.explain(), *([LEARNED_FIRST] if templates else [])]
        write("".join(f"{sentence}\n" for sentence in sentences))
    elif sample:
        _try(inputs or [], decisions, sample, desk, model=model, fields=(text_field, id_field), as_json=as_json)
    elif again:
        _decide_again(inputs, again, output, decisions, jobs, desk, as_json=as_json)
    else:
        if not inputs or output is None:
            raise typer.BadParameter(TOO_FEW if inputs else "name files, folders, patterns, URLs, @list, or - for standard input.")
        from classifier import filter_corpus

        with _watched(desk) as watch:
            summary = filter_corpus(
                inputs, output, decisions, model=model, text_field=text_field, id_field=id_field, engine=engine.value, master=master,
                jobs=jobs, templates=templates, listener=desk, watch=watch,
            )  # fmt: skip
        _tell(summary, output, desk, as_json=as_json)
    desk.close()
    raise typer.Exit(FAILED if desk.failed else 0)


def _decide_again(
    inputs: list[str] | None, again: Path, output: Path | None, decisions: Decisions, jobs: int | None, desk: Desk, *, as_json: bool
) -> None:
    if inputs:
        raise typer.BadParameter("--again reads what the run read; leave INPUT out.")
    from classifier import filter_again

    with _watched(desk) as watch:
        summary = filter_again(again, decisions, output, jobs=jobs, watch=watch)
    _tell(summary, output or again, desk, as_json=as_json)


def _tell(summary: Summary, folder: Path, desk: Desk, *, as_json: bool) -> None:
    """The summary as data, the first errors and what to look at beside it."""
    from classifier.filter.folder import read_lines

    if as_json:
        write(view.json_line(summary.to_dict()))
    else:
        places = {"kept": summary.kept, "aside": summary.aside, "rejected": summary.rejected, "errors": summary.errors}
        rows = [(name, "", count) for name, count in places.items() if count or name in {"kept", "rejected"}]
        detailed = [row for row in rows for row in (row, *_reasons(summary, row[0]))]
        write_table(("documents", "reason", "number", "share"), [_cells(*row, summary.records) for row in detailed])
    told = read_lines(folder / "errors.jsonl", ("file", "row", "cause", "count", "lost"), SHOWN)
    for fault in told:
        desk.say(f"{'bad record' if fault['lost'] else 'note'}: {fault['file']}:{fault['row']}: {fault['cause']}.")
    rest = summary.errors + summary.repeated_ids - sum(max(fault["count"], not fault["lost"]) for fault in told)
    if rest > 0:
        desk.say(f"and {rest:,} more in {folder / 'errors.jsonl'}")
    if summary.passed_over:
        desk.say(f"passed over: {summary.passed_over:,} blank lines and records of archives that hold no page")
    desk.say(f"wrote {folder}")
    if summary.records and summary.errors == summary.records:
        desk.error(InputError(f"{folder}: nothing could be read. What is wrong with each record stands in {folder / 'errors.jsonl'}."))


def _reasons(summary: Summary, place: str) -> Iterator[tuple[str, str, int]]:
    """The reasons of what was rejected; those of what was set aside are all one."""
    from classifier.filter.decisions import REASONS

    if place == "rejected":
        for reason, count in summary.reasons.items():
            left = count - summary.aside if reason == "uncertain" else count
            if left:
                yield "", REASONS[reason], left


def _cells(name: str, reason: str, count: int, whole: int) -> tuple[str, ...]:
    return name, reason, f"{count:,}", f"{count / whole:.1%}" if whole else ""


def _try(
    inputs: list[str],
    decisions: Decisions,
    size: int,
    desk: Desk,
    *,
    model: Path | None,
    fields: tuple[str | None, str | None],
    as_json: bool,
) -> None:
    from classifier.filter.decisions import REASONS
    from classifier.filter.sample import try_sample

    trials, faults = try_sample(inputs, decisions, size, model=model, text_field=fields[0], id_field=fields[1], listener=desk)
    for fault in faults[:SHOWN]:
        desk.say(f"bad record: {fault}")
    if faults and not trials:
        desk.error(InputError("nothing could be read. Mend the records, or name other files."))
    if as_json:
        for trial in trials:
            told = {name: trial.facts[name] for name in ("file", "row", "id", "label", "confidence", "uncertain", "quality")}
            write(view.json_line(told | vars(trial.outcome)))
        return
    counts = Counter((trial.outcome.place, trial.outcome.reason or "") for trial in trials)
    rows = [_cells(place, REASONS.get(reason, ""), count, len(trials)) for (place, reason), count in sorted(counts.items())]
    write_table(("documents", "reason", "number", "share"), rows)
    gone = [trial for trial in trials if trial.outcome.reason]
    shown = [(str(trial.facts["id"])[:80], trial.outcome.place, trial.outcome.detail or "") for trial in gone[: 2 * SHOWN]]
    if shown:
        write_table(("document", "place", "why"), shown, title="What would go")


@contextmanager
def _watched(desk: Desk) -> Iterator[Watch]:
    """A bar on standard error: how far the step is, documents a second, what is left, and the shares so far."""

    def resuming(progress: Progress) -> None:
        if progress.step == "resuming":
            desk.say(f"going on with a run that was stopped; scored already: {progress.documents:,} documents")

    if desk.quiet or not is_terminal(sys.stderr):
        yield resuming
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[told]}"),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        tasks: dict[str, tuple[TaskID, float]] = {}

        def watch(progress: Progress) -> None:
            if progress.step == "resuming":
                resuming(progress)
                return
            if progress.step not in tasks:
                tasks[progress.step] = bar.add_task(progress.step, total=None, told=""), time.monotonic()
            task, begun = tasks[progress.step]
            bar.update(task, completed=progress.done, total=progress.total or None, told=_rate(progress, time.monotonic() - begun))

        yield watch


def _rate(progress: Progress, seconds: float) -> str:
    shares = ", ".join(f"{count / progress.documents:.0%} {name}" for name, count in progress.counts.most_common())
    rate = progress.documents / max(seconds, 0.001)
    return f"{progress.documents:,} documents, {rate:,.0f} a second; {shares}" if progress.documents else ""
