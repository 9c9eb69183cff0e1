"""Which lines of a page are boilerplate, and what remains without them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

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
from classifier.errors import QualityError
from classifier.verdict import Line
from classifier.words import Ints

_JUDGED = "boilerplate"
_DIGITS = 4  # of a probability
_UNSEEN = (ch.SPACE, ch.NEWLINE, ch.IGNORABLE)
_LINE_END = re.compile(r"\r\n|[\n\v\f\r\x85\u2028\u2029]")


def judge(batch: Batch, templates: Templates | None = None) -> Cuts:
    """The boilerplate of all pages, judged once a batch, with what their sites are known to repeat.

    Raises:
        QualityError: the batch was judged before without these templates, and what else was found of it may rest on that.
    """
    if _JUDGED not in batch._memory:
        batch._memory[_JUDGED] = templates, _judge(batch, templates)
    known, found = batch._memory[_JUDGED]
    if templates not in (None, known):
        raise QualityError("the batch was judged before without these templates. Judge it with them first, or read it anew.")
    cuts: Cuts = found
    return cuts


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
    """A text without some of its lines, which are in order: paragraphs intact, no more than one blank line where some was cut.

    What combines with a line, or stands unseen beside it, goes with it; what they parted stays apart. Line ends stay what they are,
    and far from a line nothing changes. Nothing is kept of the white space between a line and the beginning or the end of the text.
    """
    kept, at = [], 0
    for gap in _gaps(text, boilerplate):
        kept += [text[at : gap.start], gap.kept(text)]
        at = gap.end
    return "".join([*kept, text[at:]])


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


@dataclass(slots=True)
class _Gap:
    """A stretch of a text that is left out: lines that nothing but white space stands between, and the white space around them.

    Attributes:
        start, end: offsets into the text.
        blanks: the white space before the first line, between the lines, and behind the last one.
    """

    start: int
    end: int
    blanks: list[str]

    def kept(self, text: str) -> str:
        """What stands in its place: the line ends that it holds, two at most, and the indentation behind them; else a space."""
        if self.end == len(text):
            return ""
        broken = [blank for blank in self.blanks if _LINE_END.search(blank)]
        tail = _LINE_END.split(broken[-1])[-1] if broken else ""
        if self.start == 0:
            return tail
        if not broken:
            return " "
        head = _LINE_END.split(self.blanks[0])[0] if broken[0] is self.blanks[0] else ""
        ends = [end for blank in broken for end in _LINE_END.findall(blank)]
        return "".join((head, ends[0], *ends[1:][-1:], tail))


def _gaps(text: str, lines: Iterable[Line]) -> list[_Gap]:
    """The stretches of a text that are left out with some lines, in order and apart from each other."""
    gaps: list[_Gap] = []
    for line in lines:
        least = gaps[-1].end if gaps else 0
        start, begin, end = _back(text, line.start, least), *_ahead(text, line.end)
        if not gaps or start > least:
            gaps.append(_Gap(start, end, []))
        gaps[-1].end = max(end, least)
        gaps[-1].blanks += text[start : line.start], text[begin:end]
    return gaps


def _back(text: str, place: int, least: int) -> int:
    """Where the white space before a line begins, and what is unseen in it; what combines with the word before is not of it."""
    classes, start = _classes(), place
    while start > least and classes[ord(text[start - 1])] in _UNSEEN:
        start -= 1
    while least < start < place and classes[ord(text[start])] == ch.IGNORABLE:
        start += 1
    return start


def _ahead(text: str, place: int) -> tuple[int, int]:
    """Where the white space behind a line begins, past what combines with its last word, and ends, before what belongs to the next word."""
    classes, size = _classes(), len(text)
    while place < size and classes[ord(text[place])] == ch.IGNORABLE:
        place += 1
    end = place
    while end < size and classes[ord(text[end])] in _UNSEEN:
        end += 1
    while place < end < size and classes[ord(text[end - 1])] == ch.IGNORABLE:
        end -= 1
    return place, end


@cache
def _classes() -> memoryview:
    """The class of every character, as a column that is quick to look into one by one."""
    return memoryview(ch.tables()[0])  # type: ignore[arg-type]
