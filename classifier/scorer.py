"""Scoring: from texts to verdicts, one at a time or many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from classifier import boilerplate, reasons
from classifier.boilerplate.templates import Templates
from classifier.document import LONGEST, Batch, Document, Neighbors, read_many
from classifier.language import ENGLISH, languages
from classifier.model import Floats, Judgement, Model, load, shipped
from classifier.signals import FAMILIES, NAMES, extract
from classifier.verdict import LABELS, Boilerplate, Evidence, Line, Verdict
from classifier.words import Ints

SHORTEST = 40  # words; below, no label is certain
MOST_EVIDENCE = 40  # spans told a signal; its value counts all

_DIGITS = 6
_REWRITE = LABELS.index("rewrite")
Text = str | Document


class Known(Protocol):
    """What a scorer needs of an index."""

    def neighbors_of(self, batch: Sequence[Document]) -> Iterable[Neighbors]:
        """For each article, without boilerplate, its nearest near copy and its surest source, in order."""


class Scorer:
    """Judges texts with a model, and compares them with an index where one is given.

    Args:
        model: a folder that `quality train` wrote; the shipped model where None.
        index: what `open_index` returned; near copies and sources are then looked up.
        templates: what sites repeat, or a file of it that `Templates` wrote; of a document with a URL, such lines are cut too.

    Raises:
        ModelError: the folder holds no model that this release can read.
        InputError: there is no such file of templates.
        IndexFormatError: the file holds no templates.
    """

    def __init__(
        self, model: Path | str | None = None, index: Known | None = None, templates: Templates | Path | str | None = None
    ) -> None:
        self.model: Model = load(Path(model)) if model is not None else shipped()
        self.index = index
        self.templates = Templates.saved(templates) if isinstance(templates, Path | str) else templates

    def score(self, text: Text, url: str | None = None, title: str | None = None, id: str | None = None) -> Verdict:
        """The verdict on one text.

        Raises:
            InputError: `text` is neither a str nor a Document.
        """
        document = text if isinstance(text, Document) else Document(text, id=id, url=url, title=title)
        return next(self.score_many([document]))

    def score_many(self, texts: Iterable[Text]) -> Iterator[Verdict]:
        """The verdict on each text, in order; many at a time, in bounded memory."""
        for batch in read_many(text if isinstance(text, Document) else Document(text) for text in texts):
            yield from self.judge(batch)

    def family_scores(self, verdict: Verdict) -> dict[str, float]:
        """What each family of signals adds to the logit of the verdict's label; the wording stands beside them."""
        return dict(verdict.contributions)

    def _with_neighbors(self, batch: Batch) -> Batch:
        """The batch with what the index knows of each article, apart from the boilerplate around it."""
        if self.index is None:
            return batch
        bodies = boilerplate.article(batch).texts
        articles = [replace(document, text=body) for document, body in zip(batch.documents, bodies, strict=True)]
        found = zip(batch.documents, self.index.neighbors_of(articles), strict=True)
        return replace(batch, documents=[replace(document, neighbors=neighbors) for document, neighbors in found])

    def judge(self, batch: Batch) -> Iterator[Verdict]:
        """The verdict on each document of a batch that has been read, for those who need its words too."""
        boilerplate.judge(batch, self.templates)
        batch = self._with_neighbors(batch)
        signals = extract(batch)
        judgement = self.model.judge(batch, signals)
        shift = _shift(batch)
        judgement = replace(judgement, probabilities=_shifted(judgement.probabilities, shift))
        contributions = judgement.contributions(judgement.labels)
        columns = (
            batch.documents,
            batch.sizes.tolist(),
            judgement.labels.tolist(),
            judgement.probabilities.round(_DIGITS).tolist(),
            judgement.out_of_scope.tolist(),
            languages(batch),
            signals.values.round(_DIGITS).tolist(),
            map(_by_signal, signals.evidence),
            contributions,
            self._families(contributions, judgement, shift).tolist(),
            boilerplate.lines(batch),
            boilerplate.share(batch).round(_DIGITS).tolist(),
        )
        for page in map(_Page, *columns):
            yield self._verdict(page)

    def _families(self, contributions: Floats, judgement: Judgement, shift: Floats) -> Floats:
        """What each family, and the wording, adds to the label of each text, shape (documents, families + 1)."""
        family = [name.partition(".")[0] for name in self.model.signals]
        of_family = np.array([[name == each for each in FAMILIES] for name in family], dtype=np.float64)
        of_signals = contributions @ of_family
        of_signals[:, list(FAMILIES).index("duplication")] += shift * ((judgement.labels == _REWRITE) - 1 / len(LABELS))
        totals = of_signals, judgement.wording_contribution(judgement.labels)[:, None]
        return np.concatenate(totals, axis=1).round(_DIGITS)

    def _verdict(self, page: _Page) -> Verdict:
        document, text = page.document, page.document.text
        neighbors = document.neighbors or Neighbors()
        doubts = self._doubts(page)
        told = reasons.give(text, page.signals, page.evidence, page.contributions, self.model) if page.words else []
        return Verdict(
            id=document.id,
            label=LABELS[page.label],
            confidence=page.probabilities[page.label],
            probabilities=dict(zip(LABELS, page.probabilities, strict=True)),
            uncertain=bool(doubts),
            quality=round(page.probabilities[0] * (1 - page.share / 2), _DIGITS),
            language=page.language,
            reasons=[*doubts, *reasons.known(neighbors), *told],
            evidence=_evidence(text, page.evidence),
            boilerplate=Boilerplate(page.share, page.lines),
            duplicate_of=neighbors.near_copy,
            derived_from=neighbors.source,
            signals=dict(zip(NAMES, page.signals, strict=True)),
            clean_text=boilerplate.without(text, page.lines),
            model=f"{self.model.name} {self.model.version}",
            contributions=dict(zip((*FAMILIES, "wording"), page.families, strict=True)),
        )

    def _doubts(self, page: _Page) -> list[str]:
        """Why the label should not be relied on; nothing where it may be."""
        confidence, rest = page.probabilities[page.label], len(page.document.text) - LONGEST
        if not page.words:
            return ["The text holds no words."]
        doubts = []
        if rest > 0:
            doubts.append(f"Only the first {LONGEST:,} characters of the text were judged; {rest:,} more follow.")
        if page.words < SHORTEST:
            doubts.append(f"The text has only {page.words} word{'s' * (page.words > 1)}; below {SHORTEST} no label is certain.")
        if page.language != ENGLISH:
            doubts.append(f"The text does not read as English (language: {page.language}); the model knows only English.")
        if page.out_of_scope > self.model.thresholds["scope"]:
            doubts.append(reasons.genre(page.signals, page.out_of_scope))
        elif confidence < (least := self.model.thresholds[LABELS[page.label]]):
            doubts.append(f"The probabilities are close: {LABELS[page.label]} has {confidence:.0%}, and is relied on from {least:.0%}.")
        return doubts


@dataclass(frozen=True, slots=True)
class _Page:
    """All that was found of one document of a batch."""

    document: Document
    words: int
    label: int
    probabilities: list[float]
    out_of_scope: float
    language: str
    signals: list[float]
    evidence: Mapping[int, list[tuple[int, int]]]
    contributions: Floats
    families: list[float]
    lines: list[Line]
    share: float


def _shift(batch: Batch) -> Floats:
    """What the likely source of each document adds to the log-odds of `rewrite`, shape (documents,)."""
    if not any(document.neighbors for document in batch.documents):
        return np.zeros(len(batch))
    from classifier.index.shift import rewrite_shift  # who gives no index does not wait for its modules

    return np.array([rewrite_shift((document.neighbors or Neighbors()).source) for document in batch.documents])


def _shifted(probabilities: Floats, shift: Floats) -> Floats:
    """Probabilities after the log-odds of `rewrite` were shifted, shape (documents, labels)."""
    weights = probabilities.copy()
    weights[:, _REWRITE] *= np.exp(shift)
    moved: Floats = np.where(shift[:, None] != 0, weights / weights.sum(axis=1, keepdims=True), probabilities)
    return moved


def _by_signal(evidence: Ints) -> Mapping[int, list[tuple[int, int]]]:
    """Rows of (signal, start, end) as spans by the place of their signal."""
    spans: dict[int, list[tuple[int, int]]] = {}
    for signal, start, end in evidence.tolist():
        spans.setdefault(signal, []).append((start, end))
    return spans


def _evidence(text: str, spans: Mapping[int, list[tuple[int, int]]]) -> list[Evidence]:
    """The stretches behind the signals, no more than MOST_EVIDENCE of each."""
    return [Evidence(NAMES[signal], start, end, text[start:end]) for signal in spans for start, end in spans[signal][:MOST_EVIDENCE]]
