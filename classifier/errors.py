"""Everything that can go wrong, as one tree.

QualityError
├── InputError       one text, file or record cannot be read; the others go on
├── LabelError       a file of labels cannot be trained on or measured with
├── ModelError       a model folder is broken, foreign or of another version
├── IndexFormatError an index is broken, foreign or of another version
└── MissingExtra     an optional library is not installed
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class QualityError(Exception):
    """Base of all errors that a caller of this package can cause; the message says what, where, and what to do."""


class InputError(QualityError):
    """One text, file or record cannot be read; a batch may go on without it."""


class LabelError(QualityError):
    """A file of labels cannot be trained on or measured with."""


class ModelError(QualityError):
    """A model folder is broken, foreign or of another version."""


class IndexFormatError(QualityError):
    """An index is broken, foreign or of another version."""


class MissingExtra(QualityError):
    """An optional library cannot be imported; the message says why, and names the command that installs it."""


@contextmanager
def extra(name: str, purpose: str) -> Iterator[None]:
    """Stands around imports of an optional library: where it is missing, they raise MissingExtra.

    Args:
        name: the extra that installs it.
        purpose: what needs what, for the message: "reading HTML needs trafilatura".
    """
    try:
        yield
    except ImportError as error:
        told = " ".join(str(error).split()).rstrip(".")  # the library may be there, and one that it needs missing
        raise MissingExtra(f"{purpose} ({told}). Run: pip install 'quality-classifier[{name}]'") from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Stands around what is written to a path: where the system refuses it, QualityError names the path."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise QualityError(f"{path}: cannot be written: {reason}. Choose another place, or make room.") from error


@contextmanager
def sound(where: object, remedy: str) -> Iterator[None]:
    """Stands around reading a file that this package wrote: what cannot be read raises QualityError, with the file and the remedy."""
    try:
        yield
    except (OSError, ValueError, LookupError, TypeError) as error:
        told = isinstance(error, OSError) and error.strerror  # Arrow's own errors have none
        raise QualityError(f"{where}: {told.lower() if told else 'this file is damaged'}. {remedy}") from error
