"""Boilerplate: how much of the page is not its article, by kind."""

from __future__ import annotations

from classifier.boilerplate import judge
from classifier.document import Document
from classifier.signals import measure
from classifier.signals.measure import Measure, ratio


def author_bio(document: Document) -> Measure:
    """The share of characters in lines that introduce an author, 0..1."""
    return _share_of(document, "author_bio")


def subscribe(document: Document) -> Measure:
    """The share of characters in lines that ask the reader to subscribe or sign up, 0..1."""
    return _share_of(document, "subscribe")


def share(document: Document) -> Measure:
    """The share of characters in lines that ask the reader to share or follow, 0..1."""
    return _share_of(document, "share")


def related(document: Document) -> Measure:
    """The share of characters in lines that point to other stories, 0..1."""
    return _share_of(document, "related")


def navigation(document: Document) -> Measure:
    """The share of characters in lines that belong to menus and page controls, 0..1."""
    return _share_of(document, "navigation")


def cookie(document: Document) -> Measure:
    """The share of characters in lines that speak of cookies and consent, 0..1."""
    return _share_of(document, "cookie")


def legal(document: Document) -> Measure:
    """The share of characters in lines that hold copyright and terms, 0..1."""
    return _share_of(document, "legal")


def comment(document: Document) -> Measure:
    """The share of characters in lines that belong to the comments, 0..1."""
    return _share_of(document, "comment")


def advertisement(document: Document) -> Measure:
    """The share of characters in lines that mark or hold advertising, 0..1."""
    return _share_of(document, "advertisement")


def contact(document: Document) -> Measure:
    """The share of characters in lines that tell how to reach somebody, 0..1."""
    return _share_of(document, "contact")


def credit(document: Document) -> Measure:
    """The share of characters in lines that credit pictures, agencies or contributors, 0..1."""
    return _share_of(document, "credit")


def byline(document: Document) -> Measure:
    """The share of characters in lines that name the writer, the date or the reading time, 0..1."""
    return _share_of(document, "byline")


def caption(document: Document) -> Measure:
    """The share of characters in lines that describe a picture, 0..1."""
    return _share_of(document, "caption")


def other(document: Document) -> Measure:
    """The share of characters in lines that are boilerplate of another kind, 0..1."""
    return _share_of(document, "other")


def total(document: Document) -> Measure:
    """The share of characters in boilerplate of any kind, 0..1."""
    return measure.share(document, [(line.start, line.end) for line in judge(document)])


def tail(document: Document) -> Measure:
    """The share of characters after the last line that is not boilerplate, 0..1."""
    end = _prose_end(document)
    return Measure(ratio(len(document.text) - end, len(document.text)) if judge(document) else 0.0)


def prose_left(document: Document) -> Measure:
    """The share of words that remain when boilerplate is cut, 0..1."""
    words = document.words
    cut = sum(int(words.start.searchsorted(line.end) - words.start.searchsorted(line.start)) for line in judge(document))
    return Measure(ratio(max(len(words) - cut, 0), len(words)))


def _share_of(document: Document, kind: str) -> Measure:
    return measure.share(document, [(line.start, line.end) for line in judge(document) if line.kind == kind])


def _prose_end(document: Document) -> int:
    """Where the last line ends that is not boilerplate."""
    cut = {(line.start, line.end) for line in judge(document)}
    kept = [end for start, end in document.words.lines.tolist() if (start, end) not in cut]
    return kept[-1] if kept else 0


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
