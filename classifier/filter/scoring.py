"""From a chunk of a corpus to its part of the ledger; what each process of a run does first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from classifier.corpus import Chunk, Fault, FieldNames, Record, parse
from classifier.document import Document
from classifier.filter import ledger
from classifier.index import sources
from classifier.index.sketch import Sketches, sketch_words
from classifier.index.terms import TERMS
from classifier.scorer import Scorer
from classifier.signals import NAMES


@dataclass(frozen=True)
class Scoring:
    """What decides the content of a ledger.

    Attributes:
        model: the folder of a model; the shipped one where None.
        names: the fields that a user named.
        sketches: whether to keep what near copies are found by.
        kinds: whether to keep what sources are found by.
    """

    model: str | None = None
    names: FieldNames = field(default_factory=FieldNames)
    sketches: bool = False
    kinds: bool = False


@lru_cache(maxsize=1)
def scorer(model: str | None) -> Scorer:
    """The scorer of this process."""
    return Scorer(model=model)


def score_chunk(chunk: Chunk, scoring: Scoring) -> Any:
    """The part of the ledger that a chunk makes, as an Arrow table; its faults stand in the metadata."""
    records, faults = parse(chunk, scoring.names)
    return score_records(records, faults, scoring)


def score_records(records: Sequence[Record], faults: Sequence[Fault], scoring: Scoring) -> Any:
    """The ledger of some records."""
    import numpy as np

    documents = [record.document for record in records]
    verdicts = list(scorer(scoring.model).score_many(documents))
    rows = [ledger.facts(record, verdict) for record, verdict in zip(records, verdicts, strict=True)]
    signals = np.array([list(verdict.signals.values()) for verdict in verdicts], dtype=np.float32).reshape(len(rows), len(NAMES))
    words = [document.words for document in documents]
    sketches = sketch_words(words, terms=scoring.kinds) if scoring.sketches else None
    kinds = term_kinds(documents, sketches) if scoring.kinds and sketches is not None else None
    return ledger.table(rows, signals, sketches, kinds, faults)


def term_kinds(documents: Sequence[Document], sketches: Sketches) -> Any:
    """What each rare term of each document is, shape (documents, TERMS)."""
    import numpy as np

    pairs = zip(documents, sketches["terms"], strict=True)
    return np.array([sources.kinds(document.words, terms) for document, terms in pairs], dtype=np.uint8).reshape(len(documents), TERMS)
