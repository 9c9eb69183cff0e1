"""The ledger: what is known of every document, as Parquet, so that decisions can be taken again without scoring."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable, Sequence
from functools import cache
from io import BytesIO
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.corpus import Fault, Record
from classifier.errors import sound
from classifier.filter.columns import arrow, column, numbers
from classifier.filter.decisions import Outcome
from classifier.index.sketch import SKETCH, Sketches
from classifier.index.terms import TERMS
from classifier.signals import NAMES
from classifier.verdict import LABELS

if TYPE_CHECKING:
    from classifier.scorer import Assessment

PART = ".quality-part-"  # how the name of a file begins while it is written
SCORED, DECIDED = ".arrow", ".parquet"  # what a part is before anything is decided, quick to write and to read, and after that
Facts = tuple[Any, ...]
NEVER = 99_999_999_999_999  # the moment of a document without a date
FACTS = (
    "file", "row", "id", "own_id", "url", "site", "title", "date", "label", "confidence", *LABELS, "uncertain", "quality", "language",
    "words", "boilerplate", "reasons", "cut", "text", "when", "digest",
)  # fmt: skip
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?")


@cache
def schema() -> Any:
    """The columns of the ledger before anything is decided."""
    pa = arrow()
    number, text = pa.float64(), pa.string()

    def listed(kind: Any) -> Any:
        return pa.list_(pa.field("element", kind))  # as Parquet names it

    return pa.schema(
        [
            ("file", text), ("row", pa.int64()), ("id", text), ("own_id", pa.bool_()),
            ("url", text), ("site", text), ("title", text), ("date", text),
            ("label", text), ("confidence", number), ("original", number), ("rewrite", number), ("filler", number),
            ("uncertain", pa.bool_()), ("quality", number), ("language", text), ("words", pa.int32()), ("boilerplate", number),
            ("reasons", listed(text)), ("signals", pa.struct([(name, pa.float32()) for name in NAMES])),
            ("cut", listed(pa.int32())), ("text", text),
            ("when", pa.int64()), ("digest", pa.uint64()), ("sketch", pa.binary(SKETCH.itemsize)),
            ("kinds", pa.binary(TERMS)),
        ]
    )  # fmt: skip


@cache
def decided_schema() -> Any:
    """The columns of the ledger with what was decided."""
    pa = arrow()
    text = pa.string()
    decided = [("place", text), ("reason", text), ("detail", text), ("duplicate_of", text), ("similarity", pa.float64())]
    whole = schema()
    for name, kind in [*decided, ("derived_from", text), ("sureness", pa.float64())]:
        whole = whole.append(pa.field(name, kind))
    return whole


def facts(record: Record, found: Assessment, row: int) -> Facts:
    """What the ledger says of the document that stands in a row of a batch, but for its signals and its sketch; in the order of FACTS."""
    document, label, probabilities = record.document, found.labels[row], found.probabilities[row]
    doubts = found.doubts(row)
    return (
        record.file,
        record.row,
        document.id,
        record.own_id,
        document.url,
        record.site,
        document.title,
        document.date,
        LABELS[label],
        probabilities[label],
        *probabilities,
        bool(doubts),
        found.quality(row),
        found.languages[row],
        found.words[row],
        found.shares[row],
        [*doubts, *found.grounds(row)] if doubts or label else [],
        [end for line in found.lines[row] for end in (line.start, line.end)],
        record.extracted,
        moment(document.date),
        int.from_bytes(hashlib.blake2b(document.text.encode(), digest_size=8).digest()),
    )


def moment(date: str | None) -> int:
    """A date as a number that sorts like it, NEVER where it tells none; zones are not compared."""
    found = _MOMENT.match(date or "")
    return int("".join(part or "00" for part in found.groups())) if found else NEVER


def table(rows: Sequence[Facts], signals: Any, sketches: Sketches | None, kinds: Any, faults: Iterable[Fault], passed_over: int) -> Any:
    """Facts about documents as a table; what was lost and passed over between them stands in its metadata.

    Args:
        rows: what `facts` says of each document.
        signals: shape (rows, signals).
        sketches: shape (rows,), or None.
        kinds: of the rare terms, shape (rows, TERMS), or None.
        faults: what could not be read.
        passed_over: how many records are no documents.
    """
    pa = arrow()
    columns: list[Any] = []
    told = dict(zip(FACTS, zip(*rows, strict=True) if rows else repeat(()), strict=False))
    for field in schema():
        if field.name == "signals":
            values = [numbers(values, pa.float32()) for values in np.ascontiguousarray(signals.T)]
            columns.append(pa.StructArray.from_arrays(values, fields=list(field.type)))
        elif field.name in {"sketch", "kinds"}:
            columns.append(_packed(sketches if field.name == "sketch" else kinds, len(rows), field.type))
        else:
            columns.append(column(told[field.name], field.type))
    lost = json.dumps([vars(fault) for fault in faults])
    return pa.Table.from_arrays(columns, schema=schema().with_metadata({"faults": lost, "passed_over": str(passed_over)}))


def _packed(values: Any, count: int, kind: Any) -> Any:
    pa = arrow()
    if values is None:
        return pa.nulls(count, kind)
    return pa.FixedSizeBinaryArray.from_buffers(kind, count, [None, pa.py_buffer(values.tobytes())])


def sketches_of(ledger: Any) -> Sketches | None:
    """The sketches in a ledger; None where none were made."""
    made: Sketches | None = unpacked(ledger.column("sketch"), SKETCH)
    return made


def unpacked(packed: Any, kind: Any) -> Any:
    """A column of bytes as an array of the numpy type `kind`; None where some are missing."""
    if packed.null_count:
        return None
    return np.frombuffer(b"".join(packed.to_pylist()), dtype=kind)


def faults_of(ledger_schema: Any) -> list[Fault]:
    """What could not be read where a part of the ledger was made."""
    told = (ledger_schema.metadata or {}).get(b"faults", b"[]")
    return [Fault(**fault) for fault in json.loads(told)]


def passed_over_of(ledger_schema: Any) -> int:
    """How many records are no documents where a part of the ledger was made."""
    return int((ledger_schema.metadata or {}).get(b"passed_over", 0))


def decided(ledger: Any, outcomes: Sequence[Outcome], relations: Sequence[dict[str, Any]]) -> Any:
    """The ledger with what was decided of each of its rows."""
    pa = arrow()
    for name in ("place", "reason", "detail"):
        told = column([getattr(outcome, name) for outcome in outcomes], pa.string())
        ledger = ledger.append_column(decided_schema().field(name), told)
    for name in ("duplicate_of", "similarity", "derived_from", "sureness"):
        field = decided_schema().field(name)
        ledger = ledger.append_column(field, column([relation.get(name) for relation in relations], field.type))
    return ledger


def write(part: Path, ledger: Any) -> None:
    """Write a part of the ledger, as its suffix tells; it is there whole, or not at all."""
    sink = BytesIO()
    (_write_scored if part.suffix == SCORED else _write_decided)(ledger, sink)
    publish(part, sink.getvalue())


def _write_scored(ledger: Any, sink: BytesIO) -> None:
    from pyarrow import ipc

    with ipc.new_file(sink, ledger.schema, options=ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(ledger)


def _write_decided(ledger: Any, sink: BytesIO) -> None:
    """Numbers stand as they are, for hardly one repeats itself."""
    from pyarrow import parquet

    texts = [field.name for field in ledger.schema if str(field.type) == "string"]
    parquet.write_table(ledger, sink, compression="zstd", use_dictionary=texts, write_statistics=False)


def read(part: Path, columns: Sequence[str] | None = None) -> Any:
    """Some columns of a part of the ledger, or all.

    Raises:
        QualityError: it is damaged.
    """
    with sound(part, "Filter anew."):
        found = _read_decided(part, columns) if part.suffix == DECIDED else _read_scored(part, columns)
        return found.select(columns) if columns else found


def _read_decided(part: Path, columns: Sequence[str] | None) -> Any:
    from pyarrow import parquet

    return parquet.ParquetFile(part).read(columns)


def _read_scored(part: Path, columns: Sequence[str] | None) -> Any:
    from pyarrow import ipc

    places = [schema().names.index(name) for name in columns] if columns else None
    with arrow().memory_map(str(part)) as source:
        return ipc.open_file(source, options=ipc.IpcReadOptions(included_fields=places)).read_all()


def publish(path: Path, content: bytes) -> None:
    """Write a file that is there whole, or not at all."""
    part = path.with_name(f"{PART}{os.getpid()}-{secrets.token_hex(8)}")  # machines of a cluster may share a number
    part.write_bytes(content)
    part.replace(path)
