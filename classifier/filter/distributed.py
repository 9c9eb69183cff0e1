"""Near copies and retellings of a corpus as DataFrames of Spark: joins on band keys and rare terms, labels that spread to the lowest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.filter import derived, ledger
from classifier.filter.columns import arrow
from classifier.filter.decisions import KEPT, Decisions
from classifier.filter.relations import hash_of
from classifier.index import sources
from classifier.index.near import NEAR_JACCARD
from classifier.index.sketch import BANDS, SKETCH, jaccard, keys

ORDER = "document binary, shingles long, terms array<int>, bands array<long>, sketch binary, kinds binary, id string, passes boolean"
PLACE = ("shard", "chunk", "number")
_FACTS = ("label", "confidence", "uncertain", "quality", "language", "words", "boilerplate")
NEEDED = (*_FACTS, "id", "when", "digest", "sketch", "kinds", *PLACE)
Batches = Iterator[Any]


def prepare(batches: Batches, decisions: Decisions) -> Batches:
    """For each document its sketch, and a key that is unique and sorts as documents are kept before their near copies."""
    pa = arrow()
    for batch in batches:
        table = pa.Table.from_batches([batch])
        made = ledger.sketches_of(table)
        if made is None:
            continue
        rows = table.drop_columns(["sketch", "kinds"]).to_pylist()
        passes = [decisions.decide(row).place == KEPT for row in rows]
        held = keys(made)[:, :BANDS].astype(np.int64)
        columns = {
            "document": pa.array([_key(row, passed) for row, passed in zip(rows, passes, strict=True)], pa.binary()),
            "shingles": pa.array(made["shingles"].astype(np.int64)),
            "terms": pa.array(list(made["terms"].view(np.int32)), pa.list_(pa.int32())),
            "bands": pa.array(list(held), pa.list_(pa.int64())),
            "sketch": table.column("sketch").cast(pa.binary()).combine_chunks(),
            "kinds": table.column("kinds").cast(pa.binary()).combine_chunks(),
            "id": pa.array([row["id"] for row in rows], pa.string()),
            "passes": pa.array(passes, pa.bool_()),
        }
        yield pa.RecordBatch.from_arrays([_one(column) for column in columns.values()], names=list(columns))


def _one(column: Any) -> Any:
    return column.chunk(0) if hasattr(column, "chunk") else column


def _key(row: dict[str, Any], passes: bool) -> bytes:
    """As `copies.rank` sorts: what passes first, then the earliest, the best, the longest, then by content, id and place."""
    parts = (
        (int(not passes), 1), (row["when"], 8), (1_000_000 - round(row["quality"] * 1_000_000), 4), (0xFFFFFFFF - row["words"], 4),
        (int(row["digest"]), 8), (hash_of(row["id"]), 8), (row["shard"], 4), (row["chunk"], 4), (row["number"], 8),
    )  # fmt: skip
    return b"".join(value.to_bytes(size) for value, size in parts)


def _compared(batches: Batches, least: float) -> Batches:
    """Pairs (left, right, left_sketch, right_sketch) as (left, right, similarity), those that are similar enough."""
    pa = arrow()
    for batch in batches:
        left, right = (ledger.unpacked(batch.column(name), SKETCH) for name in ("left_sketch", "right_sketch"))
        similarity: NDArray[np.float64] = np.round(jaccard(left, right), 3)
        chosen = np.flatnonzero(similarity >= least)
        kept = [batch.column(name).take(pa.array(chosen)) for name in ("left", "right")]
        yield pa.RecordBatch.from_arrays([*kept, pa.array(similarity[chosen])], names=["left", "right", "similarity"])


_PAIR = "left binary, right binary, similarity double"


def near_copies(documents: Any) -> Any:
    """Which documents are near copies, and of which one: (document, keeper, similarity)."""
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    banded = documents.select("document", f.posexplode("bands").alias("band", "key")).where("key != 0")
    bucket = Window.partitionBy("band", "key").orderBy("document")
    seen = banded.select("document", f.first("document").over(bucket).alias("first"), f.lag("document").over(bucket).alias("before"))
    pairs = seen.where("before is not null")
    edges = pairs.select(f.col("first").alias("left"), f.col("document").alias("right"))
    edges = edges.union(pairs.select(f.col("before").alias("left"), f.col("document").alias("right"))).distinct()
    labels = lowest(similar(edges, documents, NEAR_JACCARD).select("left", "right"))
    found = labels.where("label != document").select(f.col("label").alias("left"), f.col("document").alias("right"))
    return similar(found, documents, -1.0).selectExpr("right as document", "left as keeper", "similarity")


def similar(pairs: Any, documents: Any, least: float) -> Any:
    """The pairs that are similar enough, with their similarity."""
    from pyspark.sql import functions as f

    for side in ("left", "right"):
        held = documents.select(f.col("document").alias(side), f.col("sketch").alias(f"{side}_sketch"))
        pairs = pairs.join(held, side)
    return pairs.select("left", "right", "left_sketch", "right_sketch").mapInArrow(lambda batches: _compared(batches, least), _PAIR)


def lowest(edges: Any) -> Any:
    """For each document of some edges the lowest one that it is tied to, over however many others: (document, label)."""
    from pyspark.sql import functions as f

    both = edges.union(edges.selectExpr("right as left", "left as right")).localCheckpoint()
    labels = both.select(f.col("left").alias("document")).distinct().select("document", f.col("document").alias("label"))
    while True:
        told = both.join(labels.withColumnRenamed("document", "left"), "left").select(f.col("right").alias("document"), "label")
        reached = labels.union(told).groupBy("document").agg(f.min("label").alias("label"))
        beyond = reached.select(f.col("document").alias("label"), f.col("label").alias("further"))
        jumped = reached.join(beyond, "label").select("document", f.col("further").alias("label")).localCheckpoint()
        changed = jumped.join(labels.withColumnRenamed("label", "old"), "document").where("label != old").limit(1).count()
        labels = jumped
        if not changed:
            return labels


def retellings(documents: Any, asked: Any) -> Any:
    """Which of the asked documents retell an earlier one: (document, source, sureness)."""
    from pyspark.sql import functions as f

    size = documents.count()
    terms = documents.select("document", f.posexplode("terms").alias("seat", "term")).where("term != 0").localCheckpoint()
    weighed = terms.join(terms.groupBy("term").agg(f.count("*").alias("holders")), "term")
    ours = weighed.join(asked, "document", "left_semi")
    told = ours.groupBy("document").agg(f.sort_array(f.collect_list(f.struct("seat", "holders"))).alias("held"))
    chosen = _candidates(ours, terms, size).select("document", "source")
    own = documents.select("document", f.col("sketch").alias("own"), "kinds")
    theirs = documents.select(f.col("document").alias("source"), "sketch")
    whole = chosen.join(theirs, "source").join(own, "document").join(told, "document")
    listed = whole.select("document", "source", "sketch", "own", "kinds", f.col("held.holders").alias("holders"))
    judged = "document binary, source binary, sureness double"
    return listed.groupBy("document").applyInArrow(lambda table: _judged(table, size), judged)


def _candidates(ours: Any, terms: Any, size: int) -> Any:
    """The documents whose shared terms weigh most, a few for each of ours; of these, those that go before it."""
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    telling = ours.where(f.col("holders") <= derived.HOLDERS)
    rare = telling.mapInArrow(lambda batches: _powers(batches, size), "document binary, term int, power double")
    pairs = rare.join(terms.select("term", f.col("document").alias("source")), "term").where("source != document")
    shared = pairs.groupBy("document", "source").agg(f.round(f.sum("power"), 6).alias("power"))
    ranked = Window.partitionBy("document").orderBy(f.col("power").desc(), f.substring("source", -16, 16))
    nearest = shared.withColumn("rank", f.row_number().over(ranked)).where(f.col("rank") <= sources.CANDIDATES)
    return nearest.where("source < document")


def _powers(batches: Batches, size: int) -> Batches:
    pa = arrow()
    for batch in batches:
        terms, holders = (batch.column(name).to_numpy(zero_copy_only=False) for name in ("term", "holders"))
        weights = sources.weigh(terms.view(np.uint32), holders, size) if len(terms) else np.zeros(0)
        columns = [batch.column("document"), batch.column("term"), pa.array(weights**2)]
        yield pa.RecordBatch.from_arrays(columns, names=["document", "term", "power"])


def _judged(table: Any, size: int) -> Any:
    """The surest source of one document, from all its candidates; an empty table where none is sure enough."""
    pa = arrow()
    table = table.sort_by("source")
    own = ledger.unpacked(table.column("own").slice(0, 1), SKETCH)
    candidates = ledger.unpacked(table.column("sketch"), SKETCH)
    present = np.flatnonzero(own["terms"][0])
    held, holders = own["terms"][0][present], np.array(table.column("holders")[0].as_py(), dtype=np.int64)
    kinds = np.frombuffer(table.column("kinds")[0].as_py(), dtype=np.uint8)[present].astype(np.int64)
    features = sources.compare(sources.Terms(held, kinds, sources.weigh(held, holders, size)), own, candidates)
    sure = np.round(sources.sureness(features), 3)
    best = int(sure.argmax())
    chosen = table.select(["document", "source"]).slice(best, 1 if sure[best] >= sources.CLAIMED else 0)
    return chosen.append_column("sureness", pa.array(sure[best : best + len(chosen)], pa.float64()))


def relations(scored: Any, decisions: Decisions) -> Any:
    """What the documents of a ledger are to each other: (shard, chunk, number, duplicate_of, similarity, derived_from, sureness).

    Args:
        scored: a DataFrame with the columns NEEDED.
        decisions: they tell which documents come first, and what is asked.
    """
    from pyspark.sql import functions as f

    prepared = scored.select(*NEEDED).mapInArrow(lambda batches: prepare(batches, decisions), ORDER).localCheckpoint()
    tied = prepared.select("document").limit(0).selectExpr("document", "document as keeper", "0.0D as similarity")
    if decisions.dedup:
        tied = near_copies(prepared).localCheckpoint()
    retold = tied.selectExpr("document", "document as source", "similarity as sureness").limit(0)
    if decisions.drop_derived:
        retold = retellings(prepared, prepared.where("passes").select("document").join(tied, "document", "left_anti"))
    names = prepared.select("document", "id")
    copied = tied.join(names.withColumnsRenamed({"document": "keeper", "id": "duplicate_of"}), "keeper").drop("keeper")
    retold = retold.join(names.withColumnsRenamed({"document": "source", "id": "derived_from"}), "source").drop("source")
    found = copied.join(retold, "document", "full")
    seats = ((34, 4), (38, 4), (42, 8))  # in the key of a document, in bytes
    hexes = [f.hex(f.substring("document", *seat)) for seat in seats]
    whole = [f.conv(digits, 16, 10).cast("long").alias(name) for name, digits in zip(PLACE, hexes, strict=True)]
    return found.select(*whole, "duplicate_of", "similarity", "derived_from", "sureness")
