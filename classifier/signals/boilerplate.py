"""Boilerplate: how much of the page is not its article, by kind."""

from __future__ import annotations

import numpy as np

from classifier.boilerplate import NAMES, judge
from classifier.document import Batch
from classifier.signals import measure
from classifier.signals.measure import Measure, Spans, ratio
from classifier.words import BETWEEN


def author_bio(batch: Batch) -> Measure:
    """The share of characters in lines that introduce an author, 0..1."""
    return _share_of(batch, "author_bio")


def subscribe(batch: Batch) -> Measure:
    """The share of characters in lines that ask the reader to subscribe or sign up, 0..1."""
    return _share_of(batch, "subscribe")


def share(batch: Batch) -> Measure:
    """The share of characters in lines that ask the reader to share or follow, 0..1."""
    return _share_of(batch, "share")


def related(batch: Batch) -> Measure:
    """The share of characters in lines that point to other stories, 0..1."""
    return _share_of(batch, "related")


def navigation(batch: Batch) -> Measure:
    """The share of characters in lines that belong to menus and page controls, 0..1."""
    return _share_of(batch, "navigation")


def cookie(batch: Batch) -> Measure:
    """The share of characters in lines that speak of cookies and consent, 0..1."""
    return _share_of(batch, "cookie")


def legal(batch: Batch) -> Measure:
    """The share of characters in lines that hold copyright and terms, 0..1."""
    return _share_of(batch, "legal")


def comment(batch: Batch) -> Measure:
    """The share of characters in lines that belong to the comments, 0..1."""
    return _share_of(batch, "comment")


def advertisement(batch: Batch) -> Measure:
    """The share of characters in lines that mark or hold advertising, 0..1."""
    return _share_of(batch, "advertisement")


def contact(batch: Batch) -> Measure:
    """The share of characters in lines that tell how to reach somebody, 0..1."""
    return _share_of(batch, "contact")


def credit(batch: Batch) -> Measure:
    """The share of characters in lines that credit pictures, agencies or contributors, 0..1."""
    return _share_of(batch, "credit")


def byline(batch: Batch) -> Measure:
    """The share of characters in lines that name the writer, the date or the reading time, 0..1."""
    return _share_of(batch, "byline")


def caption(batch: Batch) -> Measure:
    """The share of characters in lines that describe a picture, 0..1."""
    return _share_of(batch, "caption")


def other(batch: Batch) -> Measure:
    """The share of characters in lines that are boilerplate of another kind, 0..1."""
    return _share_of(batch, "other")


def total(batch: Batch) -> Measure:
    """The share of characters in boilerplate of any kind, 0..1."""
    found = judge(batch)
    return measure.share(batch, Spans(found.start, found.end))


def tail(batch: Batch) -> Measure:
    """The share of characters after the last line that is not boilerplate, 0..1."""
    found, lines = judge(batch), batch.words.lines
    kept = ~np.isin(lines[:, 0], found.start[np.isin(found.end, lines[:, 1])])
    length = np.diff(batch.origin) - BETWEEN
    end = np.zeros(len(batch), dtype=np.int64)
    row = batch.document_of(lines[kept, 0])
    end[row] = lines[kept, 1] - batch.origin[row]  # the last one stays
    return Measure(np.where(batch.count(found.start) > 0, ratio(length - end, length), 0.0))


def prose_left(batch: Batch) -> Measure:
    """The share of words that remain when boilerplate is cut, 0..1."""
    found, starts = judge(batch), batch.words.start
    words = np.searchsorted(starts, found.end) - np.searchsorted(starts, found.start)
    return Measure(ratio(np.maximum(batch.sizes - batch.count(found.start, words), 0), batch.sizes))


def _share_of(batch: Batch, kind: str) -> Measure:
    found = judge(batch)
    chosen = found.kind == NAMES.index(kind)
    return measure.share(batch, Spans(found.start[chosen], found.end[chosen]))


SIGNALS = (
    author_bio,
    subscribe,
    share,
    related,
    navigation,
    cookie,
    legal,
    comment,
    advertisement,
    contact,
    credit,
    byline,
    caption,
    other,
    total,
    tail,
    prose_left,
)
