"""Near copies and sources: which known text a text copies or retells."""

from __future__ import annotations

from classifier.index.index import Index, IndexInfo, open_index

__all__ = ["Index", "IndexInfo", "open_index"]
