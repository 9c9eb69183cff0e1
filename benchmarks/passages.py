"""Boilerplate inside paragraphs: prompts of our own glued into the seeds, and what is cut out of clean articles.

Run: python -m benchmarks.passages [--corpora ../shared/corpora]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.boilerplate import HERE, digest
from classifier import boilerplate
from classifier.document import Document, read_many
from classifier.training.pages import TEST_SETS, read_records
from classifier.verdict import Line

RESULTS = HERE / "results" / "passages.json"
LONG = 30  # words: a prompt is glued to a paragraph of so many
PROMPTS = {
    "subscribe": (
        "Sign up for the Harbour Letter and have our best reporting sent to your inbox each morning.",
        "Subscribe to our newsletter for more stories like this one.",
        "Get the day's headlines in your inbox by signing up for our free daily briefing.",
        "Enjoying this story? Subscribe today for unlimited access.",
        "To receive our weekly digest by email, enter your address below.",
        "Download our app for breaking news alerts.",
    ),
    "related": (
        "Read also: Ferry board weighs a second slip at Northam",
        "READ MORE: What the new parking rules mean for Calder Street.",
        "Related: Council puts off its vote on the tunnel.",
        "Also read: Five bakeries that opened in Wexley this spring.",
        "Click here to read more about the dispute over the quay.",
        "You may also like: How the lighthouse got its lamp back.",
    ),
    "share": (
        "Follow us on Twitter and Facebook for the latest updates.",
        "Share this article with your friends on social media.",
        "Join our WhatsApp channel to stay up to date.",
        "Like us on Facebook to see more of our stories.",
    ),
    "author_bio": (
        "Odile Farrant is a staff writer at the Ellery Mercury and covers the courts.",
        "Tomas Reill is a freelance journalist based in Northam.",
        "Follow her on Twitter at @ofarrant.",
        "Ines Bardel is a senior reporter covering housing for the Calder Gazette.",
    ),
    "other": (
        "This article was originally published by the Wexley Courier.",
        "Do you have a tip for our reporters? Email us at tips@mercury.example.",
        "We may earn a commission from links on this page.",
        "The views expressed in this article are the author's own.",
    ),
}


def glued(text: str, prompt: str, place: int) -> str | None:
    """A text with a prompt at the end (0), the start (1) or between two sentences (2) of its middle long paragraph."""
    paragraphs = text.split("\n")
    long = [row for row, paragraph in enumerate(paragraphs) if len(paragraph.split()) >= LONG and paragraph.endswith((".", "”", '"'))]
    if not long:
        return None
    row = long[len(long) // 2]
    paragraph = paragraphs[row]
    sentences = [paragraph[start:end] for start, end in Document(paragraph).words.sentences.tolist()]
    if place == 2 and (len(sentences) < 2 or not prompt.endswith((".", "?"))):
        return None
    cut = (len(paragraph), 0, len(sentences[0]))[place]
    parts = (paragraph[:cut].strip(), prompt, paragraph[cut:].strip())
    return "\n".join([*paragraphs[:row], " ".join(part for part in parts if part), *paragraphs[row + 1 :]])


def _cut(texts: Sequence[str]) -> Iterator[list[Line]]:
    for batch in read_many(map(Document, texts)):
        yield from boilerplate.lines(batch)


def recall(texts: Sequence[str]) -> dict[str, Any]:
    """For each kind of prompt, the share that is cut out exactly, and of those texts the share that lose anything else by it."""
    clean = [{line.text for line in lines} for lines in _cut(texts)]
    found = {}
    for kind, prompts in PROMPTS.items():
        made = [(k, prompt, glued(text, prompt, place)) for k, text in enumerate(texts) for prompt in prompts for place in range(3)]
        made = [each for each in made if each[2] is not None]
        judged = [{line.text for line in lines} for lines in _cut([text for _, _, text in made if text is not None])]
        exact = sum(prompt in lines for (_, prompt, _), lines in zip(made, judged, strict=True))
        more = sum(bool(lines - clean[k] - {prompt}) for (k, prompt, _), lines in zip(made, judged, strict=True))
        found[kind] = {"texts": len(made), "cut exactly": round(exact / len(made), 3), "lost more": round(more / len(made), 3)}
    return found


def losses(texts: Sequence[str]) -> dict[str, Any]:
    """What is cut out of paragraphs of clean articles: how many articles lose anything, and the share of their words."""
    lost, pieces, words = 0, 0, 0
    for text, lines in zip(texts, _cut(texts), strict=True):
        inside = [line for line in lines if line.text not in {each.strip() for each in text.split("\n")}]
        lost, pieces = lost + bool(inside), pieces + sum(len(line.text.split()) for line in inside)
        words += len(text.split())
    return {"articles": len(texts), "that lose a passage": lost, "share of words": round(pieces / max(words, 1), 6)}


def main(arguments: Iterable[str] | None = None) -> None:
    """Print both tables and write them to results/passages.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, default=HERE.parent.parent / "shared" / "corpora")
    options = parser.parse_args(None if arguments is None else list(arguments))
    seeds = [path.read_text(encoding="utf-8") for path in sorted((HERE.parent / "seeds").glob("[or]*/*.txt"))]
    found: dict[str, Any] = {"model": digest(), "glued into our seeds": recall(seeds)}
    for name in TEST_SETS:
        gold = [record["gold"] for record in read_records(options.corpora / "pages" / f"{name}.jsonl.gz") if record["gold"]]
        found[f"clean text of {name}"] = losses(gold)
    print(json.dumps(found, indent=1))
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
