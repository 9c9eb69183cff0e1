"""Measures how steady the labels are when a text is disguised: wrapped in boilerplate, cut in half, in lower case and so on."""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from accuracy import CORPORA, FOLDS, RESULTS, read, table, tell
from folds import by_source
from systems import Ours

from classifier import Document
from classifier.boilerplate import clean_text
from classifier.training.features import Features, measure
from classifier.training.fit import calibrate, fit, label_numbers
from classifier.training.metrics import score

MOST_FLIPPED = 0.03  # of the labels, by an innocent change
A_ROUND = 80  # texts
_HEADLINE_WORDS = 20
_SENTENCE = re.compile(r"(?<=[.!?])[”\"’']?\s+")
_STRAIGHT = str.maketrans("“”‘’", "\"\"''")
_LOOKALIKE = str.maketrans("aeop", "аеор")
_BEFORE = (
    ("Skip to content", "Menu", "News", "Sport", "Weather", "Subscribe"),
    ("Home", "About", "Contact", "Sign in", "Search"),
    ("Advertisement", "Share this article", "Facebook", "Twitter", "Email"),
)
_AFTER = (
    ("Sign up for our free newsletter and get the best stories in your inbox every morning.", "Follow us on Facebook and Twitter."),
    ("Read more", "Ten things to do this weekend", "Why the old bridge may never open again", "© All rights reserved."),
    ("Mara Tolling is a reporter at the Hale Gazette. She has written about harbors for ten years.", "Leave a comment", "Terms of use"),
)


def wrapped(text: str, draw: random.Random) -> str:
    """Menu lines before the text, prompts and an author's box behind it."""
    return "\n".join([*draw.choice(_BEFORE), "", text, "", *draw.choice(_AFTER)])


def first_half(text: str, draw: random.Random) -> str:
    """The first half of the sentences."""
    del draw
    ends = [match.end() for match in _SENTENCE.finditer(text)]
    return text[: ends[len(ends) // 2]].strip() if ends else text


def without_headline(text: str, draw: random.Random) -> str:
    """The text without a first line that is short and ends without a stop."""
    del draw
    first, _, rest = text.partition("\n")
    headline = len(first.split()) <= _HEADLINE_WORDS and first.strip()[-1:] not in '.!?”"'
    return rest.strip() if headline and rest.strip() else text


def curled(text: str, draw: random.Random) -> str:
    """Straight quotation marks made curly."""
    del draw
    text = re.sub(r'(^|[\s(\[])"', r"\1“", text).replace('"', "”")
    return re.sub(r"(^|[\s(\[])'", r"\1‘", text).replace("'", "’")


def shuffled(text: str, draw: random.Random) -> str:
    """The sentences of each text in another order."""
    sentences = _SENTENCE.split(text)
    draw.shuffle(sentences)
    return " ".join(sentences)


def with_lookalikes(text: str, draw: random.Random) -> str:
    """Every tenth word written with letters of another alphabet that look alike."""
    return re.sub(r"\w+", lambda word: word[0].translate(_LOOKALIKE) if draw.random() < 0.1 else word[0], text)


# Name → (how, whether it is innocent: what a page's layout or an editor's program does without touching the report).
DISGUISES: Mapping[str, tuple[Callable[[str, random.Random], str], bool]] = {
    "boilerplate wrapped around": (wrapped, True),
    "boilerplate stripped off": (lambda text, _: clean_text(Document(text)), True),
    "headline dropped": (without_headline, True),
    "paragraph breaks lost": (lambda text, _: " ".join(text.split()), True),
    "straight quotes": (lambda text, _: text.translate(_STRAIGHT), True),
    "curly quotes": (curled, True),
    "first half only": (first_half, False),
    "all lower case": (lambda text, _: text.lower(), False),
    "look-alike letters": (with_lookalikes, False),
    "zero-width characters": (lambda text, _: re.sub(r"(\w{4})(?=\w)", "\\1\u200b", text), False),
    "sentences shuffled": (shuffled, False),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure on left-out sources of by_eye, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, default=CORPORA)
    parser.add_argument("--rounds", type=int, default=FOLDS, help="of leaving sources out (default: all %(default)s)")
    options = parser.parse_args(arguments)
    if not (options.corpora / "articles").is_dir():
        print(f"{options.corpora}: no articles there, so there is nothing to measure on.", file=sys.stderr)
        return 2
    found = disguised(options.corpora, options.rounds)
    rows = [[name, *(f"{value:.3f}" for value in list(each.values())[:3])] for name, each in found.items()]
    print(table(["", "accuracy", "macro-F1", "labels that flipped"], rows))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "disguise.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


def disguised(corpora: Path, rounds: int) -> dict[str, dict[str, float]]:
    """For each disguise: accuracy, macro-F1 and the share of labels that it flips, on texts of left-out sources."""
    examples = read(corpora, False, None)
    ours, draw = Ours(examples, tell), random.Random(11)
    truth: list[int] = []
    logits: dict[str, list[np.ndarray]] = {name: [] for name in ("as it is", *DISGUISES)}
    numbers = label_numbers(examples)
    for fold in by_source(examples, FOLDS)[:rounds]:
        tell(f"left out: {fold.name[:60]}")
        known = [row for row in fold.test.tolist() if numbers[row] >= 0]
        rows = draw.sample(known, min(A_ROUND, len(known)))
        fitted = fit(ours.features[fold.train], [examples[row] for row in fold.train.tolist()])
        texts = [examples[row].text for row in rows]
        truth += numbers[rows].tolist()
        logits["as it is"].append(fitted.logits(ours.features[np.array(rows)])[0])
        for name, (change, _) in DISGUISES.items():
            features: Features = measure(change(text, draw) for text in texts)
            logits[name].append(fitted.logits(features)[0])
    return _figures(np.array(truth), {name: np.concatenate(parts) for name, parts in logits.items()})


def _figures(truth: np.ndarray, logits: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    weights = np.ones(len(truth))
    before = logits["as it is"]
    calibration = calibrate(before, np.zeros(len(truth)), truth, weights)
    said = calibration.probabilities(before).argmax(axis=1)
    found = {}
    for name, each in logits.items():
        chances = calibration.probabilities(each)
        measured = score(truth, chances)
        flipped = float((chances.argmax(axis=1) != said).mean())
        found[name] = {"accuracy": measured.accuracy, "macro_f1": measured.macro_f1, "flipped": flipped, "texts": len(truth)}
    return {name: {key: round(value, 4) for key, value in each.items()} for name, each in found.items()}


if __name__ == "__main__":
    sys.exit(main())
