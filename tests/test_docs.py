"""What the documents show runs as it stands there."""

import doctest
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_the_python_examples_of_a_document_run(path):
    found = doctest.testfile(str(path), module_relative=False, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)

    assert found.failed == 0


def test_the_readme_has_examples():
    assert doctest.DocTestParser().get_examples((ROOT / "README.md").read_text(encoding="utf-8"))
