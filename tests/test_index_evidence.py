"""What is said to be shared stands in both texts, where it is said to stand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.document import Document, Shared
from classifier.index import open_index
from classifier.index.evidence import _Spans, compare_texts
from classifier.index.sketch import pack, sketch, unpack

REPORT = (
    "SAINT-BRISK — The ferry Halvorsen was taken out of service on 14 March 2019, the harbor master Marit Quellander told reporters. "
    "“We’ve no captain left who knows the Skerry shoals,” she said. The operator Norrwick Lines carried 41,300 passengers last year, "
    "and the town of Orvale paid 2.6 million crowns for the pier. A mechanic, Tobin Asgrave, found cracks in both propeller shafts. "
    "Islanders now take the bus to Pellingford, 38 miles inland, where a hospital and the only secondary school are. "
    "The regulator wants the gearbox replaced before the Halvorsen sails again."
)
RETOLD = (
    "Folks, the Halvorsen is done for now! The boat got pulled on 14 March 2019 according to Marit Quellander, who runs the harbor at "
    "Saint-Brisk. “No captain left who knows the Skerry shoals,” is how she put it. Norrwick Lines moved 41,300 passengers last year, "
    "while Orvale coughed up 2.6 million crowns for a pier. Tobin Asgrave, a mechanic, spotted cracks in the propeller shafts. "
    "People from the islands ride the bus to Pellingford, a 38 mile trip, for the hospital and secondary school. "
    "The Halvorsen needs a new gearbox, says the regulator."
)


def spelled(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in text.casefold()).split()


def pieces(shared: tuple[Shared, ...]) -> dict[str, str]:
    return {piece.text: piece.kind for piece in shared}


@pytest.fixture(scope="module")
def shared() -> tuple[Shared, ...]:
    return compare_texts(Document(RETOLD), Document(REPORT))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("captain left who knows the Skerry shoals", "quotation"),
        ("14 March 2019", "date"),
        ("Marit Quellander", "name"),
        ("41,300 passengers", "number"),
        ("propeller shafts", "wording"),
    ],
)
def test_what_is_shared_has_its_kind(shared: tuple[Shared, ...], text: str, kind: str) -> None:
    found = [piece for piece in shared if text in piece.text]

    assert [piece.kind for piece in found] == [kind]


def test_what_is_shared_stands_in_both_texts(shared: tuple[Shared, ...]) -> None:
    assert len(shared) > 8
    for piece in shared:
        assert RETOLD[piece.start : piece.end] == piece.text
        assert spelled(REPORT[piece.source_start : piece.source_end]) == spelled(piece.text)


@pytest.mark.parametrize("date", ["3 March", "on 3 March", "March 3", "3 May 2021"])
def test_a_shared_date_is_told_whole(date: str) -> None:
    shared = compare_texts(Document(f"The bakers go back to work {date}, they say."), Document(f"Nothing was baked {date} or after."))

    assert [(piece.kind, piece.text) for piece in shared] == [("date", date.removeprefix("on "))]


def test_common_words_alone_are_not_shared() -> None:
    assert compare_texts(Document("It was said that there is more to it."), Document("It was said that there is no more.")) == ()


@given(st.text(max_size=300), st.text(max_size=300))
@settings(deadline=None, max_examples=60)
def test_any_two_texts_can_be_compared(left: str, right: str) -> None:
    for piece in compare_texts(Document(left), Document(right)):
        assert left[piece.start : piece.end] == piece.text
        assert piece.source_start is not None
        assert piece.source_end is not None
        assert 0 <= piece.source_start < piece.source_end <= len(right)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9))), st.integers(0, 40), st.integers(1, 12))
@settings(deadline=None)
def test_stretches_hold_and_touch_what_a_look_at_each_says(sizes: list[tuple[int, int]], start: int, size: int) -> None:
    spans, end = [(begin, begin + length) for begin, length in sizes], start + size
    found = _Spans(spans)

    assert bool(found.hold(start, end)) is any(begin <= start and end <= close for begin, close in spans)
    assert found.touch(start, end) is any(begin < end and start < close for begin, close in spans)
    assert found.hold(np.array([start]), np.array([end])).tolist() == [bool(found.hold(start, end))]


def test_an_index_alone_knows_where_names_and_numbers_stand_in_the_source() -> None:
    with open_index(":memory:") as index:
        index.add("report", REPORT)
        (match,) = index.sources(RETOLD)

    assert match.id == "report"
    assert {"Quellander", "41,300"} <= {word for piece in match.evidence for word in piece.text.split()}
    for piece in match.evidence:
        assert RETOLD[piece.start : piece.end] == piece.text
        assert spelled(REPORT[piece.source_start : piece.source_end]) == spelled(piece.text)


@pytest.mark.parametrize("mark", ["'", "’"])
def test_a_genitive_is_no_part_of_what_the_source_says(mark: str) -> None:
    genitives = RETOLD.replace("Quellander", f"Quellander{mark}s").replace("Asgrave", f"Asgrave{mark}s")
    with open_index(":memory:") as index:
        index.add("report", REPORT)
        (match,) = index.sources(genitives)
    told = {REPORT[piece.source_start : piece.source_end] for piece in match.evidence if piece.text.endswith(f"{mark}s")}

    assert told
    assert told <= {"Quellander", "Marit Quellander", "Asgrave", "Tobin Asgrave"}


def test_with_the_text_of_the_source_the_evidence_holds_quotations() -> None:
    with open_index(":memory:") as index:
        index.add("report", REPORT)
        (match,) = index.sources(RETOLD, {"report": REPORT})

    assert "quotation" in {piece.kind for piece in match.evidence}


def test_a_place_behind_a_very_long_gap_is_not_told() -> None:
    far = f"Quellander {'of the ' * 700} Asgrave"
    sketches = unpack(pack(sketch([Document(far)])))
    with open_index(":memory:") as index:
        index.add("far", far + REPORT)
        (match,) = index.sources(RETOLD)

    assert sketches["places"][0, :2].tolist() == [0, 0xFFFFFFFF]
    assert {(piece.source_start is None, piece.source_end is None) for piece in match.evidence} <= {(True, True), (False, False)}
    assert any(piece.source_start is None for piece in match.evidence)


def test_neighbors_are_the_nearest_copy_and_the_surest_source_that_is_none() -> None:
    with open_index(":memory:") as index:
        index.add_many([Document(REPORT, id="report"), Document(RETOLD, id="retold"), Document(f"{RETOLD} So it is.", id="longer")])
        of_retold, of_nothing, of_itself = index.neighbors_many([RETOLD, "Nothing of the kind was told.", Document(REPORT, id="report")])

    assert of_retold.near_copy is not None
    assert of_retold.source is not None
    assert (of_retold.near_copy.id, of_retold.source.id) == ("retold", "report")
    assert (of_nothing.near_copy, of_nothing.source) == (None, None)
    assert of_itself.near_copy is None


@pytest.mark.parametrize(
    ("stored", "asked", "found"),
    [
        ("2019-03-17", "2019-03-14", []),
        ("20190317T080000Z", "Thu, 14 Mar 2019 08:00:00 GMT", []),
        ("2019-03-14", "2019-03-17", ["other"]),
        ("2019-03-14T20:00:00Z", "2019-03-14T08:00:00Z", ["other"]),  # of one day none is the later
        (None, "2019-03-14", ["other"]),
        ("2019-03-17", None, ["other"]),
        ("2019-03-17", "some day", ["other"]),
    ],
)
def test_what_came_out_later_is_no_source(stored: str | None, asked: str | None, found: list[str]) -> None:
    text = Document(RETOLD, id="text", date=asked)
    with open_index(":memory:") as index:
        index.add("other", REPORT, date=stored)
        (neighbors,) = index.neighbors_many([text])

        assert [match.id for match in index.sources(text)] == found
        assert [match.id for match in (neighbors.source,) if match] == found


def test_near_copies_of_a_text_do_not_hide_its_source_however_many_they_are() -> None:
    with open_index(":memory:") as index:
        index.add("report", REPORT)
        index.add_many(Document(f"{RETOLD} Site {k}.", id=f"copy {k}") for k in range(60))
        (neighbors,) = index.neighbors_many([RETOLD])
        sources = index.sources(RETOLD)

    assert neighbors.source is not None
    assert neighbors.source.id == "report"
    assert "report" in {match.id for match in sources}
    assert len(sources) <= 24
