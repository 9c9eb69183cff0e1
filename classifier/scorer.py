"""Scoring: from texts to verdicts, one at a time or many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from classifier import boilerplate, reasons
from classifier.document import Document, Match, Neighbors, prepare
from classifier.language import ENGLISH, language
from classifier.model import Judgement, Model, load, shipped
from classifier.signals import FAMILIES, NAMES, Signals, extract
from classifier.verdict import LABELS, Boilerplate, Evidence, Verdict

SHORTEST = 40  # words; below, no label is certain
LONGEST = 1_000_000  # characters that are judged, in about half a second; no article is longer
MOST_EVIDENCE = 40  # spans told a signal; its value counts all

_DIGITS = 6
Text = str | Document


class NearCopies(Protocol):
    """What a scorer needs of an index."""

    def near_copies(self, text: Document) -> Sequence[Match]:
        """Known documents that say the same in the same words, the nearest first."""


class Scorer:
    """Judges texts with a model, and compares them with an index where one is given.

    Args:
        model: a folder that `quality train` wrote; the shipped model where None.
        index: what `open_index` returned; near copies and sources are then looked up.

    Raises:
        ModelError: the folder holds no model that this release can read.
    """

    def __init__(self, model: Path | str | None = None, index: NearCopies | None = None) -> None:
        self.model: Model = load(Path(model)) if model is not None else shipped()
        self.index = index

    def score(self, text: Text, url: str | None = None, title: str | None = None, id: str | None = None) -> Verdict:
        """The verdict on one text.

        Raises:
            InputError: `text` is neither a str nor a Document.
        """
        document = text if isinstance(text, Document) else Document(text, id=id, url=url, title=title)
        return next(self.score_many([document]))

    def score_many(self, texts: Iterable[Text]) -> Iterator[Verdict]:
        """The verdict on each text, in order; many at a time, in bounded memory."""
        documents = (_opening(text if isinstance(text, Document) else Document(text)) for text in texts)
        for document in boilerplate.judge_many(prepare(documents)):
            yield self._judge(self._with_neighbors(document))

    def family_scores(self, verdict: Verdict) -> dict[str, float]:
        """What each family of signals adds to the logit of the verdict's label; the wording stands beside them."""
        return dict(verdict.contributions)

    def _with_neighbors(self, document: Document) -> Document:
        if self.index is None:
            return document
        near = self.index.near_copies(document)
        return replace(document, neighbors=Neighbors(near_copy=near[0] if near else None), _memory=document._memory)

    def _judge(self, document: Document) -> Verdict:
        signals = extract(document)
        judgement = self.model.judge(document, signals)
        best = int(judgement.probabilities.argmax())
        probabilities = {label: round(float(p), _DIGITS) for label, p in zip(LABELS, judgement.probabilities, strict=True)}
        share = boilerplate.share(document)
        tongue = language(document)
        doubts = self._doubts(document, judgement, best, tongue)
        neighbors = document.neighbors or Neighbors()
        return Verdict(
            id=document.id,
            label=LABELS[best],
            confidence=probabilities[LABELS[best]],
            probabilities=probabilities,
            uncertain=bool(doubts),
            quality=round(float(judgement.probabilities[0]) * (1 - share / 2), _DIGITS),
            language=tongue,
            reasons=[*doubts, *reasons.give(document, signals, judgement, best)],
            evidence=_evidence(document, signals),
            boilerplate=Boilerplate(round(share, _DIGITS), boilerplate.judge(document)),
            duplicate_of=neighbors.near_copy,
            derived_from=neighbors.source,
            signals={name: round(value, _DIGITS) for name, value in zip(NAMES, signals.values, strict=True)},
            clean_text=boilerplate.clean_text(document) + document.rest,
            model=f"{self.model.name} {self.model.version}",
            contributions=_contributions(judgement, best),
        )

    def _doubts(self, document: Document, judgement: Judgement, best: int, tongue: str) -> list[str]:
        """Why the label should not be relied on; nothing where it may be."""
        count, confidence = len(document.words), float(judgement.probabilities[best])
        doubts = []
        if not count:
            return ["The text holds no words."]
        if document.rest:
            doubts.append(f"Only the first {LONGEST:,} characters of the text were judged; {len(document.rest):,} more follow.")
        if count < SHORTEST:
            doubts.append(f"The text has only {count} word{'s' * (count > 1)}; below {SHORTEST} no label is certain.")
        if tongue != ENGLISH:
            doubts.append(f"The text does not read as English (language: {tongue}); the model knows only English.")
        if judgement.out_of_scope > self.model.thresholds["scope"]:
            doubts.append(reasons.genre(document, judgement.out_of_scope))
        elif confidence < self.model.thresholds[LABELS[best]]:
            doubts.append(f"The probabilities are close: {LABELS[best]} has {confidence:.0%}.")
        return doubts


def _opening(document: Document) -> Document:
    """The part of a text that is judged: all of it but for monsters, which would hold up a crawl."""
    if len(document.text) <= LONGEST:
        return document
    return replace(document, text=document.text[:LONGEST], rest=document.text[LONGEST:], _memory={})


def _evidence(document: Document, signals: Signals) -> list[Evidence]:
    text = document.text
    return [
        Evidence(name, start, end, text[start:end])
        for name, spans in zip(NAMES, signals.spans, strict=True)
        for start, end in spans[:MOST_EVIDENCE]
    ]


def _contributions(judgement: Judgement, label: int) -> Mapping[str, float]:
    totals = dict.fromkeys(FAMILIES, 0.0)
    for name, value in zip(judgement.model.signals, judgement.contributions(label).tolist(), strict=True):
        totals[name.partition(".")[0]] += value
    totals["wording"] = judgement.wording_contribution(label)
    return {family: round(value, _DIGITS) for family, value in totals.items()}
