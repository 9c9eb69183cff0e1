"""Duplication: what an index of known documents says of the text."""

from __future__ import annotations

import numpy as np

from classifier.document import Batch, Match, Neighbors
from classifier.signals.measure import Measure


def index_given(batch: Batch) -> Measure:
    """1 where an index was asked, so that a similarity of 0 means "nothing alike"; 0 where none was."""
    return Measure(np.array([document.neighbors is not None for document in batch.documents], dtype=np.float64))


def nearest_copy(batch: Batch) -> Measure:
    """Similarity of the nearest near copy in the index, 0..1."""
    return _similarity([near.near_copy for near in _neighbors(batch)])


def nearest_source(batch: Batch) -> Measure:
    """Similarity of the likely source in the index, 0..1."""
    return _similarity([near.source for near in _neighbors(batch)])


def _neighbors(batch: Batch) -> list[Neighbors]:
    return [document.neighbors or Neighbors() for document in batch.documents]


def _similarity(matches: list[Match | None]) -> Measure:
    return Measure(np.array([match.similarity if match else 0.0 for match in matches], dtype=np.float64))


SIGNALS = (index_given, nearest_copy, nearest_source)
