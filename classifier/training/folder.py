"""The folder that a model is written to, and is called by."""

from __future__ import annotations

from pathlib import Path

from classifier.corpus.fields import mended
from classifier.errors import QualityError, writing
from classifier.model import UNFINISHED, is_model


def prepare(folder: Path) -> None:
    """Make the folder of a new model, before the work that fills it.

    Raises:
        QualityError: it is a file, holds files but no model of this program, or cannot be made.
    """
    with writing(folder):
        if folder.exists() and not folder.is_dir():
            raise QualityError(f"{folder}: a file, not a folder. Choose a new or an empty folder.")
        others = folder.exists() and any(not path.name.startswith(UNFINISHED) for path in folder.iterdir())
        if others and not is_model(folder):
            raise QualityError(f"{folder}: holds files that are no model. Choose a new or an empty folder.")
        folder.mkdir(parents=True, exist_ok=True)


def name_of(folder: Path) -> str:
    """What a model in a folder is called; a file could not hold a name that is not UTF-8."""
    return mended(folder.resolve().name)
