"""The shipped model on the articles of fundus, which no training has seen and two readers have labelled."""

from __future__ import annotations

import argparse
import csv
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from accuracy import CORPORA, table

from classifier import Scorer
from classifier.training.examples import OTHER, reading_key
from classifier.verdict import LABELS

READINGS = Path(__file__).with_name("fundus.csv")


def labelled(corpora: Path) -> list[tuple[str, str]]:
    """The article and the label of each page on which both readers agree."""
    with READINGS.open(encoding="utf-8", newline="") as lines:
        read = {row["key"]: row["one"] for row in csv.DictReader(lines) if row["one"] == row["two"]}
    with gzip.open(corpora / "pages" / "fundus.jsonl.gz", "rt", encoding="utf-8") as lines:
        pages = [json.loads(line) for line in lines]
    found = ((page["gold"], read.get(reading_key(f"fundus/{page['id']}"))) for page in pages)
    return [(text, label) for text, label in found if label]


def measure(corpora: Path) -> dict[str, Any]:
    """How many pages get the label of their readers, how many so for certain, and which label each label got."""
    pages = [(text, label) for text, label in labelled(corpora) if label != OTHER]
    verdicts = list(Scorer().score_many(text for text, _ in pages))
    pairs = [(label, verdict.label, verdict.uncertain) for (_, label), verdict in zip(pages, verdicts, strict=True)]
    certain = [label == said for label, said, uncertain in pairs if not uncertain]
    return {
        "pages": len(pages),
        "right": sum(label == said for label, said, _ in pairs),
        "certain": len(certain),
        "right_and_certain": sum(certain),
        "said": {label: {other: sum(pair[:2] == (label, other) for pair in pairs) for other in LABELS} for label in LABELS},
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, default=CORPORA, help="folder of the corpora (default: %(default)s)")
    found = measure(parser.parse_args(arguments).corpora)
    print(
        table(
            ("read as", *(f"called {label}" for label in LABELS)), [(label, *map(str, found["said"][label].values())) for label in LABELS]
        )
    )
    print(f"{found['right']} of {found['pages']} right; certain {found['certain']}, of which right {found['right_and_certain']}")


if __name__ == "__main__":
    main()
