"""An index of texts: was this one seen before, and which one does it retell?"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from classifier.dates import is_later
from classifier.document import Document, Match, Neighbors, Shared
from classifier.errors import InputError
from classifier.index import sources
from classifier.index.articles import articles
from classifier.index.evidence import compare_terms, compare_texts, weightiest
from classifier.index.near import COMMON, candidates, is_band, judge, near_within
from classifier.index.postings import Hits
from classifier.index.sketch import Sketches, Uints, keys, pack, sketch, unpack
from classifier.index.sources import Terms
from classifier.index.store import Row, Store
from classifier.index.store_memory import MemoryStore
from classifier.words import Ints, split_many

_BATCH, _MOST_CHARACTERS = 256, 2_400_000  # of documents that are looked at together
_LONGEST_ID = 10_000  # characters
_LONGEST_DATE = 100  # characters; no date has more
_FIRST_READ, _MOST_READ = (
    2 * sources.CANDIDATES + 1,
    1_000,
)  # rows that are read for each text as candidates for its source: at first, at most
Text = str | Document
Features = NDArray[np.float64]


@dataclass(frozen=True)
class IndexInfo:
    """What an index holds: where it is, how many documents, and how many bytes they take."""

    where: str
    documents: int
    bytes: int


class Index:
    """Texts by id, found again by what they say; several threads and, but for `:memory:`, several processes may share one.

    A text is given as a str or as a Document. A Document that carries an id is never matched with itself.
    Its boilerplate is left out, of what is stored and of what is asked, unless texts are taken as they are.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.time, *, as_is: bool = False) -> None:
        self._store = store
        self._clock = clock
        self._as_is = as_is

    def add(self, id: str, text: Text, date: str | None = None) -> None:
        """Store a text; one that was stored under the same id before gives way to it."""
        self.add_many([_document(text, id, date)])

    def add_many(self, documents: Iterable[Document]) -> int:
        """Store many documents, each with an id, and return how many; of two with one id the later one stays.

        Raises:
            InputError: a document has no id, or too long a one. Of a list, nothing is stored then; of an iterator, the batches before it.
        """
        count = 0
        for _, batch in self._batches(_checked(documents)):
            rows = self._rows(batch, sketch(batch))
            with self._store.exclusive():
                self._store.delete(list(self._store.numbers([row.id for row in rows]).values()))
                self._store.append(list({row.id: row for row in rows}.values()))
            count += len(batch)
        return count

    def add_if_new(self, id: str, text: Text, date: str | None = None) -> Match | None:
        """Store a text unless a near copy or its id is there already: None where it was stored, else what was there first.

        Of several threads or processes that bring the same text at once, exactly one is told None.
        """
        return self.add_many_if_new([_document(text, id, date)])[0]

    def add_many_if_new(self, documents: Iterable[Document]) -> list[Match | None]:
        """As `add_if_new`, for many documents in order; one may be a near copy of one before it.

        Raises:
            InputError: as in `add_many`.
        """
        answers: list[Match | None] = []
        for _, batch in self._batches(_checked(documents)):
            answers += self.claim(batch, sketch(batch))
        return answers

    def claim(self, batch: Sequence[Document], sketches: Sketches) -> list[Match | None]:
        """As `add_many_if_new`, for documents whose sketches are at hand, in one transaction."""
        rows = self._rows(batch, sketches)
        with self._store.exclusive():
            known = self._store.numbers([row.id for row in rows])
            stored = self._near(sketches)
            kept: dict[str, int] = {}
            answers: list[Match | None] = []
            earlier = near_within(sketches, np.array([row.id not in known for row in rows], dtype=bool))
            for k, row in enumerate(rows):
                within = [
                    Match(rows[other].id, similarity) for other, similarity in earlier.get(k, ()) if kept.get(rows[other].id) == other
                ]
                itself = [Match(row.id, 1.0)] if row.id in known or row.id in kept else []
                match = next(iter(itself or _sorted([*stored[k], *within])), None)
                if match is None:
                    kept[row.id] = k
                answers.append(match)
            self._store.append([rows[k] for k in kept.values()])
        return answers

    def near_copies(self, text: Text) -> list[Match]:
        """The stored documents of which the text is a copy, or nearly, the most similar first."""
        return self.near_copies_many([text])[0]

    def near_copies_many(self, texts: Iterable[Text]) -> list[list[Match]]:
        """As `near_copies`, for many texts in order."""
        answers: list[list[Match]] = []
        for _, batch in self._batches(_document(text) for text in texts):
            for document, matches in zip(batch, self._near(sketch(batch)), strict=True):
                answers.append([match for match in matches if match.id != document.id])
        return answers

    def sources(self, text: Text, texts: Mapping[str, str] | None = None) -> list[Match]:
        """The stored documents that the text retells, the surest first, with what they share and where it stands in both.

        Their similarity is how sure it is, 0.5..1. Texts on one event that do not retell each other are left out, and so is what has a
        later date than the text; where one of both has no date that can be read, which of them came first is not known.

        Args:
            text: the text.
            texts: texts of the index by id, as far as they are at hand. With the text of a source, the evidence holds whole quotations
                and dates and all that is told in the same words; without, the rare words and names that the index keeps.
        """
        return self.sources_many([text], texts)[0]

    def sources_many(self, texts: Iterable[Text], known: Mapping[str, str] | None = None) -> list[list[Match]]:
        """As `sources`, for many texts in order; `known` are texts of the index by id."""
        answers: list[list[Match]] = []
        for given, batch in self._batches(_document(text) for text in texts):
            for whole, document, found in zip(given, batch, self.retold(batch, earlier=True), strict=True):
                answers.append([match.within(whole.text) for match in self._judged(document, *found, known or {})])
        return answers

    def neighbors_many(self, texts: Iterable[Text], known: Mapping[str, str] | None = None) -> Iterator[Neighbors]:
        """For each text its nearest near copy and its surest source that is none, in order; `known` are texts of the index by id."""
        for given, batch in self._batches(_document(text) for text in texts):
            for whole, found in zip(given, self.neighbors_of(batch, known), strict=True):
                yield found.within(whole.text)

    def neighbors_of(self, batch: Sequence[Document], known: Mapping[str, str] | None = None) -> Iterator[Neighbors]:
        """As `neighbors_many`, for articles without boilerplate, or documents to be taken as they are, in one question."""
        sketches = sketch(batch)
        for document, near, found in zip(batch, self._near(sketches), self.retold(batch, sketches, earlier=True), strict=True):
            copies = [match for match in near if match.id != document.id]
            retold = self._judged(document, *found, known or {}, {match.id for match in copies})
            yield Neighbors(copies[0] if copies else None, retold[0] if retold else None)

    def retold(
        self, batch: Sequence[Document], sketches: Sketches | None = None, *, earlier: bool = False
    ) -> Iterator[tuple[Terms, list[Row], Features]]:
        """For each text its rare terms, the rows that share most of them, and FEATURES of each, the most similar first.

        With `earlier`, rows with a later date than the text are left out: it cannot have anything from them.
        """
        words = list(split_many([document.text for document in batch]))
        sketches = sketch(batch) if sketches is None else sketches
        hits = self._look_up(sketches["terms"].ravel(), sources.COMMON, np.zeros(sketches["terms"].size, dtype=bool), sources.COMMON)
        holders = hits.holders.reshape(sketches["terms"].shape)
        weights = sources.weigh(sketches["terms"], holders, len(self._store))
        chosen = self._most_shared(batch, sketches, hits, weights, earlier=earlier)
        for k, rows in enumerate(chosen):
            held = sketches["terms"][k] > 0
            keys = sketches["terms"][k][held]
            terms = Terms(keys, sources.kinds(words[k], keys), weights[k][held])
            features = np.zeros((0, len(sources.FEATURES)))
            if rows:
                features = sources.compare(terms, sketches[k : k + 1], unpack([row.sketch for row in rows]))
                order = np.argsort(-features[:, 0], kind="stable")
                chosen[k], features = [rows[place] for place in order], features[order]
            yield terms, chosen[k], features

    def _most_shared(
        self, batch: Sequence[Document], sketches: Sketches, hits: Hits, weights: Features, *, earlier: bool
    ) -> list[list[Row]]:
        """For each text the rows whose shared terms weigh most, without its own; with `earlier`, without those of a later date.

        Near copies of the text take no place from the others: however many there are, its source is looked at.
        """
        query, number, rank = _ranked(hits, weights)
        chosen = [_Chosen() for _ in batch]
        begin, end = 0, _FIRST_READ
        while begin < end:
            open_queries = np.array([not found.is_full for found in chosen], dtype=bool)
            part = (rank >= begin) & (rank < end) & open_queries[query]
            rows = self._store.fetch(np.unique(number[part]).tolist())
            held = [(k, rows[n]) for k, n in zip(query[part].tolist(), number[part].tolist(), strict=True) if n in rows]
            held = [(k, row) for k, row in held if row.id != batch[k].id and not (earlier and is_later(row.date, batch[k].date))]
            if held:
                _, near = judge(sketches[[k for k, _ in held]], unpack([row.sketch for _, row in held]))
                for (k, row), copies in zip(held, near.tolist(), strict=True):
                    chosen[k].add(row, is_copy=copies)
            begin, end = end, min(4 * end, _MOST_READ) if part.any() else end
        return [found.rows for found in chosen]

    def _judged(
        self,
        document: Document,
        terms: Terms,
        rows: Sequence[Row],
        features: Features,
        texts: Mapping[str, str],
        besides: Collection[str] = (),
    ) -> list[Match]:
        """The rows that are sources, the surest first, but for those with some ids."""
        sure = sources.sureness(features).tolist()
        claimed = [(row, chance) for row, chance in zip(rows, sure, strict=True) if chance >= sources.CLAIMED and row.id not in besides]
        claimed.sort(key=lambda pair: -round(pair[1], 3))
        return [Match(row.id, round(chance, 3), _evidence(document, terms, row, texts.get(row.id))) for row, chance in claimed]

    def remove(self, id: str) -> bool:
        """Forget a document; False where there was none.

        Raises:
            InputError: the id is no str.
        """
        if not isinstance(id, str):
            raise InputError(f"the id of a document is a str, not {id!r}. Give the one that it was added under.")
        with self._store.exclusive():
            numbers = list(self._store.numbers([id]).values())
            self._store.delete(numbers)
        return bool(numbers)

    def expire(self, age: timedelta) -> int:
        """Forget every document that was added longer than `age` ago, and return how many."""
        with self._store.exclusive():
            numbers = self._store.added_before(self._clock() - age.total_seconds())
            self._store.delete(numbers)
        return len(numbers)

    def info(self) -> IndexInfo:
        """What the index holds."""
        return IndexInfo(self._store.where, len(self._store), self._store.size())

    def close(self) -> None:
        """Let go of the store; an index in memory is gone."""
        self._store.close()

    def __len__(self) -> int:
        return len(self._store)

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and bool(self._store.numbers([id]))

    def __enter__(self) -> Index:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _batches(self, documents: Iterable[Document]) -> Iterator[tuple[list[Document], list[Document]]]:
        """Documents as they were given, and what is compared of them."""
        waiting: list[Document] = []
        size = 0
        for document in documents:
            waiting.append(document)
            size += len(document.text)
            if len(waiting) == _BATCH or size >= _MOST_CHARACTERS:
                yield waiting, self._bodies(waiting)
                waiting, size = [], 0
        if waiting:
            yield waiting, self._bodies(waiting)

    def _bodies(self, given: list[Document]) -> list[Document]:
        return given if self._as_is else list(articles(given))

    def _rows(self, batch: Sequence[Document], sketches: Sketches) -> list[Row]:
        now = self._clock()
        packed = pack(sketches)
        dates = [document.date and document.date[:_LONGEST_DATE] for document in batch]
        return [Row(id_of(document), date, now, piece) for document, date, piece in zip(batch, dates, packed, strict=True)]

    def _near(self, sketches: Sketches) -> list[list[Match]]:
        """The near copies of each sketch among those stored."""
        query, number, rows = self._candidates(sketches)
        stored = np.isin(number, list(rows))
        query, number = query[stored], number[stored]
        found: list[list[Match]] = [[] for _ in sketches]
        if len(query):
            similarity, near = judge(sketches[query], unpack([rows[n].sketch for n in number.tolist()]))
            for k in np.flatnonzero(near).tolist():
                found[query[k]].append(Match(rows[number[k]].id, round(float(similarity[k]), 3)))
        return [_sorted(matches) for matches in found]

    def _candidates(self, sketches: Sketches) -> tuple[Ints, Ints, dict[int, Row]]:
        """The pairs of a sketch and a document that may be near copies, as two columns, and the rows of these documents."""
        query, number = candidates(self._look_up(keys(sketches).ravel(), COMMON, is_band(len(sketches)), 8 * COMMON))
        return query, number, self._store.fetch(np.unique(number).tolist())

    def _look_up(self, asked: Uints, most: int, first: NDArray[np.bool_], room: int) -> Hits:
        """Who of the documents that are still stored holds each key, as `Store.look_up` tells of all.

        Keys outlive their documents for a while. Such neither make a key common, as far as `room` goes, nor do they take the places of
        living ones among the first holders: then more are asked for.
        """
        deleted = self._store.deleted()
        told = most + min(deleted, room)
        while True:
            hits = self._store.look_up(asked, told, first)
            gone = self._store.gone(np.unique(hits.number)) if deleted else np.zeros(0, dtype=np.int64)
            cut = first[hits.position] & (hits.holders[hits.position] > told)
            if not np.isin(hits.number[cut], gone).any():
                return hits.without(gone).of_rare(most, first)
            told *= 8


class _Chosen:
    """The rows that one text is compared with: CANDIDATES near copies of it at most, and as many others."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._copies = 0

    @property
    def is_full(self) -> bool:
        """Whether there is no room for a row that is no near copy."""
        return len(self.rows) - self._copies >= sources.CANDIDATES

    def add(self, row: Row, *, is_copy: bool) -> None:
        """Take a row in where there is room."""
        if self._copies < sources.CANDIDATES if is_copy else not self.is_full:
            self.rows.append(row)
            self._copies += is_copy


def _ranked(hits: Hits, weights: Features) -> tuple[Ints, Ints, Ints]:
    """Each text with each document that shares a rare term, and the place of the document by the weight of what they share.

    Three columns, texts in order, and the weightiest documents of each first.
    """
    query = hits.position // weights.shape[1]
    pairs, slot = np.unique(query.astype(np.uint64) << np.uint64(32) | hits.number.astype(np.uint64), return_inverse=True)
    power = np.bincount(slot, weights=weights.ravel()[hits.position] ** 2, minlength=len(pairs))
    query, number = (pairs >> np.uint64(32)).astype(np.int64), (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)
    order = np.lexsort((number, -power, query))
    return query, number[order], np.arange(len(order)) - np.searchsorted(query, query)


def open_index(where: str | Path = ":memory:", *, as_is: bool = False, clock: Callable[[], float] = time.time) -> Index:
    """The index at `where`: a path, `redis://…`, or `:memory:`.

    A path is that of an SQLite file, which is made if it is not there; an index in memory ends with the process.
    Of each text the boilerplate is left out, for one story is wrapped differently on each site; with `as_is`, for texts that have none,
    it is not looked for. `clock` tells the time in seconds since 1970.

    Raises:
        MissingExtra: the client of Redis is not installed.
        QualityError: the file cannot be opened, or Redis does not answer.
        IndexFormatError: the file is damaged, is something else, or was made by another version.
        InputError: `where` is no place for an index.
    """
    return Index(_store(str(where)), clock, as_is=as_is)


def _store(where: str) -> Store:
    if where == ":memory:":
        return MemoryStore()
    if where.startswith(("redis://", "rediss://", "unix://")):
        from classifier.index.store_redis import RedisStore

        return RedisStore(where)
    if not where or "://" in where or "\0" in where:
        raise InputError(f'{where!r} is no place for an index. Give ":memory:", the path of a file, or redis://host:6379/0.')
    from classifier.index.store_sqlite import SqliteStore

    return SqliteStore(where)


def _sorted(matches: Iterable[Match]) -> list[Match]:
    """The most similar first, and of those that are as similar in the order of their ids."""
    return sorted(matches, key=lambda match: (-match.similarity, match.id))


def _evidence(document: Document, terms: Terms, row: Row, source: str | None) -> tuple[Shared, ...]:
    if source is not None:
        return weightiest(compare_texts(document, Document(source)))
    kept = unpack([row.sketch])[0]
    weights = dict(zip(terms.keys.tolist(), terms.weights.tolist(), strict=True))
    places = dict(zip(kept["terms"].tolist(), kept["places"].tolist(), strict=True))
    return weightiest(compare_terms(document, weights, places))


def _document(text: Text, id: str | None = None, date: str | None = None) -> Document:
    document = text if isinstance(text, Document) else Document(text)
    if id is None and date is None:
        return document
    return replace(document, id=id or document.id, date=date or document.date)


def id_of(document: Document) -> str:
    """The id of a document that is to be stored.

    Raises:
        InputError: it has none that can be stored.
    """
    if not isinstance(document, Document):
        raise InputError(f"an index holds documents, not {type(document).__name__}. Wrap each text: Document(text, id=…).")
    if not isinstance(document.id, str) or not document.id:
        raise InputError(f"a document of an index needs an id: a str, not {document.id!r}.")
    if len(document.id) > _LONGEST_ID:
        raise InputError(
            f"{document.id[:40]}…: an id of {len(document.id):,} characters; it may have {_LONGEST_ID:,}. Give it a shorter one."
        )
    return document.id


def _checked(documents: Iterable[Document]) -> Iterable[Document]:
    """The documents; where all are at hand, one that cannot be stored is met before any other is stored."""
    if isinstance(documents, Sequence):
        for document in documents:
            id_of(document)
    return documents
