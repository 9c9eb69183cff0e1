"""From a chunk of a corpus to its part of the ledger; what each process of a run does first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.corpus import Chunk, Fault, FieldNames, Record, parse
from classifier.corpus.inputs import WHOLE
from classifier.document import read_many
from classifier.filter import ledger
from classifier.filter.processes import keep_memory
from classifier.index import sources
from classifier.index.sketch import SKETCH, Sketches, sketch_hashes, sketch_words
from classifier.index.terms import TERMS
from classifier.scorer import Scorer
from classifier.signals import NAMES
from classifier.words import Words


@dataclass(frozen=True)
class Scoring:
    """What decides the content of a ledger.

    Attributes:
        model: the folder of a model; the shipped one where None.
        names: the fields that a user named.
        sketches: whether to keep what near copies are found by.
        kinds: whether to keep what sources are found by.
        templates: the file of what the sites of the corpus repeat, or None.
    """

    model: str | None = None
    names: FieldNames = field(default_factory=FieldNames)
    sketches: bool = False
    kinds: bool = False
    templates: str | None = None


@lru_cache(maxsize=2)
def scorer(model: str | None, templates: str | None = None) -> Scorer:
    """The scorer of this process, which is asked to keep its memory."""
    keep_memory()
    return Scorer(model=model, templates=templates)


def score_chunk(chunk: Chunk, scoring: Scoring) -> Any:
    """The part of the ledger that a chunk makes, as an Arrow table; its faults stand in the metadata."""
    records, faults = parse(chunk, scoring.names)
    return score_records(records, faults, scoring, passed_over(chunk, records, faults))


def passed_over(chunk: Chunk, records: Sequence[Record], faults: Sequence[Fault]) -> int:
    """How many records of a chunk are neither documents nor faults: blank lines, and what an archive holds beside pages."""
    if chunk.shard.kind in WHOLE:
        return 0
    inside = {fault.row for fault in faults if chunk.first <= fault.row < chunk.first + chunk.count}
    return chunk.count - len(records) - len(inside)


def score_records(records: Sequence[Record], faults: Sequence[Fault], scoring: Scoring, passed_over: int = 0) -> Any:
    """The ledger of some records; each text is split into words once, for its signals and for its sketch.

    Args:
        records: the documents.
        faults: what could not be read beside them.
        scoring: what decides the content of the ledger.
        passed_over: how many records beside them are no documents.
    """
    waiting = iter(records)
    rows: list[ledger.Facts] = []
    signals = [np.zeros((0, len(NAMES)))]
    sketches, kinds = [np.zeros(0, SKETCH)], [np.zeros((0, TERMS), np.uint8)]
    for batch in read_many(record.document for record in records):
        found = scorer(scoring.model, scoring.templates).assess(batch)
        rows += [ledger.facts(next(waiting), found, row) for row in range(len(batch))]
        signals.append(found.values)
        if scoring.kinds:
            pieces = list(batch.words.parts(batch.origin))
            sketches.append(sketch_words(pieces))
            kinds.append(_kinds(pieces, sketches[-1]))
        elif scoring.sketches:
            sketches.append(sketch_hashes([batch.words.hash[begin:end] for begin, end in pairwise(batch.first.tolist())]))
    values = np.concatenate(signals).astype(np.float32)
    made = np.concatenate(sketches) if scoring.sketches else None
    return ledger.table(rows, values, made, np.concatenate(kinds) if scoring.kinds else None, faults, passed_over)


def _kinds(pieces: Sequence[Words], sketches: Sketches) -> NDArray[np.uint8]:
    """What each rare term of each document is, shape (documents, TERMS)."""
    pairs = zip(pieces, sketches["terms"], strict=True)
    return np.array([sources.kinds(words, terms) for words, terms in pairs], dtype=np.uint8).reshape(len(pieces), TERMS)
