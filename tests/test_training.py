"""From labelled texts to a model: read, repaired, split, fitted, measured."""

import gzip
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_score, recall_score, roc_auc_score

from classifier import LabelError, ModelError, QualityError, Scorer, evaluate, train, tune
from classifier.model import UNFINISHED, load
from classifier.training import card, train_shipped
from classifier.training.artefacts import COPY_WEIGHT, mark, unbreak
from classifier.training.examples import (
    ALTERED,
    OTHER,
    READ_HERE,
    Example,
    read_corpora,
    read_labels,
    read_readings,
    read_seeds,
    reading_key,
    repair,
    weigh,
)
from classifier.training.features import bin_edges, code, measure
from classifier.training.fit import balanced, calibrate, families, held_out_linear, split
from classifier.training.folder import name_of, prepare
from classifier.training.metrics import auroc, calibration_error, cell_weights, recall_by_cell, score
from classifier.training.run import corpus_examples
from classifier.verdict import LABELS


def jsonl(path, *rows):
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8")
    return path


def labelled(seeds, path, count=6):
    """A file of labels with some seeds of each label."""
    examples = read_seeds(seeds)
    rows = [{"text": one.text, "label": label} for label in LABELS for one in [one for one in examples if one.label == label][:count]]
    return jsonl(path, *rows)


# Reading labels

READ = {"id": "moor/1", "dataset": "moor", "text": "The mayor of Ossel Bay told this paper so on Friday.", "label": "filler"}


@pytest.fixture
def corpora(tmp_path, monkeypatch):
    """A data set of two texts, of which the first was read for this project."""
    (tmp_path / "articles").mkdir()
    rows = [READ, READ | {"id": "moor/2", "text": "Buy two lamps of Ossel glass and get one more."}]
    (tmp_path / "articles" / "moor.jsonl.gz").write_bytes(gzip.compress("".join(f"{json.dumps(row)}\n" for row in rows).encode()))
    readings = tmp_path / "readings.csv"
    readings.write_text(f"key,label,confidence,hard\n{reading_key('moor/1')},original,low,1\n", encoding="utf-8")
    monkeypatch.setattr("classifier.training.examples.READINGS", readings)
    return tmp_path


def test_a_text_that_was_read_trains_by_its_reading_and_is_measured_by_its_set(corpora):
    found = [(one.id, one.dataset, one.label, one.weight) for one in corpus_examples(corpora) if one.kind != ALTERED]

    assert found == [
        ("moor/1", READ_HERE, "original", 0.4),
        ("moor/1", "moor", "filler", 0.0),
        ("moor/2", "moor", "filler", 1.0),
    ]


def test_a_text_that_was_read_is_not_repaired(corpora):
    read = next(one for one in read_corpora(corpora) if one.was_read)

    assert read.text == READ["text"]
    assert read.family == "moor"


def test_readings_give_known_labels_and_no_text():
    readings = read_readings()

    assert len(readings) > 4_000
    assert {label for label, _ in readings.values()} == {*LABELS, OTHER}
    assert {confidence for _, confidence in readings.values()} == {"high", "medium", "low"}
    assert {len(key) for key in readings} == {16}


RAIN = {"text": "Rain fell.", "label": "original"}
SALE = {"text": "Buy now.", "label": "filler"}


def test_labels_are_read_in_order_with_their_optional_fields(tmp_path):
    examples = read_labels(jsonl(tmp_path / "l.jsonl", RAIN | {"family": "f", "id": 7, "other": 1}, "", SALE))

    assert [(one.text, one.label) for one in examples] == [("Rain fell.", "original"), ("Buy now.", "filler")]
    assert [(one.family, one.id) for one in examples] == [("f", ""), ("", "")]


def test_what_a_label_file_says_besides_text_label_and_family_is_left_alone(tmp_path):
    claims = {"dataset": "read_here", "kind": "altered", "generator": "gpt-4o", "id": "page"}

    examples = read_labels(jsonl(tmp_path / "l.jsonl", RAIN | claims, SALE | claims))

    assert [(one.dataset, one.kind, one.generator) for one in examples] == [("", "", "")] * 2
    assert len(set(families(examples))) == 2


def test_a_family_may_be_numbered_from_0_and_a_file_may_begin_with_a_mark(tmp_path):
    path = jsonl(tmp_path / "l.jsonl", RAIN | {"family": 0}, SALE | {"family": 1})
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    assert [one.family for one in read_labels(path)] == ["0", "1"]


def test_texts_of_one_family_are_not_trained_on_for_none_can_be_held_out(seeds, tmp_path):
    path = labelled(seeds, tmp_path / "l.jsonl")
    path.write_text("".join(json.dumps(json.loads(line) | {"family": "one"}) + "\n" for line in path.read_text().splitlines()))

    for use in (train, tune):
        with pytest.raises(LabelError, match='all texts have one "family": none can be held out'):
            use(path, tmp_path / "model")


def test_labels_may_have_capitals_and_blanks(tmp_path):
    examples = read_labels(jsonl(tmp_path / "l.jsonl", RAIN | {"label": " Original"}, SALE | {"label": "FILLER "}))

    assert [one.label for one in examples] == ["original", "filler"]


def test_packed_labels_are_read_too(tmp_path):
    path = tmp_path / "l.jsonl.gz"
    path.write_bytes(gzip.compress(f"{json.dumps(RAIN)}\n{json.dumps(SALE)}\n".encode()))

    assert [one.label for one in read_labels(path)] == ["original", "filler"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param([], "l.jsonl: 0 texts with 0 labels. Give texts of at least two of: original, rewrite, filler.", id="empty"),
        pytest.param([RAIN, RAIN], "l.jsonl: 2 texts with 1 labels. Give texts of at least two of", id="one label"),
        pytest.param([RAIN, "{broken"], "l.jsonl:2: not JSON (", id="broken line"),
        pytest.param([RAIN, "[1]"], "l.jsonl:2: a list, not an object. Write {", id="a list"),
        pytest.param(["", RAIN, '"x"'], "l.jsonl:3: a str, not an object.", id="a string after a blank line"),
        pytest.param([{"headline": "x", "label": "filler"}], 'l.jsonl:1: no "text"; found "headline", "label". Write {', id="no text"),
        pytest.param([{"text": 7, "label": "filler"}], "l.jsonl:1: the text is 7, which is no string. Put it in", id="text is no string"),
        pytest.param(['{"text": NaN, "label": "filler"}'], "l.jsonl:1: the text is NaN, which is no string.", id="text is NaN"),
        pytest.param(["{}"], 'l.jsonl:1: no "text"; found nothing.', id="empty object"),
        pytest.param([RAIN | {"text": " "}], "l.jsonl:1: the text is empty. Leave the line out.", id="empty text"),
        pytest.param(["[" * 100_000], "l.jsonl:1: not JSON (", id="no end of brackets"),
        pytest.param([RAIN, {"text": "a", "label": "spam"}], "l.jsonl:2: label 'spam' is none of original, rewrite, filler.", id="label"),
        pytest.param([RAIN, {"text": "a"}], 'l.jsonl:2: no "label"; found "text". Write {', id="no label"),
        pytest.param([{"text": "a", "label": ["filler"]}], "l.jsonl:1: label ['filler'] is none of", id="label is a list"),
    ],
)
def test_bad_labels_are_refused_by_file_and_line(tmp_path, rows, message):
    with pytest.raises(LabelError, match=re.escape(message)):
        read_labels(jsonl(tmp_path / "l.jsonl", *rows))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.jsonl", None, "missing.jsonl: cannot be read: No such file or directory. Give a JSONL file of texts with labels."),
        ("utf16.jsonl", "{}".encode("utf-16"), "utf16.jsonl: this looks like UTF-16. Save it as UTF-8."),
        ("unmarked.jsonl", "{}".encode("utf-16-le"), "unmarked.jsonl: this looks like UTF-16. Save it as UTF-8."),
        ("latin.jsonl", b'{"text": "\xe9"}', "latin.jsonl:1: not UTF-8 (byte 0xe9). Save the file as UTF-8."),
        ("plain.jsonl.gz", b"{}", "plain.jsonl.gz: cannot be read: Not a gzipped file"),
        ("cut.jsonl.gz", gzip.compress(b"{}" * 50)[:-9], "cut.jsonl.gz: cannot be read: Compressed file ended"),
        ("torn.jsonl.gz", gzip.compress(b"{}")[:10] + b"\xff" * 99, "torn.jsonl.gz: cannot be read: Error -3 while decompressing"),
    ],
)
def test_a_file_of_labels_that_cannot_be_read_is_named(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(LabelError, match=re.escape(message)):
        read_labels(tmp_path / name)


def test_a_folder_is_no_file_of_labels(tmp_path):
    with pytest.raises(LabelError, match="cannot be read: Is a directory"):
        read_labels(tmp_path)


def test_a_folder_without_seeds_is_named(tmp_path):
    with pytest.raises(LabelError, match=f"{re.escape(str(tmp_path))}: no seeds. Put texts into"):
        read_seeds(tmp_path)


def test_each_seed_is_a_family_of_its_own(seeds):
    examples = read_seeds(seeds)

    assert len({one.family for one in examples}) == len(examples) == len(list(seeds.glob("*/*.txt")))


# Repair

STORY = " ".join(f"The river rose again in town {number} on Monday." for number in range(100))


@given(st.text(st.sampled_from("aZ .!?\n“”\"'*-(é1"), max_size=300), st.text(max_size=5))
@settings(max_examples=40, deadline=None)
def test_repairing_keeps_the_letters_and_their_order(text, seed):
    repaired, letters = repair(text, seed), "".join(text.split())

    assert "".join(repaired.split()) in letters


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("", ""),
        ("Rain  fell\n\n on it.", "Rain fell on it."),
        ("HALE (Reuters) - Rain fell.", "Rain fell."),
        ("(CNN) -- Rain fell.", "Rain fell."),
        ("Here is the rewritten article: Rain fell.", "Rain fell."),
        ("Sure! Here is the rewritten article: Rain fell.", "Rain fell."),
        ("Rain fell.It stopped.", "Rain fell. It stopped."),
        ("Rain fell at 3.5 miles in the U.S. today.", "Rain fell at 3.5 miles in the U.S. today."),
        ("Rain fell. It was cut off in the mid", "Rain fell."),
    ],
)
def test_repairing_takes_off_the_traces_of_how_a_set_was_made(text, repaired):
    assert " ".join(repair(text, "a").split()) == repaired


def test_repairing_cuts_both_sides_of_a_pair_alike():
    other = STORY.replace("river", "water")

    assert repair(other, "pair") == repair(STORY, "pair").replace("river", "water")


def test_repairing_cuts_a_window_whose_length_hangs_on_the_seed_alone():
    lengths = {len(repair(STORY, str(number)).split()) for number in range(30)}

    assert len(lengths) > 5
    assert min(lengths) >= 90
    assert max(lengths) < 270


# Weights and splits


def test_a_by_eye_text_weighs_one_and_a_doubtful_one_less():
    rows = [Example("a", "filler", dataset="by_eye"), Example("b", "filler", dataset="by_eye", confidence="low")]

    assert [one.weight for one in weigh(rows)] == [1.0, 0.4]


def test_a_cell_of_a_machine_made_set_weighs_no_more_than_its_due():
    examples = weigh([Example("a", "rewrite", dataset="made")] * 300 + [Example("b", "original", dataset="made")] * 10, cell=60)

    assert sum(one.weight for one in examples if one.label == "rewrite") == pytest.approx(60)
    assert sum(one.weight for one in examples if one.label == "original") == 10


@given(st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=60), st.integers(2, 6))
@settings(max_examples=40, deadline=None)
def test_a_split_keeps_families_whole_and_tests_every_row_once(groups, folds):
    tested = []
    for learn, test in split(groups, folds):
        assert {groups[row] for row in learn}.isdisjoint({groups[row] for row in test})
        assert sorted([*learn, *test]) == list(range(len(groups)))
        tested.extend(test.tolist())

    assert sorted(tested) == (list(range(len(groups))) if len(set(groups)) > 1 else [])


def test_folds_are_about_equal():
    sizes = [len(test) for _, test in split([str(number) for number in range(62)], 6)]

    assert sorted(sizes) == [10, 10, 10, 10, 11, 11]


def test_balanced_weights_give_every_label_the_same_in_all():
    truth, weights = np.array([0, 0, 0, 2]), np.array([1.0, 1.0, 2.0, 0.5])
    even = balanced(truth, weights)

    assert even[:3].sum() == pytest.approx(even[3:].sum())
    assert even.sum() == pytest.approx(weights.sum())


@given(st.lists(st.floats(0, 100), min_size=1, max_size=40))
@settings(max_examples=40, deadline=None)
def test_bin_edges_rise_and_part_the_values(values):
    column = np.array(values)[:, None]
    (edges,) = bin_edges(column, np.ones(len(values)))

    assert edges == sorted(set(edges))
    assert all(0 < (column > edge).sum() < len(values) for edge in edges)
    assert code(column, [edges]).sum() == sum((column > edge).sum() for edge in edges)


# Figures

DRAW = np.random.Generator(np.random.PCG64(11))
TRUTH = DRAW.integers(0, 3, 200)
CHANCES = DRAW.dirichlet([1, 1, 1], 200) + np.eye(3)[TRUTH] * 0.3
CHANCES /= CHANCES.sum(axis=1, keepdims=True)
WEIGHTS = DRAW.uniform(0.2, 2, 200)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
def test_figures_equal_those_of_scikit_learn(weights):
    found, said, options = score(TRUTH, CHANCES, weights), CHANCES.argmax(axis=1), {"sample_weight": weights}

    assert found.count == 200
    assert found.accuracy == pytest.approx(accuracy_score(TRUTH, said, **options))
    assert found.macro_f1 == pytest.approx(f1_score(TRUTH, said, average="macro", **options))
    assert found.precision == pytest.approx(precision_score(TRUTH, said, average=None, **options))
    assert found.recall == pytest.approx(recall_score(TRUTH, said, average=None, **options))
    assert found.confusion == pytest.approx(confusion_matrix(TRUTH, said, **options))


def test_figures_of_three_texts_are_those_worked_out_by_hand():
    found = score(np.array([0, 0, 1]), np.array([[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.1, 0.9, 0.0]]))

    assert found.confusion.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert found.accuracy == pytest.approx(2 / 3)
    assert found.macro_f1 == pytest.approx(2 / 3)
    assert found.to_dict()["recall"] == {"original": 0.5, "rewrite": 1.0, "filler": None}


def test_a_calibration_error_is_the_gap_between_confidence_and_accuracy():
    right, sure = np.array([True, False, True, True]), np.array([0.85, 0.85, 0.95, 0.95])

    assert calibration_error(right, sure, np.ones(4)) == pytest.approx(0.5 * 0.35 + 0.5 * 0.05)


def test_full_confidence_falls_into_the_last_bin():
    assert calibration_error(np.array([True]), np.array([1.0]), np.ones(1)) == 0


def test_cell_weights_make_every_cell_count_the_same():
    weights = cell_weights([("a", "x")] * 3 + [("b", "x")])

    assert weights[:3].sum() == pytest.approx(weights[3]) == pytest.approx(2)


def test_recall_is_told_for_each_cell():
    found = recall_by_cell([("a", "x"), ("a", "x"), ("b", "y")], np.array([0, 0, 1]), np.eye(3)[[0, 1, 1]])

    assert dict(found) == {("a", "x"): (2, 0.5), ("b", "y"): (1, 1.0)}


def test_the_area_under_the_curve_equals_that_of_scikit_learn():
    for chances in (CHANCES[:, 0], CHANCES[:, 0].round(), np.zeros(len(CHANCES))):  # with ties, and nothing but ties
        assert auroc(TRUTH == 0, chances) == pytest.approx(roc_auc_score(TRUTH == 0, chances))


def test_calibration_lowers_the_confidence_of_a_boastful_model():
    draw = np.random.Generator(np.random.PCG64(3))
    truth = draw.integers(0, 3, 400)
    logits = (np.eye(3)[np.where(draw.random(400) < 0.7, truth, (truth + 1) % 3)]) * 20
    calibration = calibrate(logits, np.full(400, -30.0), truth, np.ones(400))

    assert calibration.probabilities(logits).max(axis=1).mean() == pytest.approx(0.7, abs=0.05)
    assert set(calibration.thresholds) == {*LABELS, "scope"}


def test_trees_learn_from_linear_logits_that_have_not_seen_the_text(seeds):
    chosen = [one for one in read_seeds(seeds) if one.label in LABELS][::4]
    features, half = measure(one.text for one in chosen), np.arange(len(chosen)) % 2 == 0
    splits = [(np.flatnonzero(half), np.flatnonzero(~half)), (np.flatnonzero(~half), np.flatnonzero(half))]
    turned = {"original": "filler", "rewrite": "original", "filler": "rewrite"}
    other = [one if here else replace(one, label=turned[one.label]) for one, here in zip(chosen, half, strict=True)]
    before, after = (held_out_linear(features, each, splits) for each in (chosen, other))

    assert before[~half].tolist() == after[~half].tolist()
    assert before[half].tolist() != after[half].tolist()


# Training and measuring


@pytest.fixture(scope="module")
def trained(request, tmp_path_factory):
    """A model trained from the seeds, with its report."""
    folder, seeds = tmp_path_factory.mktemp("trained"), request.config.rootpath / "seeds"
    report = train(labelled(seeds, folder / "labels.jsonl"), folder / "model")
    return folder, report


def test_texts_without_a_family_stand_alone():
    examples = [Example("a", "original"), Example("b", "filler"), Example("c", "filler", family="f"), Example("d", "filler", id="7")]

    assert len(set(families(examples))) == 4


def test_texts_without_a_family_are_held_out_too(trained):
    _, report = trained

    assert report.rows[0][1].accuracy > 0.5  # logits of nothing would call all texts by one label


def test_a_model_trained_from_labels_scores(trained):
    folder, _ = trained
    text = "Save 20% today! Click here to claim your promo code and enjoy free shipping on all deck shoes."
    verdict = Scorer(model=folder / "model").score(text)

    assert verdict.model == "model 1"
    assert verdict.label == "filler"


def test_a_trained_model_knows_its_training_texts(trained):
    folder, _ = trained
    examples = read_labels(folder / "labels.jsonl")
    verdicts = Scorer(model=folder / "model").score_many(one.text for one in examples)

    assert [verdict.label for verdict in verdicts] == [one.label for one in examples]


def test_training_writes_a_card_beside_the_model(trained):
    folder, _ = trained

    assert sorted(path.name for path in (folder / "model").iterdir()) == ["README.md", "model.json", "model.npz"]


def test_the_card_of_a_users_model_tells_nothing_of_the_shipped_one(trained):
    folder, _ = trained
    card = (folder / "model" / "README.md").read_text(encoding="utf-8")

    assert "Trained on 18 texts of labels.jsonl." in card
    assert not re.search("by_eye|read_here|fakehealth|make train|Known failures|Okello", card)


def test_the_card_of_a_model_of_the_corpora_tells_who_labelled_them_and_where_it_fails(trained):
    folder, report = trained
    card.write(folder, load(folder / "model"), [Example("It rained in Hale.", "original", dataset="by_eye")], report)
    told = (folder / "README.md").read_text(encoding="utf-8")

    assert all(
        part in told for part in ("no human editor has checked them", "`make train` prints", "## Known failures\n\n-", "fakehealth).")
    )
    assert "Trained on 1 texts" not in told


def test_training_reports_held_out_figures_and_how_they_were_made(trained):
    _, report = trained
    facts = json.loads(json.dumps(report.to_dict()))

    assert facts["texts"] == 18
    assert all(0 <= row["macro_f1"] <= 1 and row["texts"] == 18 for row in facts["rows"].values())
    assert "macro-F1" in report.summary()
    assert "by text" in report.note


def test_training_twice_gives_the_same_model(trained, tmp_path):
    folder, _ = trained
    train(folder / "labels.jsonl", tmp_path / "model")

    assert json.loads((tmp_path / "model" / "model.json").read_text()) == json.loads((folder / "model" / "model.json").read_text())


def test_evaluating_measures_models_side_by_side(trained):
    folder, _ = trained
    report = evaluate(folder / "labels.jsonl", [None, folder / "model"])

    assert [name for name, _ in report.rows][1] == "model 1"
    assert len(report.rows) == 2
    assert report.rows[1][1].accuracy == 1.0
    assert "no model was trained on" in report.note


def test_models_of_one_name_are_told_apart_and_one_model_needs_no_list(trained, tmp_path):
    folder, _ = trained
    shutil.copytree(folder / "model", tmp_path / "model")
    report = evaluate(folder / "labels.jsonl", [folder / "model", tmp_path / "model"])

    assert list(report.to_dict()["rows"]) == ["model 1", f"model 1 ({tmp_path / 'model'})"]
    assert [name for name, _ in evaluate(folder / "labels.jsonl", str(folder / "model")).rows] == ["model 1"]


def test_evaluating_tells_its_progress(trained):
    folder, _ = trained
    heard = []
    evaluate(folder / "labels.jsonl", [folder / "model"], progress=lambda done, total: heard.append((done, total)))

    assert heard == [(done, 18) for done in range(1, 19)]


def test_evaluating_a_broken_model_is_refused_before_the_others_judge(trained, tmp_path):
    folder, _ = trained
    heard = []

    with pytest.raises(ModelError):
        evaluate(folder / "labels.jsonl", [folder / "model", tmp_path], progress=lambda done, _: heard.append(done))
    assert heard == []


def test_evaluating_a_missing_model_is_refused(trained, tmp_path):
    folder, _ = trained

    with pytest.raises(ModelError, match="cannot be read"):
        evaluate(folder / "labels.jsonl", [tmp_path / "none"])


@pytest.mark.parametrize(("rewrites", "told"), [(0, "5 original, 0 rewrite, 6 filler"), (1, "5 original, 1 rewrite, 6 filler")])
def test_too_few_labels_are_refused_by_their_counts(tmp_path, rewrites, told):
    texts = {"original": 5, "rewrite": rewrites, "filler": 6}
    rows = [{"text": f"{label} {number}", "label": label} for label, count in texts.items() for number in range(count)]
    rows += [row | {"text": row["text"].upper() + "!"} for row in rows]  # doubles count once

    with pytest.raises(LabelError, match=f"doubles counted once: {told}. Give at least 6 of each label that occurs"):
        train(jsonl(tmp_path / "l.jsonl", *rows), tmp_path / "model")


def test_nothing_is_written_where_training_is_refused(tmp_path):
    with pytest.raises(LabelError):
        train(jsonl(tmp_path / "l.jsonl", RAIN, SALE), tmp_path / "model")

    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("use", [train, tune])
def test_a_folder_that_holds_no_model_stays_as_it_is(trained, tmp_path, use):
    folder, _ = trained
    (tmp_path / "README.md").write_text("Notes on Ossel Bay.")
    (tmp_path / "model.json").write_text('{"schema": 1, "by": "another program"}')

    with pytest.raises(QualityError, match=re.escape(f"{tmp_path}: holds files that are no model. Choose a new or an empty folder.")):
        use(folder / "labels.jsonl", tmp_path)
    assert (tmp_path / "README.md").read_text() == "Notes on Ossel Bay."


def test_a_file_is_no_folder_for_a_model(trained):
    folder, _ = trained

    with pytest.raises(QualityError, match="a file, not a folder"):
        tune(folder / "labels.jsonl", folder / "labels.jsonl")


def test_a_model_goes_into_a_new_folder_an_empty_one_and_where_a_model_stands(trained, tmp_path):
    folder, _ = trained
    for place in (tmp_path, tmp_path / "a" / "b", folder / "model"):
        prepare(place)

        assert place.is_dir()


def test_a_model_is_called_by_its_folder_whose_name_need_not_be_utf_8():
    assert name_of(Path("somewhere/bad\udcff")) == "bad\ufffd"


def test_a_model_of_two_labels_never_says_the_third(tmp_path, seeds):
    rows = [{"text": one.text, "label": one.label} for label in ("original", "filler") for one in read_seeds(seeds) if one.label == label]
    train(jsonl(tmp_path / "l.jsonl", *rows[:6], *rows[-6:]), tmp_path / "two")
    verdicts = list(Scorer(model=tmp_path / "two").score_many(one.text for one in read_seeds(seeds)[::4]))

    assert {verdict.label for verdict in verdicts} == {"original", "filler"}
    assert all(verdict.probabilities["rewrite"] < 1e-6 for verdict in verdicts)


def test_without_corpora_a_trial_model_is_trained_from_the_seeds(tmp_path, seeds):
    few = tmp_path / "seeds"
    for path in [path for label in LABELS for path in sorted((seeds / label).glob("*.txt"))[:6]]:
        (few / path.parent.name).mkdir(parents=True, exist_ok=True)
        (few / path.parent.name / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    told = []
    report = train_shipped(tmp_path / "none", few, tmp_path / "model", tell=told.append)

    assert told[0] == f"{tmp_path / 'none'} is missing: training a trial model from {few}."
    assert report.facts["texts"] == 18
    assert Scorer(model=tmp_path / "model").score("Rain fell.").model == "quality-seeds 1"


# Altered copies


def story(label, number, generator=""):
    text = "PORT ELLERY — The board voted on Tuesday. Mayor Ruth Okello told this paper that the Slip will close, and that Buses will run."
    return Example(text, label, dataset="moor", family=f"{number}", id=f"moor/{number}", generator=generator)


def test_machine_rewrites_and_a_few_originals_get_marked_copies_that_are_rewrites():
    examples = [story("original", n) for n in range(400)] + [story("rewrite", n, "gpt") for n in range(400, 800)]
    copies = mark([*examples, story("rewrite", 801), story("filler", 802, "gpt"), replace(story("original", 803), weight=0.0)])
    made = {label: sum(int(copy.family) in numbers for copy in copies) for label, numbers in (("o", range(400)), ("r", range(400, 800)))}

    assert len(copies) == sum(made.values())
    assert 0 < made["o"] < 60 < made["r"] < 140
    assert {(copy.label, copy.kind) for copy in copies} == {("rewrite", ALTERED)}
    assert all(copy.text != examples[0].text for copy in copies)


def test_an_original_is_marked_by_what_only_a_machine_leaves_behind():
    copies = mark([story("original", number) for number in range(600)])
    signals = ("citation.prompt_leak_rate", "citation.tool_tokens_rate", "citation.slots_rate")
    verdicts = Scorer().score_many(copy.text for copy in copies)

    assert all(any(verdict.signals[name] for name in signals) for verdict in verdicts)


def test_some_pages_that_were_read_lose_their_line_breaks_and_nothing_else():
    pages = [replace(story("original", n), text=f"The Slip {n}\nis closed.\n\nFor good.", dataset=READ_HERE) for n in range(200)]
    copies = unbreak([*pages, replace(pages[0], text="One line."), *(replace(page, dataset="moor") for page in pages)])

    assert 30 < len(copies) < 90
    assert all(copy.text == f"The Slip {copy.family} is closed. For good." and copy.kind == ALTERED for copy in copies)
    assert {(copy.label, copy.weight) for copy in copies} == {("original", COPY_WEIGHT)}


def test_what_a_killed_save_left_behind_does_not_keep_a_folder_from_being_used(tmp_path):
    (tmp_path / f"{UNFINISHED}x").mkdir()

    prepare(tmp_path)
