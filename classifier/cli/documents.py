"""Documents from text files, folders, standard input and JSON Lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier import files
from classifier.cli.output import Desk, is_terminal
from classifier.errors import InputError

if TYPE_CHECKING:
    from classifier.document import Document

LINES = (".jsonl", ".ndjson")
_FIELDS = ("id", "url", "title", "date")


def read(names: Iterable[str], desk: Desk) -> Iterator[Document]:
    """Every document of the inputs, in order; one that cannot be read is told of, and the rest goes on."""
    for name in files.find(names, desk):
        try:
            yield from _read(name, desk)
        except InputError as error:
            desk.error(error)


def _read(name: str, desk: Desk) -> Iterator[Document]:
    if name.lower().endswith(LINES):
        with _opened(name) as lines:
            yield from _of_lines(name, lines, desk)
        return
    if name == files.STDIN and is_terminal(sys.stdin):
        desk.say("note: reading from the terminal; end with Ctrl-D.")
    page = files.read(name)
    if name == files.STDIN and page.text.lstrip().startswith("{"):
        yield from _of_lines("standard input", page.text.encode("utf-8", "surrogatepass").splitlines(), desk)
        return
    if page.note:
        desk.note(name, page.note)
    from classifier.document import Document

    yield Document(page.text, id=name)


def _opened(name: str) -> Any:
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise InputError(f"{name}: {(error.strerror or 'cannot be read').lower()}. Check the name or leave it out.") from error


def _of_lines(name: str, lines: Iterable[bytes], desk: Desk) -> Iterator[Document]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield _of_line(f"{name}:{number}", line)
            except InputError as error:
                desk.error(error)


def _of_line(place: str, line: bytes) -> Document:
    from classifier.document import Document

    try:
        record = json.loads(line)
    except ValueError as error:
        raise InputError(f'{place}: no JSON: {error}. One object a line: {{"id": …, "text": …}}.') from error
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        found = ", ".join(f'"{key}"' for key in record) if isinstance(record, dict) else type(record).__name__
        raise InputError(f'{place}: no field "text" that is a string; found {found or "nothing"}. Rename the field that holds the text.')
    id, url, title, date = (str(record[field]) if record.get(field) is not None else None for field in _FIELDS)
    return Document(record["text"], id=id or url or place, url=url, title=title, date=date)
