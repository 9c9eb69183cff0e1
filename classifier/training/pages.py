"""Pages with a label for each line: the corpora of whole pages, the texts labelled by reading, and mixtures of both."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier.document import Document
from classifier.words import Ints

CONTENT, BOILERPLATE, UNKNOWN = 0, 1, -1
VISIBLE, EXTRACTED, EXTRACTED_STRICTLY, READ, TRANSPLANTED = "visible", "trafilatura", "justext", "read", "transplanted"
TRAIN_SETS, TEST_SETS = ("wcxb_article", "readability", "cleaneval"), ("fundus", "andythefactory")

_LETTERS = {"C": CONTENT, "B": BOILERPLATE, "A": UNKNOWN}
_NAMES = {"content": CONTENT, "boilerplate": BOILERPLATE, "ambiguous": UNKNOWN}
_VIEW_WEIGHTS = {VISIBLE: 0.25, EXTRACTED: 1.0, EXTRACTED_STRICTLY: 0.4, READ: 1.0, TRANSPLANTED: 0.6}
_SET_WEIGHTS = {"cleaneval": 0.25}
_READ_HEAD, _READ_TAIL = 2200, 600  # characters of a long text that its readers saw
_NOT_WORDS = re.compile(r"\W+")
_TITLE = 15  # characters: a shorter title may be the name of the site
_DONOR_WORDS = 5  # boilerplate that extractors leave behind is mostly whole sentences


@dataclass(frozen=True)
class Page:
    """A page with a label for each line: BOILERPLATE, CONTENT or UNKNOWN, shape (lines that hold anything,)."""

    document: Document
    labels: Ints
    dataset: str
    view: str
    identity: str

    @property
    def weight(self) -> float:
        """How much each of its lines counts in training."""
        return _VIEW_WEIGHTS[self.view] * _SET_WEIGHTS.get(self.dataset, 1.0)


def labelled(lines: Sequence[str], labels: Iterable[int], dataset: str, view: str, identity: str) -> Page:
    """A page from its lines and their labels; blank lines fall away."""
    document = Document("\n".join(lines))
    starts = np.cumsum([0, *(len(line) + 1 for line in lines)])
    row = np.searchsorted(starts, document.words.lines[:, 0], side="right") - 1
    return Page(document, np.array([*labels, UNKNOWN], dtype=np.int64)[row], dataset, view, identity)


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a gzipped JSONL file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def read_all(corpora: Path, sets: Sequence[str] = TRAIN_SETS, left_out: Sequence[str] = TEST_SETS) -> list[Page]:
    """Every view of every page of some sets, and the texts labelled by reading that come from no left-out set."""
    pages = [page for name in sets for record in read_records(corpora / "pages" / f"{name}.jsonl.gz") for page in views(record)]
    texts = read_records(corpora / "articles" / "by_eye.jsonl.gz")
    return [*pages, *(read_page(record) for record in texts if record["source"] not in left_out)]


def views(record: Mapping[str, Any], *, titles: bool = True) -> Iterator[Page]:
    """A page as its visible text and as two extractors leave it, the block of comments left out.

    With `titles`, a line that repeats the title is CONTENT where the set does not say what it is.
    """
    visible = record["lines"]
    for view, lines, given in (
        (VISIBLE, [line["text"].replace("\n", " ") for line in visible], [_NAMES[line["label"]] for line in visible]),
        (EXTRACTED, *_extracted(record, EXTRACTED, record["trafilatura_comment_lines"])),
        (EXTRACTED_STRICTLY, *_extracted(record, EXTRACTED_STRICTLY, 0)),
    ):
        labels = _with_title(lines, given, record.get("title") or "") if titles else given
        if lines:
            yield labelled(lines, labels, record["dataset"], view, f"{record['dataset']}/{record['id']}")


def _extracted(record: Mapping[str, Any], view: str, comments: int) -> tuple[list[str], list[int]]:
    letters = record[f"{view}_labels"] or ""
    letters = letters[: len(letters) - comments]
    return (record[view] or "").split("\n")[: len(letters)], [_LETTERS[letter] for letter in letters]


def _with_title(lines: Sequence[str], labels: Sequence[int], title: str) -> list[int]:
    plain = _plain(title)
    same = [
        label == UNKNOWN and len(line) < 2 * len(title) and len(_plain(line)) > _TITLE and _plain(line) in plain
        for line, label in zip(lines, labels, strict=True)
    ]
    return [CONTENT if is_title else label for label, is_title in zip(labels, same, strict=True)]


def _plain(text: str) -> str:
    return _NOT_WORDS.sub(" ", text.lower()).strip()


def read_page(record: Mapping[str, Any]) -> Page:
    """A text whose boilerplate lines were named by reading; what its readers did not see is UNKNOWN."""
    lines = record["text"].split("\n")
    labels = np.zeros(len(lines), dtype=np.int64)
    ends = np.cumsum([len(line) + 1 for line in lines])
    if ends[-1] > _READ_HEAD + _READ_TAIL:
        labels[(ends > _READ_HEAD) & (ends < ends[-1] - _READ_TAIL)] = UNKNOWN
    labels[record.get("boilerplate_lines") or []] = BOILERPLATE
    identity = record["id"].removeprefix("by_eye/")
    return labelled(lines, labels.tolist(), record["source"], READ, identity)


def transplanted(pages: Sequence[Page], group: Callable[[Page], object], seed: int = 0) -> Iterator[Page]:
    """Articles with boilerplate of other pages of the same group set between their lines.

    Position alone must not decide: a prompt is one wherever it stands, and a last paragraph is none.
    """
    generator = np.random.default_rng(seed)
    donors: dict[object, list[str]] = {}
    for page in pages:
        donors.setdefault(group(page), []).extend(_spare_lines(page))
    for page in pages:
        pool = donors[group(page)]
        if page.view in (READ, EXTRACTED) and len(page.labels) > 3 and pool and generator.random() < 0.6:
            yield _with_donors(page, [pool[k] for k in generator.integers(len(pool), size=generator.integers(1, 5))], generator)


def _lines_of(page: Page) -> list[str]:
    return [page.document.text[start:end] for start, end in page.document.words.lines.tolist()]


def _spare_lines(page: Page) -> list[str]:
    if page.view == TRANSPLANTED:
        return []
    lines = zip(_lines_of(page), page.labels.tolist(), strict=True)
    return [line for line, label in lines if label == BOILERPLATE and line.count(" ") >= _DONOR_WORDS - 1 and len(line) < 700]


def _with_donors(page: Page, spare: Sequence[str], generator: np.random.Generator) -> Page:
    lines, labels = _lines_of(page), page.labels.tolist()
    for line in spare:
        draw = generator.random()
        place = len(lines) if draw < 0.4 else int(generator.integers(0, len(lines) + 1))
        lines.insert(place, line)
        labels.insert(place, BOILERPLATE)
    return labelled(lines, labels, page.dataset, TRANSPLANTED, page.identity)
