"""The Spark engine of the filter."""

from __future__ import annotations

from typing import Any

from classifier.errors import QualityError


def run(*_: Any, **__: Any) -> None:
    """Refuse: this engine is being built.

    Raises:
        QualityError: always.
    """
    raise QualityError("--engine spark is not built yet. Use the local engine.")
