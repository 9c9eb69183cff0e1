"""Holds the scores on held-out texts to their pinned floors; a floor goes down only by an explicit flag."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FLOORS = HERE / "floors.json"
CORPORA = HERE.parent.parent / "shared" / "corpora"
# How far under the score its floor is pinned: another machine's rounding flips a few texts of some 5,000.
SLACK = 0.004
UPDATE = "python benchmarks/gate.py --update (make gate GATE=--update)"
Table = dict[str, Any]
Figures = dict[str, float | None]  # None where a figure is undefined, such as the precision of a label that was never given


class Refusal(Exception):
    """A pin that would lower a floor, without the flag that allows it."""


def figures(score: Mapping[str, Any]) -> tuple[Figures, Figures]:
    """The figures that are held: those that must not fall, and those that must not rise."""
    kept: Figures = {"macro_f1": score["macro_f1"]}
    kept |= {f"{label} {kind}": value for kind in ("recall", "precision") for label, value in score[kind].items()}
    return kept, {"calibration_error": score["calibration_error"]}


def failures(score: Mapping[str, Any], measured_on: Mapping[str, Any], pinned: Mapping[str, Any]) -> list[str]:
    """A full sentence for everything that is wrong; nothing where the scores hold."""
    if changed := _changed(measured_on, pinned["measured_on"]):
        return [
            f"The evaluation set is not the pinned one: {changed}. Scores on two sets do not compare. If it is meant, pin anew: {UPDATE}"
        ]
    floors, ceilings = figures(score)
    low = [_sentence(name, floors.get(name), bound, "floor") for name, bound in pinned["floors"].items() if _worse(floors.get(name), bound)]
    high = [
        _sentence(name, ceilings.get(name), bound, "ceiling")
        for name, bound in pinned["ceilings"].items()
        if _worse(bound, ceilings.get(name))
    ]
    return low + high


def _changed(found: Mapping[str, Any], pinned: Mapping[str, Any]) -> str:
    counts = [
        f"{name} {pinned[name]} pinned, {found.get(name)} found" for name in pinned if name != "digest" and pinned[name] != found.get(name)
    ]
    if found["digest"] != pinned["digest"]:
        counts.append(f"digest {pinned['digest'][:12]}… pinned, {found['digest'][:12]}… found")
    return "; ".join(counts)


def _worse(value: float | None, than: float | None) -> bool:
    return value is None or than is None or not value >= than  # not `value < than`: nan is worse than any bound


def _sentence(name: str, value: float | None, bound: float, kind: str) -> str:
    amount = "missing" if value is None else f"{value:.4f}"
    return (
        f"{name} is {amount}; its {kind} is {bound:.4f}. Undo what cost it, or, if the loss is worth it, "
        f"move the {kind} with --update --allow-regression and say why in the commit."
    )


def pin(score: Mapping[str, Any], measured_on: Mapping[str, Any], pinned: Mapping[str, Any] | None, *, allow_regression: bool) -> Table:
    """The bounds to write down: as tight as the score allows, and never looser than before unless that is allowed.

    Raises:
        Refusal: a bound would have to be loosened.
    """
    floors, ceilings = figures(score)
    if undefined := [name for name, value in (floors | ceilings).items() if _undefined(value)]:
        raise Refusal(
            f"Not pinned: {', '.join(undefined)} came out undefined, as of a label that was never given. No flag helps; look at the model."
        )
    found = {
        "measured_on": dict(measured_on),
        "floors": {name: _rounded_down(value - SLACK) for name, value in floors.items() if value is not None},
        "ceilings": {name: -_rounded_down(-value - SLACK) for name, value in ceilings.items() if value is not None},
    }
    if pinned is None or allow_regression:
        return found
    old_floors, old_ceilings = pinned["floors"], pinned["ceilings"]
    lost = [f"{name} is {floors.get(name)}, its floor {bound}" for name, bound in old_floors.items() if _worse(floors.get(name), bound)]
    lost += [
        f"{name} is {ceilings.get(name)}, its ceiling {bound}" for name, bound in old_ceilings.items() if _worse(bound, ceilings.get(name))
    ]
    if lost:
        raise Refusal(f"Not pinned: {'; '.join(lost)}. Add --allow-regression if that is meant, and say why in the commit.")
    found["floors"] = {name: max(value, old_floors.get(name, value)) for name, value in found["floors"].items()}
    found["ceilings"] = {name: min(value, old_ceilings.get(name, value)) for name, value in found["ceilings"].items()}
    return found


def _undefined(value: float | None) -> bool:
    return value is None or math.isnan(value)


def _rounded_down(value: float) -> float:
    return math.floor(value * 1000 + 1e-9) / 1000


def read_pinned(path: Path) -> Table | None:
    """What is pinned, or None where nothing is yet.

    Raises:
        SystemExit: the file is broken.
    """
    try:
        pinned = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise SystemExit(f"{path}: not JSON ({error}). Take it back from git, or delete it and pin anew: {UPDATE}") from error
    if not isinstance(pinned, dict) or not {"measured_on", "floors", "ceilings"} <= set(pinned):
        raise SystemExit(f"{path}: no measured_on, floors and ceilings in it. Take it back from git, or delete it and pin anew: {UPDATE}")
    return pinned


def judge(score: Mapping[str, Any], measured_on: Mapping[str, Any], path: Path, *, update: bool, allow_regression: bool) -> int:
    """Hold a score to what is pinned at `path`, or pin it there; the exit code."""
    pinned = read_pinned(path)
    if update:
        try:
            found = pin(score, measured_on, pinned, allow_regression=allow_regression)
        except Refusal as refusal:
            print(refusal, file=sys.stderr)
            return 1
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(f"{path.name}: pinned on {measured_on['texts']} texts, macro-F1 floor {found['floors']['macro_f1']}")
        return 0
    if pinned is None:
        print(f"{path}: missing, so there are no floors. Pin them: {UPDATE}", file=sys.stderr)
        return 1
    wrong = failures(score, measured_on, pinned)
    for sentence in wrong:
        print(f"gate: {sentence}", file=sys.stderr)
    if not wrong:
        print(
            f"gate: the scores hold on {measured_on['texts']} texts; macro-F1 {score['macro_f1']:.4f}, floor {pinned['floors']['macro_f1']}"
        )
    return 1 if wrong else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and compare."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="Example: python benchmarks/gate.py --update")
    parser.add_argument("--corpora", type=Path, default=CORPORA, help="folder of the corpora (default: %(default)s)")
    parser.add_argument("--floors", type=Path, default=FLOORS, help="file of the pinned floors (default: %(default)s)")
    parser.add_argument("--update", action="store_true", help="pin the scores of now; refuses to lower a floor")
    parser.add_argument("--allow-regression", action="store_true", help="with --update: floors may go down")
    options = parser.parse_args(arguments)
    if options.allow_regression and not options.update:
        parser.error("--allow-regression goes with --update")
    if not (options.corpora / "articles").is_dir():
        print(f"{options.corpora}: no articles there, so there is nothing to measure on. Name the folder with --corpora.", file=sys.stderr)
        return 2
    from accuracy import quick, tell

    score, measured_on = quick(options.corpora, tell)
    return judge(score, measured_on, options.floors, update=options.update, allow_regression=options.allow_regression)


if __name__ == "__main__":
    sys.exit(main())
