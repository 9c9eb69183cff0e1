"""Draws what the accuracy benchmark found: confusion matrices and a reliability diagram, as SVG for light and dark pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from folds import FAMILIES, SOURCES

from classifier.verdict import LABELS

# Text sizes and colors; the card has its own ground, so it stays readable where a page's scheme differs from the reader's.
STYLE = """
text { font: 13px -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
.title { font-size: 15px; font-weight: 600; } .head { font-weight: 600; } .note { font-size: 12px; }
.figure { font-size: 15px; font-weight: 600; } .middle { text-anchor: middle; } .end { text-anchor: end; }
.dim { fill: #59636e; } .card { fill: #ffffff; stroke: #d1d9e0; } .grid { stroke: #d1d9e0; }
.ideal { stroke: #59636e; stroke-dasharray: 4 4; }
.right { fill: #1a7f37; } .wrong { fill: #cf222e; } .ours { stroke: #0969da; fill: #0969da; } .rival { stroke: #bc4c00; fill: #bc4c00; }
.line { fill: none; stroke-width: 2; } .dot { fill-opacity: .35; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; } .dim { fill: #9198a1; } .card { fill: #0d1117; stroke: #3d444d; } .grid { stroke: #3d444d; }
  .ideal { stroke: #9198a1; }
  .right { fill: #3fb950; } .wrong { fill: #f85149; } .ours { stroke: #4493f8; fill: #4493f8; } .rival { stroke: #db6d28; fill: #db6d28; }
  .line { fill: none; }
}
"""
NAMES = {SOURCES: "by_eye, unseen sources", FAMILIES: "all corpora, unseen families"}
SHOWN = {"ours": "quality", "tfidf": "TF-IDF + logistic regression"}

_CELL, _GAP, _LEFT, _TOP = 92, 70, 110, 148
_SIDE, _LOW = 300, 0.3  # the reliability diagram's side in pixels and the confidence at its left and lower edge

Found = dict[str, dict[str, dict[str, Any]]]


def confusion(found: Found) -> str:
    """Confusion matrices, ours beside the baseline's, one row of them a protocol; shares are of the true label."""
    protocols = [name for name in NAMES if name in found]
    systems = [name for name in SHOWN if all(name in found[protocol] for protocol in protocols)]
    side = _CELL * len(LABELS)
    parts = []
    for row, protocol in enumerate(protocols):
        y = _TOP + row * (side + _TOP - 30)
        parts.append(_text(_LEFT, y - 76, NAMES[protocol], "head"))
        for column, system in enumerate(systems):
            x = _LEFT + column * (side + _GAP)
            parts.append(_text(x, y - 50, SHOWN[system], ""))
            parts += _matrix(found[protocol][system], x, y, names=column == 0)
    width, height = _LEFT + len(systems) * (side + _GAP) - _GAP + 30, _TOP + len(protocols) * (side + _TOP - 30) - _TOP + 90
    note = _text(_LEFT, height - 18, "Rows: what the text is. Columns: what it was called. Shares of each row.", "note dim")
    return _drawing(width, height, "Confusion matrices", [*parts, note])


def _matrix(score: dict[str, Any], x: float, y: float, *, names: bool) -> Iterable[str]:
    yield _text(x, y - 32, f"macro-F1 {score['macro_f1']:.3f}", "dim note")
    for row, counts in enumerate(score["confusion"]):
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


def reliability(found: Found) -> str:
    """How often a label is right for each confidence it was given with; on the diagonal the two are equal."""
    protocols = [name for name in NAMES if name in found]
    parts: list[str] = []
    for column, protocol in enumerate(protocols):
        systems = [name for name in SHOWN if name in found[protocol]]
        parts += _diagram({name: found[protocol][name] for name in systems}, 80 + column * (_SIDE + 90), 84, NAMES[protocol])
    width, height = 80 + len(protocols) * (_SIDE + 90) - 50, _SIDE + 180
    note = _text(80, height - 16, "A dot's area is the share of texts with that confidence.", "note dim")
    return _drawing(width, height, "Reliability: how often 80 % sure is right", [*parts, note])


def _diagram(scores: dict[str, dict[str, Any]], x: float, y: float, name: str) -> Iterable[str]:
    yield _text(x, y - 14, name, "head")
    for step in range(4, 11, 2):
        across, down = _place(step / 10, step / 10, x, y)
        yield f'<path d="M{x} {down:.1f}H{x + _SIDE}M{across:.1f} {y}V{y + _SIDE}" class="grid"/>'
        yield _text(x - 8, down + 4, f"{10 * step} %", "note dim end") + _text(across, y + _SIDE + 18, f"{10 * step} %", "note dim middle")
    yield f'<path d="M{x} {y + _SIDE}L{x + _SIDE} {y}" class="ideal"/>'
    yield _text(x + _SIDE / 2, y + _SIDE + 36, "confidence", "note dim middle")
    yield f'<text transform="translate({x - 50} {y + _SIDE / 2}) rotate(-90)" class="note dim middle">right</text>'
    for row, (system, score) in enumerate(reversed(list(scores.items()))):
        look = "ours" if system == "ours" else "rival"
        yield from _curve(score["reliability"], x, y, look)
        legend = y + _SIDE - 14 - 20 * row
        yield f'<circle cx="{x + 118}" cy="{legend - 4}" r="5" class="{look}"/>'
        yield _text(x + 130, legend, f"{SHOWN[system].partition(' +')[0]}: error {score['calibration_error']:.3f}", "note")


def _curve(bins: Sequence[dict[str, float]], x: float, y: float, look: str) -> Iterable[str]:
    points = [(*_place(max(each["confidence"], _LOW), max(each["accuracy"], _LOW), x, y), each["share"]) for each in bins]
    yield f'<path d="M{"L".join(f"{across:.1f} {down:.1f}" for across, down, _ in points)}" class="line {look}" style="fill:none"/>'
    for across, down, share in points:
        yield f'<circle cx="{across:.1f}" cy="{down:.1f}" r="{2 + 22 * share**0.5:.1f}" class="dot {look}"/>'


def _place(confidence: float, accuracy: float, x: float, y: float) -> tuple[float, float]:
    scale = _SIDE / (1 - _LOW)
    return x + (confidence - _LOW) * scale, y + _SIDE - (accuracy - _LOW) * scale


def _text(x: float, y: float, text: str, look: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{look}">{escape(text)}</text>'


def _drawing(width: float, height: float, title: str, parts: Iterable[str]) -> str:
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect x="0.5" y="0.5" width="{width - 1:g}" height="{height - 1:g}" rx="10" class="card"/>',
        _text(24, 32, title, "title"),
        *parts,
        "</svg>\n",
    ])  # fmt: skip
