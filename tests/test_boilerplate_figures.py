"""The line model keeps what it reached on the sets it was never trained on, and passages what they reach on our own texts."""

import importlib
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # benchmarks/ is not installed
benchmark, passages, templates = (importlib.import_module(f"benchmarks.{name}") for name in ("boilerplate", "passages", "templates"))
FLOORS = json.loads(benchmark.FLOORS.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def figures(shared):
    """What is measured now."""
    return benchmark.floors_of(shared / "corpora")


@pytest.fixture(scope="module")
def glued(seeds):
    """What becomes of prompts in the paragraphs of some of our texts."""
    return passages.recall([path.read_text(encoding="utf-8") for path in sorted((seeds / "original").glob("*.txt"))[::4]])


@pytest.mark.corpora
@pytest.mark.parametrize("name", FLOORS)
def test_a_figure_does_not_fall_under_its_floor(figures, name):
    assert figures[name] >= FLOORS[name], (
        f"{name}: {figures[name]:.3f}; if it is meant: python -m benchmarks.boilerplate --pin --allow-regression"
    )


@pytest.mark.corpora
def test_every_figure_has_a_floor(figures):
    assert set(figures) == set(FLOORS)


@pytest.mark.corpora
def test_templates_of_made_sites_free_a_third_of_the_pages_that_hold_boilerplate(shared):
    scores = templates.compare(templates.made_sites(shared / "corpora"), benchmark.shipped())
    assert scores["with templates"]["residue"] <= 2 / 3 * scores["without"]["residue"]
    assert scores["with templates"]["lost"] <= 0.005


@pytest.mark.parametrize(("kind", "least"), [("author_bio", 0.9), ("share", 0.7), ("subscribe", 0.7), ("related", 0.45)])
def test_what_is_glued_into_our_seeds_is_cut_out(glued, kind, least):
    assert glued[kind]["cut exactly"] >= least
    assert glued[kind]["lost more"] <= 0.12
