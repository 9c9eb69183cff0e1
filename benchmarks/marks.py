"""Counts how often citation marks and leaked prompts are found in articles that people wrote before there were chats to leak them."""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from accuracy import CORPORA, RESULTS, table, tell

from classifier import Document
from classifier.document import read_many
from classifier.signals import NAMES, extract

CHATS = "2022"  # the year from which a mark may be a chat's
# Sets of human articles whose repository ended before that year, and whose texts carry no date.
_OLD = ("isot_subset", "allsides_churn", "allsides_multi_outlet", "imbd_xsum", "fastdetect_xsum", "fakehealth")


def old_articles(corpora: Path) -> Iterator[str]:
    """Human articles, dated before CHATS or of a set that ended before; each text once."""
    seen: set[int] = set()
    for path in sorted((corpora / "articles").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                human = row.get("generator") in (None, "", "human") and row.get("label") in ("original", "rewrite")
                date = str(row.get("date") or "")[:4]
                old = date < CHATS if date.isdigit() else row["dataset"] in _OLD
                if human and old and hash(row["text"]) not in seen:
                    seen.add(hash(row["text"]))
                    yield str(row["text"])


def main() -> int:
    """Count, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, default=CORPORA)
    options = parser.parse_args()
    if not (options.corpora / "articles").is_dir():
        print(f"{options.corpora}: no articles there, so there is nothing to count on.", file=sys.stderr)
        return 2
    places = [place for place, name in enumerate(NAMES) if name.startswith("citation.")]
    fired, texts, example = np.zeros(len(places), dtype=int), 0, {}
    for batch in read_many(Document(text) for text in old_articles(options.corpora)):
        found = extract(batch)
        hits = found.values[:, places] > 0
        fired += hits.sum(axis=0)
        texts += len(batch)
        for row, column in zip(*np.nonzero(hits), strict=True):
            spans = found.evidence[row]
            where = spans[spans[:, 0] == places[column], 1:]
            example.setdefault(NAMES[places[column]], batch.documents[row].text[slice(*where[0])][:60] if len(where) else "")
    for name, text in example.items():
        tell(f"{name}: for example {text!r}")
    found_by = {NAMES[place]: int(count) for place, count in zip(places, fired, strict=True)}
    print(
        table(
            ["", "articles with it", "per 1,000"], [[name, str(count), f"{1000 * count / texts:.2f}"] for name, count in found_by.items()]
        )
    )
    facts = {"articles": texts, "before": int(CHATS), "fired": found_by}
    (RESULTS / "marks.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
