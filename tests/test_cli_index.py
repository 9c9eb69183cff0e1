"""What `quality index` stores and answers."""

import gzip
import io
import json
import os
import subprocess
import sys

import pytest

from classifier import cli, open_index
from classifier.corpus.records import text_id

STORY = (
    "The ferry Halvorsen was taken out of service on Thursday, the harbor master Marit Quellander told reporters in Saint-Brisk. "
    "A mechanic, Tobin Asgrave, found cracks in both propeller shafts. The operator Norrwick Lines carried 41,300 passengers last year, "
    "and the town of Orvale paid 2.6 million crowns for the pier. Islanders now take the bus to Pellingford, 38 miles inland, "
    "where a hospital and the only secondary school are. The regulator wants the gearbox replaced before the Halvorsen sails again."
)
RETOLD = (
    "Norrwick Lines has lost its ferry: the Halvorsen no longer runs, says Marit Quellander, who is the harbor master of Saint-Brisk. "
    "Cracks were spotted in the propeller shafts by the mechanic Tobin Asgrave. Last year 41,300 passengers sailed, and Orvale had put "
    "2.6 million crowns into a pier. The bus to Pellingford covers 38 miles to the hospital and the secondary school. "
    "A new gearbox is what the regulator asks of the Halvorsen."
)
OTHER = (
    "Bakers in Dunmarrow met on Friday to set the price of rye for the winter fair. Elspeth Corrow, who speaks for the guild, said that "
    "nineteen of twenty-two ovens would stay lit through December. The council lends the old grain store at Fennimoor for nothing, and "
    "the brass band of Little Aldery plays at noon. Last winter the fair took in 7,450 pounds for the roof of the chapel."
)


@pytest.fixture
def quality(monkeypatch, capsys):
    """Run `quality index` inside this process: exit code, output, errors."""

    def run(*arguments, stdin=None):
        monkeypatch.setattr(sys, "argv", ["quality", "index", *map(str, arguments)])
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        with pytest.raises(SystemExit) as left:
            cli.main()
        printed = capsys.readouterr()
        return left.value.code or 0, printed.out, printed.err

    return run


@pytest.fixture
def crawl(tmp_path):
    rows = [
        {"id": "ferry", "text": STORY, "date": "2026-05-01"},
        {"url": "https://news.example/bread", "text": OTHER},
        {"text": OTHER.replace("Friday", "Monday")},
    ]
    path = tmp_path / "crawl.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def where(tmp_path):
    return tmp_path / "near.sqlite"


@pytest.fixture
def filled(quality, where, crawl):
    assert quality("add", where, crawl)[0] == 0
    return where


def objects(out):
    return [json.loads(line) for line in out.splitlines()]


def test_lines_are_added_under_their_id_url_or_place(filled, crawl):
    with open_index(str(filled)) as index:
        found = [match.id for text in (STORY, OTHER) for match in index.near_copies(text)]

    assert found == ["ferry", "https://news.example/bread", f"{crawl}:3"]


def test_what_was_added_is_told(quality, where, crawl):
    assert quality("add", where, crawl, "--json") == (0, '{"added": 3, "replaced": 0, "documents": 3}\n', "")
    assert quality("add", where, crawl, "--json") == (0, '{"added": 0, "replaced": 3, "documents": 3}\n', "")
    assert quality("add", where, crawl) == (0, "", f"added 0, replaced 3; {where} holds 3 documents\n")


def test_a_text_that_takes_the_place_of_one_before_it_is_counted_as_such(quality, where):
    twice = "".join(json.dumps({"id": "ferry", "text": text}) + "\n" for text in (STORY, RETOLD))

    assert quality("add", where, "-", stdin=twice)[2] == f"added 1, replaced 1; {where} holds 1 document\n"
    assert quality("add", where, "-", stdin=json.dumps({"text": OTHER}))[2] == f"added 1; {where} holds 2 documents\n"


def test_only_what_is_new_is_added_if_asked(quality, where, crawl):
    code, out, err = quality("add", where, crawl, "--if-new")

    assert (code, out.split("\t")[0], out.split("\t")[2]) == (0, f"{crawl}:3", "https://news.example/bread\n")
    assert err == f"added 2; {where} holds 2 documents\n"


def test_claims_are_json_objects_in_order(quality, where, crawl):
    _, out, _ = quality("add", where, crawl, "--if-new", "--json")

    assert [(answer["new"], answer["duplicate_of"] and answer["duplicate_of"]["id"]) for answer in objects(out)] == [
        (True, None),
        (True, None),
        (False, "https://news.example/bread"),
    ]


def test_text_files_folders_and_standard_input_are_read(quality, where, tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "a.txt").write_text(STORY)
    quality("add", where, tmp_path / "pages")
    quality("add", where, "-", stdin=OTHER)
    quality("add", where, "-", stdin=json.dumps({"id": "again", "text": OTHER}) + "\n")

    with open_index(str(where)) as index:
        assert [match.id for match in index.near_copies(STORY)] == [str(tmp_path / "pages" / "a.txt")]
        assert [match.id for match in index.near_copies(OTHER)] == ["again", text_id(OTHER)]


@pytest.mark.parametrize("form", ["{}", '{{"text": "{}"}}\n', '{{"text": "{}", "date": "2026-05-01"}}\n'])
def test_texts_that_are_piped_in_without_an_id_do_not_replace_each_other(quality, where, form):
    for text in (STORY, OTHER, STORY):
        quality("add", where, "-", stdin=form.format(text))
    _, out, _ = quality("query", where, "-", "--json", stdin=form.format(STORY))

    assert [(answer["id"], answer["known"]) for answer in objects(out)] == [(text_id(STORY), True)]
    with open_index(str(where)) as index:
        assert (len(index), [match.id for match in index.near_copies(OTHER)]) == (2, [text_id(OTHER)])


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_lines_in_a_file_without_a_suffix_are_texts_each(quality, where, crawl, mark):
    bare = crawl.rename(crawl.with_suffix(""))
    bare.write_bytes(mark + bare.read_bytes())

    assert quality("add", where, bare)[2] == f"added 3; {where} holds 3 documents\n"


def test_files_of_crawlers_are_read_as_the_filter_reads_them(quality, where, tmp_path):
    line = json.dumps({"url": "https://news.example/ferry", "maintext": STORY, "date_publish": "2026-05-01 08:30:00"}).encode()
    (tmp_path / "crawl.jl.gz").write_bytes(gzip.compress(line + b"\n"))
    (tmp_path / "one.json").write_text(json.dumps({"id": "bread", "text": OTHER}))
    code, _, err = quality("add", where, tmp_path / "crawl.jl.gz", tmp_path / "one.json")

    assert (code, err) == (0, f"added 2; {where} holds 2 documents\n")
    with open_index(str(where)) as index:
        assert "https://news.example/ferry" in index
        assert "bread" in index


def test_lines_on_standard_input_go_in_before_it_ends(where):
    filler = json.dumps({"text": OTHER[:40]}) + "\n"
    command = [sys.executable, "-m", "classifier.cli", "index", "add", str(where), "-", "--if-new", "--json"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps({"id": "ferry", "text": STORY}) + "\n" + filler * 600)
    process.stdin.flush()

    assert json.loads(process.stdout.readline()) == {"id": "ferry", "new": True, "duplicate_of": None}
    process.communicate()


def test_a_query_tells_copies_and_sources_with_their_evidence(quality, filled):
    _, out, _ = quality("query", filled, "-", "--json", stdin=RETOLD)
    (answer,) = objects(out)
    (source,) = answer["sources"]
    quoted = {RETOLD[piece["start"] : piece["end"]]: STORY[piece["source_start"] : piece["source_end"]] for piece in source["evidence"]}

    assert (answer["id"], answer["near_copies"], source["id"]) == (text_id(RETOLD), [], "ferry")
    assert quoted["Marit Quellander"] == "Marit Quellander"


def test_a_copy_is_no_source_too(quality, filled):
    copy = STORY.replace("the harbor master", "who runs the harbor,").replace("last year", "in the year before")
    _, lines, _ = quality("query", filled, "-", "--json", stdin=copy)
    _, table, _ = quality("query", filled, "-", stdin=copy)
    (answer,) = objects(lines)

    assert ([match["id"] for match in answer["near_copies"]], answer["sources"]) == (["ferry"], [])
    assert ("copy of" in table, "retold from" in table) == (True, False)


def test_a_query_is_a_table_without_json(quality, filled):
    _, out, _ = quality("query", filled, "-", stdin=RETOLD)

    assert "retold from" in out
    assert "ferry" in out
    assert "Marit Quellander" in out


def test_a_text_that_is_like_nothing_is_new(quality, filled):
    _, out, _ = quality("query", filled, "-", stdin="Nothing like this was ever told before in any town of the valley.")

    assert "new" in out


def test_a_text_that_is_in_the_index_under_its_id_is_not_called_new(quality, filled, crawl):
    _, table, _ = quality("query", filled, crawl)
    _, lines, _ = quality("query", filled, crawl, "--json")

    assert "known, and like no other" in table
    assert "new" not in table.replace("news.example", "")
    assert [answer["known"] for answer in objects(lines)] == [True, True, True]


def test_wrapping_does_not_hide_a_copy(quality, where, tmp_path):
    wrapping = "Subscribe to our newsletter\nShare this article\nRead also: Ten recipes\n" * 12
    (tmp_path / "one.txt").write_text(f"{STORY}\n")
    (tmp_path / "two.txt").write_text(f"{wrapping}\n{STORY}\n{wrapping}")
    quality("add", where, tmp_path / "one.txt")
    _, out, _ = quality("query", where, tmp_path / "two.txt", "--json")

    assert [match["similarity"] >= 0.9 for match in objects(out)[0]["near_copies"]] == [True]


def test_info_counts(quality, filled):
    _, out, _ = quality("info", filled, "--json")
    (answer,) = objects(out)

    assert (answer["where"], answer["documents"]) == (str(filled), 3)
    assert "3" in quality("info", filled)[1]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{oops", "no JSON"),
        ('{"headline": "A", "words": "B"}', 'found "headline", "words"'),
        ('["text"]', "a list"),
        ('{"text": 7}', "text"),
        ("\udcff".encode("utf-8", "surrogateescape"), "no JSON"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_the_rest_goes_in(quality, where, tmp_path, line, told):
    path = tmp_path / "odd.jsonl"
    content = line if isinstance(line, bytes) else line.encode()
    path.write_bytes(content + b"\n\n" + json.dumps({"id": "ferry", "text": STORY}).encode() + b"\n")
    code, _, err = quality("add", where, path)

    assert code == 2
    assert f"error: {path}:1: " in err
    assert told in err
    assert "added 1;" in err


@pytest.mark.parametrize("options", [[], ["--if-new"]])
def test_a_record_with_an_endless_id_is_named_and_the_rest_goes_in(quality, where, tmp_path, options):
    path = tmp_path / "odd.jsonl"
    path.write_text("".join(json.dumps({"id": id, "text": text}) + "\n" for id, text in (("x" * 10_001, OTHER), ("ferry", STORY))))
    code, _, err = quality("add", where, path, *options)

    assert code == 2
    assert "an id of 10,001 characters; it may have 10,000" in err
    assert "added 1;" in err


def test_a_missing_file_is_named(quality, where, tmp_path):
    code, _, err = quality("add", where, tmp_path / "none.jsonl")

    assert (code, f"error: {tmp_path / 'none.jsonl'}: no such file" in err) == (2, True)


@pytest.mark.parametrize("command", ["query", "info"])
def test_an_index_that_is_not_there_is_not_made(quality, where, tmp_path, command):
    (tmp_path / "a.txt").write_text(STORY)
    code, _, err = quality(command, where, *([tmp_path / "a.txt"] if command == "query" else []))

    assert (code, where.exists()) == (2, False)
    assert f"{where}: no such index" in err


@pytest.mark.parametrize("command", ["query", "info"])
def test_an_empty_file_is_not_made_an_index(quality, where, crawl, command):
    where.touch()
    code, _, err = quality(command, where, *([crawl] if command == "query" else []))

    assert (code, where.stat().st_size) == (2, 0)
    assert f"{where}: no such index" in err


def test_a_name_that_no_file_could_have_is_no_index(quality):
    assert quality("info", "a" * 5_000)[2].endswith("quality index add " + "a" * 5_000 + " INPUT\n")


def test_an_index_in_memory_is_refused(quality):
    code, _, err = quality("info", ":memory:")

    assert (code, "ends with this command" in err) == (2, True)


def test_a_file_that_is_no_index_is_named_and_kept(quality, where, crawl):
    where.write_text("no database" * 100)
    code, _, err = quality("add", where, crawl)

    assert (code, where.read_text()) == (2, "no database" * 100)
    assert f"{where}: no index, or a damaged one" in err


def test_what_sqlite_keeps_beside_an_open_index_is_no_text(quality, tmp_path, monkeypatch):
    (tmp_path / "ferry.txt").write_text(STORY)
    monkeypatch.chdir(tmp_path)

    for _ in range(2):
        assert quality("add", "near.sqlite", ".")[0] == 0
    assert quality("info", "near.sqlite")[1].split()[6:8] == ["near.sqlite", "1"]


def test_an_id_cannot_forge_a_line(quality, where, tmp_path):
    path = tmp_path / "forged.jsonl"
    path.write_text("".join(json.dumps({"id": id, "text": STORY}) + "\n" for id in ("ferry", "a\nzzz\t0.99\tb")))
    code, out, _ = quality("add", where, path, "--if-new")

    assert code == 0
    assert len(out.splitlines()) == 1
    assert out.count("\t") == 2
