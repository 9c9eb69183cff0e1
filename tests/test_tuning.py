"""Tuning: calibration and thresholds from a few labels, and what it gains."""

import json
import random
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import LabelError, Scorer, evaluate, tune
from classifier.model import SHIPPED, load
from classifier.training import draw, tuning
from classifier.training.examples import read_seeds
from classifier.training.metrics import score
from classifier.training.report import Report
from classifier.verdict import LABELS


def drawn(count, truthful, seed=3):
    """Probabilities and labels drawn from them; where not truthful, the probabilities were sharpened afterwards."""
    draw_ = np.random.default_rng(seed)
    logits = draw_.normal(0, 1.5, (count, 3))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = np.array([draw_.choice(3, p=row) for row in chances])
    if not truthful:
        chances = chances**3 / (chances**3).sum(axis=1, keepdims=True)
    return chances, truth


@pytest.fixture(scope="module")
def labels(tmp_path_factory, seeds):
    path = tmp_path_factory.mktemp("tuning") / "labels.jsonl"
    pages = [(label, page) for label in LABELS for page in sorted((seeds / label).glob("*.txt"))]
    random.Random(2).shuffle(pages)
    path.write_text("".join(json.dumps({"text": page.read_text(), "label": label}) + "\n" for label, page in pages))
    return path


def test_overconfident_probabilities_are_tempered():
    chances, truth = drawn(2000, truthful=False)
    scale, _ = tuning.calibration(chances, truth)

    assert scale == pytest.approx(1 / 3, abs=0.05)


def test_truthful_probabilities_stay_what_they_are():
    chances, truth = drawn(2000, truthful=True)
    scale, shift = tuning.calibration(chances, truth)

    assert scale == pytest.approx(1, abs=0.1)
    assert np.abs(shift).max() < 0.15


def test_few_labels_move_the_calibration_less_than_many():
    few, many = (tuning.calibration(*drawn(count, truthful=False))[0] for count in (10, 2000))

    assert many < few < 1


def test_the_gain_of_tempering_is_plain_and_that_of_nothing_is_not():
    chances, truth = drawn(400, truthful=False)
    alone = [str(row) for row in range(len(truth))]
    after = tuning.held_out(chances, truth, alone)

    assert tuning.gain(chances, after, truth, alone).is_plain
    assert not tuning.gain(chances, chances, truth, alone).is_plain


def test_copies_in_the_families_that_they_repeat_make_a_gain_no_plainer():
    (before, truth), (after, _) = drawn(60, truthful=False), drawn(60, truthful=False, seed=4)
    families = [str(row) for row in range(60)]
    once = tuning.gain(before, after, truth, families)
    thrice = tuning.gain(np.tile(before, (3, 1)), np.tile(after, (3, 1)), np.tile(truth, 3), families * 3)

    assert thrice.accuracy == pytest.approx(once.accuracy)
    assert thrice.log_loss == pytest.approx(once.log_loss)
    assert thrice.changed == 3 * once.changed > 0


def test_no_text_is_calibrated_by_its_own_family():
    chances, truth = drawn(60, truthful=False)
    families = [f"family {row % 6}" for row in range(60)]
    other = truth.copy()
    other[::6] = (other[::6] + 1) % 3  # one family labelled otherwise

    before, after = (tuning.held_out(chances, each, families) for each in (truth, other))

    assert (before[::6] == after[::6]).all()
    assert (before[1::6] != after[1::6]).any()


@given(st.integers(0, 2), st.integers(0, 60), st.integers(0, 1000))
@settings(deadline=None)
def test_a_threshold_is_a_confidence(place, count, seed):
    chances, truth = drawn(count, truthful=True, seed=seed)

    assert 0 < tuning.threshold(chances, truth, place) <= 1


def test_a_label_that_is_always_right_is_certain_sooner():
    chances, _ = drawn(300, truthful=True)
    said = chances.argmax(axis=1)
    right, wrong = (tuning.threshold(chances, truth, 0) for truth in (said, (said + 1) % 3))

    assert right < wrong


def test_a_tuned_model_has_the_same_weights_and_scores(labels, tmp_path):
    report = tune(labels, tmp_path / "mine")
    new, old = load(tmp_path / "mine"), load(SHIPPED)

    assert (new.ngram_weights == old.ngram_weights).all()
    assert (new.signal_weights == old.signal_weights).all()
    assert new.scale != old.scale
    assert new.about["tuned_on"] == report.facts["texts"] == len(labels.read_text().splitlines())
    assert Scorer(tmp_path / "mine").score("The harbor board voted on Tuesday.").model == "mine 1"


def test_the_report_tells_the_gain_with_its_interval(labels, tmp_path):
    report = tune(labels, tmp_path / "mine")
    mean, low, high = report.facts["gain"]["log_loss"]

    assert low <= mean <= high
    assert "95 % interval" in report.note
    assert [name for name, _ in report.rows] == [f"quality {load(SHIPPED).version}", "mine, held out"]


def test_a_tuning_that_changes_no_verdict_says_so_and_of_few_texts_that_the_interval_is_narrow(seeds, tmp_path):
    examples = read_seeds(seeds)
    verdicts = Scorer().score_many(one.text for one in examples)
    sure = [one for one, verdict in zip(examples, verdicts, strict=True) if verdict.probabilities[one.label] > 0.8]
    rows = [{"text": one.text, "label": one.label} for label in LABELS for one in [one for one in sure if one.label == label][:6]]
    (tmp_path / "labels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = tune(tmp_path / "labels.jsonl", tmp_path / "mine")

    assert report.facts["gain"]["changed"] == 0
    assert report.note.startswith("By tuning no verdict changes; it gains ")
    assert "points of accuracy" not in report.note
    assert "The interval is of fewer than 50 distinct texts: too narrow to lean on." in report.note


def test_a_tuned_model_says_in_its_card_what_it_was_tuned_on(labels, tmp_path):
    tune(labels, tmp_path / "mine")

    assert f"fitted to {len(labels.read_text().splitlines())} labelled texts" in (tmp_path / "mine" / "README.md").read_text()


def test_too_few_labels_are_refused(tmp_path):
    path = tmp_path / "labels.jsonl"
    path.write_text('{"text": "It rained.", "label": "original"}\n{"text": "Buy now.", "label": "filler"}\n')

    with pytest.raises(LabelError, match="too few texts to learn from, doubles counted once: 1 original, 0 rewrite, 1 filler"):
        tune(path, tmp_path / "mine")


def test_the_picture_of_an_evaluation_names_every_model(labels, tmp_path):
    tune(labels, tmp_path / "mine")
    picture = draw(evaluate(labels, [None, tmp_path / "mine"]))
    told = [text.text for text in ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")]

    assert told.count("mine 1") == 1
    assert sum(text.startswith("mine 1: error") for text in told) == 1
    assert sum(text == "original" for text in told) == 3  # a row, and a column for each model


SVG = "{http://www.w3.org/2000/svg}"
LONG = "the-model-of-the-ferry-desk-of-ossel-bay 1"


def pictured(*names, wrong=False):
    """The picture of models that say the same of 300 texts."""
    chances, truth = drawn(300, truthful=True)
    found = score(chances.argmin(axis=1) if wrong else truth, chances)
    return ET.fromstring(draw(Report([(name, found) for name in names], "Measured on the texts as given; more.")))


def test_models_are_told_apart_in_a_picture():
    picture = pictured("a", "b", "c", "d")
    curves = [path.get("class") for path in picture.iter(f"{SVG}path") if path.get("class").startswith("line")]

    assert len(curves) == 8  # each once as a curve and once in the legend
    assert len(set(curves)) == 4


def test_a_picture_has_a_title_and_any_name_in_it():
    picture = pictured("quality 1", "x\x01<b>\x1b\uffff&\ud800 1")

    assert picture.get("role") == "img"
    assert picture.find(f"{SVG}title").text == "Confusion matrices and reliability of quality 1, x\u2401<b>\u241b<U+FFFF>&<U+D800> 1"


def test_a_long_name_is_shortened_in_a_picture_and_told_whole_beside():
    texts = [text for text in pictured(LONG).iter(f"{SVG}text") if text.find(f"{SVG}title") is not None]

    assert [text.find(f"{SVG}title").text for text in texts] == [LONG, LONG]
    assert {text.find(f"{SVG}title").tail.partition(":")[0] for text in texts} == {"the-model-of-t…f-ossel-bay 1"}


@pytest.mark.parametrize("names", [[LONG], [LONG, LONG], ["a", LONG, "c", "d", "e"]])
def test_no_text_of_a_picture_is_cut_off(names):
    for drawing in pictured(*names).iter(f"{SVG}svg"):
        for text in drawing.findall(f"{SVG}text"):
            shown, looks = text.text or text.find(f"{SVG}title").tail, text.get("class").split()
            if not {"middle", "end"} & set(looks):
                assert float(text.get("x")) + (6.6 if "note" in looks else 8) * len(shown) < float(drawing.get("width")), shown
                assert float(text.get("y")) < float(drawing.get("height")) - 10


def test_what_is_never_right_is_drawn_at_0_and_not_at_the_edge_of_what_else_is_shown():
    picture = pictured("a", wrong=True)
    zero = next(text for text in picture.iter(f"{SVG}text") if text.text == "0 %" and "end" in text.get("class"))

    assert {float(dot.get("cy")) for dot in picture.iter(f"{SVG}circle")} == {float(zero.get("y")) - 4}
