"""The articles of pages, to be kept in an index: the wrapping differs from site to site where the text is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from classifier import boilerplate
from classifier.document import Document, read_many


def articles(documents: Iterable[Document]) -> Iterator[Document]:
    """The same documents in the same order with their boilerplate blanked out; offsets stay what they are."""
    for batch in read_many(documents):
        for document, text in zip(batch.documents, boilerplate.article(batch).texts, strict=True):
            yield document if text is document.text else replace(document, text=text)
