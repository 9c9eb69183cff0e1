"""A verdict as text for people: a card, a row, the marked text, and the same as plain lines."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a plain verdict must not pay for rich
    from rich.console import RenderableType
    from rich.text import Text

    from classifier.document import Match
    from classifier.verdict import Boilerplate, Evidence, Line, Verdict

Spans = list[tuple[str, str]]  # pieces of one line, each with its rich style
Fact = tuple[str, Spans]
Mark = tuple[int, int, str]  # where it starts and ends, and what it says
Segment = tuple[str, tuple[str, ...]]  # a stretch of text, and what its marks say

WIDTH = 92
LONGEST_COLORED = 100_000  # characters; rich takes seconds for more
_BAR = 24
_HALF = 10
_COLORS = {"original": "green", "rewrite": "yellow", "filler": "red"}
_FAMILIES = {
    "boilerplate": "black on bright_black",
    "spin": "black on magenta",
    "citation": "black on red",
    "reporting": "black on green",
    "style": "black on cyan",
    "duplication": "black on blue",
}
CUT = "to cut: "
_BULLET = ("• ", "dim")
_ROW = "{label:<9}{sure:>5}{cut:>6}  {flags:<23}"

# What can move the cursor, hide text or turn its direction: control characters, bidi controls, line separators, tags, lone surrogates.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_LINE_END = re.compile(r"\r(?=\n)|\r\Z")


def neutralize(text: str, *, one_line: bool = False) -> str:
    """The text with every character that a terminal would obey made visible; tabs and line breaks stay unless it must be one line."""
    safe = _UNSAFE.sub(_visible, _LINE_END.sub("", text))
    return safe.replace("\n", "␊").replace("\t", "␉") if one_line else safe


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"<U+{code:04X}>"


def json_line(fact: Mapping[str, Any]) -> str:
    """Plain data as one line of JSON that is safe to look at: the same characters are escaped that `neutralize` makes visible."""
    return _UNSAFE.sub(_escaped, json.dumps(fact, ensure_ascii=False)) + "\n"


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1] if ord(match[0]) > 0x9F else f"\\u{ord(match[0]):04x}"


def percent(share: float) -> str:
    """A share as whole percent; never 0% or 100% of what is neither."""
    if 0 < share < 0.005:
        return "<1%"
    if 0.995 <= share < 1:
        return ">99%"
    return f"{share:.0%}"


def card(verdict: Verdict, name: str, scores: Mapping[str, float]) -> RenderableType:
    """A verdict as a small panel; `scores` says how far each family speaks for the label."""
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for key, spans in _facts(verdict, scores, "█", "█"):
        grid.add_row(Text(key), _hanging(spans))
    title = Text(neutralize(name, one_line=True), style="bold", overflow="ellipsis", no_wrap=True)
    return Panel(grid, title=title, title_align="left", border_style=_COLORS.get(verdict.label, ""), padding=(0, 1), width=None)


def _hanging(spans: Spans) -> RenderableType:
    """A line for a terminal, whose further lines stand below the text behind its bullet."""
    from rich.table import Table

    if spans[:1] != [_BULLET]:
        return text_of(spans)
    line = Table.grid()
    line.add_column()
    line.add_column(overflow="fold")
    line.add_row(text_of(spans[:1]), text_of(spans[1:]))
    return line


def plain_card(verdict: Verdict, name: str, scores: Mapping[str, float]) -> str:
    """The same as lines of plain text."""
    lines = [neutralize(name, one_line=True)]
    lines += [f"  {key:<12} {_joined(spans)}".rstrip() for key, spans in _facts(verdict, scores, "#", "-")]
    return "\n".join(lines) + "\n\n"


def _joined(spans: Spans) -> str:
    return "".join(text for text, _ in spans)


def _facts(verdict: Verdict, scores: Mapping[str, float], full: str, against: str) -> Iterator[Fact]:
    yield "label", _label(verdict)
    for label, share in verdict.probabilities.items():
        yield label, [*_bar(share, full, _COLORS.get(label, "")), (f" {percent(share):>4}", "")]
    if scores:
        yield "", []
        yield f"for {verdict.label}", [("or against it, by family of signals", "dim")]
        yield from _family_bars(scores, full, against)
    yield "", []
    yield from _keyed("reasons", ([(neutralize(reason, one_line=True), "")] for reason in verdict.reasons))
    yield "boilerplate", [(_boilerplate(verdict.boilerplate), "")]
    if verdict.duplicate_of:
        yield "copy of", _match(verdict.duplicate_of)
    if verdict.derived_from:
        yield "retold from", _match(verdict.derived_from)


def _keyed(key: str, rows: Iterable[Spans]) -> Iterator[Fact]:
    for number, spans in enumerate(rows):
        yield "" if number else key, [_BULLET, *spans]


def _bar(share: float, full: str, style: str) -> Spans:
    length = round(share * _BAR)
    return [(full * length, style), (("─" if full == "█" else ".") * (_BAR - length), "dim")]


def _family_bars(scores: Mapping[str, float], full: str, against: str) -> Iterator[Fact]:
    """A bar to the right of the axis for what speaks for the label, to the left for what speaks against it."""
    longest = max(map(abs, scores.values())) or 1.0
    axis = "│" if full == "█" else "|"
    for family, score in scores.items():
        length = round(abs(score) / longest * _HALF)
        left = (against * length if score < 0 else "").rjust(_HALF)
        right = (full * length if score > 0 else "").ljust(_HALF)
        yield family, [(left, "red"), (axis, "dim"), (right, "green"), (f" {score:+.1f}", "")]


def _boilerplate(boilerplate: Boilerplate) -> str:
    kinds = Counter(line.kind for line in boilerplate.lines)
    if not kinds:
        return "none"
    listed = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common())
    lines = "1 line" if len(boilerplate.lines) == 1 else f"{len(boilerplate.lines):,} lines"
    return f"{percent(boilerplate.share)} of the text, {lines}: {listed}"


def _match(match: Match) -> Spans:
    return [(neutralize(match.id, one_line=True), "bold"), (f"  similarity {match.similarity:.2f}", "")]


def row_head() -> Spans:
    """The heads of the columns of `row`."""
    return [(_ROW.format(label="label", sure="sure", cut="cut", flags="flags"), "dim"), ("file", "dim")]


def row(verdict: Verdict, name: str) -> Spans:
    """A verdict as one line: label, confidence, share of boilerplate, flags, and the name last, for it can be long."""
    flags = ("uncertain", verdict.uncertain), ("copy", verdict.duplicate_of), ("retold", verdict.derived_from)
    told = " ".join(flag for flag, is_set in flags if is_set)
    fields = _ROW.format(label=verdict.label, sure=percent(verdict.confidence), cut=percent(verdict.boilerplate.share), flags=told)
    label = fields[:9]
    return [(label, _COLORS.get(verdict.label, "")), (fields[9:], ""), (neutralize(name, one_line=True), "")]


def text_of(spans: Spans) -> Text:
    """A line for a terminal."""
    from rich.text import Text

    return Text.assemble(*spans)


def plain_of(spans: Spans) -> str:
    """A line of plain text."""
    return _joined(spans).rstrip() + "\n"


def heading(verdict: Verdict, name: str) -> Spans:
    """The name and the label, above a marked text."""
    return [(neutralize(name, one_line=True), "bold"), ("  ", ""), *_label(verdict)]


def _label(verdict: Verdict) -> Spans:
    color = _COLORS.get(verdict.label, "")
    mark = [("  uncertain", "bold cyan")] if verdict.uncertain else []
    return [(verdict.label, f"bold {color}"), (f"  {percent(verdict.confidence)}", "bold"), *mark]


def marks(lines: Sequence[Line], evidence: Sequence[Evidence]) -> list[Mark]:
    """What is to be marked in a text: the lines to cut as `to cut: KIND`, then the evidence, but for what only says the same of a line."""
    cut = {(line.start, line.end) for line in lines}
    told = [e for e in evidence if not (e.signal.startswith("boilerplate.") and (e.start, e.end) in cut)]
    return [(line.start, line.end, CUT + line.kind) for line in lines] + [(e.start, e.end, e.signal) for e in told]


def stretches(text: str, marks: Iterable[Mark]) -> Iterator[Segment]:
    """The text in stretches that touch the same marks."""
    turns: list[tuple[int, int, str]] = sorted(turn for start, end, name in marks for turn in ((start, 1, name), (end, -1, name)))
    active: Counter[str] = Counter()
    place = 0
    for position, step, name in turns:
        if position > place:
            yield text[place:position], tuple(sorted(+active))
            place = position
        active[name] += step
    if place < len(text):
        yield text[place:], ()


def segments(verdict: Verdict, text: str) -> Iterator[Segment]:
    """The text in stretches that touch the same lines to cut and the same evidence."""
    return stretches(text, marks(verdict.boilerplate.lines, verdict.evidence))


def marked_plain(verdict: Verdict, text: str) -> str:
    """The text with «evidence»[signal] marked in place, what overlaps as one."""
    pieces = (f"«{neutralize(piece)}»[{', '.join(names)}]" if names else neutralize(piece) for piece, names in _merged(verdict, text))
    return "".join(pieces).rstrip("\n") + "\n\n"


def _merged(verdict: Verdict, text: str) -> Iterator[Segment]:
    """The text in stretches, of which those with a signal in common that touch each other are one."""
    held, told, last = "", set[str](), set[str]()
    for piece, names in segments(verdict, text):
        signals = {name for name in names if not name.startswith(CUT)}
        if held and not signals & last:
            yield held, tuple(sorted(told))
            held, told = "", set()
        held, told, last = held + piece, told | set(names), signals
    if held:
        yield held, tuple(sorted(told))


def marked(verdict: Verdict, text: str) -> Text:
    """The text with evidence in the color of its family, and lines to cut struck through."""
    from rich.text import Text

    whole = Text()
    for piece, names in segments(verdict, text):
        whole.append(neutralize(piece), _mark_style(names) if names else "")
    whole.rstrip()
    return whole


def _mark_style(names: Sequence[str]) -> str:
    signals = [name for name in names if not name.startswith(CUT)]
    style = _family_style(signals[0]) if signals else "dim"
    return f"{style} strike" if len(signals) < len(names) else style


def _family_style(signal: str) -> str:
    return _FAMILIES.get(signal.partition(".")[0], "black on white")


def legend(verdict: Verdict) -> Iterator[Spans]:
    """What the marks of `marked` mean: each signal in its color with its count, strongest family first."""
    for signal, count in Counter(piece.signal for piece in verdict.evidence).most_common():
        yield [(f" {signal} ", _family_style(signal)), (f" × {count}", "")]
    for kind, count in Counter(line.kind for line in verdict.boilerplate.lines).most_common():
        yield [(f" {CUT}{kind} ", "dim strike"), (f" × {count}", "")]


def figures(scores: Sequence[tuple[str, Mapping[str, Any]]]) -> tuple[Sequence[str], list[list[str]]]:
    """Head and rows of a table of scores by name, for `table` and `plain_table`."""
    labels = list(scores[0][1]["recall"]) if scores else []
    head = ("measured", "texts", "macro-F1", "accuracy", "calibration error", *(f"recall {label}" for label in labels))
    keys = ("macro_f1", "accuracy", "calibration_error")
    rows = [
        [name, f"{score['texts']:,}", *map(_figure, map(score.get, keys)), *map(_figure, score["recall"].values())]
        for name, score in scores
    ]
    return head, rows


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> RenderableType:
    """Rows of text as a table for a terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    grid = Table(
        title=title or None,
        title_justify="left",
        box=SIMPLE_HEAD,
        title_style="bold",
        header_style="dim",
        pad_edge=False,
        collapse_padding=True,
    )
    for column, name in enumerate(head):
        numeric = bool(rows) and all(_is_number(row[column]) for row in rows)
        wrapped = name.replace(" ", "\n") if numeric else name  # a figure is no wider than the longest word of its head
        grid.add_column(wrapped, justify="right" if numeric else "left", overflow="fold", no_wrap=numeric)
    for cells in rows:
        grid.add_row(*(Text(neutralize(cell, one_line=True)) for cell in cells))
    return grid


def _is_number(cell: str) -> bool:
    return bool(re.fullmatch(r"[-+<>]?[\d,.]+%?", cell))


def plain_table(head: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> str:
    """The same as aligned plain text."""
    safe = [[neutralize(cell, one_line=True) for cell in cells] for cells in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*safe, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() for cells in safe]
    return "\n".join([*([title] if title else []), *lines]) + "\n\n"


def summary(labels: Counter[str], uncertain: int) -> str:
    """What a run found, as one line."""
    counts = ", ".join(f"{count:,} {label}" for label, count in labels.most_common())
    return textwrap.shorten(f"{sum(labels.values()):,} texts: {counts}; {uncertain:,} uncertain", 200)
