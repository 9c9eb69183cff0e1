"""Verdicts: one at a time as many at a time, in the documented form, with their reasons."""

import json
import random
import re
import unicodedata
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from classifier import Document, InputError, Scorer, open_index
from classifier.boilerplate.kinds import OTHER
from classifier.document import read
from classifier.lexicon import read_lists
from classifier.reasons import MOST, distinct, give, opposed, strongest, unusual, visible, wording
from classifier.scorer import MOST_EVIDENCE, SHORTEST
from classifier.signals import FAMILIES, NAMES
from classifier.verdict import LABELS

LISTS = read_lists(files("classifier") / "lists")
RUBBISH = random.Random(3).randbytes(5000).decode("latin-1")
HOSTILE = {
    "empty": "",
    "blank": " \n\t\r\n",
    "one word": "Rain",
    "emoji only": "😀 🎉👍🏽",
    "NUL": "\0" * 20,
    "lone surrogates": "\ud800 rain \udfff",
    "zero width": "\u200b\ufeff",
    "random bytes": RUBBISH,
    "marks": "[1]" * 2000,
    "brackets": "[" * 3000,
    "unclosed HTML": "<div><p>Rain fell <a href='x" * 50,
    "quotes": "“" * 500 + '"' * 500,
    "right to left": "קרא את העיתון. היום גשם. " * 20,
    "windows line ends": "Rain fell.\r\n\r\nThen it stopped.\r\n" * 10,
    "decomposed": "cafe\u0301 " * 60,
    "one long line": "The rain fell on the town and the river rose again. " * 500,
}
GERMAN = "Die Brücke wurde am Montag geschlossen, weil Taucher Risse in den Pfählen gefunden haben und das Amt nicht zahlt. " * 4
ORDER = ["id", "label", "confidence", "probabilities", "uncertain", "quality", "language", "reasons", "evidence", "boilerplate"]
ORDER += ["duplicate_of", "derived_from", "signals", "clean_text", "model"]


@pytest.fixture(scope="module")
def scorer():
    return Scorer()


@pytest.fixture(scope="module")
def texts(request):
    """Every seed, and every hostile text between them."""
    pages = [path.read_text(encoding="utf-8") for path in sorted((request.config.rootpath / "seeds").glob("*/*.txt"))]
    mixed = [*pages, *HOSTILE.values(), GERMAN]
    random.Random(5).shuffle(mixed)
    return mixed


@pytest.fixture(scope="module")
def verdicts(scorer, texts):
    return list(scorer.score_many(texts))


# Columns


def test_columns_say_what_the_verdicts_say(scorer, texts):
    batch = read([Document(text) for text in texts[:40]])
    found, verdicts = scorer.assess(batch), list(scorer.judge(batch))

    assert [LABELS[label] for label in found.labels] == [verdict.label for verdict in verdicts]
    assert found.probabilities == [list(verdict.probabilities.values()) for verdict in verdicts]
    assert found.values.tolist() == [list(verdict.signals.values()) for verdict in verdicts]
    assert found.shares == [verdict.boilerplate.share for verdict in verdicts]
    assert [found.quality(row) for row in range(40)] == [verdict.quality for verdict in verdicts]
    assert [found.doubts(row) + found.grounds(row) for row in range(40)] == [list(verdict.reasons) for verdict in verdicts]


# One and many


def test_scoring_many_equals_scoring_each_on_every_field(scorer, texts, verdicts):
    assert [scorer.score(text) for text in texts] == verdicts


def test_a_verdict_is_the_same_twice(scorer, texts, verdicts):
    assert list(scorer.score_many(texts[:20])) == verdicts[:20]


def test_verdicts_come_in_order_with_the_ids_of_their_documents(scorer):
    documents = [Document(f"Rain fell in town {number}.", id=str(number)) for number in range(260)]

    assert [verdict.id for verdict in scorer.score_many(iter(documents))] == [document.id for document in documents]


def test_verdicts_are_given_before_the_last_text_is_drawn(scorer):
    drawn = []

    def stream():
        for number in range(1000):
            drawn.append(number)
            yield "Rain fell."

    next(scorer.score_many(stream()))

    assert len(drawn) < 1000


def test_no_texts_give_no_verdicts(scorer):
    assert list(scorer.score_many([])) == []


def test_a_str_is_judged_as_a_document_of_it(scorer):
    text = "The harbor board voted on Tuesday to close the north pier."

    assert scorer.score(text, id="a", url="https://hale.example", title="Pier") == scorer.score(Document(text, id="a"))


@pytest.mark.parametrize(("text", "kind"), [(b"Rain", "bytes"), (None, "NoneType"), (7, "int"), (["Rain"], "list")])
def test_what_is_neither_str_nor_document_is_refused(scorer, text, kind):
    with pytest.raises(InputError, match=f"the text of a document is a str, not {kind}. Decode bytes first."):
        scorer.score(text)


# What a verdict holds


def test_a_verdict_is_json_in_the_documented_order(verdicts):
    kinds = {phrases.name.partition("/")[2] for phrases in LISTS if phrases.name.startswith("boilerplate/")}
    for verdict in verdicts:
        facts = json.loads(json.dumps(verdict.to_dict()))

        assert list(facts) == ORDER
        assert list(facts["probabilities"]) == list(LABELS)
        assert list(facts["signals"]) == list(NAMES)
        assert list(facts["boilerplate"]) == ["share", "lines"]
        assert all(list(piece) == ["signal", "start", "end", "text"] for piece in facts["evidence"])
        assert all(list(line) == ["start", "end", "kind", "probability", "text"] for line in facts["boilerplate"]["lines"])
        assert {line["kind"] for line in facts["boilerplate"]["lines"]} <= kinds | {OTHER}
        assert facts["duplicate_of"] is facts["derived_from"] is None


def test_offsets_quote_the_text_that_came_in(texts, verdicts):
    for text, verdict in zip(texts, verdicts, strict=True):
        for piece in (*verdict.evidence, *verdict.boilerplate.lines):
            assert piece.text == text[piece.start : piece.end] != ""


def test_probabilities_add_up_to_one_and_the_label_has_the_largest(verdicts):
    for verdict in verdicts:
        assert sum(verdict.probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert verdict.confidence == verdict.probabilities[verdict.label] == max(verdict.probabilities.values())


def test_shares_and_quality_lie_between_zero_and_one(verdicts):
    assert all(0 <= verdict.quality <= 1 and 0 <= verdict.boilerplate.share <= 1 for verdict in verdicts)


def test_quality_is_the_probability_of_original_less_half_the_boilerplate(verdicts):
    for verdict in verdicts:
        assert verdict.quality == pytest.approx(verdict.probabilities["original"] * (1 - verdict.boilerplate.share / 2), abs=1e-5)


def test_evidence_names_its_signal_and_is_told_in_bounded_number(scorer):
    verdict = scorer.score("Rain fell[1] on the town. " * 200)
    marks = [piece for piece in verdict.evidence if piece.signal == "citation.numeric_marks_rate"]

    assert len(marks) == MOST_EVIDENCE
    assert {piece.text for piece in marks} == {"[1]"}
    assert {piece.signal for piece in verdict.evidence} <= set(NAMES)


def test_clean_text_is_the_text_without_its_boilerplate(texts, verdicts):
    for text, verdict in zip(texts, verdicts, strict=True):
        if not verdict.boilerplate.lines:
            assert verdict.clean_text == text
        assert len(verdict.clean_text) <= len(text)
        cut = "".join(line.text for line in verdict.boilerplate.lines)
        assert sorted(seen(verdict.clean_text + cut)) == sorted(seen(text))


def seen(text):
    """The characters of a text that are neither blank nor unseen nor only combine with others."""
    return [character for character in text if unicodedata.category(character)[0] in "LNPS"]


def test_every_family_and_the_wording_have_a_contribution(scorer, verdicts):
    for verdict in verdicts:
        assert list(scorer.family_scores(verdict)) == ([] if "no words" in verdict.reasons[0] else [*FAMILIES, "wording"])


# Doubts


@pytest.mark.parametrize("name", ["empty", "blank", "emoji only", "zero width", "NUL", "brackets"])
def test_a_text_without_words_is_uncertain_for_that_reason(scorer, name):
    verdict = scorer.score(HOSTILE[name])

    assert verdict.uncertain
    assert verdict.reasons == ["The text holds no words."]
    assert verdict.contributions == {}


def test_one_word_is_uncertain_for_its_length(scorer):
    verdict = scorer.score("Rain")

    assert verdict.uncertain
    assert verdict.reasons[0] == f"The text has only 1 word; below {SHORTEST} no label is certain."


def test_a_short_text_is_uncertain_for_its_length(scorer):
    verdict = scorer.score("The harbor board voted on Tuesday to close the north pier.")

    assert verdict.uncertain
    assert verdict.reasons[0] == f"The text has only 11 words; below {SHORTEST} no label is certain."


def test_a_text_of_the_shortest_length_is_not_uncertain_for_it(scorer):
    assert not [reason for reason in scorer.score("rain " * SHORTEST).reasons if "below" in reason]


def test_a_german_text_is_uncertain_for_its_language(scorer):
    verdict = scorer.score(GERMAN)

    assert (verdict.uncertain, verdict.language) == (True, "de")
    assert verdict.reasons[0] == "The text does not read as English (language: de); the model knows only English."


def test_a_certain_verdict_is_sure_above_the_threshold_of_its_label(scorer, verdicts):
    certain = [verdict for verdict in verdicts if not verdict.uncertain]

    assert certain
    assert all(verdict.confidence >= scorer.model.thresholds[verdict.label] - 1e-6 for verdict in certain)


def test_an_uncertain_verdict_has_a_reason(verdicts):
    assert all(verdict.reasons for verdict in verdicts if verdict.uncertain)


def test_a_reason_tells_what_is_usual(verdicts):
    assert any("(usual: " in reason for verdict in verdicts for reason in verdict.reasons)


def test_a_reason_quotes_what_it_rests_on(verdicts):
    assert any(reason.endswith("”.") for verdict in verdicts for reason in verdict.reasons)
    assert any(", such as “" in reason for verdict in verdicts for reason in verdict.reasons)


@pytest.mark.parametrize(
    ("signal", "value", "told"),
    [
        ("style.sentence_length", 24.3, "Mean length of a sentence: 24 words (usual: "),
        ("style.word_length", 6.23, "Mean length of a word: 6.2 characters (usual: "),
        ("style.paragraph_length", 1.0, "Mean length of a line of three words and more: 1 sentence (usual: "),
    ],
)
def test_a_reason_tells_the_unit(scorer, signal, value, told):
    values = [0.0] * len(NAMES)
    values[NAMES.index(signal)] = value

    assert give("", 0, values, {}, [list(scorer.model.signals).index(signal)], scorer.model)[0].startswith(told)


def test_the_wording_is_told_by_the_sentences_that_speak_most_for_the_label(scorer):
    text = (
        "The sheds of Port Hale stood empty on Monday. Sign up today and save on your first order of deck shoes! "
        "You will love these simple tips for a cleaner deck. Check out our best deals and order now."
    )
    verdict = scorer.score(text)
    (told,) = [reason for reason in verdict.reasons if reason.startswith("The wording")]

    assert verdict.label == "filler"
    assert told.startswith("The wording speaks for filler, most of all in “")
    assert "“Check out our best deals" in told or "“Sign up today" in told
    assert "sheds" not in told


def test_wording_that_adds_little_is_no_reason():
    told = "The wording speaks for filler, most of all in “Order now.”"

    assert wording(1.0, "filler", ["Order now.", "Save  today."]) == [f"{told} and “Save today.”."]
    assert wording(1.0, "filler", ["Order now.", "Order now."]) == [f"{told}."]
    assert wording(0.1, "filler", ["Order now."]) == []
    assert wording(1.0, "filler", []) == []


def test_of_reasons_there_are_no_more_than_five(scorer, seeds):
    texts = [path.read_text(encoding="utf-8") for path in sorted(seeds.glob("*/*.txt"))]
    told = [verdict.reasons[bool(verdict.uncertain) :] for verdict in scorer.score_many(texts)]

    assert all(len(reasons) <= MOST + any(reason.startswith("Against it") for reason in reasons) for reasons in told)
    assert sum(any(reason.startswith("The wording") for reason in reasons) for reasons in told) > len(told) / 2


@pytest.mark.parametrize(
    ("share", "told"),
    [(0.0, "0% (usual: none)"), (0.0002, "0.1%"), (0.0064, "0.6%"), (0.0094, "0.9%"), (0.0096, "1%"), (0.333, "33%"), (1.0, "100%")],
)
def test_a_reason_tells_a_share_as_percent_and_none_that_is_there_as_nothing(scorer, share, told):
    values = [0.0] * len(NAMES)
    values[NAMES.index("citation.markdown")] = share

    assert give("", 0, values, {}, [list(scorer.model.signals).index("citation.markdown")], scorer.model)[0].startswith(
        f"Share of the characters that is unrendered Markdown: bold marks, heading marks, links, broken tables: {told}"
    )


# Copies


def test_a_copy_in_the_index_is_named(scorer, seeds):
    text = (seeds / "original" / "school-board-four-day-week-page.txt").read_text(encoding="utf-8")
    index = open_index(":memory:")
    index.add("first", text)
    verdict = Scorer(index=index).score(text, id="second")

    assert (verdict.duplicate_of.id, verdict.duplicate_of.similarity) == ("first", pytest.approx(1.0))
    assert verdict.to_dict()["duplicate_of"] == {"id": "first", "similarity": verdict.duplicate_of.similarity}
    assert (verdict.signals["duplication.index_given"], verdict.signals["duplication.nearest_copy"]) == (1, verdict.duplicate_of.similarity)
    assert verdict.label == scorer.score(text).label


def test_a_text_unlike_all_in_the_index_is_no_copy():
    verdict = Scorer(index=open_index(":memory:")).score("The harbor board voted on Tuesday to close the north pier.")

    assert verdict.duplicate_of is None
    assert (verdict.signals["duplication.index_given"], verdict.signals["duplication.nearest_copy"]) == (1, 0)


def test_of_a_monster_only_the_opening_is_judged_and_nothing_is_lost(scorer):
    text = "The board met in Port Hale. " * 50_000
    verdict = scorer.score(text)

    assert verdict.uncertain
    assert "1,000,000 characters" in verdict.reasons[0]
    assert verdict.clean_text == text


def test_a_reason_that_a_reader_can_point_at_counts_double_and_one_that_adds_next_to_nothing_is_none(scorer):
    contributions = np.zeros((2, len(scorer.model.signals)))
    contributions[:, :3] = 0.5, 0.4, 0.01
    fired, nowhere = np.array([[scorer.model.places[1], 0, 9]]), np.zeros((0, 3), dtype=np.int64)

    assert strongest(contributions, visible([fired, nowhere], scorer.model), contributions > 0) == [[1, 0], [0, 1]]


def test_what_is_as_usual_is_no_reason(scorer):
    contributions = np.zeros((2, len(scorer.model.signals)))
    contributions[:, :3] = 0.5, 0.4, 0.3
    values = np.zeros((2, len(NAMES)))
    values[:, scorer.model.places] = scorer.model.typical
    values[1, scorer.model.places[1]] = 2 * scorer.model.typical[1] + 1
    nowhere = np.zeros((0, 3), dtype=np.int64)

    assert strongest(contributions, visible([nowhere] * 2, scorer.model), unusual(values, scorer.model)) == [[], [1]]


def test_no_fact_is_a_reason_twice(scorer):
    first, again, further = scorer.model.places[:3].tolist()
    evidence = {first: [(0, 9)], again: [(4, 12)], further: [(4, 12), (30, 40)]}

    assert distinct([0, 1, 2, 3], evidence, scorer.model) == [0, 2, 3]


def test_a_long_example_is_cut_at_a_word_and_says_so(scorer):
    place = list(scorer.model.signals).index("reporting.opinion_rate")
    text = "We must " + "mend the pier " * 9
    (reason,) = give(text, 29, [1.0] * len(NAMES), {int(scorer.model.places[place]): [(0, len(text))]}, [place], scorer.model)

    assert ", “We must mend the pier mend the pier mend the pier mend the …”" in reason


@pytest.mark.parametrize(
    ("hits", "typical", "told"),
    [
        (["pier"], 0.0, "once in 200 words (usual: none), “pier”."),
        (["pier", "quay"], 2.0, "twice in 200 words (usual: 0.4), “pier”, “quay”."),
        (["pier", "pier", "quay"], 0.4, "3 times in 200 words (usual: under 0.1), “pier”, “quay”."),
        (["pier", "quay", "dock", "mole"], 10.0, "4 times in 200 words (usual: 2), such as “pier”, “quay”, “dock”."),
        ([], 10.0, "5 per 1,000 words (usual: 10 per 1,000 words)."),
    ],
)
def test_a_rate_that_shows_where_it_fired_is_told_as_a_count(scorer, hits, typical, told):
    place = list(scorer.model.signals).index("reporting.opinion_rate")
    row, text = int(scorer.model.places[place]), "pier quay dock mole"
    values, usual = [0.0] * len(NAMES), list(scorer.model.typical)
    values[row], usual[place] = 5.0 * (len(hits) or 1), typical
    spans = [(text.index(hit), text.index(hit) + 4) for hit in hits]

    (reason,) = give(text, 200, values, {row: spans} if spans else {}, [place], replace(scorer.model, typical=usual))

    assert reason.endswith(f": {told}")


def test_two_figures_that_read_alike_are_told_with_a_decimal(scorer):
    place = list(scorer.model.signals).index("style.capitals")
    values = [0.0] * len(NAMES)
    values[scorer.model.places[place]] = scorer.model.typical[place] + 0.001
    (reason,) = give("", 0, values, {}, [place], scorer.model)

    told, usual = re.findall(r"([\d.]+)%", reason)
    assert told != usual


def test_only_what_a_reader_can_point_at_and_what_takes_much_away_speaks_against_a_label(scorer):
    contributions = np.zeros((3, len(scorer.model.signals)))
    contributions[:, :3] = -0.9, -0.4, 0.3
    contributions[2, 1] = -0.1
    fired, nowhere = np.array([[scorer.model.places[1], 0, 9]]), np.zeros((0, 3), dtype=np.int64)

    assert opposed(contributions, visible([fired, nowhere, fired], scorer.model)) == [1, None, None]


def test_a_mark_of_a_chat_is_told_even_where_the_label_is_another(scorer, seeds):
    text = (seeds / "original" / "school-board-four-day-week-page.txt").read_text(encoding="utf-8")
    reasons = scorer.score(f"Here is the rewritten article:\n\n{text}").reasons

    assert any("leaked into the text" in reason and "Here is the rewritten" in reason for reason in reasons)


@pytest.mark.parametrize("texts", ["Rain fell.", Document("Rain fell.")])
def test_one_text_is_not_several(texts):
    with pytest.raises(TypeError, match=r"Score one with score\(text\)"):
        next(Scorer().score_many(texts))
