"""`quality index`: the index of near copies and sources by hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from classifier import view
from classifier.cli.app import AsJson, Quiet, app
from classifier.cli.output import FAILED, Desk, progress_bar, write, write_table
from classifier.errors import InputError

if TYPE_CHECKING:
    from classifier.document import Document, Match
    from classifier.index import Index

_BATCH = 256
_SHOWN = 4  # pieces of evidence in a row

group = typer.Typer(
    name="index",
    help="An index of known texts: fill it, ask it, look at it.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(group)

Where = Annotated[str, typer.Argument(metavar="INDEX", help="The path of an SQLite file, or redis://host:6379/0.")]
Inputs = Annotated[
    list[str], typer.Argument(metavar="INPUT", help="Text files, folders of them, JSON Lines, Parquet or WARC, or - for standard input.")
]
AsIs = Annotated[bool, typer.Option("--as-is", help="Take the texts with their boilerplate.")]


@group.command(epilog='Example: quality index add near.sqlite crawl.jsonl  # a line: {"id": …, "text": …}')
def add(
    where: Where,
    names: Inputs,
    if_new: Annotated[bool, typer.Option("--if-new", help="Add only what is no near copy of what is there, and tell which are.")] = False,
    as_is: AsIs = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Add texts to an index, which is made if it is not there.

    A text that comes again under its id takes the place of the older one; with --if-new it is left out.
    """
    with opened(where, new=True, as_is=as_is) as index:
        desk = Desk(quiet)
        batches = _batches(_with_ids(_texts(names, desk), desk), quiet=quiet, title="adding")
        store = _claim(index, as_json=as_json) if if_new else _put(index)
        added, replaced = (sum(counts) for counts in zip((0, 0), *map(store, batches), strict=True))
        held = index.info()
    if not as_json:
        other = f", replaced {replaced:,}" if replaced else ""
        desk.say(f"added {added:,}{other}; {held.where} holds {held.documents:,} document{'' if held.documents == 1 else 's'}")
    elif not if_new:
        write(view.json_line({"added": added, "replaced": replaced, "documents": held.documents}))
    _leave(desk)


@group.command(epilog="Example: quality index query near.sqlite page.txt")
def query(where: Where, names: Inputs, as_is: AsIs = False, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Ask an index what each text copies or retells."""
    desk = Desk(quiet)
    with opened(where, as_is=as_is) as index:
        for batch in _batches(_texts(names, desk), quiet=quiet, title="asking"):
            near, sources = index.near_copies_many(batch), index.sources_many(batch)
            for document, copied, retold in zip(batch, near, sources, strict=True):
                copies = {match.id for match in copied}
                others = [match for match in retold if match.id not in copies]
                _write_matches(document, copied, others, known=document.id in index, as_json=as_json)
    _leave(desk)


@group.command(epilog="Example: quality index info near.sqlite")
def info(where: Where, as_json: AsJson = False) -> None:
    """Tell how many documents an index holds, and its size."""
    with opened(where) as index:
        held = index.info()
    if as_json:
        write(view.json_line({"where": held.where, "documents": held.documents, "bytes": held.bytes}))
        return
    each = f"{held.bytes / held.documents:,.0f}" if held.documents else "none"
    write_table(("index", "documents", "bytes", "bytes a document"), [(held.where, f"{held.documents:,}", f"{held.bytes:,}", each)])


def opened(where: str, *, new: bool = False, as_is: bool = False) -> Index:
    """The index that a command names.

    Raises:
        InputError: there is none, and it shall not be a new one.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # starting a pool of threads costs numpy's import 0.1 s of CPU
    from classifier import open_index

    if where == ":memory:":
        raise InputError(":memory:: an index in memory ends with this command. Give the path of a file.")
    if not new and "://" not in where and not _holds_something(where):
        raise InputError(f"{where}: no such index. Check the name, or make it: quality index add {where} INPUT")
    return open_index(where, as_is=as_is)


def _holds_something(path: str) -> bool:
    try:
        return Path(path).stat().st_size > 0
    except (OSError, ValueError):
        return False


def _texts(names: Sequence[str], desk: Desk) -> Iterator[Document]:
    from classifier.cli import documents

    return documents.read(names, desk, lasting_ids=True)


def _with_ids(documents: Iterator[Document], desk: Desk) -> Iterator[Document]:
    """The documents that can be stored; the others are told of."""
    from classifier.index.index import id_of

    for document in documents:
        try:
            id_of(document)
        except InputError as error:
            desk.error(error)
        else:
            yield document


def _batches(documents: Iterator[Document], *, quiet: bool, title: str) -> Iterator[list[Document]]:
    """The documents, many at a time, with a bar that counts them."""
    done = 0
    with progress_bar(title, quiet=quiet) as progress:
        while batch := list(islice(documents, _BATCH)):
            yield batch
            done += len(batch)
            if progress:
                progress(done, None)


def _put(index: Index) -> Callable[[list[Document]], tuple[int, int]]:
    """Adds all, and counts what was new and what took the place of an older text."""

    def put(batch: list[Document]) -> tuple[int, int]:
        ids = {str(document.id) for document in batch}
        fresh = len(ids) - sum(id in index for id in ids)
        return fresh, index.add_many(batch) - fresh

    return put


def _claim(index: Index, *, as_json: bool) -> Callable[[list[Document]], tuple[int, int]]:
    """Adds what is new, tells of the rest, and counts what was new; nothing takes the place of an older text."""

    def claim(batch: list[Document]) -> tuple[int, int]:
        answers = index.add_many_if_new(batch)
        for document, match in zip(batch, answers, strict=True):
            if as_json:
                write(view.json_line({"id": document.id, "new": match is None, "duplicate_of": _plain(match) if match else None}))
            elif match:
                ids = (view.neutralize(str(id), one_line=True) for id in (document.id, match.id))
                write(f"\t{match.similarity:.2f}\t".join(ids) + "\n")
        return sum(match is None for match in answers), 0

    return claim


def _plain(match: Match) -> dict[str, Any]:
    return {"id": match.id, "similarity": match.similarity}


def _write_matches(document: Document, copied: Sequence[Match], retold: Sequence[Match], *, known: bool, as_json: bool) -> None:
    if as_json:
        near, sources = [_plain(match) for match in copied], [match.to_dict() for match in retold]
        write(view.json_line({"id": document.id, "known": known, "near_copies": near, "sources": sources}))
        return
    rows = [("copy of", match.id, f"{match.similarity:.2f}", "") for match in copied]
    rows += [("retold from", match.id, f"{match.similarity:.2f}", _told(match)) for match in retold]
    write_table(
        ("is", "known text", "similarity", "shared"),
        rows or [("known, and like no other" if known else "new", "", "", "")],
        document.id or "",
    )


def _told(match: Match) -> str:
    return " · ".join(" ".join(shared.text.split()) for shared in match.evidence[:_SHOWN])


def _leave(desk: Desk) -> None:
    desk.close()
    raise typer.Exit(FAILED if desk.failed else 0)
