"""A text with what is known of it, split into its pieces once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from itertools import islice
from typing import Any, TypeVar

from classifier.errors import InputError
from classifier.lexicon import Found, shipped
from classifier.words import Words, split_many

T = TypeVar("T")
_BATCH = 64
_WORDS, _FOUND = "words", "found"


@dataclass(frozen=True)
class Shared:
    """Something that a text has in common with its source.

    Attributes:
        kind: quotation, date, number, name or wording.
        text: as it stands in the text.
        start, end: offsets into the text.
        source_start, source_end: offsets into the source, or None where they are not known.
    """

    kind: str
    text: str
    start: int
    end: int
    source_start: int | None = None
    source_end: int | None = None


@dataclass(frozen=True)
class Match:
    """A document of an index that resembles a text.

    Attributes:
        id: the id it was added under.
        similarity: 0..1; for near copies the Jaccard similarity of word shingles, for sources how sure it is.
        evidence: for sources, what both texts share, the weightiest first.
    """

    id: str
    similarity: float
    evidence: tuple[Shared, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The match as plain data, ready for JSON."""
        return {"id": self.id, "similarity": self.similarity, "evidence": [vars(shared).copy() for shared in self.evidence]}


@dataclass(frozen=True)
class Neighbors:
    """What an index says of a text: its nearest near copy and its likely source, or None where nothing is close."""

    near_copy: Match | None = None
    source: Match | None = None


@dataclass(frozen=True)
class Document:
    """One page: its text, and what the crawler knows of it.

    Attributes:
        text: the page as text; every offset of a verdict counts its characters.
        id, url, title, date: known facts, or None.
        neighbors: what an index found, or None where no index was asked.
        rest: what followed in the page and is not judged, because the text is too long.
    """

    text: str
    id: str | None = None
    url: str | None = None
    title: str | None = None
    date: str | None = None
    neighbors: Neighbors | None = field(default=None, repr=False, compare=False)
    rest: str = field(default="", repr=False, compare=False)
    _memory: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise InputError(f"the text of a document is a str, not {type(self.text).__name__}. Decode bytes first.")

    @property
    def words(self) -> Words:
        """The words, sentences, lines and quotations of the text."""
        try:
            return self._memory[_WORDS]  # type: ignore[no-any-return]
        except KeyError:
            list(prepare([self]))
            return self._memory[_WORDS]  # type: ignore[no-any-return]

    @property
    def found(self) -> Found:
        """The names and phrases of the lexicon that stand in the text."""
        try:
            return self._memory[_FOUND]  # type: ignore[no-any-return]
        except KeyError:
            list(prepare([self]))
            return self._memory[_FOUND]  # type: ignore[no-any-return]

    def without(self, spans: Sequence[tuple[int, int]]) -> Document:
        """The same document with some spans of its text blanked out: what is left keeps its offsets.

        Args:
            spans: sorted and apart, as (start, end).
        """
        parts, at = [], 0
        for start, end in spans:
            parts += [self.text[at:start], " " * (end - start)]
            at = end
        rest = replace(self, text="".join([*parts, self.text[at:]]), _memory={})
        rest._memory[_WORDS], rest._memory[_FOUND] = self.words.without(spans), self.found.without(self.words.kept(spans))
        return rest


def prepare(documents: Iterable[Document]) -> Iterator[Document]:
    """The same documents in the same order, split into their pieces many at a time."""
    lexicon = shipped()
    documents = iter(documents)
    while batch := list(islice(documents, _BATCH)):
        words = list(split_many([document.text for document in batch]))
        for document, pieces, found in zip(batch, words, lexicon.find(words), strict=True):
            document._memory[_WORDS], document._memory[_FOUND] = pieces, found
        yield from batch


def once(function: Callable[[Document], T]) -> Callable[[Document], T]:
    """Make a function of a document compute its answer once a document, however often it is asked."""

    @wraps(function)
    def remembered(document: Document) -> T:
        memory = document._memory
        if function not in memory:
            memory[function] = function(document)
        answer: T = memory[function]
        return answer

    return remembered
