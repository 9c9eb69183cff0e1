"""The folder of a run: what was asked, what is done already, and the files that come out, under their names only when complete."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from classifier.corpus import Chunk, Shard
from classifier.errors import QualityError, sound
from classifier.filter.decisions import PLACES
from classifier.filter.ledger import DECIDED, PART, SCORED, publish

RUN, SUMMARY, ERRORS, EXAMPLES, LEDGER, INPUT = "run.json", "summary.json", "errors.jsonl", "examples.jsonl", "ledger", "input"
WORK = ".work"
ANEW = "Run the filter anew with --again and the same flags."
_REVEALING, _CLEARED = "revealing", ".cleared"
COMES_OUT = (*PLACES, LEDGER, ERRORS, EXAMPLES, SUMMARY)  # the summary last: where it is, the run is complete
_PART = re.compile(r"(\d+)-(\d+)(-last)?\.")


@dataclass(frozen=True)
class Parts:
    """Where the parts of a run are kept while it is at work.

    Attributes:
        scored: the folder with the parts of the ledger before anything is decided, or of a run that is decided again.
        pieces: the folder with what each chunk adds to the files that come out.
        out: the folder in which those files are made.
        suffix: of the parts in `scored`.
    """

    scored: Path
    pieces: Path
    out: Path
    suffix: str = SCORED

    def part(self, chunk: Chunk) -> Path:
        """The part of the ledger that a chunk makes."""
        return self.scored / f"{chunk.shard.number:05d}-{chunk.number:06d}{'-last' * chunk.last}{self.suffix}"

    def parts(self) -> list[Path]:
        """The parts of the ledger that are done, in the order of the input."""
        return sorted(self.scored.glob(f"*{self.suffix}"), key=part_place)

    def is_scored(self, shard: Shard) -> bool:
        """Whether every chunk of a shard has been scored."""
        done = [part_place(path) for path in self.scored.glob(f"{shard.number:05d}-*{self.suffix}")]
        is_ended = next(self.scored.glob(f"{shard.number:05d}-*-last{self.suffix}"), None) is not None
        return is_ended and len(done) == max(number for _, number in done) + 1

    def decided(self, chunk: Chunk) -> Path:
        """The part of the ledger of a chunk, with what was decided."""
        return self.out / LEDGER / self.part(chunk).with_suffix(DECIDED).name

    def piece(self, chunk: Chunk, what: str) -> Path:
        """What a chunk adds to a file."""
        return self.pieces / f"{chunk.shard.number:05d}-{chunk.number:06d}.{what}"

    def pieces_of(self, shard: Shard, what: str) -> list[Path]:
        """What the chunks of a shard add to a file, in order."""
        return sorted(self.pieces.glob(f"{shard.number:05d}-*.{what}"), key=part_place)


class Folder:
    """The folder of one run; only one process at a time may work in it.

    Raises:
        QualityError: it holds something else, another run, or one that is at work now.
    """

    def __init__(self, path: Path, asked: dict[str, Any], *, scored: Path | None = None) -> None:
        self.path, self.work = path, path / WORK
        self.out = self.work / "out"
        self.parts = Parts(scored or self.work / "scored", self.work / "pieces", self.out, DECIDED if scored else SCORED)
        self.asked = asked
        settle(path)
        before = _read_run(path)
        again = scored is not None and scored.parent == path
        self.is_complete = False
        self.is_resumed = False
        if before is None and path.exists() and any(entry.name != INPUT for entry in path.iterdir()):
            raise QualityError(f"{path}: this folder holds files that are no run of `quality filter`. Choose a new or an empty one.")
        path.mkdir(parents=True, exist_ok=True)
        self._lock: int | None = _locked(path)
        try:
            if before is not None:
                self._compare(before, again=again)
            if not self.is_complete:
                self.work.mkdir(exist_ok=True)
                publish(self.work / RUN if again else path / RUN, _dumped(asked))
                for place in (self.parts.scored, self.parts.pieces, self.out / LEDGER):
                    place.mkdir(parents=True, exist_ok=True)
        except BaseException:
            self.close()
            raise

    def _compare(self, before: dict[str, Any], *, again: bool) -> None:
        """Go on with a run that was asked the same; refuse any other."""
        unfinished = _read(self.work / RUN)
        compared = unfinished if again else before
        differing = [name for name in self.asked if (compared or {}).get(name) != self.asked[name]]
        if again:
            if unfinished is not None and differing:
                shutil.rmtree(self.work)  # a decision that was not carried out; the run itself is complete
            self.is_resumed = unfinished is not None and not differing
            return
        if differing:
            told = ", ".join(_options(before, self.asked))
            raise QualityError(f"{self.path}: this folder holds a run with another {told}. Choose another folder, or give the same again.")
        if unfinished is not None and (self.path / SUMMARY).exists():
            shutil.rmtree(self.work)  # a decision that was not carried out; it is the run itself that is asked for
        self.is_complete = is_complete(self.path)
        self.is_resumed = not self.is_complete

    def reveal(self) -> None:
        """Give all files their final names, and clear away what the work needed; what is interrupted here is finished by `settle`."""
        for part in self.out.rglob(f"{PART}*"):  # of processes that were killed
            part.unlink()
        publish(self.work / _REVEALING, _dumped([name for name in COMES_OUT if (self.out / name).exists()]))
        _reveal(self.path)
        self.close()

    def close(self) -> None:
        """Let other processes work here."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def is_complete(path: Path) -> bool:
    """Whether a run in a folder has all its files under their final names."""
    return (path / SUMMARY).exists() and not (path / WORK).exists()


def settle(path: Path) -> None:
    """Finish what was stopped while a run got its final names, or while its traces were cleared away.

    Raises:
        QualityError: another process is at work in the folder.
    """
    if (path / WORK / _REVEALING).exists():
        lock = _locked(path)
        try:
            _reveal(path)
        finally:
            if lock is not None:
                os.close(lock)
    _remove(path / _CLEARED)


def _reveal(path: Path) -> None:
    work = path / WORK
    coming = json.loads((work / _REVEALING).read_bytes())
    for name in COMES_OUT:
        made, final = work / "out" / name, path / name
        if final.exists() and (made.exists() or name not in coming):  # what came out and is no longer in `out` has its name already
            old = work / "old" / name
            old.parent.mkdir(exist_ok=True)
            _remove(old)
            final.rename(old)
        if made.exists():
            made.rename(final)
    if (work / RUN).exists():
        (work / RUN).replace(path / RUN)
    _remove(path / _CLEARED)
    work.rename(path / _CLEARED)  # at once: half a folder of work would look like a run that is not complete
    shutil.rmtree(path / _CLEARED)


def _locked(path: Path) -> int | None:
    """The folder, open, so that no other process works in it until it is closed; None where its disk knows no locks.

    Raises:
        QualityError: another process is at work there.
    """
    opened = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(opened)
        raise QualityError(f"{path}: another process is at work in this folder. Wait for it, or choose another folder.") from error
    except OSError:
        os.close(opened)
        return None
    return opened


def part_place(path: Path) -> tuple[int, int]:
    """The numbers of the shard and the chunk that a file belongs to."""
    found = _PART.match(path.name)
    if not found:
        raise QualityError(f"{path}: this file does not belong here. Remove it.")
    return int(found.group(1)), int(found.group(2))


def read_run(path: Path) -> dict[str, Any]:
    """What was asked of the run in a folder.

    Raises:
        QualityError: there is no complete run in it.
    """
    before = _read_run(path)
    if before is None:
        raise QualityError(f"{path}: no run of `quality filter` in this folder. Give the folder that its -o named.")
    if not (path / SUMMARY).exists():
        raise QualityError(f"{path}: this run is not complete. Give the command that began it once more, and it goes on.")
    return before


def read_lines(path: Path, names: Sequence[str], most: int | None = None) -> list[dict[str, Any]]:
    """What the lines of a file of a complete run say under some names; the first lines, or all.

    Raises:
        QualityError: the file is damaged or gone.
    """
    with sound(path, ANEW), path.open(encoding="utf-8") as lines:
        return [{name: row[name] for name in names} for row in map(json.loads, islice(lines, most))]


def check_apart(output: Path, shards: Sequence[Shard]) -> None:
    """Refuse to write among the files that are read.

    Raises:
        QualityError: a file that is read lies in the folder of the run.
    """
    folder = output.resolve()
    for shard in shards:
        for file in shard.files:
            place = Path(file.path).resolve()
            if "://" not in file.path and folder in place.parents and place.parent != folder / INPUT:
                raise QualityError(f"{file.path}: this input lies in the output folder {output}. Choose a folder apart from what is read.")


def _read_run(path: Path) -> dict[str, Any] | None:
    return _read(path / RUN)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except NotADirectoryError as error:
        raise QualityError(f"{path.parent}: this is a file, not a folder. Choose a folder.") from error
    except ValueError as error:
        raise QualityError(f"{path}: this file is damaged. Remove the folder and run the filter anew.") from error
    return found if isinstance(found, dict) else None


def _options(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What a user gave otherwise than before, by what one types."""
    told = {"inputs": "INPUT", "format": "version of quality", "version": "version of quality", "model": "--model"}
    pairs = [(told[name], before.get(name), now[name]) for name in told]
    decided, held = before.get("decisions", {}), before.get("scoring", {})  # another version may have written less
    pairs += [(f"--{name.replace('_', '-')}", decided.get(name), wanted) for name, wanted in now["decisions"].items()]
    pairs += [(f"--{name}", held.get(name), now["scoring"][name]) for name in ("model", "templates")]
    pairs += [(f"--{name}-field", held.get("names", {}).get(name), wanted) for name, wanted in now["scoring"]["names"].items()]
    return list(dict.fromkeys(option for option, was, want in pairs if was != want))


def _dumped(value: Any) -> bytes:
    return json.dumps(value, indent=1).encode() + b"\n"


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    elif path.exists():
        os.unlink(path)  # noqa: PTH108
