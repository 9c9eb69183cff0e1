"""The local engine: chunks scored and decided by as many processes as there are cores, each part kept as soon as it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from classifier.corpus import Chunk, FieldNames, Shard, read_chunks
from classifier.corpus.inputs import WHOLE
from classifier.filter import examples, ledger
from classifier.filter.decisions import Decisions
from classifier.filter.folder import Folder, Parts
from classifier.filter.processes import spread
from classifier.filter.relations import Relation, Relations, relate
from classifier.filter.scoring import Scoring, score_chunk
from classifier.filter.writing import write_files, write_pieces


@dataclass
class Progress:
    """How far a run is.

    Attributes:
        step: `scoring`, `comparing` or `writing`; first of all `resuming`, where a run that was stopped goes on.
        done, total: stored bytes of the input.
        documents: how many went through this step in this call; while resuming, how many were scored in calls before.
        counts: how many of each label while scoring, in each place while writing.
    """

    step: str
    done: int = 0
    total: int = 0
    documents: int = 0
    counts: Counter[str] = field(default_factory=Counter)


Watch = Callable[[Progress], None]


@dataclass(frozen=True)
class _Chunk:
    """A chunk to score, or to decide and write, and all that is needed for it."""

    chunk: Chunk
    parts: Parts
    scoring: Scoring
    decisions: Decisions
    related: Mapping[int, Relation] = field(default_factory=dict)


Done = tuple[int, int, Counter[str]]  # the number of the shard, its bytes that have been read, and what was counted


def run(shards: list[Shard], folder: Folder, scoring: Scoring, decisions: Decisions, *, jobs: int, watch: Watch) -> None:
    """Score what is not scored yet, compare, decide, and write the pieces of all files."""
    parts = folder.parts
    _step("scoring", shards, spread(_score, _unscored(shards, parts, scoring, decisions), jobs), watch)
    watch(Progress("comparing"))
    relations = relate(parts.parts(), decisions, folder.work)
    _step("writing", shards, spread(_write, _undecided(shards, parts, scoring, decisions, relations), jobs), watch)


def _step(name: str, shards: list[Shard], answers: Iterator[Done], watch: Watch) -> None:
    progress = Progress(name, total=sum(shard.size for shard in shards))
    furthest: dict[int, int] = {}
    for number, passed, counts in answers:
        furthest[number] = max(furthest.get(number, 0), passed)
        progress.done = sum(furthest.values())
        progress.documents += counts.total()
        progress.counts += counts
        watch(progress)


def _unscored(shards: list[Shard], parts: Parts, scoring: Scoring, decisions: Decisions) -> Iterator[_Chunk]:
    for shard in shards:
        if not parts.is_scored(shard):
            for chunk in read_chunks(shard, scoring.names):
                if not parts.part(chunk).exists():
                    yield _Chunk(chunk, parts, scoring, decisions)


def _score(task: _Chunk) -> Done:
    made = score_chunk(task.chunk, task.scoring)
    ledger.write(task.parts.part(task.chunk), made)
    return task.chunk.shard.number, task.chunk.passed, Counter(made.column("label").to_pylist())


def _undecided(shards: list[Shard], parts: Parts, scoring: Scoring, decisions: Decisions, relations: Relations) -> Iterator[_Chunk]:
    for shard in shards:
        for chunk in read_chunks(shard, scoring.names):
            if not parts.piece(chunk, "done").exists():
                yield _Chunk(chunk, parts, scoring, decisions, relations.of((shard.number, chunk.number)))


def _write(task: _Chunk) -> Done:
    scored = ledger.read(task.parts.part(task.chunk), ledger.schema().names)
    counts = write_chunk(task.chunk, scored, task.parts, task.scoring.names, task.decisions, task.related)
    return task.chunk.shard.number, task.chunk.passed, counts


def write_chunk(
    chunk: Chunk, scored: Any, parts: Parts, names: FieldNames, decisions: Decisions, related: Mapping[int, Relation]
) -> Counter[str]:
    """Decide the documents of a chunk, and write what they add to each file; how many went where."""
    light = [name for name in scored.column_names if name not in {"signals", "sketch", "kinds"}]
    rows = scored.select(light).to_pylist()
    ties = [related.get(number, {}) for number in range(len(rows))]
    outcomes = [decisions.decide(row | tie) for row, tie in zip(rows, ties, strict=True)]
    nothing: Relation = {"duplicate_of": None, "derived_from": None}
    told = [row | nothing | tie | vars(outcome) for row, tie, outcome in zip(rows, ties, outcomes, strict=True)]
    if chunk.shard.kind in WHOLE:
        pieces = write_files(chunk, told, names, parts.out, clean=decisions.clean)
    else:
        pieces = write_pieces(chunk, told, names, clean=decisions.clean)
    pieces["examples"] = examples.choose(chunk, told, names)
    for what, piece in pieces.items():
        if piece:
            ledger.publish(parts.piece(chunk, what), piece)
    ledger.write(parts.decided(chunk), ledger.decided(scored, outcomes, ties))
    ledger.publish(parts.piece(chunk, "done"), b"")
    return Counter(outcome.place for outcome in outcomes)
