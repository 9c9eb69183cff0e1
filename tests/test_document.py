"""A text with what is known of it, and many of them read in one pass."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from classifier import Document, InputError
from classifier.characters import NEWLINE, SPACE, tables
from classifier.document import LONGEST, once, read, read_many
from classifier.words import Words, split

TEXTS = st.lists(
    st.text(max_size=40) | st.sampled_from(["CNN said so. The mega move!", "“Rain fell,” she told us.\n\n1", "Anna", "😀"]), max_size=5
)


def columns(words):
    """All that a `Words` holds, as lists."""
    return {name: getattr(words, name).tolist() for name in Words.__slots__}


def phrases_of(batch, k):
    """The phrases found in one document of a batch: the name of the list, and the words counted from its first."""
    found, (begin, end) = batch.found, batch.first[k : k + 2].tolist()
    own = (found.first >= begin) & (found.first < end)
    names = [found.names[place] for place in found.list[own].tolist()]
    return list(zip(names, (found.first[own] - begin).tolist(), (found.last[own] - begin).tolist(), strict=True))


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


# Batches


@given(TEXTS)
@settings(max_examples=60, deadline=None)
def test_documents_read_together_are_as_each_read_alone(texts):
    documents = [Document(text) for text in texts]
    batch = read(documents)

    assert list(batch.documents) == documents
    for k, (words, text) in enumerate(zip(batch.words.parts(batch.origin), texts, strict=True)):
        alone = read([Document(text)])
        assert columns(words) == columns(alone.words) == columns(split(text))
        assert batch.found.tags[slice(*batch.first[k : k + 2])].tolist() == alone.found.tags.tolist()
        assert phrases_of(batch, k) == phrases_of(alone, 0)


@given(TEXTS.filter(bool))
@example(["a\r\nb\rc\r", "\ufeffd\u0301\n"])
@settings(max_examples=60, deadline=None)
def test_the_characters_and_words_of_a_batch_are_numbered_from_document_to_document(texts):
    batch = read([Document(text) for text in texts])
    whole = "".join(text + "\n\n" for text in texts)
    kinds = tables()[0][[ord(character) for character in whole.replace("\r\n", " \n")]].tolist()
    plain = "".join({SPACE: " ", NEWLINE: "\n"}.get(kind, character) for kind, character in zip(kinds, whole, strict=True))
    spans = [(start, start + len(text)) for start, text in zip(batch.origin.tolist(), texts, strict=False)]

    assert [whole[start:end] for start, end in spans] == texts
    assert list(batch.texts) == [plain[start:end] for start, end in spans]
    assert batch.points.tolist() == [ord(character) for character in plain]
    assert batch.kinds.tolist() == kinds
    assert batch.sizes.tolist() == [len(split(text)) for text in texts]
    assert batch.first.tolist() == np.cumsum([0, *batch.sizes]).tolist()
    assert batch.owner.tolist() == [k for k, size in enumerate(batch.sizes.tolist()) for _ in range(size)]
    assert batch.document_of(batch.words.start).tolist() == batch.owner.tolist()


@given(st.lists(st.text("a1. ![“”*\n\u200b\u0301😀#", max_size=20), max_size=4), st.lists(st.sampled_from("![“*#."), min_size=1))
@settings(max_examples=60, deadline=None)
def test_a_mark_is_found_wherever_it_stands(texts, marks):
    batch = read([Document(text) for text in texts])
    whole = "".join(text + "\n\n" for text in texts)

    assert batch.mark("".join(marks)).tolist() == [place for place, character in enumerate(whole) if character in marks]


@given(TEXTS)
@settings(max_examples=40, deadline=None)
def test_counts_are_those_of_each_document(texts):
    batch = read([Document(text) for text in texts])
    capital = (batch.words.shape & 1) > 0

    assert batch.count(batch.words.start).tolist() == batch.sizes.tolist()
    assert batch.count(batch.words.start, batch.words.end - batch.words.start).tolist() == [
        sum(end - start for start, end in zip(words.start.tolist(), words.end.tolist(), strict=True)) for words in map(split, texts)
    ]
    assert batch.count_words(capital).tolist() == [int(((split(text).shape & 1) > 0).sum()) for text in texts]


def test_no_documents_are_a_batch_of_nothing():
    batch = read([])

    assert (len(batch), len(batch.words), batch.sizes.tolist(), batch.origin.tolist()) == (0, 0, [], [0])
    assert list(read_many([])) == []


def test_of_a_monster_only_the_opening_is_read():
    batch = read([Document("rain\n" * (LONGEST // 4)), Document("Snow fell.")])

    assert [len(text) for text in batch.texts] == [LONGEST, 10]
    assert batch.sizes.tolist() == [LONGEST // 5, 2]


def test_what_is_left_of_a_batch_keeps_its_offsets():
    batch = read([Document("Rain fell. CNN said so."), Document(""), Document("A mega move. It ended.")])
    spans = np.array([[0, 10], [len("Rain fell. CNN said so.") + 4, len("Rain fell. CNN said so.") + 16]])
    left = batch.without(spans)

    assert list(left.texts) == ["           CNN said so.", "", "             It ended."]
    assert [left.documents, left.origin.tolist()] == [batch.documents, batch.origin.tolist()]
    assert left.points.tolist() == [ord(character) for character in "".join(text + "\n\n" for text in left.texts)]
    assert left.kinds.tolist() == tables()[0][left.points].tolist()
    assert left.words.start.tolist() == [
        place for place in batch.words.start.tolist() if not ((spans[:, 0] <= place) & (place < spans[:, 1])).any()
    ]
    assert left.sizes.tolist() == [3, 0, 2]
    assert left.found.tags.tolist() == batch.found.tags[np.isin(batch.words.start, left.words.start)].tolist()


@given(TEXTS, st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_found_without_some_words_is_what_was_found_among_the_others(texts, data):
    batch = read([Document(text) for text in texts])
    keep = np.array(data.draw(st.lists(st.booleans(), min_size=len(batch.words), max_size=len(batch.words))), dtype=bool)
    left, place = batch.found.without(keep), np.cumsum(keep) - 1
    hits = zip(batch.found.first.tolist(), batch.found.last.tolist(), batch.found.list.tolist(), strict=True)

    assert left.tags.tolist() == batch.found.tags[keep].tolist()
    assert list(zip(left.first.tolist(), left.last.tolist(), left.list.tolist(), strict=True)) == [
        (place[first], place[last - 1] + 1, name) for first, last, name in hits if keep[first] and keep[last - 1]
    ]


def test_more_documents_than_a_batch_come_back_in_order():
    documents = [Document(f"Story {number}.", id=str(number)) for number in range(600)]

    assert [document.id for batch in read_many(iter(documents)) for document in batch.documents] == [str(number) for number in range(600)]


@pytest.mark.parametrize(
    ("lengths", "sizes"),
    [
        ([1] * 1200, [512, 512, 176]),
        ([0] * 513, [512, 1]),
        ([480_000] * 12, [5, 5, 2]),
        ([1_300_000] * 4, [3, 1]),
        ([10, 1_300_000, 1_300_000, 900_000, 10], [4, 1]),
        ([2 * LONGEST, 2 * LONGEST, 2 * LONGEST, 10], [3, 1]),
    ],
)
def test_a_batch_never_grows_past_its_limits(lengths, sizes):
    assert [len(batch) for batch in read_many(Document("\n" * length) for length in lengths)] == sizes


def test_documents_are_read_as_they_are_asked_for():
    drawn = []

    def stream():
        for number in range(1000):
            drawn.append(number)
            yield Document("Rain.")

    next(read_many(stream()))

    assert len(drawn) == 512


def test_a_document_is_split_once():
    document = Document("Rain fell.")

    assert document.words is document.words


@pytest.mark.parametrize("column", ["first", "sizes", "owner", "marks"])
def test_a_column_of_a_batch_is_made_once(column):
    batch = read([Document("Rain fell.")])

    assert getattr(batch, column) is getattr(batch, column)


def test_a_remembered_answer_is_computed_once_a_batch():
    asked = []

    @once
    def length(batch):
        asked.append(batch.texts)
        return len(batch)

    one, other = read([Document("ab")]), read([Document("ab"), Document("abc")])

    assert [length(one), length(one), length(other)] == [1, 1, 2]
    assert asked == [["ab"], ["ab", "abc"]]


def test_a_batch_without_some_spans_is_measured_anew():
    @once
    def count(batch):
        return len(batch.words)

    batch = read([Document("Rain fell.")])

    assert [count(batch), count(batch.without(np.array([[0, 4]]))), count(batch)] == [2, 1, 2]


def test_documents_with_equal_texts_are_equal_whatever_was_measured():
    one, other = Document("Rain fell."), Document("Rain fell.")
    list(read_many([one]))

    assert len(one.words) == 2
    assert one == other
    assert "words" not in repr(one)
