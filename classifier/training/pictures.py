"""Draws how good models are: confusion matrices and reliability diagrams side by side, as SVG for light and dark pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from classifier.training.report import Report
from classifier.verdict import LABELS
from classifier.view import neutralize

# Text sizes and colors; the card has its own ground, so it stays readable where a page's scheme differs from the reader's.
STYLE = """
text { font: 13px -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
.title { font-size: 15px; font-weight: 600; } .head { font-weight: 600; } .note { font-size: 12px; }
.figure { font-size: 15px; font-weight: 600; } .middle { text-anchor: middle; } .end { text-anchor: end; }
.dim { fill: #59636e; } .card { fill: #ffffff; stroke: #d1d9e0; } .grid { stroke: #d1d9e0; }
.ideal { stroke: #59636e; stroke-dasharray: 4 4; }
.right { fill: #1a7f37; } .wrong { fill: #cf222e; } .ours { stroke: #0969da; fill: #0969da; } .rival { stroke: #bc4c00; fill: #bc4c00; }
.third { stroke: #8250df; fill: #8250df; } .fourth { stroke: #1b7c83; fill: #1b7c83; }
.line { fill: none; stroke-width: 2; } .dot { fill-opacity: .35; stroke-width: 1.5; }
.rival.line { stroke-dasharray: 8 4; } .third.line { stroke-dasharray: 2 3; } .fourth.line { stroke-dasharray: 10 3 2 3; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; } .dim { fill: #9198a1; } .card { fill: #0d1117; stroke: #3d444d; } .grid { stroke: #3d444d; }
  .ideal { stroke: #9198a1; }
  .right { fill: #3fb950; } .wrong { fill: #f85149; } .ours { stroke: #4493f8; fill: #4493f8; } .rival { stroke: #db6d28; fill: #db6d28; }
  .third { stroke: #ab7df8; fill: #ab7df8; } .fourth { stroke: #39c5cf; fill: #39c5cf; }
  .line { fill: none; }
}
"""
_CELL, _GAP, _LEFT, _TOP = 92, 70, 110, 148
_BETWEEN = 16  # pixels between two drawings
_SIDE, _LOW = 300, 0.3  # the reliability diagram's side in pixels and the confidence at its left edge; no label is said with less
_LOOKS = ("ours", "rival", "third", "fourth")  # of the models in order; a fifth looks like the first again
_LONGEST = 28  # characters of a name
_LINE = 20  # pixels from one model of the legend to the next

Figures = Mapping[str, Any]  # what `Score.to_dict` gives
Panels = Mapping[str, Mapping[str, Figures]]  # title → model → figures


def draw(report: Report) -> str:
    """The models of a report side by side: confusion matrices, and below them how far their confidence can be trusted."""
    panels = {report.note.partition(";")[0]: {name: score.to_dict() for name, score in report.rows}}
    upper, lower = _confusion(panels), _reliability(panels)
    width, height = max(upper.width, lower.width), upper.height + _BETWEEN + lower.height
    opening = _opening(width, height, f"Confusion matrices and reliability of {', '.join(name for name, _ in report.rows)}")
    return f"{opening}\n{upper.svg()}{lower.svg(upper.height + _BETWEEN)}</svg>\n"


def confusion(panels: Panels) -> str:
    """Confusion matrices, the models of a panel side by side; shares are of the true label."""
    return _confusion(panels).svg()


def reliability(panels: Panels) -> str:
    """How often a label is right for each confidence it was given with; on the diagonal the two are equal."""
    return _reliability(panels).svg()


def _confusion(panels: Panels) -> _Drawing:
    side, most = _CELL * len(LABELS), max(map(len, panels.values()))
    parts = []
    for row, (title, models) in enumerate(panels.items()):
        y = _TOP + row * (side + _TOP - 30)
        parts.append(_text(_LEFT, y - 76, title, "head"))
        for column, (name, figures) in enumerate(models.items()):
            x = _LEFT + column * (side + _GAP)
            parts.append(_name(x, y - 50, name, ""))
            parts += _matrix(figures, x, y, names=column == 0)
    width, height = _LEFT + max(most, 2) * (side + _GAP) - _GAP + 30, _TOP + len(panels) * (side + _TOP - 30) - _TOP + 90
    note = _text(24, height - 18, "Rows: what the text is. Columns: what it was called. Shares of each row.", "note dim")
    return _Drawing(width, height, "Confusion matrices", [*parts, note])


def _matrix(figures: Figures, x: float, y: float, *, names: bool) -> Iterable[str]:
    yield _text(x, y - 32, f"macro-F1 {figures['macro_f1']:.3f}", "dim note")
    for row, counts in enumerate(figures["confusion"]):
        whole = sum(counts)
        if names:
            yield _text(x - 12, y + (row + 0.5) * _CELL + 5, LABELS[row], "end")
        for column, count in enumerate(counts):
            share = count / whole if whole else 0.0
            yield _cell(x + column * _CELL, y + row * _CELL, share, right=row == column)
    for column, label in enumerate(LABELS):
        yield _text(x + (column + 0.5) * _CELL, y - 8, label, "middle dim")


def _cell(x: float, y: float, share: float, *, right: bool) -> str:
    place = f'x="{x + 2:g}" y="{y + 2:g}" width="{_CELL - 4}" height="{_CELL - 4}" rx="6"'
    ground = f'<rect {place} class="{"right" if right else "wrong"}" fill-opacity="{0.06 + 0.5 * share:.3f}"/>'
    return ground + _text(x + _CELL / 2, y + _CELL / 2 + 5, f"{100 * share:.0f} %", "figure middle")


def _reliability(panels: Panels) -> _Drawing:
    parts: list[str] = []
    for column, (title, models) in enumerate(panels.items()):
        parts += _diagram(models, 80 + column * (_SIDE + 90), 84, title)
    width, height = 80 + len(panels) * (_SIDE + 90) - 50, _SIDE + 170 + _LINE * max(map(len, panels.values()))
    note = _text(24, height - 16, "A dot's area is the share of texts with that confidence.", "note dim")
    return _Drawing(width, height, "Reliability: how often 80 % sure is right", [*parts, note])


def _diagram(models: Mapping[str, Figures], x: float, y: float, name: str) -> Iterable[str]:
    least = min(each["accuracy"] for figures in models.values() for each in figures["reliability"])
    frame = _Frame(x, y, _LOW if least >= _LOW else 0.0)
    yield _text(x, y - 14, name, "head")
    yield from frame.grid()
    yield _text(x + _SIDE / 2, y + _SIDE + 36, "confidence", "note dim middle")
    yield f'<text transform="translate({x - 50} {y + _SIDE / 2}) rotate(-90)" class="note dim middle">right</text>'
    for row, (model, figures) in reversed(list(enumerate(models.items()))):
        look, legend = _LOOKS[row % len(_LOOKS)], y + _SIDE + 60 + _LINE * row
        yield from _curve(figures["reliability"], frame, look)
        yield f'<path d="M{x} {legend - 4}h28" class="line {look}" style="fill:none"/>'
        yield _name(x + 36, legend, model, "note", f": error {figures['calibration_error']:.3f}")


def _curve(bins: Sequence[Mapping[str, float]], frame: _Frame, look: str) -> Iterable[str]:
    points = [(*frame.place(each["confidence"], each["accuracy"]), each["share"]) for each in bins]
    yield f'<path d="M{"L".join(f"{across:.1f} {down:.1f}" for across, down, _ in points)}" class="line {look}" style="fill:none"/>'
    for across, down, share in points:
        yield f'<circle cx="{across:.1f}" cy="{down:.1f}" r="{2 + 22 * share**0.5:.1f}" class="dot {look}"/>'


@dataclass(frozen=True)
class _Frame:
    """A square with confidence from left to right and accuracy upwards, from `low` at its lower edge."""

    x: float
    y: float
    low: float

    def place(self, confidence: float, accuracy: float) -> tuple[float, float]:
        """Where a point is drawn."""
        return self.x + _SIDE * (confidence - _LOW) / (1 - _LOW), self.y + _SIDE * (1 - accuracy) / (1 - self.low)

    def grid(self) -> Iterable[str]:
        """Lines with their figures, and the one on which confidence and accuracy are equal."""
        x, y = self.x, self.y
        for step in range(4 if self.low else 0, 11, 2):
            across, down = self.place(step / 10, step / 10)
            yield f'<path d="M{x} {down:.1f}H{x + _SIDE}" class="grid"/>' + _text(x - 8, down + 4, f"{10 * step} %", "note dim end")
            if across >= x:
                yield f'<path d="M{across:.1f} {y}V{y + _SIDE}" class="grid"/>'
                yield _text(across, y + _SIDE + 18, f"{10 * step} %", "note dim middle")
        yield f'<path d="M{x} {self.place(_LOW, _LOW)[1]:.1f}L{x + _SIDE} {y}" class="ideal"/>'


def _text(x: float, y: float, text: str, look: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{look}">{_safe(text)}</text>'


def _name(x: float, y: float, name: str, look: str, more: str = "") -> str:
    """The name of a model, and more about it; the middle of a long name is told where the mouse rests on it."""
    name = neutralize(name, one_line=True)  # which can make it longer
    if len(name) <= _LONGEST:
        return _text(x, y, name + more, look)
    short = f"{name[: _LONGEST // 2]}…{name[1 - _LONGEST // 2 :]}{more}"
    return f'<text x="{x:g}" y="{y:g}" class="{look}"><title>{_safe(name)}</title>{_safe(short)}</text>'


def _safe(text: str) -> str:
    """Text for XML, which allows no control characters."""
    return escape(neutralize(text, one_line=True))


def _opening(width: float, height: float, title: str, y: float = 0) -> str:
    """The first tag of a drawing, with the title that a screen reader says."""
    size = f'viewBox="0 0 {width:g} {height:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{_safe(title)}">'
    return f"{head}\n<title>{_safe(title)}</title>"


@dataclass(frozen=True)
class _Drawing:
    """A card with a title and what is drawn on it."""

    width: float
    height: float
    title: str
    parts: Sequence[str]

    def svg(self, y: float = 0) -> str:
        """The drawing, as a file or inside another drawing."""
        return "\n".join([
            _opening(self.width, self.height, self.title, y),
            f"<style>{STYLE}</style>",
            f'<rect x="0.5" y="0.5" width="{self.width - 1:g}" height="{self.height - 1:g}" rx="10" class="card"/>',
            _text(24, 32, self.title, "title"),
            *self.parts,
            "</svg>\n",
        ])  # fmt: skip
