"""An index in a Redis server, shared by crawlers on several machines."""

from __future__ import annotations

import secrets
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any

import numpy as np

from classifier.errors import MissingExtra, QualityError
from classifier.index.postings import Entries, Hits, entries, look_up, widen
from classifier.index.rule import check, rule
from classifier.index.sketch import Uints, keys, unpack
from classifier.index.store import Row
from classifier.words import Ints

_PREFIX = "quality:"
_REST = 10  # bits of a key that its bucket does not imply; 262,144 buckets
_ENTRY = np.dtype([("rest", "<u2"), ("number", "<u4")])
_HEAD = struct.Struct("<dHH")  # when it was added, and the lengths of id and date in bytes
_LOCK_MS = 30_000
_PAUSE_S = 0.001
_FETCHED = 2_000  # rows at a time

# Several buckets as one string: their lengths, and their contents end to end.
_LOOK_UP = """
local lengths, contents = {}, {}
for at = 1, #ARGV[1], 2000 do
  local names = {}
  for place = at, math.min(at + 1999, #ARGV[1]), 4 do
    names[#names + 1] = 'quality:b:' .. struct.unpack('<I4', ARGV[1], place)
  end
  for _, content in ipairs(redis.call('MGET', unpack(names))) do
    contents[#contents + 1] = content or ''
    lengths[#lengths + 1] = struct.pack('<I4', content and #content or 0)
  end
end
return {table.concat(lengths), table.concat(contents)}
"""
# All that a holder of the lock has to write, at once, provided that it still holds the lock.
_COMMIT = """
if redis.call('GET', 'quality:lock') ~= ARGV[1] then return 0 end
local at = 1
for place = 1, #ARGV[2], 8 do
  local bucket, length = struct.unpack('<I4I4', ARGV[2], place)
  redis.call('APPEND', 'quality:b:' .. bucket, string.sub(ARGV[3], at, at + length - 1))
  at = at + length
end
for place = 1, #ARGV[4], 8 do
  local bucket, number = struct.unpack('<I4I4', ARGV[4], place)
  local name, kept = 'quality:b:' .. bucket, {}
  local content = redis.call('GET', name) or ''
  for entry = 1, #content, 6 do
    if struct.unpack('<I4', content, entry + 2) ~= number then kept[#kept + 1] = string.sub(content, entry, entry + 5) end
  end
  if #kept > 0 then redis.call('SET', name, table.concat(kept)) else redis.call('DEL', name) end
end
local deleted, added = tonumber(ARGV[5]), tonumber(ARGV[6])
for place = 7, 6 + 2 * deleted, 2 do
  redis.call('HDEL', 'quality:rows', ARGV[place])
  redis.call('ZREM', 'quality:added', ARGV[place])
  redis.call('HDEL', 'quality:ids', ARGV[place + 1])
end
for place = 7 + 2 * deleted, 6 + 2 * deleted + 4 * added, 4 do
  redis.call('HSET', 'quality:rows', ARGV[place], ARGV[place + 1])
  redis.call('HSET', 'quality:ids', ARGV[place + 2], ARGV[place])
  redis.call('ZADD', 'quality:added', ARGV[place + 3], ARGV[place])
end
redis.call('INCRBY', 'quality:last', added)
return 1
"""
_RELEASE = "if redis.call('GET', 'quality:lock') == ARGV[1] then return redis.call('DEL', 'quality:lock') end return 0"


class RedisStore:
    """Rows in a hash by number; the entries of all keys that begin alike in one string, to which new ones are appended.

    A writer holds a lock, collects what it has to write, and hands it over in one script, which the server refuses when the
    lock was lost meanwhile: no batch is stored in part, and no text is claimed twice.
    """

    def __init__(self, where: str) -> None:
        redis = _client()
        self.where = where
        self._lock = RLock()
        self._depth = 0
        self._error: type[Exception] = redis.RedisError
        self._new: list[tuple[int, Row]] = []
        self._gone: list[int] = []
        try:
            self._redis = redis.Redis.from_url(where)
        except ValueError as error:
            raise QualityError(f"{where}: {error}. Write redis://host:6379/0.") from error
        self._look_up, self._commit, self._release = map(self._redis.register_script, (_LOOK_UP, _COMMIT, _RELEASE))
        with self._errors():
            for name, value in rule().items():
                self._redis.hsetnx(f"{_PREFIX}rule", name, value)
            found = self._redis.hgetall(f"{_PREFIX}rule")
        check(where, {name.decode(): value.decode() for name, value in found.items()})

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold every other writer off; what is done inside is kept as a whole or not at all."""
        with self._lock:
            if self._depth:
                yield
                return
            token = self._acquire()
            self._depth = 1
            try:
                yield
                self._write(token)
            finally:
                self._new, self._gone, self._depth = [], [], 0
                with self._errors():
                    self._release(args=[token])

    def _acquire(self) -> str:
        token = secrets.token_hex(16)
        with self._errors():
            while not self._redis.set(f"{_PREFIX}lock", token, nx=True, px=_LOCK_MS):
                time.sleep(_PAUSE_S)
        return token

    def _write(self, token: str) -> None:
        if not self._new and not self._gone:
            return
        rows = self.fetch(self._gone)
        gone = [value for number, row in rows.items() for value in (number, row.id)]
        new = [value for number, row in self._new for value in (number, _pack(row), row.id, row.added)]
        appended = _run_of(dict(self._new))
        edges, lengths = _groups(appended)
        places = np.column_stack((_bucket(appended[edges]), lengths * _ENTRY.itemsize)).astype("<u4").tobytes()
        cut = _run_of(rows)
        cuts = np.column_stack((_bucket(cut), cut & np.uint64(0xFFFFFFFF))).astype("<u4").tobytes()
        arguments = [token, places, _pack_entries(appended), cuts, len(rows), len(self._new), *gone, *new]
        with self._errors():
            written = self._commit(args=arguments)
        if not written:
            raise QualityError(f"{self.where}: a batch took longer than {_LOCK_MS // 1000} s and was not stored. Try again.")

    def append(self, rows: Sequence[Row]) -> None:
        """Store rows whose ids are not stored yet."""
        with self.exclusive(), self._errors():
            last = int(self._redis.get(f"{_PREFIX}last") or 0) + len(self._new)
            self._new += enumerate(rows, start=last + 1)

    def look_up(self, keys: Uints, most: int) -> Hits:
        """Who holds each key, of very many at least the first `most`, and how many they are."""
        buckets = np.unique(_bucket(widen(keys[keys != 0])))
        with self._errors():
            lengths, content = self._look_up(args=[buckets.astype("<u4").tobytes()]) if len(buckets) else (b"", b"")
        packed = np.frombuffer(content, dtype=_ENTRY)
        bucket = np.repeat(buckets, np.frombuffer(lengths, dtype="<u4") // _ENTRY.itemsize).astype(np.uint64)
        run = (bucket << np.uint64(_REST) | packed["rest"]) << np.uint64(32) | packed["number"]
        return look_up([np.sort(run)], keys, most)

    def fetch(self, numbers: Sequence[int]) -> dict[int, Row]:
        """The rows of those of `numbers` that are still stored."""
        found: dict[int, Row] = {}
        for begin in range(0, len(numbers), _FETCHED):
            part = numbers[begin : begin + _FETCHED]
            with self._errors():
                rows = self._redis.hmget(f"{_PREFIX}rows", part)
            found.update((number, _unpack(row)) for number, row in zip(part, rows, strict=True) if row is not None)
        return found

    def numbers(self, ids: Sequence[str]) -> dict[str, int]:
        """The numbers of those of `ids` that are stored."""
        with self._errors():
            found = self._redis.hmget(f"{_PREFIX}ids", list(ids)) if ids else []
        return {id: int(number) for id, number in zip(ids, found, strict=True) if number is not None}

    def delete(self, numbers: Sequence[int]) -> None:
        """Forget rows."""
        with self.exclusive():
            self._gone += numbers

    def added_before(self, moment: float) -> list[int]:
        """The numbers of all rows added before a moment, in seconds since 1970."""
        with self._errors():
            return [int(number) for number in self._redis.zrangebyscore(f"{_PREFIX}added", "-inf", f"({moment}")]

    def __len__(self) -> int:
        with self._errors():
            return int(self._redis.hlen(f"{_PREFIX}rows"))

    def size(self) -> int:
        """How many bytes the server uses in all."""
        with self._errors():
            return int(self._redis.info("memory")["used_memory"])

    def close(self) -> None:
        """Hang up."""
        self._redis.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            remedy = "Start it or check the address; what was acknowledged before is kept, add the rest again."
            raise QualityError(f"{self.where}: Redis does not answer: {error}. {remedy}") from error


def _client() -> Any:
    try:
        import redis
    except ImportError as error:
        raise MissingExtra("An index in Redis needs its client. Run: pip install 'quality-classifier[redis]'") from error
    return redis


def _bucket(run: Entries) -> Ints:
    return (run >> np.uint64(32 + _REST)).astype(np.int64)


def _run_of(rows: dict[int, Row]) -> Entries:
    numbers = np.array(list(rows), dtype=np.int64)
    return entries(keys(unpack([row.sketch for row in rows.values()])), numbers)


def _groups(run: Entries) -> tuple[Ints, Ints]:
    """Where each bucket begins in a run, and how many entries it has."""
    edges = np.flatnonzero(np.diff(_bucket(run), prepend=-1))
    return edges, np.diff(np.append(edges, len(run)))


def _pack_entries(run: Entries) -> bytes:
    packed = np.empty(len(run), dtype=_ENTRY)
    packed["rest"] = (run >> np.uint64(32)) & np.uint64((1 << _REST) - 1)
    packed["number"] = run & np.uint64(0xFFFFFFFF)
    return packed.tobytes()


def _pack(row: Row) -> bytes:
    id, date = row.id.encode("utf-8", "surrogatepass"), (row.date or "").encode("utf-8", "surrogatepass")
    return _HEAD.pack(row.added, len(id), len(date)) + id + date + row.sketch


def _unpack(content: bytes) -> Row:
    added, id, date = _HEAD.unpack_from(content)
    begin = _HEAD.size
    text = content[begin : begin + id + date]
    return Row(
        text[:id].decode("utf-8", "surrogatepass"), text[id:].decode("utf-8", "surrogatepass") or None, added, content[begin + id + date :]
    )
