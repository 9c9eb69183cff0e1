"""SQLite files that several processes open, and make, at once."""

from __future__ import annotations

import sqlite3
import time

WAIT_S = 60.0  # for another process that writes
_PAUSE_S = 0.01


def connect(path: str) -> sqlite3.Connection:
    """A connection that begins no transaction by itself, waits for others that write, and may be used by any thread."""
    return sqlite3.connect(path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)


def write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers go on while one writes. SQLite itself does not wait where two processes ask for this at once."""
    until = time.monotonic() + WAIT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > until:
                raise
            time.sleep(_PAUSE_S)


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process held the file for too long."""
    return name_of(error).startswith("SQLITE_BUSY")


def name_of(error: sqlite3.Error) -> str:
    """SQLite's name of an error; nothing where Python's module met it."""
    return getattr(error, "sqlite_errorname", "")
