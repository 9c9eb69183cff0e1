"""One function over many items in several processes, few of them waiting at a time."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def keep_memory() -> None:
    """Have this process keep the memory that it frees, where that can be asked of the C library.

    The arrays of a batch would else go back to the system and be fetched anew, page by page, for the next one: a twentieth of the time.
    """
    trim_threshold, map_threshold, most = -1, -3, 32 << 20  # names and bound of mallopt in glibc
    with suppress(AttributeError, OSError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(map_threshold, most)
        library.mallopt(trim_threshold, 8 * most)


def spread(function: Callable[[Item], Answer], items: Iterable[Item], jobs: int) -> Iterator[Answer]:
    """The answers, as they come; in this process where `jobs` is 1."""
    if jobs == 1:
        yield from map(function, items)
        return
    from joblib import Parallel, delayed, parallel_config

    with parallel_config(backend="loky", inner_max_num_threads=1):
        work = Parallel(n_jobs=jobs, return_as="generator_unordered", pre_dispatch=3 * jobs, batch_size=1, max_nbytes=None)
        yield from work(delayed(function)(item) for item in items)
