"""Columns of Arrow from values of Python, without `pyarrow.array`, which imports pandas where it is installed: half a second a process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from classifier.errors import extra


def arrow() -> Any:
    """The library `pyarrow`.

    Raises:
        MissingExtra: it is not installed.
    """
    with extra("filter", "filtering a corpus needs pyarrow"):
        import pyarrow
    return pyarrow


def column(values: Sequence[Any], kind: Any) -> Any:
    """Values as an array of Arrow; None is null.

    Args:
        values: texts, numbers, truth values, or sequences of them.
        kind: the type of Arrow: a string, a number, a boolean, or a list of them.
    """
    pa = arrow()
    present = np.array([value is not None for value in values], dtype=bool)
    valid = None if present.all() else _bits(present)
    if pa.types.is_list(kind):
        held = [value or () for value in values]
        child = column([item for value in held for item in value], kind.value_type)
        return pa.Array.from_buffers(kind, len(held), [valid, _offsets(map(len, held))], children=[child])
    if pa.types.is_string(kind):
        encoded = [(value or "").encode("utf-8", "replace") for value in values]
        return pa.Array.from_buffers(kind, len(encoded), [valid, _offsets(map(len, encoded)), pa.py_buffer(b"".join(encoded))])
    if pa.types.is_boolean(kind):
        return pa.Array.from_buffers(kind, len(values), [valid, _bits(np.array(values, dtype=bool))])
    filled = values if valid is None else [0 if value is None else value for value in values]
    return numbers(np.array(filled, dtype=kind.to_pandas_dtype()), kind, valid)


def numbers(values: Any, kind: Any, valid: Any = None) -> Any:
    """The numbers of a contiguous numpy array as an array of Arrow of the same type, without a copy.

    Args:
        values: shape (n,).
        kind: the type of Arrow.
        valid: a buffer with a bit for each that is not null; None where none is.
    """
    pa = arrow()
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(values)])


def _offsets(sizes: Iterable[int]) -> Any:
    return arrow().py_buffer(np.cumsum([0, *sizes], dtype=np.int32))


def _bits(flags: Any) -> Any:
    return arrow().py_buffer(np.packbits(flags, bitorder="little"))
