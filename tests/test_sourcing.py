"""Whom a sentence has what it says from."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Document
from classifier.document import read
from classifier.sourcing import BORROWED, KINDS, statements


def statements_of(*texts):
    """The statements of some texts read together: the kind of source, whether it is the listener, and the words that say so."""
    batch = read([Document(text) for text in texts])
    found, start, end = statements(batch), batch.words.start, batch.words.end
    whole = "\n\n".join(texts)
    spans = zip(start[found.first].tolist(), end[found.last - 1].tolist(), strict=True)
    quoted = [whole[first:last] for first, last in spans]
    return list(zip([KINDS[place] for place in found.source.tolist()], found.told.tolist(), quoted, strict=True))


def sources(text):
    return [kind for kind, _, _ in statements_of(text)]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("", []),
        ("The bridge is shut.", []),
        ("“It was loud,” Ruth Okello told us.", ["own"]),
        ("She spoke to us in her kitchen.", ["own"]),
        ("He told reporters that the pier would close.", ["public"]),
        ("He told a jury that he ran.", ["public"]),
        ("Mayor Ruth Okello said the pier would close.", ["person"]),
        ("The pier would close, Okello said.", ["person"]),
        ("The pier would close, said Anna Pell.", ["person"]),
        ("She said the pier would close.", ["pronoun"]),
        ("Police said two men fled.", ["official"]),
        ("The company said it would appeal.", ["official"]),
        ("The complaint said the pier was unsafe.", ["record"]),
        ("According to the filing, the pier is unsafe.", ["record"]),
        ("Researchers said the gulls adapt.", ["study"]),
        ("A source said the pier would close.", ["insider"]),
        ("“Never,” it was said.", ["unknown"]),
        ("The sun said nothing.", ["unknown"]),
        ("She told AGBI that it was loud.", ["name"]),
        ("She told the Hale Gazette that it was loud.", ["name"]),
        ("He told Reuters on Monday.", ["agency"]),
        ("Reuters reported on Monday that the pier shut.", ["agency"]),
        ("The pier is shut, according to AFP.", ["agency"]),
        ("She told CNN that it was loud.", ["outlet"]),
        ("The New York Times reported that the pier shut.", ["outlet"]),
        ("According to CNN, the pier is shut.", ["outlet"]),
        ("Speaking on Meet the Press.", ["show"]),
        ("She wrote on Facebook that it was over.", ["platform"]),
        ("As the name suggests, it is green.", ["unknown"]),
        ("“No,” said Dr. Hovorka.", ["person"]),
        ("US officials said no.", ["official"]),
        ("She told Us Weekly that it was loud.", ["outlet"]),
        ("He told US envoys that it was loud.", ["pronoun"]),
        ("Ann Hill left. “No,” said Hill.", ["person"]),
        ("Mayor Post left. Post said no.", ["person"]),
        ("Ann Hill left. The Hill said no.", ["outlet"]),
        ("She told host Ben Pell that it was loud.", ["pronoun"]),
        ("Crews came to the site of the fire, and the magazine reported it.", ["outlet"]),
        ("The newspaper reported that the pier shut.", ["outlet"]),
        ("She told a local radio station that it was loud.", ["outlet"]),
        ("According to the website, the pier is shut.", ["outlet"]),
        ("She told this newspaper that it was loud.", ["own"]),
        ("The network's owner Anna Pell said no.", ["person"]),
        ("According to the Dunlow Evening Post, the pier is shut.", ["outlet"]),
        ("According to a study in the Post, gulls adapt.", ["study"]),
        ("Nan said so.", ["unknown"]),
        ("AFP’s desk in Hale said so.", ["agency"]),
        ("The Post Office said so.", ["official"]),
        ("World Bank said so.", ["official"]),
        ("Judge Fox said no.", ["person"]),
        ("Today he said no.", ["pronoun"]),
        ("You said it.", ["unknown"]),
        ("Australian police said so.", ["official"]),
        ("The Mirror also said so.", ["outlet"]),
        ("He told the Mail he was sad.", ["outlet"]),
        ("Inquirer.net reported on it.", ["outlet"]),
        ("“The police told us nothing,” Ann Vale said.", ["person"]),
        ("“It is fine,” she told us.", ["own"]),
        ("(Ann Vale/Hale Free Press via AP)", []),
        ("It rained (via Quartz).", ["outlet"]),
        ("She talked about CNN.", ["pronoun"]),
        ("He was speaking in English.", ["pronoun"]),
        ("He spoke exclusively to the Gazette.", ["outlet"]),
        ("They told them that Vale was guilty.", ["pronoun"]),
        ("Ann Vale, 43, said the BBC had got it wrong.", ["person"]),
        ("Una Pell, the mayor, said police had been slow.", ["person"]),
        ("The bridge, the longest in Hale, is shut, said police.", ["official"]),
    ],
)
def test_a_sentence_has_the_kind_of_its_source(text, kinds):
    assert sources(text) == kinds


@pytest.mark.parametrize(
    ("url", "text", "kinds"),
    [
        (None, "He told the New York Times so.", ["outlet"]),
        ("https://www.nytimes.com/a?b=c", "He told the New York Times so.", ["own"]),
        ("https://www.wsj.com", "She told The Wall Street Journal so.", ["own"]),
        ("https://edition.cnn.com/a", "CNN’s Ann Vale said so.", ["own"]),
        ("https://edition.cnn.com/a", "He told Fox News so.", ["outlet"]),
        ("https://time.com/a", "He told the Times of India so.", ["outlet"]),
        ("https://the-hale-mail.example/a", "He told the Hale Mail so.", ["own"]),
        ("https://hale-daily-mail.example/a", "The Hale Daily Mail reported it.", ["own"]),
        ("https://halepost.example/a", "The Hale Daily Mail reported it.", ["outlet"]),
        ("https://halemail.example/a", "Ann Vale said so.", ["person"]),
        ("no address", "He told CNN so.", ["outlet"]),
    ],
)
def test_what_the_outlet_of_the_page_was_told_is_its_own(url, text, kinds):
    batch = read([Document("It rained."), Document(text, url=url)])

    assert [KINDS[place] for place in statements(batch).source.tolist()] == kinds


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("The Sun reported on Monday.", ["outlet"]),
        ("The Sun rose over the pier.", []),
        ("CNN is a television channel.", []),
        ("Reuters was founded long ago.", []),
        ("She has a Facebook account.", []),
        ("He walked to the court.", []),
        ("Reuters is shut. She said so.", ["pronoun"]),
    ],
)
def test_a_name_is_no_source_unless_something_is_said(text, kinds):
    assert sources(text) == kinds


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", []),
        ("She told CNN that it was loud.", [True]),
        ("CNN reported that it was loud.", [False]),
        ("She told us. CNN said so.", [True, False]),
    ],
)
def test_a_listener_is_told_from_a_speaker(text, told):
    assert [is_listener for _, is_listener, _ in statements_of(text)] == told


def test_the_statements_of_a_text_come_in_order_with_the_words_that_make_them():
    text = "In March, according to Reuters, it rained. Mayor Ruth Okello said so. He told the Hale Gazette more."
    found = [(kind, quoted) for kind, _, quoted in statements_of(text)]

    assert found == [("agency", "according to Reuters"), ("person", "Mayor Ruth Okello said"), ("name", "told the Hale Gazette")]


def test_a_borrowed_source_is_another_newsroom_or_a_platform():
    assert set(BORROWED) < set(KINDS)
    assert {"own", "public", "person", "official", "record"}.isdisjoint(BORROWED)


def test_two_statements_from_one_outlet_name_the_same_one():
    first, second = statements(read([Document("CNN said it rained. Later CNN reported snow.")])).who.tolist()

    assert first == second != 0


def test_a_person_of_one_text_is_no_person_of_the_next():
    assert [kind for kind, _, _ in statements_of("Ann Hill left.", "“No,” said Hill.")] == ["outlet"]


def test_a_source_does_not_reach_across_a_clause():
    assert sources("Reuters, a gull and a dog, she said.") == ["pronoun"]


TEXTS = st.lists(
    st.sampled_from(["Reuters", "CNN", "told", "said", ",", ".", "“", "”", "us", "she", "The", "Sun", "according", "to", "police"]),
    max_size=25,
).map(" ".join)


@given(TEXTS)
@settings(max_examples=60, deadline=None)
def test_every_statement_has_a_known_kind_and_lies_in_the_text(text):
    batch = read([Document(text)])
    found = statements(batch)

    assert ((found.source >= 0) & (found.source < len(KINDS))).all()
    assert ((found.first >= 0) & (found.first < found.last) & (found.last <= len(batch.words))).all()
    assert ((found.first <= found.anchor) & (found.anchor < found.last)).all()


@given(st.lists(TEXTS, max_size=5))
@settings(max_examples=60, deadline=None)
def test_no_statement_reaches_from_one_text_of_a_batch_into_the_next(texts):
    assert statements_of(*texts) == [statement for text in texts for statement in statements_of(text)]


@pytest.mark.parametrize("kinds", [(), ("agency",), ("agency", "person"), KINDS])
def test_statements_of_some_kinds_are_those_that_have_one_of_them(kinds):
    found = statements(read([Document("Reuters said so. Mayor Ruth Okello said no. Police said more. It was said.")]))

    assert found.of(*kinds).tolist() == [KINDS[place] in kinds for place in found.source.tolist()]
    assert found[found.of(*kinds)].source.tolist() == [place for place in found.source.tolist() if KINDS[place] in kinds]
