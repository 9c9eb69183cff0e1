"""How much a source that was found says about the label of a text."""

from __future__ import annotations

import json
from bisect import bisect_right
from functools import cache
from importlib.resources import files
from typing import Any

from classifier.document import Match


def rewrite_shift(source: Match | None) -> float:
    """What a likely source adds to the log-odds of `rewrite`, by how sure it is; 0 where there is none.

    Measured by `python -m benchmarks.index_data sources`: how much more often rewrites have such a source than first-hand reports do,
    by coefficients that never saw the family of the rewrite. That no source was found says nothing: the index may not hold it.
    """
    if source is None:
        return 0.0
    step = bisect_right(_measured()["from"], source.similarity)
    return float(_measured()["log_odds"][step - 1]) if step else 0.0


@cache
def _measured() -> dict[str, Any]:
    data: dict[str, Any] = json.loads((files("classifier.index") / "shift.json").read_text(encoding="utf-8"))
    return data
