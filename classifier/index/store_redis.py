"""An index in a Redis server, shared by crawlers on several machines."""

from __future__ import annotations

import re
import secrets
import struct
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.errors import QualityError, extra
from classifier.index.blocks import MOST_BITS
from classifier.index.postings import Hits
from classifier.index.rule import check, rule
from classifier.index.segments import Segments
from classifier.index.sketch import Uints
from classifier.index.store import Row
from classifier.words import Ints

_PREFIX = "quality:"
_HEAD = struct.Struct("<dHH")  # when it was added, and the lengths of id and date in bytes
_LOCK_MS = 30_000
_PAUSE_S = 0.001
_FETCHED = 2_000  # rows at a time
_WRITTEN = 2_048  # blocks at a time
_SECRET = re.compile(r"(?<=//).*@|(?<=password=)[^&]*")  # of an address; messages tell the rest
_ASKED_ALONE = 8  # times as long as in a list of all it takes to ask for one member of a set

# All that a holder of the lock has to write, at once, provided that it still holds the lock.
_COMMIT = """
if redis.call('GET', 'quality:lock') ~= ARGV[1] then return 0 end
local deleted, added = tonumber(ARGV[2]), tonumber(ARGV[3])
local at = 4
local function each(command, key, count)
  for begin = at, at + count - 1, 1000 do
    redis.call(command, key, unpack(ARGV, begin, math.min(begin + 999, at + count - 1)))
  end
  at = at + count
end
each('HDEL', 'quality:rows', deleted)
at = at - deleted
each('ZREM', 'quality:added', deleted)
each('HDEL', 'quality:ids', deleted)
each('ZADD', 'quality:gone', 2 * deleted)
each('HSET', 'quality:rows', 2 * added)
each('HSET', 'quality:ids', 2 * added)
each('ZADD', 'quality:added', 2 * added)
redis.call('INCRBY', 'quality:last', added)
return 1
"""
# A segment in the place of others, provided that the lock is still held; its blocks are there already.
_REPLACE = """
local function drop(segment)
  redis.call('HDEL', 'quality:segments', segment)
  redis.call('DEL', 'quality:segment:' .. segment)
end
if redis.call('GET', 'quality:lock') ~= ARGV[1] then drop(ARGV[2]) return 0 end
for place = 6, #ARGV do drop(ARGV[place]) end
redis.call('HSET', 'quality:segments', ARGV[2], ARGV[3] .. ' ' .. ARGV[4])
redis.call('ZREMRANGEBYSCORE', 'quality:gone', ARGV[5], ARGV[3])
return 1
"""
_RENEW = "if redis.call('GET', 'quality:lock') == ARGV[1] then return redis.call('PEXPIRE', 'quality:lock', ARGV[2]) end return 0"
_RELEASE = "if redis.call('GET', 'quality:lock') == ARGV[1] then return redis.call('DEL', 'quality:lock') end return 0"


class RedisStore:
    """Rows in a hash by number, their keys in segments, each a hash of blocks.

    A writer holds a lock, collects what it has to write, and hands it over in one script, which the server refuses when the
    lock was lost meanwhile: no batch is stored in part, and no text is claimed twice.
    """

    def __init__(self, where: str) -> None:
        redis = _client()
        self.where = _SECRET.sub("", where)
        self._lock = RLock()
        self._depth = 0
        self._error: type[Exception] = redis.RedisError
        self._new: list[tuple[int, Row]] = []
        self._gone: list[int] = []
        self._token = ""  # of the lock, while it is held
        self._segments = Segments(self)
        try:
            self._redis = redis.Redis.from_url(where)
        except ValueError as error:
            raise QualityError(f"{self.where}: {error}. Write redis://host:6379/0.") from error
        scripts = (_COMMIT, _REPLACE, _RENEW, _RELEASE)
        self._commit, self._replace, self._renew, self._release = map(self._redis.register_script, scripts)
        with self._errors():
            for name, value in rule().items():
                self._redis.hsetnx(f"{_PREFIX}rule", name, value)
            found = self._redis.hgetall(f"{_PREFIX}rule")
        check(self.where, {name.decode(): value.decode() for name, value in found.items()})

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold every other writer off; what is done inside is kept as a whole or not at all."""
        with self._lock:
            if self._depth:
                yield
                return
            self._token = self._acquire()
            self._depth = 1
            try:
                yield
                self._write()
            finally:
                self._new, self._gone, self._depth = [], [], 0
                with self._errors():
                    self._release(args=[self._token])

    def _acquire(self) -> str:
        token = secrets.token_hex(16)
        with self._errors():
            while not self._redis.set(f"{_PREFIX}lock", token, nx=True, px=_LOCK_MS):
                time.sleep(_PAUSE_S)
        return token

    def _write(self) -> None:
        if not self._new and not self._gone:
            return
        ids = [row.id for row in self.fetch(self._gone).values()]
        numbers = list(self.numbers(ids).values())
        gone = [*numbers, *map(_encoded, ids), *(value for number in numbers for value in (number, number))]
        rows = [value for number, row in self._new for value in (number, _pack(row))]
        named = [value for number, row in self._new for value in (_encoded(row.id), number)]
        added = [value for number, row in self._new for value in (row.added, number)]
        with self._errors():
            written = self._commit(args=[self._token, len(numbers), len(self._new), *gone, *rows, *named, *added])
        if not written:
            raise QualityError(f"{self.where}: a batch took longer than {_LOCK_MS // 1000} s and was not stored. Try again.")
        self._forget_what_was_lost()
        self._segments.seal()

    def _forget_what_was_lost(self) -> None:
        """Forget the keys in memory where a restart has cost the server its last writes: it gives their numbers to other documents."""
        with self._errors():
            last = int(self._redis.get(f"{_PREFIX}last") or 0)
        if last < self._segments.seen:
            self._segments.forget()

    def append(self, rows: Sequence[Row]) -> None:
        """Store rows whose ids are not stored yet."""
        with self.exclusive(), self._errors():
            last = int(self._redis.get(f"{_PREFIX}last") or 0) + len(self._new)
            self._new += enumerate(rows, start=last + 1)

    def look_up(self, keys: Uints, most: int, first: NDArray[np.bool_]) -> Hits:
        """Who holds each key, and how many they are; of more than `most` the first ones at least, or none but for keys that are `first`."""
        with self._lock:
            self._forget_what_was_lost()
            while True:
                before = self.segments()
                hits = self._segments.look_up(keys, most, first)
                if self._depth or self.segments() == before:
                    return hits
                self._segments.forget()  # another has merged segments while they were read

    def segments(self) -> dict[int, tuple[int, int]]:
        """For each segment the last document that it may hold, and how many entries it has."""
        with self._errors():
            found = self._redis.hgetall(f"{_PREFIX}segments")
        return {int(segment): (int(value.split()[0]), int(value.split()[1])) for segment, value in sorted(found.items())}

    def rows_after(self, number: int) -> list[tuple[int, bytes]]:
        """The packed sketches of all documents after one, by number, in order."""
        with self._errors():
            last = int(self._redis.get(f"{_PREFIX}last") or 0)
        return [(number, row.sketch) for number, row in self.fetch(range(number + 1, last + 1)).items()]

    def read_blocks(self, segment: int, blocks: Sequence[int] | None) -> Iterator[tuple[int, bytes]]:
        """Some blocks of a segment, or all, as far as there are such."""
        wanted = range(1 << MOST_BITS) if blocks is None else blocks
        for begin in range(0, len(wanted), _WRITTEN):
            part = list(wanted[begin : begin + _WRITTEN])
            with self._errors():
                found = self._redis.hmget(f"{_PREFIX}segment:{segment}", part)
            yield from ((block, content) for block, content in zip(part, found, strict=True) if content is not None)

    def replace(self, gone: Sequence[int], last: int, size: int, blocks: Iterable[tuple[int, bytes]]) -> int:
        """Write a segment in the place of others, and return its number, which is higher than that of any before."""
        first = 1 + max((0, *(end for segment, (end, _) in self.segments().items() if segment not in gone)))
        with self._errors():
            segment = int(self._redis.incr(f"{_PREFIX}segment"))
            blocks = iter(blocks)
            while part := dict(islice(blocks, _WRITTEN)):
                self._redis.hset(f"{_PREFIX}segment:{segment}", mapping=part)
                self._renew(args=[self._token, _LOCK_MS])
            if not self._replace(args=[self._token, segment, last, size, first, *gone]):
                self._segments.forget()
        return segment

    def alive(self, first: int, last: int) -> Ints:
        """The numbers of the documents from `first` to `last` that are still stored."""
        with self._errors():
            gone = [int(number) for number in self._redis.zrangebyscore(f"{_PREFIX}gone", first, last)]
        return np.setdiff1d(np.arange(first, last + 1), np.array(gone, dtype=np.int64))

    def fetch(self, numbers: Sequence[int]) -> dict[int, Row]:
        """The rows of those of `numbers` that are still stored."""
        found: dict[int, Row] = {}
        for begin in range(0, len(numbers), _FETCHED):
            part = list(numbers[begin : begin + _FETCHED])
            with self._errors():
                rows = self._redis.hmget(f"{_PREFIX}rows", part)
            found.update((number, _unpack(row)) for number, row in zip(part, rows, strict=True) if row is not None)
        return found

    def numbers(self, ids: Sequence[str]) -> dict[str, int]:
        """The numbers of those of `ids` that are stored."""
        with self._errors():
            found = self._redis.hmget(f"{_PREFIX}ids", [_encoded(id) for id in ids]) if ids else []
        return {id: int(number) for id, number in zip(ids, found, strict=True) if number is not None}

    def delete(self, numbers: Sequence[int]) -> None:
        """Forget rows."""
        with self.exclusive():
            self._gone += numbers

    def deleted(self) -> int:
        """How many deleted rows may still be told as holders of a key."""
        with self._errors():
            return int(self._redis.zcard(f"{_PREFIX}gone"))

    def gone(self, numbers: Ints) -> Ints:
        """Those of some distinct numbers whose rows are deleted."""
        key = f"{_PREFIX}gone"
        with self._errors():
            if self._redis.zcard(key) < _ASKED_ALONE * len(numbers):
                found = np.array([int(number) for number in self._redis.zrange(key, 0, -1)], dtype=np.int64)
                return np.intersect1d(numbers, found, assume_unique=True)
            with self._redis.pipeline(transaction=False) as asked:
                for number in numbers.tolist():
                    asked.zscore(key, number)
                return numbers[[score is not None for score in asked.execute()]]

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
            raise QualityError(f"{self.where}: Redis does not answer: {str(error).rstrip('.')}. {remedy}") from error


def _client() -> Any:
    with extra("redis", "An index in Redis needs its client"):
        import redis
    return redis


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _pack(row: Row) -> bytes:
    id, date = _encoded(row.id), _encoded(row.date or "")
    return _HEAD.pack(row.added, len(id), len(date)) + id + date + row.sketch


def _unpack(content: bytes) -> Row:
    added, id, date = _HEAD.unpack_from(content)
    begin = _HEAD.size
    text = content[begin : begin + id + date]
    return Row(
        text[:id].decode("utf-8", "surrogatepass"), text[id:].decode("utf-8", "surrogatepass") or None, added, content[begin + id + date :]
    )
