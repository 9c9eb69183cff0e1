"""What an index adds to a verdict."""

from __future__ import annotations

import json

import pytest
from test_stories import BREAD, REPORT, RETOLD

from classifier import Document, Scorer, open_index
from classifier.document import Match
from classifier.index.shift import rewrite_shift

WRAPPING = "Subscribe to our newsletter\nShare this article on social media\nRead also: Ten recipes for rye\n"


@pytest.fixture(scope="module")
def index():
    with open_index(":memory:") as index:
        index.add_many([Document(REPORT, id="report"), Document(BREAD, id="bread")])
        yield index


@pytest.fixture(scope="module")
def verdict(index):
    return Scorer(index=index).score(RETOLD)


def test_a_retelling_names_its_source_with_offsets_in_both_texts(verdict):
    assert (verdict.duplicate_of, verdict.derived_from.id) == (None, "report")
    for shared in verdict.derived_from.evidence:
        assert RETOLD[shared.start : shared.end] == shared.text
        assert REPORT[shared.source_start : shared.source_end].casefold() == shared.text.casefold()


def test_a_source_makes_a_rewrite_as_much_more_likely_as_was_measured(verdict):
    alone, known = Scorer().score(RETOLD).probabilities, verdict.probabilities
    odds = known["rewrite"] / known["original"] / (alone["rewrite"] / alone["original"])

    assert odds == pytest.approx(float(pow(2.718281828, rewrite_shift(verdict.derived_from))), rel=0.02)
    assert known["original"] / known["filler"] == pytest.approx(alone["original"] / alone["filler"], rel=0.05)
    assert sum(known.values()) == pytest.approx(1.0, abs=1e-5)


def test_the_reason_names_the_source(verdict):
    assert [reason for reason in verdict.reasons if reason.startswith("Retells report (sureness 1.00); both have “")]


def test_the_family_of_duplication_tells_what_the_source_added(verdict):
    assert verdict.contributions["duplication"] == pytest.approx(rewrite_shift(verdict.derived_from) * 2 / 3, abs=1e-4)


def test_a_copy_is_told_and_is_no_retelling(index):
    verdict = Scorer(index=index).score(f"{WRAPPING}{REPORT}\n{WRAPPING}")

    assert (verdict.duplicate_of.id, verdict.derived_from) == ("report", None)
    assert "A near copy of report (similarity 1.00)." in verdict.reasons


def test_an_index_that_holds_nothing_alike_changes_no_probability(index):
    text = "Coldwater Rovers lost four to one at Hexley Park on Saturday. The goalkeeper Anselm Pruitt let two long shots slip. " * 3

    assert Scorer(index=index).score(text).probabilities == Scorer().score(text).probabilities


def test_many_are_judged_as_one_by_one(index):
    scorer = Scorer(index=index)
    texts = [RETOLD, BREAD, "", f"{WRAPPING}{REPORT}", RETOLD.upper()]

    assert [verdict.to_dict() for verdict in scorer.score_many(texts)] == [scorer.score(text).to_dict() for text in texts]


def test_a_verdict_with_a_source_is_plain_json(verdict):
    told = json.loads(json.dumps(verdict.to_dict()))["derived_from"]

    assert told == verdict.derived_from.to_dict()
    assert set(told["evidence"][0]) == {"kind", "text", "start", "end", "source_start", "source_end"}


@pytest.mark.parametrize(("similarity", "least"), [(0.5, 0.0), (0.75, 1.0), (0.99, 3.0)])
def test_a_surer_source_says_more(similarity, least):
    assert rewrite_shift(Match("a", similarity)) > least


def test_no_source_says_nothing():
    assert rewrite_shift(None) == 0.0
    assert rewrite_shift(Match("a", 0.4)) == 0.0


def test_the_path_of_an_index_is_no_index(tmp_path):
    with pytest.raises(TypeError, match="Write Scorer\\(index=open_index"):
        Scorer(index=str(tmp_path / "near.sqlite"))


def test_what_a_source_shares_is_told_as_it_stands_in_the_page():
    half = RETOLD.index(". ", len(RETOLD) // 2) + 1
    page = f"{RETOLD[:half]} Sign up for our free newsletter and get the best stories in your inbox every morning.{RETOLD[half:]}"
    with open_index(":memory:") as index:
        index.add("report", REPORT)
        source = Scorer(index=index).score(page).derived_from

    assert source is not None
    assert all(shared.text == page[shared.start : shared.end] for shared in source.evidence)


def test_a_report_is_no_rewrite_of_what_retold_it_later():
    report = Document(REPORT, id="report", date="2019-03-14")
    with open_index(":memory:") as index:
        index.add("retold", RETOLD, date="2019-03-17")
        verdict = Scorer(index=index).score(report)

    assert verdict.derived_from is None
    assert verdict.probabilities == Scorer().score(report).probabilities
