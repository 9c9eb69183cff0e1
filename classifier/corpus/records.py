"""From records as they are stored to documents; what is no document is a fault with its cause."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from typing import Any

from classifier import files
from classifier.corpus import fields, warc
from classifier.corpus.chunks import LONGEST, TOO_LONG, Chunk, Fault, is_gone
from classifier.corpus.fields import HTML, TEXT, FieldNames, Page, Unreadable
from classifier.corpus.html import text_of
from classifier.corpus.inputs import OBJECT, PARQUET, WARC, File
from classifier.corpus.inputs import TEXT as TEXT_FILES
from classifier.corpus.streams import Damaged, open_raw, unpacked
from classifier.document import Document, host_of
from classifier.errors import InputError

_NOT_TOLD = (ValueError, OverflowError, LookupError, OSError)  # how Arrow fails to tell a value
_READ_FIELDS = (*TEXT, *HTML, *fields.TITLE, *fields.URL, *fields.SITE, *fields.DATE, *fields.ID, "metadata", "publisher")


@dataclass(frozen=True)
class Record:
    """One document of a corpus and where it stands.

    Attributes:
        file, row: the path as given, and the number of the record in it, from 1.
        document: its text and what is known of it; its id is the record's, else its address, else `file:row`.
        site: the host of the page, or None.
        own_id: whether the record gave the id itself.
        extracted: the text that was extracted from HTML, or None where the record holds it as text.
    """

    file: str
    row: int
    document: Document
    site: str | None
    own_id: bool
    extracted: str | None = None


def parse(chunk: Chunk, names: FieldNames) -> tuple[list[Record], list[Fault]]:
    """The documents of a chunk in order, and what could not be read.

    Raises:
        MissingExtra: the package that reads such records is not installed.
    """
    records: list[Record] = []
    faults = list(chunk.faults)
    for file, row, item in _items(chunk, names):
        if isinstance(item, str):
            faults.append(Fault(file, row, item))
        elif item:
            records.append(record_of(item, file, row))
    return records, sorted(faults, key=lambda fault: fault.row)


def load(raw: bytes) -> Any:
    """The JSON value that bytes hold, the same whether or not orjson is installed.

    Raises:
        ValueError: they hold none.
    """
    try:
        import orjson
    except ImportError:
        return json.loads(raw)
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return json.loads(raw)  # takes NaN and lone surrogates, which some crawlers write


def record_of(page: Page, file: str, row: int) -> Record:
    """The document of a page, which is told to stand at a row of a file.

    Raises:
        MissingExtra: the page is HTML, and what reads it is not installed.
    """
    text = text_of(page.text) if page.is_html and page.place else page.text  # that of an archive is extracted already
    document = Document(text, id=page.id or page.url or f"{file}:{row}", url=page.url, title=page.title, date=page.date)
    return Record(file, row, document, page.site, bool(page.id), text if page.is_html else None)


def identified(record: Record) -> Record:
    """The record with an id that is the same wherever it is read: its own, its address, or what its text comes to."""
    document = record.document
    return record if record.own_id or document.url else replace(record, document=replace(document, id=text_id(document.text)))


def text_id(text: str) -> str:
    """An id for a text that has none: the same for the same text."""
    return f"text:{blake2b(text.encode('utf-8', 'surrogatepass'), digest_size=8).hexdigest()}"


def _items(chunk: Chunk, names: FieldNames) -> Iterator[tuple[str, int, Page | str | None]]:
    """Of each record its file, its row, and its page, or the cause why it has none; None where there is nothing to say."""
    kind = chunk.shard.kind
    if kind in {TEXT_FILES, OBJECT}:
        read = _text_file if kind == TEXT_FILES else partial(_object_file, names=names)
        for file in chunk.shard.files:
            yield file.told, 1, read(file)
        return
    path = chunk.shard.files[0].told
    if kind == PARQUET:
        found: Iterator[Page | str | None] = _rows(chunk.records, names) if chunk.count else iter(())
    else:
        read_one = _archived if kind == WARC else partial(_line, names=names)
        found = (None if is_gone(record) else read_one(record) for record in chunk.records)
    for row, item in enumerate(found, chunk.first):
        yield path, row, item


def _line(raw: bytes, names: FieldNames) -> Page | str | None:
    raw = raw.strip(b"\xef\xbb\xbf \t\r\n")
    return _parsed(raw, names, "line") if raw else None


def _parsed(raw: bytes, names: FieldNames, what: str) -> Page | str:
    try:
        value = load(raw)
    except (ValueError, RecursionError):
        start = raw[:30].decode("utf-8", "replace")
        whole = "" if raw.endswith(b"}") else "; it seems to be cut short"
        return f"this {what} is no JSON{whole}: {start!r}. Mend it or leave it out"
    return _page(value, names)


def _page(value: Any, names: FieldNames) -> Page | str:
    if not isinstance(value, Mapping):
        kind = "a list" if isinstance(value, list) else "a text" if isinstance(value, str) else "a number or null"
        return f"this record is {kind}, not an object with a text. Write one object a line: jq -c '.[]' makes lines of a list"
    try:
        return fields.page(value, names)
    except Unreadable as error:
        return str(error)


def _rows(batch: Any, names: FieldNames) -> Iterator[Page | str | None]:
    for row, cause in read_rows(batch, names):
        found = _page(row, names)
        yield cause if cause and isinstance(found, str) else found


def read_rows(table: Any, names: FieldNames) -> list[tuple[dict[str, Any], str]]:
    """What each row of a table says of its page, None for a value that Python cannot hold, and why it cannot, or ""."""
    wanted = table.select(_columns(table.schema.names, names))
    try:
        return [(row, "") for row in wanted.to_pylist()]
    except _NOT_TOLD:
        return [_row(wanted, number) for number in range(wanted.num_rows)]


def _columns(columns: Sequence[str], names: FieldNames) -> list[int]:
    """The places of the columns that say something of a page; of several of one name, that of the first."""
    named = {name.partition(".")[0] for name in (names.text, names.id) if name} | {name for name in (names.text, names.id) if name}
    return [k for k, name in enumerate(columns) if (name in named or name in _READ_FIELDS) and name not in columns[:k]]


def _row(table: Any, number: int) -> tuple[dict[str, Any], str]:
    """One row of a table; what Python cannot hold is a date beyond its years, or a text that is not UTF-8."""
    row, cause = dict.fromkeys(table.schema.names), ""
    for name, column in zip(table.schema.names, table.columns, strict=True):
        try:
            row[name] = column[number].as_py()
        except _NOT_TOLD as error:
            cause = f"this row cannot be read ({type(error).__name__}: {error}). Mend it or leave it out"
    return row, cause


def _archived(record: bytes) -> Page | str | None:
    try:
        found = warc.page(record)
    except (OSError, ValueError) as error:
        return f"this answer cannot be unpacked as its headers say ({error}). Fetch the page again or leave it out"
    if found is None:
        return None
    text = text_of(_decoded(found.content, found.encoding)) if found.is_html else found.content.decode("utf-8", "replace")
    return Page(fields.mended(text), found.is_html, (), None, found.url, None, found.date, host_of(found.url))


def _decoded(content: bytes, encoding: str | None) -> str | bytes:
    try:
        return content.decode(encoding or "utf-8")
    except (LookupError, ValueError):
        return content  # the extractor looks for the encoding in the page


def read_whole(file: File) -> bytes:
    """The bytes of a file of one document.

    Raises:
        InputError: it cannot be read; the message is the cause alone.
    """
    try:
        with open_raw(file.path) as raw, unpacked(raw, file.compression) as stream:
            content = stream.read(LONGEST + 1)
    except Damaged as error:
        raise InputError(f"{error}. Fetch the file again") from error
    except OSError as error:
        raise InputError(f"{(error.strerror or str(error)).lower()}. Make the file readable or leave it out") from error
    if len(content) > LONGEST:
        raise InputError(TOO_LONG.format(size=max(file.size, len(content)) / (1 << 20), limit=LONGEST >> 20))
    return content


def _text_file(file: File) -> Page | str:
    try:
        text, _ = files.decode(read_whole(file), file.path)
    except InputError as error:
        return str(error).removeprefix(f"{file.path}: ").rstrip(".")
    return Page(fields.mended(text), False, (), None, None, None, None, None)


def _object_file(file: File, names: FieldNames) -> Page | str:
    try:
        content = read_whole(file)
    except InputError as error:
        return str(error)
    return _parsed(content.strip(b"\xef\xbb\xbf \t\r\n"), names, "file")
