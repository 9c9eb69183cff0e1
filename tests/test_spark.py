"""Spark decides as the local engine does, on a real cluster of two executors."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MASTER = "local-cluster[2,1,1024]"

pytest.importorskip("pyspark", reason="needs pyspark: pip install 'quality-classifier[spark]'")
pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'quality-classifier[filter]'")
if not shutil.which("java"):
    pytest.skip("needs Java 17: apt-get install openjdk-17-jre-headless", allow_module_level=True)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """The project's own texts in three files, with copies, a retelling that names no source, and a record that cannot be read."""
    folder = tmp_path_factory.mktemp("corpus")
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "seeds").glob("*/*.txt"))]
    rows = [
        {"id": f"d{k}", "text": text, "url": f"https://s{k % 5}.example/{k}", "date": f"2024-05-{k % 28 + 1:02}"}
        for k, text in enumerate(texts)
    ]
    long = [row for row in rows if len(row["text"]) > 1_500]
    rows += [row | {"id": f"c{k}", "date": f"2024-{k + 1:02}-01", "text": f"{row['text']}\nUpdated {k}."} for k, row in enumerate(long[:6])]
    rows += [row | {"id": f"e{k}", "text": f"{row['text']}\nUpdated twice."} for k, row in enumerate(long[:3])]
    (folder / "in").mkdir()
    for k in range(3):
        (folder / "in" / f"{k}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows[k::3]) + ("half a li" if k == 1 else ""))
    return folder


def run(code, *arguments):
    """Run a program of Spark in a process of its own: its threads and sockets outlive a test."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYSPARK_PYTHON": sys.executable}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=1500, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout


FILTER = """
import sys
from classifier import Decisions, filter_corpus
decisions = Decisions(keep=("original", "rewrite"), dedup=True, drop_derived=True)
filter_corpus([sys.argv[1]], sys.argv[2], decisions, engine="spark", master=sys.argv[3])
"""


def content(folder):
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and "ledger" not in path.parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_spark_keeps_and_rejects_the_same_as_the_local_engine(corpus):
    from classifier import Decisions, filter_corpus

    decisions = Decisions(keep=("original", "rewrite"), dedup=True, drop_derived=True)
    summary = filter_corpus([corpus / "in"], corpus / "local", decisions, jobs=1)
    run(FILTER, corpus / "in", corpus / "spark", MASTER)

    assert summary.reasons["copy"] == 9
    assert summary.errors == 1
    assert content(corpus / "local") == content(corpus / "spark")


TEMPLATES = """
import sys
from classifier import Decisions, filter_corpus
filter_corpus([sys.argv[1]], sys.argv[2], Decisions(clean=True), engine="spark", master=sys.argv[3], templates=True)
"""


def test_what_sites_repeat_is_cut_on_spark_as_locally(tmp_path):
    from classifier import Decisions, filter_corpus

    repeated = "Ellery Vale looks at the week from the end of the pier"
    with (tmp_path / "in.jsonl").open("w", encoding="utf-8") as lines:
        for number, path in enumerate(sorted((ROOT / "seeds" / "original").glob("*.txt"))[:12]):
            text = path.read_text(encoding="utf-8").replace("\n", f"\n{repeated}\n", 1)
            lines.write(json.dumps({"id": path.stem, "text": text, "url": f"https://ellery.example/{number}"}) + "\n")
    filter_corpus([tmp_path / "in.jsonl"], tmp_path / "local", Decisions(clean=True), jobs=1, templates=True)
    run(TEMPLATES, tmp_path / "in.jsonl", tmp_path / "spark", MASTER)

    kept = content(tmp_path / "local")
    assert repeated not in kept["kept/in.jsonl"].decode()
    assert kept == content(tmp_path / "spark")


FRAME = """
import json, sys
from classifier import Decisions
from classifier.filter.cluster import session
from classifier.spark import filter_frame

spark = session(sys.argv[2])
frame = spark.read.json(sys.argv[1] + "/*.jsonl").where("text is not null").repartition(4)
found = filter_frame(frame, Decisions(keep=("original", "rewrite"), dedup=True))
for row in found.select("id", "quality.place", "quality.reason", "quality.label").collect():
    print(json.dumps(["row", *row]))
spark.stop()
"""


def test_a_frame_gets_the_same_decisions_as_a_column(corpus, tmp_path):
    from classifier import Decisions, filter_corpus

    filter_corpus([corpus / "in"], tmp_path / "out", Decisions(keep=("original", "rewrite"), dedup=True), jobs=1)
    expected = {}
    for place in ("kept", "rejected"):
        for path in (tmp_path / "out" / place).glob("*.jsonl"):
            for line in path.read_text().splitlines():
                row = json.loads(line)
                expected[row["id"]] = [place, row["quality"].get("reason"), row["quality"]["label"]]

    told = [json.loads(line)[1:] for line in run(FRAME, corpus / "in", MASTER).splitlines() if line.startswith('["row"')]

    assert {name: rest for name, *rest in told} == expected
    assert len(told) == len(expected)


def test_a_cluster_that_is_away_is_told(tmp_path):
    code = (
        "import sys\nfrom classifier import QualityError, filter_corpus\n"
        "try: filter_corpus([sys.argv[1]], sys.argv[2], engine='spark', master='nonsense')\n"
        "except QualityError as error: print(error)"
    )
    (tmp_path / "in.txt").write_text("A text.")

    told = run(code, tmp_path / "in.txt", tmp_path / "out")

    assert "Spark does not start at nonsense" in told
    assert told.count("\n") == 1
