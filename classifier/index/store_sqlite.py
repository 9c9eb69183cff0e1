"""An index in one SQLite file, shared by any number of processes of one machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any

import numpy as np

from classifier.errors import IndexFormatError, QualityError
from classifier.index.blocks import BLOCKS, block_of, pack_blocks, unpack_block
from classifier.index.postings import Entries, Hits, Postings, entries, look_up, merge, widen
from classifier.index.rule import check, rule
from classifier.index.sketch import Uints, keys, unpack
from classifier.index.store import Row
from classifier.words import Ints

_MAGIC = 0x71756978  # "quix", the application_id of the file
_TAIL = 4_096  # documents whose keys are not in a segment yet; each process holds them in memory
_RESIDENT = 2_048  # keys in one question above which a whole segment is read, not block by block
_WAIT_S = 60.0
_VARIABLES = 500  # in one statement
_SCHEMA = """
CREATE TABLE rule (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, date TEXT, added INTEGER NOT NULL, sketch BLOB NOT NULL
);
CREATE TABLE segments (segment INTEGER PRIMARY KEY AUTOINCREMENT, last INTEGER NOT NULL, entries INTEGER NOT NULL);
CREATE TABLE blocks (block INTEGER PRIMARY KEY, entries BLOB NOT NULL);
"""


class SqliteStore:
    """Documents as rows; their keys in sorted segments, each bigger than the next, that are merged as they grow.

    A commit keeps the documents. Segments only repeat what the rows say, for all rows up to a number; the keys of the rows
    after it, the tail, are held in memory.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self._lock = RLock()
        self._depth = 0
        self._tail = Postings()
        self._seen = 0  # the last document of the tail
        self._sealed = -1  # the last document of the segments, as of when the tail was begun
        self._segments: dict[int, Entries | None] = {}  # by number; None where it was not read as a whole
        with _errors_of(where):
            self._database = sqlite3.connect(where, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
            try:
                self._open()
            except BaseException:
                self._database.close()
                raise

    def _open(self) -> None:
        magic = self._value("PRAGMA application_id")
        if magic != _MAGIC and self._value("SELECT count(*) FROM sqlite_master"):
            raise IndexFormatError(f"{self.where}: an SQLite file, but no index of this package. Give another path.")
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute("PRAGMA cache_size=-32000")
        self._database.execute("PRAGMA journal_size_limit=4000000")
        with self._transaction("IMMEDIATE"):
            if not self._value("SELECT count(*) FROM sqlite_master WHERE name = 'rule'"):
                self._create()
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
            self._forget()
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise
        finally:
            self._depth = 0

    def _forget(self) -> None:
        """Drop what is held in memory: it may tell of rows that were not kept."""
        self._tail, self._seen, self._sealed = Postings(), 0, -1
        self._segments.clear()

    def append(self, rows: Sequence[Row]) -> None:
        """Store rows whose ids are not stored yet."""
        with self.exclusive():
            values = [(row.id, row.date, int(row.added), row.sketch) for row in rows]
            self._database.executemany("INSERT INTO documents (id, date, added, sketch) VALUES (?, ?, ?, ?)", values)
            self._catch_up()
            if self._seen - self._sealed >= _TAIL:
                self._seal()

    def look_up(self, keys: Uints, most: int) -> Hits:
        """Who holds each key, of very many at least the first `most`, and how many they are."""
        with self._reading():
            self._catch_up()
            return look_up([*self._tail.runs, *self._runs(keys)], keys, most)

    def fetch(self, numbers: Sequence[int]) -> dict[int, Row]:
        """The rows of those of `numbers` that are still stored."""
        with self._reading():
            found = self._select("SELECT number, id, date, added, sketch FROM documents WHERE number IN", numbers)
            return {number: Row(*row) for number, *row in found}

    def numbers(self, ids: Sequence[str]) -> dict[str, int]:
        """The numbers of those of `ids` that are stored."""
        with self._reading():
            return dict(self._select("SELECT id, number FROM documents WHERE id IN", ids))

    def delete(self, numbers: Sequence[int]) -> None:
        """Forget rows; their keys go when their segment is merged."""
        with self.exclusive():
            self._database.executemany("DELETE FROM documents WHERE number = ?", [(number,) for number in numbers])

    def added_before(self, moment: float) -> list[int]:
        """The numbers of all rows added before a moment, in seconds since 1970."""
        with self._reading():
            return [number for (number,) in self._database.execute("SELECT number FROM documents WHERE added < ?", (moment,))]

    def __len__(self) -> int:
        with self._reading():
            return int(self._value("SELECT count(*) FROM documents"))

    def size(self) -> int:
        """How many bytes of the file are in use; merging segments leaves pages free, which later ones fill."""
        with self._reading():
            pages = self._value("PRAGMA page_count") - self._value("PRAGMA freelist_count")
            return pages * self._value("PRAGMA page_size")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._forget()
            self._database.close()

    def _catch_up(self) -> None:
        """Take in the keys of all rows that others have added since, and the segments they have written."""
        segments = dict(self._database.execute("SELECT segment, last FROM segments"))
        self._segments = {segment: self._segments.get(segment) for segment in segments}
        sealed = max(segments.values(), default=0)
        if sealed != self._sealed:
            self._tail, self._seen, self._sealed = Postings(), sealed, sealed
        rows = self._database.execute("SELECT number, sketch FROM documents WHERE number > ? ORDER BY number", (self._seen,)).fetchall()
        if rows:
            self._seen = rows[-1][0]
            self._tail.add(entries(keys(unpack([sketch for _, sketch in rows])), np.array([number for number, _ in rows])))

    def _runs(self, asked: Uints) -> list[Entries]:
        """The entries of all segments, or as many blocks of them as hold what is asked."""
        few = np.unique(block_of(widen(asked))) if len(asked) < _RESIDENT else None
        return [self._read(segment, few) if run is None else run for segment, run in self._segments.items()]

    def _read(self, segment: int, few: Ints | None) -> Entries:
        if few is not None:
            wanted = (segment * BLOCKS + few).tolist()
            return unpack_blocks(self._select("SELECT block, entries FROM blocks WHERE block IN", wanted))
        run = unpack_blocks(
            self._database.execute(
                "SELECT block, entries FROM blocks WHERE block >= ? AND block < ?", (segment * BLOCKS, (segment + 1) * BLOCKS)
            )
        )
        self._segments[segment] = run
        return run

    def _seal(self) -> None:
        """Turn the tail into a segment, together with the segments that are not much bigger."""
        runs = list(self._tail.runs)
        size = len(self._tail)
        for segment, length in self._database.execute("SELECT segment, entries FROM segments ORDER BY segment DESC").fetchall():
            if length >= 2 * size:
                break
            run = self._segments.get(segment)
            runs.append(self._read(segment, None) if run is None else run)
            size += length
            self._drop(segment)
        run = self._without_deleted(merge(runs))
        cursor = self._database.execute("INSERT INTO segments (last, entries) VALUES (?, ?)", (self._seen, len(run)))
        segment = int(cursor.lastrowid or 0)
        self._database.executemany("INSERT INTO blocks VALUES (?, ?)", pack_blocks(segment, run))
        self._tail, self._sealed = Postings(), self._seen
        self._segments[segment] = run

    def _drop(self, segment: int) -> None:
        self._segments.pop(segment, None)
        self._database.execute("DELETE FROM segments WHERE segment = ?", (segment,))
        self._database.execute("DELETE FROM blocks WHERE block >= ? AND block < ?", (segment * BLOCKS, (segment + 1) * BLOCKS))

    def _without_deleted(self, run: Entries) -> Entries:
        numbers = (run & np.uint64(0xFFFFFFFF)).astype(np.int64)
        first, last = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
        alive = np.zeros(last - first + 1, dtype=bool)
        kept = self._database.execute("SELECT number FROM documents WHERE number BETWEEN ? AND ?", (first, last))
        alive[np.array([number for (number,) in kept], dtype=np.int64) - first] = True
        return run[alive[numbers - first]]

    def _select(self, statement: str, values: Sequence[int] | Sequence[str]) -> Iterator[Any]:
        for begin in range(0, len(values), _VARIABLES):
            part = values[begin : begin + _VARIABLES]
            yield from self._database.execute(f"{statement} ({','.join('?' * len(part))})", part)

    def _value(self, statement: str) -> int:
        return int(self._database.execute(statement).fetchone()[0])


def unpack_blocks(blocks: Iterable[tuple[int, bytes]]) -> Entries:
    """Blocks as one sorted run."""
    parts = [unpack_block(block % BLOCKS, content) for block, content in sorted(blocks)]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint64)


@contextmanager
def _errors_of(where: str) -> Iterator[None]:
    """Say what SQLite met in words of this package."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise QualityError(
            f"{where}: {error}. {_REMEDY.get(error.sqlite_errorname, 'Is the folder there, and may it be written?')}"
        ) from error
    except sqlite3.DatabaseError as error:
        raise IndexFormatError(f"{where}: no index, or a damaged one: {error}. Restore a copy, or make it anew from the texts.") from error


_REMEDY = {
    "SQLITE_FULL": "Nothing that was stored before is lost; make room and go on.",
    "SQLITE_BUSY": "Another process has held it for a minute; try again.",
    "SQLITE_READONLY": "Make the file and its folder writable.",
}
