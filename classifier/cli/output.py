"""What the commands say: data on standard output, everything else on standard error."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import typer

from classifier import view
from classifier.errors import InputError, QualityError, writing

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    Progress = Callable[[int, int | None], None]

FAILED, BROKEN_PIPE = 2, 141


def prepare_streams() -> None:
    """Data is UTF-8 wherever it goes, but for a terminal; and no character that a terminal lacks stops a message."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding=None if sys.stdout.isatty() else "utf-8", errors="backslashreplace")
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")


def write(text: str) -> None:
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


def write_file(path: Path, text: str, name: str) -> None:
    """Write a text to a file.

    Args:
        path: the file.
        text: what it shall hold.
        name: what to call it in the message, where the path is that of a folder.

    Raises:
        QualityError: it is a folder, or cannot be written.
    """
    if path.is_dir():
        raise QualityError(f"{path}: a folder, not a file. Name a file in it: {path / name}")
    with writing(path):
        path.write_text(text, encoding="utf-8", errors="replace")


def flush() -> int | None:
    """Write what is still held back; the exit code where that fails."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        lost = _lost(error)
        if isinstance(lost, typer.Exit):
            return lost.exit_code
        complain(f"error: {lost}")
        return FAILED
    return None


def _lost(error: OSError) -> typer.Exit | InputError:
    """What to raise when standard output takes no more; from then on it leads nowhere, or the interpreter would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return typer.Exit(BROKEN_PIPE)
    return InputError(f"standard output: {(error.strerror or 'cannot be written').lower()}. Free some space, or write elsewhere.")


def complain(message: str) -> None:
    """A line on standard error; lost where nobody takes it any more, which is no reason to stop."""
    if sys.stderr is None:
        return
    try:
        print(view.neutralize(message, one_line=True), file=sys.stderr, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


class Desk:
    """Speaks on standard error: an error at once, a note once at the end with the number of files it is about."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.failed = False
        self._notes: dict[str, tuple[str, int]] = {}

    def error(self, error: InputError) -> None:
        """An input that failed; the rest goes on."""
        self.failed = True
        complain(f"error: {error}")

    def note(self, name: str, message: str) -> None:
        """Something about one input, told once for all alike."""
        first, count = self._notes.get(message, (name, 0))
        self._notes[message] = first, count + 1

    def say(self, message: str) -> None:
        """A line for whoever looks on."""
        if not self.quiet:
            complain(message)

    def close(self) -> None:
        """Tell the notes."""
        for message, (first, count) in self._notes.items():
            self.say(f"note: {first}: {message}" if count == 1 else f"note: {count:,} files, the first is {first}: {message}")


class Nobody:
    """Listens to nothing, while files are only counted."""

    def error(self, error: InputError) -> None:
        """Let it go."""

    def note(self, name: str, message: str) -> None:
        """Let it go."""


def write_spans(spans: view.Spans) -> None:
    """A line of styled spans: colored on a terminal, plain elsewhere."""
    if is_rich():
        render(view.text_of(spans), soft_wrap=True)  # a name in a line of its own would look like another row
    else:
        write(view.plain_of(spans))


def write_table(head: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """A table: drawn on a terminal, plain elsewhere."""
    if is_rich():
        render(view.table(head, rows, title))
    else:
        write(view.plain_table(head, rows, title))


def write_figures(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table of names with figures, or a line for each figure where a terminal is too narrow for whole words in a table."""
    if not is_rich() or _fits(view.table(head, rows)):
        write_table(head, rows)
        return
    for name, *figures in rows:
        write_spans([(view.neutralize(name, one_line=True), "bold")])
        for key, figure in zip(head[1:], figures, strict=True):
            write_spans([(f"  {key:<18} {figure:>7}", "")])
    write("\n")


def _fits(thing: RenderableType) -> bool:
    console = _console(io.StringIO())
    return console.measure(thing, options=console.options.update(max_width=10_000)).minimum <= console.width


def render(*things: RenderableType, soft_wrap: bool = False) -> None:
    """Things that rich draws."""
    drawn = io.StringIO()
    console = _console(drawn)
    for thing in things:
        console.print(thing, crop=False, soft_wrap=soft_wrap)
    write(drawn.getvalue())


def _console(drawn: TextIO) -> Console:
    from rich.console import Console

    console = Console(
        file=drawn,
        force_terminal=True,
        color_system="auto" if is_colored() else None,
        markup=False,
        highlight=False,
        emoji=False,
    )
    console.width = min(console.width, view.WIDTH)
    return console


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody is looking at a stream."""
    return stream is not None and not stream.closed and stream.isatty()


def is_rich() -> bool:
    """Whether standard output can show boxes and bars."""
    return is_terminal(sys.stdout) and os.environ.get("TERM") != "dumb" and sys.stdout.encoding.lower().startswith("utf")


def is_colored() -> bool:
    """Whether standard output can show colors, and nobody asked for none."""
    return is_rich() and not os.environ.get("NO_COLOR")


@contextmanager
def progress_bar(title: str, *, quiet: bool) -> Iterator[Progress | None]:
    """A bar on standard error that is told how much of how much is done; None where nobody would see it."""
    if quiet or not is_terminal(sys.stderr):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task(title, total=None)

        def progress(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield progress
