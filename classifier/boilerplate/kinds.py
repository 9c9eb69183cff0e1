"""Which kind of boilerplate a line is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.boilerplate.sheet import KINDS, Floats, Sheet
from classifier.boilerplate.tokens import BITS, tokens
from classifier.words import Ints

OTHER = "other"
KIND_BITS = 12  # columns of the kinds' vocabulary: 2**KIND_BITS
_SURE = 0.5
_HEADS = frozenset({"author_bio", "related", "navigation", "comment", "cookie", "legal", "contact"})


@dataclass(frozen=True)
class KindWeights:
    """Weights of words for each kind, shape (kinds, 2**KIND_BITS), and an intercept a kind."""

    words: NDArray[np.float32]
    bias: Floats

    def probabilities(self, sheet: Sheet) -> Floats:
        """The probability of each kind, shape (lines, kinds)."""
        rows, columns = kind_tokens(sheet)
        scale = 1 / np.sqrt(np.maximum(sheet.count(rows), 1))
        logits = np.stack([sheet.count(rows, weights[columns]) * scale for weights in self.words], axis=1) + self.bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        result: Floats = odds / odds.sum(axis=1, keepdims=True)
        return result


def kind_tokens(sheet: Sheet) -> tuple[Ints, Ints]:
    """Line and column of every token in the vocabulary of the kinds."""
    rows, columns = tokens(sheet)
    return rows, columns >> (BITS - KIND_BITS)


def covered(sheet: Sheet) -> Floats:
    """How many words the phrases of each kind cover in each line, shape (kinds, lines)."""
    first, last, kind = sheet.hits.T
    words = np.zeros((len(KINDS), len(sheet)))
    np.add.at(words, (kind, sheet.line[first]), last - first)
    return words


def kinds(sheet: Sheet, places: Sequence[int], weights: KindWeights) -> list[str]:
    """The kind of each line of a sheet of boilerplate alone; `places` tell where the lines stand among all lines of the batch.

    Phrases of the lists decide first, then the words; what follows a heading ("Related") without a break is of its kind.
    """
    cover = covered(sheet)
    probability = weights.probabilities(sheet)
    told, guess = cover.argmax(axis=0).tolist(), probability.argmax(axis=1).tolist()
    known, sure = (cover.max(axis=0) > 0).tolist(), (probability.max(axis=1) >= _SURE).tolist()
    named: list[str] = []
    for row, place in enumerate(places):
        if known[row] or sure[row]:
            named.append(KINDS[told[row] if known[row] else guess[row]])
        else:
            same_page = row > 0 and sheet.document[row] == sheet.document[row - 1]
            follows = same_page and place == places[row - 1] + 1 and named[-1] in _HEADS
            named.append(named[-1] if follows else OTHER)
    return named
