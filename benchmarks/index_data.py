"""Makes the data of classifier/index anew from the corpora: how common each word is, and what tells a source from a like report."""

from __future__ import annotations

import argparse
from pathlib import Path

import classifier.index
from benchmarks.copies import load
from classifier.index import background
from classifier.words import split_many

FOLDER = Path(classifier.index.__file__).parent


def make_background() -> None:
    """Count in how many human articles each word stands; a text that stands in two data sets counts once."""
    texts = sorted({document.text for document in load()[0]})
    counted = background.count(split_many(texts))
    background.save(counted, FOLDER)
    print(f"{len(texts)} texts, {len(counted.keys)} words")


PARTS = {"background": make_background}


def main() -> None:
    """Make what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=list(PARTS))
    PARTS[parser.parse_args().part]()


if __name__ == "__main__":
    main()
