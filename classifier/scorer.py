"""Scoring: from texts to verdicts, one at a time or many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from classifier import boilerplate, reasons
from classifier.boilerplate.templates import Templates
from classifier.document import LONGEST, Batch, Document, Neighbors, read_many
from classifier.language import ENGLISH, UNKNOWN, languages
from classifier.model import Floats, Judgement, Model, load, shipped
from classifier.sentences import telling
from classifier.signals import FAMILIES, NAMES, Signals, extract
from classifier.verdict import LABELS, Boilerplate, Evidence, Line, Verdict
from classifier.words import Ints

SHORTEST = 40  # words; below, no label is certain
MOST_EVIDENCE = 40  # spans told a signal; its value counts all

_DIGITS = 6
_REWRITE = LABELS.index("rewrite")
Text = str | Document
Span = tuple[int, int]


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
        TypeError: the index is a path.
    """

    def __init__(
        self, model: Path | str | None = None, index: Known | None = None, templates: Templates | Path | str | None = None
    ) -> None:
        if isinstance(index, Path | str):
            raise TypeError(f"an index is what open_index returns, not a path. Write Scorer(index=open_index({str(index)!r})).")
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
        """The verdict on each text, in order; many at a time, in bounded memory.

        Raises:
            TypeError: `texts` is one text, not several.
        """
        if isinstance(texts, str | Document):
            raise TypeError("score_many takes several texts. Score one with score(text).")
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
        return replace(batch, documents=[replace(document, neighbors=neighbors.within(document.text)) for document, neighbors in found])

    def judge(self, batch: Batch) -> Iterator[Verdict]:
        """The verdict on each document of a batch that has been read, for those who need its words too."""
        return map(self.assess(batch).verdict, range(len(batch)))

    def assess(self, batch: Batch) -> Assessment:
        """What is found of a batch that has been read, as columns: for those who need few whole verdicts of many documents."""
        boilerplate.judge(batch, self.templates)
        batch = self._with_neighbors(batch)
        signals = extract(batch)
        judgement = self.model.judge(batch, signals)
        shift = _shift(batch)
        return Assessment(batch, signals, replace(judgement, probabilities=_shifted(judgement.probabilities, shift)), shift)


@dataclass(frozen=True)
class Assessment:
    """What was found of every document of a batch; columns are made once, and what is told of one document when it is asked for.

    Attributes:
        batch: the documents, with what an index knows of them.
        signals: their signals.
        judgement: what the model says of them.
        shift: what their likely sources add to the log-odds of `rewrite`, shape (documents,).
    """

    batch: Batch
    signals: Signals
    judgement: Judgement
    shift: Floats

    @cached_property
    def labels(self) -> list[int]:
        """The place in LABELS of the label of each document."""
        found: list[int] = self.judgement.labels.tolist()
        return found

    @cached_property
    def probabilities(self) -> list[list[float]]:
        """The probabilities of the labels, for each document."""
        found: list[list[float]] = self.judgement.probabilities.round(_DIGITS).tolist()
        return found

    @cached_property
    def languages(self) -> Sequence[str]:
        """The language of each document."""
        return languages(self.batch)

    @cached_property
    def values(self) -> Floats:
        """Every signal of every document, in the order of NAMES, shape (documents, signals)."""
        return self.signals.values.round(_DIGITS)

    @cached_property
    def lines(self) -> list[list[Line]]:
        """The boilerplate of each document."""
        return boilerplate.lines(self.batch)

    @cached_property
    def shares(self) -> list[float]:
        """The share of boilerplate of each document."""
        found: list[float] = boilerplate.share(self.batch).round(_DIGITS).tolist()
        return found

    @cached_property
    def words(self) -> list[int]:
        """The number of words of each document."""
        found: list[int] = self.batch.sizes.tolist()
        return found

    def quality(self, row: int) -> float:
        """The quality of one document, 0..1."""
        return round(self.probabilities[row][0] * (1 - self.shares[row] / 2), _DIGITS)

    def doubts(self, row: int) -> list[str]:
        """Why the label of one document should not be relied on; nothing where it may be."""
        label, words, language = self.labels[row], self.words[row], self.languages[row]
        thresholds, scope = self.judgement.model.thresholds, self._scope[row]
        confidence, rest = self.probabilities[row][label], len(self.batch.documents[row].text) - LONGEST
        if not words:
            return ["The text holds no words."]
        doubts = []
        if rest > 0:
            doubts.append(f"Only the first {LONGEST:,} characters of the text were judged; {rest:,} more follow.")
        if words < SHORTEST:
            doubts.append(f"The text has only {words} word{'s' * (words > 1)}; below {SHORTEST} no label is certain.")
        if language != ENGLISH and (language != UNKNOWN or words >= SHORTEST):
            told = "is in no language that can be told" if language == UNKNOWN else f"does not read as English (language: {language})"
            doubts.append(f"The text {told}; the model knows only English.")
        if scope > thresholds["scope"]:
            doubts.append(reasons.genre(self.values[row].tolist(), scope))
        elif confidence < (least := thresholds[LABELS[label]]):
            digits = 0 if f"{confidence:.0%}" != f"{least:.0%}" else 2
            doubts.append(f"Not sure enough: {LABELS[label]} has {confidence:.{digits}%}, and is relied on from {least:.{digits}%}.")
        return doubts

    def grounds(self, row: int, spans: Mapping[int, list[Span]] | None = None) -> list[str]:
        """What speaks for the label of one document, in plain sentences, and what plainly speaks against it.

        The signals are told first, the strongest before the others, then the sentences whose wording speaks most for the label.

        The doubts of the document go before them.

        Args:
            row: which document.
            spans: its evidence by signal, where the caller has it.
        """
        document = self.batch.documents[row]
        told = reasons.known(document.neighbors or Neighbors())
        if words := self.words[row]:
            spans = _by_signal(self.signals.evidence[row]) if spans is None else spans
            values, model, against = self.values[row].tolist(), self.judgement.model, self._opposed[row]
            wording = self._wording(row)
            strongest = reasons.distinct(self._strongest[row], spans, model)[: reasons.MOST - len(wording)]
            told += reasons.give(document.text, words, values, spans, strongest, model) + wording
            if against is not None:
                told += [f"Against it: {reason}" for reason in reasons.give(document.text, words, values, spans, [against], model)]
        return told

    def verdict(self, row: int) -> Verdict:
        """The whole verdict on one document."""
        document, label = self.batch.documents[row], self.labels[row]
        neighbors, model = document.neighbors or Neighbors(), self.judgement.model
        doubts, spans = self.doubts(row), _by_signal(self.signals.evidence[row])
        return Verdict(
            id=document.id,
            label=LABELS[label],
            confidence=self.probabilities[row][label],
            probabilities=dict(zip(LABELS, self.probabilities[row], strict=True)),
            uncertain=bool(doubts),
            quality=self.quality(row),
            language=self.languages[row],
            reasons=[*doubts, *self.grounds(row, spans)],
            evidence=_evidence(document.text, spans),
            boilerplate=Boilerplate(self.shares[row], self.lines[row]),
            duplicate_of=neighbors.near_copy,
            derived_from=neighbors.source,
            signals=dict(zip(NAMES, self.values[row].tolist(), strict=True)),
            clean_text=boilerplate.without(document.text, self.lines[row]),
            model=f"{model.name} {model.version}",
            contributions=dict(zip((*FAMILIES, "wording"), self._families[row], strict=True)) if self.words[row] else {},
        )

    def _wording(self, row: int) -> list[str]:
        """What the wording of one document says for its label."""
        article, origin = boilerplate.article(self.batch).texts[row], int(self.batch.origin[row])
        told = [article[start - origin : end - origin] for start, end in self._telling.get(row, ())]
        return reasons.wording(float(self._contributions[row, -1]), LABELS[self.labels[row]], told)

    @cached_property
    def _telling(self) -> dict[int, list[Span]]:
        return telling(self.judgement.sentences, self.judgement.labels)

    @cached_property
    def _scope(self) -> list[float]:
        found: list[float] = self.judgement.out_of_scope.tolist()
        return found

    @cached_property
    def _contributions(self) -> Floats:
        """What each signal adds to the label of each document, and last the wording."""
        return self.judgement.contributions(self.judgement.labels)

    @cached_property
    def _shown(self) -> NDArray[np.bool_]:
        return reasons.visible(self.signals.evidence, self.judgement.model)

    @cached_property
    def _strongest(self) -> list[list[int]]:
        unusual = reasons.unusual(self.values, self.judgement.model)
        return reasons.strongest(self._contributions[:, :-1], self._shown, unusual)

    @cached_property
    def _opposed(self) -> list[int | None]:
        return reasons.opposed(self._contributions[:, :-1], self._shown)

    @cached_property
    def _families(self) -> list[list[float]]:
        """What each family, and the wording, adds to the label of each document."""
        judgement = self.judgement
        family = [name.partition(".")[0] for name in judgement.model.signals]
        of_family = np.array([[name == each for each in FAMILIES] for name in family], dtype=np.float64)
        of_signals = self._contributions[:, :-1] @ of_family
        of_signals[:, list(FAMILIES).index("duplication")] += self.shift * ((judgement.labels == _REWRITE) - 1 / len(LABELS))
        totals = of_signals, self._contributions[:, -1:]
        rounded: list[list[float]] = np.concatenate(totals, axis=1).round(_DIGITS).tolist()
        return rounded


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


def _by_signal(evidence: Ints) -> Mapping[int, list[Span]]:
    """Rows of (signal, start, end) as spans by the place of their signal."""
    spans: dict[int, list[Span]] = {}
    for signal, start, end in evidence.tolist():
        spans.setdefault(signal, []).append((start, end))
    return spans


def _evidence(text: str, spans: Mapping[int, list[Span]]) -> list[Evidence]:
    """The stretches behind the signals, no more than MOST_EVIDENCE of each."""
    return [Evidence(NAMES[signal], start, end, text[start:end]) for signal in spans for start, end in spans[signal][:MOST_EVIDENCE]]
