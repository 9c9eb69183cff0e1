"""What training or measuring found, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from classifier.training.metrics import Score


@dataclass(frozen=True)
class Report:
    """What training or measuring found.

    Attributes:
        rows: one score for each model or split, by name.
        note: what the reader has to know of how it was measured.
        facts: the same as plain data, and more.
    """

    rows: Sequence[tuple[str, Score]]
    note: str
    facts: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data, ready for JSON."""
        return {"rows": {name: found.to_dict() for name, found in self.rows}, "note": self.note, **self.facts}

    def summary(self) -> str:
        """The report as a few lines of text."""
        lines = [
            f"{name}: macro-F1 {found.macro_f1:.3f}, accuracy {found.accuracy:.3f}, "
            f"calibration error {found.calibration_error:.3f} ({found.count} texts)"
            for name, found in self.rows
        ]
        return "\n".join([*lines, self.note])
