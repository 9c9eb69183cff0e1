"""What `quality filter` learns of the sites of a corpus before it scores."""

import json
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'quality-classifier[filter]'")

from classifier import Decisions, Document, filter_again, filter_corpus
from classifier.boilerplate.templates import Templates
from classifier.corpus import FieldNames, find_shards
from classifier.errors import QualityError
from classifier.filter.corpus import Quiet
from classifier.filter.sites import learn

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
REPEATED = "Ellery Vale looks at the week from the end of the pier"


@pytest.fixture(scope="module")
def rows():
    """Reports of one site, each with a line that stands in all of them and that no phrase gives away."""
    found = []
    for number, path in enumerate(sorted((SEEDS / "original").glob("*.txt"))[:12]):
        lines = path.read_text(encoding="utf-8").strip().split("\n")
        lines.insert(max(len(lines) // 2, 1), REPEATED)
        found.append({"id": path.stem, "text": "\n".join(lines), "url": f"https://ellery.example/{number}"})
    return found


@pytest.fixture
def source(tmp_path, rows):
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def cleaned(folder):
    return [json.loads(line)["text"] for path in folder.glob("*/in.jsonl") for line in path.read_text(encoding="utf-8").splitlines()]


def counts(path):
    with Templates(path) as templates:
        return templates.counts("ellery.example")


def test_what_a_site_repeats_is_cut_where_it_is_learned_first(tmp_path, source):
    keep = Decisions(keep=("original", "rewrite", "filler"), clean=True)
    filter_corpus([source], tmp_path / "without", keep, jobs=1)
    filter_corpus([source], tmp_path / "with", keep, jobs=1, templates=True)

    without, learned = (sum(REPEATED in text for text in cleaned(tmp_path / name)) for name in ("without", "with"))
    assert learned < without


def test_workers_change_nothing_of_what_is_learned(tmp_path, source):
    for jobs in (1, 2):
        filter_corpus([source], tmp_path / str(jobs), Decisions(clean=True), jobs=jobs, templates=True)

    one, two = (sorted((path.parent.name, path.read_bytes()) for path in (tmp_path / name).glob("*/in.jsonl")) for name in "12")
    assert one == two != []


def test_learning_that_was_stopped_ends_as_though_it_had_not_been(tmp_path, source, rows):
    shards = find_shards([str(source)], Quiet())
    learn(shards, FieldNames(), tmp_path / "whole.sqlite", lambda _: None)
    with Templates(tmp_path / "stopped.begun") as templates:
        templates.learn(Document(row["text"], id=row["id"], url=row["url"]) for row in rows[:5])
    learn(shards, FieldNames(), tmp_path / "stopped.sqlite", lambda _: None)

    assert counts(tmp_path / "stopped.sqlite") == counts(tmp_path / "whole.sqlite") != {}


def test_a_run_with_templates_can_be_decided_again(tmp_path, source):
    filter_corpus([source], tmp_path / "out", jobs=1, templates=True)
    again = filter_again(tmp_path / "out", Decisions(keep=("rewrite",)), jobs=1)

    assert again.kept + again.rejected + again.aside == 12


def test_a_run_of_another_format_is_refused(tmp_path, source):
    filter_corpus([source], tmp_path / "out", jobs=1)
    record = tmp_path / "out" / "run.json"
    record.write_text(json.dumps(json.loads(record.read_text(encoding="utf-8")) | {"format": 0, "version": "0.0.9"}), encoding="utf-8")

    with pytest.raises(QualityError, match=r"another version of quality \(0\.0\.9\)"):
        filter_again(tmp_path / "out", Decisions(), jobs=1)
