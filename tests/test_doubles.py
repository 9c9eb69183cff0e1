"""Texts that stand more than once among labels are held out together, counted once, and told."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import tune
from classifier.training.doubles import alike, join, told
from classifier.training.examples import Example, read_seeds
from classifier.training.fit import families
from classifier.verdict import LABELS

FERRY = "The ferry to Ossel Bay is late."
PIER = "The pier of Hale is shut."


@pytest.mark.parametrize(
    ("text", "is_double"),
    [
        (FERRY, True),
        ("  the FERRY to\n\nOssel Bay is late", True),
        ("The ferry to Ossel Bay is not late.", False),
        ("The ferry to Osselbay is late.", False),
    ],
)
def test_texts_of_the_same_words_are_doubles_whatever_stands_between_them(text, is_double):
    assert (len(alike([Example(FERRY, "original"), Example(text, "original")])) == 1) is is_double


def test_texts_without_words_are_doubles_of_themselves_alone():
    assert len(alike([Example("!", "filler"), Example("?", "filler"), Example("?", "filler")])) == 2


@pytest.mark.parametrize(
    ("examples", "groups"),
    [
        ([], 0),
        ([Example(FERRY, "original"), Example(PIER, "original")], 2),
        ([Example(FERRY, "original"), Example(FERRY, "rewrite"), Example(PIER, "original")], 2),
        ([Example(FERRY, "original", family="a"), Example(FERRY, "original", family="b"), Example(PIER, "original", family="b")], 1),
        ([Example(FERRY, "original", id="7"), Example(FERRY, "original", family="b"), Example(PIER, "original", family="b")], 1),
        ([Example(FERRY, "original", id="7"), Example(PIER, "original", id="8"), Example(FERRY, "filler"), Example(PIER, "filler")], 2),
    ],
)
def test_no_split_parts_doubles_nor_the_families_that_they_join(examples, groups):
    assert len(set(families(join(examples)))) == groups


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from(["", *"fghi"])), max_size=12))
def test_joined_groups_are_the_smallest_that_part_neither_words_nor_families(rows):
    examples = [Example(text, "original", family=family) for text, family in rows]
    keys = families(join(examples))
    whole = list(range(len(rows)))  # the slow way: the least row that each can be reached from
    for _ in rows:
        for one, (text, family) in enumerate(rows):
            whole[one] = min(whole[row] for row, (t, f) in enumerate(rows) if row == one or t == text or (f and f == family))

    assert [keys.index(key) for key in keys] == whole


def test_joining_names_no_family_where_none_was_named():
    joined = join([Example(FERRY, "original"), Example(FERRY, "filler")])

    assert [example.family for example in joined] == ["", ""]


def test_doubles_and_their_contradictions_are_told():
    ferry, pier = Example(FERRY, "original"), Example(PIER, "original")

    assert told([ferry, pier]) == ""
    assert told([ferry, pier, ferry, Example(PIER, "filler"), Example(PIER, "filler")]) == (
        "5 texts are doubles, of the same words as another; 3 of these carry contradicting labels."
    )


def test_a_double_that_is_labelled_wrong_many_times_gains_nothing(seeds, tmp_path):
    texts = [one for label in LABELS for one in [one for one in read_seeds(seeds) if one.label == label][:6]]
    rewrite = next(one.text for one in texts if one.label == "rewrite")
    rows = [{"text": one.text, "label": one.label} for one in texts] + [{"text": rewrite, "label": "original"}] * 20
    (tmp_path / "labels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = tune(tmp_path / "labels.jsonl", tmp_path / "mine")

    assert report.facts["gain"]["accuracy"][0] <= 0
    assert 'texts name no "family": they are split text by text, which flatters.' in report.note
    assert "21 texts are doubles, of the same words as another; 21 of these carry contradicting labels." in report.note
