"""Within one story: which documents are copies, which retell another, and which one the others go back to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classifier import lexicon
from classifier.dates import moment
from classifier.document import Document, Shared, read
from classifier.index import sources
from classifier.index.evidence import compare_texts, weightiest
from classifier.sourcing import BORROWED, names, site_names, statements
from classifier.stories.events import Kin
from classifier.words import GAP_OPEN

REPORT, COPY, REWRITE = "report", "copy", "rewrite"
_DATELINE = 40  # words; an agency in brackets within them is whose report it is
Related = tuple[Document, Document, Kin]


@dataclass(frozen=True)
class Line:
    """What became known of one document."""

    id: str
    role: str
    source: str | None = None
    similarity: float | None = None
    evidence: tuple[Shared, ...] = ()


@dataclass(frozen=True)
class Descent:
    """The documents of a story, each behind the one it comes from, and the one that most others go back to."""

    lines: list[Line]
    origin: str | None


def trace(documents: Sequence[Document], related: Sequence[Related], originality: Mapping[str, tuple[float, bool]]) -> Descent:
    """Who has it from whom.

    Args:
        documents: the documents of one story.
        related: pairs of them, and what is known of each pair.
        originality: for each id how likely it is a first-hand report, and whether it reads as a rewrite whatever its source.
    """
    credit = _credits(documents)
    order = _order(documents, {id: chance for id, (chance, _) in originality.items()}, credit)
    heads = _heads(documents, [pair for pair in related if pair[2].near], order)
    nearness = _nearness(related)
    lines = {id: Line(id, COPY, head, nearness.get(frozenset((id, head)))) for id, head in heads.items() if id != head}
    by_id = {str(document.id): document for document in documents}
    claims = _claims(heads, related, order)
    for id in (id for id, head in heads.items() if id == head):
        lines[id] = _retelling(by_id[id], by_id, claims.get(id, {}), order) or _credited(
            by_id[id], by_id, heads, order, credit, originality[id][1]
        )
    arranged = _arranged(lines, order)
    return Descent(arranged, _origin(arranged, order))


@dataclass(frozen=True)
class _Credits:
    """Of each document the names of the outlet that it comes from, and of those that it says it has something from."""

    outlet: Mapping[str, frozenset[str]]
    borrowed: Mapping[str, frozenset[str]]


def _credits(documents: Sequence[Document]) -> _Credits:
    return _Credits(
        {str(document.id): _outlet(document) for document in documents},
        {str(document.id): _borrowed_from(document) for document in documents},
    )


def _order(documents: Sequence[Document], first_hand: Mapping[str, float], credit: _Credits) -> dict[str, int]:
    """The rank of each document by how likely it came first.

    Dates tell where all have one; then who is credited by the others; then who is first-hand; then who tells more.
    """
    moments = _moments(documents)
    crediting: dict[str, set[str]] = {}
    for id, borrowed in credit.borrowed.items():
        for outlet in borrowed:
            crediting.setdefault(outlet, set()).add(id)
    keys = []
    for document in documents:
        id = str(document.id)
        credited = len(set[str]().union(*(crediting.get(outlet, ()) for outlet in credit.outlet[id])) - {id})
        keys.append((moments.get(id, 0.0), -credited, -round(first_hand[id], 2), -len(document.words), id))
    return {key[-1]: rank for rank, key in enumerate(sorted(keys))}


def _moments(documents: Iterable[Document]) -> dict[str, float]:
    """When each was published, in seconds; in whole days where one has no time; nothing where one has no date that can be read."""
    told = {str(document.id): moment(document.date) for document in documents}
    known = {id: found for id, found in told.items() if found}
    if len(known) < len(told):
        return {}
    in_days = not all(found.timed for found in known.values())
    return {id: float(found.day) if in_days else found.seconds for id, found in known.items()}


def _outlet(document: Document) -> frozenset[str]:
    """The names by which others credit a document: its site's, and the agency's in its dateline."""
    batch = read([document])
    words, agency = batch.words, np.flatnonzero((batch.found.tags[1:_DATELINE] & lexicon.AGENCY) > 0)
    bracketed = agency[(words.gap[agency] & GAP_OPEN) > 0] + 1
    return site_names(document.url).union(batch.texts[0][words.start[place] : words.end[place]].lower() for place in bracketed.tolist())


def _borrowed_from(document: Document) -> frozenset[str]:
    """The names of the outlets that a document says it has something from, as a host may write them."""
    batch = read([document])
    found = statements(batch)
    return frozenset[str]().union(*(names(batch, found, row) for row in np.flatnonzero(found.of(*BORROWED)).tolist()))


def _heads(documents: Sequence[Document], near: Iterable[Related], order: Mapping[str, int]) -> dict[str, str]:
    """For each document the first of its near copies, or itself."""
    head = {str(document.id): str(document.id) for document in documents}
    for left, right, _ in near:
        first, second = sorted((_top(head, str(left.id)), _top(head, str(right.id))), key=order.__getitem__)
        head[second] = first
    return {id: _top(head, id) for id in head}


def _top(head: dict[str, str], id: str) -> str:
    while head[id] != id:
        head[id] = head[head[id]]  # halves the way for whoever asks next
        id = head[id]
    return id


def _nearness(related: Iterable[Related]) -> dict[frozenset[str], float]:
    """The similarity of two documents by their ids; none where they are near copies by way of others only."""
    return {frozenset((str(left.id), str(right.id))): kin.near for left, right, kin in related if kin.near}


def _claims(heads: Mapping[str, str], related: Iterable[Related], order: Mapping[str, int]) -> dict[str, dict[str, float]]:
    """For each head of near copies those before it that it retells, and how sure that is at most."""
    claims: dict[str, dict[str, float]] = {}
    for left, right, kin in related:
        first, second = sorted((heads[str(left.id)], heads[str(right.id)]), key=order.__getitem__)
        if kin.retells >= sources.CLAIMED and first != second:
            found = claims.setdefault(second, {})
            found[first] = max(found.get(first, 0.0), kin.retells)
    return claims


def _retelling(document: Document, by_id: Mapping[str, Document], claims: Mapping[str, float], order: Mapping[str, int]) -> Line | None:
    """The document as a rewrite of the surest of those that it retells, or None."""
    if not claims:
        return None
    source = min(claims, key=lambda other: (-round(claims[other], 3), order[other]))
    evidence = weightiest(compare_texts(document, by_id[source]))
    return Line(str(document.id), REWRITE, source, round(claims[source], 3), evidence)


def _credited(
    document: Document,
    by_id: Mapping[str, Document],
    heads: Mapping[str, str],
    order: Mapping[str, int],
    credit: _Credits,
    is_rewrite: bool,
) -> Line:
    """A report; or a rewrite, of the report of an outlet that it credits where that is among the documents."""
    id = str(document.id)
    if not is_rewrite:
        return Line(id, REPORT)
    borrowed = credit.borrowed[id]
    before = [other for other in by_id if heads[other] == other and order[other] < order[id] and credit.outlet[other] & borrowed]
    if not before:
        return Line(id, REWRITE)
    source = min(before, key=order.__getitem__)
    return Line(id, REWRITE, source, None, weightiest(compare_texts(document, by_id[source])))


def _origin(lines: Iterable[Line], order: Mapping[str, int]) -> str | None:
    """The document that most others go back to; of two with as many, the first. Each line stands behind the one that it comes from."""
    root: dict[str, str] = {}
    goes_back: Counter[str] = Counter()
    for line in lines:
        root[line.id] = line.id if line.source is None else root[line.source]
        if line.source is not None:
            goes_back[root[line.id]] += 1
    return min(goes_back, key=lambda id: (-goes_back[id], order[id])) if goes_back else None


def _arranged(lines: Mapping[str, Line], order: Mapping[str, int]) -> list[Line]:
    """Every document behind the one that it comes from, in order."""
    children: dict[str | None, list[str]] = {}
    for id in sorted(lines, key=order.__getitem__):
        children.setdefault(lines[id].source, []).append(id)
    arranged: list[Line] = []
    waiting = children.get(None, [])[::-1]
    while waiting:
        id = waiting.pop()
        arranged.append(lines[id])
        waiting += children.get(id, [])[::-1]
    return arranged
