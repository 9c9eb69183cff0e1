"""The command `quality`."""

from __future__ import annotations

import io
import os
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TextIO

import typer

from classifier import files, view
from classifier.errors import InputError, QualityError

if TYPE_CHECKING:  # each command imports what it needs: `quality --help` loads no numpy, and `quality score` no scikit-learn
    from rich.console import RenderableType

    from classifier import Scorer, Verdict
    from classifier.files import Page
    from classifier.index import Index
    from classifier.training import Report

    Progress = Callable[[int, int], None]

REQUIRE_NOT_MET, FAILED, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141
FEW = 3  # up to so many texts are shown as cards, more as one row each

app = typer.Typer(
    name="quality",
    help="Says whether a news text is original reporting, a rewrite or filler, why, and which lines to cut.",
    epilog="Example: quality score page.txt",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    rich_markup_mode=None,  # its boxes cost 0.1 s of CPU
    pretty_exceptions_enable=False,
)


class Label(StrEnum):
    """The labels that --require takes."""

    original = "original"
    rewrite = "rewrite"
    filler = "filler"


Model = Annotated[Path | None, typer.Option("--model", metavar="DIR", help="A model folder instead of the shipped model.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, one object a line.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only data and errors: no notes, no progress bar, no summary.")]


def main() -> NoReturn:
    """Run the command that the arguments of the process name, and exit with its code."""
    _prepare_streams()
    try:
        app(prog_name="quality")
        code: int | str | None = 0
    except SystemExit as leaving:
        code = leaving.code
    except QualityError as error:
        _complain(f"error: {error}")
        code = FAILED
    except OSError as error:  # a folder that cannot be written to, say
        _complain(f"error: {error.filename or 'standard output'}: {error.strerror or error}")
        code = FAILED
    sys.exit(_flush() or code)


def _prepare_streams() -> None:
    """Data is UTF-8 wherever it goes, but for a terminal; and no character that a terminal lacks stops a message."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding=None if sys.stdout.isatty() else "utf-8", errors="backslashreplace")
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")


def _version(wanted: bool) -> None:
    if wanted:
        from classifier import __version__

        _write(f"quality {__version__}\n")
        raise typer.Exit


@app.callback()
def _quality(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    del version  # its callback has seen to it


@app.command(epilog="Example: quality score page.txt --require original && publish page.txt")
def score(
    names: Annotated[list[str], typer.Argument(metavar="FILE", help="Text files, folders, or - for standard input.")],
    as_json: AsJson = False,
    why: Annotated[bool, typer.Option("--why", help="The text, with the evidence marked in place.")] = False,
    clean: Annotated[bool, typer.Option("--clean", help="The text without its boilerplate.")] = False,
    against: Annotated[
        list[str] | None, typer.Option("--against", metavar="FILE", help="Look for copies and sources in this file or folder; repeatable.")
    ] = None,
    index: Annotated[str | None, typer.Option("--index", metavar="PATH", help="Look for copies and sources in this index.")] = None,
    require: Annotated[Label | None, typer.Option("--require", help="Exit with 1 when a text is something else.")] = None,
    model: Model = None,
    quiet: Quiet = False,
) -> None:
    """Judge texts: label, probabilities, reasons, and the lines to cut.

    In a folder, files ending in .txt, .text or .md, or without a suffix, are read, in sorted order, hidden ones left out.

    Exit code: 0; 1 when --require is not met; 2 for wrong usage or input that cannot be read (the rest is still judged).
    """
    form = _one_of({"--json": as_json, "--why": why, "--clean": clean})
    _one_of({"--index": bool(index), "--against": bool(against)})
    if names.count(files.STDIN) + (against or []).count(files.STDIN) > 1:
        raise typer.BadParameter("- can be read only once.")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # starting a pool of threads costs numpy's import 0.1 s of CPU
    from classifier import Scorer

    desk = _Desk(quiet)
    scorer = Scorer(model=model, index=_index(index, against or [], desk))
    found = files.find(names, desk)
    first = list(islice(found, FEW + 1))
    many = len(first) > FEW
    show = _form(form, scorer, many=many, several=len(first) > 1)
    tally = _Tally(require)
    with _progress("judging", quiet=quiet or not many or _is_terminal(sys.stdout)) as progress:  # on a terminal, the rows show it
        total = sum(1 for _ in files.find(names, _Nobody())) if progress else 0
        for page, verdict in _judged(_pages(chain(first, found), desk), scorer):
            show(page, verdict)
            tally.count(verdict)
            if progress:
                progress(tally.labels.total(), total)
    if many and not form:
        desk.say(view.summary(tally.labels, tally.uncertain))
    if tally.missed:
        desk.say(f"not {require}: {tally.missed:,} of {tally.labels.total():,}")
    desk.close()
    raise typer.Exit(FAILED if desk.failed else REQUIRE_NOT_MET if tally.missed else 0)


@app.command(epilog="Example: quality signals --json | head -3")
def signals(as_json: AsJson = False) -> None:
    """List every signal and what it measures, by family."""
    from classifier.signals import FAMILIES

    for family, members in FAMILIES.items():
        rows = [(f"{family}.{signal.__name__}", (signal.__doc__ or "").strip().partition("\n")[0]) for signal in members]
        if as_json:
            _write("".join(view.json_line({"name": name, "family": family, "meaning": meaning}) for name, meaning in rows))
        else:
            _write_table(("signal", "what it measures"), rows, family)


Labels = Annotated[Path, typer.Argument(metavar="LABELS", help='JSON Lines of {"text": …, "label": …}.')]


@app.command(epilog="Example: quality train labels.jsonl -o my-model && quality score page.txt --model my-model")
def train(
    labels: Labels,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The folder to write the model to.")],
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fit a model to labels of your own, and tell how well it does on texts held out."""
    from classifier import training

    desk = _Desk(quiet)
    output.mkdir(parents=True, exist_ok=True)  # better now than after an hour of fitting
    with _progress("measuring", quiet=quiet) as progress:
        report = training.train(labels, output, progress=progress, tell=desk.say)
    _write_report(report, as_json=as_json)
    desk.say(f"wrote {output}")


@app.command(epilog="Example: quality evaluate labels.jsonl --model my-model")
def evaluate(
    labels: Labels,
    models: Annotated[list[Path] | None, typer.Option("--model", metavar="DIR", help="A model to compare; repeatable.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measure the shipped model, and others beside it, on labels of your own."""
    from classifier import training

    with _progress("judging", quiet=quiet) as progress:
        report = training.evaluate(labels, [None, *(models or [])], progress=progress)
    _write_report(report, as_json=as_json)


@dataclass
class _Tally:
    """What a run found: how many texts of each label, how many uncertain, and how many not of the label required."""

    required: Label | None
    labels: Counter[str] = field(default_factory=Counter)
    uncertain: int = 0
    missed: int = 0

    def count(self, verdict: Verdict) -> None:
        self.labels[verdict.label] += 1
        self.uncertain += verdict.uncertain
        self.missed += self.required is not None and verdict.label != self.required


class _Desk:
    """Speaks on standard error: an error at once, a note once at the end with the number of files it is about."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.failed = False
        self._notes: dict[str, tuple[str, int]] = {}

    def error(self, error: InputError) -> None:
        self.failed = True
        _complain(f"error: {error}")

    def note(self, name: str, message: str) -> None:
        first, count = self._notes.get(message, (name, 0))
        self._notes[message] = first, count + 1

    def say(self, message: str) -> None:
        if not self.quiet:
            _complain(message)

    def close(self) -> None:
        for message, (first, count) in self._notes.items():
            self.say(f"note: {first}: {message}" if count == 1 else f"note: {count:,} files, the first is {first}: {message}")


def _one_of(options: dict[str, bool]) -> str | None:
    """The one option that was given, or None."""
    given = [name for name, is_given in options.items() if is_given]
    if len(given) > 1:
        raise typer.BadParameter(f"{' and '.join(given)} cannot be combined. Give one of them.")
    return given[0] if given else None


def _index(where: str | None, against: Sequence[str], desk: _Desk) -> Index | None:
    """The index to look in: one that was made before, or one of the texts given by hand."""
    if not where and not against:
        return None
    from classifier import open_index

    if where:
        if "://" not in where and not Path(where).exists():
            raise InputError(f"{where}: no such index. Check the name and the current folder.")
        return open_index(where)
    index = open_index(":memory:")
    for page in _pages(files.find(against, desk), desk):
        index.add(page.name, page.text)
    return index


def _pages(names: Iterable[str], desk: _Desk) -> Iterator[Page]:
    for name in names:
        if name == files.STDIN and _is_terminal(sys.stdin):
            desk.say("note: reading from the terminal; end the text with Ctrl-D.")
        try:
            page = files.read(name)
        except InputError as error:
            desk.error(error)
            continue
        if page.note:
            desk.note(name, page.note)
        yield page


def _judged(pages: Iterable[Page], scorer: Scorer) -> Iterator[tuple[Page, Verdict]]:
    from classifier import Document

    waiting: deque[Page] = deque()  # the scorer reads some texts ahead

    def documents() -> Iterator[Document]:
        for page in pages:
            waiting.append(page)
            yield Document(page.text, id=page.name)

    for verdict in scorer.score_many(documents()):
        yield waiting.popleft(), verdict


def _form(option: str | None, scorer: Scorer, *, many: bool, several: bool) -> Callable[[Page, Verdict], None]:
    """How each verdict is shown."""
    match option:
        case "--json":
            return lambda _, verdict: _write(view.json_line(verdict.to_dict()))
        case "--clean":
            return lambda page, verdict: _write_clean(page, verdict, titled=several)
        case "--why":
            return _write_marked
    if many:
        _write_spans(view.row_head())
        return lambda page, verdict: _write_spans(view.row(verdict, page.name))
    return lambda page, verdict: _write_card(page, verdict, scorer)


def _write_card(page: Page, verdict: Verdict, scorer: Scorer) -> None:
    scores = scorer.family_scores(verdict)
    if _is_rich():
        _render(view.card(verdict, page.name, scores))
    else:
        _write(view.plain_card(verdict, page.name, scores))


def _write_clean(page: Page, verdict: Verdict, *, titled: bool) -> None:
    """The clean text as it is; but what goes to a terminal is made harmless."""
    text = verdict.clean_text if verdict.clean_text.endswith("\n") else verdict.clean_text + "\n"
    head = f"==> {view.neutralize(page.name, one_line=True)} <==\n" if titled else ""
    _write(head + (view.neutralize(text) if _is_terminal(sys.stdout) else text))


def _write_marked(page: Page, verdict: Verdict) -> None:
    _write_spans(view.heading(verdict, page.name))
    _write("\n")
    if not _is_colored() or len(page.text) > view.LONGEST_COLORED:
        _write(view.marked_plain(verdict, page.text))
        return
    _render(view.marked(verdict, page.text), "", *map(view.text_of, view.legend(verdict)), "")


def _write_spans(spans: view.Spans) -> None:
    if _is_rich():
        _render(view.text_of(spans), soft_wrap=True)  # a name in a line of its own would look like another row
    else:
        _write(view.plain_of(spans))


def _write_table(head: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    if _is_rich():
        _render(view.table(head, rows, title))
    else:
        _write(view.plain_table(head, rows, title))


def _write_report(report: Report, *, as_json: bool) -> None:
    if as_json:
        _write(view.json_line(report.to_dict()))
        return
    _write_table(*view.figures([(name, score.to_dict()) for name, score in report.rows]))
    _write_spans([(report.note, "dim")])


def _render(*things: RenderableType, soft_wrap: bool = False) -> None:
    from rich.console import Console

    drawn = io.StringIO()
    console = Console(
        file=drawn,
        force_terminal=True,
        color_system="auto" if _is_colored() else None,
        markup=False,
        highlight=False,
        emoji=False,
    )
    console.width = min(console.width, view.WIDTH)
    for thing in things:
        console.print(thing, crop=False, soft_wrap=soft_wrap)
    _write(drawn.getvalue())


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _is_rich() -> bool:
    """Whether standard output can show boxes and bars."""
    return _is_terminal(sys.stdout) and os.environ.get("TERM") != "dumb" and sys.stdout.encoding.lower().startswith("utf")


def _is_colored() -> bool:
    return _is_rich() and not os.environ.get("NO_COLOR")


@contextmanager
def _progress(title: str, *, quiet: bool) -> Iterator[Progress | None]:
    """A bar on standard error that is told how much of how much is done; None where nobody would see it."""
    if quiet or not _is_terminal(sys.stderr):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task(title, total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield progress


class _Nobody:
    """Listens to nothing, while files are only counted."""

    def error(self, error: InputError) -> None:
        pass

    def note(self, name: str, message: str) -> None:
        pass


def _write(text: str) -> None:
    """Data, on standard output; silent where the reader has gone away.

    Raises:
        InputError: it cannot be written, because a disk is full say.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(text)
    except OSError as error:
        raise _lost(error) from error


def _flush() -> int | None:
    """Write what is still held back; the exit code where that fails."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        lost = _lost(error)
        if isinstance(lost, typer.Exit):
            return lost.exit_code
        _complain(f"error: {lost}")
        return FAILED
    return None


def _lost(error: OSError) -> typer.Exit | InputError:
    """What to raise when standard output takes no more; from then on it leads nowhere, or the interpreter would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return typer.Exit(BROKEN_PIPE)
    return InputError(f"standard output: {(error.strerror or 'cannot be written').lower()}. Free some space, or write elsewhere.")


def _complain(message: str) -> None:
    if sys.stderr is not None:
        print(view.neutralize(message, one_line=True), file=sys.stderr)


if __name__ == "__main__":
    main()
