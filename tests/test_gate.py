"""The accuracy gate: what it holds, what it says when a score falls, and what it refuses to pin."""

import importlib.util
import json
import math
from copy import deepcopy
from pathlib import Path

import pytest

PATH = Path(__file__).resolve().parent.parent / "benchmarks" / "gate.py"
SPEC = importlib.util.spec_from_file_location("gate", PATH)
gate = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(gate)

SCORE = {
    "macro_f1": 0.8123,
    "recall": {"original": 0.88, "rewrite": 0.74, "filler": 0.83},
    "precision": {"original": 0.86, "rewrite": 0.77, "filler": 0.81},
    "calibration_error": 0.0211,
}
MEASURED_ON = {"digest": "ab" * 32, "texts": 5000, "labels": {"filler": 900, "original": 2200, "rewrite": 1900}, "rounds": 5}


def changed(**figures):
    """SCORE with other figures; `rewrite_recall` stands for the recall of rewrite."""
    score = deepcopy(SCORE)
    for name, value in figures.items():
        label, _, kind = name.partition("_")
        if kind in ("recall", "precision"):
            score[kind][label] = value
        else:
            score[name] = value
    return score


@pytest.fixture
def pinned():
    return gate.pin(SCORE, MEASURED_ON, None, allow_regression=False)


def test_a_score_holds_the_floors_that_it_pinned(pinned):
    assert gate.failures(SCORE, MEASURED_ON, pinned) == []


def test_floors_lie_just_under_the_score_and_the_ceiling_just_over(pinned):
    assert pinned["floors"]["macro_f1"] == 0.808
    assert pinned["floors"]["rewrite recall"] == 0.736
    assert pinned["ceilings"]["calibration_error"] == 0.026
    assert len(pinned["floors"]) == 7


@pytest.mark.parametrize(
    ("score", "named"),
    [
        (changed(macro_f1=0.8), "macro_f1 is 0.8000; its floor is 0.8080"),
        (changed(rewrite_recall=0.7), "rewrite recall is 0.7000; its floor is 0.7360"),
        (changed(filler_precision=0.5), "filler precision is 0.5000; its floor is 0.8060"),
        (changed(calibration_error=0.05), "calibration_error is 0.0500; its ceiling is 0.0260"),
        (changed(rewrite_precision=None), "rewrite precision is missing; its floor is 0.7660"),
        (changed(macro_f1=math.nan), "macro_f1 is nan; its floor is 0.8080"),
    ],
)
def test_a_fallen_score_is_named_with_its_floor_and_the_remedy(pinned, score, named):
    (sentence,) = gate.failures(score, MEASURED_ON, pinned)

    assert sentence.startswith(named)
    assert "--update --allow-regression" in sentence


def test_a_score_on_its_floor_holds(pinned):
    assert gate.failures(changed(macro_f1=0.808, calibration_error=0.026), MEASURED_ON, pinned) == []


@pytest.mark.parametrize(
    ("found", "named"),
    [
        ({"digest": "cd" * 32}, "digest abababababab… pinned, cdcdcdcdcdcd… found"),
        ({"texts": 4999}, "texts 5000 pinned, 4999 found"),
        ({"labels": {"original": 5000}}, "labels"),
    ],
)
def test_another_evaluation_set_fails_however_high_the_score(pinned, found, named):
    (sentence,) = gate.failures(changed(macro_f1=0.99), MEASURED_ON | found, pinned)

    assert named in sentence
    assert "--update" in sentence


def test_a_better_score_raises_the_floors(pinned):
    raised = gate.pin(changed(macro_f1=0.85, calibration_error=0.01), MEASURED_ON, pinned, allow_regression=False)

    assert raised["floors"]["macro_f1"] == 0.846
    assert raised["ceilings"]["calibration_error"] == 0.014
    assert raised["floors"]["rewrite recall"] == pinned["floors"]["rewrite recall"]


def test_a_score_between_its_floor_and_the_last_one_leaves_the_floor_where_it_is(pinned):
    kept = gate.pin(changed(macro_f1=0.809, calibration_error=0.025), MEASURED_ON, pinned, allow_regression=False)

    assert kept == pinned


@pytest.mark.parametrize("score", [changed(macro_f1=0.7), changed(original_recall=0.2), changed(calibration_error=0.2)])
def test_a_floor_is_not_lowered_without_the_flag(pinned, score):
    with pytest.raises(gate.Refusal, match=r"Not pinned: .* its (floor|ceiling) .* Add --allow-regression"):
        gate.pin(score, MEASURED_ON, pinned, allow_regression=False)


@pytest.mark.parametrize("score", [changed(rewrite_precision=None), changed(macro_f1=math.nan)])
def test_an_undefined_score_is_never_pinned(pinned, score):
    with pytest.raises(gate.Refusal, match="came out undefined"):
        gate.pin(score, MEASURED_ON, pinned, allow_regression=True)


def test_a_floor_is_lowered_with_the_flag(pinned):
    assert gate.pin(changed(macro_f1=0.7), MEASURED_ON, pinned, allow_regression=True)["floors"]["macro_f1"] == 0.696


def test_pinning_and_holding_meet_in_the_file(tmp_path, capsys):
    path = tmp_path / "floors.json"

    assert gate.judge(SCORE, MEASURED_ON, path, update=False, allow_regression=False) == 1
    assert "missing, so there are no floors" in capsys.readouterr().err
    assert gate.judge(SCORE, MEASURED_ON, path, update=True, allow_regression=False) == 0
    assert json.loads(path.read_text())["measured_on"] == MEASURED_ON
    assert gate.judge(SCORE, MEASURED_ON, path, update=False, allow_regression=False) == 0
    assert "macro-F1 0.8123, floor 0.808" in capsys.readouterr().out


def test_a_refused_pin_leaves_the_file_as_it_was(tmp_path, capsys):
    path = tmp_path / "floors.json"
    gate.judge(SCORE, MEASURED_ON, path, update=True, allow_regression=False)
    before = path.read_text()

    assert gate.judge(changed(macro_f1=0.5), MEASURED_ON, path, update=True, allow_regression=False) == 1
    assert "Not pinned" in capsys.readouterr().err
    assert path.read_text() == before


@pytest.mark.parametrize("content", ["{", "[]", '{"floors": {}}'])
def test_a_broken_file_of_floors_says_what_to_do(tmp_path, content):
    path = tmp_path / "floors.json"
    path.write_text(content)

    with pytest.raises(SystemExit, match=r"floors\.json: .* Take it back from git"):
        gate.read_pinned(path)


def test_missing_corpora_are_no_traceback(tmp_path, capsys):
    assert gate.main(["--corpora", str(tmp_path)]) == 2
    assert "no articles there" in capsys.readouterr().err
