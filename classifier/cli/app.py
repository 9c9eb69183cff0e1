"""The app that all commands join, and what becomes of their errors."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from classifier import presets
from classifier.cli.output import FAILED, complain, flush, prepare_streams, write
from classifier.errors import QualityError

REQUIRE_NOT_MET = 1

COMMANDS = ("score", "filter", "report", "stories", "index", "serve", "signals", "train", "tune", "evaluate")  # as people meet them


class _InOrder(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(super().list_commands(ctx), key=COMMANDS.index)


app = typer.Typer(
    name="quality",
    cls=_InOrder,
    help="Says whether a news text is original reporting, a rewrite or filler, why, and which lines to cut.",
    epilog="Example: quality score page.txt",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    rich_markup_mode=None,  # its boxes cost 0.1 s of CPU
    pretty_exceptions_enable=False,
)

Model = Annotated[Path | None, typer.Option("--model", metavar="DIR", help="A model folder instead of the shipped model.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, one object a line.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only data and errors: no notes, no progress bar, no summary.")]


def main() -> NoReturn:
    """Run the command that the arguments of the process name, and exit with its code."""
    prepare_streams()
    try:
        app(prog_name="quality")
        code: int | str | None = 0
    except SystemExit as leaving:
        code = leaving.code
    except QualityError as error:
        complain(f"error: {error}")
        code = FAILED
    except OSError as error:  # a folder that cannot be written to, say
        complain(f"error: {error.filename or 'standard output'}: {error.strerror or error}")
        code = FAILED
    sys.exit(flush() or code)


def _version(wanted: bool) -> None:
    if wanted:
        from classifier import __version__

        write(f"quality {__version__}\n")
        raise typer.Exit


@app.callback()
def _quality(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    del version  # its callback has seen to it
    try:
        found = presets.find(Path.cwd())
    except FileNotFoundError:  # the current folder was deleted
        found = None
    if found:
        commands = getattr(context.command, "commands", {})
        options = {name: _options(command) for name, command in commands.items()}
        context.default_map = presets.for_commands(*found, {name: held for name, held in options.items() if held})


def _options(command: Any) -> dict[str, presets.Option]:
    """The options of a command by what one types, without its dashes."""
    return {
        flag.removeprefix("--"): presets.Option(param.name, getattr(param, "multiple", False))
        for param in command.params
        for flag in param.opts
        if flag.startswith("--") and flag != "--help"
    }


def one_of(options: dict[str, bool]) -> str | None:
    """The one option that was given, or None."""
    given = [name for name, is_given in options.items() if is_given]
    if len(given) > 1:
        raise typer.BadParameter(f"{' and '.join(given)} cannot be combined. Give one of them.")
    return given[0] if given else None
