"""Duplication: what an index of known documents says of the text."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from classifier.document import Batch, Match, Neighbors
from classifier.signals.measure import Measure


def index_given(batch: Batch) -> Measure:
    """1 where an index was asked, so that a similarity of 0 means "nothing alike"; 0 where none was."""
    return Measure(np.array([document.neighbors is not None for document in batch.documents], dtype=np.float64))


def nearest_copy(batch: Batch) -> Measure:
    """Similarity of the nearest near copy in the index, 0..1."""
    return _similarity(batch, lambda near: near.near_copy)


def nearest_source(batch: Batch) -> Measure:
    """Similarity of the likely source in the index, 0..1."""
    return _similarity(batch, lambda near: near.source)


def _similarity(batch: Batch, match_of: Callable[[Neighbors], Match | None]) -> Measure:
    found = np.zeros(len(batch))
    for row, document in enumerate(batch.documents):
        match = match_of(document.neighbors) if document.neighbors else None
        found[row] = match.similarity if match else 0.0
    return Measure(found)


SIGNALS = (index_given, nearest_copy, nearest_source)
