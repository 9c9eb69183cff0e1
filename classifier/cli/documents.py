"""Documents from text files, folders of them, standard input and the files of crawlers."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from classifier import files
from classifier.cli.output import Desk, is_terminal
from classifier.document import Document
from classifier.errors import InputError

if TYPE_CHECKING:  # what reads the files of crawlers is imported where there are such: a text is judged without, a fifth sooner
    from classifier.corpus import Chunk, Record


def read(names: Iterable[str], desk: Desk, *, lasting_ids: bool = False) -> Iterator[Document]:
    """Every document of the inputs, in order; one that cannot be read is told of, and the rest goes on.

    With `lasting_ids`, what comes on standard input without an id and an address is known by its text, not by its line, which in the next
    run is that of another text.
    """
    for name in files.find(names, desk):
        try:
            yield from _read_stdin(desk, lasting_ids) if name == files.STDIN else _read(name, desk)
        except InputError as error:
            desk.error(error)


def _read(name: str, desk: Desk) -> Iterator[Document]:
    if _is_text(name):
        yield _text(files.read(name), desk)
        return
    from classifier.corpus import FieldNames, find_shards, read_chunks

    for shard in find_shards([name], desk):
        for chunk in read_chunks(shard, FieldNames()):
            yield from (record.document for record in _parsed(chunk, desk))


def _is_text(name: str) -> bool:
    if files.is_text_by_name(name):
        return True
    from classifier.corpus.inputs import TEXT, described

    file = described(name, name)
    return file.kind == TEXT and not file.compression


def _read_stdin(desk: Desk, lasting_ids: bool) -> Iterator[Document]:
    """The lines of standard input as they come where it begins as JSON Lines, else one text."""
    if is_terminal(sys.stdin):
        desk.say("note: reading from the terminal; end with Ctrl-D.")
    begun = files.begin_stdin()
    if begun.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        from classifier.corpus.records import identified

        records = _lines(chain(begun.splitlines(keepends=True), sys.stdin.buffer), desk)
        yield from ((identified(record) if lasting_ids else record).document for record in records)
        return
    document = _text(files.read(files.STDIN, begun), desk)
    if lasting_ids:
        from classifier.corpus.records import text_id

        document = replace(document, id=text_id(document.text))
    yield document


def _lines(lines: Iterable[bytes], desk: Desk) -> Iterator[Record]:
    from classifier.corpus import Chunk, Shard
    from classifier.corpus.inputs import LINES, File

    shard = Shard(0, LINES, (File("standard input", "standard input", LINES),))
    for row, line in enumerate(lines, start=1):
        yield from _parsed(Chunk(shard, row, row, [line], 1), desk)


def _parsed(chunk: Chunk, desk: Desk) -> Iterator[Record]:
    from classifier.corpus import FieldNames, parse

    records, faults = parse(chunk, FieldNames())
    for fault in faults:
        desk.error(InputError(str(fault)))
    yield from records


def _text(page: files.Page, desk: Desk) -> Document:
    if page.note:
        desk.note(page.name, page.note)
    return Document(page.text, id=page.name)
