"""Measures how fast `quality` is beside datatrove's filters, what one command costs, and how much memory a long stream takes."""

from __future__ import annotations

import os

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")  # one core on every side

import argparse
import compileall
import gzip
import json
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CORPORA = ROOT.parent / "shared" / "corpora"
RESULTS = ROOT / "benchmarks" / "results"
MARKS = (10_000, 100_000)  # documents after which the memory of a stream is read
DOCUMENTS, ROUNDS, COMMAND_ROUNDS = 1000, 5, 7
Job = Callable[[Sequence[str]], object]


def tell(line: str) -> None:
    """Say on stderr what goes on."""
    print(line, file=sys.stderr, flush=True)


def texts(corpora: Path, count: int) -> tuple[list[str], str]:
    """So many texts, always the same, and where they are from: pages of by_eye, or the seeds recombined where there are no corpora."""
    path = corpora / "articles" / "by_eye.jsonl.gz"
    if not path.exists():
        return list(islice(recombined(seeds(), random.Random(5)), count)), "seeds, recombined"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        pages = [json.loads(line)["text"] for line in lines]
    return random.Random(5).sample(pages, min(count, len(pages))), "by_eye"


def seeds() -> list[str]:
    """The project's own exemplars."""
    return [path.read_text(encoding="utf-8") for path in sorted((ROOT / "seeds").glob("*/*.txt"))]


def recombined(pages: Sequence[str], draw: random.Random) -> Iterator[str]:
    """New pages without end, each of lines drawn from three of the given ones, so that no two are alike."""
    while True:
        lines = [line for page in draw.sample(pages, 3) for line in page.splitlines() if line.strip()]
        yield "\n\n".join(draw.sample(lines, max(1, len(lines) // 3)))


def scorer_jobs() -> dict[str, Job]:
    """Our two ways to score."""
    from classifier import Scorer

    scorer = Scorer()

    def many(pages: Sequence[str]) -> object:
        return sum(1 for _ in scorer.score_many(pages))

    def one_by_one(pages: Sequence[str]) -> object:
        return [scorer.score(page).label for page in pages]

    return {"score_many": many, "score": one_by_one}


def datatrove_jobs() -> dict[str, Job]:
    """FineWeb's chain of datatrove filters, which a text leaves at the first that drops it; {} where datatrove is not installed."""
    if find_spec("datatrove") is None:
        tell("datatrove is not installed, so it is left out. `make bench` installs it; by hand: pip install 'datatrove[processing]' spacy")
        return {}
    filters, document = import_module("datatrove.pipeline.filters"), import_module("datatrove.data").Document
    chain = [
        filters.GopherRepetitionFilter(),
        filters.GopherQualityFilter(),
        filters.C4QualityFilter(filter_no_terminal_punct=False),
        filters.FineWebQualityFilter(),
    ]

    def kept(pages: Sequence[str]) -> object:
        return sum(all(passes(each, document(text=page, id=str(place))) for each in chain) for place, page in enumerate(pages))

    def passes(each: Any, page: Any) -> bool:
        answer = each.filter(page)
        return bool(answer[0] if isinstance(answer, tuple) else answer)

    return {"datatrove": kept}


def rates(jobs: dict[str, Job], pages: Sequence[str], rounds: int) -> dict[str, dict[str, float]]:
    """Documents a second of each job: medians over rounds in which the jobs take turns, by the processor's clock and by the wall's."""
    for job in jobs.values():
        job(pages[:20])  # what is loaded or built once is no cost of a document
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in jobs}
    for number in range(1, rounds + 1):
        for name, job in jobs.items():
            wall, processor = time.perf_counter(), time.process_time()
            job(pages)
            spent[name].append((time.process_time() - processor, time.perf_counter() - wall))
            tell(f"round {number}/{rounds} {name}: {spent[name][-1][0]:.2f} s of processor")
    count = len(pages)
    return {
        name: {"processor": count / median(p for p, _ in pairs), "wall": count / median(w for _, w in pairs)}
        for name, pairs in spent.items()
    }


def command_cost(rounds: int = COMMAND_ROUNDS) -> dict[str, float]:
    """Processor seconds, user and system, of `quality score FILE` and of importing scikit-learn's linear models; medians, taking turns."""
    beside = Path(sys.executable).with_name("quality")
    quality = [str(beside)] if beside.exists() else [sys.executable, "-c", "from classifier.cli import main; main()"]
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8", delete=False) as page:
        page.write(seeds()[0])
    compileall.compile_dir(ROOT / "classifier", quiet=2)  # as scikit-learn is, and any package where it is installed
    commands = {"quality": [*quality, "score", page.name], "sklearn": [sys.executable, "-c", "import sklearn.linear_model"]}
    try:
        spent: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds + 1):
            for name, command in commands.items():
                spent[name].append(_child_seconds(command))
    finally:
        Path(page.name).unlink()
    quality_seconds, sklearn_seconds = (median(spent[name][1:]) for name in commands)  # the first round fills the disk's cache
    return {"quality_seconds": quality_seconds, "sklearn_seconds": sklearn_seconds, "ratio": quality_seconds / sklearn_seconds}


def _child_seconds(command: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def stream(corpora: Path, marks: Sequence[int]) -> Iterator[tuple[int, float]]:
    """Peak memory in MB after so many documents of one stream through `score_many`; the documents are made on the way."""
    from classifier import Scorer

    pages, _ = texts(corpora, DOCUMENTS)
    verdicts = Scorer().score_many(islice(recombined(pages, random.Random(9)), max(marks)))
    for done, _ in enumerate(verdicts, start=1):
        if done in marks:
            yield done, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform != "darwin" else 1024) / 1024


def memory(corpora: Path, marks: Sequence[int]) -> dict[str, float]:
    """The same in a process of its own, whose peak nothing else has raised."""
    command = [sys.executable, str(Path(__file__).resolve()), "--stream", ",".join(map(str, marks)), "--corpora", str(corpora)]
    found = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}) as child:
        for line in child.stdout or ():
            done, peak = line.split()
            found[done] = float(peak)
            tell(f"{int(done):,} documents: peak {float(peak):.0f} MB")
    if child.returncode:
        raise SystemExit(f"the stream of {max(marks):,} documents ended with code {child.returncode}.")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write the JSON."""
    options = _options(arguments)
    if options.stream:
        for done, peak in stream(options.corpora, options.stream):
            print(done, f"{peak:.1f}", flush=True)
        return 0
    pages, origin = texts(options.corpora, options.documents)
    facts: dict[str, Any] = {"python": platform.python_version(), "machine": platform.machine(), "documents": len(pages), "texts": origin,
                             "mean_characters": round(sum(map(len, pages)) / len(pages))}  # fmt: skip
    facts["documents_a_second"] = found = rates({**scorer_jobs(), **datatrove_jobs()}, pages, options.rounds)
    if "datatrove" in found:
        facts["times_datatrove"] = found["score_many"]["processor"] / found["datatrove"]["processor"]
    facts["command"] = command_cost()
    if options.memory:
        facts["peak_megabytes"] = memory(options.corpora, options.marks)
    print(_told(facts))
    _write(facts, options)
    return 0


def _write(facts: dict[str, Any], options: argparse.Namespace) -> None:
    """The JSON; a trial run on few texts writes only where it is told to."""
    if options.documents < DOCUMENTS and options.output is None:
        tell("A trial run: benchmarks/results keeps what the last full run wrote. Name a folder with --output to keep these figures.")
        return
    path = (options.output or RESULTS) / "speed.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_rounded(facts), indent=1) + "\n", encoding="utf-8")
    tell(f"wrote {path}")


def _told(facts: dict[str, Any]) -> str:
    lines = [f"{facts['documents']} texts ({facts['texts']}), {facts['mean_characters']} characters each; medians, one core"]
    lines += [
        f"  {name:<12} {each['processor']:9.1f} documents a second of processor time ({each['wall']:.1f} by the wall's clock)"
        for name, each in facts["documents_a_second"].items()
    ]
    if "times_datatrove" in facts:
        lines.append(f"  score_many is {facts['times_datatrove']:.1f} times as fast as datatrove's four filters")
    cost = facts["command"]
    lines.append(f"`quality score FILE` takes {cost['quality_seconds']:.3f} s of processor time, {cost['ratio']:.2f} times as much as")
    lines.append(f"`import sklearn.linear_model`, which takes {cost['sklearn_seconds']:.3f} s")
    lines += [f"peak memory after {int(done):,} documents: {peak:.0f} MB" for done, peak in facts.get("peak_megabytes", {}).items()]
    return "\n".join(lines)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return round(value, 3) if isinstance(value, float) else value


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, epilog="Example: python benchmarks/speed.py --memory")
    parser.add_argument("--corpora", type=Path, default=CORPORA, help="folder of the corpora; the seeds are recombined where it is missing")
    parser.add_argument("--documents", "--limit", type=int, default=DOCUMENTS, help="texts to score (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds of which the median counts (default: %(default)s)")
    parser.add_argument("--memory", action="store_true", help="also stream recombined documents and read the peak memory: many minutes")
    parser.add_argument("--marks", type=_counts, default=MARKS, help="documents after which memory is read (default: 10000,100000)")
    parser.add_argument("--output", type=Path, help="folder of speed.json (default: benchmarks/results)")
    parser.add_argument("--stream", type=_counts, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _counts(given: str) -> tuple[int, ...]:
    return tuple(int(count) for count in given.split(","))


if __name__ == "__main__":
    sys.exit(main())
