from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.boilerplate.features import dense
from classifier.boilerplate.model import cuts, load, save, shipped, sigmoid
from classifier.boilerplate.sheet import lay_out
from classifier.document import Document, read
from classifier.errors import ModelError
from classifier.training.lines import fit_network, joined

TEXT = "Port Ellery closes its ferry slip\nThe board voted on Tuesday to close the slip, the clerk said.\nShare this article\nRead more"


ANSWERS = {look: [0.0, 0.0, 0.0] for look in ("first", "second", "alone")}


def copied(folder: Path) -> Path:
    save(shipped(), folder)
    return folder


def alter(folder: Path, **facts: object) -> None:
    """Write other facts into the manifest."""
    path = folder / "lines.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | facts), encoding="utf-8")


def test_a_saved_model_says_the_same(tmp_path):
    sheet = lay_out(read([Document(TEXT)]))
    assert np.array_equal(load(copied(tmp_path)).logits(sheet), shipped().logits(sheet))


def test_a_model_is_saved_with_its_own_threshold(tmp_path):
    save(replace(shipped(), threshold=0.25), tmp_path)
    assert load(tmp_path).threshold == 0.25


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"lines\.json: cannot be read"):
        load(tmp_path)


def test_a_manifest_that_is_not_json_is_named(tmp_path):
    (copied(tmp_path) / "lines.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match=r"lines\.json: not JSON"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 99}, "not a line model of schema"),
        ({"sha256": "0"}, r"lines\.npz: digest .* differs from the one in lines\.json"),
        ({"sha256": None}, r"lines\.json: sha256 is None, not a string"),
        ({"features": ["log_words"]}, r"lines\.json: 1 features named"),
        ({"features": "log_words"}, r"lines\.json: features is 'log_words', not a list of names"),
        ({"known_answers": ANSWERS}, r"lines\.json: its known answers are not what the weights give"),
        ({"known_answers": {**ANSWERS, "first": [0.0, 0.0]}}, r"lines\.json: known_answers is .*, not 3 numbers for each of first, second"),
        ({"known_answers": {**ANSWERS, "first": "x"}}, r"lines\.json: known_answers is"),
        ({"known_answers": {"first": [0.0] * 3}}, r"lines\.json: known_answers is"),
        ({"threshold": None}, r"lines\.json: threshold is None, not a number from 0 to 1"),
        ({"visible_threshold": float("nan")}, r"lines\.json: visible_threshold is nan"),
    ],
)
def test_a_foreign_or_altered_manifest_is_refused(tmp_path, change, message):
    alter(copied(tmp_path), **change)
    with pytest.raises(ModelError, match=message):
        load(tmp_path)


def test_a_missing_threshold_is_told_with_the_manifest(tmp_path):
    path = copied(tmp_path) / "lines.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    del facts["threshold"]
    path.write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(ModelError, match=r"lines\.json: no threshold; it is a number from 0 to 1"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alone_": None}, "not the arrays of a line model"),
        ({"second_bias_": None}, "not the arrays of a line model"),
        ({"kinds_bias": None}, r"not the arrays of a line model \(KeyError\('kinds_bias'\)\)"),
        ({"words": np.zeros((2, 4))}, "words has shape"),
        ({"first_bias_0": np.zeros(2)}, "are no network"),
        ({"words": np.array(["ferry"])}, "words holds no numbers"),
    ],
)
def test_foreign_arrays_are_refused(tmp_path, change, message):
    path = copied(tmp_path) / "lines.npz"
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    for start, array in change.items():
        arrays = {name: each for name, each in arrays.items() if not name.startswith(start)}
        arrays |= {} if array is None else {start: array}
    np.savez(path, **arrays)
    alter(tmp_path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(ModelError, match=rf"lines\.npz: .*{message}"):
        load(tmp_path)


def test_half_an_archive_is_refused(tmp_path):
    content = b"PK\x03\x04 and no more"
    (copied(tmp_path) / "lines.npz").write_bytes(content)
    alter(tmp_path, sha256=hashlib.sha256(content).hexdigest())
    with pytest.raises(ModelError, match=r"lines\.npz: not plain arrays"):
        load(tmp_path)


def test_the_shipped_model_names_the_features_that_are_measured():
    sheet = lay_out(read([Document(TEXT)]))
    assert tuple(dense(sheet, np.zeros(len(sheet)))) == shipped().features


def test_a_model_of_other_features_scores_nothing():
    sheet = lay_out(read([Document(TEXT)]))
    with pytest.raises(ModelError, match="weighs other features of a line than this release measures"):
        replace(shipped(), features=shipped().features[::-1]).logits(sheet)


def test_a_network_of_more_features_scores_nothing():
    with pytest.raises(ModelError, match=r"weighs \d+ features of a line, this release measures 2"):
        shipped().alone.logits(np.zeros((2, 3)))


def test_tampered_weights_are_refused(tmp_path):
    path = copied(tmp_path) / "lines.npz"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ModelError, match=r"digest .* differs"):
        load(tmp_path)


def test_a_long_paragraph_needs_less_doubt_than_a_short_line():
    sheet = lay_out(read([Document("word " * 40 + "\nShare this\none\ntwo")]))
    logits = np.array([0.8, 0.8, -5.0, -5.0])  # 0.8 is a probability of 0.69
    assert cuts(sheet, logits, replace(shipped(), threshold=0.5)).tolist() == [False, True, False, False]


def test_a_short_line_between_paragraphs_of_the_article_is_cut_less_readily_than_one_below_them():
    paragraph = "word " * 20
    sheet = lay_out(read([Document(f"{paragraph}\nA heading\n{paragraph}\nRead this\n{paragraph}\nA heading")]))
    logits = np.array([-5.0, 0.0, -5.0, 3.0, -5.0, 0.0])
    model = replace(shipped(), threshold=0.3, enclosed_threshold=0.7)
    assert cuts(sheet, logits, model).tolist() == [False, False, False, True, False, True]


def test_a_sentence_between_paragraphs_of_the_article_is_cut_more_readily_than_a_heading():
    paragraph, sentence = "word " * 20, "this " * 12
    sheet = lay_out(read([Document(f"{paragraph}\nA heading\n{paragraph}\n{sentence}\n{paragraph}")]))
    logits = np.array([-5.0, 0.4, -5.0, 0.4, -5.0])  # 0.4 is a probability of 0.6
    model = replace(shipped(), threshold=0.3, enclosed_threshold=0.7)
    assert cuts(sheet, logits, model).tolist() == [False, False, False, True, False]


def test_a_line_of_a_page_that_is_mostly_boilerplate_is_cut_more_readily():
    sheet = lay_out(read([Document("Share this\nRead more\nSign up\nA heading"), Document("A word\nAnother\nOne more\nA heading")]))
    logits = np.array([3.0, 3.0, 3.0, -1.0, -3.0, -3.0, -3.0, -1.0])  # -1 is a probability of 0.27
    model = replace(shipped(), threshold=0.3, visible_threshold=0.2)
    assert cuts(sheet, logits, model).tolist() == [True, True, True, True, False, False, False, False]


def test_no_logit_overflows():
    assert sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]


def test_numpy_scores_a_network_as_scikit_learn_does():
    from sklearn.neural_network import MLPClassifier

    generator = np.random.default_rng(5)
    features = generator.normal(3.0, 2.0, size=(400, 6)).astype(np.float32)
    labels = (features[:, 0] * features[:, 1] > 9).astype(np.int64)
    layers = fit_network(features, labels, np.ones(400), seed=3, rows=1000)
    network = MLPClassifier((32,), max_iter=1, random_state=0)
    with pytest.warns(Warning, match="Maximum iterations"):
        network.fit(features, labels)
    network.coefs_, network.intercepts_ = list(layers.weights), list(layers.biases)
    expected = network.predict_proba(features.astype(np.float64))[:, 1]
    assert np.abs(sigmoid(layers.logits(features.T.astype(np.float64))) - expected).max() < 1e-9
    assert ((expected > 0.5) == labels).mean() > 0.8


def test_the_same_seed_fits_the_same_network():
    features = np.random.default_rng(5).normal(size=(200, 4)).astype(np.float32)
    labels = (features[:, 0] > 0).astype(np.int64)
    one, other = (fit_network(features, labels, np.ones(200), seed=3, rows=600) for _ in range(2))
    assert all(np.array_equal(first, second) for first, second in zip(one.weights, other.weights, strict=True))


def test_joined_networks_say_the_mean_of_what_each_says():
    features = np.random.default_rng(5).normal(size=(200, 4)).astype(np.float32)
    labels = (features[:, 0] > 0).astype(np.int64)
    networks = [fit_network(features, labels, np.ones(200), seed, rows=600) for seed in (1, 2, 3)]
    expected = np.mean([network.logits(features.T) for network in networks], axis=0)
    assert np.allclose(joined(networks).logits(features.T), expected)
