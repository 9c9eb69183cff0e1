"""Reasons: plain sentences drawn from what contributed most to a label."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from classifier.document import Neighbors
from classifier.model import Floats, Model
from classifier.signals import FAMILIES, NAMES, meaning
from classifier.words import Ints

Span = tuple[int, int]
MOST = 4
_WORTH = 0.02  # a contribution below this many logits is no reason
_NEAR = 0.1  # a value that differs from the usual one by no more than this share of the larger tells a reader nothing
_PLAIN = 0.25  # logits that a signal must take away to be told as speaking against the label, or the wording add to be told
_QUOTES, _QUOTE_LENGTH = 3, 60
_MEANINGS = {f"{family}.{signal.__name__}": meaning(signal) for family, signals in FAMILIES.items() for signal in signals}
_ROWS = {name: row for row, name in enumerate(NAMES)}
_TALK, _OPINION = _ROWS["reporting.transcript_rate"], _ROWS["reporting.opinion_rate"]
_FINE = 0.0095  # shares below it are told with a decimal
_FEWEST = 0.1  # times; of less it is told that it is less
_RATE = "per 1,000 words"
_FLAG = "1 where "  # how a signal that is 1 or 0 is described
_MEASURE = re.compile(r"in (\w+)")  # how a unit that is told behind the value is described
_EXAMPLE = re.compile(r' \((?:"[^"]*"(?:, )?)+\)')


def visible(evidence: Sequence[Ints], model: Model) -> NDArray[np.bool_]:
    """Which signals show where they fired, so that a reader can point at them, shape (documents, signals of the model).

    Args:
        evidence: for each document the stretches behind its signals, as rows of (place in NAMES, start, end).
        model: the model that judged.
    """
    fired = np.zeros((len(evidence), len(NAMES)), dtype=bool)
    for row, spans in enumerate(evidence):
        fired[row, spans[:, 0]] = True
    told: NDArray[np.bool_] = fired[:, model.places]
    return told


def unusual(values: Floats, model: Model) -> NDArray[np.bool_]:
    """Which signals are plainly not what is usual, shape (documents, signals of the model).

    Args:
        values: all signals of the documents, in the order of NAMES, shape (documents, signals).
        model: the model that judged.
    """
    own, usual = values[:, model.places], np.array(model.typical)
    told: NDArray[np.bool_] = np.abs(own - usual) > _NEAR * np.maximum(np.abs(own), np.abs(usual))
    return told


def strongest(contributions: Floats, shown: NDArray[np.bool_], unusual: NDArray[np.bool_]) -> list[list[int]]:
    """The signals that speak most for the label of each document, twice MOST of them, the strongest first, by their place in the model.

    What a reader can point at goes before a mere figure: a signal that shows where it fired counts double. What is as usual is no
    reason, whatever it adds.

    Args:
        contributions: what each signal of the model adds to the label, shape (documents, signals of the model).
        shown: which of them show where they fired, of the same shape.
        unusual: which of them are not what is usual, of the same shape.
    """
    contributions = np.where(unusual, contributions, 0.0)
    order = (-contributions * (1 + shown)).argsort(axis=1, kind="stable")[:, : 2 * MOST]
    worth = np.take_along_axis(contributions, order, axis=1) > _WORTH
    return [places[some].tolist() for places, some in zip(order, worth, strict=True)]


def distinct(signals: Sequence[int], evidence: Mapping[int, Sequence[Span]], model: Model) -> list[int]:
    """The first MOST of some signals, without those that show nothing but what one before them shows.

    Args:
        signals: by their place in the model, the strongest first.
        evidence: the stretches behind those that show where they fired, by their place in NAMES.
        model: the model that judged.
    """
    told: list[int] = []
    seen: list[Span] = []
    for place in signals:
        own = evidence.get(int(model.places[place]), ())[:_QUOTES]
        if not own or not all(any(start < stop and begin < end for begin, stop in seen) for start, end in own):
            told.append(place)
            seen.extend(own)
    return told[:MOST]


def opposed(contributions: Floats, shown: NDArray[np.bool_]) -> list[int | None]:
    """The signal that speaks most against the label of each document, by its place in the model; None where none plainly does.

    Only what a reader can point at is told: a label with a leaked prompt against it should not be shown without it.

    Args:
        contributions: what each signal of the model adds to the label, shape (documents, signals of the model).
        shown: which of them show where they fired, of the same shape.
    """
    taken = np.where(shown, -contributions, 0.0)
    worst = taken.argmax(axis=1)
    plain = taken.max(axis=1, initial=0.0) > _PLAIN
    return [place if told else None for place, told in zip(worst.tolist(), plain.tolist(), strict=True)]


def give(
    text: str, words: int, values: Sequence[float], evidence: Mapping[int, Sequence[Span]], signals: Sequence[int], model: Model
) -> list[str]:
    """Some signals, each as a sentence with its value, what is usual, and examples.

    Args:
        text: the text that was judged.
        words: how many words it has.
        values: all its signals, in the order of NAMES.
        evidence: the stretches behind those that show where they fired, by their place in NAMES.
        signals: what is told, by their place in the model.
        model: the model that judged.
    """
    told = []
    for place, row in zip(signals, model.places[signals].tolist(), strict=True):
        spans = evidence.get(row, ())
        told.append(_sentence(row, values[row], model.typical[place], _examples(text, spans), words if spans else 0))
    return told


def wording(added: float, label: str, sentences: Sequence[str]) -> list[str]:
    """That the wording speaks for a label, and the sentences in which it does so most; nothing where it adds little.

    Args:
        added: what the wording adds to the logit of the label.
        label: one of LABELS.
        sentences: the strongest first.
    """
    if added <= _PLAIN or not sentences:
        return []
    shown = dict.fromkeys(map(_quote, sentences))
    return [f"The wording speaks for {label}, most of all in {' and '.join(f'“{quote}”' for quote in shown)}."]


def genre(values: Sequence[float], probability: float) -> str:
    """Why a text with these signals is none of the three labels."""
    kind = "an interview or a transcript" if values[_TALK] > values[_OPINION] else "opinion"
    return f"The text reads as {kind} or another genre that is none of the three labels ({probability:.0%})."


def known(neighbors: Neighbors) -> list[str]:
    """What an index knows of the text: which document it copies, and which it retells."""
    told = []
    if neighbors.near_copy:
        told.append(f"A near copy of {neighbors.near_copy.id} (similarity {neighbors.near_copy.similarity:.2f}).")
    if neighbors.source:
        shared = [f"“{_quote(piece.text)}”" for piece in neighbors.source.evidence[:_QUOTES]]
        both = f"; both have {', '.join(shared)}" if shared else ""
        told.append(f"Retells {neighbors.source.id} (sureness {neighbors.source.similarity:.2f}){both}.")
    return told


def _sentence(row: int, value: float, usual: float, examples: str, words: int) -> str:
    """One signal as a sentence: what it measures, its value, what is usual, and where it shows; of some words, a rate as its count."""
    what, unit = _wording(row)
    if unit == _FLAG:
        return f"{what[0].upper()}{what[1:]}{examples}." if value else f"It is not so that {what}."
    told, common = _counted(value, usual, words) if unit == _RATE and words else _figures(value, usual, unit)
    return f"{what}: {told} (usual: {common if usual else 'none'}){examples}."


def _figures(value: float, usual: float, unit: str) -> tuple[str, str]:
    """A value and the usual one, with a decimal more where they would read alike."""
    finer = int(_number(value, unit) == _number(usual, unit) and value != usual)
    return _number(value, unit, finer), _number(usual, unit, finer)


def _counted(value: float, usual: float, words: int) -> tuple[str, str]:
    """What stands for a rate in a text of some words: how often it occurs there, and how often it would usually."""
    count, common = round(value * words / 1000), usual * words / 1000
    times = {1: "once", 2: "twice"}.get(count, f"{count:,} times")
    return f"{times} in {words:,} words", _number(common, "") if common >= _FEWEST else f"under {_FEWEST}"


@cache
def _wording(row: int) -> tuple[str, str]:
    """What a signal measures, and in which unit."""
    meaning_of = _MEANINGS[NAMES[row]]
    if meaning_of.startswith(_FLAG):
        return _EXAMPLE.sub("", meaning_of.removeprefix(_FLAG).partition(", else 0")[0]), _FLAG
    what, _, unit = meaning_of.rstrip(".").rpartition(", ")
    what = _EXAMPLE.sub("", what.removeprefix("How often ").removeprefix("The ") if what else unit)
    return what[0].upper() + what[1:], unit


def _number(value: float, unit: str, finer: int = 0) -> str:
    """A value as people read it, with `finer` more decimals: a share as percent, a rate with its whole."""
    if unit == "0..1":
        return f"{value:.{finer}%}" if value == 0 or value >= _FINE else f"{max(value, 0.001):.{1 + finer}%}"
    plain = f"{value:.{finer}f}" if round(value, 1) >= 10 or value == int(value) else f"{value:.{1 + finer}f}"
    if measure := _MEASURE.match(unit):
        return f"{plain} {measure[1].removesuffix('s') if plain == '1' else measure[1]}"
    return f"{plain} {_RATE}" if unit == _RATE else plain


def _examples(text: str, spans: Sequence[Span]) -> str:
    """The first few stretches; "such as" says that there are more."""
    seen: dict[str, None] = {}
    shown = 0
    for start, end in spans:
        quote = _quote(text[start:end])
        if quote not in seen and len(seen) == _QUOTES:
            break
        seen[quote] = None
        shown += 1
    more = "such as " if shown < len(spans) else ""
    return f", {more}{', '.join(f'“{quote}”' for quote in seen)}" if seen else ""


def _quote(text: str) -> str:
    """A stretch of text on one line, cut at a word where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _QUOTE_LENGTH else f"{line[:_QUOTE_LENGTH].rpartition(' ')[0] or line[:_QUOTE_LENGTH]} …"
