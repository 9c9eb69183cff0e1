"""The page of a report: figures, charts and examples as one file of HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from classifier import view
from classifier.filter.decisions import PLACES, REASONS, Decisions
from classifier.filter.examples import UNCERTAIN, reason_of
from classifier.report import drawing
from classifier.report.figures import NOWHERE, SITES, Figures, Group, Site, gather, shares
from classifier.verdict import LABELS

_OPENING, _AROUND, _LONGEST = 260, 110, 1_100  # characters of an example: its beginning, around each mark, in all
_NAME = 90
_KEY = '<p class="key dim">' + "".join(f'<i class="{label}"></i>{label}' for label in LABELS) + "</p>"
Cell = tuple[str, float | None]  # what is shown, as HTML, and the number that it sorts by


def render(folder: Path | str) -> str:
    """The report on a run, as HTML that needs no other file and no network.

    Raises:
        QualityError: there is no complete run in the folder, or one of its files is damaged.
        MissingExtra: pyarrow is not installed.
    """
    figures = gather(Path(folder))
    body = "".join(section for make in _SECTIONS for section in make(figures))
    style, script = (files("classifier.report").joinpath(name).read_text(encoding="utf-8") for name in ("style.css", "sort.js"))
    title = f"{figures.summary.records:,} documents, {figures.summary.kept:,} kept"
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>{title}</title>'
    head += f"<style>{style}</style>"
    return f'<!doctype html><html lang="en"><head>{head}</head><body><main>{body}</main><script>{script}</script></body></html>\n'


def _opening(figures: Figures) -> Iterator[str]:
    summary = figures.summary
    yield f"<h1>{summary.kept:,} of {summary.records:,} documents kept</h1>"
    decisions = Decisions(**{**summary.settings, "keep": tuple(summary.settings["keep"])})
    yield "".join(f"<p>{escape(sentence)}</p>" for sentence in decisions.explain())
    yield f'<p class="dim">Judged by {escape(summary.model)}, quality {escape(summary.version)}.</p>'
    counts = {place: getattr(summary, place) for place in (*PLACES, "errors")}
    tiles = [_tile(name, count, summary.records) for name, count in counts.items() if count or name in {"kept", "rejected"}]
    yield f'<div class="tiles">{"".join(tiles)}{_tile("uncertain", summary.uncertain, summary.records)}</div>'


def _tile(name: str, count: int, whole: int) -> str:
    return f'<div class="tile"><b>{count:,}</b>{name} <small>{_percent(count, whole)}</small></div>'


def _labels(figures: Figures) -> Iterator[str]:
    labels = {label: figures.summary.labels.get(label, 0) for label in LABELS}
    whole = figures.summary.records - figures.summary.errors
    yield f'<h2>Labels</h2><div class="card">{drawing.stacked_bar(shares(labels), "Share of each label")}{_KEY}</div>'
    rows = []
    for label, count in labels.items():
        places = [_number(figures.places[label, place]) for place in PLACES]
        rows.append([(label, None), _number(count), _share(count, whole), *places])
    yield _table(("label", "documents", "share", *PLACES), rows)


def _reasons(figures: Figures) -> Iterator[str]:
    reasons = figures.summary.reasons
    if not reasons:
        return
    most, whole = max(reasons.values()), figures.summary.records
    rows: list[list[Cell]] = []
    for reason, count in reasons.items():
        rows.append([(REASONS[reason], None), _number(count), _share(count, whole), (drawing.bar(count / most, "rejected"), None)])
    yield "<h2>Why documents were not kept</h2>" + _table(("reason", "documents", "share of all", "beside the largest"), rows)


def _histograms(figures: Figures) -> Iterator[str]:
    charts = (("Quality", figures.quality), ("Share of boilerplate", figures.boilerplate))
    drawn = [
        f'<div class="card"><h3>{title}</h3>{drawing.histogram({name: held.tolist() for name, held in counts.items()}, title)}</div>'
        for title, counts in charts
    ]
    yield f'<h2>Quality and boilerplate</h2>{_KEY}<div class="two">{"".join(drawn)}</div>'


def _sites(figures: Figures) -> Iterator[str]:
    if set(figures.sites) <= {NOWHERE}:
        return
    left = len(figures.sites) - SITES
    note = f" The {SITES} with most documents; {left:,} more are in the ledger." if left > 0 else ""
    yield f'<h2>Sites</h2><p class="dim">Sorted by their share of filler; a head sorts by its column.{note}</p>{_KEY}'
    head = ("site", "documents", "labels", "filler", "rewrite", "original", "kept", "boilerplate")
    yield _table(head, [_site(site) for site in figures.worst_sites()])


def _site(site: Site) -> list[Cell]:
    split = drawing.split(shares({label: site.labels[label] for label in LABELS}))
    counts = [_share(site.labels[label], site.documents) for label in reversed(LABELS)]
    kept, boilerplate = _share(site.kept, site.documents), site.boilerplate / site.documents
    return [(_short(site.name), None), _number(site.documents), (split, None), *counts, kept, (f"{boilerplate:.0%}", boilerplate)]


def _groups(figures: Figures) -> Iterator[str]:
    groups = figures.largest_groups()
    if not groups:
        return
    copies, retold = sum(group.copies for group in figures.groups.values()), sum(group.retellings for group in figures.groups.values())
    told = f"{len(figures.groups):,} documents are copied {copies:,} times and retold {retold:,} times."
    yield f'<h2>Copies and retellings</h2><p class="dim">{told}</p>'
    rows = [[(_short(group.origin), None), _number(group.copies), _number(group.retellings), (_members(group), None)] for group in groups]
    yield _table(("document", "copies", "retellings", "which"), rows)


def _members(group: Group) -> str:
    told = [
        f"{how} {similarity:.2f}: {_short(name)}" + (f" <small>{_short(site)}</small>" if site else "")
        for name, site, how, similarity in group.members
    ]
    more = group.copies + group.retellings - len(group.members)
    return "<br>".join([*told, *([f"and {more:,} more"] if more else [])])


def _doubts(figures: Figures) -> Iterator[str]:
    if not figures.doubts:
        return
    doubts = sorted({doubt for doubt, _ in figures.doubts}, key=lambda doubt: -sum(figures.doubts[doubt, place] for place in PLACES))
    rows = []
    for doubt in doubts:
        counts = [figures.doubts[doubt, place] for place in PLACES]
        rows.append([(doubt, None), _number(sum(counts)), *map(_number, counts)])
    yield "<h2>Uncertain verdicts</h2>" + _table(("why", "documents", *PLACES), rows)


def _examples(figures: Figures) -> Iterator[str]:
    by_reason: dict[str, list[Mapping[str, Any]]] = {}
    for row in figures.examples:
        by_reason.setdefault(reason_of(row) or "", []).append(row)
    if by_reason:
        told = "Marked: what speaks for the reason. Struck through: boilerplate. A few of each, as if by lot."
        yield f'<h2>Examples</h2><p class="dim">{told}</p>'
    order = [*figures.summary.reasons, UNCERTAIN]
    for reason in sorted(by_reason, key=lambda name: order.index(name) if name in order else len(order)):
        yield f"<h3>{escape(REASONS.get(reason, reason)).capitalize()}</h3>" + "".join(map(_example, by_reason[reason]))


def _example(row: Mapping[str, Any]) -> str:
    told = f"{_short(row['site'] or '')} · {escape(row['label'])} {row['confidence']:.0%}"
    name = f"<summary>{_short(row['title'] or row['id'])} <small>{told}</small></summary>"
    detail = f"<p>{_plain(row['detail'][0].upper() + row['detail'][1:])}.</p>" if row["detail"] else ""
    reasons = "".join(f"<li>{_plain(reason)}</li>" for reason in row["reasons"])
    text = f"<blockquote>{marked(row['text'], row['marks'])}</blockquote>"
    where = f'<p class="dim">{_short(row["file"])}:{row["row"]}</p>'
    return f"<details>{name}{detail}<ul>{reasons}</ul>{text}{where}</details>"


def marked(text: str, marks: Sequence[view.Mark]) -> str:
    """The telling parts of a text as HTML, with its evidence marked: its opening, and what stands around each mark."""
    pieces = []
    for begin, end in _windows(len(text), marks):
        inside = [(max(start, begin) - begin, min(stop, end) - begin, name) for start, stop, name in marks if start < end and stop > begin]
        pieces += [_stretch(*stretch) for stretch in view.stretches(text[begin:end], inside)]
        pieces.append(" … " if end < len(text) else "")
    return "".join(pieces)


def _stretch(text: str, names: Sequence[str]) -> str:
    """A stretch of text, marked with what is said of it; what is to be cut is struck through, whatever else is said of it."""
    if not names:
        return _plain(text)
    kind = ' class="cut"' if any(name.startswith(view.CUT) for name in names) else ""
    return f'<mark{kind} title="{escape(", ".join(names))}">{_plain(text)}</mark>'


def _windows(size: int, marks: Iterable[view.Mark]) -> list[tuple[int, int]]:
    """The stretches to show, sorted and apart, no more than some _LONGEST characters in all."""
    shown = [(0, min(_OPENING, size))]
    for start, stop, _ in sorted(marks):
        begin, end = max(start - _AROUND, 0), min(min(stop, start + _LONGEST // 3) + _AROUND, size)
        if sum(stop - start for start, stop in shown) > _LONGEST:
            break
        if begin <= shown[-1][1]:
            shown[-1] = shown[-1][0], max(end, shown[-1][1])
        else:
            shown.append((begin, end))
    return shown


def _faults(figures: Figures) -> Iterator[str]:
    if figures.faults:
        rows = [[(f"{_short(fault['file'])}:{fault['row']}", None), (_plain(fault["cause"]), None)] for fault in figures.faults]
        yield f'<h2>What could not be read</h2><p class="dim">The first {len(rows)}; all are in errors.jsonl.</p>'
        yield _table(("where", "what"), rows)


def _plain(text: str) -> str:
    return escape("".join(character if character.isprintable() or character == "\n" else " " for character in text))


def _short(name: str) -> str:
    return _plain(name if len(name) <= _NAME else f"{name[: _NAME - 1]}…")


def _number(count: int) -> Cell:
    return f"{count:,}", count


def _share(count: int, whole: int) -> Cell:
    return _percent(count, whole), count / whole if whole else 0.0


def _percent(count: int, whole: int) -> str:
    return f"{count / whole:.1%}" if whole else ""


def _table(head: Sequence[str], rows: Sequence[Sequence[tuple[str, float | None]]]) -> str:
    """A table that sorts by its heads."""
    numeric = [bool(rows) and rows[0][column][1] is not None for column in range(len(head))]
    heads = "".join(f"<th{' class=n' * n}><button>{escape(name)}</button></th>" for name, n in zip(head, numeric, strict=True))
    lines = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table></div>'


def _cell(cell: Cell) -> str:
    shown, number = cell
    return f"<td>{shown}</td>" if number is None else f'<td class=n data-v="{number:.6g}">{shown}</td>'


_SECTIONS = (_opening, _labels, _reasons, _histograms, _sites, _groups, _doubts, _examples, _faults)
