"""A few documents for each reason, with the evidence that speaks for it, so that people can judge the judgment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from classifier import view
from classifier.corpus import Chunk, FieldNames, parse
from classifier.corpus.inputs import PARQUET, WHOLE
from classifier.corpus.streams import GZIP, packed
from classifier.document import Document
from classifier.filter.decisions import KEPT
from classifier.filter.scoring import scorer

EACH, OF_A_CHUNK = 4, 2
LONGEST = 4_000  # characters of an example
_MARKS = 60
_TOLD = (
    "file", "row", "id", "url", "site", "title", "label", "confidence", "uncertain", "quality", "place", "reason", "detail", "reasons",
    "duplicate_of", "derived_from", "digest",
)  # fmt: skip
FIELDS = (*_TOLD, "text", "marks")
UNCERTAIN = "kept uncertain"
Row = Mapping[str, Any]


def choose(chunk: Chunk, rows: Sequence[Row], names: FieldNames) -> bytes:
    """The texts of a few rejected or uncertain documents of a chunk, as packed JSON Lines."""
    chosen = _few(rows, OF_A_CHUNK)
    texts = {(row["file"], row["row"]): row["text"] for row in chosen if row["text"] is not None}
    wanted = {(row["file"], row["row"]) for row in chosen} - texts.keys()
    if wanted:
        records, _ = parse(_only(chunk, wanted), names)
        texts |= {(record.file, record.row): record.document.text for record in records}
    told = [{name: row[name] for name in _TOLD} | {"text": texts[row["file"], row["row"]][:LONGEST]} for row in chosen]
    return packed(_lines(told), GZIP) if told else b""


def merge(pieces: Iterable[bytes], model: str | None) -> bytes:
    """The examples of a whole run, with the evidence in their texts, as JSON Lines; the same ones in whatever order they come."""
    import gzip

    held: list[Row] = []
    for piece in pieces:
        held = _few([*held, *map(json.loads, gzip.decompress(piece).splitlines())], EACH)
    verdicts = scorer(model).score_many([Document(row["text"]) for row in held])
    told = []
    for row, verdict in zip(held, verdicts, strict=True):
        cuts = verdict.boilerplate.lines
        marks = view.marks(cuts, () if row["reason"] in {"copy", "derived"} else verdict.evidence)
        told.append({**row, "marks": sorted(marks[: len(cuts) + _MARKS])})
    return _lines(told)


def reason_of(row: Row) -> str | None:
    """The reason under which a document is shown: that of its outcome, or that it was kept though uncertain; else None."""
    if row["place"] != KEPT:
        return str(row["reason"])
    return UNCERTAIN if row["uncertain"] else None


def _few(rows: Iterable[Row], each: int) -> list[Row]:
    """Some rows of each reason: those with the lowest digests, which is as good as by lot."""
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row["digest"], row["file"], row["row"])):
        reason = reason_of(row)
        if reason and len(found.setdefault(reason, [])) < each:
            found[reason].append(row)
    return [row for reason in sorted(found) for row in found[reason]]


def _only(chunk: Chunk, wanted: set[tuple[str, int]]) -> Chunk:
    """The chunk without the records that nobody asks for, where leaving them out spares work."""
    if chunk.shard.kind in WHOLE:
        return replace(chunk, shard=replace(chunk.shard, files=tuple(file for file in chunk.shard.files if (file.told, 1) in wanted)))
    if chunk.shard.kind != PARQUET:
        path = chunk.shard.files[0].told
        records = [record if (path, row) in wanted else b"" for row, record in enumerate(chunk.records, chunk.first)]
        return replace(chunk, records=records)
    return chunk


def _lines(rows: Iterable[Row]) -> bytes:
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode("utf-8", "replace")
