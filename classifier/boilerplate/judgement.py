"""Which lines of a page are boilerplate, and what remains without them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from classifier import characters as ch
from classifier.boilerplate.boxes import announced
from classifier.boilerplate.cuts import NAMES, NONE, Cuts, together
from classifier.boilerplate.kinds import kinds
from classifier.boilerplate.model import LineModel, cuts, shipped, sigmoid
from classifier.boilerplate.passages import passages
from classifier.boilerplate.sheet import Floats, Sheet, lay_out, part
from classifier.boilerplate.templates import Templates
from classifier.document import Batch, Document, read
from classifier.verdict import Line
from classifier.words import Ints

_JUDGED = "boilerplate"
_DIGITS = 4  # of a probability
_SPACES = re.compile(r"[ \t]*")
_BLANK_RUN = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+\n")


def judge(batch: Batch, templates: Templates | None = None) -> Cuts:
    """The boilerplate of all pages, judged once a batch, with what their sites are known to repeat."""
    if _JUDGED not in batch._memory:
        batch._memory[_JUDGED] = _judge(batch, templates)
    found: Cuts = batch._memory[_JUDGED]
    return found


def lines(batch: Batch) -> list[list[Line]]:
    """The boilerplate of each page, in order, with offsets into the text that came in."""
    found = judge(batch)
    row = batch.document_of(found.start)
    begin = batch.origin[row]
    told: list[list[Line]] = [[] for _ in batch.documents]
    columns = (row, found.start - begin, found.end - begin, found.kind, found.probability.round(_DIGITS))
    for page, start, end, kind, probability in zip(*(column.tolist() for column in columns), strict=True):
        told[page].append(Line(start, end, NAMES[kind], probability, batch.documents[page].text[start:end]))
    return told


def share(batch: Batch) -> Floats:
    """The share of each page's characters that are not white space which stand in boilerplate, 0..1, shape (documents,)."""
    blanks = np.flatnonzero((batch.kinds == ch.SPACE) | (batch.kinds == ch.NEWLINE))
    found = judge(batch)
    whole, start, end = (places - np.searchsorted(blanks, places) for places in (batch.origin, found.start, found.end))
    return batch.count(found.start, end - start) / np.maximum(np.diff(whole), 1)


def clean_text(document: Document) -> str:
    """The text of a page without its boilerplate."""
    return without(document.text, lines(read([document]))[0])


def without(text: str, boilerplate: Sequence[Line]) -> str:
    """A text without some lines: paragraphs intact, no more than one blank line where some was cut."""
    return _without(text, boilerplate) if boilerplate else text


def judge_lines(batch: Batch, model: LineModel, templates: Templates | None = None) -> tuple[Sheet, Floats, NDArray[np.bool_]]:
    """The lines of a batch, how probable boilerplate is and whether it is cut as a whole line, shape (lines,) each."""
    sheet = lay_out(batch)
    logits = model.logits(sheet)
    if templates is not None:
        logits = logits + templates.weigh(batch.documents, sheet)
    return sheet, sigmoid(logits), cuts(sheet, logits, model)


def _judge(batch: Batch, templates: Templates | None) -> Cuts:
    model = shipped()
    sheet, probability, cut = judge_lines(batch, model, templates)
    inside = passages(batch, sheet, cut, model)
    whole = _whole_lines(sheet, probability, cut, model)
    return together(whole, _besides(inside, sheet, np.flatnonzero(cut)))


def _besides(inside: Cuts, sheet: Sheet, cut: Ints) -> Cuts:
    """The passages that begin in no line that is cut, each up to the next such line: a sentence may run on over the end of its line."""
    line = sheet.line_of_character(inside.start)
    place = np.searchsorted(cut, line)
    following = np.append(cut, len(sheet))[place]
    end = np.minimum(inside.end, sheet.spans[following - 1, 1])
    return replace(inside, end=np.where(following < len(sheet), end, inside.end))[following > line]


def _whole_lines(sheet: Sheet, probability: Floats, cut: NDArray[np.bool_], model: LineModel) -> Cuts:
    """The lines that are cut, with their kinds; lines that they announce are added to `cut`."""
    rows = np.flatnonzero(cut)
    if not len(rows):
        return NONE
    named = kinds(part(sheet, cut), rows.tolist(), model.kinds)
    boxed, sure = announced(sheet, rows, named, probability)
    cut[boxed] = True
    kind = np.array([NAMES.index(name) for name in [*named, *["author_bio"] * len(boxed)]])
    spans = sheet.spans[np.concatenate((rows, boxed))]
    return Cuts(spans[:, 0], spans[:, 1], kind, np.concatenate((probability[rows], sure)))


def _without(text: str, lines: Sequence[Line]) -> str:
    """`text` without some stretches, nor the white space that stood between them and their paragraph; what they parted stays apart."""
    kept, at = [], 0
    for start, end in _gaps(text, lines):
        piece = text[at:start]
        if end == len(text) or text[end] in "\r\n":
            piece = piece.rstrip(" \t")
        elif piece and not piece[-1].isspace():
            piece += " "
        kept.append(piece)
        at = end
    kept.append(text[at:])
    return _BLANK_RUN.sub("\n\n", "".join(kept)).strip()


def _gaps(text: str, lines: Sequence[Line]) -> list[tuple[int, int]]:
    """The stretches that are left out, each with the blanks behind it; those that touch are one."""
    gaps: list[tuple[int, int]] = []
    for line in lines:
        end = _SPACES.match(text, line.end).end()  # type: ignore[union-attr]
        start = gaps.pop()[0] if gaps and line.start <= gaps[-1][1] else line.start
        gaps.append((start, end))
    return gaps
