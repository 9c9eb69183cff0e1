"""The label model: saved and loaded, refused when broken, and equal to scikit-learn."""

import dataclasses
import hashlib
import json
import re
import resource
import shutil

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from classifier import Document, ModelError, QualityError, Scorer, ngrams, sentences
from classifier.boilerplate import article
from classifier.document import read
from classifier.forest import Forest
from classifier.model import SHIPPED, Judgement, Model, check, load, softmax
from classifier.signals import extract
from classifier.training.examples import read_seeds
from classifier.training.features import READ, measure
from classifier.training.fit import Calibration, export, fit
from classifier.verdict import LABELS

HOSTILE = ("", "\0", "word", "😀 😀", "[1]" * 500, "\ud800 a", "“" * 50, "Die Brücke ist zu.")


def random_forest(draw, trees=40):
    """Trees of two questions each, as nobody grew them."""
    first = 5 * np.arange(trees)
    signal = draw.integers(0, len(READ) + sentences.WIDTH + len(LABELS), 5 * trees)
    left, right = np.arange(5 * trees), np.arange(5 * trees)
    left[first], right[first], left[first + 2], right[first + 2] = first + 1, first + 2, first + 3, first + 4
    cut, value = draw.choice([0.0, 0.2, 1.0, 8.0], 5 * trees), draw.normal(scale=0.05, size=5 * trees)
    value[first] = draw.normal(scale=0.01, size=trees)
    return Forest(signal, cut, left, right, value, first, np.arange(trees) % len(LABELS))


def random_model(name="random"):
    """A model that was never trained: weights for two thousand n-grams and three edges a signal."""
    draw = np.random.Generator(np.random.PCG64(7))
    outputs = len(LABELS) + 1
    table = np.zeros((1 << ngrams.BITS, outputs), dtype=np.float32)
    table[draw.integers(0, len(table), 2000)] = draw.normal(size=(2000, outputs)).astype(np.float16)  # what a file keeps
    return Model(
        name=name,
        version="3",
        signals=READ,
        edges=[[0.0, 0.5, 10.0]] * len(READ),
        ngram_weights=table,
        signal_weights=draw.normal(scale=0.02, size=(3 * len(READ), outputs)).astype(np.float16).astype(np.float32),
        sentence_weights=draw.normal(size=(len(table), len(LABELS))).astype(np.float16).astype(np.float32),
        forest=random_forest(draw),
        intercept=np.array([0.8, 0.7, 0.0, -1.0]),
        scale=0.7,
        shift=np.array([0.1, -0.3, 0.2]),
        scope=(1.5, -2.0),
        thresholds={"original": 0.8, "rewrite": 0.7, "filler": 0.6, "scope": 0.9},
        typical=[0.0] * len(READ),
        about={"trained_on": "nothing"},
    )


@pytest.fixture
def folder(tmp_path):
    """A folder with a sound model; no two tests share one, so none is read from memory."""
    random_model().save(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture(scope="module")
def documents(request):
    texts = [path.read_text(encoding="utf-8") for path in sorted((request.config.rootpath / "seeds").glob("*/*.txt"))]
    return [Document(text) for text in (*texts, *HOSTILE)]


@pytest.fixture(scope="module")
def batch(documents):
    return read(documents)


@pytest.fixture(scope="module")
def signals(batch):
    return extract(batch)


# Round trip


def same(one, other):
    if isinstance(one, Forest):
        return all(np.array_equal(getattr(one, each.name), getattr(other, each.name)) for each in dataclasses.fields(Forest))
    return np.array_equal(one, other) if isinstance(one, np.ndarray) else json.dumps(one) == json.dumps(other)


def test_a_saved_model_is_loaded_as_it_was(folder):
    model, loaded = random_model(), load(folder)

    for field in dataclasses.fields(Model):
        one, other = getattr(model, field.name), getattr(loaded, field.name)
        assert same(one, other), field.name


def test_a_saved_model_gives_the_same_verdicts(tmp_path, documents):
    random_model().save(tmp_path / "one")
    load(tmp_path / "one").save(tmp_path / "two")
    one, two = (list(Scorer(model=tmp_path / name).score_many(documents[:20])) for name in ("one", "two"))

    assert one == two
    assert len({verdict.label for verdict in one}) > 1


def test_a_model_that_stands_stays_whole_where_another_is_not_saved_to_the_end(folder):
    with pytest.raises(TypeError):
        dataclasses.replace(random_model("other"), scale=0.1, about={"trained_on": object()}).save(folder)

    assert load(folder).name == "random"
    assert sorted(path.name for path in folder.iterdir()) == ["model.json", "model.npz"]


def test_a_full_disk_is_told_with_the_folder_and_the_model_that_stands_stays(folder):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(QualityError, match=re.escape(f"{folder}: cannot be written: file too large. Choose another place")):
            random_model("other").save(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert load(folder).name == "random"


def test_a_folder_may_be_given_as_a_string(folder):
    assert Scorer(model=str(folder)).score("Rain fell.").model == "random 3"


def test_known_answers_of_a_saved_model_hold(folder):
    check(folder)


def test_known_answers_of_the_shipped_model_hold():
    check(SHIPPED)


# Refusals


def change(folder, **facts):
    """Write other facts into the model's JSON."""
    path = folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))


def forge(folder, content):
    """Put other arrays into the model, and make the digest fit."""
    (folder / "model.npz").write_bytes(content)
    change(folder, arrays_sha256=hashlib.sha256(content).hexdigest())


def remove(folder, fact):
    path = folder / "model.json"
    facts = json.loads(path.read_text())
    del facts[fact]
    path.write_text(json.dumps(facts))


def tamper(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-100])


def pickled(path):
    np.savez(path, ngrams=np.array([{"a": 1}], dtype=object))
    return path.read_bytes()


def one_array(path):
    np.save(path, np.zeros(3))
    return path.read_bytes()


def swap(folder, name, array):
    """Put another array in the place of one of the model's, and make the digest fit."""
    with np.load(folder / "model.npz") as stored:
        arrays = {each: stored[each] for each in stored.files}
    np.savez(folder / "other.npz", **(arrays | {name: array}))
    forge(folder, (folder / "other.npz").read_bytes())


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        pytest.param(shutil.rmtree, "model.json: cannot be read: No such file or directory. A model folder holds", id="missing folder"),
        pytest.param(lambda f: (f / "model.json").unlink(), "model.json: cannot be read: No such file", id="missing JSON"),
        pytest.param(lambda f: (f / "model.npz").unlink(), "model.npz: cannot be read: No such file or directory", id="missing arrays"),
        pytest.param(lambda f: truncate(f / "model.json"), "model.json: not JSON", id="truncated JSON"),
        pytest.param(lambda f: (f / "model.json").write_bytes(b""), "model.json: not JSON", id="empty JSON"),
        pytest.param(lambda f: (f / "model.json").write_bytes(b"\xff\xfe"), "model.json: not JSON", id="garbage for JSON"),
        pytest.param(lambda f: (f / "model.json").write_text("[1]"), "model.json: schema list, this release reads 4", id="a list for JSON"),
        pytest.param(lambda f: (f / "model.json").write_text('{"a": 1}'), "model.json: schema None, this release reads 4", id="foreign"),
        pytest.param(lambda f: change(f, schema=99), "model.json: schema 99, this release reads 4. Train", id="wrong schema"),
        pytest.param(lambda f: change(f, ngram_bits=4), r"model.json: n-grams 4/\d+, this release makes", id="other n-grams"),
        pytest.param(lambda f: (f / "model.json").write_text("[" * 100_000), "model.json: not JSON", id="nothing but brackets"),
        pytest.param(
            lambda f: remove(f, "edges"), "model.json: no edges; it is a list of numbers for each signal. Copy", id="missing fact"
        ),
        pytest.param(lambda f: change(f, signals=["spin.nonsense", *READ[1:]]), "unknown signals spin.nonsense", id="unknown signal"),
        pytest.param(lambda f: truncate(f / "model.npz"), "model.npz: digest .* differs from the one in model.json", id="truncated arrays"),
        pytest.param(lambda f: (f / "model.npz").write_bytes(b""), "model.npz: digest .* differs", id="empty arrays"),
        pytest.param(lambda f: tamper(f / "model.npz"), "model.npz: digest .* differs .* Copy the model anew", id="one byte tampered"),
        pytest.param(lambda f: forge(f, pickled(f / "x.npz")), "model.npz: not plain arrays", id="pickled arrays"),
        pytest.param(lambda f: forge(f, b"no arrays at all"), "model.npz: not plain arrays", id="foreign arrays"),
        pytest.param(lambda f: forge(f, b"PK\x03\x04 and no more"), "model.npz: not plain arrays", id="half an archive"),
        pytest.param(lambda f: forge(f, one_array(f / "x.npy")), "model.npz: not plain arrays", id="one array"),
        pytest.param(lambda f: swap(f, "ngrams", np.array(["a"])), "model.npz: ngrams holds no numbers", id="words for arrays"),
        pytest.param(lambda f: swap(f, "intercept", np.zeros(1)), r"model.npz: .*intercept has shape \(1,\), not \(4,\)", id="wrong shape"),
        pytest.param(lambda f: swap(f, "forest_root", np.array([-1])), "model.npz: not the arrays of such a model", id="foreign trees"),
    ],
)
def test_a_broken_model_is_refused_by_what_is_wrong(folder, harm, message):
    harm(folder)

    with pytest.raises(ModelError, match=message):
        Scorer(model=folder)


LIMITS = {"original": 0.8, "rewrite": 0.7, "filler": 0.6, "scope": 0.9}


@pytest.mark.parametrize(
    ("fact", "wrong", "message"),
    [
        ("name", 5, "name is 5, not a string"),
        ("version", None, "version is None, not a string"),
        ("labels", ["filler", "original", "rewrite"], r"labels is \['filler', .*\], not \['original', 'rewrite', 'filler'\]"),
        ("signals", "spin", "signals is 'spin', not a list of names"),
        ("signals", [["spin"]], "signals is .*, not a list of names"),
        ("edges", [["a"]], "edges is .*, not a list of numbers for each signal"),
        ("edges", [[0.5]], r"edges has 1 entries for \d+ signals"),
        ("scale", "wide", "scale is 'wide', not a number above 0"),
        ("scale", float("nan"), "scale is nan, not a number above 0"),
        ("scale", -0.45, "scale is -0.45, not a number above 0"),
        ("scale", 10**400, "scale is 1000.*…, not a number above 0"),
        ("scale", True, "scale is True, not a number above 0"),
        ("scope", [1.0], r"scope is \[1.0\], not two numbers"),
        ("thresholds", {}, "thresholds is {}, not a number from 0 to 1 for each of original, rewrite, filler, scope"),
        ("thresholds", [1, 2], r"thresholds is \[1, 2\], not a number"),
        ("thresholds", {**LIMITS, "filler": "0.6"}, "thresholds is .*, not a number"),
        ("thresholds", {**LIMITS, "scope": 1.2}, "thresholds is .*, not a number"),
        ("typical", [0.0], r"typical has 1 entries for \d+ signals"),
        ("typical", [float("inf")], "typical is .*, not a list of numbers"),
        ("about", None, "about is None, not an object"),
        ("arrays_sha256", None, "arrays_sha256 is None, not a string"),
    ],
)
def test_a_wrong_fact_is_told_with_the_file(folder, fact, wrong, message):
    change(folder, **{fact: wrong})

    with pytest.raises(ModelError, match=rf"model\.json: {message}"):
        Scorer(model=folder)


def test_a_model_that_names_no_labels_is_read(folder):
    remove(folder, "labels")

    assert load(folder).name == "random"


@pytest.mark.parametrize("answers", [None, [], "x", [[0.2]], [["a", "b", "c"]] * 3])
def test_known_answers_that_are_none_are_told(folder, answers):
    change(folder, known_answers=answers)

    with pytest.raises(ModelError, match=r"model\.json: known_answers is .*, not a list of probabilities for each known text"):
        check(folder)


def test_a_file_is_no_model_folder(tmp_path):
    (tmp_path / "model").write_text("weights")

    with pytest.raises(ModelError, match=r"model.json: cannot be read: Not a directory"):
        Scorer(model=tmp_path / "model")


def test_a_model_that_answers_otherwise_than_it_was_saved_with_is_told(folder):
    change(folder, scale=2.0)

    with pytest.raises(ModelError, match=r"known answers differ: .* stored, .* found. Train the model anew with this release"):
        check(folder)


# numpy against scikit-learn


def matrix_of(batch, signals, model):
    """What the model reads of documents, as scikit-learn wants it: n-grams of the articles, then coded signals."""
    grams = ngrams.extract(article(batch))
    wording = sp.csr_array((grams.value, (grams.document, grams.column)), shape=(len(batch), 1 << ngrams.BITS))
    return sp.csr_array(sp.hstack([wording, sp.csr_array(model.code(signals.values).astype(np.float64))], format="csr"))


def as_scikit_learn(model):
    """An estimator with the weights of the model."""
    estimator = LogisticRegression()
    estimator.classes_ = np.arange(len(LABELS))
    estimator.coef_ = np.concatenate((model.ngram_weights, model.signal_weights))[:, :3].T.astype(np.float64)
    estimator.intercept_ = model.intercept[:3]
    return estimator


@pytest.mark.parametrize("name", ["random", "shipped"])
def test_probabilities_of_the_linear_part_equal_those_of_scikit_learn(name, batch, signals):
    bare = Forest(*(np.zeros(0, dtype=int) for _ in dataclasses.fields(Forest)))
    model = dataclasses.replace(random_model() if name == "random" else load(), forest=bare, scale=1.0, shift=np.zeros(3))
    theirs = as_scikit_learn(model).predict_proba(matrix_of(batch, signals, model))
    ours = model.judge(batch, signals).probabilities

    assert np.abs(ours - theirs).max() < 1e-9


def test_an_exported_model_keeps_what_was_fitted(seeds):
    examples = read_seeds(seeds)[::3]
    features = measure(example.text for example in examples)
    fitted = fit(features, examples)
    model = export(fitted, Calibration(1.0, np.zeros(3), (1.0, 0.0), {}), np.zeros(len(READ)), "fitted", "1", {})
    batch = read([Document(example.text) for example in examples])
    ours = model.judge(batch, extract(batch)).probabilities
    theirs = np.array([softmax(logits) for logits in fitted.logits(features)[0]])

    assert np.ptp(ours) > 0.5  # the fitted model tells the texts apart
    assert np.abs(ours - theirs).max() < 1e-9


# What a judgement is made of


@pytest.mark.parametrize("label", range(3))
def test_contributions_wording_and_intercept_add_up_to_the_calibrated_logit(label, batch, signals):
    model = random_model()
    judgement, labels = model.judge(batch, signals), np.full(len(batch), label)
    logits = np.log(judgement.probabilities)
    base = model.scale * (model.intercept[:3] + model.forest.base(3)) + model.shift
    parts = judgement.contributions(labels).sum(axis=1) + base[label] - base.mean()

    assert judgement.contributions(labels).shape == (len(batch), len(model.signals) + 1)
    assert parts == pytest.approx(logits[:, label] - logits.mean(axis=1), abs=1e-9)


def test_each_text_has_the_contributions_to_its_own_label(batch, signals):
    judgement = random_model().judge(batch, signals)
    labels = judgement.labels
    apart = [judgement.contributions(np.full(len(batch), label)) for label in range(3)]

    assert len(set(labels.tolist())) > 1
    assert labels.tolist() == [row.index(max(row)) for row in judgement.probabilities.tolist()]
    assert judgement.contributions(labels) == pytest.approx(np.stack([apart[label][k] for k, label in enumerate(labels)]), abs=1e-12)


def judged(model, coded, steps):
    """A judgement of one text whose wording says nothing."""
    told = sentences.scored(read([Document("A pier.")]), model.sentence_weights)
    return Judgement(model, np.zeros((1, 3)), np.zeros(1), np.zeros((1, 3)), coded, steps, told)


def test_a_step_that_asks_a_linear_logit_belongs_to_what_pulled_it_there():
    weights = np.zeros((3 * len(READ), 4), dtype=np.float32)
    weights[[0, 3, 6], 0] = 3.0, 1.0, -2.0  # the first edges of three signals pull the first label
    model = dataclasses.replace(random_model(), signal_weights=weights, scale=1.5)
    coded = (np.arange(len(weights)) % 3 == 0)[None]
    steps = np.zeros((1, len(READ) + sentences.WIDTH + 3, 3))
    before = judged(model, coded, steps.copy()).contributions(np.array([0]))
    steps[0, -3, 0] = 1.0  # by the logit of the first label, to which the third signal is opposed
    after = judged(model, coded, steps).contributions(np.array([0]))

    assert (after - before)[0, :4].tolist() == pytest.approx([0.75, 0.25, 0.0, 0.0])  # a logit and a half, less the mean of the labels
    assert not (after - before)[0, 4:].any()


def test_a_step_that_asks_a_logit_that_nothing_pulls_belongs_to_the_wording():
    model, steps = random_model(), np.zeros((1, len(READ) + sentences.WIDTH + 3, 3))
    steps[0, -1, 2] = 0.3
    coded = np.zeros((1, 3 * len(READ)), dtype=bool)
    added = judged(model, coded, steps).contributions(np.array([2]))

    assert added[0, -1] == pytest.approx(0.3 * 2 / 3 * model.scale)
    assert not added[0, :-1].any()


def test_probabilities_add_up_to_one(batch, signals):
    judgement = random_model().judge(batch, signals)

    assert judgement.probabilities.sum(axis=1) == pytest.approx(np.ones(len(batch)))
    assert ((judgement.out_of_scope >= 0) & (judgement.out_of_scope <= 1)).all()


def test_each_text_of_a_batch_is_judged_as_it_is_alone(documents, batch, signals):
    model, chosen = load(), range(0, len(documents), 3)
    together, alone = model.judge(batch, signals), [read([documents[k]]) for k in chosen]
    answers = [model.judge(one, extract(one)) for one in alone]

    assert together.probabilities[chosen] == pytest.approx(np.concatenate([one.probabilities for one in answers]), abs=1e-12)
    assert together.out_of_scope[chosen] == pytest.approx(np.concatenate([one.out_of_scope for one in answers]), abs=1e-12)
    assert together.coded[chosen].tolist() == np.concatenate([one.coded for one in answers]).tolist()


def test_the_ngrams_of_a_batch_are_those_of_each_text_alone(documents):
    chosen = documents[::4]
    together = ngrams.extract(read(chosen))
    for k, document in enumerate(chosen):
        alone, own = ngrams.extract(read([document])), together.document == k

        assert not alone.document.any()
        assert together.column[own].tolist() == alone.column.tolist()
        assert together.value[own].tolist() == alone.value.tolist()


def test_a_signal_is_coded_by_the_edges_that_it_exceeds():
    model = random_model()
    (coded,) = model.code(extract(read([Document("One two three.")])).values).reshape(1, -1, 3)

    assert coded[READ.index("style.sentence_length")].tolist() == [True, True, False]
    assert coded[READ.index("spin.slang_rate")].tolist() == [False, False, False]


@pytest.mark.parametrize("logits", [[0.0, 0.0, 0.0], [1000.0, 0.0, -1000.0], [-1e4, -1e4, -1e4]])
def test_softmax_does_not_overflow(logits):
    assert softmax(np.array(logits)).sum() == pytest.approx(1.0)


def test_no_model_reads_what_an_index_says():
    assert not [name for name in (*READ, *load().signals) if name.startswith("duplication.")]
