"""The articles of pages, to be kept in an index: the wrapping differs from site to site where the text is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from classifier import boilerplate
from classifier.document import Document, prepare


def articles(documents: Iterable[Document]) -> Iterator[Document]:
    """The same documents in the same order with their boilerplate blanked out; offsets stay what they are."""
    for document in boilerplate.judge_many(prepare(documents)):
        yield boilerplate.article(document)
