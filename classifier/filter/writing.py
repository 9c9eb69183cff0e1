"""From a chunk and its decided ledger to the pieces of the files that come out, in the form of the file that came in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from classifier.boilerplate import without
from classifier.corpus import Chunk, FieldNames, fields, warc
from classifier.corpus.fields import Page
from classifier.corpus.inputs import OBJECT, PARQUET, TEXT, WARC, File
from classifier.corpus.records import read_rows, read_whole
from classifier.corpus.streams import in_reach, open_raw, pack_file, packed
from classifier.errors import InputError
from classifier.filter.columns import arrow, column
from classifier.filter.decisions import KEPT, PLACES
from classifier.filter.ledger import publish
from classifier.verdict import Line

NAMESPACE = "quality"
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
Row = Mapping[str, Any]


def note(row: Row) -> dict[str, Any]:
    """What a document that comes out says of itself, in one namespace."""
    told: dict[str, Any] = {
        "label": row["label"],
        "confidence": row["confidence"],
        "probabilities": {label: row[label] for label in ("original", "rewrite", "filler")},
        "uncertain": row["uncertain"],
        "quality": row["quality"],
        "language": row["language"],
        "boilerplate": row["boilerplate"],
    }
    if row["place"] != KEPT:
        told |= {"reason": row["reason"], "reasons": [f"{row['detail'][0].upper()}{row['detail'][1:]}.", *row["reasons"]]}
    if row["duplicate_of"]:
        told["duplicate_of"] = {"id": row["duplicate_of"], "similarity": row["similarity"]}
    if row["derived_from"]:
        told["derived_from"] = {"id": row["derived_from"], "similarity": row["sureness"]}
    if row["text"] is not None:
        told["text"] = row["text"]
    return told


def write_pieces(chunk: Chunk, rows: Sequence[Row], names: FieldNames, *, clean: bool) -> dict[str, bytes]:
    """For each place the bytes to add to its file; files of one document each are left out.

    Args:
        chunk: the records as they came in.
        rows: of the decided ledger, those of this chunk.
        names: the fields that a user named.
        clean: whether kept texts lose their boilerplate.
    """
    by_row = {row["row"]: row for row in rows}
    if chunk.shard.kind == PARQUET:
        return _parquet(chunk, by_row, names, clean=clean)
    write = _archived if chunk.shard.kind == WARC else _line
    pieces: dict[str, list[bytes]] = {place: [] for place in PLACES}
    for number, record in enumerate(chunk.records, chunk.first):
        if row := by_row.get(number):
            pieces[row["place"]].append(write(record, row, names, clean and row["place"] == KEPT))
    compression = chunk.shard.files[0].compression
    if chunk.shard.kind == WARC:  # each record a member of its own, as readers of archives expect
        return {place: b"".join(packed(piece, compression) for piece in made) for place, made in pieces.items()}
    return {place: packed(b"".join(made), compression) if made else b"" for place, made in pieces.items()}


def write_files(chunk: Chunk, rows: Sequence[Row], names: FieldNames, folder: Path, *, clean: bool) -> dict[str, bytes]:
    """Write files of one document each below `folder`/PLACE; for each place the notes on its texts, as JSON Lines."""
    by_file = {row["file"]: row for row in rows}
    notes: dict[str, list[bytes]] = {place: [] for place in PLACES}
    for file in chunk.shard.files:
        row = by_file.get(file.told)
        if row is None:
            continue
        path = folder / row["place"] / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        content, told = _whole(file, row, names, cut=clean and row["place"] == KEPT), {"file": file.name, NAMESPACE: note(row)}
        publish(path, packed(content, file.compression))
        if chunk.shard.kind == TEXT:
            notes[row["place"]].append(_dumped(told) + b"\n")
    return {place: b"".join(made) for place, made in notes.items()}


def cleaned(text: str, row: Row) -> str:
    """A text without its boilerplate."""
    return without(text, [Line(start, end, "", 1.0, "") for start, end in zip(row["cut"][::2], row["cut"][1::2], strict=True)])


def _whole(file: File, row: Row, names: FieldNames, *, cut: bool) -> bytes:
    try:
        content = read_whole(file)
    except InputError as error:
        raise InputError(f"{file.path}: it was readable before: {error}.") from error
    if file.kind == OBJECT:
        return _line(_in_utf8(content), row, names, cut)
    if not cut or not row["cut"]:
        return content
    from classifier.files import decode

    return cleaned(fields.mended(decode(content, file.path)[0]), row).encode()


def _in_utf8(content: bytes) -> bytes:
    """JSON as it is where it is UTF-8, to which we can add; written anew where it is not."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return _dumped(json.loads(content))
    return content


def _dumped(value: Any) -> bytes:
    return _JSON.encode(value).encode("utf-8", "replace")


def _line(raw: bytes, row: Row, names: FieldNames, cut: bool) -> bytes:
    """The record with our namespace before its closing brace, and not a byte of it touched where that can be."""
    raw = raw.strip(b"\xef\xbb\xbf \t\r\n")
    told = note(row)
    needs_cut = cut and bool(row["cut"])
    if needs_cut or b'"quality"' in raw:
        record = json.loads(raw)  # orjson would make floats of integers beyond 64 bits
        if needs_cut:
            cut_in(record, fields.page(record, names), told, row)
        if needs_cut or NAMESPACE in record:
            return _dumped({**record, NAMESPACE: told}) + b"\n"
    comma = b"" if raw[1:-1].strip() == b"" else b","
    return raw[:-1] + comma + b'"quality":' + _dumped(told) + b"}\n"


def cut_in(record: MutableMapping[str, Any], page: Page, told: dict[str, Any], row: Row) -> None:
    """Put the clean text where the text of a record stands; the text that came out of HTML stands in our namespace.

    Args:
        record: what the crawler wrote, which is changed.
        page: what it says of its page.
        told: what our namespace will hold, which is changed.
        row: what is known of the document, with what to `cut` of it.
    """
    if page.is_html:
        told["text"] = cleaned(row["text"], row)
        return
    holder = record
    for name in page.place[:-1]:
        holder = holder[name]
    holder[page.place[-1]] = cleaned(page.text, row)


def _archived(raw: bytes, row: Row, _: FieldNames, cut: bool) -> bytes:
    """The record with a header of ours; with its boilerplate cut, it becomes the record of a text (WET)."""
    told = note(row)
    text = told.pop("text", None)
    page = warc.page(raw) if cut and row["cut"] else None
    if page is not None:
        text = text if text is not None else fields.mended(page.content.decode("utf-8", "replace"))
        raw = warc.with_text(raw, cleaned(text, row).encode())
    return warc.with_note(raw, _dumped(told))


def _parquet(chunk: Chunk, by_row: Mapping[int, Row], names: FieldNames, *, clean: bool) -> dict[str, bytes]:
    pa = arrow()
    if chunk.records is None:
        return dict.fromkeys(PLACES, b"")
    table = pa.Table.from_batches([chunk.records])
    if NAMESPACE in table.column_names:
        table = table.drop_columns([NAMESPACE])
    places: dict[str, list[int]] = {place: [] for place in PLACES}
    for number in range(table.num_rows):
        if row := by_row.get(chunk.first + number):
            places[row["place"]].append(number)
    pieces = {}
    for place, numbers in places.items():
        told = [by_row[chunk.first + number] for number in numbers]
        part = table.take(column(numbers, pa.int64()))
        if clean and place == KEPT:
            part = _cut_columns(part, told, names)
        notes = pa.array([noted(row) for row in told], note_type())
        pieces[place] = _stored(part.append_column(NAMESPACE, notes))
    return pieces


def _cut_columns(table: Any, rows: Sequence[Row], names: FieldNames) -> Any:
    """The table with its texts cut, each in the column where it stands; one inside a nested column stays as it is."""
    pa = arrow()
    whole = [row for row, _ in read_rows(table, names)]
    columns = {name: [row[name] for row in whole] for name in table.column_names if name in fields.TEXT or name == names.text}
    touched = set()
    for k, row in enumerate(rows):
        if row["cut"] and row["text"] is None:
            page = fields.page(whole[k], names)
            if len(page.place) == 1:
                columns[page.place[0]][k] = cleaned(page.text, row)
                touched.add(page.place[0])
    for name in touched:
        texts = pa.array(columns[name], table.schema.field(name).type)
        table = table.set_column(table.column_names.index(name), table.schema.field(name), texts)
    return table


def note_type() -> Any:
    """Our namespace as a type of Arrow."""
    pa = arrow()
    text, number = pa.string(), pa.float64()
    probabilities = pa.struct([(label, number) for label in ("original", "rewrite", "filler")])
    tie = pa.struct([("id", text), ("similarity", number)])
    return pa.struct(
        [
            ("label", text), ("confidence", number), ("probabilities", probabilities), ("uncertain", pa.bool_()), ("quality", number),
            ("language", text), ("boilerplate", number), ("reason", text), ("reasons", pa.list_(text)),
            ("duplicate_of", tie), ("derived_from", tie), ("text", text),
        ]
    )  # fmt: skip


def noted(row: Row) -> dict[str, Any]:
    """What a document says of itself, with every field of `note_type`."""
    told = note(row)
    return {"reason": None, "reasons": [], "duplicate_of": None, "derived_from": None, "text": None} | told


def _stored(table: Any) -> bytes:
    pa = arrow()
    sink = BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def join_parquet(parts: Iterator[bytes], path: Path, source: File) -> None:
    """Write stored tables as one Parquet file, compressed as its source, inside and around."""
    pa = arrow()
    from pyarrow import parquet

    writer = None
    try:
        for part in parts:
            if not part:
                continue
            table = pa.ipc.open_stream(part).read_all()
            writer = writer or parquet.ParquetWriter(path, table.schema, compression=_codec(source))
            writer.write_table(table)
    finally:
        if writer:
            writer.close()
    pack_file(path, source.compression)


def _codec(source: File) -> str:
    from pyarrow import parquet

    with open_raw(source.path) as raw, in_reach(raw, source.compression) as content:
        found = parquet.ParquetFile(content).metadata
        if found.num_row_groups and found.row_group(0).num_columns:
            return str(found.row_group(0).column(0).compression)
    return "zstd"
