"""Filtering a corpus: what a run is asked, begun, resumed, or decided again."""

from __future__ import annotations

import errno
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from classifier.corpus import FieldNames, Shard, find_shards
from classifier.corpus.inputs import File, suffix_of
from classifier.errors import InputError, QualityError, sound
from classifier.files import STDIN, Listener
from classifier.filter import ledger, local, sites
from classifier.filter.assembly import Summary, assemble, read_summary
from classifier.filter.columns import arrow
from classifier.filter.decisions import Decisions
from classifier.filter.folder import INPUT, LEDGER, WORK, Folder, check_apart, is_complete, read_run, settle
from classifier.filter.processes import cores
from classifier.filter.scoring import Scoring, scorer
from classifier.release import VERSION

FORMAT = 2
ENGINES = ("local", "spark")
TEMPLATES = "templates.sqlite"


class Quiet:
    """Listens to nothing but errors, which it raises."""

    def error(self, error: InputError) -> None:
        """An input that cannot be found."""
        raise error

    def note(self, name: str, message: str) -> None:
        """Let it go."""


def filter_corpus(
    inputs: Iterable[str | Path] | str | Path,
    output: str | Path,
    decisions: Decisions | None = None,
    *,
    model: str | Path | None = None,
    text_field: str | None = None,
    id_field: str | None = None,
    engine: str = "local",
    master: str | None = None,
    jobs: int | None = None,
    templates: bool = False,
    listener: Listener | None = None,
    watch: local.Watch | None = None,
) -> Summary:
    """Filter a corpus into `output`/kept and `output`/rejected, and say what became of it.

    A run that was stopped, however it was, goes on where it was when it is called again in the same way.

    Args:
        inputs: files, folders, patterns, addresses that fsspec knows, `@list`, or `-` for standard input; one of them, or several.
        output: the folder that comes out.
        decisions: what is kept; `Decisions()` where None.
        model: the folder of a model of your own.
        text_field: the name of the field of the text, where it is none of the usual ones.
        id_field: the same for the id.
        engine: `local` or `spark`.
        master: the address of the cluster, for `spark`.
        jobs: how many processes; as many as there are cores where None.
        templates: whether to learn first what each site repeats, and to cut that too.
        listener: is told of inputs that cannot be found; where None, the first of them is raised.
        watch: is told how far the run is.

    Raises:
        InputError: there is nothing to read, or an input lies in the output folder.
        MissingExtra: an optional library is not installed.
        QualityError: the output folder holds something else, or cannot be written to.
    """
    arrow()
    inputs = [inputs] if isinstance(inputs, str | Path) else inputs
    decisions = decisions or Decisions()
    path = _local_folder(output)
    if engine == "spark":
        path = path.resolve()  # its workers may stand in another folder
    scoring = Scoring(
        str(model) if model else None, FieldNames(text_field, id_field), decisions.needs_sketches, decisions.drop_derived,
        str((path / WORK / TEMPLATES).resolve()) if templates else None,
    )  # fmt: skip
    with _disk(path):
        shards = find_shards([_spooled(path) if name == STDIN else name for name in map(str, inputs)], listener or Quiet(), path)
        if not shards:
            raise InputError("nothing to read. Name files, folders, patterns, or - for standard input.")
        check_apart(path, shards)
        asked = _asked(shards, scoring, decisions)
        folder = Folder(path, asked)
        return _finish(shards, folder, scoring, decisions, asked, engine=engine, master=master, jobs=jobs, watch=watch)


def filter_again(
    run: str | Path,
    decisions: Decisions,
    output: str | Path | None = None,
    *,
    jobs: int | None = None,
    watch: local.Watch | None = None,
) -> Summary:
    """Decide a complete run anew by its ledger, without scoring; in its own folder, or into `output`.

    Raises:
        QualityError: there is no complete run in the folder, its inputs have changed, or its ledger lacks what is asked.
    """
    arrow()
    origin = Path(run)
    settle(origin)
    before = read_run(origin)
    _check_format(origin, before)
    shards = _same_shards(before)
    names = FieldNames(**before["scoring"]["names"])
    scoring = Scoring(**{**before["scoring"], "names": names, "templates": None})
    asked = {**before, "decisions": decisions.to_dict()}
    path = _local_folder(output) if output else origin
    with _disk(path):
        check_apart(path, shards)
        folder = Folder(path, asked, scored=origin / LEDGER)
        return _finish(shards, folder, scoring, decisions, asked, engine="local", master=None, jobs=jobs, watch=watch)


def _finish(
    shards: list[Shard],
    folder: Folder,
    scoring: Scoring,
    decisions: Decisions,
    asked: dict[str, Any],
    *,
    engine: str,
    master: str | None,
    jobs: int | None,
    watch: local.Watch | None,
) -> Summary:
    tell = watch or (lambda _: None)
    try:
        if folder.is_complete:
            return read_summary(folder.path)
        if folder.is_resumed:
            tell(local.Progress("resuming", documents=sum(len(ledger.read(part, ["row"])) for part in folder.parts.parts())))
        if scoring.templates:
            sites.learn(shards, scoring.names, Path(scoring.templates), tell)
        if engine == "spark":
            from classifier.filter import cluster

            cluster.run(shards, folder, scoring, decisions, master=master, watch=tell)
            return assemble(shards, folder, decisions, asked)
        jobs = jobs or cores()
        local.run(shards, folder, scoring, decisions, jobs=jobs, watch=tell)
        return assemble(shards, folder, decisions, asked, jobs)
    finally:
        folder.close()


def _asked(shards: Sequence[Shard], scoring: Scoring, decisions: Decisions) -> dict[str, Any]:
    """All that makes a run what it is; two runs that were asked the same give the same bytes."""
    model = scorer(scoring.model).model
    return {
        "format": FORMAT,
        "version": VERSION,
        "model": f"{model.name} {model.version}",
        "inputs": [[{**asdict(file), "modified": _modified(file)} for file in shard.files] for shard in shards],
        "scoring": {**asdict(scoring), "templates": scoring.templates is not None},
        "decisions": decisions.to_dict(),
    }


def _modified(file: File) -> float | None:
    """When a file was changed last; None where that cannot be told, as of a link that leads nowhere."""
    try:
        return None if "://" in file.path else Path(file.path).stat().st_mtime
    except OSError:
        return None


def _check_format(origin: Path, before: dict[str, Any]) -> None:
    """Refuse a run whose record or ledger another version of quality wrote."""
    from pyarrow import parquet

    if before.get("format") != FORMAT:
        raise QualityError(f"{origin}: this run was made by another version of quality ({before.get('version')}). Filter anew.")
    part = next((origin / LEDGER).glob("*.parquet"), None)
    with sound(part, "Filter anew."):
        is_ours = part is not None and parquet.read_schema(part).equals(ledger.decided_schema())
    if not is_ours:
        raise QualityError(f"{origin / LEDGER}: this ledger is missing or was made by another version of quality. Filter anew.")


def _same_shards(before: dict[str, Any]) -> list[Shard]:
    """The inputs of a run, if they are still what they were."""
    shards = []
    for number, files in enumerate(before["inputs"]):
        found = []
        for told in files:
            file = File(**{name: value for name, value in told.items() if name != "modified"})
            if _modified(file) != told["modified"]:
                raise QualityError(f"{file.path}: this input has changed since it was scored, or is gone. Bring it back, or filter anew.")
            found.append(file)
        shards.append(Shard(number, found[0].kind, tuple(found)))
    return shards


def _local_folder(output: str | Path) -> Path:
    if re.match(r"\w{2,}:/", str(output)):  # pathlib makes one slash of two
        raise QualityError(f"{output}: runs are written to a folder of this machine. Name one, and copy it away when it is complete.")
    return Path(output)


def _spooled(folder: Path) -> str:
    """Standard input as a file below the folder, for it can be read only once; a run that goes on reads that file."""
    place = folder / INPUT
    held = sorted(place.glob("stdin.*"))
    if held:
        if is_complete(folder) and sys.stdin.buffer.read(1):
            raise QualityError(f"{folder}: this folder holds a complete run of another standard input. Choose another folder.")
        return str(held[0])
    place.mkdir(parents=True, exist_ok=True)
    part = place / "arriving"
    with part.open("wb") as target:
        shutil.copyfileobj(sys.stdin.buffer, target, 1 << 20)
    return str(part.replace(place / f"stdin{suffix_of(str(part))}"))


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """Say of a disk that is full, or a folder that cannot be written to, what can be done."""
    try:
        yield
    except OSError as error:
        told = (error.strerror or str(error)).lower()
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            told += ". Free some space and give the same command again: it goes on where it stopped"
        else:
            told += ". Mend that and give the same command again: it goes on where it stopped"
        raise QualityError(f"{error.filename or folder}: {told}.") from error
