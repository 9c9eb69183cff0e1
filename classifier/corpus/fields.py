"""Where crawlers and extractors put the text, the address and the date of a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from classifier.dates import as_iso
from classifier.document import host_of

TEXT = ("text", "maintext", "articleBody", "article_text", "content", "body", "raw_text")
HTML = ("html", "raw_html", "html_body")
TITLE = ("title", "headline", "title_page", "title_rss")
URL = ("url", "link", "canonical_link", "source", "mainEntityOfPage", "@id")
SITE = ("hostname", "source_domain", "domain", "site", "source-hostname", "sitename", "meta_site_name")
DATE = ("date", "date_publish", "publish_date", "datePublished", "published", "published_at", "created", "timestamp")
ID = ("id", "_id", "identifier", "@id")
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_KINDS = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    bytes: "binary data",
    type(None): "null",
}


class Unreadable(Exception):
    """A record without a text; the message says what stands there instead."""


@dataclass(frozen=True)
class FieldNames:
    """The fields that a user named: of the text and of the id, or None; `a.b` is the field `b` in the object `a`."""

    text: str | None = None
    id: str | None = None


@dataclass(frozen=True)
class Page:
    """What a record says of its page.

    Attributes:
        text: the text, or the HTML where `is_html`.
        place: the path to the field of the text.
        id: the id that the record gives, or None.
    """

    text: str
    is_html: bool
    place: tuple[str, ...]
    id: str | None
    url: str | None
    title: str | None
    date: str | None
    site: str | None


def page(record: Mapping[str, Any], names: FieldNames) -> Page:
    """What a record of a crawler says of its page.

    Raises:
        Unreadable: it has no text.
    """
    place, is_html = _place_of_text(record, names)
    holders = _holders(record)
    url = _first(holders, URL, _address)
    return Page(
        text=mended(_at(record, place)),
        is_html=is_html,
        place=place,
        id=_named_id(record, names.id) if names.id else _first(holders, ID, _identity),
        url=url,
        title=_first(holders, TITLE, _string),
        date=_first(holders, DATE, _moment),
        site=host_of(url) or _first(holders, SITE, _string) or _publisher(record),
    )


def has_text(columns: Iterable[str], names: FieldNames) -> bool:
    """Whether a table of these columns can have texts."""
    columns = set(columns)
    if names.text:
        return names.text in columns or names.text.partition(".")[0] in columns
    return bool(columns & {*TEXT, *HTML, "metadata"})


def mended(text: str) -> str:
    """A text without lone surrogates, which no file could hold."""
    try:
        text.encode()  # many times as fast as searching for them
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text


def places(record: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The paths to the fields of these names that a record has: its own first, then those of its `metadata`."""
    for prefix, holder in zip(((), ("metadata",)), _holders(record), strict=False):
        yield from ((*prefix, name) for name in names if name in holder)


def _place_of_text(record: Mapping[str, Any], names: FieldNames) -> tuple[tuple[str, ...], bool]:
    if names.text:
        place = (names.text,) if names.text in record else tuple(names.text.split("."))
        value = _at(record, place)
        if not isinstance(value, str):
            raise Unreadable(_told(names.text, value) if _has(record, place) else _absent(record, names.text))
        return place, False
    empty = wrong = None
    for candidates, is_html in ((TEXT, False), (HTML, True)):
        for place in places(record, candidates):
            value = _at(record, place)
            if isinstance(value, str) and value.strip():
                return place, is_html
            if isinstance(value, str):
                empty = empty or place
            elif wrong is None:
                wrong = place
    if empty:
        return empty, False
    if wrong:
        raise Unreadable(_told(".".join(wrong), _at(record, wrong)))
    raise Unreadable(_absent(record, None))


def _told(name: str, value: Any) -> str:
    shown = f" ({value})" if isinstance(value, int | float) and not isinstance(value, bool) else ""
    return f'"{name}" is {_KINDS.get(type(value), type(value).__name__)}{shown}, not a text. Mend the record or leave it out'


def _absent(record: Mapping[str, Any], name: str | None) -> str:
    found = ", ".join(f'"{str(key)[:40]}"' for key in list(record)[:8]) or "nothing"
    missing = f'no field "{name}"' if name else "no text field"
    return f'{missing}; found {found}. Call it "text", or name it with --text-field where the command has that'


def _has(record: Mapping[str, Any], place: tuple[str, ...]) -> bool:
    holder = _at(record, place[:-1])
    return isinstance(holder, Mapping) and place[-1] in holder


def _at(record: Any, place: tuple[str, ...]) -> Any:
    for name in place:
        record = record.get(name) if isinstance(record, Mapping) else None
    return _decoded(record)


def _decoded(value: Any) -> Any:
    """A text for bytes that are one: some writers of Parquet do not say that a column holds texts."""
    if isinstance(value, bytes):
        with suppress(UnicodeDecodeError):
            return value.decode()
    return value


def _holders(record: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """What may hold a field: the record, and its `metadata` where that is an object."""
    metadata = record.get("metadata")
    return (record, metadata) if isinstance(metadata, Mapping) else (record,)


def _first(holders: tuple[Mapping[str, Any], ...], names: tuple[str, ...], reading: Callable[[Any], str | None]) -> str | None:
    """What the first of some fields that says something says."""
    for holder in holders:
        for name in names:
            if name in holder and (found := reading(_decoded(holder[name]))):
                return mended(found)
    return None


def _named_id(record: Mapping[str, Any], name: str) -> str | None:
    return _identity(_at(record, (name,) if name in record else tuple(name.split("."))))


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _address(value: Any) -> str | None:
    if isinstance(value, Mapping):
        value = value.get("@id")
    return value if isinstance(value, str) and _ADDRESS.match(value) else None


def _identity(value: Any) -> str | None:
    if isinstance(value, Mapping):  # {"$oid": …} of MongoDB
        value = value.get("$oid")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else None


def _moment(value: Any) -> str | None:
    """A date as ISO 8601 writes it, where it can be told; else what stands there."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value) if isinstance(value, int) else f"{value:.0f}"
    text = _string(value)
    return text and (as_iso(text) or text)


def _publisher(record: Mapping[str, Any]) -> str | None:
    publisher = record.get("publisher")
    return _string(publisher.get("name")) if isinstance(publisher, Mapping) else None
