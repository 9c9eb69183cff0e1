"""WARC and WET archives: their records as they are stored, and the page in one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader, BytesIO

from classifier.errors import extra

_VERSION = b"WARC/"
_LONGEST_HEAD = 1 << 16
NAMESPACE = b"quality"
_DIGITS = 19  # of a length; int() takes long for more, and nothing is so long
_NAMES = {"warc-target-uri": "WARC-Target-URI", "warc-date": "WARC-Date", "warc-record-id": "WARC-Record-ID"}
_PAGES = frozenset({"text/html", "application/xhtml+xml"})


class BrokenArchive(Exception):
    """Bytes that are no WARC record; the message tells what stands there."""


@dataclass(frozen=True)
class Archived:
    """The page in a record: its text or HTML, its address, date and id."""

    content: bytes
    is_html: bool
    encoding: str | None
    url: str | None
    date: str | None
    id: str | None


def split_records(stream: BufferedReader, longest: int) -> Iterator[bytes | int]:
    """The records of an archive, each as it is stored; of one that is too long only its size.

    Raises:
        BrokenArchive: something between two records is none, or the last one is cut short.
    """
    while True:
        line = stream.readline(_LONGEST_HEAD)
        if not line:
            return
        if not line.strip():
            continue
        if not line.startswith(_VERSION):
            raise BrokenArchive(f"no WARC record, but {line[:40]!r}")
        head = [line]
        while (line := stream.readline(_LONGEST_HEAD)).strip():
            head.append(line)
        size = _length(head)
        if size > longest:
            _skip(stream, size)
            yield size
            continue
        body = stream.read(size)
        if len(body) < size:
            raise BrokenArchive(f"a record that is cut short: {len(body):,} bytes of {size:,}")
        yield b"".join([*head, b"\r\n", body, b"\r\n\r\n"])


def _length(head: list[bytes]) -> int:
    for line in head:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit() and len(value) < _DIGITS:
            return int(value)
    raise BrokenArchive("a record without Content-Length")


def _skip(stream: BufferedReader, size: int) -> None:
    while size > 0:
        piece = stream.read(min(size, 1 << 20))
        if not piece:
            raise BrokenArchive("a record that is cut short")
        size -= len(piece)


def _headers(record: bytes) -> tuple[dict[str, str], bytes]:
    head, _, body = record.partition(b"\r\n\r\n")
    fields = (line.partition(b":") for line in head.splitlines()[1:])
    named = {name.strip().lower().decode("latin-1"): value.strip().decode("utf-8", "replace") for name, _, value in fields}
    return named, body.removesuffix(b"\r\n\r\n")


def page(record: bytes) -> Archived | None:
    """The page in a record: a text that was extracted (WET), or the body of an answer that is HTML; None for all other records.

    Raises:
        MissingExtra: it is an answer, and FastWARC is not installed.
    """
    headers, body = _headers(record)
    kind = headers.get("warc-type", "")
    if kind == "conversion":
        return _archived(headers, body, is_html=False, encoding="utf-8")
    if kind not in {"response", "resource"}:
        return None
    if kind == "resource":
        is_html = headers.get("content-type", "").partition(";")[0].strip().lower() in _PAGES
        return _archived(headers, body, is_html=True, encoding=None) if is_html else None
    return _answer(record, headers)


def _archived(headers: dict[str, str], content: bytes, *, is_html: bool, encoding: str | None) -> Archived:
    return Archived(content, is_html, encoding, headers.get("warc-target-uri"), headers.get("warc-date"), headers.get("warc-record-id"))


def _answer(record: bytes, headers: dict[str, str]) -> Archived | None:
    with extra("warc", "reading the pages of a WARC needs FastWARC"):
        from fastwarc.warc import ArchiveIterator
    for found in ArchiveIterator(BytesIO(record), parse_http=True, auto_decode="all"):
        answer = found.http_headers
        media = (found.http_content_type or "").lower()
        if not answer or answer.status_code != 200 or media not in _PAGES:
            return None
        return _archived(headers, found.reader.read(), is_html=True, encoding=found.http_charset)
    return None


def with_note(record: bytes, note: bytes) -> bytes:
    """The record with a header of our own, one line; one that it had before gives way."""
    head, gap, body = record.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if line.partition(b":")[0].strip().lower() != NAMESPACE]
    return b"\r\n".join([*lines, NAMESPACE + b": " + note]) + gap + body


def with_text(record: bytes, text: bytes) -> bytes:
    """The record of the text of a page, as WET has it."""
    headers, _ = _headers(record)
    kept = [(name, headers[name]) for name in ("warc-target-uri", "warc-date", "warc-record-id") if name in headers]
    lines = ["WARC/1.0", "WARC-Type: conversion", *(f"{_NAMES[name]}: {value}" for name, value in kept)]
    lines += ["Content-Type: text/plain", f"Content-Length: {len(text)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + text + b"\r\n\r\n"
