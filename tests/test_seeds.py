"""The project's own labelled texts, and the five pages that it was designed from."""

import json
from pathlib import Path

import numpy as np
import pytest

from classifier import Document, Scorer
from classifier.document import read_many
from classifier.signals import NAMES, extract
from classifier.verdict import LABELS

ROOT = Path(__file__).resolve().parent.parent
SEEDS = sorted((ROOT / "seeds").glob("*/*.txt"))
PAGES = ROOT.parent / "shared" / "seeds"
EXPECTED = json.loads((PAGES / "expected.json").read_text(encoding="utf-8")) if PAGES.is_dir() else {"absent": {}}


@pytest.fixture(scope="module")
def measured():
    """All signals of every seed, shape (seeds, signals)."""
    return np.concatenate([extract(batch).values for batch in read_many(Document(path.read_text(encoding="utf-8")) for path in SEEDS)])


def test_there_are_sixty_seeds_and_more():
    assert len(SEEDS) >= 60


@pytest.mark.parametrize("label", LABELS)
def test_there_are_twenty_seeds_of_each_label(label):
    assert len([path for path in SEEDS if path.parent.name == label]) >= 20


def test_every_seed_lies_in_the_folder_of_a_label():
    assert {path.parent.name for path in SEEDS} == set(LABELS)


def test_no_seed_is_there_twice():
    assert len({path.read_text(encoding="utf-8") for path in SEEDS}) == len(SEEDS)


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_a_seed_is_a_text_of_its_own_with_a_name_that_says_what_it_is(path):
    assert path.stem == path.stem.lower().replace(" ", "-").replace("_", "-")
    assert 60 <= len(path.read_text(encoding="utf-8").split()) <= 800


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("duplication.")])
def test_every_signal_fires_on_some_seed_and_differs_between_seeds(measured, name):
    values = set(measured[:, NAMES.index(name)].tolist())

    assert max(values) > 0
    assert len(values) > 1


# The five pages


@pytest.fixture(scope="module")
def verdicts():
    """The verdict on each of the five pages, with its text."""
    scorer = Scorer()
    texts = {name: (PAGES / name).read_text(encoding="utf-8") for name in EXPECTED}
    return {name: (text, scorer.score(text)) for name, text in texts.items()}


@pytest.mark.corpora
@pytest.mark.parametrize("page", EXPECTED)
def test_a_page_has_its_label(verdicts, page):
    _, verdict = verdicts[page]

    assert verdict.label in EXPECTED[page]["label"], f"{verdict.probabilities}: {verdict.reasons}"


@pytest.mark.corpora
@pytest.mark.parametrize("page", EXPECTED)
def test_a_page_shows_the_evidence_of_each_family(verdicts, page):
    _, verdict = verdicts[page]
    missing = []
    for family, wanted in EXPECTED[page]["evidence"].items():
        found = [piece.text for piece in verdict.evidence if piece.signal.startswith(family + ".")]
        missing += [piece for piece in wanted if not any(piece in stretch or stretch in piece for stretch in found)]

    assert missing == []


@pytest.mark.corpora
@pytest.mark.parametrize("page", EXPECTED)
def test_a_page_loses_its_boilerplate(verdicts, page):
    _, verdict = verdicts[page]
    cut = [line.text for line in verdict.boilerplate.lines]

    assert [wanted for wanted in EXPECTED[page]["boilerplate"] if not any(wanted in line for line in cut)] == []


@pytest.mark.corpora
@pytest.mark.parametrize("page", EXPECTED)
def test_a_page_keeps_its_article(verdicts, page):
    _, verdict = verdicts[page]
    wanted = EXPECTED[page]["boilerplate"]
    bios = ("author_bio", "legal", "comment")  # expected.json names only the start of a bio, and of a bio that stands there twice
    prose = [line.text for line in verdict.boilerplate.lines if len(line.text.split()) > 25 and line.kind not in bios]

    assert [line for line in prose if not any(piece in line for piece in wanted)] == []
