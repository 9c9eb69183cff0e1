"""What stands where an optional library is missing."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from classifier.corpus.html import text_of
from classifier.corpus.streams import packed
from classifier.errors import MissingExtra, extra
from classifier.filter.columns import arrow
from classifier.index import open_index


@pytest.mark.parametrize(
    ("library", "call", "name"),
    [
        ("trafilatura", lambda: text_of("<p>The ferry slip at Port Ellery is closed.</p>"), "html"),
        ("zstandard", lambda: packed(b"{}", "zst"), "filter"),
        ("pyarrow", arrow, "filter"),
        ("redis", lambda: open_index("redis://localhost:1/0"), "redis"),
    ],
)
def test_what_needs_a_missing_library_names_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, library: str, call: Callable[[], object], name: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtra, match=rf"needs .*\. Run: pip install 'quality-classifier\[{name}\]'"):
        call()


def test_a_library_that_lacks_one_itself_says_which() -> None:
    told = (
        r"reading HTML needs trafilatura \(lxml cleans elsewhere\. Install lxml_cleaner\)\. Run: pip install 'quality-classifier\[html\]'"
    )
    with pytest.raises(MissingExtra, match=told), extra("html", "reading HTML needs trafilatura"):
        raise ImportError("lxml cleans elsewhere.\nInstall lxml_cleaner.")


def test_only_imports_become_missing_extras() -> None:
    with pytest.raises(ValueError, match="no number"), extra("html", "reading HTML needs trafilatura"):
        raise ValueError("no number")
