"""The text of a page of HTML."""

from __future__ import annotations

from classifier.errors import MissingExtra


def text_of(page: str | bytes) -> str:
    """The main text of a page of HTML; empty where none is found.

    Raises:
        MissingExtra: trafilatura is not installed.
    """
    try:
        import trafilatura
    except ImportError as error:
        raise MissingExtra("reading HTML needs trafilatura. Run: pip install 'quality-classifier[html]'") from error
    return trafilatura.extract(page, include_comments=False, include_tables=False, fast=True) or ""
