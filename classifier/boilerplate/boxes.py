"""What the heading of an author box announces: the biography under it, wherever in the page it stands again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.boilerplate.sheet import Floats, Sheet, line_hashes
from classifier.words import Ints

_HEADING, _SHORTEST, _LONGEST = 6, 8, 90  # words: a heading has no more, a biography from 8 to 90
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
    heads = heads[(sheet.words[heads + 1] >= _SHORTEST) & (sheet.words[heads + 1] <= _LONGEST)]
    if not len(heads):
        return heads, np.zeros(0)
    keys = line_hashes(sheet, sheet.hash) + sheet.document.astype(np.uint64)
    told, at = np.unique(keys[heads + 1], return_index=True)
    found = np.setdiff1d(np.flatnonzero(np.isin(keys, told)), rows)
    found = found[_leaves_more(sheet, rows, found)]
    return found, probability[heads[at[np.searchsorted(told, keys[found])]]]


def _leaves_more(sheet: Sheet, rows: Ints, found: Ints) -> NDArray[np.bool_]:
    """Whether the page of each of some lines has more words in lines that stay than in those: else they are its article."""
    words = np.bincount(sheet.document, sheet.words)
    taken, going = (np.bincount(sheet.document[lines], sheet.words[lines], len(words)) for lines in (rows, found))
    more: NDArray[np.bool_] = (words - taken - going > going)[sheet.document[found]]
    return more
