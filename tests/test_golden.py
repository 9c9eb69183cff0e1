"""Whole articles with the label that any good model gives them; a case is a file in tests/cases.

Above the line `---` a case says `label:` (one, or several parted by commas) and `reasons contain:` (words of which some must occur
in the reasons, parted by `|`).
"""

from pathlib import Path

import pytest

from classifier import Scorer
from classifier.verdict import LABELS

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))


def read(path):
    """What a case asks for, and its text."""
    head, _, text = path.read_text(encoding="utf-8").partition("\n---\n")
    facts = dict(line.split(":", 1) for line in head.splitlines())
    return {key.strip(): value.strip() for key, value in facts.items()}, text


@pytest.fixture(scope="module")
def scorer():
    return Scorer()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_is_well_formed(path):
    facts, text = read(path)

    assert list(facts) == ["label", "reasons contain"]
    assert set(facts["label"].split(", ")) <= set(LABELS)
    assert len(text.split()) > 100


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_an_article_has_its_label(scorer, path):
    facts, text = read(path)
    verdict = scorer.score(text)

    assert verdict.label in facts["label"].split(", "), f"{verdict.probabilities}: {verdict.reasons}"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_an_article_has_its_reasons(scorer, path):
    facts, text = read(path)
    reasons = " ".join(scorer.score(text).reasons)

    assert any(words.lower() in reasons.lower() for words in facts["reasons contain"].split(" | ")), reasons


def test_there_are_cases_of_every_label():
    assert {label for path in CASES for label in read(path)[0]["label"].split(", ")} == set(LABELS)
