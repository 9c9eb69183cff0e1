"""Duplication: what an index of known documents says of the text."""

from __future__ import annotations

from classifier.document import Document
from classifier.signals.measure import Measure


def index_given(document: Document) -> Measure:
    """1 where an index was asked, so that a similarity of 0 means "nothing alike"; 0 where none was."""
    return Measure(float(document.neighbors is not None))


def nearest_copy(document: Document) -> Measure:
    """Similarity of the nearest near copy in the index, 0..1."""
    match = document.neighbors and document.neighbors.near_copy
    return Measure(match.similarity if match else 0.0)


def nearest_source(document: Document) -> Measure:
    """Similarity of the likely source in the index, 0..1."""
    match = document.neighbors and document.neighbors.source
    return Measure(match.similarity if match else 0.0)


SIGNALS = (index_given, nearest_copy, nearest_source)
