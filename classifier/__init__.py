"""Tell original reporting from rewrites and filler, with reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from classifier.release import VERSION

if TYPE_CHECKING:
    from classifier.document import Document, Match, Shared
    from classifier.errors import IndexFormatError, InputError, LabelError, MissingExtra, ModelError, QualityError
    from classifier.filter import Decisions, Summary, filter_again, filter_corpus
    from classifier.index import open_index
    from classifier.scorer import Scorer
    from classifier.stories import Member, Story, find_stories
    from classifier.training import evaluate, train, tune
    from classifier.verdict import Boilerplate, Evidence, Line, Verdict

__version__ = VERSION

# Where each public name lives; a module is imported when its name is first used, so that scoring never waits for training.
_HOMES = {
    "Boilerplate": "verdict",
    "Decisions": "filter",
    "Document": "document",
    "Evidence": "verdict",
    "IndexFormatError": "errors",
    "InputError": "errors",
    "LabelError": "errors",
    "Line": "verdict",
    "Match": "document",
    "MissingExtra": "errors",
    "ModelError": "errors",
    "QualityError": "errors",
    "Member": "stories",
    "Scorer": "scorer",
    "Shared": "document",
    "Story": "stories",
    "Summary": "filter",
    "Verdict": "verdict",
    "evaluate": "training",
    "filter_again": "filter",
    "filter_corpus": "filter",
    "find_stories": "stories",
    "open_index": "index",
    "train": "training",
    "tune": "training",
}
__all__ = [
    "Boilerplate",
    "Decisions",
    "Document",
    "Evidence",
    "IndexFormatError",
    "InputError",
    "LabelError",
    "Line",
    "Match",
    "Member",
    "MissingExtra",
    "ModelError",
    "QualityError",
    "Scorer",
    "Shared",
    "Story",
    "Summary",
    "Verdict",
    "evaluate",
    "filter_again",
    "filter_corpus",
    "find_stories",
    "open_index",
    "train",
    "tune",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'classifier' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"classifier.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
