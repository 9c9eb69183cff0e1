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
from accuracy import CORPORA, FOLDS, RESULTS, plan, read, table, tell
from folds import SOURCES
from systems import Ours

from classifier import Document
from classifier.boilerplate import clean_text
from classifier.training.features import measure
from classifier.training.fit import calibrate, fit, label_numbers
from classifier.training.metrics import score

MOST_FLIPPED = 0.03  # of the labels, by an innocent change
FIGURES = ("accuracy", "macro_f1", "flipped", "flipped_of_changed")
PLAIN = "as it is"
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
    rows = [[name, *(f"{each[key]:.3f}" for key in FIGURES), str(each["changed"])] for name, each in found.items()]
    print(table(["", "accuracy", "macro-F1", "flipped of all", "flipped of the changed", "changed"], rows))
    if options.rounds < FOLDS:
        tell(f"A trial run: {RESULTS / 'disguise.json'} keeps what the last run of all {FOLDS} rounds wrote.")
        return 0
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "disguise.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


def disguised(corpora: Path, rounds: int) -> dict[str, dict[str, float]]:
    """For each disguise: accuracy, macro-F1, and the share of labels that it flips, on texts of left-out sources."""
    examples = read(corpora, False, None)
    ours, draw = Ours(examples, tell), random.Random(11)
    truth: list[int] = []
    of_round: list[int] = []
    logits: dict[str, list[np.ndarray]] = {name: [] for name in (PLAIN, *DISGUISES)}
    changed: dict[str, list[bool]] = {name: [] for name in logits}
    numbers = label_numbers(examples)
    for number, fold in enumerate([fold for fold in plan(examples) if fold.protocol == SOURCES][:rounds]):
        tell(f"left out: {fold.name[:60]}")
        known = [row for row in fold.test.tolist() if numbers[row] >= 0]
        rows = draw.sample(known, min(A_ROUND, len(known)))
        fitted = fit(ours.features[fold.train], [examples[row] for row in fold.train.tolist()])
        texts = [examples[row].text for row in rows]
        truth += numbers[rows].tolist()
        of_round += [number] * len(rows)
        for name, (change, _) in {PLAIN: (lambda text, _: text, True), **DISGUISES}.items():
            disguised_texts = [change(text, draw) for text in texts]
            logits[name].append(fitted.logits(measure(disguised_texts))[0])
            changed[name] += [new != old for new, old in zip(disguised_texts, texts, strict=True)]
    joined = {name: np.concatenate(parts) for name, parts in logits.items()}
    return figures(np.array(truth), np.array(of_round), joined, {name: np.array(flags) for name, flags in changed.items()})


def figures(
    truth: np.ndarray, of_round: np.ndarray, logits: Mapping[str, np.ndarray], changed: Mapping[str, np.ndarray]
) -> dict[str, dict[str, float]]:
    """The figures of each disguise; the texts of each round are calibrated on those of the others.

    Args:
        truth: the label of each text, shape (texts,).
        of_round: the round in which each text was left out, shape (texts,).
        logits: for each disguise, shape (texts, labels).
        changed: for each disguise, whether it changed each text, shape (texts,).
    """
    chances = {name: np.zeros(each.shape) for name, each in logits.items()}
    for number in np.unique(of_round).tolist():
        here = of_round == number
        others = ~here if (~here).any() else here
        calibration = calibrate(logits[PLAIN][others], np.zeros(others.sum()), truth[others], np.ones(others.sum()))
        for name, each in logits.items():
            chances[name][here] = calibration.probabilities(each[here])
    said, found = chances[PLAIN].argmax(axis=1), {}
    for name, each in chances.items():
        measured, flipped, count = score(truth, each), each.argmax(axis=1) != said, int(changed[name].sum())
        told = (measured.accuracy, measured.macro_f1, float(flipped.mean()), float(flipped.sum() / max(count, 1)))
        found[name] = {key: round(value, 4) for key, value in zip(FIGURES, told, strict=True)} | {"texts": len(truth), "changed": count}
    return found


if __name__ == "__main__":
    sys.exit(main())
