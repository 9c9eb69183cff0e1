"""Reasons: plain sentences drawn from what contributed most to a label."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from classifier.document import Document
from classifier.model import Judgement
from classifier.signals import FAMILIES, NAMES, Signals, meaning

MOST = 4
_WORTH = 0.02  # a contribution below this many logits is no reason
_QUOTES, _QUOTE_LENGTH = 3, 60
_MEANINGS = {f"{family}.{signal.__name__}": meaning(signal) for family, signals in FAMILIES.items() for signal in signals}
_ROWS = {name: row for row, name in enumerate(NAMES)}
_FLAG = "1 where "  # how a signal that is 1 or 0 is described
_EXAMPLE = re.compile(r' \((?:"[^"]*"(?:, )?)+\)')


def give(document: Document, signals: Signals, judgement: Judgement, label: int) -> list[str]:
    """The signals that speak most for the label, each as a sentence with its value, what is usual, and examples.

    What a reader can point at goes before a mere figure: a signal that shows where it fired counts double.
    """
    contributions = judgement.contributions(label)
    shown = np.array([bool(signals.spans[_ROWS[name]]) for name in judgement.model.signals])
    order = (-contributions * (1 + shown)).argsort(kind="stable")[:MOST].tolist()
    return [_sentence(document, signals, judgement, place) for place in order if contributions[place] > _WORTH]


def genre(document: Document, probability: float) -> str:
    """Why a text is none of the three labels."""
    found = document.found.phrases
    talk = len(found.get("reporting/qa", ())) > len(found.get("reporting/opinion", ()))
    kind = "an interview or a transcript" if talk else "opinion"
    return f"The text reads as {kind} or another genre that is none of the three labels ({probability:.0%})."


def _sentence(document: Document, signals: Signals, judgement: Judgement, place: int) -> str:
    """One signal as a sentence: what it measures, its value, what is usual, and where it shows."""
    name = judgement.model.signals[place]
    row = _ROWS[name]
    value, usual = signals.values[row], judgement.model.typical[place]
    examples = _examples(document.text, signals.spans[row])
    if _MEANINGS[name].startswith(_FLAG):
        fact = _MEANINGS[name].removeprefix(_FLAG).partition(", else 0")[0]
        return f"{_EXAMPLE.sub('', fact[0].upper() + fact[1:])}{examples}." if value else f"It is not so that {_EXAMPLE.sub('', fact)}."
    what, _, unit = _MEANINGS[name].rstrip(".").rpartition(", ")
    what = _EXAMPLE.sub("", what.removeprefix("How often ").removeprefix("The ") if what else unit)
    return f"{what[0].upper()}{what[1:]}: {_number(value, unit)} (usual: {_number(usual, unit)}){examples}."


def _number(value: float, unit: str) -> str:
    """A value as people read it: a share as percent, a rate with its whole."""
    if unit == "0..1":
        return f"{value:.0%}"
    plain = f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"
    return f"{plain} per 1,000 words" if unit == "per 1,000 words" else plain


def _examples(text: str, spans: Sequence[tuple[int, int]]) -> str:
    seen = list(dict.fromkeys(" ".join(text[start:end].split())[:_QUOTE_LENGTH] for start, end in spans))
    return f", such as {', '.join(f'“{quote}”' for quote in seen[:_QUOTES])}" if seen else ""
