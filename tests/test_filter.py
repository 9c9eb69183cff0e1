"""A corpus is filtered as the flags say, adds up, survives being killed, and comes out the same however it is cut and run."""

import ctypes
import gzip
import json
import os
import random
import re
import shutil
import subprocess
import sys
from contextlib import closing, suppress
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Decisions, QualityError, Scorer, filter_again, filter_corpus, language
from classifier.corpus import chunks
from classifier.filter import copies, folder, ledger
from classifier.filter.decisions import LANGUAGES, PLACES, REASONS
from classifier.filter.examples import EACH, reason_of
from classifier.filter.processes import keep_memory
from classifier.filter.sample import try_sample
from classifier.verdict import LABELS

pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'quality-classifier[filter]'")
zstandard = pytest.importorskip("zstandard", reason="needs zstandard: pip install 'quality-classifier[filter]'")
import pyarrow as pa  # noqa: E402
from pyarrow import parquet  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
FACTS = {
    "label": "original", "confidence": 0.9, "uncertain": False, "quality": 0.8, "language": "en", "words": 300, "boilerplate": 0.1,
}  # fmt: skip


@pytest.fixture(scope="session")
def pages():
    """The project's own texts, by name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "seeds").glob("*/*.txt"))}


@pytest.fixture(scope="session")
def rows(pages):
    """The texts as a crawler would write them, two near copies among them."""
    made = [
        {"id": name, "text": text, "url": f"https://www.{name[:3]}.example/{k}", "date": f"2024-05-{k % 28 + 1:02}", "x": [1.50, None]}
        for k, (name, text) in enumerate(pages.items())
    ]
    first = next(row for row in made if len(row["text"]) > 2_000)
    return [*made, first | {"id": "copy", "date": "2024-01-01", "text": first["text"] + "\nThe board meets again in May."}]


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(chunks, "RECORDS", 8)


def write_lines(path, rows):
    path.write_bytes("".join(f"{json.dumps(row)}\n" for row in rows).encode())
    return path


def write_packed(path, content):
    path.write_bytes({".gz": gzip.compress, ".zst": zstandard.compress}.get(path.suffix, bytes)(content))


def read_packed(path):
    content = path.read_bytes()
    if path.suffix == ".zst":
        return zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True).read()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def read_lines(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def content(folder):
    """Every file below a folder with its bytes, but for when the input was written."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    ("settings", "facts", "place", "reason"),
    [
        ({}, {}, "kept", None),
        ({}, {"words": 0}, "rejected", "empty"),
        ({}, {"label": "rewrite"}, "rejected", "rewrite"),
        ({}, {"label": "filler", "uncertain": True}, "kept", None),
        ({"keep": ("original", "rewrite")}, {"label": "rewrite"}, "kept", None),
        ({"keep": ("filler",)}, {}, "rejected", "original"),
        ({"min_confidence": 0.95}, {}, "rejected", "confidence"),
        ({"min_confidence": 0.95}, {"uncertain": True}, "kept", None),
        ({"min_quality": 0.81}, {}, "rejected", "quality"),
        ({"min_quality": 0.8}, {}, "kept", None),
        ({"max_boilerplate": 0.09}, {"uncertain": True}, "rejected", "boilerplate"),
        ({"min_words": 301}, {}, "rejected", "short"),
        ({"language": "de"}, {}, "rejected", "language"),
        ({"uncertain": "drop"}, {"uncertain": True}, "rejected", "uncertain"),
        ({"uncertain": "drop"}, {}, "kept", None),
        ({"uncertain": "aside"}, {"uncertain": True}, "aside", "uncertain"),
        ({"uncertain": "aside", "min_words": 301}, {"uncertain": True}, "rejected", "short"),
        ({"dedup": True}, {"duplicate_of": "a", "similarity": 0.9}, "rejected", "copy"),
        ({}, {"duplicate_of": "a", "similarity": 0.9}, "kept", None),
        ({"drop_derived": True}, {"derived_from": "a", "sureness": 0.9}, "rejected", "derived"),
    ],
)
def test_a_document_goes_where_the_flags_say(settings, facts, place, reason):
    outcome = Decisions(**settings).decide(FACTS | facts)

    assert (outcome.place, outcome.reason) == (place, reason)
    assert (outcome.detail is None) == (place == "kept")
    assert reason is None or reason in REASONS


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"keep": ("news",)}, "'news' is no label. Choose among original, rewrite, filler"),
        ({"keep": ()}, "no label"),
        ({"min_quality": 7}, "--min-quality: 7 is out of range"),
        ({"uncertain": "maybe"}, "'maybe' is no choice"),
        ({"language": "english"}, "--language: 'english' is no code of a language that can be told. Choose among en, de, "),
        ({"language": "ja"}, "--language: 'ja' is no code"),
    ],
)
def test_a_flag_that_makes_no_sense_is_refused(settings, told):
    with pytest.raises(QualityError, match=re.escape(told)):
        Decisions(**settings)


def test_the_languages_that_can_be_kept_are_those_that_can_be_told():
    assert language._CODES == LANGUAGES


def test_every_flag_is_explained():
    plain = list(Decisions().explain())

    every = Decisions(min_confidence=0.5, min_quality=0.2, max_boilerplate=0.5, min_words=9, language="en", dedup=True, drop_derived=True)
    assert len(list(every.explain())) == len(plain) + 6
    assert "at least 0.5" in next(every.explain())


def test_the_members_of_a_list_come_out_as_json_lines(tmp_path, rows):
    (tmp_path / "in.json").write_text(json.dumps(rows, indent=1))
    filter_corpus([write_lines(tmp_path / "in.jsonl", rows)], tmp_path / "lines", jobs=1)

    summary = filter_corpus([tmp_path / "in.json"], tmp_path / "list", jobs=1)

    for place in ("kept", "rejected"):
        assert (tmp_path / "list" / place / "in.json").read_bytes() == (tmp_path / "lines" / place / "in.jsonl").read_bytes()
    assert filter_corpus([tmp_path / "list/kept/in.json"], tmp_path / "again", jobs=1).kept == summary.kept


def test_json_lines_come_out_untouched_but_for_our_namespace(tmp_path, rows):
    source = write_lines(tmp_path / "in.jsonl", rows)

    summary = filter_corpus([source], tmp_path / "out", jobs=1)

    before = source.read_bytes().splitlines()
    kept = (tmp_path / "out/kept/in.jsonl").read_bytes().splitlines()
    rejected = (tmp_path / "out/rejected/in.jsonl").read_bytes().splitlines()
    assert (len(kept), len(rejected)) == (summary.kept, summary.rejected)
    assert rejected
    for lines in (kept, rejected):
        stems = [line.partition(b',"quality":{')[0] + b"}" for line in lines]
        assert stems == [line for line in before if line in set(stems)]


def test_a_rejected_document_says_why(tmp_path, rows):
    filter_corpus([write_lines(tmp_path / "in.jsonl", rows)], tmp_path / "out", jobs=1)

    for row in read_lines(tmp_path / "out/rejected/in.jsonl"):
        verdict = Scorer().score(row["text"])
        told = row["quality"]
        assert (told["label"], told["reason"]) == (verdict.label, verdict.label)
        assert told["reasons"] == [f"{verdict.label.capitalize()} ({verdict.confidence:.0%}).", *verdict.reasons]


def test_what_was_filtered_before_gets_one_namespace(tmp_path, rows):
    filter_corpus(
        [write_lines(tmp_path / "in.jsonl", rows[:3])], tmp_path / "one", Decisions(keep=("original", "rewrite", "filler")), jobs=1
    )
    filter_corpus([tmp_path / "one/kept"], tmp_path / "two", Decisions(keep=("original", "rewrite", "filler")), jobs=1)

    assert (tmp_path / "two/kept/in.jsonl").read_bytes().count(b'"quality":{') == 3


def test_the_totals_add_up_to_what_came_in(tmp_path, rows):
    (tmp_path / "in").mkdir()
    bad = b'{"text": 12}\n["list"]\n\n'
    (tmp_path / "in/a.jsonl").write_bytes(write_lines(tmp_path / "x", rows[:9]).read_bytes() + bad)
    (tmp_path / "in/b.txt").write_text(rows[0]["text"])

    summary = filter_corpus([tmp_path / "in"], tmp_path / "out", Decisions(uncertain="aside"), jobs=1)

    assert summary.records == 12 == summary.kept + summary.rejected + summary.aside + summary.errors
    assert (summary.errors, summary.passed_over) == (2, 1)
    assert sum(summary.reasons.values()) == summary.rejected + summary.aside
    assert {name for file in summary.files.values() for name in file} == {"records", *PLACES, "errors"}
    faults = read_lines(tmp_path / "out/errors.jsonl")
    assert [(Path(fault["file"]).name, fault["row"]) for fault in faults] == [("a.jsonl", 10), ("a.jsonl", 11)]
    assert json.loads((tmp_path / "out/summary.json").read_bytes()) == summary.to_dict()
    assert len(parquet.read_table(tmp_path / "out/ledger")) == 10


def test_two_documents_with_one_id_are_both_judged_and_told(tmp_path, rows):
    summary = filter_corpus([write_lines(tmp_path / "in.jsonl", [rows[0], rows[1], rows[0]])], tmp_path / "out", jobs=1)

    (fault,) = read_lines(tmp_path / "out/errors.jsonl")
    assert (summary.records, summary.errors, summary.repeated_ids) == (3, 0, 1)
    assert (fault["row"], fault["lost"]) == (3, False)
    assert "in.jsonl:1 already" in fault["cause"]


@pytest.mark.usefixtures("small_chunks")
def test_the_examples_of_what_was_kept_are_uncertain_ones_of_any_label(tmp_path, rows):
    filter_corpus(write_lines(tmp_path / "in.jsonl", rows), tmp_path / "out", Decisions(keep=LABELS), jobs=1)

    kept = {row["id"]: row["quality"] for row in read_lines(tmp_path / "out/kept/in.jsonl")}
    shown = [row for row in read_lines(tmp_path / "out/examples.jsonl") if row["place"] == "kept"]
    assert len(shown) == EACH
    assert all(kept[row["id"]]["uncertain"] for row in shown)
    assert reason_of({"place": "kept", "label": "original", "uncertain": True})


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_the_form_of_the_input_is_kept(tmp_path, rows, suffix):
    write_packed(tmp_path / f"in.jsonl{suffix}", write_lines(tmp_path / "x", rows[:20]).read_bytes())

    summary = filter_corpus([tmp_path / f"in.jsonl{suffix}"], tmp_path / "out", jobs=1)

    assert read_packed(tmp_path / f"out/kept/in.jsonl{suffix}").count(b"\n") == summary.kept > 0


def test_texts_come_out_as_files_with_notes_beside_them(tmp_path, pages):
    (tmp_path / "in/deep").mkdir(parents=True)
    for name, text in list(pages.items())[::6]:
        (tmp_path / "in/deep" / f"{name}.txt").write_text(text, encoding="utf-8")

    summary = filter_corpus([tmp_path / "in"], tmp_path / "out", jobs=1)

    for place, count in (("kept", summary.kept), ("rejected", summary.rejected)):
        notes = read_lines(tmp_path / "out" / place / "quality.jsonl")
        assert len(notes) == count > 0
        for note in notes:
            assert (tmp_path / "out" / place / note["file"]).read_bytes() == (tmp_path / "in" / note["file"]).read_bytes()


def test_parquet_keeps_its_columns(tmp_path, rows):
    table = pa.Table.from_pylist(rows[:30])
    parquet.write_table(table, tmp_path / "in.parquet", compression="snappy")

    summary = filter_corpus([tmp_path / "in.parquet"], tmp_path / "out", jobs=1)

    kept = parquet.read_table(tmp_path / "out/kept/in.parquet")
    rejected = parquet.read_table(tmp_path / "out/rejected/in.parquet")
    assert (len(kept), len(rejected)) == (summary.kept, summary.rejected)
    assert kept.drop_columns(["quality"]).schema.equals(table.schema)
    whole = {row["id"]: row for row in table.to_pylist()}
    assert all(row | {"quality": 0} == whole[row["id"]] | {"quality": 0} for row in kept.to_pylist())
    assert rejected.column("quality").to_pylist()[0]["reasons"]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_packed_parquet_file_comes_out_packed(tmp_path, rows, suffix):
    table = pa.Table.from_pylist([{"id": row["id"], "text": row["text"]} for row in rows])
    parquet.write_table(table, tmp_path / "plain")
    write_packed(tmp_path / f"in.parquet{suffix}", (tmp_path / "plain").read_bytes())

    summary = filter_corpus([tmp_path / f"in.parquet{suffix}"], tmp_path / "out", jobs=1)

    kept = parquet.read_table(BytesIO(read_packed(tmp_path / f"out/kept/in.parquet{suffix}")))
    assert kept.num_rows == summary.kept > 0
    assert kept.column_names == ["id", "text", "quality"]


def test_records_of_an_archive_come_out_whole(tmp_path, pages):
    texts = [text.encode() for text in list(pages.values())[::8]]
    records = [
        b"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: https://a.example/%d\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n"
        % (k, len(text), text)
        for k, text in enumerate(texts)
    ]
    records.insert(1, b"WARC/1.0\r\nWARC-Type: metadata\r\nContent-Length: 4\r\n\r\nnone\r\n\r\n")
    (tmp_path / "in.wet.gz").write_bytes(b"".join(gzip.compress(record) for record in records))

    summary = filter_corpus([tmp_path / "in.wet.gz"], tmp_path / "out", jobs=1)

    assert (summary.records, summary.passed_over) == (len(texts), 1)
    kept = gzip.decompress((tmp_path / "out/kept/in.wet.gz").read_bytes())
    assert kept.count(b"\r\nquality: {") == summary.kept > 0
    assert re.sub(rb"quality: .*\r\n", b"", kept) == b"".join(record for record in records if record.partition(b"\r\n\r\n")[2] in kept)
    again = filter_corpus([tmp_path / "out/kept"], tmp_path / "two", jobs=1)
    assert again.kept == again.records == summary.kept


def test_clean_cuts_the_boilerplate_of_what_is_kept(tmp_path, rows):
    filter_corpus([write_lines(tmp_path / "in.jsonl", rows)], tmp_path / "out", Decisions(clean=True), jobs=1)

    kept = read_lines(tmp_path / "out/kept/in.jsonl")
    whole = {row["id"]: row["text"] for row in rows}
    assert all(row["text"] == Scorer().score(whole[row["id"]]).clean_text for row in kept if row["quality"]["boilerplate"])
    assert any(row["text"] != whole[row["id"]] for row in kept)
    assert all(row["text"] == whole[row["id"]] for row in read_lines(tmp_path / "out/rejected/in.jsonl"))


def test_the_earliest_of_near_copies_is_kept_whatever_their_order(tmp_path, rows):
    names = []
    for k, order in enumerate((rows, rows[::-1])):
        keep = Decisions(keep=("original", "rewrite", "filler"), dedup=True)
        summary = filter_corpus([write_lines(tmp_path / f"{k}.jsonl", order)], tmp_path / f"out{k}", keep, jobs=1)
        assert summary.reasons == {"copy": 1}
        (gone,) = read_lines(tmp_path / f"out{k}/rejected/{k}.jsonl")
        assert gone["quality"]["duplicate_of"]["id"] == "copy"
        names.append(sorted(row["id"] for row in read_lines(tmp_path / f"out{k}/kept/{k}.jsonl")))
    assert names[0] == names[1]


def test_a_copy_that_other_flags_reject_does_not_push_out_the_others(tmp_path, rows):
    text = next(row["text"] for row in rows if len(row["text"]) > 2_000)
    one = {"id": "early", "date": "2024-01-01", "text": text}
    two = {"id": "long", "date": "2024-02-01", "text": f"{text}\n{text[:300]}"}
    decisions = Decisions(keep=("original", "rewrite", "filler"), dedup=True, min_words=len(text.split()) + 10)

    filter_corpus([write_lines(tmp_path / "in.jsonl", [one, two])], tmp_path / "out", decisions, jobs=1)

    assert [row["id"] for row in read_lines(tmp_path / "out/kept/in.jsonl")] == ["long"]


def test_groups_are_those_of_all_pairs(pages):
    """Against the slow way: every pair compared."""
    import numpy as np

    from classifier import Document
    from classifier.index.sketch import sketch

    texts = list(pages.values())[:25]
    texts += [f"{text}\nThe board meets again in May." for text in texts[:9]] + texts[3:5]
    sketches = sketch([Document(text) for text in texts])
    ranks = np.array(random.Random(4).sample(range(len(texts)), len(texts)))

    found = copies.group(sketches, ranks)

    near = np.array(
        [[copies.similarities(sketches, np.array([i]), np.array([j]))[0] >= 0.5 for j in range(len(texts))] for i in range(len(texts))]
    )
    for _ in range(len(texts)):
        near = (near.astype(int) @ near.astype(int)) > 0
    expected = [min(np.flatnonzero(row), key=lambda j: ranks[j]) for row in near]
    assert found.keeper.tolist() == expected
    assert len(set(expected)) == 25


@given(st.integers(1, 30).flatmap(lambda size: st.tuples(st.just(size), st.lists(st.tuples(*[st.integers(0, size - 1)] * 2), max_size=40))))
@settings(deadline=None)
def test_each_takes_the_lowest_of_all_that_it_is_tied_to(case):
    size, pairs = case
    groups = [{number} for number in range(size)]
    for left, right in pairs:
        whole = groups[left] | groups[right]
        for number in whole:
            groups[number] = whole
    left, right = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))

    assert copies.lowest(left, right, size).tolist() == [min(group) for group in groups]


def test_a_long_chain_of_ties_takes_few_rounds(monkeypatch):
    rounds = 0

    def counted(left, right, same=np.array_equal):
        nonlocal rounds
        rounds += 1
        return same(left, right)

    monkeypatch.setattr(np, "array_equal", counted)
    chain = np.array([0, *range(4_000, 0, -1)])

    assert set(copies.lowest(chain[:-1], chain[1:], 4_001).tolist()) == {0}
    assert rounds <= 30


def test_what_retells_an_earlier_document_is_dropped_on_demand(tmp_path):
    origin = (
        "Hale, 4 May. The harbor board of Port Hale voted on Tuesday to close the north pier after divers found fourteen cracked piles. "
        "Marit Quellander, the chair, told this paper that repairs would cost 3.2 million crowns and last until October 2025. "
        "The ferry Saint Brisk will moor at Orvale until then, the shipping line Torvik said. Some 1,840 commuters use it each day. "
        'Engineer Jonas Felt of Brevik Marine, who led the dive, said: "Two of the piles can be pushed by hand." '
        "The pier was built in 1962 and was last mended in 1998 after the storm Agda."
    )
    retold = (
        "Port Hale's north pier is shutting down, after fourteen cracked piles were discovered there by divers. The Tuesday vote of the "
        "harbor board means that the ferry Saint Brisk has to use Orvale, according to Torvik, the shipping line. Fixing it costs 3.2 "
        "million crowns, chair Marit Quellander noted, with work going on until October 2025. Jonas Felt, an engineer at Brevik Marine, "
        "revealed how bad things were: two piles could simply be pushed by hand. For the 1,840 commuters that is bad news. The structure "
        "dates from 1962, and its last repair followed the storm Agda in 1998."
    )
    rows = [{"id": "late", "date": "2024-05-06", "text": retold}, {"id": "first", "date": "2024-05-04", "text": origin}]
    every = ("original", "rewrite", "filler")

    filter_corpus([write_lines(tmp_path / "in.jsonl", rows)], tmp_path / "out", Decisions(keep=every, drop_derived=True), jobs=1)

    (gone,) = read_lines(tmp_path / "out/rejected/in.jsonl")
    assert (gone["id"], gone["quality"]["reason"], gone["quality"]["derived_from"]["id"]) == ("late", "derived", "first")


@pytest.mark.usefixtures("small_chunks")
def test_workers_and_chunks_change_nothing(tmp_path, rows):
    source = write_lines(tmp_path / "in.jsonl", rows)

    filter_corpus([source], tmp_path / "one", Decisions(dedup=True), jobs=1)
    filter_corpus([source], tmp_path / "two", Decisions(dedup=True), jobs=2)

    assert {k: v for k, v in content(tmp_path / "one").items() if "ledger" not in k} == {
        k: v for k, v in content(tmp_path / "two").items() if "ledger" not in k
    }


def test_a_complete_run_is_not_run_again(tmp_path, rows):
    source = write_lines(tmp_path / "in.jsonl", rows[:5])
    first = filter_corpus([source], tmp_path / "out", jobs=1)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}

    assert filter_corpus([source], tmp_path / "out", jobs=1) == first
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == before


def test_a_run_can_be_decided_again_without_scoring(tmp_path, rows, monkeypatch):
    source = write_lines(tmp_path / "in.jsonl", rows)
    filter_corpus([source], tmp_path / "out", Decisions(dedup=True), jobs=1)
    wanted = Decisions(keep=("original", "rewrite"), min_quality=0.1, dedup=True, clean=True)
    fresh = filter_corpus([source], tmp_path / "fresh", wanted, jobs=1)
    monkeypatch.setattr("classifier.filter.local.score_chunk", None)

    elsewhere = filter_again(tmp_path / "out", wanted, tmp_path / "elsewhere", jobs=1)
    in_place = filter_again(tmp_path / "out", wanted, jobs=1)

    assert fresh == elsewhere == in_place
    assert content(tmp_path / "fresh") == content(tmp_path / "elsewhere") == content(tmp_path / "out")


def test_a_ledger_without_sketches_cannot_be_deduplicated(tmp_path, rows):
    filter_corpus([write_lines(tmp_path / "in.jsonl", rows[:3])], tmp_path / "out", jobs=1)

    with pytest.raises(QualityError, match="made without --dedup"):
        filter_again(tmp_path / "out", Decisions(dedup=True), jobs=1)


def test_a_ledger_that_is_damaged_cannot_be_decided_again(tmp_path, rows):
    filter_corpus(write_lines(tmp_path / "in.jsonl", rows[:2]), tmp_path / "out", jobs=1)
    (part,) = (tmp_path / "out/ledger").iterdir()
    part.write_bytes(b"PAR")

    with pytest.raises(QualityError, match=rf"{part.name}: this file is damaged\. Filter anew\."):
        filter_again(tmp_path / "out", Decisions())


def test_an_input_that_has_changed_cannot_be_decided_again(tmp_path, rows):
    source = write_lines(tmp_path / "in.jsonl", rows[:3])
    filter_corpus([source], tmp_path / "out", jobs=1)
    os.utime(source, (1, 1))

    with pytest.raises(QualityError, match=r"in\.jsonl: this input has changed since it was scored"):
        filter_again(tmp_path / "out", Decisions(), jobs=1)


@pytest.mark.parametrize("folder", ["missing", "empty"])
def test_only_a_run_can_be_decided_again(tmp_path, folder):
    (tmp_path / "empty").mkdir()

    with pytest.raises(QualityError, match=r"no run of `quality filter` in this folder"):
        filter_again(tmp_path / folder, Decisions())


def test_the_output_may_lie_below_the_input(tmp_path, rows):
    write_lines(tmp_path / "in.jsonl", rows[:5])

    first = filter_corpus([tmp_path], tmp_path / "out", jobs=1)

    assert first.records == 5
    assert filter_corpus([tmp_path], tmp_path / "out", jobs=1) == first


def test_a_link_that_leads_nowhere_is_told_and_the_others_are_filtered(tmp_path, rows):
    write_lines(tmp_path / "in.jsonl", rows[:5])
    (tmp_path / "gone.jsonl").symlink_to("nowhere")

    summary = filter_corpus([tmp_path], tmp_path / "out", jobs=1)

    assert (summary.records, summary.errors) == (6, 1)


def test_a_folder_with_another_run_is_refused(tmp_path, rows):
    source = write_lines(tmp_path / "in.jsonl", rows[:3])
    filter_corpus([source], tmp_path / "out", jobs=1)

    with pytest.raises(QualityError, match=r"holds a run with another --min-words, --dedup\. Choose"):
        filter_corpus([source], tmp_path / "out", Decisions(min_words=50, dedup=True), jobs=1)
    with pytest.raises(QualityError, match=r"holds a run with another INPUT, --templates, --text-field\. Choose"):
        filter_corpus([write_lines(source, rows[:2])], tmp_path / "out", text_field="body", templates=True, jobs=1)


def test_a_folder_with_other_files_is_refused(tmp_path, rows):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.txt").write_text("mine")

    with pytest.raises(QualityError, match="holds files that are no run"):
        filter_corpus([write_lines(tmp_path / "in.jsonl", rows[:3])], tmp_path / "out", jobs=1)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.txt"]


def test_an_input_in_the_output_folder_is_refused(tmp_path, rows):
    write_lines(tmp_path / "in.jsonl", rows[:3])

    with pytest.raises(QualityError, match=r"in\.jsonl: this input lies in the output folder"):
        filter_corpus([tmp_path / "in.jsonl"], tmp_path, jobs=1)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.mark.usefixtures("small_chunks")
def test_a_full_disk_is_told_and_the_run_goes_on_when_there_is_room(tmp_path, rows):
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("needs root, to mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a disk")
    source = write_lines(tmp_path / "in.jsonl", rows)
    try:
        with pytest.raises(QualityError, match=r"no space left on device\. Free some space and give the same command again"):
            filter_corpus([source], disk / "out", jobs=1)
        assert not (disk / "out/kept").exists()
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        filter_corpus([source], disk / "out", jobs=1)
        filter_corpus([source], tmp_path / "undisturbed", jobs=1)
        assert content(disk / "out") == content(tmp_path / "undisturbed")
    finally:
        subprocess.run(["umount", str(disk)], check=True)


DEATHS = """
import os, random, signal, sys
from classifier import Decisions, filter_corpus
from classifier.corpus import chunks
from classifier.filter import folder, ledger, writing

chunks.RECORDS = 8
source, output = sys.argv[1:]
publish, lot, deaths = ledger.publish, random.Random(7), 0

def dying(after):
    left = [after]
    def publishing(path, content):
        left[0] -= 1
        if left[0] == 0:
            path.with_name(ledger.PART + str(os.getpid())).write_bytes(content[: len(content) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        publish(path, content)
    return publishing

while True:
    after = lot.randrange(6, 11)
    child = os.fork()
    if child == 0:
        for module in (folder, ledger, writing):
            module.publish = dying(after)
        filter_corpus([source], output, Decisions(dedup=True, uncertain="aside"), jobs=1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status != -signal.SIGKILL:
        break
    deaths += 1
print(status, deaths)
"""


@pytest.mark.usefixtures("small_chunks")
def test_a_run_that_is_killed_goes_on_and_ends_the_same(tmp_path, rows):
    source = write_lines(tmp_path / "in.jsonl", rows)
    filter_corpus([source], tmp_path / "undisturbed", Decisions(dedup=True, uncertain="aside"), jobs=1)

    command = [sys.executable, "-c", DEATHS, str(source), str(tmp_path / "killed")]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)

    status, deaths = done.stdout.split()
    assert status == "0", done.stderr[-500:]
    assert int(deaths) >= 10
    assert content(tmp_path / "undisturbed") == content(tmp_path / "killed")


def test_two_runs_do_not_work_in_one_folder(tmp_path):
    from classifier.filter.folder import Folder

    with closing(Folder(tmp_path / "out", {})), pytest.raises(QualityError, match="another process is at work in this folder"):
        Folder(tmp_path / "out", {})


def test_a_sample_shows_what_would_go_and_writes_nothing(tmp_path, rows):
    source = write_lines(tmp_path / "in.jsonl", rows)
    before = content(tmp_path)

    trials, faults = try_sample([source], Decisions(min_words=100), 20, listener=None)

    assert (len(trials), faults) == (20, [])
    assert all((trial.facts["words"] < 100) == (trial.outcome.reason == "short") for trial in trials)
    assert content(tmp_path) == before


def no_library(_):
    raise TypeError("there is no C library that can be asked")


@pytest.mark.parametrize("load", [no_library, lambda _: object()])
def test_a_machine_that_cannot_be_asked_to_keep_memory_is_left_alone(monkeypatch, load):
    monkeypatch.setattr(ctypes, "CDLL", load)

    assert keep_memory() is None


def test_dates_sort_as_they_follow_each_other():
    dates = ["2023-12-31", "2024-05-01", "2024-05-01T08:30", "2024-05-01 08:30:01+02:00", "yesterday"]

    assert [ledger.moment(date) for date in dates] == sorted(ledger.moment(date) for date in dates)
    assert ledger.moment(None) == ledger.moment("1 May") == ledger.NEVER


@pytest.mark.corpora
def test_the_default_settings_reject_few_originals(shared):
    with gzip.open(shared / "corpora/articles/by_eye.jsonl.gz") as lines:
        found = [json.loads(line) for line in lines]
    originals = [row["text"] for row in found if row["label"] == "original" and row["confidence"] == "high" and not row.get("hard")]
    texts = random.Random(1).sample(originals, 120)
    rejected = [
        verdict for verdict in Scorer().score_many(texts)
        if Decisions().decide(vars(verdict) | {"words": 99, "boilerplate": verdict.boilerplate.share}).place != "kept"
    ]  # fmt: skip

    assert len(rejected) <= 0.02 * len(texts)


def test_a_record_whose_holder_of_the_text_is_none_is_told_and_the_rest_goes_on(tmp_path):
    source = write_lines(
        tmp_path / "in.jsonl",
        [{"doc": {"body": "Rain fell on Tarn Hollow."}, "id": "a"}, {"doc": 5, "id": "b"}, {"doc": "body", "id": "c"}],
    )

    summary = filter_corpus(source, tmp_path / "out", text_field="doc.body", jobs=1)

    assert (summary.records, summary.errors) == (3, 2)
    assert [json.loads(line)["row"] for line in (tmp_path / "out/errors.jsonl").read_text().splitlines()] == [2, 3]


def test_a_record_that_is_written_anew_keeps_its_long_integers(tmp_path, rows):
    source = write_lines(tmp_path / "in.jsonl", [rows[0] | {"quality": "A+", "big": 12345678901234567890123}])

    filter_corpus(source, tmp_path / "out", Decisions(keep=("original", "rewrite", "filler")), jobs=1)

    assert b"12345678901234567890123" in (tmp_path / "out/kept/in.jsonl").read_bytes()


def test_one_label_may_be_given_as_it_is():
    assert Decisions(keep="rewrite").keep == ("rewrite",)


class Died(BaseException):
    """Stands for a kill: nothing catches it."""


def dying(monkeypatch, owner, name, after):
    """Have the process die once a function of the system was called so many times while files get their final names."""
    real_reveal, real = folder._reveal, getattr(owner, name)

    def reveal(path):
        left = [after]

        def counted(*arguments, **known):
            done = real(*arguments, **known)
            left[0] -= 1
            if not left[0]:
                raise Died
            return done

        with monkeypatch.context() as patch:
            patch.setattr(owner, name, counted)
            real_reveal(path)

    monkeypatch.setattr(folder, "_reveal", reveal)


@pytest.mark.parametrize(("name", "after"), [*(("rename", k) for k in range(1, 8)), *(("unlink", k) for k in (1, 2, 3, 5, 8))])
@pytest.mark.usefixtures("small_chunks")
def test_a_run_that_dies_among_its_final_names_ends_the_same(tmp_path, rows, monkeypatch, name, after):
    source = write_lines(tmp_path / "in.jsonl", rows[:20])
    whole = filter_corpus(source, tmp_path / "whole", Decisions(uncertain="aside"), jobs=1)

    with monkeypatch.context() as patch:
        dying(patch, Path if name == "rename" else os, name, after)
        with pytest.raises(Died):
            filter_corpus(source, tmp_path / "out", Decisions(uncertain="aside"), jobs=1)
    again = filter_corpus(source, tmp_path / "out", Decisions(uncertain="aside"), jobs=1)

    assert again == whole
    assert content(tmp_path / "out") == content(tmp_path / "whole")


@pytest.mark.parametrize("after", range(1, 12))
@pytest.mark.usefixtures("small_chunks")
def test_another_decision_that_dies_among_its_final_names_is_finished_first(tmp_path, rows, monkeypatch, after):
    source = write_lines(tmp_path / "in.jsonl", rows[:20])
    filter_corpus(source, tmp_path / "out", jobs=1)
    strict, lax = Decisions(min_words=10_000), Decisions(keep=LABELS)
    filter_corpus(source, tmp_path / "lax", lax, jobs=1)

    with monkeypatch.context() as patch:
        dying(patch, Path, "rename", after)
        with suppress(Died):
            filter_again(tmp_path / "out", strict, jobs=1)
    filter_again(tmp_path / "out", lax, jobs=1)

    assert content(tmp_path / "out") == content(tmp_path / "lax")


@pytest.mark.usefixtures("small_chunks")
def test_the_first_command_undoes_another_decision_that_was_not_carried_out(tmp_path, rows):
    source = write_lines(tmp_path / "in.jsonl", rows[:20])
    first = filter_corpus(source, tmp_path / "out", jobs=1)
    before = content(tmp_path / "out")

    def stop(progress):
        if progress.step == "writing" and progress.documents:
            raise Died

    with pytest.raises(Died):
        filter_again(tmp_path / "out", Decisions(min_words=10_000), jobs=1, watch=stop)

    assert filter_corpus(source, tmp_path / "out", jobs=1) == first
    assert content(tmp_path / "out") == before


def test_what_was_set_aside_stands_in_one_place_after_another_decision(tmp_path, rows):
    source = write_lines(tmp_path / "in.jsonl", rows[:10])
    filter_corpus(source, tmp_path / "out", Decisions(uncertain="aside"), jobs=1)

    summary = filter_again(tmp_path / "out", Decisions(keep=LABELS), jobs=1)

    assert (summary.kept, summary.aside) == (10, 0)
    assert not (tmp_path / "out/aside").exists()


def test_two_decisions_at_once_do_not_harm_each_other(tmp_path, rows):
    source = write_lines(tmp_path / "in.jsonl", rows[:10])
    filter_corpus(source, tmp_path / "out", jobs=1)
    told = []

    def meddle(progress):
        if progress.step == "writing" and not told:
            with pytest.raises(QualityError, match="another process is at work in this folder") as refused:
                filter_again(tmp_path / "out", Decisions(keep=LABELS), jobs=1)
            told.append(refused)

    assert filter_again(tmp_path / "out", Decisions(min_words=10_000), jobs=1, watch=meddle).kept == 0
    assert told


def test_names_and_keys_that_are_not_utf8_stop_nothing(tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    (place / os.fsdecode(b"caf\xe9.txt")).write_text("Rain fell on Tarn Hollow.")
    (place / os.fsdecode(b"l\xefnes.jsonl")).write_text('{"\\ud83d": "x"}\n{"text": "Rain fell."}\n')

    summary = filter_corpus(place, tmp_path / "out", Decisions(keep=LABELS), jobs=1)

    assert (summary.records, summary.kept, summary.errors) == (3, 2, 1)
    assert [path.read_text() for path in (tmp_path / "out/kept").glob("caf*.txt")] == ["Rain fell on Tarn Hollow."]


def test_texts_that_arrow_cannot_tell_are_faults_and_the_others_go_on(tmp_path):
    raw = pa.array([b"Rain fell.", b"caf\xe9"], pa.binary())
    texts = pa.StringArray.from_buffers(2, raw.buffers()[1], raw.buffers()[2])
    parquet.write_table(pa.table({"text": texts}), tmp_path / "latin.parquet")

    summary = filter_corpus(tmp_path / "latin.parquet", tmp_path / "out", Decisions(keep=LABELS), jobs=1)

    (fault,) = read_lines(tmp_path / "out/errors.jsonl")
    assert (summary.kept, summary.errors, fault["row"]) == (1, 1, 2)
    assert "this row cannot be read (UnicodeDecodeError" in fault["cause"]


@pytest.mark.parametrize("kind", [pa.string(), pa.binary()])
def test_a_date_beyond_all_years_costs_no_text(tmp_path, pages, kind):
    text = f"{pages[min(pages)]}\n\nSign up for our free newsletter and get the best stories in your inbox every morning."
    dates = pa.array([0, 253_402_300_800_000_000], pa.int64()).cast(pa.timestamp("us"))
    parquet.write_table(pa.table({"text": pa.array(["Rain fell.", text], kind), "date": dates}), tmp_path / "in.parquet")

    summary = filter_corpus(tmp_path / "in.parquet", tmp_path / "out", Decisions(keep=LABELS, clean=True), jobs=1)

    kept = parquet.read_table(tmp_path / "out/kept/in.parquet")
    assert (summary.kept, kept.schema.field("text").type) == (2, kind)
    assert kept.column("date").cast(pa.int64()).to_pylist() == [0, 253_402_300_800_000_000]
    assert "newsletter" not in str(kept.column("text")[1].as_py())


def test_clean_texts_of_parquet_may_stand_in_metadata(tmp_path, pages):
    text = f"{pages[min(pages)]}\n\nSign up for our free newsletter and get the best stories in your inbox every morning."
    rows = [{"text": None, "metadata": {"text": text}}, {"text": text, "metadata": None}]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "in.parquet")

    filter_corpus(tmp_path / "in.parquet", tmp_path / "out", Decisions(keep=LABELS, clean=True), jobs=1)

    nested, plain = parquet.read_table(tmp_path / "out/kept/in.parquet").to_pylist()
    assert nested["metadata"]["text"] == text
    assert "newsletter" not in plain["text"]


def test_an_object_in_utf16_comes_out_readable(tmp_path):
    (tmp_path / "page.json").write_bytes(json.dumps({"text": "Rain fell on Tarn Hollow.", "n": 1}).encode("utf-16"))

    filter_corpus(tmp_path / "page.json", tmp_path / "out", Decisions(keep=LABELS), jobs=1)

    found = json.loads((tmp_path / "out/kept/page.json").read_bytes())
    assert (found["n"], found["quality"]["label"] in LABELS) == (1, True)


def test_the_notes_on_texts_overwrite_no_file_that_came_in(tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    (place / "page.txt").write_text("Rain fell on Tarn Hollow.")
    (place / "quality.jsonl").write_text('{"text": "Snow fell."}\n')

    filter_corpus(place, tmp_path / "out", Decisions(keep=LABELS), jobs=1)

    assert json.loads((tmp_path / "out/kept/quality.jsonl").read_text())["file"] == "page.txt"
    assert json.loads((tmp_path / "out/kept/2-quality.jsonl").read_text())["text"] == "Snow fell."
