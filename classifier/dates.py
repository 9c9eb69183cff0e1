"""When a page was published, in whatever form its date is written."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple

_SECONDS = re.compile(r"\d{9,10}(?:\.\d{1,9})?|\d{12,13}")  # since 1970, or as many milliseconds
_LONGEST = 40  # characters of a date that is not written as ISO 8601 has it
_COMPACT = re.compile(r"\d{8}[T ]\d")
# A day and a month in figures alone do not tell which is which.
_WRITTEN = ("%Y%m%d", "%Y/%m/%d", "%Y.%m.%d", "%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y")


class Moment(NamedTuple):
    """A date that could be read.

    Attributes:
        day: the day as it was written, in days since the year 1.
        seconds: since 1970; a time without a zone is taken for UTC, and so is the beginning of a day without a time.
        timed: whether it has a time.
    """

    day: int
    seconds: float
    timed: bool


def moment(date: str | None) -> Moment | None:
    """What a date says, or None where there is none that can be read; of a time that cannot be read the day counts."""
    told = as_iso((date or "").strip()) or ""
    for part in (told, told[:10]):
        with suppress(ValueError):
            found = datetime.fromisoformat(part)
            return Moment(found.toordinal(), (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp(), len(part) > 10)
    return None


def is_later(date: str | None, other: str | None) -> bool:
    """Whether a date is a later day than another; False where one of them cannot be read."""
    one, two = moment(date), moment(other)
    if one is None or two is None:
        return False
    if one.timed and two.timed:
        return one.seconds // 86_400 > two.seconds // 86_400
    return one.day > two.day


def as_iso(date: str) -> str | None:
    """A date as ISO 8601 writes it, or None where it cannot be told."""
    if date[4:5] == "-":
        return date
    text = date.strip()
    return (_since_1970(text) or _written(text)) if len(text) <= _LONGEST else None


def _since_1970(text: str) -> str | None:
    if not _SECONDS.fullmatch(text):
        return None
    seconds = float(text) if len(text.partition(".")[0]) <= 10 else float(text) / 1000
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=0).isoformat()


@lru_cache(maxsize=4096)
def _written(text: str) -> str | None:
    """A date as mail and feeds write it, or as people do."""
    for form in _WRITTEN:
        with suppress(ValueError):
            return datetime.strptime(text, form).date().isoformat()  # a day has no zone
    with suppress(ValueError, TypeError, IndexError, OverflowError):
        return (datetime.fromisoformat(text) if _COMPACT.match(text) else parsedate_to_datetime(text)).isoformat()
    return None
