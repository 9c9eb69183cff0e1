"""Measures `quality` on texts that training has not seen, side by side with TF-IDF and fastText on the same rounds."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the rounds are many and small: more threads only get in each other's way

import argparse
import json
import platform
import sys
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from answers import kept
from folds import FAMILIES, GENERATORS, SOURCES, Fold, by_family, by_generator, by_source, digest
from held_out import Table, hold_out, report
from measured import ROOT, Tell, code_digest
from systems import SYSTEMS, TITLES, available

from classifier.errors import QualityError
from classifier.training.examples import Example
from classifier.training.run import corpus_examples
from classifier.verdict import LABELS

CORPORA = ROOT.parent / "shared" / "corpora"
RESULTS = ROOT / "benchmarks" / "results"
QUICK_FOLDS, FOLDS = 5, 10
JOBS = min(2, os.cpu_count() or 1)
PANELS = {SOURCES: "by_eye, unseen sources", FAMILIES: "all corpora, unseen families"}  # of the pictures
DRAWN = ("ours", "tfidf")
HEADS = {
    SOURCES: "by_eye, leaving out sources with their families (confidence high and medium; every text weighs the same)",
    FAMILIES: "all corpora, leaving out families (every cell of data set and label weighs the same)",
    GENERATORS: "machine sets, leaving out a lineage of generators and the family it is tested on (every cell weighs the same)",
}


def tell(line: str) -> None:
    """Say on stderr what goes on."""
    print(line, file=sys.stderr, flush=True)


def read(corpora: Path, quick: bool = False, limit: int | None = None) -> list[Example]:
    """The examples that the shipped model is trained on; those that were read alone where `quick`, and a sample of `limit` where given."""
    examples = corpus_examples(corpora)
    if quick:
        examples = [each for each in examples if each.was_read]
    if limit is None or limit >= len(examples):
        return examples
    kept = np.random.Generator(np.random.PCG64(11)).choice(len(examples), limit, replace=False)
    return [examples[row] for row in np.sort(kept).tolist()]


def plan(examples: Sequence[Example], quick: bool = False, folds: int | None = None) -> list[Fold]:
    """The rounds of all protocols, or only by_eye's where `quick`; altered copies and what was read here train and are never tested."""
    rounds = by_source(examples, folds or (QUICK_FOLDS if quick else FOLDS))
    if not quick:
        rounds += [*by_family(examples), *by_generator(examples)]
    tested = np.array([example.is_measured for example in examples])
    rounds = [replace(each, test=each.test[tested[each.test]]) for each in rounds]
    return [each for each in rounds if len(each.test)]  # of some families, everything was read here


def measure(
    examples: Sequence[Example], folds: Sequence[Fold], names: Sequence[str], jobs: int, tell: Tell = tell
) -> dict[str, dict[str, Table]]:
    """Figures by protocol and system."""
    found: dict[str, dict[str, Table]] = {}
    for name in names:
        system = SYSTEMS[name]
        answers = hold_out(system(examples, tell), folds, tell, jobs, kept(name, system.code(), examples))
        for protocol in answers:
            found.setdefault(protocol, {})[name] = report(answers, protocol, folds, examples)
    return found


def quick(corpora: Path, tell: Tell = tell) -> tuple[Table, Table]:
    """What `make gate` holds to its floors: our figures on by_eye, training on what was read alone; and what they were measured on."""
    examples = read(corpora, quick=True)
    folds = plan(examples, quick=True)
    return measure(examples, folds, ["ours"], JOBS, tell)[SOURCES]["ours"], measured_on(examples, folds)


def measured_on(examples: Sequence[Example], folds: Sequence[Fold]) -> Table:
    """A digest and the counts of the tested texts."""
    tested = [examples[row] for row in sorted({row for fold in folds for row in fold.test.tolist()})]
    return {
        "digest": digest(tested),
        "texts": len(tested),
        "labels": dict(sorted(Counter(each.label for each in tested).items())),
        "rounds": len(folds),
    }


def tables(found: dict[str, dict[str, Table]]) -> str:
    """All figures as text."""
    parts = []
    for protocol, systems in found.items():
        parts += [
            f"\n{HEADS[protocol]}\n",
            _summary(systems),
            _difference(systems),
            as_read(systems),
            "\nshare of each label that was found, of each claim that was right\n",
            _labels(systems),
        ]
        for key, head in (
            ("by_source", "accuracy by source"),
            ("by_round", "accuracy by what was left out"),
            ("recall_by_cell", "recall by cell"),
        ):
            if key in next(iter(systems.values())):
                parts += [f"\n{head}\n", _breakdown(systems, key)]
    return "\n".join(part for part in parts if part)


def _summary(systems: dict[str, Table]) -> str:
    head = ["", "macro-F1", "accuracy", "calibration error", "as trained", "certain", "right when certain", "AUROC of other", "answers"]
    rows = [
        [TITLES[name], *(_figure(each[key]) for key in ("macro_f1", "accuracy", "calibration_error", "calibration_error_as_trained")),
         _figure(each["certain"]["share"]), _figure(each["certain"]["accuracy"]), _figure(each.get("other_auroc")), str(each["texts"])]
        for name, each in systems.items()
    ]  # fmt: skip
    return table(head, rows)


def _difference(systems: dict[str, Table]) -> str:
    if not {"ours", "tfidf"} <= set(systems):
        return ""
    return f"macro-F1 over TF-IDF: {100 * (systems['ours']['macro_f1'] - systems['tfidf']['macro_f1']):+.1f} points"


def as_read(systems: Mapping[str, Table]) -> str:
    """The figures where the labels of sets give way to readings, in a line; nothing where that was not measured."""
    told = {name: each["as_read"] for name, each in systems.items() if "as_read" in each}
    if not told:
        return ""
    figures = "; ".join(
        f"{TITLES[name]} {each['macro_f1']:.3f} (calibration error {each['calibration_error']:.3f}" + _certainty(each) + ")"
        for name, each in told.items()
    )
    return f"macro-F1 where {next(iter(told.values()))['relabelled']:,} texts have the label of their reading: {figures}"


def _certainty(measured: Table) -> str:
    """How many texts are certain, and how many of those are right, where that was measured."""
    certain = measured.get("certain")
    return f"; {certain['share']:.0%} certain, {certain['accuracy']:.1%} of these right" if certain else ""


def _labels(systems: dict[str, Table]) -> str:
    head = ["", *(f"{label} {kind}" for label in LABELS for kind in ("recall", "precision"))]
    rows = [
        [TITLES[name], *(_figure(each[kind][label]) for label in LABELS for kind in ("recall", "precision"))]
        for name, each in systems.items()
    ]
    return table(head, rows)


def _breakdown(systems: dict[str, Table], key: str) -> str:
    figure = "recall" if key == "recall_by_cell" else "accuracy"
    first = next(iter(systems.values()))[key]
    rows = [
        [name, str(each["texts"]), *(_figure(system[key][name][figure]) for system in systems.values())] for name, each in first.items()
    ]
    return table(["", "texts", *(TITLES[name] for name in systems)], rows)


def _figure(value: Any) -> str:
    return "–" if value is None else f"{value:.3f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows as aligned columns, the first to the left and the others to the right."""
    widths = [max(len(row[place]) for row in [head, *rows]) for place in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width) for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in [head, *rows]
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables, write the JSON and the pictures."""
    options = _options(arguments)
    if not (options.corpora / "articles").is_dir():
        print(f"{options.corpora}: no articles there, so there is nothing to measure on. Name the folder with --corpora.", file=sys.stderr)
        return 2
    begun = time.perf_counter()
    try:
        examples = read(options.corpora, options.quick, options.limit)
        folds = [each for each in plan(examples, options.quick, options.folds) if each.protocol in options.protocols]
        names = available(options.only, tell)
        found = measure(examples, folds, names, options.jobs)
    except QualityError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(tables(found))
    facts = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "code": code_digest()[:16],
        "seconds": round(time.perf_counter() - begun),
        "limit": options.limit,
        "quick": options.quick,
        "examples": len(examples),
        "tested": measured_on(examples, folds),
    }
    _write(options, {"how": facts, **found})
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, epilog="Example: python benchmarks/accuracy.py --quick --only ours,tfidf")
    parser.add_argument("--corpora", type=Path, default=CORPORA, help="folder of the corpora (default: %(default)s)")
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"test on by_eye and train on what was read alone, in {QUICK_FOLDS} rounds: what `make gate` measures",
    )
    parser.add_argument("--only", type=_names, default=list(SYSTEMS), metavar="NAMES", help=f"systems to run, of {','.join(SYSTEMS)}")
    parser.add_argument(
        "--protocols",
        type=_protocols,
        default=list(HEADS),
        metavar="NAMES",
        help=f"what to leave out, of {','.join(HEADS)}; {GENERATORS} are calibrated on {FAMILIES}, so name both",
    )
    parser.add_argument("--folds", type=int, help=f"rounds over the sources of by_eye (default: {FOLDS}, quick {QUICK_FOLDS})")
    parser.add_argument("--jobs", type=int, default=JOBS, help="processes that train side by side, some 2 GB each (default: %(default)s)")
    parser.add_argument(
        "--limit", type=int, help="use a sample of this many texts, to try things out; docs/ and results/ are then left alone"
    )
    parser.add_argument("--output", type=Path, help="folder of accuracy.json and the pictures (default: benchmarks/results and docs)")
    return parser.parse_args(arguments)


def _protocols(given: str) -> list[str]:
    names = _chosen(given, HEADS)
    if GENERATORS in names and FAMILIES not in names:
        raise argparse.ArgumentTypeError(f"{GENERATORS} are calibrated on {FAMILIES}. Name both: --protocols {FAMILIES},{GENERATORS}.")
    return names


def _names(given: str) -> list[str]:
    return _chosen(given, SYSTEMS)


def _chosen(given: str, known: Collection[str]) -> list[str]:
    names = [name.strip() for name in given.split(",")]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}. Choose from {', '.join(known)}.")
    return names


def _write(options: argparse.Namespace, facts: Table) -> None:
    """The JSON and, after a full run, the pictures; a trial run writes only where it is told to."""
    trial = options.limit is not None or options.quick
    if trial and options.output is None:
        tell(
            "A trial run: benchmarks/results and docs keep what the last full run wrote. Name a folder with --output to keep these figures."
        )
        return
    from classifier.training.pictures import confusion, reliability

    results, docs = (options.output, options.output) if options.output else (RESULTS, ROOT / "docs")
    for folder in (results, docs):
        folder.mkdir(parents=True, exist_ok=True)
    path = results / "accuracy.json"
    whole = merged(json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}, facts)
    path.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    panels = {
        title: {TITLES[name]: whole[protocol][name] for name in DRAWN if name in whole[protocol]}
        for protocol, title in PANELS.items()
        if protocol in whole
    }
    if found := {title: systems for title, systems in panels.items() if systems}:
        (docs / "confusion.svg").write_text(confusion(found), encoding="utf-8")
        (docs / "reliability.svg").write_text(reliability(found), encoding="utf-8")
    tell(f"wrote {path} and the pictures in {docs}")


def merged(before: Table, facts: Table) -> Table:
    """What was measured before, with new figures in the place of those of the same protocol and system; each tells its code."""
    code = facts["how"]["code"]
    new = {
        protocol: {name: {**each, "code": code} for name, each in systems.items()}
        for protocol, systems in facts.items()
        if protocol in HEADS
    }
    return {
        "how": facts["how"],
        **{protocol: before.get(protocol, {}) | new.get(protocol, {}) for protocol in HEADS if protocol in before | new},
    }


if __name__ == "__main__":
    sys.exit(main())
