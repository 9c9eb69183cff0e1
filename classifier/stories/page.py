"""Stories as one self-contained HTML page: the family tree of each, and two texts side by side with what they share marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files

from classifier import view
from classifier.document import Document, Shared
from classifier.index.evidence import compare_texts
from classifier.stories.descent import COPY, REPORT, REWRITE
from classifier.stories.story import Member, Story

LONGEST = 20_000  # characters of a text that are shown
_TITLE = 160  # characters
_KINDS = {"quotation": "quotation", "date": "date", "number": "number", "name": "name", "wording": "wording"}


def write_page(stories: Sequence[Story], documents: Iterable[Document]) -> Iterator[str]:
    """The page, piece by piece.

    Args:
        stories: what `find_stories` found.
        documents: the documents that it was given.
    """
    wanted = {member.id for story in stories for member in story.members}
    texts = {str(document.id): document for document in documents if document.id in wanted}
    count = sum(len(story.members) for story in stories)
    yield (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Stories</title><style>{_style()}</style></head><body><h1>{_count(len(stories), 'story', 'stories')}</h1>"
        f'<p class="soft">{_count(count, "document", "documents")} on one event with another. '
        "A line under a story opens two texts side by side, with what they share marked; "
        'a click on a mark leads to its place in the other text.</p><p class="key">'
        + "".join(f'<span class="{kind}">{name}</span>' for kind, name in _KINDS.items())
        + "</p>"
    )
    for number, story in enumerate(stories, start=1):
        yield from _section(number, story, texts)
    yield "</body></html>\n"


def _style() -> str:
    return (files("classifier.stories") / "page.css").read_text(encoding="utf-8")


def _count(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _section(number: int, story: Story, texts: Mapping[str, Document]) -> Iterator[str]:
    yield f'<section id="s{number}"><h2>{number}. {_safe(_title(story, texts))}</h2>{_tree(story, texts)}'
    first = story.origin or story.members[0].id
    for place, member in enumerate(story.members):
        other = member.source or first
        if other != member.id:
            yield _pair(f"s{number}m{place}", member, texts[member.id], texts[other])
    yield "</section>"


def _title(story: Story, texts: Mapping[str, Document]) -> str:
    """The title of the origin, or the first line of the text."""
    document = texts[story.origin or story.members[0].id]
    title = document.title or next((line for line in document.text.splitlines() if line.strip()), document.id or "")
    title = title.strip()
    return title if len(title) <= _TITLE else f"{title[:_TITLE].rpartition(' ')[0] or title[:_TITLE]} …"


def _tree(story: Story, texts: Mapping[str, Document]) -> str:
    below: dict[str | None, list[Member]] = {}
    for member in story.members:
        below.setdefault(member.source, []).append(member)
    pieces = ['<ul class="tree">']
    waiting: list[Member | None] = [None, *reversed(below.get(None, []))]
    while waiting:
        current = waiting.pop()
        if current is None:
            pieces.append("</ul>")
            continue
        pieces.append(f"<li>{_line(current, story, texts[current.id].date)}</li>")
        if current.id in below:
            pieces.append('<ul class="tree">')
            waiting += [None, *reversed(below[current.id])]
    return "".join(pieces)


def _line(member: Member, story: Story, date: str | None) -> str:
    notes = [_soft(date[:10])] if date else []
    notes.append(f'<span class="role {member.role}">{member.role}</span>')
    if member.similarity is not None:
        notes.append(_soft(f"{_SIMILARITIES.get(member.role, '')} {member.similarity:.2f}"))
    if member.role == REWRITE and member.source is None:
        notes.append(_soft("its source is not here"))
    if member.id == story.origin:
        notes.append('<span class="role origin">origin</span>')
    return " ".join([f'<span class="id">{_safe(member.id)}</span>', *notes])


def _soft(text: str) -> str:
    return f'<span class="soft">{_safe(text)}</span>'


_SIMILARITIES = {COPY: "similarity", REWRITE: "sureness"}
_RELATIONS = {
    COPY: "copies",
    REWRITE: "retells",
    REPORT: "tells of the same event as",
}


def _pair(name: str, member: Member, text: Document, source: Document) -> str:
    """Two texts side by side."""
    shared = _shown(compare_texts(text, source))
    relation = _RELATIONS[member.role] if member.source else _RELATIONS[REPORT]
    left = [(piece.start, piece.end, k, piece) for k, piece in shared.items()]
    right = [(piece.source_start or 0, piece.source_end or 0, k, piece) for k, piece in shared.items()]
    return (
        f"<details><summary>{_safe(member.id)} <span class='soft'>{relation}</span> {_safe(source.id or '')} "
        f'<span class="soft">· {_count(len(shared), "piece", "pieces")} shared</span></summary><div class="pair">'
        f'<div><h3>{_safe(source.id or "")}</h3><div class="text">{_marked(source.text, right, name + "r", name + "l")}</div></div>'
        f'<div><h3>{_safe(member.id)}</h3><div class="text">{_marked(text.text, left, name + "l", name + "r")}</div></div>'
        "</div></details>"
    )


def _shown(shared: Sequence[Shared]) -> dict[int, Shared]:
    """The pieces that can be marked in both texts, by number: of two that overlap in one of them, the longer."""
    pieces = dict(enumerate(shared))
    pieces = {k: pieces[k] for k in _apart((piece.start, piece.end, k) for k, piece in pieces.items())}
    return {k: pieces[k] for k in _apart((piece.source_start or 0, piece.source_end or 0, k) for k, piece in pieces.items())}


def _apart(spans: Iterable[tuple[int, int, int]]) -> Iterator[int]:
    """The numbers of spans of which none begins within the one before it, all within what is shown of a text."""
    at = 0
    for start, end, number in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= at and end <= LONGEST:
            yield number
            at = end


def _marked(text: str, marks: Iterable[tuple[int, int, int, Shared]], here: str, there: str) -> str:
    """A text with links on what it shares."""
    pieces, at = [], 0
    for start, end, number, shared in sorted(marks, key=lambda mark: mark[:3]):
        pieces.append(_safe(text[at:start], lines=True))
        mark = _safe(text[start:end], lines=True)
        pieces.append(f'<a class="m {shared.kind}" id="{here}{number}" href="#{there}{number}" title="{shared.kind}">{mark}</a>')
        at = end
    rest = text[at:LONGEST] + (" …" if len(text) > LONGEST else "")
    return "".join([*pieces, _safe(rest, lines=True)])


def _safe(text: str, *, lines: bool = False) -> str:
    """Text that no browser takes for markup, and without characters that hide it or turn its direction."""
    return escape(view.neutralize(text, one_line=not lines))
