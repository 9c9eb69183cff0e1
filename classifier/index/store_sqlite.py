"""An index in one SQLite file, shared by any number of processes of one machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.errors import IndexFormatError, QualityError
from classifier.index.blocks import MOST_BITS, is_block
from classifier.index.postings import Hits
from classifier.index.rule import check, rule
from classifier.index.segments import Segments
from classifier.index.sketch import Uints, is_packed
from classifier.index.store import Row
from classifier.sqlite import connect, name_of, write_ahead
from classifier.words import Ints

_MAGIC = 0x71756978  # "quix", the application_id of the file
_PAGE = 16_384  # bytes: rows of 460 leave less of it empty than of 4,096
_VARIABLES = 500  # in one statement
_BLOCKS = "SELECT block, entries FROM blocks WHERE block"
_SCHEMA = """
CREATE TABLE rule (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, date TEXT, added INTEGER NOT NULL, sketch BLOB NOT NULL
);
CREATE TABLE counted (documents INTEGER NOT NULL);
INSERT INTO counted VALUES (0);
CREATE TABLE names (hash INTEGER PRIMARY KEY, number INTEGER NOT NULL);
CREATE TABLE segments (segment INTEGER PRIMARY KEY AUTOINCREMENT, last INTEGER NOT NULL, entries INTEGER NOT NULL);
CREATE TABLE blocks (block INTEGER PRIMARY KEY, entries BLOB NOT NULL);
"""
_GONE = "CREATE TABLE IF NOT EXISTS gone (number INTEGER PRIMARY KEY)"  # files that were made before have none


class SqliteStore:
    """Documents as rows, their keys in segments. A commit keeps the documents; segments only repeat what the rows say."""

    def __init__(self, where: str) -> None:
        self.where = where
        self._lock = RLock()
        self._depth = 0
        self._segments = Segments(self)
        with _errors_of(where):
            self._database = connect(where)
            try:
                self._open()
            except BaseException:
                self._database.close()
                raise

    def _open(self) -> None:
        with self._transaction("DEFERRED"):  # all of it at one moment: another process may be making the file
            if self._value("SELECT count(*) FROM sqlite_master"):
                self._check()  # before anything is written: the file may be another version's, or somebody else's
        self._database.execute(f"PRAGMA page_size={_PAGE}")  # of a file that is made now
        write_ahead(self._database)
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute("PRAGMA cache_size=-32000")
        self._database.execute("PRAGMA journal_size_limit=4000000")
        with self._transaction("IMMEDIATE"):
            if not self._value("SELECT count(*) FROM sqlite_master WHERE name = 'rule'"):
                self._create()
            self._database.execute(_GONE)
        self._check()

    def _check(self) -> None:
        if self._value("PRAGMA application_id") != _MAGIC:
            raise IndexFormatError(f"{self.where}: an SQLite file, but no index of this package. Give another path.")
        check(self.where, dict(self._database.execute("SELECT name, value FROM rule")))

    def _create(self) -> None:
        for statement in _SCHEMA.split(";"):
            self._database.execute(statement)
        self._database.executemany("INSERT INTO rule VALUES (?, ?)", rule().items())
        self._database.execute(f"PRAGMA application_id={_MAGIC}")

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold every other writer off; what is done inside is kept as a whole or not at all."""
        with self._lock, _errors_of(self.where), self._transaction("IMMEDIATE"):
            yield

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock, _errors_of(self.where), self._transaction("DEFERRED"):
            yield

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[None]:
        if self._depth:
            yield
            return
        self._database.execute(f"BEGIN {kind}")
        self._depth = 1
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            self._segments.forget()
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise
        finally:
            self._depth = 0

    def append(self, rows: Sequence[Row]) -> None:
        """Store rows whose ids are not stored yet."""
        with self.exclusive():
            last = self._value("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'documents'")
            values = [(last + k, _stored(row.id), _stored(row.date), int(row.added), row.sketch) for k, row in enumerate(rows, start=1)]
            self._database.executemany("INSERT INTO documents VALUES (?, ?, ?, ?, ?)", values)
            self._database.executemany(
                "INSERT INTO names VALUES (?, ?)", [(_hash(row.id), last + k) for k, row in enumerate(rows, start=1)]
            )
            self._database.execute("UPDATE counted SET documents = documents + ?", (len(values),))
            self._segments.seal()

    def look_up(self, keys: Uints, most: int, first: NDArray[np.bool_]) -> Hits:
        """Who holds each key, and how many they are; of more than `most` the first ones at least, or none but for keys that are `first`."""
        with self._reading():
            return self._segments.look_up(keys, most, first)

    def fetch(self, numbers: Sequence[int]) -> dict[int, Row]:
        """The rows of those of `numbers` that are still stored."""
        with self._reading():
            found = self._select("SELECT number, id, date, added, sketch FROM documents WHERE number IN", numbers)
            return {
                number: Row(_told(_sound(id, _is_text)), _told(_sound(date, _is_text_or_none)), added, _sound(sketch, is_packed))
                for number, id, date, added, sketch in found
            }

    def numbers(self, ids: Sequence[str]) -> dict[str, int]:
        """The numbers of those of `ids` that are stored."""
        with self._reading():
            asked = "SELECT id, documents.number FROM names JOIN documents USING (number) WHERE hash IN"
            found = {_told(id): number for id, number in self._select(asked, [_hash(id) for id in ids])}
            return {id: found[id] for id in ids if id in found}

    def delete(self, numbers: Sequence[int]) -> None:
        """Forget rows; their keys go when their segment is merged."""
        with self.exclusive():
            ids = self._select("SELECT id FROM documents WHERE number IN", numbers)
            self._database.executemany("DELETE FROM names WHERE hash = ?", [(_hash(_told(id)),) for (id,) in list(ids)])
            gone = self._database.executemany("DELETE FROM documents WHERE number = ?", [(number,) for number in numbers])
            self._database.execute("UPDATE counted SET documents = documents - ?", (max(gone.rowcount, 0),))
            self._database.executemany("INSERT OR IGNORE INTO gone VALUES (?)", [(number,) for number in numbers])

    def deleted(self) -> int:
        """How many deleted rows may still be told as holders of a key."""
        with self._reading():
            return self._value("SELECT count(*) FROM gone")

    def gone(self, numbers: Ints) -> Ints:
        """Those of some distinct numbers whose rows are deleted."""
        with self._reading():
            if len(numbers) < self._value("SELECT count(*) FROM gone"):
                found = self._select("SELECT number FROM gone WHERE number IN", numbers.tolist())
            else:
                found = self._database.execute("SELECT number FROM gone")
            return np.intersect1d(numbers, np.array([number for (number,) in found], dtype=np.int64), assume_unique=True)

    def added_before(self, moment: float) -> list[int]:
        """The numbers of all rows added before a moment, in seconds since 1970."""
        with self._reading():
            return [number for (number,) in self._database.execute("SELECT number FROM documents WHERE added < ?", (moment,))]

    def __len__(self) -> int:
        with self._reading():
            return int(self._value("SELECT documents FROM counted"))  # to count a million rows takes a fifth of a second

    def size(self) -> int:
        """How many bytes of the file are in use; merging segments leaves pages free, which later ones fill."""
        with self._reading():
            pages = self._value("PRAGMA page_count") - self._value("PRAGMA freelist_count")
            return pages * self._value("PRAGMA page_size")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._segments.forget()
            self._database.close()

    def segments(self) -> dict[int, tuple[int, int]]:
        """For each segment the last document that it may hold, and how many entries it has."""
        found = self._database.execute("SELECT segment, last, entries FROM segments")
        return {segment: _sound((last, size), _is_extent) for segment, last, size in found}

    def rows_after(self, number: int) -> list[tuple[int, bytes]]:
        """The packed sketches of all documents after one, by number, in order."""
        found = self._database.execute("SELECT number, sketch FROM documents WHERE number > ? ORDER BY number", (number,))
        return [(number, _sound(sketch, is_packed)) for number, sketch in found]

    def read_blocks(self, segment: int, blocks: Sequence[int] | None) -> Iterator[tuple[int, bytes]]:
        """Some blocks of a segment, or all, as far as there are such."""
        base = segment << MOST_BITS
        if blocks is None:
            span = (base, (segment + 1) << MOST_BITS)
            found: Iterable[tuple[int, bytes]] = self._database.execute(f"{_BLOCKS} >= ? AND block < ?", span)
        else:
            found = self._select(f"{_BLOCKS} IN", [base + block for block in blocks])
        return ((_sound(block - base, range(1 << MOST_BITS).__contains__), _sound(content, is_block)) for block, content in found)

    def replace(self, gone: Sequence[int], last: int, size: int, blocks: Iterable[tuple[int, bytes]]) -> int:
        """Write a segment in the place of others, and return its number, which is higher than that of any before."""
        for segment in gone:
            self._database.execute("DELETE FROM segments WHERE segment = ?", (segment,))
            self._database.execute("DELETE FROM blocks WHERE block >= ? AND block < ?", (segment << MOST_BITS, (segment + 1) << MOST_BITS))
        first = self._value("SELECT coalesce(max(last), 0) + 1 FROM segments")
        self._database.execute("DELETE FROM gone WHERE number BETWEEN ? AND ?", (first, last))
        cursor = self._database.execute("INSERT INTO segments (last, entries) VALUES (?, ?)", (last, size))
        segment = int(cursor.lastrowid or 0)
        self._database.executemany(
            "INSERT INTO blocks VALUES (?, ?)", (((segment << MOST_BITS) + block, content) for block, content in blocks)
        )
        return segment

    def alive(self, first: int, last: int) -> Ints:
        """The numbers of the documents from `first` to `last` that are still stored."""
        kept = self._database.execute("SELECT number FROM documents WHERE number BETWEEN ? AND ?", (first, last))
        return np.array([number for (number,) in kept], dtype=np.int64)

    def _select(self, statement: str, values: Sequence[int] | Sequence[str]) -> Iterator[Any]:
        for begin in range(0, len(values), _VARIABLES):
            part = values[begin : begin + _VARIABLES]
            yield from self._database.execute(f"{statement} ({','.join('?' * len(part))})", part)

    def _value(self, statement: str) -> int:
        row = self._database.execute(statement).fetchone()
        value: int = _sound(row and row[0], lambda value: isinstance(value, int))
        return value


def _hash(id: str) -> int:
    """The 64 bits by which an id is looked up; two ids of a billion have the same once in forty such indexes."""
    return int.from_bytes(blake2b(id.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little", signed=True)


def _stored(text: str | None) -> str | bytes | None:
    """A text as SQLite takes it: a name of a file that is not UTF-8 has lone surrogates, and is kept as bytes."""
    if text is None:
        return None
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def _told(value: Any) -> Any:
    """A text as it was before it was stored."""
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value


def _is_text(value: object) -> bool:
    return isinstance(value, str | bytes)


def _is_text_or_none(value: object) -> bool:
    return value is None or _is_text(value)


def _sound(value: Any, is_sound: Callable[[Any], bool]) -> Any:
    """The value as it was read; SQLite checks where a value stands on its page, not what it is."""
    if not is_sound(value):
        raise sqlite3.DatabaseError("a value was overwritten")
    return value


def _is_extent(extent: tuple[object, object]) -> bool:
    """Whether two values are the last document of a segment and how many entries it has."""
    return all(isinstance(value, int) and value >= 0 for value in extent)


@contextmanager
def _errors_of(where: str) -> Iterator[None]:
    """Say what SQLite met in words of this package."""
    try:
        yield
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        name = name_of(error) if isinstance(error, sqlite3.Error) else ""
        if isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error):
            raise QualityError(f"{where}: the index is closed. Open it anew.") from error
        if remedy := next((told for start, told in _REMEDY.items() if name.startswith(start)), ""):
            raise QualityError(f"{where}: {error}. {remedy}") from error
        raise IndexFormatError(f"{where}: no index, or a damaged one: {error}. Restore a copy, or make it anew from the texts.") from error


_REMEDY = {  # by how the name of SQLite's error begins
    "SQLITE_FULL": "Nothing that was stored before is lost; make room and go on.",
    "SQLITE_IOERR": "Nothing that was stored before is lost; the disk may be gone, full, or closed to files so big.",
    "SQLITE_BUSY": "Another process has held it for a minute; try again.",
    "SQLITE_READONLY": "Make the file and its folder writable.",
    "SQLITE_CANTOPEN": "Is the folder there, and may it be written?",
    "SQLITE_PERM": "Is the folder there, and may it be written?",
}
