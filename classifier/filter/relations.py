"""What the documents of a corpus are to each other: near copies and retellings, from the parts of its ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.errors import QualityError
from classifier.filter import copies, derived, ledger
from classifier.filter.decisions import KEPT, Decisions
from classifier.filter.folder import part_place
from classifier.index.sketch import Sketches
from classifier.index.terms import TERMS

Relation = dict[str, Any]
_FACTS = ("label", "confidence", "uncertain", "quality", "language", "words", "boilerplate")
_RANKED = {"when": np.int64, "quality": np.float64, "words": np.int64, "digest": np.uint64}  # what copies are ranked by


@dataclass(frozen=True)
class Relations:
    """For each part of the ledger, by shard and chunk, its rows that are tied to another document, and how."""

    by_part: Mapping[tuple[int, int], Mapping[int, Relation]] = field(default_factory=dict)

    def of(self, place: tuple[int, int]) -> Mapping[int, Relation]:
        """The ties of one part: by row of the part."""
        return self.by_part.get(place, {})


@dataclass
class _Corpus:
    """What is compared of all documents, in the order of the ledger."""

    passes: NDArray[np.bool_]
    when: NDArray[np.int64]
    quality: NDArray[np.float64]
    words: NDArray[np.int64]
    digest: NDArray[np.uint64]
    name: NDArray[np.uint64]
    sketches: Sketches
    kinds: NDArray[np.uint8]


def relate(parts: Sequence[Path], decisions: Decisions, room: Path) -> Relations:
    """The ties that the decisions ask for; `room` is a folder for what need not lie in memory.

    Raises:
        QualityError: the ledger was made without what they ask for.
    """
    if not decisions.needs_sketches:
        return Relations()
    corpus, starts = _gather(parts, decisions, room)
    ranks = copies.rank(corpus.passes, corpus.when, corpus.quality, corpus.words, corpus.digest, corpus.name)
    ties: dict[int, Relation] = {}
    first: dict[int, int] = {}
    if decisions.dedup:
        found = copies.group(corpus.sketches, ranks)
        for number in np.flatnonzero(found.keeper != np.arange(len(ranks))).tolist():
            first[number] = int(found.keeper[number])
            ties[number] = {"similarity": float(found.similarity[number])}
    sources: dict[int, int] = {}
    if decisions.drop_derived:
        asked = np.flatnonzero(corpus.passes)
        asked = asked[[number not in first for number in asked.tolist()]] if first else asked
        for number, (source, sure) in derived.derive(corpus.sketches, corpus.kinds, ranks, asked).items():
            sources[number] = source
            ties.setdefault(number, {})["sureness"] = sure
    ids = _ids(parts, starts, {*first.values(), *sources.values()})
    for name, chosen in (("duplicate_of", first), ("derived_from", sources)):
        for number, other in chosen.items():
            ties[number][name] = ids[other]
    return Relations(_by_part(ties, parts, starts))


def _gather(parts: Sequence[Path], decisions: Decisions, room: Path) -> tuple[_Corpus, NDArray[np.int64]]:
    """What is compared of all documents, and the number of the first document of each part, and of all."""
    sizes, kinds = [0], [np.zeros((0, TERMS), dtype=np.uint8)]
    columns: dict[str, list[Any]] = {name: [np.zeros(0, kind)] for name, kind in ({"passes": np.bool_} | _RANKED).items()}
    asked = [*dict.fromkeys((*_FACTS, *_RANKED)), "sketch", *(["kinds"] if decisions.drop_derived else [])]
    with (room / "sketches").open("wb") as sketches:
        for path in parts:
            part = ledger.read(path, asked)
            made, held = _made(part, path, decisions)
            sketches.write(made.tobytes())
            sizes.append(len(made))
            kinds.append(held)
            columns["passes"].append(np.array([decisions.decide(row).place == KEPT for row in part.select(_FACTS).to_pylist()], dtype=bool))
            for name, kind in _RANKED.items():  # `to_numpy` would import pandas
                columns[name].append(np.array(part.column(name).to_pylist(), dtype=kind))
    whole: dict[str, Any] = {name: np.concatenate(pieces) for name, pieces in columns.items()}
    starts = np.cumsum(sizes)
    names = _names(whole["digest"], parts, starts)
    return _Corpus(**whole, name=names, sketches=copies.stored(room / "sketches"), kinds=np.concatenate(kinds)), starts


def _made(part: Any, path: Path, decisions: Decisions) -> tuple[Sketches, NDArray[np.uint8]]:
    """What was made of the documents of a part to compare them: their sketches, and the kinds of their rare terms where they are asked."""
    sketches = ledger.sketches_of(part)
    kinds = ledger.unpacked(part.column("kinds"), np.uint8) if decisions.drop_derived else np.zeros(0, dtype=np.uint8)
    if sketches is None or kinds is None:
        flag = "--dedup" if sketches is None else "--drop-derived"
        raise QualityError(f"{path.parent}: this ledger was made without {flag}, so that documents cannot be compared. Filter anew.")
    return sketches, kinds.reshape(-1, TERMS)


def _names(digest: NDArray[np.uint64], parts: Sequence[Path], starts: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The id of each document as a number; 0 where no other has its text, for nothing hangs on its id then."""
    _, text, times = np.unique(digest, return_inverse=True, return_counts=True)
    found = np.zeros(len(digest), dtype=np.uint64)
    for number, name in _ids(parts, starts, set(np.flatnonzero(times[text] > 1).tolist())).items():
        found[number] = hash_of(name)
    return found


def hash_of(name: str) -> int:
    """An id as a number of 64 bits, the same in every process."""
    import hashlib

    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest())


def _ids(parts: Sequence[Path], starts: NDArray[np.int64], wanted: set[int]) -> dict[int, str]:
    """The ids of some documents."""
    rows = np.array(sorted(wanted), dtype=np.int64)
    found: dict[int, str] = {}
    for path, begin, end in zip(parts, starts, starts[1:], strict=False):
        inside = rows[np.searchsorted(rows, begin) : np.searchsorted(rows, end)]
        if len(inside):
            names = ledger.read(path, ["id"]).column("id").to_pylist()
            found |= {row: names[row - begin] for row in inside.tolist()}
    return found


def _by_part(ties: Mapping[int, Relation], parts: Sequence[Path], starts: NDArray[np.int64]) -> dict[tuple[int, int], dict[int, Relation]]:
    found: dict[tuple[int, int], dict[int, Relation]] = {}
    places = [part_place(part) for part in parts]
    owners = np.searchsorted(starts, np.fromiter(ties, np.int64, len(ties)), side="right") - 1
    for (number, tie), part in zip(ties.items(), owners.tolist(), strict=True):
        found.setdefault(places[part], {})[number - int(starts[part])] = tie
    return found
