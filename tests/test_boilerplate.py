from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.boilerplate import clean_text, judge, judge_many, share
from classifier.boilerplate.features import dense, repetitions, separators
from classifier.boilerplate.kinds import OTHER
from classifier.boilerplate.sheet import KINDS, lay_out, part
from classifier.document import Document

ARTICLE = [
    "The harbour board of Port Ellery voted on Tuesday to close the old ferry slip after divers found cracks in its piles.",
    "“We could not in good conscience let another winter pass,” board chair Ines Calloway told the meeting.",
    "The slip, built in 1931, carries about 400 passengers a day to the islands, according to figures read out by the clerk.",
    "Passengers will be taken to the new quay by bus until repairs are paid for, which the board expects to take two years.",
    "Fishermen said the buses would not help them land their catch, and asked the board to keep one berth open until May.",
]
PROMPTS = [
    ("Sign up for our free newsletter and get the best stories in your inbox every morning.", "subscribe"),
    ("Share this article on Facebook, Twitter or WhatsApp", "share"),
    ("Read more: Council delays vote on the new harbour tunnel", "related"),
    ("© 2024 Ellery Mercury. All rights reserved.", "legal"),
    ("Advertisement", "advertisement"),
    ("We use cookies to improve your experience. Accept all cookies", "cookie"),
]


def page(*lines: str) -> Document:
    return Document("\n\n".join(lines))


def test_an_empty_text_has_no_boilerplate():
    for text in ("", " \n\t\n", "***\n\n---"):
        document = Document(text)
        assert 0.0 <= share(document) <= 1.0
    assert judge(Document("")) == ()
    assert clean_text(Document("")) == ""
    assert share(Document("")) == 0.0


def test_a_plain_article_loses_nothing():
    document = page(*ARTICLE)
    assert judge(document) == ()
    assert clean_text(document) == document.text


@pytest.mark.parametrize(("prompt", "kind"), PROMPTS)
def test_a_prompt_at_the_end_is_cut_with_its_kind(prompt, kind):
    (line,) = judge(page(*ARTICLE, prompt))
    assert (line.text, line.kind) == (prompt, kind)


def test_the_clean_text_reads_as_the_article():
    document = page(*ARTICLE[:2], "Advertisement", *ARTICLE[2:], *(prompt for prompt, _ in PROMPTS))
    assert clean_text(document) == "\n\n".join(ARTICLE)


@pytest.mark.parametrize(
    "lines",
    [
        ["The tide comes in,", "the tide goes out,", "and what it leaves", "the gulls devour.", "I walked the sand", "an hour or more."],
        ["Results of the regatta", "Calder 4, Wexley 2", "Ormsby 1, Ellery 1", "Trent 3, Northam 0"],
        ["What the board decided", "- the old slip closes on Friday", "- buses run every twenty minutes", "- fares stay as they are"],
    ],
)
def test_short_lines_of_an_article_stay(lines):
    document = page(*ARTICLE[:3], "\n".join(lines), *ARTICLE[3:])
    lost = [line.text for line in judge(document)]
    assert len(lost) <= 1, lost


def test_the_biography_under_a_heading_of_an_author_box_is_cut_and_so_is_its_copy():
    bio = "Odile Farrant has walked the quays of the island since the herring years and keeps a goat there."
    document = page(*ARTICLE, "About the author", bio, "Share this article", bio, "Subscribe to our newsletter")
    assert [line.kind for line in judge(document) if line.text == bio] == ["author_bio"] * 2


def test_an_article_under_its_author_box_stays():
    document = page("About the author", *ARTICLE)
    assert ARTICLE[0] in clean_text(document)


def test_a_headline_that_stands_twice_stays():
    headline = "Port Ellery Closes Old Ferry Slip"
    document = page(headline, headline, *ARTICLE, "Share this article")
    assert [line.text for line in judge(document)] == ["Share this article"]


PROMPT = "Sign up for our free newsletter to get the best stories in your inbox every morning."


@pytest.mark.parametrize("glued", [f"{ARTICLE[0]} {PROMPT}", f"{PROMPT} {ARTICLE[0]}"])
def test_a_prompt_glued_to_a_paragraph_is_cut_out_of_it(glued):
    document = page(*ARTICLE[1:3], glued, *ARTICLE[3:])
    assert [line.text for line in judge(document)] == [PROMPT]
    assert clean_text(document) == "\n\n".join([*ARTICLE[1:3], ARTICLE[0], *ARTICLE[3:]])


def test_a_prompt_that_somebody_speaks_stays():
    document = page(*ARTICLE, "“Sign up for our newsletter,” the clerk told the crowd. Nobody laughed, and the meeting went on.")
    assert judge(document) == ()


def test_a_text_of_one_paragraph_is_left_alone():
    assert judge(Document(" ".join(ARTICLE))) == ()


def test_offsets_quote_the_text_that_came_in():
    text = "\ufeff" + "\r\n".join([*ARTICLE, "Sign up for our newsletter\u200b", "Follow us on Twitter"])
    document = Document(text)
    assert judge(document)
    assert all(text[line.start : line.end] == line.text for line in judge(document))


def test_a_batch_says_what_each_page_says_alone():
    texts = ["\n".join([*ARTICLE, prompt]) for prompt, _ in PROMPTS] + ["", "\n".join(prompt for prompt, _ in PROMPTS)]
    together = [judge(document) for document in judge_many([Document(text) for text in texts])]
    assert together == [judge(Document(text)) for text in texts]


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from([*ARTICLE, *(prompt for prompt, _ in PROMPTS), "", "1", "|"]), max_size=8).map("\n".join)
)
def test_judging_holds_its_promises_on_any_text(text):
    document = Document(text)
    lines = judge(document)
    assert 0.0 <= share(document) <= 1.0
    assert all(document.text[line.start : line.end] == line.text and 0.0 <= line.probability <= 1.0 for line in lines)
    assert all(line.kind in (*KINDS, OTHER) for line in lines)
    assert all(before.end <= after.start for before, after in itertools.pairwise(lines))
    assert judge(Document(text)) == lines
    assert "".join(clean_text(document).split()) == "".join(_rest(document.text, lines).split())


def _rest(text, lines):
    for line in reversed(lines):
        text = text[: line.start] + text[line.end :]
    return text


def test_features_are_finite_and_one_a_line():
    sheet = lay_out([page(*ARTICLE), Document(""), Document("|"), page("Advertisement")])
    for name, column in dense(sheet, np.zeros(len(sheet))).items():
        assert column.shape == (len(sheet),), name
        assert np.isfinite(column).all(), name


def test_part_of_a_sheet_is_the_sheet_of_what_is_left():
    whole = lay_out([page(*ARTICLE[:2], "Advertisement", *ARTICLE[2:]), page("Read more", *ARTICLE)])
    left = part(whole, ~np.isin(np.arange(len(whole)), [2, 6]))
    alone = lay_out([page(*ARTICLE), page(*ARTICLE)])
    one, other = (dense(sheet, np.zeros(len(sheet))) for sheet in (left, alone))
    assert all(np.allclose(one[name], other[name]) for name in one)


def test_a_line_that_stands_between_paragraphs_again_and_again_is_a_separator():
    sheet = lay_out([page(*(line for paragraph in ARTICLE for line in (paragraph, "Advertisement")))])
    assert separators(sheet).tolist() == [False, True] * len(ARTICLE)
    assert repetitions(sheet)[1] == len(ARTICLE) - 1
