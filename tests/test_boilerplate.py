from __future__ import annotations

import itertools
import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Scorer
from classifier.boilerplate import NAMES, article, clean_text, judge, lines, share, without
from classifier.boilerplate.features import dense
from classifier.boilerplate.kinds import KIND_BITS, OTHER, KindWeights, kinds
from classifier.boilerplate.near import Near
from classifier.boilerplate.sheet import KINDS, lay_out, part
from classifier.boilerplate.templates import Templates
from classifier.document import Document, read
from classifier.errors import InputError, QualityError
from classifier.verdict import Line

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


RUNNING_ON = ["The slip stays shut. Read also: The ferry board", "advertisement", "plans a new slip.", "and sign up for our newsletter"]


def page(*lines: str) -> Document:
    return Document("\n\n".join(lines))


def lines_of(document: Document) -> list[Line]:
    """The boilerplate of one page."""
    (found,) = lines(read([document]))
    return found


def share_of(document: Document) -> float:
    """The share of boilerplate in one page."""
    (found,) = share(read([document])).tolist()
    return found


def test_an_empty_text_has_no_boilerplate():
    for text in ("", " \n\t\n", "***\n\n---"):
        document = Document(text)
        assert 0.0 <= share_of(document) <= 1.0
    assert lines_of(Document("")) == []
    assert clean_text(Document("")) == ""
    assert share_of(Document("")) == 0.0


def test_a_plain_article_loses_nothing():
    document = page(*ARTICLE)
    assert lines_of(document) == []
    assert clean_text(document) == document.text


@pytest.mark.parametrize(("prompt", "kind"), PROMPTS)
def test_a_prompt_at_the_end_is_cut_with_its_kind(prompt, kind):
    (line,) = lines_of(page(*ARTICLE, prompt))
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
    lost = [line.text for line in lines_of(document)]
    assert len(lost) <= 1, lost


def test_the_biography_under_a_heading_of_an_author_box_is_cut_and_so_is_its_copy():
    bio = "Odile Farrant has walked the quays of the island since the herring years and keeps a goat there."
    document = page(*ARTICLE, "About the author", bio, "Share this article", bio, "Subscribe to our newsletter")
    assert [line.kind for line in lines_of(document) if line.text == bio] == ["author_bio"] * 2


def test_an_article_under_its_author_box_stays():
    document = page("About the author", *ARTICLE)
    assert ARTICLE[0] in clean_text(document)


@pytest.mark.parametrize("head", ["Share", "Share\nTweet"])
def test_an_article_that_is_all_a_page_has_stays_under_an_author_box(head):
    document = page(head, "About the author", ARTICLE[0])
    assert ARTICLE[0] in clean_text(document)


def test_a_long_paragraph_is_no_biography():
    document = page(*ARTICLE, "About the author", " ".join(ARTICLE))
    assert clean_text(document).count(ARTICLE[0]) == 2


def test_a_headline_that_stands_twice_stays():
    headline = "Port Ellery Closes Old Ferry Slip"
    document = page(headline, headline, *ARTICLE, "Share this article")
    assert [line.text for line in lines_of(document)] == ["Share this article"]


PROMPT = "Sign up for our free newsletter to get the best stories in your inbox every morning."


def test_a_prompt_in_quotation_marks_costs_no_paragraph():
    glued = f"{ARTICLE[0]} “{PROMPT}” {ARTICLE[1]}"
    assert glued in clean_text(page(*ARTICLE[1:3], glued, *ARTICLE[3:]))


@pytest.mark.parametrize("marks", ["“{}”", "„{}“", "«{}»", '"{}"', "‘{}’", "'{}'"])
def test_a_prompt_in_quotation_marks_of_any_of_these_kinds_is_not_cut_out(marks):
    glued = f"{ARTICLE[0]} {marks.format(PROMPT)} {ARTICLE[3]}"
    assert lines_of(page(*ARTICLE[1:3], glued, ARTICLE[4])) == []


@pytest.mark.parametrize("glued", [f"{ARTICLE[0]} {PROMPT}", f"{PROMPT} {ARTICLE[0]}"])
def test_a_prompt_glued_to_a_paragraph_is_cut_out_of_it(glued):
    document = page(*ARTICLE[1:3], glued, *ARTICLE[3:])
    assert [line.text for line in lines_of(document)] == [PROMPT]
    assert clean_text(document) == "\n\n".join([*ARTICLE[1:3], ARTICLE[0], *ARTICLE[3:]])


@pytest.mark.parametrize(
    "teaser", ["Read also: Ferry board weighs a second slip at Northam.", "READ MORE: What the new rules mean for Calder Street."]
)
def test_a_pointer_to_another_story_between_two_sentences_is_cut_out(teaser):
    document = page(*ARTICLE[1:3], f"{ARTICLE[0]} {teaser} {ARTICLE[3]}", ARTICLE[4])
    assert [(line.text, line.kind) for line in lines_of(document)] == [(teaser, "related")]


def test_a_biography_glued_to_a_paragraph_takes_none_of_it_along():
    bio = "Ines Bardel is a senior reporter covering housing for the Calder Gazette."
    document = page(*ARTICLE[1:4], f"{ARTICLE[0]} {ARTICLE[3]} {bio}", ARTICLE[4])
    assert [(line.text, line.kind) for line in lines_of(document)] == [(bio, "author_bio")]


BIO = "Odile Farrant is a staff writer at the Ellery Mercury and covers the courts."


@pytest.mark.parametrize("glued", [f"{ARTICLE[0]} {BIO}", f"{BIO} {ARTICLE[0]}", f"{BIO} {ARTICLE[1]}"])
def test_a_biography_glued_to_a_sentence_that_is_most_of_the_line_is_cut_alone(glued):
    assert [line.text for line in lines_of(page(*ARTICLE[1:], glued))] == [BIO]


def test_a_sentence_of_more_than_sixty_words_is_not_cut_out_of_a_paragraph():
    endless = (
        f"{PROMPT[:-1]} and share this article with your friends on Facebook and Twitter and follow us for more news and subscribe to our "
        "daily briefing and download our app for breaking news alerts and enter your email address below to receive our weekly digest of "
        "the most read stories of the week from our best reporters."
    )
    assert lines_of(page(*ARTICLE[1:3], f"{ARTICLE[0]} {endless} {ARTICLE[3]}", ARTICLE[4])) == []


def test_a_prompt_before_a_quotation_of_the_next_paragraph_is_cut():
    document = page(ARTICLE[2], f"{ARTICLE[0]} {PROMPT}", *ARTICLE[1:])
    assert [line.text for line in lines_of(document)] == [PROMPT]


def test_a_prompt_in_the_middle_of_a_speech_stays():
    speech = f"“The slip is closed until the spring,” she said. “It was built for smaller boats. {PROMPT} Nobody reads them anyway.”"
    assert PROMPT in clean_text(page(*ARTICLE[2:4], speech, ARTICLE[4]))


def test_a_prompt_that_somebody_speaks_stays():
    document = page(*ARTICLE, "“Sign up for our newsletter,” the clerk told the crowd. Nobody laughed, and the meeting went on.")
    assert lines_of(document) == []


NO_WORDS = KindWeights(np.zeros((len(KINDS), 1 << KIND_BITS), dtype=np.float32), np.zeros(len(KINDS)))


@pytest.mark.parametrize(
    ("lines", "places", "named"),
    [
        (["Gulls of the outer bank"], [4], ["other"]),
        (["Related", "Gulls of the outer bank", "A winter at the quay"], [4, 5, 6], ["related", "related", "related"]),
        (["Related", "Gulls of the outer bank", "A winter at the quay"], [4, 5, 7], ["related", "related", "other"]),
        (["Related", "Gulls of the outer bank"], [4, 6], ["related", "other"]),
        (["Advertisement", "Gulls of the outer bank"], [4, 5], ["advertisement", "other"]),
    ],
)
def test_a_line_without_a_phrase_is_of_the_kind_of_the_heading_that_it_follows_or_of_none(lines, places, named):
    assert kinds(lay_out(read([Document("\n".join(lines))])), places, NO_WORDS) == named


def test_a_text_of_one_paragraph_is_left_alone():
    assert lines_of(Document(" ".join(ARTICLE))) == []


def test_offsets_quote_the_text_that_came_in():
    text = "\ufeff" + "\r\n".join([*ARTICLE, "Sign up for our newsletter\u200b", "Follow us on Twitter"])
    document = Document(text)
    assert lines_of(document)
    assert all(text[line.start : line.end] == line.text for line in lines_of(document))


def test_a_batch_says_what_each_page_says_alone():
    texts = ["\n".join([*ARTICLE, prompt]) for prompt, _ in PROMPTS] + ["", "\n".join(prompt for prompt, _ in PROMPTS)]
    batch = read([Document(text) for text in texts])
    assert lines(batch) == [lines_of(Document(text)) for text in texts]
    assert share(batch).tolist() == [share_of(Document(text)) for text in texts]


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from([*ARTICLE, *(prompt for prompt, _ in PROMPTS), *RUNNING_ON, "", "1", "|"]), max_size=8).map("\n".join)
)
def test_judging_holds_its_promises_on_any_text(text):
    document = Document(text)
    found = lines_of(document)
    assert 0.0 <= share_of(document) <= 1.0
    assert all(document.text[line.start : line.end] == line.text and 0.0 <= line.probability <= 1.0 for line in found)
    assert all(line.kind in (*KINDS, OTHER) for line in found)
    assert all(before.end <= after.start for before, after in itertools.pairwise(found))
    assert lines_of(Document(text)) == found
    assert _seen(clean_text(document)) == _seen(_rest(document.text, found))


def _seen(text):
    """The characters of a text that are neither blank nor unseen nor only combine with others."""
    return [
        character
        for character in text
        if unicodedata.category(character)[0] in "LNPSC" and unicodedata.category(character) not in ("Cc", "Cf")
    ]


def _rest(text, lines):
    for line in reversed(lines):
        text = text[: line.start] + text[line.end :]
    return text


def test_features_are_finite_and_one_a_line():
    sheet = lay_out(read([page(*ARTICLE), Document(""), Document("|"), page("Advertisement")]))
    for name, column in dense(sheet, np.zeros(len(sheet))).items():
        assert column.shape == (len(sheet),), name
        assert np.isfinite(column).all(), name


def test_part_of_a_sheet_is_the_sheet_of_what_is_left():
    whole = lay_out(read([page(*ARTICLE[:2], "Advertisement", *ARTICLE[2:]), page("Read more", *ARTICLE)]))
    left = part(whole, ~np.isin(np.arange(len(whole)), [2, 6]))
    alone = lay_out(read([page(*ARTICLE), page(*ARTICLE)]))
    one, other = (dense(sheet, np.zeros(len(sheet))) for sheet in (left, alone))
    assert all(np.allclose(one[name], other[name]) for name in one)


def test_a_line_that_stands_between_paragraphs_again_and_again_is_a_separator():
    sheet = lay_out(read([page(*(line for paragraph in ARTICLE for line in (paragraph, "Advertisement")))]))
    assert sheet.separators.tolist() == [False, True] * len(ARTICLE)
    assert sheet.again[1] == len(ARTICLE) - 1


def test_the_same_words_in_two_pages_are_no_repetition():
    sheet = lay_out(read([page(*ARTICLE), page(*ARTICLE)]))
    assert sheet.again.tolist() == [0.0] * 10


def test_neighbors_look_past_separators():
    near = lay_out(read([page(ARTICLE[0], "Advertisement", ARTICLE[1], "Advertisement", ARTICLE[2], "Advertisement")])).near
    values = np.arange(1.0, 7.0)[None]
    assert near.at(values, 1).tolist() == [[3, 3, 5, 5, 0, 0]]
    assert near.at(values, -1).tolist() == [[0, 1, 1, 3, 3, 5]]
    assert near.around(values, 1).tolist() == [[3, 2, 3, 4, 3, 5]]


def plain_neighbor(values, between, first, row, step):
    begin, end = max(first[first <= row]), min(first[first > row])
    side = range(row + 1, end) if step > 0 else range(row - 1, begin - 1, -1)
    kept = [values[k] for k in side if not between[k]]
    return kept[abs(step) - 1] if len(kept) >= abs(step) else 0.0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.integers(0, 2**24), st.integers(-3, 3).filter(bool))
def test_neighbors_are_what_a_plain_search_finds(sizes, bits, step):
    lines = sum(sizes)
    between = np.array([bits >> k & 1 for k in range(lines)], dtype=bool)
    first = np.cumsum([0, *sizes])
    values = np.arange(1.0, lines + 1)
    near = Near(np.repeat(np.arange(len(sizes)), sizes), first, between)
    expected = [plain_neighbor(values, between, first, row, step) for row in range(lines)]
    assert near.at(values[None], step)[0].tolist() == expected


PAGES = st.lists(
    st.text(max_size=60)
    | st.lists(st.sampled_from([*ARTICLE, *(prompt for prompt, _ in PROMPTS), "Read more", "", "1", "|"]), max_size=8).map("\n".join),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(PAGES)
def test_any_page_of_a_batch_loses_what_it_loses_alone(texts):
    batch = read([Document(text) for text in texts])

    assert lines(batch) == [lines_of(Document(text)) for text in texts]
    assert share(batch).tolist() == [share_of(Document(text)) for text in texts]


def test_the_cuts_of_a_batch_are_the_lines_of_its_pages():
    batch = read([page(*ARTICLE, prompt) for prompt, _ in PROMPTS])
    cuts = judge(batch)
    row = batch.document_of(cuts.start)
    told = [(k, line.start, line.end, line.kind) for k, found in enumerate(lines(batch)) for line in found]

    assert list(zip(row, cuts.start - batch.origin[row], cuts.end - batch.origin[row], [NAMES[k] for k in cuts.kind], strict=True)) == told
    assert len(cuts) == len(PROMPTS)


def test_a_batch_of_too_many_pages_is_told():
    told = r"a batch of 4,097 documents: lines are judged of 4,096 at most. Make batches with `read_many`, or use `score_many`"
    with pytest.raises(InputError, match=told):
        lines(read([Document("One line.")] * 4097))


def test_the_largest_batch_is_judged():
    batch = read([Document(f"{ARTICLE[0]}\n{PROMPT}")] * 4096)
    assert len(judge(batch)) == 4096


def test_a_batch_that_was_judged_is_not_judged_anew_with_templates():
    batch = read([page(*ARTICLE, "Advertisement")])
    with Templates() as templates, Templates() as others:
        found = judge(batch, templates)
        assert judge(batch) is judge(batch, templates) is found
        with pytest.raises(QualityError, match=r"judged before without these templates. Judge it with them first, or read it anew"):
            judge(batch, others)
    lines(alone := read([page(*ARTICLE)]))
    with Templates() as templates, pytest.raises(QualityError, match="judged before without these templates"):
        judge(alone, templates)


def test_a_batch_is_judged_once():
    batch = read([page(*ARTICLE, "Advertisement")])

    assert judge(batch) is judge(batch)
    assert article(batch) is article(batch)


@pytest.mark.parametrize("boxed", ["advertisement", "subscribe", "we use cookies", "share this article"])
def test_a_passage_that_runs_on_into_a_line_that_is_cut_ends_before_it(boxed):
    first, end = (
        f"{ARTICLE[0]}\n\nThe slip stays shut. Read also: The ferry board",
        f"plans a new slip.\n\n{ARTICLE[0]}\n\nIt opens in May [1].",
    )
    document = Document(f"{first}\n{boxed}\n{end}")
    found = lines_of(document)

    assert all(before.end <= after.start for before, after in itertools.pairwise(found))
    assert all(one.text == document.text[one.start : one.end] for one in found)
    assert any(one.text == "Read also: The ferry board" for one in found)
    assert len(article(read([document])).documents[0].text) == len(document.text)
    assert Scorer().score(document).model  # raised before


def test_the_clean_text_is_the_text_without_its_lines():
    document = page(*ARTICLE, "Advertisement")

    assert without(document.text, lines_of(document)) == clean_text(document) == "\n\n".join(ARTICLE)
    assert without(document.text, []) == document.text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("The slip is closed.[Sign up!] It reopens in May.", "The slip is closed. It reopens in May."),
        ("The slip is closed. [Sign up!] It reopens in May.", "The slip is closed. It reopens in May."),
        ("The slip is closed. [Sign up!]It reopens in May.", "The slip is closed. It reopens in May."),
        ("The slip is closed.[Sign up!]It reopens in May.", "The slip is closed. It reopens in May."),
        ("The slip is closed.[Sign up!] [Follow us!] It reopens in May.", "The slip is closed. It reopens in May."),
        ("The slip is closed. [Sign up!] [Follow us!]\nIt reopens in May.", "The slip is closed.\nIt reopens in May."),
        ("The slip is closed.[Sign up!]", "The slip is closed."),
        ("[Sign up!] The slip is closed.", "The slip is closed."),
        ("The slip is closed.\n[Sign up!] It reopens in May.", "The slip is closed.\nIt reopens in May."),
        ("The slip is closed. [Sign up!]\n[Follow us!] It reopens in May.", "The slip is closed.\nIt reopens in May."),
    ],
)
def test_what_a_cut_stood_between_stays_apart(text, clean):
    assert without_brackets(text) == clean


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("The slip is closed.\n[Follow us ▶]\ufe0f\nIt reopens in May.", "The slip is closed.\n\nIt reopens in May."),
        ("The slip is closed.\n\u200b[Sign up!]\u200b\u200f\nIt reopens in May.", "The slip is closed.\n\nIt reopens in May."),
        ("The slip is closed.\n \0[Sign up!]\0 \u2060 \nIt reopens in May.", "The slip is closed.\n\nIt reopens in May."),
        ("The slip is closed.\n[Sign up!]\u0301", "The slip is closed."),
        ("\ufeff[Sign up!]\n\nThe slip is closed.", "The slip is closed."),
        ("The slip is close\u0301[Sign up!]\u0301 It reopens in May.", "The slip is close\u0301 It reopens in May."),
        ("The slip is closed.\u200b\n[Sign up!] \u200fIt reopens in May.", "The slip is closed.\u200b\n\u200fIt reopens in May."),
    ],
)
def test_what_combines_with_a_cut_or_stands_unseen_beside_it_goes_with_it(text, clean):
    assert without_brackets(text) == clean


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\v", "\f"])
def test_line_ends_stay_what_they_are_and_no_more_than_one_blank_line_is_left(end):
    lines = ("The slip is closed.", "", "", "[Sign up!]", "[Follow us!]", " ", "It reopens in May.", "")

    assert without_brackets(end.join(lines)) == end.join(("The slip is closed.", "", "It reopens in May.", ""))


def test_far_from_a_cut_nothing_changes():
    text = "   The slip is closed.\n\n\n\nDivers found cracks.  \n\n[Sign up!]\n\n   It reopens in May.\t\n\n\n"

    assert without_brackets(text) == text.replace("\n\n[Sign up!]", "")


def test_nothing_is_kept_between_a_cut_and_the_ends_of_the_text():
    assert without_brackets("\n\n [Sign up!] \n\n   The slip is closed.\n\n[Follow us!]\n \n") == "   The slip is closed."


def without_brackets(text: str) -> str:
    """A text without what stands in brackets."""
    return without(text, [Line(found.start(), found.end(), "subscribe", 1.0, found[0]) for found in re.finditer(r"\[.*?\]", text)])


# The article in a page


def words_of(batch, k):
    """The words of one document of a batch, as its text has them."""
    begin, own = batch.origin[k], slice(*batch.first[k : k + 2])
    return [
        batch.documents[k].text[start - begin : end - begin]
        for start, end in zip(batch.words.start[own], batch.words.end[own], strict=True)
    ]


def test_the_article_is_the_page_with_what_wraps_it_blanked_out():
    document = page("Skip to content", *ARTICLE, "Advertisement")
    found = article(read([document]))

    assert found.texts[0] == document.text.replace("Skip to content", " " * 15).replace("Advertisement", " " * 13)
    assert words_of(found, 0) == words_of(read([page(*ARTICLE)]), 0)


def test_a_page_that_holds_hardly_a_word_of_an_article_is_its_own_article():
    batch = read([page(*(prompt for prompt, _ in PROMPTS))])

    assert judge(batch).start.tolist()
    assert article(batch).texts == batch.texts


def test_bylines_and_contacts_stay_in_the_article():
    byline = "By Staff Reporter | Last updated: 4 March 2021, 10:15 | 3 min read"
    document = page(byline, *ARTICLE)

    assert [line.text for line in lines_of(document)] == [byline]
    assert article(read([document])).texts == [document.text]


@pytest.mark.parametrize(
    "left", ["As an AI language model I share this article on Facebook and Twitter", "Sign up for our newsletter [oaicite:1]"]
)
def test_what_a_machine_left_behind_stays_in_the_article_though_it_is_cut(left):
    document = page(*ARTICLE, left)

    assert [line.text for line in lines_of(document)] == [left]
    assert article(read([document])).texts == [document.text]


@settings(max_examples=40, deadline=None)
@given(PAGES)
def test_the_article_of_any_page_of_a_batch_is_the_one_that_it_has_alone(texts):
    batch = article(read([Document(text) for text in texts]))
    alone = [article(read([Document(text)])) for text in texts]

    assert list(batch.texts) == [text for one in alone for text in one.texts]
    assert [words_of(batch, k) for k in range(len(texts))] == [words_of(one, 0) for one in alone]


def test_a_lone_paragraph_outlives_any_number_of_prompts():
    prompts = "Subscribe to our newsletter\nShare this article\nRead also: Ten recipes\n" * 12
    story = (
        "The ferry Halvorsen was taken out of service on Thursday after a mechanic, Tobin Asgrave, found cracks in both of its propeller "
        "shafts, the harbor master Marit Quellander told reporters in Saint-Brisk, and it will not sail again before the summer is over."
    )

    assert story in clean_text(Document(f"{prompts}\n{story}\n{prompts}"))
