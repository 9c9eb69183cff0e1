"""The pipeline for Scrapy: what is dropped and under which name, what is told of the rest, and a whole crawl."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("scrapy", reason="needs the extra [scrapy]")

import scrapy
from scrapy.exceptions import NotConfigured
from scrapy.settings import Settings as Given
from scrapy.utils.test import get_crawler

from classifier import QualityError, open_index
from classifier.scrapy import DROPPED, QualityPipeline, Rejected, Settings

ROOT = Path(__file__).resolve().parent.parent
REPORT = (ROOT / "seeds/original/inquest-quarry-lake-teenager.txt").read_text(encoding="utf-8")
RELEASE = (ROOT / "seeds/filler/release-dressed-as-news-bank.txt").read_text(encoding="utf-8")
SIGN_UP = "\n\nSign up for our newsletter and never miss a story.\n"


class Article(scrapy.Item):
    body = scrapy.Field()
    quality = scrapy.Field()


class Bare(scrapy.Item):
    body = scrapy.Field()


def pipeline(**settings):
    crawler = get_crawler(settings_dict={f"QUALITY_{name.upper()}": value for name, value in settings.items()})
    return QualityPipeline.from_crawler(crawler), crawler.stats


def test_what_is_kept_says_what_was_found():
    judge, stats = pipeline()

    item = judge.process_item({"text": REPORT, "url": "https://herald.example/quarry"})

    assert (item["quality"]["place"], item["quality"]["label"]) == ("kept", "original")
    assert item["text"] == REPORT
    assert stats.get_value("quality/kept") == 1


def test_what_is_not_wanted_is_dropped_under_its_reason():
    judge, stats = pipeline()

    with pytest.raises(DROPPED["filler"], match=r"https://bank\.example/x: filler \(\d\d%\)") as dropped:
        judge.process_item({"text": RELEASE, "url": "https://bank.example/x"})

    assert type(dropped.value).__name__ == "Filler"  # the name that Scrapy counts
    assert dropped.value.log_level == "DEBUG"
    assert stats.get_value("quality/rejected") == 1


def test_an_item_is_only_tagged_where_that_is_asked():
    judge, _ = pipeline(action="tag")

    item = judge.process_item({"text": RELEASE})

    assert (item["quality"]["place"], item["quality"]["reason"]) == ("rejected", "filler")


@pytest.mark.parametrize("name", ["text", "maintext", "body", "articleBody"])
def test_the_fields_of_crawlers_are_known(name):
    judge, _ = pipeline()

    assert judge.process_item({name: REPORT})["quality"]["label"] == "original"


def test_a_field_of_another_name_can_be_named():
    judge, _ = pipeline(text_field="story")

    assert judge.process_item({"story": REPORT, "text": "Menu"})["quality"]["label"] == "original"


def test_a_declared_item_needs_a_field_for_it(caplog):
    judge, _ = pipeline()

    assert judge.process_item(Article(body=REPORT))["quality"]["label"] == "original"
    assert "quality" not in judge.process_item(Bare(body=REPORT))
    judge.process_item(Bare(body=REPORT))
    assert [record.getMessage() for record in caplog.records] == [
        "Bare has no field 'quality' to tell the verdict in. Declare it: quality = scrapy.Field()"
    ]


def test_an_item_without_a_text_passes_and_is_counted(caplog):
    judge, stats = pipeline()

    assert [judge.process_item({"price": price}) for price in (3, 4)] == [{"price": 3}, {"price": 4}]
    assert stats.get_value("quality/unread") == 2
    assert len(caplog.records) == 1
    assert 'no text field; found "price"' in caplog.text


def test_boilerplate_is_cut_where_that_is_asked():
    judge, _ = pipeline(clean=True)

    item = judge.process_item({"text": REPORT + SIGN_UP})

    assert "newsletter" not in item["text"]
    assert "newsletter" in pipeline()[0].process_item({"text": REPORT + SIGN_UP})["text"]


def test_a_near_copy_of_what_was_kept_is_dropped(tmp_path):
    judge, _ = pipeline(index=str(tmp_path / "near.sqlite"))
    judge.process_item({"text": REPORT, "url": "https://herald.example/quarry"})

    with pytest.raises(DROPPED["copy"], match=r"near copy of https://herald\.example/quarry \(similarity 1\.00\)"):
        judge.process_item({"text": REPORT, "url": "https://thief.example/quarry"})


def test_a_text_without_id_or_address_is_kept_once_a_crawl(tmp_path):
    for _ in range(2):
        judge, _ = pipeline(index=str(tmp_path / "near.sqlite"))
        judge.process_item({"text": REPORT})
        with pytest.raises(DROPPED["copy"]):
            judge.process_item({"text": REPORT})
        judge.close_spider()


def test_a_crawl_that_starts_again_keeps_what_it_kept(tmp_path):
    for _ in range(2):
        judge, stats = pipeline(index=str(tmp_path / "near.sqlite"))
        judge.process_item({"text": REPORT, "url": "https://herald.example/quarry"})
        judge.process_item({"text": REPORT.replace("Tuesday", "Friday"), "url": "https://herald.example/quarry"})
        judge.process_item({"text": "The mill at Ostrow burned down on Sunday, the fire brigade said. " * 9})
        judge.close_spider()

        assert stats.get_value("quality/kept", 0) + stats.get_value("quality/aside", 0) == 3


def test_what_is_rejected_is_not_remembered(tmp_path):
    where = str(tmp_path / "near.sqlite")
    judge, _ = pipeline(index=where)
    with pytest.raises(Rejected):
        judge.process_item({"text": RELEASE})
    judge.close_spider()

    with open_index(where) as index:
        assert len(index) == 0


def test_settings_from_a_shell_are_read_as_what_they_are():
    given = {"KEEP": "original,rewrite", "MIN_WORDS": "80", "MIN_QUALITY": "0.2", "CLEAN": "1", "INDEX": "redis://host/0", "ACTION": "tag"}

    settings = Settings.read(Given({f"QUALITY_{name}": value for name, value in given.items()}))

    decisions = settings.decisions
    assert (decisions.keep, decisions.min_words, decisions.min_quality, decisions.clean) == (("original", "rewrite"), 80, 0.2, True)
    assert (decisions.dedup, settings.action) == (True, "tag")


def test_it_can_be_switched_off():
    with pytest.raises(NotConfigured):
        pipeline(enabled="0")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("min_qualty", 0.5, "QUALITY_MIN_QUALTY: no such setting. Choose among QUALITY_ACTION, "),
        ("min_quality", 2, "QUALITY_MIN_QUALITY: 2.0 is out of range. Give a number from 0 to 1."),
        ("min_words", "many", "QUALITY_MIN_WORDS: 'many' cannot be read"),
        ("keep", "news", "QUALITY_KEEP: 'news' is no label. Choose among original, rewrite, filler."),
        ("action", "burn", "QUALITY_ACTION: 'burn' is no choice. Choose among drop, tag."),
        ("drop_derived", True, "QUALITY_DROP_DERIVED: there is nothing to compare with. Name an index"),
        ("index", "ftp://x", "'ftp://x' is no place for an index."),
    ],
)
def test_a_wrong_setting_is_an_error(name, value, message):
    with pytest.raises(QualityError, match="^" + message.replace(".", r"\.").replace("(", r"\(")):
        pipeline(**{name: value})


SPIDER = """
import scrapy

class Pages(scrapy.Spider):
    name = "pages"
    custom_settings = {"ADDONS": {"classifier.scrapy.QualityAddon": 300}, "LOG_LEVEL": "INFO"}

    async def start(self):
        for number, text in enumerate((REPORT, REPORT, RELEASE)):
            yield {"text": text, "url": f"https://herald.example/{number}"}
""".replace("REPORT", repr(REPORT)).replace("RELEASE", repr(RELEASE))


def test_a_crawl_writes_what_is_kept_and_counts_the_rest(tmp_path):
    (tmp_path / "spider.py").write_text(SPIDER, encoding="utf-8")
    command = [sys.executable, "-m", "scrapy", "runspider", "spider.py", "-s", "QUALITY_INDEX=near.sqlite", "-O", "kept.jsonl"]

    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )

    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["url"] for line in (tmp_path / "kept.jsonl").read_text().splitlines()] == ["https://herald.example/0"]
    for told in ("'item_dropped_reasons_count/Copy': 1", "'item_dropped_reasons_count/Filler': 1", "'quality/kept': 1"):
        assert told in done.stderr
