"""`quality stories`: which documents tell of one event, and who has it from whom."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier import files, view
from classifier.cli.app import AsJson, Model, Quiet, app
from classifier.cli.output import FAILED, Desk, Nobody, is_rich, progress_bar, render, write
from classifier.errors import InputError

if TYPE_CHECKING:
    from rich.tree import Tree

    from classifier.document import Document
    from classifier.stories import Member, Story

_COLORS = {"report": "green", "copy": "blue", "rewrite": "yellow"}
_SHOWN = 4  # pieces of evidence in a row


@app.command(epilog="Example: quality stories crawl.jsonl --html stories.html")
def stories(
    names: Annotated[
        list[str],
        typer.Argument(metavar="INPUT", help="Text files, folders of them, JSON Lines, Parquet or WARC, or - for standard input."),
    ],
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Also write a page with the texts side by side.")] = None,
    as_json: AsJson = False,
    model: Model = None,
    quiet: Quiet = False,
) -> None:
    """Group texts by event: copies, rewrites and where they come from."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # starting a pool of threads costs numpy's import 0.1 s of CPU
    from classifier import Scorer, find_stories
    from classifier.cli import documents
    from classifier.stories.story import first_of

    desk = Desk(quiet)
    if html:
        _refuse_page(html, names)
    scorer = Scorer(model=model)
    known: dict[str | None, Document] = {}
    with progress_bar("reading", quiet=quiet) as progress:
        for document in documents.read(names, desk):
            twin = known.setdefault(document.id, document)
            if twin.text != document.text:
                desk.note(str(document.id), "this id stands more than once with different texts; the first of them is taken.")
            else:
                known[document.id] = first_of(twin, document)
            if progress:
                progress(len(known), None)
    texts = list(known.values())
    found = find_stories(texts, scorer)
    for number, story in enumerate(found, start=1):
        _write(number, story, as_json=as_json)
    if html:
        _write_page(html, found, texts)
        desk.say(f"wrote {html}")
    members = sum(len(story.members) for story in found)
    desk.say(f"{len(texts):,} texts: {len(found):,} {'story' if len(found) == 1 else 'stories'} with {members:,} of them")
    desk.close()
    raise typer.Exit(FAILED if desk.failed else 0)


def _write(number: int, story: Story, *, as_json: bool) -> None:
    if as_json:
        write(view.json_line(story.to_dict()))
    elif is_rich():
        render(_tree(number, story), "")
    else:
        write(_plain(number, story))


def _head(number: int, story: Story) -> str:
    return f"story {number}: {len(story.members):,} texts"


def _tree(number: int, story: Story) -> Tree:
    from rich.tree import Tree

    tree = Tree(view.text_of([(_head(number, story), "bold")]), guide_style="dim")
    branches = {None: tree}
    for member in story.members:
        branches[member.id] = branches[member.source].add(view.text_of(_spans(member, story)))  # type: ignore[index]
    return tree


def _plain(number: int, story: Story) -> str:
    lines = [_head(number, story)]
    depth: dict[str | None, int] = {None: 0}
    for member in story.members:
        depth[member.id] = depth[member.source] + 1
        lines.append("  " * depth[member.id] + "".join(text for text, _ in _spans(member, story)).rstrip())
    return "\n".join(lines) + "\n\n"


def _spans(member: Member, story: Story) -> view.Spans:
    spans = [(view.neutralize(member.id, one_line=True), "bold"), ("  ", ""), (member.role, _COLORS[member.role])]
    if member.similarity is not None:
        spans.append((f" {member.similarity:.2f}", ""))
    if member.id == story.origin:
        spans.append(("  origin", "bold green"))
    if member.role == "rewrite" and member.source is None:
        spans.append(("  its source is not here", "dim"))
    told = " · ".join(view.neutralize(shared.text, one_line=True) for shared in member.evidence[:_SHOWN])
    return [*spans, (f"  {told}", "dim")] if told else spans


def _refuse_page(path: Path, names: list[str]) -> None:
    """Refuse a page that would take the place of what is read, or that no folder could hold, before anything is read."""
    if path.exists() and any(Path(name).exists() and path.samefile(name) for name in files.find(names, Nobody())):
        raise InputError(f"{path}: the page would take the place of what is read. Give another file.")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}. Make it, or give another file.")


def _write_page(path: Path, found: list[Story], texts: list[Document]) -> None:
    from classifier.stories.page import write_page

    try:
        with path.open("w", encoding="utf-8", errors="surrogateescape") as page:
            page.writelines(write_page(found, texts))
    except OSError as error:
        raise InputError(f"{path}: {(error.strerror or 'cannot be written').lower()}. Give another file.") from error
