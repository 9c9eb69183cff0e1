"""Labelled texts for training and measuring: a user's JSONL, the project's seeds, and the corpora after repair."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from classifier.errors import LabelError
from classifier.verdict import LABELS

OTHER = "other"  # opinion, satire, fiction …: none of the three, kept to learn what is out of scope
BY_EYE = "by_eye"
READ_HERE = "read_here"  # texts of the corpora that were read for this project, after by_eye's guide
ONE_FAMILY = {"l2r": "xsum"}  # sets that share texts beyond what their `family` says: both hold rewrites of the same BBC stories
ALTERED = "altered"  # the kind of copies that were made for training
READINGS = Path(__file__).with_name("readings.csv")

_GLUED = re.compile(r"(?<=[a-z0-9\"”])([.!?][\"”]?)(?=[A-Z“\"][a-z]|[A-Z][a-z])")
_WIRE_TAG = re.compile(r"^.{0,60}?\((?:Reuters|AP|AFP|CNN)\)\s*[-–—]+\s*")
_CHAT_OPENING = re.compile(
    r"^[\"'`\s]*(?:(?:sure|certainly|of course)[!,.]?\s*)?"
    r"(?:here(?:'s| is| are)|as requested|title|headline|rewritten (?:article|version)|polished)[^\n:.]{0,80}:\s*",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"\S.*?(?:[.!?][\"”’')\]]{0,2}(?=\s+[\"“‘'(\[]{0,2}[A-Z0-9])|$)", re.DOTALL)
_WIDE = "{}: this looks like UTF-16. Save it as UTF-8."
MACHINE_WORDS = (90, 260)  # windows of the machine-made sets are cut to a length drawn from this range, on every side alike


@dataclass(frozen=True)
class Example:
    """A labelled text.

    Attributes:
        text: what is judged.
        label: one of LABELS, or `other`.
        dataset, family, source: where it comes from; texts of one family are never on both sides of a split.
        generator: the program that wrote it, or "".
        weight: how much it counts in training.
        id, kind, confidence, date, source_id: what the data set says of it, or "".
    """

    text: str
    label: str
    dataset: str = ""
    family: str = ""
    source: str = ""
    generator: str = ""
    weight: float = 1.0
    id: str = ""
    kind: str = ""
    confidence: str = ""
    date: str = ""
    source_id: str = ""

    @property
    def was_read(self) -> bool:
        """Whether the label was given by reading the text."""
        return self.dataset in (BY_EYE, READ_HERE)

    @property
    def is_measured(self) -> bool:
        """Whether it counts when a model is measured; altered copies, and what was read here for a model's doubt, only train."""
        return self.kind != ALTERED and self.dataset != READ_HERE


def read_labels(path: str | Path) -> list[Example]:
    """The examples of a user's JSONL file of `{"text": …, "label": …}`; a `family` is read where given.

    Raises:
        LabelError: the file cannot be read, a line is no such record, or fewer than two labels occur.
    """
    path = Path(path)
    examples = [_user_example(path, number, row) for number, row in _rows(path)]
    present = {example.label for example in examples}
    if len(present) < 2:
        raise LabelError(f"{path}: {len(examples)} texts with {len(present)} labels. Give texts of at least two of: {', '.join(LABELS)}.")
    return examples


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rb") as lines:
            for number, line in enumerate(lines, start=1):
                if b"\0" in line:
                    raise LabelError(_WIDE.format(path))
                if not (told := _decoded(path, number, line)):
                    continue
                try:
                    row = json.loads(told)
                except (ValueError, RecursionError) as error:
                    raise LabelError(f"{path}:{number}: not JSON ({error}). Write one object a line.") from error
                if not isinstance(row, dict):
                    raise LabelError(f'{path}:{number}: a {type(row).__name__}, not an object. Write {{"text": …, "label": …}}.')
                yield number, row
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise LabelError(f"{path}: cannot be read: {reason}. Give a JSONL file of texts with labels.") from error


def _decoded(path: Path, number: int, line: bytes) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
    except UnicodeDecodeError as error:
        raise LabelError(f"{path}:{number}: not UTF-8 (byte 0x{line[error.start]:02x}). Save the file as UTF-8.") from error


def _user_example(path: Path, number: int, row: dict[str, Any]) -> Example:
    text, label = row.get("text"), row.get("label")
    for name in ("text", "label"):
        if name not in row:
            found = ", ".join(f'"{key[:40]}"' for key in list(row)[:8]) or "nothing"
            raise LabelError(f'{path}:{number}: no "{name}"; found {found}. Write {{"text": …, "label": …}}.')
    if not isinstance(text, str):
        raise LabelError(
            f"{path}:{number}: the text is {json.dumps(text)[:40]}, which is no string. Put it in quotes, or leave the line out."
        )
    if not text.strip():
        raise LabelError(f"{path}:{number}: the text is empty. Leave the line out.")
    label = label.strip().casefold() if isinstance(label, str) else label
    if label not in LABELS:
        raise LabelError(f"{path}:{number}: label {label!r} is none of {', '.join(LABELS)}.")
    family = row.get("family")
    return Example(text, label, family="" if family is None else str(family))


def read_seeds(folder: Path) -> list[Example]:
    """The exemplars of a folder with one sub-folder a label; each file is a family of its own."""
    paths = [path for label in LABELS for path in sorted((folder / label).glob("*.txt"))]
    if not paths:
        raise LabelError(f"{folder}: no seeds. Put texts into {folder}/original, {folder}/rewrite and {folder}/filler.")
    return [
        Example(path.read_text(encoding="utf-8"), path.parent.name, dataset="seeds", family=path.stem, source=path.stem, id=path.stem)
        for path in paths
    ]


def read_corpora(folder: Path) -> list[Example]:
    """Every labelled text below `folder`, those of machine-made sets repaired so that no set gives itself away by its layout.

    A text that was read for this project comes with that label too, as READ_HERE.
    """
    readings, examples = read_readings(), []
    for path in sorted(folder.glob("*/*.jsonl.gz")):
        dataset = path.name.partition(".")[0]
        for _, row in _rows(path):
            name = f"{dataset}/{str(row.get('id')).removeprefix(dataset + '/')}"
            if reading := readings.get(reading_key(name)):
                examples.append(_read_example(row, dataset, name, *reading))
            if row.get("label"):
                examples.append(_corpus_example(row))
    if not examples:
        raise LabelError(f"{folder}: no corpora. Expected articles/*.jsonl.gz there.")
    return examples


def reading_key(name: str) -> str:
    """What a text that was read is known by in READINGS: ids such as `dataset/id` hold headlines, which are not ours to print."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def read_readings() -> dict[str, tuple[str, str]]:
    """The label and the confidence of each text that was read for this project, by its key; the wheel carries none."""
    if not READINGS.exists():
        return {}
    with READINGS.open(encoding="utf-8", newline="") as lines:
        return {row["key"]: (row["label"], row["confidence"]) for row in csv.DictReader(lines)}


def _read_example(row: dict[str, Any], dataset: str, name: str, label: str, confidence: str) -> Example:
    return Example(
        text=str(row.get("text") or row["trafilatura"]),
        label=label,
        dataset=READ_HERE,
        family=_family(row, dataset),
        source=dataset,
        id=name,
        confidence=confidence,
        date=str(row.get("date") or ""),
    )


def _family(row: dict[str, Any], dataset: str) -> str:
    family = str(row.get("family") or dataset)
    return ONE_FAMILY.get(family, family)


def _corpus_example(row: dict[str, Any]) -> Example:
    dataset = str(row["dataset"])
    generator = str(row.get("generator") or "")
    example = Example(
        text=str(row["text"]),
        label=str(row["label"]),
        dataset=dataset,
        family=_family(row, dataset),
        source=str(row.get("source") or dataset),
        generator="" if generator == "human" else generator,
        id=str(row["id"]),
        kind=str(row.get("kind") or ""),
        confidence=str(row.get("confidence") or ""),
        date=str(row.get("date") or ""),
        source_id=str(row.get("source_id") or ""),
    )
    return example if dataset == BY_EYE else replace(example, text=repair(example.text, seed=example.source_id or example.id))


def repair(text: str, seed: str) -> str:
    """A text of a machine-made set without the traces of how the set was made.

    White space is collapsed and broken anew, glued sentences are parted, wire tags and a chat's opening are taken off,
    and a window of sentences is cut whose length depends on `seed` alone, so that both sides of a pair are cut alike.
    """
    draw = np.random.Generator(np.random.PCG64(crc32(seed.encode())))
    text = " ".join(text.split())
    text = _CHAT_OPENING.sub("", _WIRE_TAG.sub("", text, count=1), count=1)
    text = _GLUED.sub(r"\1 ", text).strip("\"'` ")
    sentences = [found.group().strip() for found in _SENTENCE.finditer(text)]
    if len(sentences) > 1 and sentences[-1][-1:] not in ".!?\"”’')":
        sentences.pop()
    return _broken_anew(_window(sentences, int(draw.integers(*MACHINE_WORDS))), draw)


def cut(text: str, words: int) -> str:
    """The opening of a text, to the end of the sentence in which its `words`-th word stands; paragraphs stay what they are."""
    kept: list[str] = []
    for line in text.split("\n"):
        left = words - sum(len(before.split()) for before in kept)
        if left <= 0:
            break
        short = len(line.split()) <= left * 1.5
        kept.append(line if short else " ".join(_window([found.group().strip() for found in _SENTENCE.finditer(line)], left)))
    return "\n".join(kept).strip()


def _window(sentences: list[str], words: int) -> list[str]:
    kept: list[str] = []
    count = 0
    for sentence in sentences:
        if kept and count >= words:
            break
        kept.append(sentence)
        count += len(sentence.split())
    return kept


def _broken_anew(sentences: list[str], draw: np.random.Generator) -> str:
    paragraphs, place = [], 0
    while place < len(sentences):
        size = int(draw.integers(1, 4))
        paragraphs.append(" ".join(sentences[place : place + size]))
        place += size
    return "\n\n".join(paragraphs)


def weigh(examples: Iterable[Example], cell: float = 60.0) -> list[Example]:
    """The examples with weights: a text that was read counts one (less at low confidence), another cell of set and label `cell` in all."""
    examples = list(examples)
    sizes: dict[tuple[str, str], int] = {}
    for example in examples:
        sizes[example.dataset, example.label] = sizes.get((example.dataset, example.label), 0) + 1
    return [replace(example, weight=_weight(example, sizes[example.dataset, example.label], cell)) for example in examples]


def _weight(example: Example, size: int, cell: float) -> float:
    if example.was_read:
        return 0.4 if example.confidence == "low" else 1.0
    return min(1.0, cell / size)
