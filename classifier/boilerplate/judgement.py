"""Which lines of a page are boilerplate, and what remains without them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from classifier.boilerplate.boxes import announced
from classifier.boilerplate.kinds import kinds
from classifier.boilerplate.model import LineModel, cuts, shipped, sigmoid
from classifier.boilerplate.passages import Passage, passages
from classifier.boilerplate.sheet import Floats, Sheet, lay_out, part
from classifier.boilerplate.templates import Templates
from classifier.document import Document, once
from classifier.verdict import Line

_BATCH = 64
_JUDGED = "boilerplate"
_SPACES = re.compile(r"[ \t]*")
_BLANK_RUN = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+\n")


def judge_many(documents: Iterable[Document], templates: Templates | None = None) -> Iterator[Document]:
    """The same documents in the same order, judged many at a time, with what their sites are known to repeat."""
    documents = iter(documents)
    while batch := list(islice(documents, _BATCH)):
        _judge_batch([document for document in batch if _JUDGED not in document._memory], templates)
        yield from batch


def judge(document: Document) -> Sequence[Line]:
    """The lines of a page that are boilerplate, in order, with offsets into the text that came in."""
    if _JUDGED not in document._memory:
        list(judge_many([document]))
    lines: Sequence[Line] = document._memory[_JUDGED]
    return lines


def _judge_batch(documents: Sequence[Document], templates: Templates | None) -> None:
    if not documents:
        return
    model, sheet = shipped(), lay_out(documents)
    logits = model.logits(sheet)
    if templates is not None:
        logits = logits + templates.weigh(documents, sheet)
    cut = cuts(sheet, logits, model)
    inside = passages(documents, sheet, cut, model)
    whole = _whole_lines(sheet, sigmoid(logits), cut, model)
    pieces = [*whole, *(passage for line, passage in inside if not cut[line])]
    judged: list[list[Line]] = [[] for _ in documents]
    for piece in sorted(pieces, key=lambda piece: (piece.page, piece.start)):
        text = documents[piece.page].text[piece.start : piece.end]
        judged[piece.page].append(Line(piece.start, piece.end, piece.kind, round(piece.probability, 4), text))
    for document, lines in zip(documents, judged, strict=True):
        document._memory[_JUDGED] = tuple(lines)


def _whole_lines(sheet: Sheet, probability: Floats, cut: NDArray[np.bool_], model: LineModel) -> list[Passage]:
    """The lines that are cut, with their kinds; lines that they announce are added to `cut`."""
    rows = np.flatnonzero(cut)
    if not len(rows):
        return []
    named = kinds(part(sheet, cut), rows.tolist(), model.kinds)
    boxed, sure = announced(sheet, rows, named, probability)
    cut[boxed] = True
    every = np.concatenate((rows, boxed))
    spans = sheet.spans[every] - sheet.origin[sheet.document[every], None]
    chances = np.concatenate((probability[rows], sure))
    names = [*named, *["author_bio"] * len(boxed)]
    columns = zip(sheet.document[every].tolist(), *spans.T.tolist(), names, chances.tolist(), strict=True)
    return [Passage(*column) for column in columns]


@once
def share(document: Document) -> float:
    """The share of the characters that are not white space which stand in boilerplate, 0..1."""
    solid = len("".join(document.text.split()))
    cut = sum(len("".join(line.text.split())) for line in judge(document))
    return cut / solid if solid else 0.0


@once
def clean_text(document: Document) -> str:
    """The text without its boilerplate: paragraphs intact, no more than one blank line where some was cut."""
    lines = judge(document)
    return _without(document.text, lines) if lines else document.text


def _without(text: str, lines: Sequence[Line]) -> str:
    """`text` without some stretches, nor the white space that stood between them and their paragraph."""
    kept, at = [], 0
    for line in lines:
        piece = text[at : line.start]
        at = _SPACES.match(text, line.end).end()  # type: ignore[union-attr]
        kept.append(piece.rstrip(" \t") if at == len(text) or text[at] in "\r\n" else piece)
    kept.append(text[at:])
    return _BLANK_RUN.sub("\n\n", "".join(kept)).strip()
