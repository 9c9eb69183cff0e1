"""The article in a page: what is left when the lines that wrap it are blanked out."""

from __future__ import annotations

from classifier.boilerplate.judgement import judge
from classifier.document import Document, once

# Contacts, credits and bylines stay: they tell a release from a report.
_WRAPPING = frozenset(
    ("subscribe", "share", "related", "navigation", "cookie", "comment", "advertisement", "caption", "legal", "author_bio")
)
_FEWEST_WORDS = 30  # fewer are no article: a page of menus is judged as it is


@once
def article(document: Document) -> Document:
    """The document with what wraps its article blanked out, offsets kept; the whole page where hardly any word would be left."""
    lines = [line for line in judge(document) if line.kind in _WRAPPING]
    if not lines:
        return document
    rest = document.without([(line.start, line.end) for line in lines])
    return rest if len(rest.words) >= _FEWEST_WORDS else document
