"""The programs in examples/ do what they say."""

import json
import os
import subprocess
import sys
from html import escape
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
REPORT = (ROOT / "seeds/original/inquest-quarry-lake-teenager.txt").read_text(encoding="utf-8")
RELEASE = (ROOT / "seeds/filler/release-dressed-as-news-bank.txt").read_text(encoding="utf-8")


def run(folder, *command, given=""):
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return done


def test_the_crawler_keeps_the_report_once(tmp_path):
    pages = [{"url": "https://herald.example/1", "text": REPORT}, {"url": "https://thief.example/1", "text": REPORT}]
    pages += [{"url": "https://bank.example/1", "text": RELEASE}, {"price": 3}]

    done = run(tmp_path, str(ROOT / "examples/crawler.py"), given="\n".join(map(json.dumps, pages)))

    assert [json.loads(line)["url"] for line in done.stdout.splitlines()] == ["https://herald.example/1"]
    assert done.stderr == "line 4: KeyError('text')\n"


def test_the_spider_follows_links_and_keeps_reports(tmp_path):
    pytest.importorskip("scrapy")
    pytest.importorskip("trafilatura")
    for name, text in (("report", REPORT), ("copy", REPORT), ("release", RELEASE)):
        paragraphs = "".join(f"<p>{escape(line)}</p>" for line in text.splitlines() if line)
        (tmp_path / f"{name}.html").write_text(f"<html><body><article>{paragraphs}</article></body></html>", encoding="utf-8")
    links = "".join(f'<a href="{name}.html">{name}</a>' for name in ("report", "copy", "release"))
    (tmp_path / "index.html").write_text(f"<html><body><p>Today</p>{links}</body></html>", encoding="utf-8")
    start = (tmp_path / "index.html").as_uri()

    run(tmp_path, "-m", "scrapy", "runspider", str(ROOT / "examples/spider.py"), "-a", f"start={start}", "-O", "kept.jsonl")

    kept = [json.loads(line) for line in (tmp_path / "kept.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [Path(page["url"]).stem in {"report", "copy"} and page["quality"]["label"] for page in kept] == ["original"]
