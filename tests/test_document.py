"""A text with what is known of it, split once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Document, InputError
from classifier.document import once, prepare
from classifier.words import split


def test_what_the_crawler_knows_is_kept():
    document = Document("Rain fell.", id="a1", url="https://hale.example/rain", title="Rain", date="2024-05-01")

    assert (document.id, document.url, document.title, document.date) == ("a1", "https://hale.example/rain", "Rain", "2024-05-01")


def test_what_is_not_known_is_none():
    document = Document("Rain fell.")

    assert (document.id, document.url, document.title, document.date, document.neighbors) == (None,) * 5


@pytest.mark.parametrize(
    ("text", "kind"), [(b"Rain fell.", "bytes"), (None, "NoneType"), (7, "int"), (["Rain"], "list"), (bytearray(b"x"), "bytearray")]
)
def test_a_text_that_is_no_str_is_refused_by_its_type(text, kind):
    with pytest.raises(InputError, match=f"^the text of a document is a str, not {kind}. Decode bytes first.$"):
        Document(text)


@given(st.text(max_size=60))
@settings(max_examples=50, deadline=None)
def test_the_words_of_a_document_are_those_of_its_text(text):
    assert Document(text).words.hash.tolist() == split(text).hash.tolist()


@given(st.lists(st.text(max_size=40), max_size=5))
@settings(max_examples=50, deadline=None)
def test_documents_prepared_together_are_as_each_alone(texts):
    documents = [Document(text) for text in texts]

    assert list(prepare(documents)) == documents
    for document, text in zip(documents, texts, strict=True):
        alone = Document(text)
        assert document.words.start.tolist() == alone.words.start.tolist()
        assert document.found.tags.tolist() == alone.found.tags.tolist()
        assert document.found.phrases == alone.found.phrases


def test_more_documents_than_a_batch_come_back_in_order():
    documents = [Document(f"Story {number}.", id=str(number)) for number in range(150)]

    assert [document.id for document in prepare(iter(documents))] == [str(number) for number in range(150)]


def test_documents_are_prepared_as_they_are_asked_for():
    drawn = []

    def stream():
        for number in range(1000):
            drawn.append(number)
            yield Document("Rain.")

    next(prepare(stream()))

    assert len(drawn) < 1000


def test_a_document_is_split_once():
    document = Document("Rain fell.")

    assert document.words is document.words
    assert document.found is document.found


def test_a_remembered_answer_is_computed_once_a_document():
    asked = []

    @once
    def length(document):
        asked.append(document.text)
        return len(document.text)

    one, other = Document("ab"), Document("abc")

    assert [length(one), length(one), length(other)] == [2, 2, 3]
    assert asked == ["ab", "abc"]


def test_documents_with_equal_texts_are_equal_whatever_was_measured():
    one, other = Document("Rain fell."), Document("Rain fell.")
    list(prepare([one]))

    assert one == other
    assert "words" not in repr(one)
