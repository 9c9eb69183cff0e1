"""`quality report`: a run of the filter as a page to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.cli.app import Quiet, app
from classifier.cli.output import Desk, write, write_file


@app.command(epilog="Example: quality report clean && open clean/report.html")
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that `quality filter -o` wrote.")],
    output: Annotated[str | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write it; - for standard output.")] = None,
    quiet: Quiet = False,
) -> None:
    """Make one page of HTML on a run of the filter.

    DIR/report.html needs no other file and no network.
    """
    from classifier.report import render

    page = render(folder)
    if output == "-":
        write(page)
        return
    path = Path(output) if output else folder / "report.html"
    write_file(path, page, "report.html")
    Desk(quiet).say(f"wrote {path}")
