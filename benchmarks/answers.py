"""Answers of left-out rounds kept in build/answers, so that a run that was killed goes on where it was."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from folds import Fold
from measured import ROOT
from numpy.typing import NDArray

from classifier.training.examples import Example

STORE = ROOT / "build" / "answers"
Answer = tuple[NDArray[np.float64], NDArray[np.float64] | None]


@dataclass(frozen=True)
class Kept:
    """The answers of one system on some examples; a change of its code or of the examples asks anew.

    Attributes:
        folder: where they lie.
        key: what they depend on besides the round.
    """

    folder: Path
    key: str

    def answer(self, fold: Fold, ask: Callable[[], Answer]) -> Answer:
        """The answer to a round: the one that is kept, or a new one, which is then kept."""
        path = self.folder / f"{self._name(fold)}.npz"
        if path.exists():
            with np.load(path, allow_pickle=False) as stored:
                return stored["logits"], stored.get("scope")
        logits, scope = ask()
        self.folder.mkdir(parents=True, exist_ok=True)
        begun = path.with_suffix(".begun.npz")
        np.savez(begun, logits=logits, **({} if scope is None else {"scope": scope}))
        begun.replace(path)
        return logits, scope

    def _name(self, fold: Fold) -> str:
        digest = hashlib.sha256(self.key.encode())
        for rows in (fold.train, fold.test):
            digest.update(hashlib.sha256(rows.astype(np.int64).tobytes()).digest())
        return digest.hexdigest()[:24]


def kept(name: str, code: str, examples: Sequence[Example], folder: Path = STORE) -> Kept:
    """Where the answers of a system on these examples are kept; `code` is a digest of what its answers depend on besides."""
    digest = hashlib.sha256(f"{name} {code}".encode())
    for example in examples:
        digest.update(repr(replace(example, text="")).encode() + example.text.encode("utf-8", "surrogatepass"))
    return Kept(folder, digest.hexdigest())
