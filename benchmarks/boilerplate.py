"""Boilerplate line by line: the line model beside jusText and trafilatura, which see the HTML, and beside two simple rules.

Run: python -m benchmarks.boilerplate [--corpora ../shared/corpora] [--sets fundus andythefactory]
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.boilerplate import lines
from classifier.document import Batch, read_many
from classifier.training.pages import BOILERPLATE, CONTENT, EXTRACTED, TEST_SETS, VISIBLE, Page, read_records, views
from classifier.verdict import Line

Flags = NDArray[np.bool_]

_CUES = re.compile(
    r"\b(newsletter|subscribe|sign up|read more|also read|related|advertisement|follow (us|him|her)|share this|comments?|cookies?|"
    r"copyright|all rights reserved|©|photo(graph)? by|click here|getty|@\w+)",
    re.IGNORECASE,
)
_NOT_WORDS = re.compile(r"\W+")
_LEAST = 4  # words: a shorter line may stand in an extract by chance


@dataclass(frozen=True)
class Score:
    """How well lines were told apart, and what it cost."""

    precision: float
    recall: float
    residue: float
    lost: float
    content: float

    @property
    def f1(self) -> float:
        """F1 of the boilerplate class."""
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-9)

    def __str__(self) -> str:
        return (
            f"P {self.precision:.2f}  R {self.recall:.2f}  F1 {self.f1:.3f}  pages with residue {self.residue:5.1%}  "
            f"content words lost {self.lost:5.2%}  content F1 {self.content:.3f}"
        )


def measure(pages: Sequence[Page], cut: Sequence[Flags]) -> Score:
    """Line precision, recall and F1, pages that still hold boilerplate, and content words lost, over all pages together."""
    labels, flags = np.concatenate([page.labels for page in pages]), np.concatenate(cut)
    words = np.concatenate([np.bincount(page.document.words.line, minlength=len(page.labels)) for page in pages])
    boilerplate, content = labels == BOILERPLATE, labels == CONTENT
    hit, kept = (flags & boilerplate).sum(), (~flags & content).sum()
    known = boilerplate | content
    left = [bool(((page.labels == BOILERPLATE) & ~flag).any()) for page, flag in zip(pages, cut, strict=True)]
    return Score(
        precision=hit / max((flags & known).sum(), 1),
        recall=hit / max(boilerplate.sum(), 1),
        residue=float(np.mean(left)),
        lost=words[flags & content].sum() / max(words[content].sum(), 1),
        content=2 * kept / max((~flags & known).sum() + content.sum(), 1),
    )


def by_model(pages: Sequence[Page], batches: Sequence[Batch]) -> list[Flags]:
    """What is cut from the pages of some batches: a line counts as cut where half of it or more is."""
    judged = [found for batch in batches for found in lines(batch)]
    return [_mostly_cut(page, found) for page, found in zip(pages, judged, strict=True)]


def _mostly_cut(page: Page, judged: Sequence[Line]) -> Flags:
    spans = page.document.words.lines
    share = np.zeros(len(spans))
    for line in judged:
        share += np.clip(np.minimum(spans[:, 1], line.end) - np.maximum(spans[:, 0], line.start), 0, None)
    return share * 2 >= np.diff(spans, axis=1)[:, 0]


def by_rule(pages: Sequence[Page], rule: Callable[[str], bool]) -> list[Flags]:
    """What a rule on the text of a line alone cuts."""
    return [np.array([rule(page.document.text[start:end]) for start, end in page.document.words.lines.tolist()], bool) for page in pages]


def is_cue(line: str) -> bool:
    """A short line with a word that boilerplate likes."""
    return bool(_CUES.search(line)) and len(line.split()) < 40


def is_short(line: str) -> bool:
    """A line of few words without a stop."""
    return len(line.split()) < 10 and not line.rstrip("\"”'’)").endswith((".", "!", "?"))


def by_extract(pages: Sequence[Page], extracts: Sequence[str]) -> list[Flags]:
    """Every line that an extractor, which saw the HTML, left out."""
    return [_missing(page, extract) for page, extract in zip(pages, extracts, strict=True)]


def _missing(page: Page, extract: str) -> Flags:
    whole, lines = f" {_plain(extract)} ", {_plain(line) for line in extract.split("\n")}
    plain = [_plain(page.document.text[start:end]) for start, end in page.document.words.lines.tolist()]
    return np.array([not (line in lines or (line.count(" ") >= _LEAST - 1 and f" {line} " in whole)) for line in plain], bool)


def _plain(text: str) -> str:
    return _NOT_WORDS.sub(" ", text.lower()).strip()


def compare(name: str, corpora: Path) -> None:
    """Print the two tasks of one set: what trafilatura leaves behind, and all that is visible."""
    records = list(read_records(corpora / "pages" / f"{name}.jsonl.gz"))
    both = [{page.view: page for page in views(record, titles=False)} for record in records]
    for view, title in ((EXTRACTED, "left in trafilatura's output"), (VISIBLE, "all visible text")):
        chosen = [(record, seen[view]) for record, seen in zip(records, both, strict=True) if view in seen]
        pages = [page for _, page in chosen]
        batches = list(read_many(page.document for page in pages))
        print(f"\n{name}: {title}, {len(pages)} pages")
        before = time.process_time()
        _row("line model (text)", measure(pages, by_model(pages, batches)))
        print(f"  {'':24}{1000 * (time.process_time() - before) / len(pages):.2f} ms a page")
        _row("jusText (HTML)", measure(pages, by_extract(pages, [record["justext"] or "" for record, _ in chosen])))
        if view == VISIBLE:
            _row("trafilatura (HTML)", measure(pages, by_extract(pages, [record["trafilatura"] or "" for record, _ in chosen])))
        _row("cue words", measure(pages, by_rule(pages, is_cue)))
        _row("length and punctuation", measure(pages, by_rule(pages, is_short)))


def _row(name: str, score: Score) -> None:
    print(f"  {name:24}{score}")


def main(arguments: Iterable[str] | None = None) -> None:
    """Compare on the sets that the shipped model never saw, or on others (the shipped model was trained on those)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, default=Path("../shared/corpora"))
    parser.add_argument("--sets", nargs="+", default=list(TEST_SETS))
    options = parser.parse_args(None if arguments is None else list(arguments))
    for name in options.sets:
        compare(name, options.corpora)


if __name__ == "__main__":
    main()
