"""Measures `quality filter` on recombined corpora: documents a second, memory, growth, datatrove beside it, and originals rejected."""

from __future__ import annotations

import argparse
import compileall
import gzip
import json
import math
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CORPORA = ROOT.parent / "shared" / "corpora"
RESULTS = ROOT / "benchmarks" / "results" / "filter.json"
ORIGINALS, RIVAL_DOCUMENTS, TURNS, FILES, COPIES = 300, 5_000, 3, 8, 0.1
_SETS = ("by_eye", "isot_subset", "allsides_multi_outlet", "press_releases", "coupon_pages", "llmfake", "sheepdog", "fakehealth")


def tell(line: str) -> None:
    """Say on stderr what goes on."""
    print(line, file=sys.stderr, flush=True)


def pages(corpora: Path) -> list[str]:
    """The texts that are recombined: of the corpora, or the seeds where there are none."""
    if not corpora.is_dir():
        return [path.read_text(encoding="utf-8") for path in sorted((ROOT / "seeds").glob("*/*.txt"))]
    found = []
    for name in _SETS:
        with gzip.open(corpora / "articles" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            found += [json.loads(line)["text"] for line in lines]
    return found


def recombined(texts: Sequence[str], count: int, draw: random.Random) -> Iterator[dict[str, str]]:
    """So many documents as a crawler would write them: lines of one text with some of another between them; a tenth are near copies."""
    before: list[str] = []
    for number in range(count):
        if before and draw.random() < COPIES:
            text = f"{draw.choice(before)}\nUpdated at {number} hours."
        else:
            main, other = (draw.choice(texts).splitlines() for _ in range(2))
            lines = [line for line in main if draw.random() < 0.8] + draw.sample(other, min(2, len(other)))
            text = "\n".join(lines)
            before = [*before[-999:], text]
        date = f"2024-{number % 12 + 1:02}-01"
        yield {"id": str(number), "url": f"https://site{number % 311}.example/{number}", "date": date, "text": text}


def write_corpus(folder: Path, texts: Sequence[str], count: int) -> int:
    """Write a corpus as some .jsonl.gz files, unless it is there from an earlier time; its characters."""
    if folder.is_dir():
        return sum(map(_characters, folder.iterdir()))
    folder.mkdir(parents=True)
    rows, size = recombined(texts, count, random.Random(5)), 0
    for k in range(FILES):
        with gzip.open(folder / f"{k}.jsonl.gz", "wt", encoding="utf-8", compresslevel=4) as target:
            for row in islice(rows, count // FILES):
                target.write(json.dumps(row, ensure_ascii=False) + "\n")
                size += len(row["text"])
    return size


def _characters(path: Path) -> int:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return sum(len(json.loads(line)["text"]) for line in lines)


CHILD = """
import sys
from classifier import Decisions, filter_corpus
filter_corpus([sys.argv[1]], sys.argv[2], Decisions(dedup=True), jobs=int(sys.argv[3]))
"""


def measured(command: Sequence[str]) -> dict[str, float]:
    """Seconds on the clock and of processors that a command and its children take, and the peak memory of all of them together.

    Seconds of processors are those of the children that were waited for, or what each process was last seen with where that is more:
    datatrove waits for none of its workers.
    """
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL)
    peak, spent = 0, {}
    while process.poll() is None:
        at_work = _session(process.pid)
        spent |= at_work
        peak = max(peak, sum(_resident(pid) for pid in at_work))
        time.sleep(0.2)
    if process.returncode:
        raise SystemExit(f"{command[0]} failed with {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    waited = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    processor = max(waited, sum(spent.values()))
    return {"seconds": time.perf_counter() - begun, "processor": processor, "memory_mb": peak / 1e6}


def _session(leader: int) -> dict[int, float]:
    """The processes of a session, with the seconds of processor that each has taken."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader:
            found[int(path.parent.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return found


def _resident(pid: int) -> int:
    """The bytes of memory that a process has for itself, or its share of those it shares."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def growth(counts: Sequence[int], texts: Sequence[str], jobs: int, room: Path) -> dict[str, Any]:
    """What filtering takes for each number of documents, and by which power of it the processor time grows."""
    found: dict[str, Any] = {}
    for count in counts:
        size = write_corpus(room / str(count), texts, count)
        with tempfile.TemporaryDirectory(dir=room) as out:
            cost = measured([sys.executable, "-c", CHILD, str(room / str(count)), out, str(jobs)])
        rates = {"a_second": count / cost["seconds"], "a_second_of_two_processors": 2 * count / cost["processor"]}
        found[str(count)] = cost | rates | {"characters": size / count}
        tell(f"{count:,} documents: {found[str(count)]}")
    if len(counts) > 1:
        first, last = found[str(counts[0])], found[str(counts[-1])]
        found["power"] = math.log(last["processor"] / first["processor"]) / math.log(counts[-1] / counts[0])
    return found


RIVAL = """
import sys
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
if __name__ == "__main__":
    filters = [GopherRepetitionFilter(), GopherQualityFilter(), C4QualityFilter(), FineWebQualityFilter()]
    steps = [JsonlReader(sys.argv[1]), *filters, JsonlWriter(sys.argv[2])]
    LocalPipelineExecutor(pipeline=steps, tasks=8, workers=2, logging_dir=sys.argv[3]).run()
"""


def rival(python: str, texts: Sequence[str], jobs: int, room: Path) -> dict[str, Any]:
    """What datatrove's four default filters and ours take for the same documents; the median run of some, by processor time."""
    write_corpus(room / "rival", texts, RIVAL_DOCUMENTS)
    program = room / "rival.py"
    program.write_text(RIVAL)
    with tempfile.TemporaryDirectory(dir=room) as out:
        theirs = [python, str(program), str(room / "rival")]
        ours = [sys.executable, "-c", CHILD, str(room / "rival")]
        runs = [
            (measured([*theirs, f"{out}/theirs{turn}", f"{out}/logs{turn}"]), measured([*ours, f"{out}/ours{turn}", str(jobs)]))
            for turn in range(TURNS)
        ]
    datatrove, quality = (sorted(costs, key=lambda cost: cost["processor"])[TURNS // 2] for costs in zip(*runs, strict=True))
    times = {name: datatrove[name] / quality[name] for name in ("seconds", "processor")}
    return {"documents": RIVAL_DOCUMENTS, "turns": TURNS, "datatrove": datatrove, "ours": quality, "times": times}


def rejected_originals(corpora: Path) -> dict[str, Any]:
    """How many originals the default settings reject: of by_eye, read with high confidence, and of fundus, as two readers call them."""
    from fundus import labelled

    from classifier import Decisions, Scorer

    with gzip.open(corpora / "articles" / "by_eye.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    by_eye = [row["text"] for row in rows if row["label"] == "original" and row["confidence"] == "high"]
    fundus = [text for text, label in labelled(corpora) if label == "original"]
    chosen = [*fundus, *random.Random(5).sample(by_eye, ORIGINALS - len(fundus))]
    verdicts = [vars(verdict) | {"words": 1, "boilerplate": verdict.boilerplate.share} for verdict in Scorer().score_many(chosen)]
    gone = [Decisions().decide(verdict).place != "kept" for verdict in verdicts]
    return {"texts": len(chosen), "fundus": len(fundus), "rejected": sum(gone), "of_fundus": sum(gone[: len(fundus)])}


def main() -> None:
    """Measure, print, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rival", metavar="PYTHON", help="an interpreter that has datatrove")
    parser.add_argument("--room", type=Path, metavar="DIR", help="where corpora are kept from one time to the next")
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    compileall.compile_dir(ROOT / "classifier", quiet=2)  # as a package is where it is installed
    texts = pages(CORPORA)
    facts: dict[str, Any] = {"load": os.getloadavg()[0], "cores": os.cpu_count()}
    with tempfile.TemporaryDirectory() as passing:
        room = options.room or Path(passing)
        if CORPORA.is_dir():
            facts["originals"] = rejected_originals(CORPORA)
            tell(str(facts["originals"]))
        if options.rival:
            facts["datatrove"] = rival(options.rival, texts, options.jobs, room)
            tell(str(facts["datatrove"]))
        if options.documents != [0]:
            facts["growth"] = growth(options.documents, texts, options.jobs, room)
    before = json.loads(options.output.read_text()) if options.output.exists() else {}
    options.output.write_text(json.dumps(before | facts, indent=1) + "\n")  # what was not measured keeps its figures
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
