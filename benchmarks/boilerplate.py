"""Boilerplate line by line: the line model beside jusText and trafilatura, which see the HTML, and beside two simple rules.

Run: python -m benchmarks.boilerplate [--corpora ../shared/corpora] [--sets fundus andythefactory] [--left-out wcxb_article] [--pin]
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier import Scorer, boilerplate
from classifier.boilerplate.judgement import judge_lines
from classifier.boilerplate.model import LineModel, shipped
from classifier.boilerplate.templates import Templates
from classifier.document import Document, read_many
from classifier.training.pages import BOILERPLATE, CONTENT, EXTRACTED, TEST_SETS, TRAIN_SETS, VISIBLE, Page, read_records, views
from classifier.verdict import Line

Flags = NDArray[np.bool_]
Table = dict[str, Any]

HERE = Path(__file__).resolve().parent
RESULTS, FLOORS = HERE / "results" / "boilerplate.json", HERE / "boilerplate_floors.json"
SLACK = 0.01  # how far under what was measured a floor is pinned
OURS = "line model (text)"
TASKS = {EXTRACTED: "left in trafilatura's output", VISIBLE: "all visible text"}

_CUES = re.compile(
    r"\b(newsletter|subscribe|sign up|read more|also read|related|advertisement|follow (us|him|her)|share this|comments?|cookies?|"
    r"copyright|all rights reserved|©|photo(graph)? by|click here|getty|@\w+)",
    re.IGNORECASE,
)
_NOT_WORDS = re.compile(r"\W+")
_LEAST = 4  # words: a shorter line may stand in an extract by chance


@dataclass(frozen=True)
class Score:
    """How well lines were told apart, and what it cost; all are shares, 0..1.

    Attributes:
        f1, precision, recall: of boilerplate lines, over all pages together.
        residue: pages that still hold a boilerplate line.
        lost: words of content lines that were cut.
        content_f1: F1 of the lines of content.
    """

    f1: float
    precision: float
    recall: float
    residue: float
    lost: float
    content_f1: float

    def __str__(self) -> str:
        return (
            f"P {self.precision:.2f}  R {self.recall:.2f}  F1 {self.f1:.3f}  pages with residue {self.residue:5.1%}  "
            f"content words lost {self.lost:5.2%}  content F1 {self.content_f1:.3f}"
        )


def measure(pages: Sequence[Page], cut: Sequence[Flags]) -> Score:
    """How well lines were told apart, over all pages together."""
    labels, flags = np.concatenate([page.labels for page in pages]), np.concatenate(cut)
    words = np.concatenate([np.bincount(page.document.words.line, minlength=len(page.labels)) for page in pages])
    boilerplate, content = labels == BOILERPLATE, labels == CONTENT
    hit, kept = (flags & boilerplate).sum(), (~flags & content).sum()
    known = boilerplate | content
    left = [bool(((page.labels == BOILERPLATE) & ~flag).any()) for page, flag in zip(pages, cut, strict=True)]
    columns = {
        "f1": 2 * hit / max((flags & known).sum() + boilerplate.sum(), 1),
        "precision": hit / max((flags & known).sum(), 1),
        "recall": hit / max(boilerplate.sum(), 1),
        "residue": np.mean(left),
        "lost": words[flags & content].sum() / max(words[content].sum(), 1),
        "content_f1": 2 * kept / max((~flags & known).sum() + content.sum(), 1),
    }
    return Score(**{name: round(float(value), 4) for name, value in columns.items()})


def by_judgement(pages: Sequence[Page]) -> list[Flags]:
    """What `boilerplate.judge` cuts: a line counts as cut where half of it or more is."""
    judged = [found for batch in read_many(page.document for page in pages) for found in boilerplate.lines(batch)]
    return [_mostly_cut(page, found) for page, found in zip(pages, judged, strict=True)]


def _mostly_cut(page: Page, judged: Sequence[Line]) -> Flags:
    spans = page.document.words.lines
    share = np.zeros(len(spans))
    for line in judged:
        share += np.clip(np.minimum(spans[:, 1], line.end) - np.maximum(spans[:, 0], line.start), 0, None)
    return share * 2 >= np.diff(spans, axis=1)[:, 0]


def by_model(pages: Sequence[Page], model: LineModel, templates: Templates | None = None) -> list[Flags]:
    """What a line model cuts as whole lines, with what the sites of the pages are known to repeat."""
    flags: list[Flags] = []
    for batch in read_many(page.document for page in pages):
        sheet, _, cut = judge_lines(batch, model, templates)
        flags += np.split(cut, sheet.first[1:-1])
    return flags


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


def pages_of(corpora: Path, name: str, view: str) -> tuple[list[Mapping[str, Any]], list[Page]]:
    """The records of a set that have a view, and their pages in it."""
    records = list(read_records(corpora / "pages" / f"{name}.jsonl.gz"))
    seen = [(record, page) for record in records for page in views(record, titles=False) if page.view == view]
    return [record for record, _ in seen], [page for _, page in seen]


def compare(corpora: Path, name: str, view: str, *, rivals: bool = True) -> Table:
    """The score of each system on one task of one set."""
    records, pages = pages_of(corpora, name, view)
    systems = {OURS: by_judgement(pages)}
    if rivals:
        systems["trafilatura (HTML)"] = by_extract(pages, [record["trafilatura"] or "" for record in records])
        systems["jusText (HTML)"] = by_extract(pages, [record["justext"] or "" for record in records])
        systems |= {"cue words": by_rule(pages, is_cue), "length and punctuation": by_rule(pages, is_short)}
    return {system: asdict(measure(pages, flags)) for system, flags in systems.items()}


def left_out(corpora: Path, name: str) -> Table:
    """The score on a set of a line model that never saw it, nor those of its texts that were labelled by reading."""
    from classifier.training.lines import fit, fold_of
    from classifier.training.pages import read_all, transplanted

    seen = read_all(corpora, [other for other in TRAIN_SETS if other != name], (*TEST_SETS, name))
    model = fit([*seen, *transplanted(seen, fold_of)])
    found = {}
    for view in TASKS:
        _, pages = pages_of(corpora, name, view)
        found[view] = asdict(measure(pages, by_model(pages, model)))
    return found


def cost(corpora: Path, texts: int = 600, rounds: int = 5) -> Table:
    """Milliseconds of processor time a text that judging lines takes, its share of all scoring, and how long a text is.

    Medians of some rounds; of the texts' lengths, the mean.
    """
    records = read_records(corpora / "articles" / "by_eye.jsonl.gz")
    documents = [record["text"] for record, _ in zip(records, range(texts), strict=False)]
    scorer = Scorer()
    shares, times = [], []
    for _ in range(rounds + 1):
        whole = _timed(lambda: list(scorer.score_many(documents)))
        batches = list(read_many(map(Document, documents)))
        lines = _timed(lambda batches=batches: [boilerplate.judge(batch) for batch in batches])  # type: ignore[misc]
        times.append(1000 * lines / texts)
        shares.append(lines / whole)
    return {
        "milliseconds": round(statistics.median(times[1:]), 3),
        "share_of_scoring": round(statistics.median(shares[1:]), 3),
        "characters": round(statistics.mean(map(len, documents))),
    }


def _timed(job: Callable[[], object]) -> float:
    before = time.process_time()
    job()
    return time.process_time() - before


def floors_of(corpora: Path) -> dict[str, float]:
    """What is held: F1 of both tasks on the sets never trained on, and the words of content that stay."""
    held = {}
    for name in TEST_SETS:
        for view in TASKS:
            ours = compare(corpora, name, view, rivals=False)[OURS]
            held |= {f"{name} {view} f1": ours["f1"], f"{name} {view} content_f1": ours["content_f1"]}
            if view == EXTRACTED:
                held |= {f"{name} {view} kept": 1 - ours["lost"], f"{name} {view} clean pages": 1 - ours["residue"]}
    return held


def pin(corpora: Path, *, allow_regression: bool) -> None:
    """Pin the floors of now; a floor goes down only where that is allowed."""
    old = json.loads(FLOORS.read_text(encoding="utf-8")) if FLOORS.exists() else {}
    new = {name: round(value - (0.001 if name.endswith("kept") else SLACK), 3) for name, value in floors_of(corpora).items()}
    if not allow_regression:
        new = {name: max(value, old.get(name, value)) for name, value in new.items()}
    FLOORS.write_text(json.dumps(new, indent=1) + "\n", encoding="utf-8")


def main(arguments: Iterable[str] | None = None) -> None:
    """Compare on the sets that the shipped model never saw, or on others (the shipped model was trained on those)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, default=HERE.parent.parent / "shared" / "corpora")
    parser.add_argument("--sets", nargs="*", default=list(TEST_SETS))
    parser.add_argument("--left-out", metavar="SET", help="also fit a line model without this set, and measure on it (four minutes)")
    parser.add_argument("--pin", action="store_true", help="pin the floors of now; none goes down")
    parser.add_argument("--allow-regression", action="store_true", help="with --pin: floors may go down")
    options = parser.parse_args(None if arguments is None else list(arguments))
    fresh: Table = {}
    for name in options.sets:
        fresh[name] = {"model": digest(), **{view: compare(options.corpora, name, view) for view in TASKS}}
        _show(name, fresh[name])
    if options.sets:
        fresh["cost"] = {"model": digest(), **cost(options.corpora)}
        print("\n{milliseconds:.2f} ms a text of {characters:,} characters, {share_of_scoring:.0%} of scoring".format(**fresh["cost"]))
    if options.left_out:
        name = f"{options.left_out} left out"
        fresh[name] = {view: {OURS: score} for view, score in left_out(options.corpora, options.left_out).items()}
        _show(name, fresh[name])
    if options.pin:
        pin(options.corpora, allow_regression=options.allow_regression)
    keep(RESULTS, fresh)


def digest() -> str:
    """Which line model is shipped; results that are not of it, but of one that was fitted for them, name none."""
    return str(shipped().facts["sha256"][:12])


def keep(path: Path, fresh: Table) -> None:
    """Write results into a file; others that stand there stay as they were measured."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps({**known, **fresh}, indent=1) + "\n", encoding="utf-8")


def _show(name: str, tasks: Mapping[str, Any]) -> None:
    for view, systems in ((view, tasks[view]) for view in TASKS):
        print(f"\n{name}: {TASKS[view]}")
        for system, score in systems.items():
            print(f"  {system:24}{Score(**score)}")


if __name__ == "__main__":
    main()
