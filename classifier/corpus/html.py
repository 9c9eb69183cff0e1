"""The text of a page of HTML."""

from __future__ import annotations

from classifier.errors import extra


def text_of(page: str | bytes) -> str:
    """The main text of a page of HTML; empty where none is found.

    Raises:
        MissingExtra: trafilatura is not installed.
    """
    with extra("html", "reading HTML needs trafilatura"):
        import trafilatura
    return trafilatura.extract(page, include_comments=False, include_tables=False, fast=True) or ""
