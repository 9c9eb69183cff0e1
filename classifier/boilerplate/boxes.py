"""What the heading of an author box announces: the biography under it, wherever in the page it stands again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from classifier.boilerplate.sheet import Floats, Sheet, line_hashes
from classifier.words import Ints

_HEADING, _BIOGRAPHY = 6, 8  # words: a heading has no more, a biography no fewer
_LATE = 0.5  # an author box at the head of a page is followed by the article


def announced(sheet: Sheet, rows: Ints, named: Sequence[str], probability: Floats) -> tuple[Ints, Floats]:
    """Lines under a short heading of an author box in the second half of a page, and their copies.

    Args:
        sheet: the lines of a batch.
        rows: those that are boilerplate already, in order.
        named: the kind of each of them.
        probability: the probability of each line of the sheet.

    Returns:
        The further lines, and for each the probability of the heading that announced it, shape (found,) each.
    """
    heading = np.array([kind == "author_bio" for kind in named], dtype=bool) & (sheet.words[rows] <= _HEADING)
    heads = rows[heading & (sheet.place[rows] >= _LATE * sheet.size[rows])]
    heads = heads[heads + 1 < sheet.first[sheet.document[heads] + 1]]
    heads = heads[sheet.words[heads + 1] >= _BIOGRAPHY]
    if not len(heads):
        return heads, np.zeros(0)
    keys = line_hashes(sheet, sheet.hash) + sheet.document.astype(np.uint64)
    told, at = np.unique(keys[heads + 1], return_index=True)
    found = np.setdiff1d(np.flatnonzero(np.isin(keys, told)), rows)
    return found, probability[heads[at[np.searchsorted(told, keys[found])]]]
