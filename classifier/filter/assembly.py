"""From the pieces of a run to its files, its errors and its summary."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.corpus import Fault, Shard
from classifier.corpus.inputs import NOTES, PARQUET, TEXT, WHOLE
from classifier.errors import sound
from classifier.filter import examples, ledger
from classifier.filter.columns import arrow, numbers
from classifier.filter.decisions import ASIDE, KEPT, PLACES, REJECTED, Decisions
from classifier.filter.folder import ANEW, ERRORS, EXAMPLES, LEDGER, SUMMARY, Folder
from classifier.filter.processes import spread
from classifier.filter.writing import join_parquet

_COUNTED = ("file", "place", "reason", "label", "uncertain")


@dataclass
class Summary:
    """What became of a corpus; `records` is the sum of `kept`, `rejected`, `aside` and `errors`.

    Attributes:
        records: how many came in, those that could not be read included.
        kept, rejected, aside, errors: how many of them went where.
        reasons: how many were rejected or set aside for each reason.
        labels: how many of the documents that were read have each label.
        uncertain: how many of them have an uncertain verdict.
        repeated_ids: how many of them bear an id that an earlier one bears.
        passed_over: how many more records are no documents: blank lines, and what archives hold beside pages.
        files: the counts of `records` for each file that was read.
        settings: the decisions.
        model, version: what judged.
    """

    records: int = 0
    kept: int = 0
    rejected: int = 0
    aside: int = 0
    errors: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    uncertain: int = 0
    repeated_ids: int = 0
    passed_over: int = 0
    files: dict[str, dict[str, int]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    model: str = ""
    version: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The summary as plain data, ready for JSON."""
        return dict(vars(self))


def assemble(shards: Sequence[Shard], folder: Folder, decisions: Decisions, asked: Mapping[str, Any], jobs: int = 1) -> Summary:
    """Join the pieces into the files that come out, count what is in them, and give them their names.

    With several jobs the examples are marked by one of the processes that scored: they have read the lists of names already.
    """
    out = folder.out
    for place in (KEPT, REJECTED, *([ASIDE] if decisions.uncertain == "aside" else [])):
        (out / place).mkdir(exist_ok=True)
        _join(shards, folder, place)
    parts = sorted((out / LEDGER).glob("*.parquet"))
    tallies = [_tally(part) for part in parts]
    faults = [fault for tally in tallies for fault in tally.faults]
    repeated = list(_repeated_ids(parts, [tally.ids for tally in tallies]))
    lines = [{**vars(fault), "lost": True} for fault in faults] + [{**vars(fault), "count": 0, "lost": False} for fault in repeated]
    _write_lines(out / ERRORS, lines)
    pieces = [path.read_bytes() for shard in shards for path in folder.parts.pieces_of(shard, "examples")]
    (marked,) = spread(partial(examples.merge, model=asked["scoring"]["model"]), [pieces], jobs)
    (out / EXAMPLES).write_bytes(marked)
    summary = _count([tally.counts for tally in tallies], faults)
    summary.repeated_ids = len(repeated)
    summary.passed_over = sum(tally.passed_over for tally in tallies)
    summary.settings, summary.model, summary.version = decisions.to_dict(), asked["model"], asked["version"]
    (out / SUMMARY).write_text(json.dumps(summary.to_dict(), ensure_ascii=False, indent=1) + "\n", "utf-8", "replace")
    folder.reveal()
    return summary


def read_summary(path: Path) -> Summary:
    """The summary of a run that is complete.

    Raises:
        QualityError: it is damaged.
    """
    with sound(path / SUMMARY, ANEW):
        found = json.loads((path / SUMMARY).read_bytes())
        return Summary(**{name: _like(found[name], empty) for name, empty in Summary().to_dict().items()})


def _like(value: Any, empty: Any) -> Any:
    if type(value) is not type(empty):
        raise TypeError(value)
    return value


def _join(shards: Sequence[Shard], folder: Folder, place: str) -> None:
    """The files of one place; a file of which nothing goes there is not made."""
    root = folder.out / place
    notes = [path for shard in shards if shard.kind == TEXT for path in folder.parts.pieces_of(shard, place)]
    if notes:
        _concatenate(notes, root / NOTES)
    for shard in shards:
        pieces = folder.parts.pieces_of(shard, place)
        if shard.kind in WHOLE or not pieces:
            continue
        path = root / shard.files[0].name
        path.parent.mkdir(parents=True, exist_ok=True)
        if shard.kind == PARQUET:
            join_parquet((piece.read_bytes() for piece in pieces), path, shard.files[0])
        else:
            _concatenate(pieces, path)


def _concatenate(pieces: Iterable[Path], path: Path) -> None:
    with path.open("wb") as target:
        for piece in pieces:
            with piece.open("rb") as source:
                shutil.copyfileobj(source, target, 1 << 20)


def _write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8", errors="replace")


@dataclass
class _Tally:
    """What is counted of one part of the ledger.

    Attributes:
        counts: of each file, place, reason, label and whether the verdict is uncertain, how many documents.
        ids: a number for each document's own id, alike for like ids in this process, or 0 where it has none.
        faults: what could not be read where the part was made.
        passed_over: how many records are no documents there.
    """

    counts: Counter[tuple[Any, ...]]
    ids: NDArray[np.int64]
    faults: list[Fault]
    passed_over: int


def _tally(part: Path) -> _Tally:
    told = ledger.read(part, [*_COUNTED, "own_id", "id"])
    columns = {name: told.column(name).to_pylist() for name in told.column_names}
    counts = Counter(zip(*(columns[name] for name in _COUNTED), strict=True))
    ids = [hash(name) if own else 0 for own, name in zip(columns["own_id"], columns["id"], strict=True)]
    return _Tally(counts, np.array(ids, dtype=np.int64), ledger.faults_of(told.schema), ledger.passed_over_of(told.schema))


def _repeated_ids(parts: Sequence[Path], held: Sequence[NDArray[np.int64]]) -> Iterator[Fault]:
    """Where a record bears an id of its own that an earlier record bears."""
    distinct, counts = np.unique(np.concatenate([np.zeros(0, np.int64), *held]), return_counts=True)
    twice = distinct[(counts > 1) & (distinct != 0)]
    seen: dict[str, str] = {}
    for part, hashes in zip(parts, held, strict=True):
        places = np.flatnonzero(np.isin(hashes, twice))
        if len(places):
            for row in ledger.read(part, ["file", "row", "id"]).take(numbers(places, arrow().int64())).to_pylist():
                where = f"{row['file']}:{row['row']}"
                if row["id"] in seen:
                    yield Fault(row["file"], row["row"], f"the id {row['id']!r} stands at {seen[row['id']]} already; both are judged")
                seen.setdefault(row["id"], where)


def _count(counted: Iterable[Counter[tuple[Any, ...]]], faults: Sequence[Fault]) -> Summary:
    counts: Counter[tuple[Any, ...]] = Counter()
    for part in counted:
        counts.update(part)  # a sum of counters would copy all files again for each part
    files: dict[str, dict[str, int]] = {}
    reasons: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    uncertain = 0
    for (file, place, reason, label, doubtful), count in sorted(counts.items(), key=str):
        _add(files, file, place, count)
        reasons[reason or ""] += count
        labels[label] += count
        uncertain += count * doubtful
    for fault in faults:
        _add(files, fault.file, "errors", fault.count)
    del reasons[""]
    totals: dict[str, Any] = {name: sum(file[name] for file in files.values()) for name in ("records", *PLACES, "errors")}
    totals |= {"files": files, "uncertain": uncertain}
    return Summary(**totals, reasons=dict(reasons.most_common()), labels=dict(labels.most_common()))


def _add(files: dict[str, dict[str, int]], file: str, what: str, count: int) -> None:
    found = files.setdefault(file, dict.fromkeys(("records", *PLACES, "errors"), 0))
    found["records"] += count
    found[what] += count
