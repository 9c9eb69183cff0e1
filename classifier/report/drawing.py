"""Charts as inline SVG, in the colors of the page around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _HEIGHT, _FOOT = 640, 200, 26
_GAP, _LETTER, _LARGE_LETTER = 8, 8.0, 14.0  # widths; letters are large on narrow screens, where a text that is `tight` is hidden
_CELL = '<svg class="cell" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'


def stacked_bar(shares: Mapping[str, float], label: str) -> str:
    """One bar whose parts are shares, each in the color of its name."""
    parts, at = [], 0.0
    for name, share in shares.items():
        width = share * _WIDTH
        box = f'x="{at:.1f}" y="0" width="{width:.1f}" height="28"'
        parts.append(f'<rect class="{escape(name)}" {box}><title>{_told(name, share)}</title></rect>')
        told = _told(name, share)
        if width > _room(told, _LETTER):
            fits = "on" if width > _room(told, _LARGE_LETTER) else "on tight"
            parts.append(f'<text x="{at + _GAP:.1f}" y="19" class="{fits}">{told}</text>')
        at += width
    told = ", ".join(_told(name, share) for name, share in shares.items())
    return f'<svg viewBox="0 0 {_WIDTH} 28" role="img" aria-label="{escape(label)}: {told}">{"".join(parts)}</svg>'


def _room(told: str, letter: float) -> float:
    """The width that a text takes, with a gap on both sides."""
    return len(told) * letter + 2 * _GAP


def _told(name: str, share: float) -> str:
    return f"{escape(name)} {share:.1%}"


def histogram(counts: Mapping[str, Sequence[int]], label: str) -> str:
    """Counts over 0..1, those of several names on top of each other."""
    totals = [sum(column) for column in zip(*counts.values(), strict=True)]
    bins = len(totals)
    highest = max(totals, default=0) or 1
    step, room = _WIDTH / bins, _HEIGHT - _FOOT - 22
    parts = [f'<text x="0" y="14" class="dim">tallest bar: {highest:,}</text><line x1="0" y1="20" x2="{_WIDTH}" y2="20" class="rule"/>']
    for k in range(bins):
        top = float(_HEIGHT - _FOOT)
        for name, held in counts.items():
            height = held[k] / highest * room
            top -= height
            if height:
                told = f"{_bin(k, bins)}: {held[k]:,} {escape(name)}"
                box = f'x="{k * step:.1f}" y="{top:.1f}" width="{step - 1.5:.1f}" height="{max(height, 0.6):.1f}"'
                parts.append(f'<rect class="{escape(name)}" {box}><title>{told}</title></rect>')
    foot = _HEIGHT - 6
    anchors = zip((0, 0.25, 0.5, 0.75, 1), ("start", "middle", "middle", "middle", "end"), strict=True)
    parts += [f'<text x="{place * _WIDTH:.0f}" y="{foot}" text-anchor="{anchor}" class="dim">{place:g}</text>' for place, anchor in anchors]
    told = ", ".join(f"{_bin(k, bins)}: {total:,}" for k, total in enumerate(totals) if total)
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(label)}, documents: {told}">{"".join(parts)}</svg>'


def _bin(number: int, bins: int) -> str:
    return f"{number / bins:.2f} to {(number + 1) / bins:.2f}"


def bar(share: float, name: str) -> str:
    """A small bar for the cell of a table."""
    return split({name: share})


def split(shares: Mapping[str, float]) -> str:
    """Shares as one small bar for the cell of a table."""
    parts, at = [], 0.0
    for name, share in shares.items():
        if share:
            parts.append(f'<rect class="{name}" x="{at:.1f}" width="{share * 100:.1f}" height="8"/>')
        at += share * 100
    return f"{_CELL}{''.join(parts)}</svg>"
