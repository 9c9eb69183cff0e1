"""What is left out of training: sources of by_eye, whole families, and generators with their family."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.training.examples import BY_EYE, OTHER, Example
from classifier.training.fit import split

Ints = NDArray[np.int64]
SOURCES, FAMILIES, GENERATORS = "sources", "families", "generators"
FEW = 150  # texts; families with fewer are left out together, whole

# A generator by what it grew from: whoever leaves GPT-4o out and keeps GPT-3.5 has not left out much. A text made by two counts for both.
_LINEAGES = {
    "GPT": re.compile(r"gpt", re.IGNORECASE),
    "Llama": re.compile(r"llama", re.IGNORECASE),
    "Vicuna": re.compile(r"vicuna", re.IGNORECASE),
    "Claude": re.compile(r"claude", re.IGNORECASE),
    "PaLM and Gemini": re.compile(r"palm|gemini", re.IGNORECASE),
    "DeepSeek": re.compile(r"deepseek", re.IGNORECASE),
    "Mistral": re.compile(r"mistral", re.IGNORECASE),
    "Qwen": re.compile(r"qwen", re.IGNORECASE),
    "DIPPER": re.compile(r"dipper", re.IGNORECASE),
    "back-translation": re.compile(r"back.?translation", re.IGNORECASE),
}


@dataclass(frozen=True)
class Fold:
    """One round of leaving out.

    Attributes:
        protocol: SOURCES, FAMILIES or GENERATORS.
        name: what is left out.
        families: the families of the tested texts; none of their texts is in `train`.
        train, test: rows of the examples.
    """

    protocol: str
    name: str
    families: frozenset[str]
    train: Ints
    test: Ints


def by_source(examples: Sequence[Example], folds: int) -> list[Fold]:
    """Rounds in which each source of by_eye is tested once; its family is left out of every data set.

    Tested are the texts read with high or medium confidence, `other` among them for the score on what is out of scope.
    """
    eye = np.flatnonzero([example.dataset == BY_EYE for example in examples])
    sure = np.array([example.confidence != "low" for example in examples])
    found = []
    for _, places in split([examples[row].source for row in eye.tolist()], folds):
        left_out = eye[places]
        sources = {examples[row].source for row in left_out.tolist()}
        families = frozenset(examples[row].family for row in left_out.tolist())
        train = np.flatnonzero([example.family not in families and example.source not in sources for example in examples])
        found.append(Fold(SOURCES, ", ".join(sorted(sources)), families, train, left_out[sure[left_out]]))
    return found


def by_family(examples: Sequence[Example], few: int = FEW) -> list[Fold]:
    """Rounds in which each family is tested once: alone, or with other small ones until they are `few` texts together."""
    sizes: dict[str, int] = {}
    for example in examples:
        sizes[example.family] = sizes.get(example.family, 0) + 1
    return [_without_families(examples, frozenset(names)) for names in _grouped(sizes, few)]


def _grouped(sizes: dict[str, int], few: int) -> Iterator[list[str]]:
    small: list[str] = []
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        if sizes[name] >= few:
            yield [name]
            continue
        small.append(name)
        if sum(sizes[each] for each in small) >= 2 * few:
            yield small
            small = []
    if small:
        yield small


def _without_families(examples: Sequence[Example], families: frozenset[str]) -> Fold:
    inside = np.array([example.family in families for example in examples])
    return Fold(FAMILIES, ", ".join(sorted(families)), families, np.flatnonzero(~inside), np.flatnonzero(inside))


def by_generator(examples: Sequence[Example]) -> list[Fold]:
    """Rounds in which one lineage of generators is tested on one family, neither of them seen before.

    Gone from training are all texts of the family, and all texts of the lineage in every other family. Tested are the lineage's
    rewrites in the family, and the human originals of the data sets that they stand in. Why the whole family: many rewrites do not
    say which story they tell, so no narrower cut keeps every tested story out of training.
    """
    found = []
    for family in sorted({example.family for example in examples if example.generator}):
        inside = np.array([example.family == family for example in examples])
        for lineage in _LINEAGES:
            theirs = np.array([lineage in lineages(example.generator) for example in examples])
            rewrites = inside & theirs & np.array([example.label != OTHER for example in examples])
            if not rewrites.any():
                continue
            datasets = {examples[row].dataset for row in np.flatnonzero(rewrites).tolist()}
            humans = inside & np.array([example.dataset in datasets and not example.generator for example in examples])
            train, test = np.flatnonzero(~inside & ~theirs), np.flatnonzero(rewrites | humans)
            found.append(Fold(GENERATORS, f"{family}: {lineage}", frozenset({family}), train, test))
    return found


def lineages(generator: str) -> list[str]:
    """What a generator grew from; [] for a human.

    Raises:
        ValueError: a generator that no lineage is written down for.
    """
    found = [name for name, pattern in _LINEAGES.items() if pattern.search(generator)]
    if generator and not found:
        raise ValueError(f"generator {generator!r} belongs to no lineage. Add one to _LINEAGES in benchmarks/folds.py.")
    return found


def digest(examples: Iterable[Example]) -> str:
    """A digest of tested texts and their labels, whatever their order."""
    lines = sorted(
        hashlib.sha256("\0".join((each.dataset, each.source, each.id, each.label, each.text)).encode("utf-8", "surrogatepass")).hexdigest()
        for each in examples
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()
