"""The filter for those who have a DataFrame of Spark already: the same verdicts and decisions as a column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from classifier.corpus import Chunk, FieldNames, Shard, parse
from classifier.corpus.inputs import PARQUET, File
from classifier.filter import Decisions, distributed, ledger
from classifier.filter.columns import arrow
from classifier.filter.scoring import Scoring, score_records
from classifier.filter.writing import NAMESPACE, note_type, noted

_ROW = "quality_row"
_TIES = ("duplicate_of", "similarity", "derived_from", "sureness")
_DECIDED = (
    "label",
    "confidence",
    "original",
    "rewrite",
    "filler",
    "uncertain",
    "quality",
    "language",
    "words",
    "boilerplate",
    "reasons",
    "text",
)
Batches = Iterator[Any]


def filter_frame(
    frame: Any,
    decisions: Decisions | None = None,
    *,
    model: str | None = None,
    text_field: str | None = None,
    id_field: str | None = None,
    templates: str | None = None,
) -> Any:
    """The frame with a column `quality`: the verdict on each row, and whether it is `kept`, `rejected` or set `aside`, in `quality.place`.

    Rows without a text get null. The columns are found by their names, as in files; every executor needs this package.

    Args:
        frame: a DataFrame with a column of texts.
        decisions: what is kept; `Decisions()` where None.
        model: the folder of a model of your own, which every executor can read.
        text_field: the column of the text, where its name is none of the usual ones.
        id_field: the same for the id.
        templates: a file of what sites repeat, as `Templates` writes it, which every executor can read.
    """
    from pyspark.sql import functions as f

    decisions = decisions or Decisions()
    names = FieldNames(text_field, id_field)
    scoring = Scoring(model, names, decisions.needs_sketches, decisions.drop_derived, templates)
    rows = frame.withColumn(_ROW, f.monotonically_increasing_id()).localCheckpoint()
    scored = rows.mapInArrow(lambda batches: _score(batches, scoring), _ddl(_scored_schema())).localCheckpoint()
    known = scored.select(*(name for name in scored.columns if name in {_ROW, *_DECIDED}))
    if decisions.needs_sketches:
        ties = distributed.relations(scored, decisions).select(f.col("number").alias(_ROW), *_TIES)
        known = known.join(ties, _ROW, "left")
    schema = arrow().schema([(_ROW, arrow().int64()), (NAMESPACE, _note())])
    decided = known.mapInArrow(lambda batches: _decide(batches, decisions, schema), _ddl(schema))
    return rows.join(decided, _ROW, "left").drop(_ROW)


def _score(batches: Batches, scoring: Scoring) -> Batches:
    pa = arrow()
    shard = Shard(0, PARQUET, (File("frame", "frame", PARQUET),))
    for batch in batches:
        numbers = batch.column(_ROW).to_pylist()
        records, _ = parse(Chunk(shard, 0, 1, batch.drop_columns([_ROW]), batch.num_rows), scoring.names)
        table = score_records(records, [], scoring).drop_columns(["signals"])
        own = pa.array([numbers[record.row - 1] for record in records], pa.int64())
        nowhere = pa.array([0] * len(records), pa.int64())
        for name, values in ((_ROW, own), ("shard", nowhere), ("chunk", nowhere), ("number", own)):
            table = table.append_column(name, values)
        yield from table.select(_scored_schema().names).cast(_scored_schema()).to_batches()


def _decide(batches: Batches, decisions: Decisions, schema: Any) -> Batches:
    pa = arrow()
    for batch in batches:
        told = []
        for row in batch.to_pylist():
            whole = dict.fromkeys(_TIES) | row
            outcome = decisions.decide(whole)
            told.append({"place": outcome.place} | noted(whole | vars(outcome)))
        yield pa.RecordBatch.from_arrays([batch.column(_ROW), pa.array(told, _note())], schema=schema)


def _note() -> Any:
    pa = arrow()
    return pa.struct([("place", pa.string()), *note_type()])


def _scored_schema() -> Any:
    pa = arrow()
    plain = {"digest": pa.decimal128(20, 0), "sketch": pa.binary(), "kinds": pa.binary()}
    places = [(name, pa.int64()) for name in (_ROW, *distributed.PLACE)]
    wanted = {*_DECIDED, *distributed.NEEDED}
    return pa.schema([(field.name, plain.get(field.name, field.type)) for field in ledger.schema() if field.name in wanted] + places)


def _ddl(schema: Any) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(schema)
