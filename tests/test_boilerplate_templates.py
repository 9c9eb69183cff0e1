from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from classifier import Scorer
from classifier.boilerplate import judge, lines
from classifier.boilerplate import templates as module
from classifier.boilerplate.sheet import lay_out
from classifier.boilerplate.templates import Templates, site_of
from classifier.document import Document, read
from classifier.errors import IndexFormatError, InputError, QualityError
from classifier.index import open_index

BIO = "Odile Farrant has walked the quays of Port Ellery since the herring years and keeps a goat."
QUOTE = "“The slip was built for a smaller sea than this one,” the harbour master said on Tuesday."


def story(number: int, *lines: str, host: str = "mercury.example") -> Document:
    own = [f"Story {number} tells of boat {chr(65 + number % 26)}{chr(97 + number // 26)} and of her crew of {number}, the clerk said."]
    return Document("\n".join([*own, *lines]), url=f"https://www.{host}/news/{number}")


def cut(document: Document, templates: Templates) -> list[str]:
    """The lines of a page that are boilerplate once it is known what its site repeats."""
    batch = read([document])
    judge(batch, templates)
    (found,) = lines(batch)
    return [line.text for line in found]


def contents(templates: Templates) -> list[tuple[object, ...]]:
    run = templates._connection.execute
    return [*run("SELECT * FROM pages ORDER BY 1, 2"), *run("SELECT * FROM lines ORDER BY 1, 2, 3")]


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.mercury.example/a?b=1", "mercury.example"),
        ("http://News.example:8080/", "news.example"),
        ("not a url", None),
        (None, None),
        ("http://[", None),
    ],
)
def test_the_site_is_the_host(url, site):
    assert site_of(Document("", url=url)) == site


def test_a_line_that_many_pages_share_is_cut():
    pages = [story(number, BIO) for number in range(24)]
    with Templates() as templates:
        assert templates.learn(pages) == 24
        assert BIO in cut(story(30, BIO), templates)


@pytest.mark.parametrize(
    ("line", "pages", "weighed"),
    [
        ("More from the harbour", 2, False),
        ("More from the harbour", 3, True),
        (QUOTE, 3, False),
        (QUOTE, 4, False),
        (QUOTE, 5, True),
    ],
)
def test_a_line_weighs_from_three_pages_and_a_sentence_from_five(line, pages, weighed):
    with Templates() as templates:
        templates.learn([*(story(number, line) for number in range(pages)), *(story(number) for number in range(pages, 20))])
        page = story(1, line)
        assert (templates.weigh([page], lay_out(read([page]))) > 0).tolist() == [False, weighed]


def test_numbers_do_not_make_a_line_another():
    with Templates() as templates:
        templates.learn(story(number, f"Filed under harbour, {number} replies") for number in range(5))
        assert 5 in templates.counts("mercury.example").values()


def test_lines_of_numbers_alone_are_never_templates():
    with Templates() as templates:
        templates.learn(story(number, "2024", "***") for number in range(5))
        assert templates.counts("mercury.example") == {}


def test_order_and_workers_do_not_matter(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PAGES", 8)
    pages = [story(number % 20, BIO, host=f"site{number % 2}.example") for number in range(40)]
    shuffled = random.Random(7).sample(pages, len(pages))
    with Templates() as one, Templates(tmp_path / "a") as first, Templates(tmp_path / "b") as second:
        one.learn(pages)
        first.learn(shuffled[:15])
        second.learn(shuffled[15:])
        first.merge(tmp_path / "b")
        assert contents(one) == contents(first)


def test_a_site_of_many_pages_stays_small(monkeypatch):
    monkeypatch.setattr(module, "PAGES", 10)
    with Templates() as templates:
        templates.learn(story(number, BIO) for number in range(100))
        (pages,) = templates._connection.execute("SELECT count(*) FROM pages").fetchone()
        (lines,) = templates._connection.execute("SELECT count(*) FROM lines").fetchone()
    assert pages == 10
    assert lines <= 20


def test_a_page_seen_twice_counts_once():
    with Templates() as templates:
        templates.learn([story(1, BIO)] * 9)
        assert templates.counts("mercury.example") == {}


@pytest.mark.parametrize(
    ("address", "pages"),
    [
        ("a?fbclid={}", 1),
        ("a?gclid={}#top", 1),
        ("a?igshid={}", 1),
        ("a?mc_cid={}&mc_eid=x", 1),
        ("a/?utm_source=mail&utm_campaign={}", 1),
        ("a?page={}&utm_source=mail", 9),
        ("a{}", 9),
    ],
)
def test_marks_of_campaigns_and_clicks_make_no_other_page(address, pages):
    with Templates() as templates:
        templates.learn(Document(BIO, url=f"https://mercury.example/{address.format(number)}") for number in range(9))
        assert set(templates.counts("mercury.example").values()) == ({pages} if pages > 1 else set())


def test_pages_without_a_url_are_passed_over():
    with Templates() as templates:
        assert templates.learn([Document(BIO)] * 9) == 0


def test_what_was_learned_is_kept(tmp_path):
    with Templates(tmp_path / "t.sqlite") as templates:
        templates.learn(story(number, BIO) for number in range(9))
    with Templates(tmp_path / "t.sqlite") as again:
        assert again.counts("mercury.example")


def test_a_file_that_is_no_store_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, only some notes on ferries\n" * 40, encoding="utf-8")
    with pytest.raises(IndexFormatError, match=r"notes\.txt: not a store of templates"):
        Templates(path)


def test_a_store_of_another_version_is_refused(tmp_path):
    Templates(tmp_path / "t.sqlite").close()
    connection = sqlite3.connect(tmp_path / "t.sqlite")
    with connection:
        connection.execute("UPDATE facts SET value = '99' WHERE name = 'schema'")
    connection.close()
    with pytest.raises(IndexFormatError, match="templates of schema 99"):
        Templates(tmp_path / "t.sqlite")


def test_merging_a_missing_file_is_an_input_error(tmp_path):
    with Templates() as templates, pytest.raises(InputError, match="no such file"):
        templates.merge(tmp_path / "none")


def test_a_site_may_be_named_by_something_else_than_a_host():
    pages = [replace(story(number, BIO), url=None, id=f"mercury/{number}") for number in range(9)]
    with Templates(site=lambda document: (document.id or "").partition("/")[0]) as templates:
        assert templates.learn(pages) == 9
        assert set(templates.counts("mercury").values()) == {9}


def test_few_sites_are_held_in_memory(monkeypatch):
    monkeypatch.setattr(module, "_SITES", 2)
    with Templates() as templates:
        templates.learn(story(number, BIO, host=f"site{number % 5}.example") for number in range(25))
        assert all(templates.counts(f"site{number}.example") for number in range(5))
        assert len(templates._known) == 2


def test_a_scorer_cuts_what_a_site_repeats(tmp_path):
    with Templates(tmp_path / "t.sqlite") as templates:
        templates.learn(story(number, BIO) for number in range(24))
    page = story(30, BIO)

    plain, told = Scorer().score(page), Scorer(templates=tmp_path / "t.sqlite").score(page)

    assert BIO in plain.clean_text
    assert BIO not in told.clean_text
    assert BIO in [line.text for line in told.boilerplate.lines]


def test_a_scorer_with_templates_says_the_same_of_one_text_and_of_many():
    with Templates() as templates:
        templates.learn(story(number, BIO) for number in range(24))
        scorer = Scorer(templates=templates)
        pages = [story(30, BIO), story(31, BIO, host="other.example"), Document(BIO)]
        assert [verdict.to_dict() for verdict in scorer.score_many(pages)] == [scorer.score(page).to_dict() for page in pages]


def test_a_scorer_names_a_missing_file_of_templates(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        Scorer(templates=tmp_path / "none.sqlite")


def test_a_database_of_something_else_is_refused_and_stays_as_it_is(tmp_path):
    connection = sqlite3.connect(tmp_path / "marks.sqlite")
    with connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    before = (tmp_path / "marks.sqlite").read_bytes()
    with pytest.raises(IndexFormatError, match=r"marks\.sqlite: not a store of templates"):
        Templates(tmp_path / "marks.sqlite")

    assert (tmp_path / "marks.sqlite").read_bytes() == before


def test_templates_do_not_move_into_an_index(tmp_path):
    open_index(str(tmp_path / "near.sqlite")).close()

    with pytest.raises(IndexFormatError, match="not a store of templates"):
        Templates.saved(tmp_path / "near.sqlite")


def test_merging_what_is_no_store_is_refused(tmp_path):
    (tmp_path / "empty").touch()
    (tmp_path / "notes.txt").write_text("some notes on ferries\n" * 40, encoding="utf-8")
    Templates(tmp_path / "other").close()
    connection = sqlite3.connect(tmp_path / "other")
    with connection:
        connection.execute("UPDATE facts SET value = '99' WHERE name = 'schema'")
    connection.close()
    with Templates() as templates:
        for name, told in (("empty", "not a store"), ("notes.txt", "not a store"), ("other", "schema 99")):
            with pytest.raises(IndexFormatError, match=told):
                templates.merge(tmp_path / name)
        assert templates.learn([story(1, BIO)]) == 1


def test_a_host_that_no_file_could_hold_is_no_site():
    with Templates() as templates:
        assert templates.learn([Document("We met.", url="http://a\ud800b.example/x")]) == 0


def learned(path: Path) -> Path:
    """A file of templates of sixty pages."""
    with Templates(path) as templates:
        templates.learn(story(number, BIO) for number in range(60))
    return path


def test_a_damaged_file_is_told_by_whoever_reads_it(tmp_path):
    path = learned(tmp_path / "t.sqlite")
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)
    told = r"t\.sqlite: a damaged store of templates \(database disk image is malformed\). Restore a copy, or learn them anew"
    with Templates.saved(path) as templates:
        with pytest.raises(IndexFormatError, match=told):
            templates.counts("mercury.example")
        with pytest.raises(IndexFormatError, match=told):
            templates.learn([story(70, BIO)])
    with pytest.raises(IndexFormatError, match=told):
        Scorer(templates=path).score(story(3, BIO))
    with Templates() as templates, pytest.raises(IndexFormatError, match=told):
        templates.merge(path)


def test_a_file_that_another_process_holds_is_told(tmp_path, monkeypatch):
    path = learned(tmp_path / "t.sqlite")
    monkeypatch.setattr("classifier.sqlite.WAIT_S", 0.05)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with Templates(path) as templates:
        told = r"t\.sqlite: database is locked. Another process has held it for a minute; try again"
        with pytest.raises(QualityError, match=told):
            templates.learn([story(70, BIO)])
        with pytest.raises(QualityError, match=told):
            templates.merge(learned(tmp_path / "other.sqlite"))
        assert templates.counts("mercury.example")
        holder.execute("ROLLBACK")
        holder.close()
        assert templates.learn([story(70, BIO)]) == 1


def test_closed_templates_are_told():
    templates = Templates()
    templates.close()
    with pytest.raises(QualityError, match=r":memory:: these templates are closed. Open them anew"):
        templates.counts("mercury.example")


@contextmanager
def bound_by_modes() -> Iterator[None]:
    """As a user whom the modes of files bind: root may write everywhere."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_scoring_needs_no_write_access_and_learning_says_that_it_does():
    with TemporaryDirectory() as name:  # not below tmp_path, which is closed to other users
        folder, path = Path(name), learned(Path(name) / "t.sqlite")
        path.chmod(0o444)
        folder.chmod(0o555)
        with bound_by_modes(), Templates.saved(path) as templates:
            assert set(templates.counts("mercury.example").values()) == {60}
            with pytest.raises(
                QualityError, match=r"t\.sqlite: attempt to write a readonly database. Make the file and its folder writable"
            ):
                templates.learn([story(70, BIO)])
            with pytest.raises(
                QualityError, match=r"new\.sqlite: unable to open database file. Is the folder there, and may it be written"
            ):
                Templates(folder / "new.sqlite")
        assert [each.name for each in folder.iterdir()] == ["t.sqlite"]
        folder.chmod(0o755)


def test_opening_what_was_learned_writes_nothing(tmp_path):
    path = learned(tmp_path / "t.sqlite")
    before = path.read_bytes()
    with Templates.saved(path) as templates:
        assert templates.counts("mercury.example")
    assert path.read_bytes() == before


def test_an_id_that_is_a_number_names_a_page():
    with Templates(site=lambda _: "mercury") as templates:
        templates.learn(Document(BIO, id=number) for number in (5, 6, 7, 7, 7))  # type: ignore[arg-type]
        assert set(templates.counts("mercury").values()) == {3}
