"""Sentences scored one by one, and what their scores say of the whole."""

import numpy as np
import pytest

from classifier import Document, ngrams
from classifier.document import read
from classifier.sentences import WIDTH, Scored, scored, summarize, telling
from classifier.training.features import measure
from classifier.training.sentences import held_out_summaries, learn
from classifier.verdict import LABELS

TEXTS = (
    "The ferry left late. Nobody knew why. The harbor master said the crew had gone home.",
    "",
    "One line only",
    "Ruth Okello told the Hale Gazette that the pier is closed. It opened in 1921! Is it safe? The council meets on Tuesday.",
)


def table(seed=3):
    draw = np.random.Generator(np.random.PCG64(seed))
    return draw.normal(size=(1 << ngrams.BITS, len(LABELS))).astype(np.float16).astype(np.float32)


def summaries(batch, weights):
    found = scored(batch, weights)
    return summarize(found.score, found.document, len(batch))


def statistics(scores):
    """The summary of one document with one label that has these scores."""
    column = np.array(scores, dtype=float)[:, None]
    return summarize(column, np.zeros(len(scores), dtype=np.int64), 1)[0].tolist()


def test_the_scores_of_a_document_are_summarized():
    scores = [1.0, -2.0, 5.0, 0.5, 3.0, -1.0, 0.0, 2.0]
    falling = [5.0, 3.0, 2.0, 1.0, 0.5, 0.0, -1.0, -2.0]
    ends = [np.mean(scores[:3]), np.mean(scores[:6]), np.mean(scores[-3:])]

    expected = [np.mean(scores), 5.0, np.mean(falling[:3]), falling[2], falling[4], -2.0, *ends, np.std(scores), 5 / 8]

    assert statistics(scores) == pytest.approx(expected)


def test_a_single_score_is_all_there_is():
    assert statistics([0.7]) == pytest.approx([0.7] * 9 + [0.0, 1.0])


def test_a_document_without_words_has_a_summary_of_zeros():
    batch = read([Document(text) for text in ("", "A pier.", "\u200b")])

    assert summaries(batch, table())[[0, 2]].tolist() == [[0.0] * WIDTH] * 2


def test_sentences_are_scored_where_they_stand():
    batch = read([Document(text) for text in TEXTS])
    found = scored(batch, table())
    begin = batch.origin[found.document][:, None]
    told = [TEXTS[row][start:end] for row, (start, end) in zip(found.document, found.span - begin, strict=True)]

    assert told[:3] == ["The ferry left late.", "Nobody knew why.", "The harbor master said the crew had gone home."]
    assert found.words[:4].tolist() == [4, 3, 9, 3]
    assert found.document.tolist() == [0, 0, 0, 2, 3, 3, 3, 3]


def test_the_sentences_that_speak_most_for_a_label_are_told_first():
    scores = np.array([[1.0, 0, 0], [5, 0, 0], [9, 0, 0], [3, 0, 0], [-2, 0, 0], [0, 4, 0], [0, 0, 0]])
    spans = np.stack((np.arange(7), np.arange(7) + 1), axis=1)
    words = np.array([9, 9, 3, 9, 9, 9, 9])  # the third is too short to be told
    found = Scored(scores, np.array([0, 0, 0, 0, 0, 2, 2]), spans, words)

    assert telling(found, np.array([0, 1, 1])) == {0: [(1, 2), (3, 4)], 2: [(5, 6)]}
    assert telling(found, np.array([1, 1, 0])) == {0: [(4, 5)]}


def test_no_documents_have_no_summaries():
    assert summarize(np.zeros((0, 3)), np.zeros(0, dtype=np.int64), 0).shape == (0, WIDTH)


def test_a_document_is_summarized_in_a_batch_as_it_is_alone():
    documents = [Document(text) for text in TEXTS]
    together = summaries(read(documents), table())

    assert together.tolist() == [summaries(read([document]), table())[0].tolist() for document in documents]
    assert len({tuple(row) for row in together.tolist()}) == len(TEXTS)


def test_each_sentence_has_ngrams_of_length_one_and_its_document():
    grams = ngrams.of_sentences(read([Document(text) for text in TEXTS]))

    assert grams.document.tolist() == [0, 0, 0, 2, 3, 3, 3, 3]
    assert np.bincount(grams.sentence, np.square(grams.value)[grams.sentence]) == pytest.approx(np.ones(8))


def test_sentences_of_chosen_texts_follow_their_order():
    sentences = measure(TEXTS).sentences
    chosen = sentences.of(np.array([3, 1, 0]))

    assert chosen.document.tolist() == [0, 0, 0, 0, 2, 2, 2]
    assert abs(chosen.ngrams[[0, 4]] - sentences.ngrams[[4, 0]]).sum() == 0


# Learning


@pytest.fixture(scope="module")
def lesson():
    """Texts of two labels that differ in one sentence, and their places in LABELS."""
    bodies = [f"The mayor of Hale opened bridge number {number}. Rain fell." for number in range(12)]
    texts = [f"{body} {'We saw it.' if number % 2 else 'The Gazette wrote so.'}" for number, body in enumerate(bodies)]
    return measure(texts).sentences, np.arange(12) % 2, np.ones(12)


def test_a_sentence_that_tells_a_label_gets_the_higher_score(lesson):
    sentences, truth, weights = lesson
    scores = sentences.ngrams @ learn(sentences, truth, weights)
    last = scores[2::3]

    assert (last[truth == 1, 1] > last[truth == 1, 0]).all()
    assert (last[truth == 0, 0] > last[truth == 0, 1]).all()


def test_labels_that_do_not_occur_have_no_weights(lesson):
    sentences, truth, weights = lesson

    assert not learn(sentences, truth, weights)[:, 2].any()


@pytest.mark.parametrize("truth", [np.full(12, -1), np.zeros(12, dtype=int)])
def test_of_one_label_nothing_is_learned(lesson, truth):
    sentences, _, weights = lesson

    assert not learn(sentences, truth, weights).any()


def test_a_text_is_summarized_by_a_model_that_has_not_seen_it(lesson):
    sentences, truth, weights = lesson
    half = np.arange(12) < 6
    splits = [(np.flatnonzero(half), np.flatnonzero(~half)), (np.flatnonzero(~half), np.flatnonzero(half))]
    before = held_out_summaries(sentences, truth, weights, splits, 12)
    other = np.where(half, truth, 1 - truth)  # labels of the second half turned round
    after = held_out_summaries(sentences, other, weights, splits, 12)

    assert before[~half].tolist() == after[~half].tolist()
    assert before[half].tolist() != after[half].tolist()
