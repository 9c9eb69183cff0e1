"""Stories: the documents on one event, and who has it from whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from classifier.dates import moment
from classifier.document import Document, Shared
from classifier.errors import InputError
from classifier.index.articles import articles
from classifier.stories.descent import Descent, trace
from classifier.stories.events import group, relate

if TYPE_CHECKING:
    from classifier.scorer import Scorer

_REWRITE = 0.5  # more likely a rewrite than not, though its source may not be among the documents


@dataclass(frozen=True)
class Member:
    """A document of a story.

    Attributes:
        id: its id.
        role: report, copy or rewrite.
        source: the id of the document that it copies or retells; None for a report, and where the source is not among the documents.
        similarity: of a copy, the Jaccard similarity of word shingles to its source; of a rewrite, how sure its source is; 0..1 or None.
        evidence: what it shares with its source, the weightiest first, at most eight pieces.
    """

    id: str
    role: str
    source: str | None = None
    similarity: float | None = None
    evidence: tuple[Shared, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The member as plain data, ready for JSON."""
        return {**vars(self), "evidence": [vars(shared).copy() for shared in self.evidence]}


@dataclass(frozen=True)
class Story:
    """Documents that tell of one event.

    Attributes:
        members: first those that others have it from, each followed by its copies and rewrites.
        origin: the id of the document that most of the others go back to, or None where none goes back to another.
    """

    members: list[Member]
    origin: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The story as plain data, ready for JSON."""
        return {"origin": self.origin, "members": [member.to_dict() for member in self.members]}


def find_stories(documents: Iterable[Document], scorer: Scorer | None = None) -> list[Story]:
    """The groups of documents that tell of one event, the biggest first; a document like no other is in none.

    The answer does not depend on the order of the documents.

    Args:
        documents: each with an id of its own; with dates and addresses where they are known.
        scorer: what tells a first-hand report from a retelling; the shipped model where None.

    Raises:
        InputError: a text is no Document, a document has no id, or two with one id have different texts.
    """
    pages = _distinct(documents)
    bodies = list(articles(pages))
    kinship = relate(bodies)
    groups = group(len(bodies), kinship)
    found = [[bodies[place] for place in places] for places in groups]
    within = {place: number for number, places in enumerate(groups) for place in places}
    pairs: list[list[Any]] = [[] for _ in groups]
    for kin in kinship.pairs:
        number = within.get(kin.left, -1)
        if number >= 0 and number == within.get(kin.right):
            pairs[number].append((bodies[kin.left], bodies[kin.right], kin))
    originality = _originality([pages[place] for places in groups for place in places], scorer)
    texts = {str(page.id): page.text for page in pages}
    stories = [_tell(trace(members, kin, originality), texts) for members, kin in zip(found, pairs, strict=True)]
    return sorted(stories, key=lambda story: (-len(story.members), story.members[0].id))


def _distinct(documents: Iterable[Document]) -> list[Document]:
    """The documents by their ids, in the order of these."""
    known: dict[str, Document] = {}
    for document in documents:
        if not isinstance(document, Document):
            raise InputError(f"a story is found among documents, not {type(document).__name__}. Wrap each text: Document(text, id=…).")
        if not isinstance(document.id, str) or not document.id:
            raise InputError(f"a document of a story needs an id: a str, not {document.id!r}.")
        twin = known.setdefault(document.id, document)
        if twin.text != document.text:
            raise InputError(f"{document.id!r} is the id of two documents with different texts. Give each its own.")
        known[document.id] = first_of(twin, document)
    return [known[id] for id in sorted(known)]


def first_of(one: Document, other: Document) -> Document:
    """Of two documents with one id and one text the one that came out first, whichever is given first."""
    return min(one, other, key=_first)


def _first(document: Document) -> tuple[float, str, str, str]:
    told = moment(document.date)
    return told.seconds if told else inf, document.date or "~", document.url or "", document.title or ""


def _originality(documents: list[Document], scorer: Scorer | None) -> dict[str, tuple[float, bool]]:
    """For each document how likely it is a first-hand report, and whether it reads as a rewrite whatever its source."""
    if not documents:
        return {}
    if scorer is None:
        from classifier.scorer import Scorer

        scorer = Scorer()
    verdicts = scorer.score_many(documents)
    return {
        str(document.id): (verdict.probabilities["original"], verdict.probabilities["rewrite"] >= _REWRITE)
        for document, verdict in zip(documents, verdicts, strict=True)
    }


def _tell(descent: Descent, texts: Mapping[str, str]) -> Story:
    """A story with what its members share as it stands in their whole texts."""
    members = [
        Member(line.id, line.role, line.source, line.similarity, tuple(shared.within(texts[line.id]) for shared in line.evidence))
        for line in descent.lines
    ]
    return Story(members, descent.origin)
