"""A shard in chunks: some hundred records each as they are stored, so that any number of processes can take one and parse it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from typing import IO, Any

from classifier.corpus.fields import FieldNames, has_text
from classifier.corpus.inputs import LINES, PARQUET, WARC, WHOLE, Shard
from classifier.corpus.streams import Damaged, open_raw, unpacked
from classifier.corpus.warc import BrokenArchive, split_records
from classifier.errors import MissingExtra

RECORDS = 512
BYTES = 8 << 20
LONGEST = 16 << 20  # bytes of one record; a longer one is no article
TOO_LONG = "a record of {size:.0f} MB; the longest that is read has {limit} MB. Leave it out or split it"

_GONE = b"\0"  # stands for a record that was too long


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
        cause = f"{(error.strerror or str(error)).lower()}. Make the file readable or leave it out"
        yield Chunk(shard, 0, 1, [], 0, (Fault(file.path, 1, cause),), last=True, passed=shard.size)


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
    """The lines of a stream; of one that is too long only its size."""
    while line := stream.readline(LONGEST + 1):
        if len(line) <= LONGEST or line.endswith(b"\n"):
            yield line
            continue
        size = len(line)
        while not line.endswith(b"\n") and (line := stream.readline(1 << 20)):
            size += len(line)
        yield size


def _archive(stream: BufferedReader) -> Iterator[bytes | int]:
    return split_records(stream, LONGEST)


_READERS: dict[str, Callable[[BufferedReader], Iterator[bytes | int]]] = {LINES: _lines, WARC: _archive}


def _parquet(shard: Shard, raw: IO[bytes], names: FieldNames) -> Iterator[Chunk]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtra(
            f"{shard.files[0].path}: reading Parquet needs pyarrow. Run: pip install 'quality-classifier[filter]'"
        ) from error
    path, number, row, waiting = shard.files[0].path, 0, 1, None
    faults: tuple[Fault, ...] = ()
    try:
        source = pq.ParquetFile(raw)
        if not has_text(source.schema_arrow.names, names):
            found = ", ".join(f'"{name}"' for name in source.schema_arrow.names[:8])
            fault = Fault(path, 1, f"no column of texts; found {found}. Name it with --text-field", source.metadata.num_rows)
            yield Chunk(shard, 0, 1, None, 0, (fault,), last=True, passed=shard.size)
            return
        for batch in source.iter_batches(RECORDS):
            if waiting is not None:
                yield Chunk(shard, number, row, waiting, waiting.num_rows, passed=shard.size * row // max(row + RECORDS, 1))
                number, row = number + 1, row + waiting.num_rows
            waiting = batch
    except (pa.ArrowException, OSError) as error:
        at = row + (waiting.num_rows if waiting is not None else 0)
        told = " ".join(str(error).split())[:200].rstrip(".")
        faults = (Fault(path, at, f"this Parquet file is damaged ({told}); the rows from here on are lost. Fetch the file again"),)
    count = waiting.num_rows if waiting is not None else 0
    yield Chunk(shard, number, row, waiting, count, faults, last=True, passed=shard.size)
