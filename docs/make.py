"""Writes docs/signals.md from the docstrings of the signals; with --check says whether it is up to date."""

from __future__ import annotations

import argparse
import difflib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("signals.md")
HEAD = """\
# Signals

<!-- Written by `make docs` from the docstrings in classifier/signals/. Change them there. -->

What `quality` measures in a text. Each signal is one function; its name here is its name in `verdict.signals` and in the JSON.
`quality score FILE --why` marks in the text what was counted. A share of characters is what lies in its stretches, blanks and marks too,
of the characters that stand in words, and at most 1.
"""

Signal = Callable[..., Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with --check compare it; 1 where it is out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the page is out of date")
    check = parser.parse_args(arguments).check

    from classifier.signals import FAMILIES

    page = signals_page(FAMILIES)
    if not check:
        PAGE.write_text(page, encoding="utf-8")
        print(f"docs/{PAGE.name}: {sum(map(len, FAMILIES.values()))} signals in {len(FAMILIES)} families")
        return 0
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if before == page:
        return 0
    difference = difflib.unified_diff(before.splitlines(), page.splitlines(), f"docs/{PAGE.name}", "docstrings", n=0, lineterm="")
    print(*islice(difference, 20), f"docs/{PAGE.name} is out of date. Run: make docs", sep="\n", file=sys.stderr)
    return 1


def signals_page(families: Mapping[str, Sequence[Signal]]) -> str:
    """The page as Markdown: a table for each family, in the order of the model's columns."""
    return HEAD + "".join(line + "\n" for family, signals in families.items() for line in _table(family, signals))


def _table(family: str, signals: Sequence[Signal]) -> Iterator[str]:
    yield from ("", f"## {family}", "")
    if signals:
        yield from (first_line(inspect.getmodule(signals[0])), "")
    yield from ("| signal | what it measures |", "|---|---|")
    for signal in signals:
        meaning = first_line(signal).replace("|", r"\|")
        yield f"| `{family}.{signal.__name__}` | {meaning} |"


def first_line(thing: object) -> str:
    """The sentence that a docstring opens with.

    Raises:
        SystemExit: there is none.
    """
    lines = (inspect.getdoc(thing) or "").splitlines()
    if not lines:
        raise SystemExit(f"{thing!r} has no docstring. Its first line is its documentation.")
    return lines[0]


if __name__ == "__main__":
    sys.exit(main())
