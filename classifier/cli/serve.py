"""`quality serve`: verdicts over HTTP."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from classifier.cli.app import Model, Quiet, app
from classifier.cli.index import opened
from classifier.cli.output import Desk


@app.command(epilog="Example: quality serve --port 8000")
def serve(
    host: Annotated[str, typer.Option("--host", metavar="NAME", help="Where to listen; 0.0.0.0 lets other machines ask.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="The port; 0 for a free one.")] = 8000,
    index: Annotated[str | None, typer.Option("--index", metavar="PATH", help="Look for copies and sources in this index.")] = None,
    model: Model = None,
    quiet: Quiet = False,
) -> None:
    """Answer over HTTP.

    POST /v1/score takes a page or a list of pages as JSON, GET /healthz tells that it runs.

    It asks nobody who they are: let only your own machines reach it. Ctrl-C ends it, once it has answered what it was asked.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # texts are small: threads only get in each other's way
    from classifier import Scorer, service

    desk = Desk(quiet)
    scorer = Scorer(model=model, index=opened(index) if index else None)
    service.serve(scorer, host, port, lambda address: desk.say(f"listening on {address}; Ctrl-C ends it"))
