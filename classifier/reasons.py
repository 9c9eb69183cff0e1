"""Reasons: plain sentences drawn from what contributed most to a label."""

from __future__ import annotations

from collections.abc import Sequence

from classifier.document import Document
from classifier.model import Judgement
from classifier.signals import FAMILIES, NAMES, Signals, meaning

MOST = 4
_WORTH = 0.05  # a contribution below this many logits is no reason
_QUOTES, _QUOTE_LENGTH = 3, 60
_MEANINGS = {f"{family}.{signal.__name__}": meaning(signal) for family, signals in FAMILIES.items() for signal in signals}


def give(document: Document, signals: Signals, judgement: Judgement, label: int) -> list[str]:
    """The signals that speak most for the label, each as a sentence with its value, what is usual, and examples."""
    contributions = judgement.contributions(label)
    order = (-contributions).argsort(kind="stable")[:MOST].tolist()
    return [_sentence(document, signals, judgement, place) for place in order if contributions[place] > _WORTH]


def genre(document: Document, probability: float) -> str:
    """Why a text is none of the three labels."""
    spans = {name: len(document.found.phrases.get(name, ())) for name in ("reporting/opinion", "reporting/qa")}
    kind = "opinion" if spans["reporting/opinion"] >= spans["reporting/qa"] else "an interview or a transcript"
    return f"The text reads as {kind} or another genre that is none of the three labels ({probability:.0%})."


def _sentence(document: Document, signals: Signals, judgement: Judgement, place: int) -> str:
    name = judgement.model.signals[place]
    row = NAMES.index(name)
    value, usual = signals.values[row], judgement.model.typical[place]
    what = _MEANINGS[name].rstrip(".")
    return f"{what}: {_number(value)} (usual: {_number(usual)}){_examples(document.text, signals.spans[row])}."


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"


def _examples(text: str, spans: Sequence[tuple[int, int]]) -> str:
    seen = list(dict.fromkeys(" ".join(text[start:end].split())[:_QUOTE_LENGTH] for start, end in spans))
    return f", such as {', '.join(f'“{quote}”' for quote in seen[:_QUOTES])}" if seen else ""
