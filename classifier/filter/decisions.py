"""What the flags of a filter mean: from the facts about a document to keep, reject or set aside, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from classifier.errors import QualityError
from classifier.verdict import LABELS

KEPT, REJECTED, ASIDE = "kept", "rejected", "aside"
PLACES = (KEPT, REJECTED, ASIDE)
UNCERTAIN = ("keep", "drop", "aside")
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "sv", "pl", "tr", "id", "sw")  # that classifier.language can tell
REASONS = {
    "empty": "no words",
    "language": "another language",
    "short": "too few words",
    "copy": "near copy of another document",
    "derived": "retells another document",
    "uncertain": "uncertain verdict",
    "original": "original",
    "rewrite": "rewrite",
    "filler": "filler",
    "confidence": "label not sure enough",
    "quality": "quality too low",
    "boilerplate": "too much boilerplate",
}


@dataclass(frozen=True)
class Outcome:
    """Where a document goes, and why.

    Attributes:
        place: `kept`, `rejected` or `aside`.
        reason: one of REASONS, or None where it is kept.
        detail: the reason as a sentence with its figures, or None.
    """

    place: str
    reason: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Decisions:
    """What is kept.

    Attributes:
        keep: the labels that are kept.
        min_confidence: the least probability of a kept label, 0..1; what is uncertain is not asked.
        min_quality: the least quality, 0..1.
        max_boilerplate: the largest share of boilerplate, 0..1.
        min_words: the fewest words.
        language: the code of the only language that is kept, such as `en`; None keeps all.
        dedup: whether of near copies one is kept: the earliest by date, then the best, then the longest.
        drop_derived: whether what retells another document of the corpus is rejected.
        uncertain: what becomes of documents with an uncertain verdict: `keep` whatever their label, `drop`, or `aside`.
        clean: whether kept documents lose their boilerplate.

    Raises:
        QualityError: a value is out of its range.
    """

    keep: tuple[str, ...] = ("original",)
    min_confidence: float = 0.0
    min_quality: float = 0.0
    max_boilerplate: float = 1.0
    min_words: int = 0
    language: str | None = None
    dedup: bool = False
    drop_derived: bool = False
    uncertain: str = "keep"
    clean: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.keep, str):
            object.__setattr__(self, "keep", (self.keep,))
        for label in self.keep:
            if label not in LABELS:
                raise QualityError(f"--keep: {label!r} is no label. Choose among {', '.join(LABELS)}.")
        if not self.keep:
            raise QualityError(f"--keep: no label. Choose among {', '.join(LABELS)}.")
        for name in ("min_confidence", "min_quality", "max_boilerplate"):
            if not 0 <= getattr(self, name) <= 1:
                raise QualityError(f"--{name.replace('_', '-')}: {getattr(self, name)} is out of range. Give a number from 0 to 1.")
        if self.min_words < 0:
            raise QualityError(f"--min-words: {self.min_words} is out of range. Give a number from 0 on.")
        if self.language is not None and self.language not in LANGUAGES:
            raise QualityError(
                f"--language: {self.language!r} is no code of a language that can be told. Choose among {', '.join(LANGUAGES)}."
            )
        if self.uncertain not in UNCERTAIN:
            raise QualityError(f"--uncertain: {self.uncertain!r} is no choice. Choose among {', '.join(UNCERTAIN)}.")

    @property
    def needs_sketches(self) -> bool:
        """Whether documents must be compared with each other."""
        return self.dedup or self.drop_derived

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain data, ready for JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self)} | {"keep": list(self.keep)}

    def decide(self, facts: Mapping[str, Any]) -> Outcome:
        """Where a document goes.

        Args:
            facts: of the document, named as in the ledger. `duplicate_of` and `derived_from` name the document that goes before it.
        """
        if found := self._unfit(facts) or self._related(facts):
            return Outcome(REJECTED, *found)
        if not facts["uncertain"]:
            found = self._label(facts)
        elif self.uncertain == "drop":
            found = "uncertain", "the verdict is uncertain"
        found = found or self._measure(facts)
        if found:
            return Outcome(REJECTED, *found)
        if facts["uncertain"] and self.uncertain == "aside":
            return Outcome(ASIDE, "uncertain", "the verdict is uncertain")
        return Outcome(KEPT)

    def _unfit(self, facts: Mapping[str, Any]) -> tuple[str, str] | None:
        if not facts["words"]:
            return "empty", "the text has no words"
        if self.language and facts["language"] != self.language:
            return "language", f"the language is {facts['language']}, not {self.language}"
        if facts["words"] < self.min_words:
            return "short", f"{facts['words']} words, fewer than {self.min_words}"
        return None

    def _related(self, facts: Mapping[str, Any]) -> tuple[str, str] | None:
        if self.dedup and facts.get("duplicate_of"):
            return "copy", f"near copy of {facts['duplicate_of']} (similarity {facts['similarity']:.2f})"
        if self.drop_derived and facts.get("derived_from"):
            return "derived", f"retells {facts['derived_from']} (sureness {facts['sureness']:.2f})"
        return None

    def _label(self, facts: Mapping[str, Any]) -> tuple[str, str] | None:
        label, confidence = facts["label"], facts["confidence"]
        if label not in self.keep:
            return label, f"{label} ({confidence:.0%})"
        if confidence < self.min_confidence:
            return "confidence", f"{label} at {confidence:.3f}, below {self.min_confidence}"
        return None

    def _measure(self, facts: Mapping[str, Any]) -> tuple[str, str] | None:
        if facts["quality"] < self.min_quality:
            return "quality", f"quality {facts['quality']:.3f}, below {self.min_quality}"
        if facts["boilerplate"] > self.max_boilerplate:
            return "boilerplate", f"{facts['boilerplate']:.0%} boilerplate, more than {self.max_boilerplate:.0%}"
        return None

    def explain(self) -> Iterator[str]:
        """What these settings do, a sentence each."""
        kept = " and ".join(self.keep)
        yield f"Keeps documents that are judged {kept}" + (
            f" with a probability of at least {self.min_confidence:g}." if self.min_confidence else "; rejects the other labels."
        )
        yield {
            "keep": "Keeps documents with an uncertain verdict, whatever their label.",
            "drop": "Rejects documents with an uncertain verdict.",
            "aside": "Sets documents with an uncertain verdict aside, into aside/, whatever their label.",
        }[self.uncertain]
        yield "Rejects documents without words."
        if self.language:
            yield f"Rejects documents in another language than {self.language}."
        if self.min_words:
            yield f"Rejects documents of fewer than {self.min_words:,} words."
        if self.min_quality:
            yield f"Rejects documents whose quality is below {self.min_quality:g}."
        if self.max_boilerplate < 1:
            yield f"Rejects documents with more than {self.max_boilerplate:.0%} of boilerplate."
        if self.dedup:
            yield "Of near copies keeps one: the earliest by date, then the one of the best quality, then the longest."
        if self.drop_derived:
            yield "Rejects documents that retell another document of the corpus."
        yield "Cuts the boilerplate out of the texts that are kept." if self.clean else "Leaves the texts as they are."
