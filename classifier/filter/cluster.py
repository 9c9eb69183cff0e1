"""The Spark engine: the parts of a run made by the executors of a cluster, in a folder that they share with the driver."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from classifier.corpus import File, Shard, read_chunks
from classifier.errors import QualityError, extra
from classifier.filter import distributed, ledger
from classifier.filter.columns import arrow
from classifier.filter.decisions import Decisions
from classifier.filter.folder import Folder, Parts, part_place
from classifier.filter.local import Progress, Watch, write_chunk
from classifier.filter.relations import Relation
from classifier.filter.scoring import Scoring, score_chunk

_COUNTS = "shard long, documents long"
_TIES = ("duplicate_of", "similarity", "derived_from", "sureness")
Batches = Iterator[Any]


def run(shards: list[Shard], folder: Folder, scoring: Scoring, decisions: Decisions, *, master: str | None, watch: Watch) -> None:
    """Score, compare, decide and write, as the local engine does and with the same result.

    Raises:
        MissingExtra: pyspark is not installed.
        QualityError: the cluster cannot be reached, or gives up.
    """
    parts, ties = folder.parts, folder.work / "ties"
    spark = session(master)
    try:
        watch(Progress("scoring", total=len(shards)))
        waiting = [shard for shard in shards if not parts.is_scored(shard)]
        over(spark, waiting, lambda shard: _score(shard, parts, scoring))
        watch(Progress("comparing"))
        if ties.exists():
            shutil.rmtree(ties)
        if decisions.needs_sketches:
            found = distributed.relations(scored(spark, parts), decisions)
            found.repartition("shard").write.partitionBy("shard").parquet(ties.as_uri())
        watch(Progress("writing", total=len(shards)))
        over(spark, shards, lambda shard: _write(shard, parts, scoring, decisions, ties))
    except Exception as error:
        if _is_of_spark(error):
            raise QualityError(f"Spark gave up: {_cause(error)}. Look into its log; the same command goes on where it stopped.") from error
        raise
    finally:
        spark.stop()


def session(master: str | None) -> Any:
    """A session of Spark; executors on this machine get this interpreter and this package.

    Raises:
        MissingExtra: pyspark is not installed.
        QualityError: it does not start.
    """
    with extra("spark", "--engine spark needs pyspark and Java 17"):
        from pyspark.sql import SparkSession
    where = master or "local[*]"
    builder = SparkSession.builder.master(where).appName("quality filter")
    builder = builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", 512).config("spark.ui.showConsoleProgress", "false")
    if where.startswith("local"):
        builder = builder.config("spark.executorEnv.PYTHONPATH", str(Path(__file__).resolve().parents[2]))
        builder = builder.config("spark.sql.shuffle.partitions", 4)
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        spark = builder.getOrCreate()
    except Exception as error:  # whatever py4j says of a Java that is missing or a cluster that is away
        raise QualityError(
            f"Spark does not start at {where}: {str(error).splitlines()[0][:200]}. Is Java 17 there, and the cluster?"
        ) from error
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def over(spark: Any, shards: list[Shard], work: Callable[[Shard], int]) -> None:
    """Do some work on every shard, each a task of its own."""
    if not shards:
        return

    def each(batches: Batches) -> Batches:
        pa = arrow()
        for batch in batches:
            for packed in batch.column("shard").to_pylist():
                shard = _unpacked(packed)
                yield pa.RecordBatch.from_arrays([pa.array([shard.number]), pa.array([work(shard)])], names=["shard", "documents"])

    rows = [(shard.number, json.dumps(asdict(shard))) for shard in shards]
    frame = spark.createDataFrame(rows, "number long, shard string").repartition(len(rows), "number")
    frame.mapInArrow(each, _COUNTS).selectExpr("sum(documents)").collect()


def _unpacked(packed: str) -> Shard:
    facts = json.loads(packed)
    return Shard(facts["number"], facts["kind"], tuple(File(**file) for file in facts["files"]))


def scored(spark: Any, parts: Parts) -> Any:
    """What is compared of all documents, from the parts of the ledger, with the place of each."""
    paths = [(str(path),) for path in parts.parts()]
    kinds = {"string": "string", "double": "double", "bool": "boolean", "int32": "int", "int64": "long", "uint64": "decimal(20,0)"}
    types = {field.name: kinds.get(str(field.type), "binary") for field in ledger.schema()}
    told = ", ".join(f"{name} {types.get(name, 'long')}" for name in distributed.NEEDED)
    return spark.createDataFrame(paths, "path string").repartition(min(len(paths), 4096)).mapInArrow(_read_parts, told)


def _read_parts(batches: Batches) -> Batches:
    pa = arrow()
    own = [name for name in distributed.NEEDED if name not in distributed.PLACE]
    for batch in batches:
        for path in map(Path, batch.column("path").to_pylist()):
            table = ledger.read(path, own)
            shard, chunk = part_place(path)
            size = len(table)
            for name, values in (("shard", [shard] * size), ("chunk", [chunk] * size), ("number", list(range(size)))):
                table = table.append_column(name, pa.array(values, pa.int64()))
            for name, kind in (("sketch", pa.binary()), ("kinds", pa.binary()), ("digest", pa.decimal128(20, 0))):
                table = table.set_column(table.column_names.index(name), name, table.column(name).cast(kind))
            yield from table.to_batches()


def _score(shard: Shard, parts: Parts, scoring: Scoring) -> int:
    count = 0
    for chunk in read_chunks(shard, scoring.names):
        if not parts.part(chunk).exists():
            made = score_chunk(chunk, scoring)
            ledger.write(parts.part(chunk), made)
            count += len(made)
    return count


def _write(shard: Shard, parts: Parts, scoring: Scoring, decisions: Decisions, ties: Path) -> int:
    related = _ties_of(ties / f"shard={shard.number}")
    count = 0
    for chunk in read_chunks(shard, scoring.names):
        if not parts.piece(chunk, "done").exists():
            table = ledger.read(parts.part(chunk), ledger.schema().names)
            count += write_chunk(chunk, table, parts, scoring.names, decisions, related.get(chunk.number, {})).total()
    return count


def _ties_of(folder: Path) -> dict[int, dict[int, Relation]]:
    """The ties of one shard, by chunk and by number in the chunk."""
    from pyarrow import parquet

    found: dict[int, dict[int, Relation]] = {}
    for path in sorted(folder.glob("*.parquet")):
        for row in parquet.ParquetFile(path).read().to_pylist():
            tie = {name: row[name] for name in _TIES if row[name] is not None}
            found.setdefault(row["chunk"], {})[row["number"]] = tie
    return found


def _cause(error: Exception) -> str:
    """What went wrong, out of the many lines that Spark says."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    of_python = [line for line in lines if re.match(r"[\w.]*(?:Error|MissingExtra|Exception): ", line)]
    return (of_python or lines)[-1 if of_python else 0][:300].rstrip(".")


def _is_of_spark(error: Exception) -> bool:
    return type(error).__module__.partition(".")[0] in {"pyspark", "py4j"}
