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


def test_results_that_were_not_measured_anew_stay_what_they_were(tmp_path, monkeypatch, capsys):
    results = tmp_path / "boilerplate.json"
    old = {"fundus": {"model": "of another day", "trafilatura": {}}, "cost": {"model": "of another day", "milliseconds": 9.0}}
    results.write_text(json.dumps(old), encoding="utf-8")
    monkeypatch.setattr(benchmark, "RESULTS", results)
    benchmark.main(["--sets"])
    assert json.loads(results.read_text(encoding="utf-8")) == old
    assert capsys.readouterr().out == ""
    benchmark.keep(results, {"cost": {"model": benchmark.digest(), "milliseconds": 0.2}})
    assert json.loads(results.read_text(encoding="utf-8")) == {**old, "cost": {"model": benchmark.digest(), "milliseconds": 0.2}}


@pytest.mark.parametrize("benchmarked", [benchmark, templates])
def test_every_result_of_the_shipped_line_model_names_it(benchmarked):
    results = json.loads(benchmarked.RESULTS.read_text(encoding="utf-8"))
    models = {name: found.get("model") for name, found in results.items()}
    fitted = {name for name in models if name == templates.FITTED or name.endswith(" left out")}
    assert {name for name, model in models.items() if model is None} == fitted


@pytest.mark.parametrize(("kind", "least"), [("author_bio", 0.9), ("share", 0.7), ("subscribe", 0.7), ("related", 0.45)])
def test_what_is_glued_into_our_seeds_is_cut_out(glued, kind, least):
    assert glued[kind]["cut exactly"] >= least
    assert glued[kind]["lost more"] <= 0.12
