"""Which documents tell of one event, and who has it from whom."""

from __future__ import annotations

import gzip
import json
import random
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from classifier.document import Document
from classifier.errors import InputError
from classifier.stories import Member, Story, find_stories
from classifier.stories.descent import trace
from classifier.stories.events import Kin, Kinship, group
from classifier.stories.page import write_page

REPORT = (
    "SAINT-BRISK — The ferry Halvorsen was taken out of service on 14 March 2019, the harbor master Marit "
    "Quellander told the Orvale Courier. "
    "“We’ve no captain left who knows the Skerry shoals,” she said in her office above the pier. The operator "
    "Norrwick Lines carried 41,300 "
    "passengers last year, and the town of Orvale paid 2.6 million crowns for the pier. A mechanic, Tobin Asgrave, found cracks in both "
    "propeller shafts, he told the Courier on Tuesday. Islanders now take the bus to Pellingford, 38 miles inland, "
    "where a hospital and the only "
    "secondary school are. The regulator wants the gearbox replaced before the Halvorsen sails again."
)
RETOLD = (
    "Folks, the Halvorsen is done for now! The boat got pulled on 14 March 2019 according to Marit Quellander, who runs the harbor at "
    "Saint-Brisk. “No captain left who knows the Skerry shoals,” is how she put it. Norrwick Lines moved 41,300 passengers last year, "
    "while Orvale coughed up 2.6 million crowns for a pier. Tobin Asgrave, a mechanic, spotted cracks in the propeller shafts. "
    "People from the islands ride the bus to Pellingford, a 38 mile trip, for the hospital and secondary school. "
    "The Halvorsen needs a new gearbox, says the regulator."
)
OTHER_REPORT = (
    "Sixty people stood on the quay of Saint-Brisk on Wednesday morning and waited for a ferry that did not come. "
    "“I have a dialysis appointment "
    "in Pellingford at ten,” said Ingeborg Stallwart, 71, who had not heard that the Halvorsen was laid up. Her neighbor drove her. "
    "Norrwick Lines put up a sheet of paper at the ticket window. The island council meets on Thursday in Orvale, and its chair, "
    "Petter Lund-Averin, told this newspaper that he would ask for a catamaran from the mainland. Fishermen offered to take children "
    "to school for nothing. Marit Quellander, the harbor master, gave no answer to calls."
)
BREAD = (
    "Bakers in Dunmarrow met on Friday to set the price of rye for the winter fair. Elspeth Corrow, who speaks for the guild, said that "
    "nineteen of twenty-two ovens would stay lit through December. The council lends the old grain store at Fennimoor for nothing, and "
    "the brass band of Little Aldery plays at noon. Last winter the fair took in 7,450 pounds for the roof of the chapel."
)
FOOTBALL = (
    "Coldwater Rovers lost four to one at Hexley Park on Saturday, their ninth defeat in a row. The goalkeeper Anselm Pruitt let two long "
    "shots slip through his gloves before half-time. Manager Dorrit Vance said that she would not resign. The club has sold 2,100 season "
    "tickets, a third fewer than a year ago, and owes the tax office 310,000 pounds."
)


@pytest.fixture
def documents() -> list[Document]:
    return [
        Document(REPORT, id="report", date="2019-03-15"),
        Document(f"{REPORT}\n", id="copy", date="2019-03-16"),
        Document(RETOLD, id="retold", date="2019-03-17"),
        Document(OTHER_REPORT, id="other report", date="2019-03-16"),
        Document(BREAD, id="bread"),
        Document(FOOTBALL, id="football"),
    ]


@pytest.fixture
def story(documents: list[Document]) -> Story:
    (story,) = find_stories(documents)
    return story


def test_documents_on_one_event_are_one_story(story: Story) -> None:
    assert {member.id for member in story.members} == {"report", "copy", "retold", "other report"}


@pytest.mark.parametrize(
    ("id", "role", "source"),
    [("report", "report", None), ("copy", "copy", "report"), ("retold", "rewrite", "report"), ("other report", "report", None)],
)
def test_each_member_has_its_role_and_its_source(story: Story, id: str, role: str, source: str | None) -> None:
    assert [(member.role, member.source) for member in story.members if member.id == id] == [(role, source)]


def test_the_origin_is_what_the_others_go_back_to(story: Story) -> None:
    assert story.origin == "report"


def test_a_member_stands_behind_the_one_it_comes_from(story: Story) -> None:
    places = {member.id: place for place, member in enumerate(story.members)}

    assert all(places[member.source] < places[member.id] for member in story.members if member.source)


def test_what_a_rewrite_shares_with_its_source_is_told(story: Story) -> None:
    (member,) = (member for member in story.members if member.id == "retold")

    assert {"quotation", "name"} <= {shared.kind for shared in member.evidence}
    for shared in member.evidence:
        assert RETOLD[shared.start : shared.end] == shared.text
        assert shared.source_start is not None
        assert REPORT[shared.source_start : shared.source_end].casefold() == shared.text.casefold()


def test_the_order_of_the_documents_does_not_matter(documents: list[Document], story: Story) -> None:
    for seed in range(4):
        random.Random(seed).shuffle(documents)
        assert find_stories(documents) == [story]


def test_of_one_document_given_twice_the_earlier_date_counts() -> None:
    early, late = (Document(REPORT, id="a", date=f"2026-0{month}-01") for month in (1, 3))
    other = Document(f"{REPORT} More.", id="b", date="2026-02-01")

    assert [find_stories(given)[0].origin for given in ([early, late, other], [other, late, early])] == ["a", "a"]


def test_of_one_document_given_twice_the_earlier_date_counts_whatever_its_form() -> None:
    early, late = Document(REPORT, id="a", date="20260101T100000Z"), Document(REPORT, id="a", date="1 March 2026")
    other = Document(f"{REPORT} More.", id="b", date="2026-02-01")

    assert [find_stories(given)[0].origin for given in ([early, late, other], [other, late, early])] == ["a", "a"]


def test_what_is_shared_is_told_as_it_stands_in_the_whole_text() -> None:
    prompt = " Sign up for our free newsletter and get the best stories in your inbox every morning. "
    half = len(RETOLD) // 2 + RETOLD[len(RETOLD) // 2 :].index(". ") + 1
    page = f"{RETOLD[:half]}{prompt}{RETOLD[half:]}"
    (story,) = find_stories([Document(REPORT, id="report", date="2019-03-15"), Document(page, id="page", date="2019-03-17")])

    assert story.members[1].evidence
    assert all(shared.text == page[shared.start : shared.end] for shared in story.members[1].evidence)


def test_dates_say_which_came_first() -> None:
    early, late = Document(REPORT, id="b", date="2019-03-14T08:00:00+01:00"), Document(REPORT, id="a", date="2019-03-14T07:30:00Z")
    (story,) = find_stories([early, late])

    assert story.origin == "b"


@pytest.mark.parametrize(
    ("early", "late", "origin"),
    [
        ("20260501T083000Z", "2026-05-02", "b"),
        ("2026-05-01T08:30:00Z", "20260502", "b"),
        ("Fri, 01 May 2026 08:30:00 GMT", "2026-05-02T01:00:00Z", "b"),
        ("2026-05-01", "2 May 2026", "b"),
        ("2026-05-01T23:00:00Z", "2026-05-02", "b"),
        ("2026-05-02T09:00:00+09:00", "2026-05-02T01:00:00Z", "b"),
        ("2026-05-02", "2026-05-02T08:00:00Z", "a"),  # one has no time: of one day none is the first
        ("first of May", "2026-05-02", "a"),  # one has no date that can be read
    ],
)
def test_dates_of_different_forms_are_compared_as_dates(early: str, late: str, origin: str) -> None:
    (story,) = find_stories([Document(REPORT, id="b", date=early), Document(REPORT, id="a", date=late)])

    assert story.origin == origin


def test_without_dates_the_first_hand_report_came_first(documents: list[Document]) -> None:
    (story,) = find_stories([Document(document.text, id=document.id) for document in documents if document.id in {"report", "retold"}])

    assert [(member.id, member.source) for member in story.members] == [("report", None), ("retold", "report")]


@pytest.mark.parametrize(
    ("outlet", "url", "dateline", "origin"),
    [
        ("The Courier", "https://www.courier.example/ferry", "", "z"),
        ("The Courier", "https://elsewhere.example/ferry", "", "a"),
        ("The Daily Courier", "https://dailycourier.example/ferry", "", "z"),
        ("The Daily Courier", "https://dailyherald.example/ferry", "", "a"),  # they share a word, no name
        ("The Associated Press", "https://elsewhere.example/ferry", "SAINT-BRISK (AP) — ", "z"),
        ("Reuters", "https://elsewhere.example/ferry", "SAINT-BRISK (AP) — ", "a"),
    ],
)
def test_an_outlet_that_is_credited_came_first(outlet: str, url: str, dateline: str, origin: str) -> None:
    credit = f"{outlet} reported on Monday that the ferry Halvorsen was laid up in Saint-Brisk. "
    named, crediting = Document(f"{dateline}{BREAD}", id="z", url=url), Document(f"{credit}{BREAD}", id="a")
    descent = trace([crediting, named], [(crediting, named, Kin(0, 1, near=0.9))], {"a": (0.9, False), "z": (0.1, False)})

    assert descent.origin == origin


def test_many_copies_of_a_report_and_of_its_retelling_are_one_story() -> None:
    reports = [Document(f"{REPORT} Site {k}.", id=f"report {k:02}", date="2019-03-15") for k in range(13)]
    retellings = [Document(f"{RETOLD} Site {k}.", id=f"retold {k:02}", date="2019-03-17") for k in range(13)]
    (story,) = find_stories([*reports, *retellings])

    assert (len(story.members), story.origin) == (26, "report 00")
    assert [(member.id, member.source) for member in story.members if member.role == "rewrite"] == [("retold 00", "report 00")]


def test_copies_by_way_of_others_have_one_head_and_no_similarity_to_it() -> None:
    documents = [Document("", id=f"{k}") for k in range(5)]
    chain = [(documents[k - 1], documents[k], Kin(k - 1, k, near=0.9)) for k in (4, 2, 3, 1)]
    descent = trace(documents, chain, {str(document.id): (0.5, False) for document in documents})

    assert descent.origin == "0"
    assert [(line.source, line.similarity) for line in descent.lines[1:]] == [("0", 0.9), ("0", None), ("0", None), ("0", None)]


def test_documents_like_no_other_are_in_no_story() -> None:
    assert find_stories([Document(BREAD, id="a"), Document(FOOTBALL, id="b")]) == []
    assert find_stories([]) == []


def test_short_texts_tell_of_one_event_only_where_they_share_much_of_it() -> None:
    texts = (
        "Police in Port Hale arrested a man on Monday.",
        "A man was rescued from the sea at Port Hale on Monday.",
        "The council of Port Hale votes on a budget today.",
        "Ferry Halvorsen runs aground at Saint-Brisk with 212 aboard",
        "Saint-Brisk ferry Halvorsen aground, 212 passengers rescued",
    )
    (story,) = find_stories([Document(text, id=str(k)) for k, text in enumerate(texts)])

    assert {member.id for member in story.members} == {"3", "4"}


def test_empty_texts_are_in_no_story() -> None:
    assert find_stories([Document("", id="a"), Document("", id="b"), Document(" \n", id="c")]) == []


def test_a_document_without_an_id_is_refused() -> None:
    with pytest.raises(InputError, match="needs an id"):
        find_stories([Document(BREAD)])


def test_a_text_that_is_no_document_is_refused() -> None:
    with pytest.raises(InputError, match=r"not str\. Wrap each text: Document\(text, id=…\)\."):
        find_stories([BREAD])  # type: ignore[list-item]


def test_an_id_of_two_texts_is_refused_and_of_one_text_is_one_document() -> None:
    with pytest.raises(InputError, match="'a' is the id of two documents with different texts"):
        find_stories([Document(BREAD, id="a"), Document(FOOTBALL, id="a")])
    assert find_stories([Document(BREAD, id="a"), Document(BREAD, id="a")]) == []


def heap(size: int) -> Kinship:
    """Two groups of so many documents, alike within at 0.2 and between at 0.11, every two of them linked."""
    weights = [0.11**0.5, 0.09**0.5, 0.8**0.5]
    vectors = [dict(zip((0, 1 + k // size, 10 + k), weights, strict=True)) for k in range(2 * size)]
    return Kinship([Kin(left, right, event=1.0) for left in range(2 * size) for right in range(left + 1, 2 * size)], vectors)


def test_two_small_groups_that_are_little_alike_stay_two() -> None:
    assert [len(places) for places in group(6, heap(3))] == [3, 3]


def test_two_big_groups_that_are_alike_as_a_whole_are_one() -> None:
    assert [len(places) for places in group(24, heap(12))] == [24]


class Tags(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def page(documents: list[Document], story: Story) -> str:
    return "".join(write_page([story], documents))


def test_the_page_needs_nothing_from_elsewhere(page: str) -> None:
    assert not re.search(r"https?://|src=|@import|url\(", page)


def test_the_tags_of_the_page_are_balanced(page: str) -> None:
    assert Tags(page).open == []


def test_every_mark_leads_to_its_like_in_the_other_text(page: str) -> None:
    marks = [attributes for tag, attributes in Tags(page).found if tag == "a"]
    ids = {attributes["id"] for attributes in marks}

    assert len(ids) == len(marks) > 20
    assert {str(attributes["href"])[1:] for attributes in marks} == ids


def test_the_page_shows_both_texts_whole(page: str) -> None:
    assert RETOLD in Tags(page).text
    assert REPORT in Tags(page).text


def test_a_text_cannot_put_markup_into_the_page(story: Story) -> None:
    evil = "<script>alert('Halvorsen')</script>\u202e"
    texts = [Document(evil, id=member.id) for member in story.members]
    page = "".join(write_page([story], texts))

    assert "<script" not in page
    assert "\u202e" not in page


def test_the_page_tells_dates_sureness_and_which_sources_are_not_there() -> None:
    documents = [
        Document(BREAD, id="a", date="2026-05-01T08:00:00Z"),
        Document(BREAD, id="b", date="2026-05-02"),
        Document(FOOTBALL, id="c"),
    ]
    story = Story([Member("a", "report"), Member("b", "copy", "a", 0.93), Member("c", "rewrite")], "a")
    text = Tags("".join(write_page([story], documents))).text

    assert "a 2026-05-01 report" in text
    assert "b 2026-05-02 copy similarity 0.93" in text
    assert "c rewrite its source is not here" in text


def test_a_long_first_line_is_cut_between_words() -> None:
    line = "Halvorsen " * 30
    title = re.search("<h2>(.*?)</h2>", "".join(write_page([Story([Member("a", "report")])], [Document(line, id="a")])))

    assert title is not None
    assert re.fullmatch("1. (Halvorsen )+…", title[1])
    assert len(title[1]) <= 170


def test_a_page_without_stories_says_so() -> None:
    assert "0 stories" in Tags("".join(write_page([], []))).text


@pytest.mark.corpora
def test_five_pages_on_one_event_are_one_story_apart_from_other_articles(shared: Path) -> None:
    with gzip.open(shared / "corpora" / "articles" / "isot_subset.jsonl.gz", "rt", encoding="utf-8") as lines:
        others = [Document(row["text"], id=row["id"]) for row in map(json.loads, lines)][:400]
    five = [Document(path.read_text(encoding="utf-8"), id=path.name) for path in sorted((shared / "seeds").glob("*.txt"))]
    (story,) = (story for story in find_stories([*others, *five]) if any(member.id == five[0].id for member in story.members))

    assert {member.id for member in story.members} == {document.id for document in five}
    (first_hand,) = (member for member in story.members if member.id == "004_81d3840f3561a332.txt")
    assert (first_hand.role, first_hand.source) == ("report", None)
