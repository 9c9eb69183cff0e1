"""A shard in chunks: some hundred records each as they are stored, so that any number of processes can take one and parse it."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import BufferedReader
from typing import IO, Any

from classifier.corpus.fields import FieldNames, has_text
from classifier.corpus.inputs import LINES, LIST, PARQUET, WARC, WHOLE, Shard
from classifier.corpus.streams import Damaged, in_reach, open_raw, unpacked
from classifier.corpus.warc import BrokenArchive, split_records
from classifier.errors import MissingExtra, extra
from classifier.files import to_lines

RECORDS = 512
BYTES = 8 << 20
LONGEST = 16 << 20  # bytes of one record; a longer one is no article
TOO_LONG = "a record of {size:.0f} MB; the longest that is read has {limit} MB. Leave it out or split it"

_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"{\0", b"\0{")  # how it begins, with a mark and without
_GONE = b"\0"  # stands for a record that was too long


class _Unread(Exception):
    """A file of which no record can be told; the message is the cause and what to do, with {to_lines} for a command by `jq`."""


@dataclass(frozen=True)
class Fault:
    """A record, or the rest of a file from it on, that cannot be read: where, and why.

    Attributes:
        file: the path as it was given.
        row: the number of the record, counted from 1, blank lines included.
        cause: what is wrong, and what to do.
        count: how many records are lost by it; 1 where that cannot be told.
    """

    file: str
    row: int
    cause: str
    count: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.row}: {self.cause}."


@dataclass(frozen=True)
class Chunk:
    """Some records of a shard, unparsed.

    Attributes:
        shard: where they come from.
        number: counts the chunks of the shard, from 0.
        first: the row of the first record, counted from 1; for files of one document, the place of the first file.
        records: lines, records of an archive, or an Arrow batch; nothing for files of one document, which their reader opens.
        faults: what could not be read.
        last: whether the shard ends here.
        passed: the stored bytes of the shard that have been read up to here.
    """

    shard: Shard
    number: int
    first: int
    records: Any
    count: int
    faults: tuple[Fault, ...] = ()
    last: bool = False
    passed: int = 0


@dataclass
class _Cut:
    """A chunk in the making."""

    first: int
    records: list[bytes] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    size: int = 0

    def is_full(self) -> bool:
        return len(self.records) >= RECORDS or self.size >= BYTES

    def add(self, record: bytes) -> None:
        self.records.append(record)
        self.size += len(record)


def read_chunks(shard: Shard, names: FieldNames) -> Iterator[Chunk]:
    """The chunks of a shard, always the same ones; what cannot be read is a fault in the chunk where it stands.

    Raises:
        MissingExtra: the package that reads such files is not installed.
    """
    if shard.kind in WHOLE:
        yield Chunk(shard, 0, 1, None, len(shard.files), last=True, passed=shard.size)
        return
    file = shard.files[0]
    try:
        with open_raw(file.path) as raw:
            if shard.kind == PARQUET:
                yield from _parquet(shard, raw, names)
            else:
                yield from _records(shard, raw, _READERS[shard.kind])
    except MissingExtra:
        raise
    except OSError as error:
        if _is_full(error):
            raise
        cause = f"{(error.strerror or str(error)).lower()}. Make the file readable or leave it out"
        yield Chunk(shard, 0, 1, [], 0, (Fault(file.path, 1, cause),), last=True, passed=shard.size)


def _is_full(error: Exception) -> bool:
    """Whether the disk is full on which a file was to be unpacked; that is no fault of the file."""
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}


def is_gone(record: bytes) -> bool:
    """Whether a record was left out because it was too long."""
    return record == _GONE


def _records(shard: Shard, raw: IO[bytes], reader: Callable[[BufferedReader], Iterator[bytes | int]]) -> Iterator[Chunk]:
    """Records between whose rows nothing is lost: one that is too long leaves its place empty."""
    file, number, row = shard.files[0], 0, 0
    cut = _Cut(1)
    with unpacked(raw, file.compression) as stream:
        records = reader(stream)
        while True:
            try:
                record = next(records, None)
            except _Unread as error:
                cut.faults.append(Fault(file.path, 1, str(error).format(to_lines=to_lines("jq -c '.[]'", file.path))))
                record = None
            except (Damaged, BrokenArchive, OSError) as error:
                told = str(error) if not isinstance(error, OSError) else (error.strerror or str(error)).lower()
                cut.faults.append(Fault(file.path, row + 1, f"{told}; the records from here on are lost. Fetch the file again"))
                record = None
            if record is None:
                break
            if cut.is_full():
                yield Chunk(shard, number, cut.first, cut.records, len(cut.records), tuple(cut.faults), passed=_tell(raw))
                number, cut = number + 1, _Cut(row + 1)
            row += 1
            if isinstance(record, int):
                cut.faults.append(Fault(file.path, row, TOO_LONG.format(size=record / (1 << 20), limit=LONGEST >> 20)))
                record = _GONE
            cut.add(record)
    yield Chunk(shard, number, cut.first, cut.records, len(cut.records), tuple(cut.faults), last=True, passed=shard.size)


def _tell(raw: IO[bytes]) -> int:
    try:
        return raw.tell()
    except (OSError, ValueError):
        return 0


def _lines(stream: BufferedReader) -> Iterator[bytes | int]:
    """The lines of a stream; of one that is too long only its size.

    Raises:
        _Unread: they are UTF-16, where no byte ends a line.
    """
    if stream.peek(2)[:2] in _UTF16:
        raise _Unread("this file is UTF-16, as JSON Lines never are. Make it UTF-8 first: iconv -f UTF-16 -t UTF-8")
    while line := stream.readline(LONGEST + 1):
        if len(line) <= LONGEST or line.endswith(b"\n"):
            yield line
            continue
        size = len(line)
        while not line.endswith(b"\n") and (line := stream.readline(1 << 20)):
            size += len(line)
        yield size


def _list(stream: BufferedReader) -> Iterator[bytes | int]:
    """The members of a JSON list, each as a line.

    Raises:
        _Unread: it is larger than LONGEST, for it is read as a whole, or no JSON.
    """
    content = stream.read(LONGEST + 1)
    if len(content) > LONGEST:
        raise _Unread(f"a list of more than {LONGEST >> 20} MB, which is read as a whole. Make JSON Lines of it first: {{to_lines}}")
    try:
        members = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        whole = "" if content.rstrip().endswith(b"]") else "; it seems to be cut short"
        raise _Unread(f"this file is no JSON list{whole}. Mend it or leave it out") from error
    yield from (json.dumps(member).encode() for member in members)


def _archive(stream: BufferedReader) -> Iterator[bytes | int]:
    return split_records(stream, LONGEST)


_READERS: dict[str, Callable[[BufferedReader], Iterator[bytes | int]]] = {LINES: _lines, LIST: _list, WARC: _archive}


def _parquet(shard: Shard, raw: IO[bytes], names: FieldNames) -> Iterator[Chunk]:
    file = shard.files[0]
    with extra("filter", f"{file.path}: reading Parquet needs pyarrow"):
        import pyarrow as pa
        import pyarrow.parquet as pq
    with ExitStack() as stack:
        try:
            source = pq.ParquetFile(stack.enter_context(in_reach(raw, file.compression)))
        except (pa.ArrowException, OSError, Damaged) as error:
            if _is_full(error):
                raise
            yield Chunk(shard, 0, 1, None, 0, (Fault(file.path, 1, _damage(error)),), last=True, passed=shard.size)
            return
        yield from _rows(shard, source, names)


def _rows(shard: Shard, source: Any, names: FieldNames) -> Iterator[Chunk]:
    """The chunks of a Parquet file that is open."""
    path, number, first, waiting, whole = shard.files[0].path, 0, 1, None, source.metadata.num_rows
    if not has_text(source.schema_arrow.names, names):
        found = ", ".join(f'"{name}"' for name in source.schema_arrow.names[:8])
        fault = Fault(path, 1, f"no column of texts; found {found}. Name it with --text-field", whole)
        yield Chunk(shard, 0, 1, None, 0, (fault,), last=True, passed=shard.size)
        return
    faults: list[Fault] = []
    for row, batch in _batches(source):
        if isinstance(batch, tuple):
            faults.append(Fault(path, row, *batch))
            continue
        if waiting is not None:
            yield Chunk(shard, number, first, waiting, waiting.num_rows, tuple(faults), passed=shard.size * (row - 1) // max(whole, 1))
            number, faults = number + 1, []
        first, waiting = row, batch
    count = waiting.num_rows if waiting is not None else 0
    yield Chunk(shard, number, first, waiting, count, tuple(faults), last=True, passed=shard.size)


def _batches(source: Any) -> Iterator[tuple[int, Any]]:
    """The rows of a Parquet file in batches, each with the number of its first row; for rows that are lost, their cause and count.

    Damage costs no more than the rest of its row group: where it shows, the groups are read one by one.
    """
    import pyarrow as pa

    row = begin = 1
    try:
        for batch in source.iter_batches(RECORDS):
            yield row, batch
            row += batch.num_rows
        return
    except (pa.ArrowException, OSError):
        pass
    for group in range(source.num_row_groups):
        end = begin + source.metadata.row_group(group).num_rows
        if row < end:
            yield from _rest(source, group, begin, row)
        begin, row = end, max(row, end)


def _rest(source: Any, group: int, begin: int, row: int) -> Iterator[tuple[int, Any]]:
    """What can be read of a row group that begins at some row, from another one of its rows on."""
    import pyarrow as pa

    end = begin + source.metadata.row_group(group).num_rows
    try:
        for batch in source.iter_batches(RECORDS, row_groups=[group]):
            if begin + batch.num_rows > row:
                yield row, batch.slice(row - begin)
                row = begin + batch.num_rows
            begin += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        yield row, (_damage(error, f"the {end - row:,} rows from here on"), end - row)


def _damage(error: Exception, lost: str = "the rows from here on") -> str:
    told = "".join(letter if letter.isprintable() else " " for letter in str(error))
    told = " ".join(told.split())[:200].rstrip(".")
    return f"this Parquet file is damaged ({told}); {lost} are lost. Fetch the file again"
