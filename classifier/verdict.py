"""What is said of one text: its label, how sure, why, and what to cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from classifier.document import Match

LABELS = ("original", "rewrite", "filler")


class Evidence(NamedTuple):
    """A stretch of the text that made a signal fire: `text[start:end]` is what is quoted."""

    signal: str
    start: int
    end: int
    text: str


class Line(NamedTuple):
    """A stretch of boilerplate: where it stands, its kind, and how probable it is (0..1)."""

    start: int
    end: int
    kind: str
    probability: float
    text: str


@dataclass(frozen=True)
class Boilerplate:
    """The boilerplate of a text: its share of the characters that are not white space, and its lines."""

    share: float
    lines: Sequence[Line]


@dataclass(frozen=True)
class Verdict:
    """What a text is, and why.

    Attributes:
        id: the id of the document, or None.
        label: `original`, `rewrite` or `filler`; the most probable one.
        confidence: the calibrated probability of the label, 0..1.
        probabilities: the calibrated probability of each label; they add up to 1.
        uncertain: True where the label should not be relied on; a reason says why.
        quality: 0..1 for ranking: the probability that the text is original reporting, less what boilerplate takes from it.
        language: ISO 639-1 code of the language, such as `en` or `de`, or `und` where it cannot be told.
        reasons: plain sentences, the strongest first.
        evidence: the stretches of text behind the signals.
        boilerplate: the lines to cut.
        duplicate_of, derived_from: the known document this one copies or retells, or None.
        signals: every signal and its value.
        clean_text: the text without its boilerplate.
        model: name and version of the model.
        contributions: what each family of signals, and the wording, adds to the logit of the label; empty for a text without words; not
            part of the JSON.
    """

    id: str | None
    label: str
    confidence: float
    probabilities: Mapping[str, float]
    uncertain: bool
    quality: float
    language: str
    reasons: Sequence[str]
    evidence: Sequence[Evidence]
    boilerplate: Boilerplate
    duplicate_of: Match | None
    derived_from: Match | None
    signals: Mapping[str, float]
    clean_text: str
    model: str
    contributions: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The verdict as plain data, ready for JSON, in the documented order."""
        return {
            "id": self.id,
            "label": self.label,
            "confidence": self.confidence,
            "probabilities": dict(self.probabilities),
            "uncertain": self.uncertain,
            "quality": self.quality,
            "language": self.language,
            "reasons": list(self.reasons),
            "evidence": [piece._asdict() for piece in self.evidence],
            "boilerplate": {"share": self.boilerplate.share, "lines": [line._asdict() for line in self.boilerplate.lines]},
            "duplicate_of": self.duplicate_of and {"id": self.duplicate_of.id, "similarity": self.duplicate_of.similarity},
            "derived_from": self.derived_from and self.derived_from.to_dict(),
            "signals": dict(self.signals),
            "clean_text": self.clean_text,
            "model": self.model,
        }
