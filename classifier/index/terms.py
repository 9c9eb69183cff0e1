"""The rare words of a text: names, numbers and unusual words, which survive when the text is told again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.index.background import TOO_COMMON, key, shipped
from classifier.words import Words

TERMS = 56  # of 24, 40, 56, 64 terms: true source first for 93.4, 94.8, 95.7, 95.9 % of machine rewrites


def rare_terms(batch: Sequence[Words]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The rarest words of each text in its order, and where each begins first, shapes (texts, TERMS); 0 where a text has fewer.

    A word counts the more, the fewer documents hold it and the more often the text repeats it.
    """
    keys = key(np.concatenate([words.stem for words in batch])) if batch else np.zeros(0, dtype=np.uint32)
    text = np.repeat(np.arange(len(batch)), [len(words) for words in batch])
    shares = shipped().share(keys)
    place = np.flatnonzero(shares < TOO_COMMON)
    wide = (text[place].astype(np.uint64) << np.uint64(32)) | keys[place]
    _, first, times = np.unique(wide, return_index=True, return_counts=True)
    place = place[first]
    weight = -np.log(shares[place]) * (1 + np.log(times))
    order = np.lexsort((place, -weight, text[place]))
    rank = np.arange(len(order)) - np.searchsorted(text[place[order]], text[place[order]])
    chosen = np.sort(place[order[rank < TERMS]])
    column = np.arange(len(chosen)) - np.searchsorted(text[chosen], text[chosen])
    terms = np.zeros((len(batch), TERMS), dtype=np.uint32)
    terms[text[chosen], column] = keys[chosen]
    places = np.zeros_like(terms)
    if len(chosen):
        places[text[chosen], column] = np.concatenate([words.start for words in batch])[chosen]
    return terms, places
