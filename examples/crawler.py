"""A crawler's loop: JSON Lines of pages in, those worth keeping out: python crawler.py < pages.jsonl > kept.jsonl."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from classifier import Document, QualityError, Scorer, open_index


def pages() -> Iterator[Document]:
    """The pages of standard input; one that is none is told of, and the rest goes on."""
    for number, line in enumerate(sys.stdin, start=1):
        try:
            page = json.loads(line)
            yield Document(page["text"], id=page["url"], url=page["url"])
        except (ValueError, KeyError, TypeError, QualityError) as error:
            print(f"line {number}: {error!r}", file=sys.stderr)


def main() -> None:
    """Print the address, the quality and the clean text of every page that is original and no copy of one before it."""
    scorer, index = Scorer(), open_index("near.sqlite")
    for verdict in scorer.score_many(pages()):
        if verdict.label != "original" or verdict.uncertain:
            continue
        copied = index.add_if_new(str(verdict.id), verdict.clean_text)
        if copied is None or copied.id == verdict.id:
            print(json.dumps({"url": verdict.id, "quality": verdict.quality, "text": verdict.clean_text}))


if __name__ == "__main__":
    main()
