"""The article in a page: what is left when the lines that wrap it are blanked out."""

from __future__ import annotations

import numpy as np

from classifier.boilerplate.cuts import NAMES
from classifier.boilerplate.judgement import judge
from classifier.document import Batch, once

# Contacts, credits and bylines stay: they tell a release from a report.
_WRAPPING = ("subscribe", "share", "related", "navigation", "cookie", "comment", "advertisement", "caption", "legal", "author_bio")
_WRAPS = np.isin(NAMES, _WRAPPING)
_FEWEST_WORDS = 30  # fewer are no article: a page of menus is judged as it is


@once
def article(batch: Batch) -> Batch:
    """The batch with what wraps each article blanked out, offsets kept; a whole page where hardly any word would be left."""
    found = judge(batch)
    wrapping = found[np.flatnonzero(_WRAPS[found.kind])]
    row, starts = batch.document_of(wrapping.start), batch.words.start
    cut = np.searchsorted(starts, wrapping.end) - np.searchsorted(starts, wrapping.start)
    left = batch.sizes - np.bincount(row, cut, minlength=len(batch))
    chosen = wrapping[np.flatnonzero(left[row] >= _FEWEST_WORDS)]
    return batch.without(np.stack((chosen.start, chosen.end), axis=1)) if len(chosen) else batch
