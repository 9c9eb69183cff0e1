"""What `quality stories` prints and writes."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from test_stories import BREAD, REPORT, RETOLD

from classifier import Document, cli, find_stories

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def quality(monkeypatch, capsys):
    """Run `quality stories` inside this process: exit code, output, errors."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["quality", "stories", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        printed = capsys.readouterr()
        return left.value.code or 0, printed.out, printed.err

    return run


@pytest.fixture
def crawl(tmp_path):
    rows = [
        {"id": "report", "text": REPORT, "date": "2019-03-15"},
        {"id": "retold", "text": RETOLD, "date": "2019-03-17"},
        {"id": "bread", "text": BREAD},
    ]
    path = tmp_path / "crawl.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_json_is_what_the_python_api_says(quality, crawl):
    documents = [
        Document(REPORT, id="report", date="2019-03-15"),
        Document(RETOLD, id="retold", date="2019-03-17"),
        Document(BREAD, id="b"),
    ]
    code, out, _ = quality(crawl, "--json")

    assert (code, [json.loads(line) for line in out.splitlines()]) == (0, [story.to_dict() for story in find_stories(documents)])


def test_a_story_is_a_tree_of_plain_lines_in_a_pipe(quality, crawl):
    code, out, err = quality(crawl)
    head, report, retold, end = out.split("\n", 3)

    assert (code, head, report, end) == (0, "story 1: 2 texts", "  report  report  origin", "\n")
    assert retold.startswith("    retold  rewrite 1.00  ")
    assert err == "3 texts: 1 story with 2 of them\n"


def test_a_story_is_drawn_on_a_terminal(crawl):
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "NO_COLOR": "1"}
    subprocess.run([sys.executable, "-m", "classifier.cli", "stories", "-q", str(crawl)], stdout=theirs, env=environment, check=True)
    os.close(theirs)
    drawn = os.read(ours, 65536).decode()
    os.close(ours)

    assert "└── report  report  origin" in drawn
    assert "    └── retold  rewrite" in drawn


def test_the_page_is_written(quality, crawl, tmp_path):
    code, _, err = quality(crawl, "--html", tmp_path / "out.html")

    assert (code, f"wrote {tmp_path / 'out.html'}" in err) == (0, True)
    assert "1 story" in (tmp_path / "out.html").read_text()


def test_a_page_that_cannot_be_written_is_told(quality, crawl, tmp_path):
    code, _, err = quality(crawl, "--html", tmp_path)

    assert (code, f"{tmp_path}: is a directory" in err) == (2, True)


def test_one_id_with_two_texts_is_told(quality, tmp_path):
    path = tmp_path / "twice.jsonl"
    path.write_text(json.dumps({"id": "a", "text": REPORT}) + "\n" + json.dumps({"id": "a", "text": BREAD}) + "\n")
    code, _, err = quality(path)

    assert code == 0
    assert "a: this id stands more than once with different texts; the first of them is taken." in err
    assert "1 texts: 0 stories" in err


def test_a_text_cannot_command_the_terminal(quality, tmp_path):
    path = tmp_path / "odd.jsonl"
    path.write_text(json.dumps({"id": "a\x1b[31m", "text": REPORT}) + "\n" + json.dumps({"id": "b", "text": RETOLD}) + "\n")

    assert "\x1b" not in quality(path)[1]


def test_the_page_does_not_take_the_place_of_what_is_read(quality, crawl):
    before = crawl.read_bytes()
    code, _, errors = quality(crawl, "--html", crawl.parent / "." / crawl.name)

    assert code == 2
    assert "would take the place of what is read" in errors
    assert crawl.read_bytes() == before


@pytest.mark.parametrize("page", ["deep/report.txt", "link.html"])
def test_the_page_does_not_take_the_place_of_a_text_of_a_folder(quality, tmp_path, page):
    texts = tmp_path / "texts"
    (texts / "deep").mkdir(parents=True)
    (texts / "deep" / "report.txt").write_text(REPORT)
    (texts / "link.html").symlink_to(texts / "deep" / "report.txt")
    code, out, errors = quality(texts, "--html", texts / page)

    assert (code, out) == (2, "")
    assert "would take the place of what is read" in errors
    assert (texts / "deep" / "report.txt").read_text() == REPORT


def test_a_page_in_a_folder_of_texts_may_be_written_again(quality, tmp_path):
    (tmp_path / "report.txt").write_text(REPORT)

    assert [quality(tmp_path, "--html", tmp_path / "page.html")[0] for _ in range(2)] == [0, 0]


def test_a_folder_that_is_not_there_is_told_before_anything_is_read(quality, crawl, tmp_path):
    code, out, errors = quality(crawl, "--html", tmp_path / "none" / "page.html")

    assert (code, out) == (2, "")
    assert f"there is no folder {tmp_path / 'none'}" in errors


def test_an_address_that_is_none_stops_nothing(quality, tmp_path):
    rows = [{"id": "a", "text": REPORT, "url": "http://[::1/x"}, {"id": "b", "text": RETOLD, "url": "http://a\u2100b.example/x"}]
    path = tmp_path / "crawl.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, out, _ = quality(path)

    assert code == 0
    assert "story 1: 2 texts" in out
