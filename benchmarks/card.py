"""Writes into the model card what the benchmarks measured: accuracy by source, kind, length and era, disguises, marks in old articles."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from accuracy import RESULTS, ROOT, as_read
from disguise import DISGUISES, MOST_FLIPPED, PLAIN
from systems import TITLES

CARD = ROOT / "models" / "README.md"
BEGIN, END = "<!-- measured: written by benchmarks/card.py -->", "<!-- measured: end -->"
FEWEST = 20  # texts of a group that is told
PROTOCOLS = {"sources": "by_eye, sources left out", "families": "all corpora, families left out", "generators": "generators left out"}
GROUPS = {"by_source": "By source of by_eye", "by_kind": "By label and kind", "by_length": "By length", "by_era": "By era"}
_WEIGHTS = (
    "Here each family is left out in a round of its own, and every cell of data set and label weighs the same; "
    "in the table of `make train` above, families are left out in six rounds, and every text weighs the same. "
    "Of by_eye, every text weighs the same in both."
)
Table = Mapping[str, Any]


def main() -> int:
    """Put the section into the card, in the place of an earlier one."""
    card = CARD.read_text(encoding="utf-8")
    section = "\n".join([BEGIN, *_sections(), END])
    if BEGIN in card:
        card = card[: card.index(BEGIN)] + section + card[card.index(END) + len(END) :]
    else:
        before, heading, after = card.partition("## Known failures")
        card = f"{before}{section}\n\n{heading}{after}"
    CARD.write_text(card, encoding="utf-8")
    print(f"wrote {CARD}")
    return 0


def _sections() -> Iterator[str]:
    accuracy, disguise, marks = (_read(name) for name in ("accuracy", "disguise", "marks"))
    if accuracy:
        yield from (
            "",
            "### Beside other classifiers",
            "",
            "`python benchmarks/accuracy.py`; the same texts and rounds for all.",
            _WEIGHTS,
            "",
        )
        yield from _beside(accuracy)
        if earlier := [title for protocol, title in PROTOCOLS.items() if _is_earlier(accuracy, protocol)]:
            yield from ("", f"Measured with earlier models: {', '.join(earlier)}.")
        if line := as_read(accuracy.get("families", {})):
            yield from ("", f"Families left out, {line}.")
        by_eye = accuracy.get("sources", {}).get("ours", {})
        for key, title in GROUPS.items():
            if key in by_eye:
                yield from ("", f"### {title}", "", f"by_eye, sources left out; groups of {FEWEST} texts and more.", "")
                yield from _groups(by_eye[key])
        yield from _false_alarms(by_eye)
    if disguise:
        yield from (
            "",
            "### Under disguise",
            "",
            f"`python benchmarks/disguise.py`: {disguise[PLAIN]['texts']} texts of left-out sources, disguised after fitting.",
            "A label that flips may become right as well as wrong: the accuracy says what the disguise cost.",
            "",
        )
        yield from _disguises(disguise)
    if marks:
        yield from ("", "### Marks of chats in old articles", "")
        yield f"`python benchmarks/marks.py`: {marks['articles']:,} articles that people wrote before {marks['before']}."
        yield ""
        rows = [[f"`{name}`", count, f"{1000 * count / marks['articles']:.2f}"] for name, count in marks["fired"].items()]
        yield from _table(("signal", "articles", "per 1,000"), rows)
    yield ""


def _read(name: str) -> Table | None:
    path = RESULTS / f"{name}.json"
    found: Table | None = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    return found


def _is_earlier(accuracy: Table, protocol: str) -> bool:
    """Whether our figures under a protocol were measured with other code than the last that were measured."""
    ours = accuracy.get(protocol, {}).get("ours")
    return ours is not None and ours.get("code") != accuracy["how"]["code"]


def _beside(accuracy: Table) -> Iterator[str]:
    rows = [
        [PROTOCOLS[protocol], TITLES[name], *_figures(each)]
        for protocol in PROTOCOLS
        if protocol in accuracy
        for name, each in accuracy[protocol].items()
    ]
    head = (
        "texts",
        "classifier",
        "count",
        "macro-F1",
        "precision (o / r / f)",
        "recall",
        "calibration error",
        "certain",
        "of these right",
    )
    yield from _table(head, rows)


def _figures(each: Table) -> list[object]:
    shares = [" / ".join("" if value is None else f"{value:.2f}" for value in each[key].values()) for key in ("precision", "recall")]
    sure = each["certain"]
    return [
        each["texts"],
        f"{each['macro_f1']:.3f}",
        *shares,
        f"{each['calibration_error']:.3f}",
        f"{sure['share']:.0%}",
        f"{sure['accuracy'] or 0:.0%}",
    ]


def _groups(groups: Table) -> Iterator[str]:
    rows = [
        [name, each["texts"], f"{each['accuracy']:.2f}", ", ".join(f"{label} {value:.2f}" for label, value in each["recall"].items())]
        for name, each in groups.items()
        if each["texts"] >= FEWEST
    ]
    yield from _table(("group", "texts", "accuracy", "found of each label"), rows)


def _false_alarms(ours: Table) -> Iterator[str]:
    if "called" not in ours:
        return
    yield from (
        "",
        "### False alarms",
        "",
        "The share of texts of each label that are called otherwise, and that are so for certain.",
        "",
    )
    rows = [[label, f"{each['otherwise']:.1%}", f"{each['otherwise_and_certain']:.1%}"] for label, each in ours["called"].items()]
    yield from _table(("what it is", "called otherwise", "and certain"), rows)


def _disguises(disguise: Table) -> Iterator[str]:
    rows = []
    for name, each in disguise.items():
        innocent = name in DISGUISES and DISGUISES[name][1]
        bar = f"{MOST_FLIPPED:.0%}" if innocent else ""
        flipped = [f"{each['flipped']:.1%}", bar, f"{each['flipped_of_changed']:.1%}", each["changed"]]
        rows.append([name, f"{each['accuracy']:.3f}", f"{each['macro_f1']:.3f}", *flipped])
    head = ("disguise", "accuracy", "macro-F1", "labels that flipped", "at most, if innocent", "of changed texts", "texts changed")
    yield from _table(head, rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"


if __name__ == "__main__":
    sys.exit(main())
