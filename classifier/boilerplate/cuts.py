"""What is boilerplate in a batch of pages: stretches of text, each of a kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.boilerplate.kinds import OTHER
from classifier.boilerplate.sheet import KINDS, Floats
from classifier.words import Ints

NAMES = (*KINDS, OTHER)


@dataclass(frozen=True, slots=True)
class Cuts:
    """Stretches of boilerplate, apart from each other, as columns of equal length.

    Attributes:
        start, end: offsets among the characters of the batch.
        kind: the place in NAMES of what each is.
        probability: how probable each is boilerplate, 0..1.
    """

    start: Ints
    end: Ints
    kind: Ints
    probability: Floats

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, rows: Ints | NDArray[np.bool_]) -> Cuts:
        return Cuts(self.start[rows], self.end[rows], self.kind[rows], self.probability[rows])


def together(*groups: Cuts) -> Cuts:
    """The stretches of all groups, in the order of the text."""
    columns = [np.concatenate([getattr(group, name) for group in groups]) for name in Cuts.__slots__]
    return Cuts(*columns)[np.argsort(columns[0], kind="stable")]


_NO_PLACES = np.zeros(0, dtype=np.int64)
NONE = Cuts(_NO_PLACES, _NO_PLACES, _NO_PLACES, np.zeros(0))
