"""The article in a page: what is left when the lines that wrap it are blanked out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classifier.boilerplate.cuts import NAMES
from classifier.boilerplate.judgement import judge
from classifier.document import Batch, once
from classifier.words import Ints

# Contacts, credits and bylines stay: they tell a release from a report.
_WRAPPING = ("subscribe", "share", "related", "navigation", "cookie", "comment", "advertisement", "caption", "legal", "author_bio")
_WRAPS = np.isin(NAMES, _WRAPPING)
_LEFT_BEHIND = ("citation/prompt_leak", "citation/tool_tokens")  # what a machine left behind stands at the edges, but tells of the article
_FEWEST_WORDS = 30  # fewer are no article: a page of menus is judged as it is


@once
def article(batch: Batch) -> Batch:
    """The batch with what wraps each article blanked out, offsets kept; a whole page where hardly any word would be left."""
    found = judge(batch)
    wrapping = found[np.flatnonzero(_WRAPS[found.kind])]
    row, starts = batch.document_of(wrapping.start), batch.words.start
    cut = np.searchsorted(starts, wrapping.end) - np.searchsorted(starts, wrapping.start)
    left = batch.sizes - np.bincount(row, cut, minlength=len(batch))
    chosen = wrapping[np.flatnonzero((left[row] >= _FEWEST_WORDS) & ~_tells(batch, wrapping.start, wrapping.end))]
    return batch.without(np.stack((chosen.start, chosen.end), axis=1)) if len(chosen) else batch


def _tells(batch: Batch, start: Ints, end: Ints) -> NDArray[np.bool_]:
    """Which stretches of a batch hold what a machine left behind."""
    marks = batch.words.start[batch.found.of(*_LEFT_BEHIND)[0]]
    told: NDArray[np.bool_] = np.searchsorted(marks, end) > np.searchsorted(marks, start)
    return told
