"""A trial: what some decisions would do, seen on a few documents of a corpus."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from classifier.corpus import Fault, FieldNames, Record, Shard, find_shards, parse, read_chunks
from classifier.errors import InputError
from classifier.files import Listener
from classifier.filter import ledger
from classifier.filter.decisions import Decisions, Outcome
from classifier.filter.relations import hash_of, relate
from classifier.filter.scoring import Scoring, score_records

_CHUNKS = 4  # of each file, from its beginning: a trial must not read a whole corpus


@dataclass(frozen=True)
class Trial:
    """What would become of one document: what is known of it, as in the ledger, and the outcome."""

    facts: dict[str, Any]
    outcome: Outcome


def try_sample(
    inputs: Iterable[str | Path],
    decisions: Decisions,
    size: int,
    *,
    model: str | Path | None = None,
    text_field: str | None = None,
    id_field: str | None = None,
    listener: Listener,
) -> tuple[list[Trial], list[Fault]]:
    """What would become of some `size` documents spread over the files, and what among them cannot be read.

    Near copies and retellings are looked for in the sample alone, so there will be more of them in the corpus.

    Raises:
        InputError: there is nothing to read.
        MissingExtra: an optional library is not installed.
    """
    names = FieldNames(text_field, id_field)
    shards = find_shards(map(str, inputs), listener)
    if not shards:
        raise InputError("nothing to read. Name files, folders or patterns.")
    records, faults = _drawn(shards, names, size)
    scoring = Scoring(str(model) if model else None, names, decisions.needs_sketches, decisions.drop_derived)
    made = score_records(records, [], scoring)
    with tempfile.TemporaryDirectory() as room:
        path = Path(room) / f"00000-000000-last{ledger.SCORED}"
        ledger.write(path, made)
        ties = relate([path], decisions, Path(room)).of((0, 0))
    rows = made.select([name for name in made.column_names if name not in {"signals", "sketch", "kinds"}]).to_pylist()
    facts = [row | ties.get(number, {}) for number, row in enumerate(rows)]
    return [Trial(row, decisions.decide(row)) for row in facts], faults


def _drawn(shards: Sequence[Shard], names: FieldNames, size: int) -> tuple[list[Record], list[Fault]]:
    step = max(len(shards) // size, 1)
    chosen = shards[::step]
    each = -(-size // len(chosen))
    faults: list[Fault] = []
    records = [record for shard in chosen for record in _few(_read(shard, names, faults), each)]
    return records[:size], faults


def _read(shard: Shard, names: FieldNames, faults: list[Fault]) -> Iterator[Record]:
    for chunk in islice(read_chunks(shard, names), _CHUNKS):
        records, found = parse(chunk, names)
        faults += found
        yield from records


def _few(records: Iterable[Record], count: int) -> list[Record]:
    """Some records, as good as by lot and the same each time."""
    held = sorted(records, key=lambda record: (hash_of(f"{record.file}:{record.row}"), record.row))[:count]
    return sorted(held, key=lambda record: (record.file, record.row))
