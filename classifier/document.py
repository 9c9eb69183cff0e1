"""A text with what is known of it, and many of them read in one pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from classifier import characters as ch
from classifier.errors import InputError
from classifier.lexicon import Found, shipped
from classifier.words import BETWEEN, Characters, Ints, Words, inside, split, words_of

T = TypeVar("T")
LONGEST = 1_000_000  # characters of a text that are judged; no article is longer
_ORIGIN = re.compile(r"[^/?#]*//[^/?#]*")  # of a URL, all that tells its host
_MOST_DOCUMENTS, _MOST_CHARACTERS = 512, 2_400_000  # of a batch; fewer pay more for each step, more leave the cache


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

    def within(self, text: str) -> Shared:
        """The same for a text of which only the article was compared: with what is cut within it."""
        return replace(self, text=text[self.start : self.end])


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

    def within(self, text: str) -> Match:
        """The same for a text of which only the article was compared."""
        return replace(self, evidence=tuple(shared.within(text) for shared in self.evidence))

    def to_dict(self) -> dict[str, Any]:
        """The match as plain data, ready for JSON."""
        return {"id": self.id, "similarity": self.similarity, "evidence": [vars(shared).copy() for shared in self.evidence]}


@dataclass(frozen=True)
class Neighbors:
    """What an index says of a text: its nearest near copy and its likely source, or None where nothing is close."""

    near_copy: Match | None = None
    source: Match | None = None

    def within(self, text: str) -> Neighbors:
        """The same for a text of which only the article was compared."""
        return replace(self, source=self.source and self.source.within(text))


@dataclass(frozen=True)
class Document:
    """One page: its text, and what the crawler knows of it.

    Attributes:
        text: the page as text; every offset of a verdict counts its characters.
        id, url, title, date: known facts, or None. By its URL the outlet of a page is known: what it was told counts as its own.
        neighbors: what an index found, or None where no index was asked.
    """

    text: str
    id: str | None = None
    url: str | None = None
    title: str | None = None
    date: str | None = None
    neighbors: Neighbors | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise InputError(f"the text of a document is a str, not {type(self.text).__name__}. Decode bytes first.")
        for name in ("url", "title", "date"):
            if not isinstance(value := getattr(self, name), str | None):
                raise InputError(f"the {name} of a document is a str or None, not {type(value).__name__}.")

    @cached_property
    def words(self) -> Words:
        """The words, sentences, lines and quotations of the text."""
        return split(self.text)


@dataclass(frozen=True)
class Batch:
    """Some documents read in one pass: their words and all else are numbered through the whole batch, and so are characters.

    Attributes:
        documents: the documents in order.
        texts: what is read of each: the first LONGEST characters of its text, with blanks where something was cut out; every
            kind of blank is a space there, and every kind of line end a line break.
        origin: where each text begins among the characters of the batch, shape (documents + 1,).
        points, kinds: the code point and the class of every character.
        marks: every character that is neither letter, digit nor white space: its place and its code point.
        words: the words of all texts.
        found: the names and phrases of the lexicon that stand in them.
    """

    documents: Sequence[Document]
    texts: Sequence[str]
    origin: Ints
    points: NDArray[np.uint32]
    kinds: NDArray[np.uint8]
    marks: tuple[Ints, NDArray[np.uint32]]
    words: Words
    found: Found
    _memory: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.documents)

    @cached_property
    def first(self) -> Ints:
        """The first word of each document, and the number of all words, shape (documents + 1,)."""
        return np.searchsorted(self.words.start, self.origin)

    @cached_property
    def sizes(self) -> Ints:
        """The number of words of each document, shape (documents,)."""
        return np.diff(self.first)

    @cached_property
    def owner(self) -> Ints:
        """The document of each word, shape (words,)."""
        return np.repeat(np.arange(len(self)), self.sizes)

    def mark(self, characters: str) -> Ints:
        """Where one of some characters stands that are neither letter, digit nor white space, rising."""
        places, points = self.marks
        chosen = points == ord(characters[0])
        for character in characters[1:]:
            chosen |= points == ord(character)
        found: Ints = places[np.flatnonzero(chosen)]
        return found

    def document_of(self, characters: Ints) -> Ints:
        """The document in which each of some characters of the batch stands."""
        return np.searchsorted(self.origin, characters, side="right") - 1

    def count(self, characters: Ints, weights: NDArray[Any] | None = None) -> NDArray[np.float64]:
        """How many of some rising characters stand in each document, or the sum of their weights, shape (documents,)."""
        if weights is None:
            return np.diff(np.searchsorted(characters, self.origin)).astype(np.float64)
        return np.bincount(self.document_of(characters), weights, minlength=len(self)).astype(np.float64)

    def count_words(self, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        """How many words of each document are chosen, shape (documents,)."""
        return np.diff(np.searchsorted(np.flatnonzero(chosen), self.first)).astype(np.float64)

    def quoted(self, characters: Ints) -> NDArray[np.bool_]:
        """For each of some characters, whether it stands in a quotation."""
        return inside(characters, self.words.quotes)

    def without(self, spans: Ints) -> Batch:
        """The same batch with some spans of its characters blanked out: what is left keeps its offsets.

        Args:
            spans: shape (n, 2), rising and apart, none across documents.
        """
        texts, rows = list(self.texts), self.document_of(spans[:, 0])
        points, kinds = self.points.copy(), self.kinds.copy()
        for start, end in spans.tolist():
            points[start:end], kinds[start:end] = ord(" "), ch.SPACE
        for row in np.unique(rows).tolist():
            texts[row] = _blanked(texts[row], (spans[rows == row] - self.origin[row]).tolist())
        marks = self.marks[0][~inside(self.marks[0], spans)]
        words, keep = self.words.without(spans)
        return Batch(self.documents, texts, self.origin, points, kinds, (marks, points[marks]), words, self.found.without(keep))


def read(documents: Sequence[Document]) -> Batch:
    """The documents, split into their pieces in one pass."""
    texts = [document.text[:LONGEST] for document in documents]
    chars = Characters(texts)
    texts, points = _plain(chars, texts)
    words, marks = words_of(chars), (chars.marks, points[chars.marks])
    return Batch(documents, texts, chars.begin, points, chars.kinds, marks, words, shipped().find(words))


def _plain(chars: Characters, texts: Sequence[str]) -> tuple[list[str], NDArray[np.uint32]]:
    """The texts and their code points, with a space for every kind of blank and a line break for every kind of line end."""
    points, plain, broken = chars.points, list(texts), chars.kinds == ch.NEWLINE
    odd = np.flatnonzero((broken & (points != ord("\n"))) | ((chars.kinds == ch.SPACE) & (points != ord(" "))))
    if len(odd):
        points = points.copy()
        points[odd] = np.where(broken[odd], ord("\n"), ord(" "))
    for row in np.unique(np.searchsorted(chars.begin, odd, side="right") - 1).tolist():
        own = points[chars.begin[row] : chars.begin[row + 1] - BETWEEN]
        plain[row] = own.tobytes().decode("utf-32-le", "surrogatepass")
    return plain, points


def read_many(documents: Iterable[Document]) -> Iterator[Batch]:
    """All documents in order, in batches that fit into memory however long or many the texts are."""
    waiting: list[Document] = []
    size = 0
    for document in documents:
        waiting.append(document)
        size += min(len(document.text), LONGEST) + BETWEEN
        if len(waiting) == _MOST_DOCUMENTS or size >= _MOST_CHARACTERS:
            yield read(waiting)
            waiting, size = [], 0
    if waiting:
        yield read(waiting)


def host_of(url: str | None) -> str | None:
    """The host of a URL without `www.`, or None where it has none."""
    origin = _ORIGIN.match(url or "")
    return _host(origin[0] if origin else url or "")


@lru_cache(maxsize=4096)
def _host(origin: str) -> str | None:
    try:
        host = urlsplit(origin).hostname
        (host or "").encode()  # no host has a lone surrogate
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None


def once(function: Callable[[Batch], T]) -> Callable[[Batch], T]:
    """Make a function of a batch compute its answer once a batch, however often it is asked."""

    @wraps(function)
    def remembered(batch: Batch) -> T:
        memory = batch._memory
        if function not in memory:
            memory[function] = function(batch)
        answer: T = memory[function]
        return answer

    return remembered


def _blanked(text: str, spans: Sequence[Sequence[int]]) -> str:
    parts, at = [], 0
    for start, end in spans:
        parts += [text[at:start], " " * (end - start)]
        at = end
    return "".join([*parts, text[at:]])
