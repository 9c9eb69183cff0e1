"""Weights as data: the facts of a model in JSON and its arrays beside them, each checked when it is read."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from classifier.errors import ModelError

Rule = tuple[Callable[[Any], bool], str]  # whether a fact is right, and what it should be

_LARGEST = 1e300
_SHOWN = 60  # characters of a wrong fact
_NO_ARRAYS = (ValueError, TypeError, EOFError, OSError, RuntimeError, BadZipFile, zlib.error)  # what numpy meets in other files


def check_facts(path: Path, facts: Mapping[str, Any], rules: Mapping[str, Rule], remedy: str) -> None:
    """Compare the facts of a model with what each of them should be.

    Raises:
        ModelError: names the file and the first fact that is missing or wrong.
    """
    for name, (is_right, wanted) in rules.items():
        if name not in facts:
            raise ModelError(f"{path}: no {name}; it is {wanted}. {remedy}")
        if not is_right(facts[name]):
            raise ModelError(f"{path}: {name} is {_shown(facts[name])}, not {wanted}. {remedy}")


def _shown(fact: object) -> str:
    told = repr(fact)
    return told if len(told) <= _SHOWN else f"{told[: _SHOWN - 1]}…"


def read_arrays(path: Path, digest: object, remedy: str) -> dict[str, NDArray[Any]]:
    """The arrays of a model.

    Args:
        path: an archive as numpy writes it.
        digest: its SHA-256, as the facts of the model have it.
        remedy: what to do where it is not sound.

    Raises:
        ModelError: it cannot be read, has another digest, or holds anything but numbers.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}. {remedy}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise ModelError(f"{path}: digest {found[:12]}… differs from the one in {path.stem}.json. {remedy}")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except _NO_ARRAYS as error:
        raise ModelError(f"{path}: not plain arrays ({error}). {remedy}") from error
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
            raise ModelError(f"{path}: {name} holds no numbers. {remedy}")
    return arrays


def is_number(fact: object) -> bool:
    """Whether a fact is a finite number."""
    return type(fact) in (int, float) and -_LARGEST < fact < _LARGEST  # type: ignore[operator]


def is_share(fact: object) -> bool:
    """Whether a fact is a number from 0 to 1."""
    return is_number(fact) and 0 <= fact <= 1  # type: ignore[operator]


def is_text(fact: object) -> bool:
    """Whether a fact is a string."""
    return isinstance(fact, str)


def is_list(fact: object, is_right: Callable[[Any], bool], size: int | None = None) -> bool:
    """Whether a fact is a list of right things, and of so many."""
    return isinstance(fact, list) and size in (None, len(fact)) and all(map(is_right, fact))


def is_table(fact: object, names: tuple[str, ...], is_right: Callable[[Any], bool]) -> bool:
    """Whether a fact has a right thing under each of some names, and nothing else."""
    return isinstance(fact, dict) and fact.keys() == set(names) and all(map(is_right, fact.values()))
