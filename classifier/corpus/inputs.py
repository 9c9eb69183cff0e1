"""The files that a user means by names, folders, patterns, lists and addresses."""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from classifier.corpus.fields import mended
from classifier.corpus.streams import Damaged, filesystem, open_raw, size_of, unpacked
from classifier.errors import InputError
from classifier.files import Listener, decode, markup, refuse_table

LINES, LIST, PARQUET, WARC, TEXT, OBJECT = "lines", "list", "parquet", "warc", "text", "object"
WHOLE = frozenset({TEXT, OBJECT})  # kinds with one document a file
GROUP = 500  # such files that are read together
NOTES = "quality.jsonl"  # what is told of texts, which have no room for a namespace, beside them where they come out
_SUFFIXES = {
    ".jsonl": LINES, ".ndjson": LINES, ".jl": LINES, ".json": OBJECT, ".parquet": PARQUET, ".pq": PARQUET, ".warc": WARC, ".wet": WARC,
    ".txt": TEXT, ".text": TEXT, ".md": TEXT,
}  # fmt: skip
_PACKED = {".gz": "gz", ".zst": "zst", ".zstd": "zst"}
_MAGIC = ((b"PAR1", PARQUET), (b"WARC/", WARC), (b"{", LINES), (b"\xff\xfe{\0", LINES), (b"\xfe\xff\0{", LINES))
_PACKED_MAGIC = ((b"\x1f\x8b", "gz"), (b"\x28\xb5\x2f\xfd", "zst"))
_SUFFIX = re.compile(r"\.[a-z][a-z0-9]{0,7}$", re.IGNORECASE)
READ = "names ending in .jsonl, .ndjson, .jl, .json, .parquet, .warc, .wet, .txt, .text or .md, plain, .gz or .zst"


@dataclass(frozen=True)
class File:
    """One file: where it is, and the name under which its documents come out."""

    path: str
    name: str
    kind: str
    compression: str = ""
    size: int = 0

    @property
    def told(self) -> str:
        """The path as text that any file can hold; a name need not be UTF-8."""
        return mended(self.path)


@dataclass(frozen=True)
class Shard:
    """What is read and written as one: a file of many records, or some files of one document each."""

    number: int
    kind: str
    files: tuple[File, ...]

    @property
    def size(self) -> int:
        """The stored bytes of its files."""
        return sum(file.size for file in self.files)


def find_shards(names: Iterable[str], listener: Listener, apart: Path | None = None) -> list[Shard]:
    """The files that names stand for, in order; of folders the files below them, sorted, hidden ones left out.

    A name is a file, a folder, a pattern, an address that fsspec knows, or `@list`, a file that names others, one a line.
    What cannot be found is told to the listener.

    Args:
        names: what is to be read.
        listener: is told what cannot be found, and what is passed over.
        apart: a folder that is left out of the folders above it, such as that of the output.
    """
    found: dict[str, File] = {}
    for name in _listed(names, listener):
        for file in _readable(_find(name, listener, apart), listener):
            found.setdefault(os.path.realpath(file.path) if "://" not in file.path else file.path, file)
    files = _named_apart(list(found.values()))
    shards: list[Shard] = []
    waiting: list[File] = []
    for file in files:
        if note := _markup(file):
            listener.note(file.told, note)
        if waiting and (file.kind != waiting[0].kind or len(waiting) == GROUP):
            shards.append(Shard(len(shards), waiting[0].kind, tuple(waiting)))
            waiting = []
        if file.kind in WHOLE:
            waiting.append(file)
        else:
            shards.append(Shard(len(shards), file.kind, (file,)))
    return [*shards, Shard(len(shards), waiting[0].kind, tuple(waiting))] if waiting else shards


def _listed(names: Iterable[str], listener: Listener) -> Iterator[str]:
    for name in names:
        if not name.startswith("@"):
            yield name
            continue
        try:
            lines = Path(name[1:]).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            told = error.strerror if isinstance(error, OSError) else "not UTF-8"
            listener.error(InputError(f"{name}: this list cannot be read ({told}). Give a file with one name a line."))
            continue
        yield from (line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _find(name: str, listener: Listener, apart: Path | None) -> Iterator[File]:
    try:
        if "://" in name:
            yield from _remote(name, listener)
        elif Path(name).is_dir():
            yield from _folder(name, sorted(_below(name, apart)), listener)
        elif Path(name).exists():
            yield described(name, Path(name).name)
        elif glob.has_magic(name):
            yield from _matching(name, listener)
        else:
            raise FileNotFoundError(name)
    except OSError as error:
        told = "no such file or folder" if isinstance(error, FileNotFoundError) else (error.strerror or str(error)).lower()
        listener.error(InputError(f"{name}: {told}. Check the name and the current folder."))


def _readable(files: Iterable[File], listener: Listener) -> Iterator[File]:
    """The files without tables, of which the listener is told."""
    for file in files:
        try:
            if file.kind == TEXT:
                refuse_table(file.path)
        except InputError as error:
            listener.error(error)
        else:
            yield file


def _matching(pattern: str, listener: Listener) -> Iterator[File]:
    paths = sorted(path for path in glob.glob(pattern, recursive=True) if Path(path).is_file())  # noqa: PTH207  # a pattern may be absolute
    if not paths:
        listener.error(InputError(f"{pattern}: no file matches this pattern. Check the name and the current folder."))
    for path in paths:
        yield described(path, Path(path).name)


def _below(folder: str, apart: Path | None) -> Iterator[str]:
    """The files below a folder, hidden ones and those of one folder left out; links to folders are not followed."""
    left_out = os.path.realpath(apart) if apart else None
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and os.path.realpath(Path(place, name)) != left_out]
        yield from (str(Path(place, name)) for name in names if not name.startswith("."))


def _folder(folder: str, paths: list[str], listener: Listener) -> Iterator[File]:
    passed = 0
    for path in paths:
        if kind_by_name(path)[0]:
            yield described(path, os.path.relpath(path, folder) if "://" not in path else path.removeprefix(folder).lstrip("/"))
        else:
            passed += 1
    if passed == len(paths):
        listener.error(InputError(f"{folder}: nothing to read in this folder ({READ}). Name other files one by one."))
    elif passed:
        listener.note(folder, f"only {READ} are read in a folder; passed over: {passed:,}.")


def _remote(url: str, listener: Listener) -> Iterator[File]:
    files = filesystem(url)
    scheme = url.partition("://")[0] + "://"
    if glob.has_magic(url):
        for path in sorted(files.glob(url)):
            yield described(scheme + path.lstrip("/") if "://" not in path else path, PurePosixPath(path).name)
    elif files.isdir(url):
        root = scheme + files._strip_protocol(url).strip("/")
        paths = [scheme + path.lstrip("/") for path in sorted(files.find(url))]
        yield from _folder(root, paths, listener)
    elif files.exists(url):
        yield described(url, PurePosixPath(url).name)
    else:
        raise FileNotFoundError(url)


def kind_by_name(path: str) -> tuple[str, str]:
    """The kind and the compression that the name of a file tells; the kind is "" where it tells none."""
    pure = PurePosixPath(path)
    compression = _PACKED.get(pure.suffix.lower(), "")
    stem = pure.name.removesuffix(pure.suffix) if compression else pure.name
    suffix = _SUFFIX.search(stem)
    if suffix is None:
        return TEXT, compression
    return _SUFFIXES.get(suffix.group().lower(), ""), compression


def described(path: str, name: str) -> File:
    """A file with its compression by how it begins, and its kind by its name, or by how it begins where the name tells too little.

    One that cannot be opened goes by its name: its reader says why, and the others are read. So does a pipe: what is read of it is gone.
    """
    kind, compression = kind_by_name(path)
    if "://" in path or os.path.isfile(path):  # noqa: PTH113  # pathlib raises for an overlong name
        with suppress(OSError):
            compression = _compression(path) or compression
            if kind in {"", TEXT, OBJECT}:
                kind = _kind_by_start(path, kind, compression)
    return File(path, name, kind or TEXT, compression, size_of(path))


def suffix_of(path: str) -> str:
    """The suffix that tells what a file of unknown name holds."""
    compression = _compression(path)
    kind = _kind_by_start(path, "", compression)
    return next(suffix for suffix, found in _SUFFIXES.items() if found == kind) + (f".{compression}" if compression else "")


def _compression(path: str) -> str:
    with open_raw(path) as raw:
        start = raw.read(4)
    return next((name for magic, name in _PACKED_MAGIC if start.startswith(magic)), "")


def _kind_by_start(path: str, kind: str, compression: str) -> str:
    """What a file of unclear name holds; `.json` is one object, a list of them, or JSON Lines under another name."""
    with open_raw(path) as raw:
        try:
            start = unpacked(raw, compression).read(65_536).removeprefix(b"\xef\xbb\xbf").lstrip()
        except Damaged:
            return kind or TEXT
    if kind == OBJECT and start.startswith(b"["):
        return LIST
    if kind == OBJECT:
        return LINES if re.match(rb"\{[^\n]*\}[^\S\n]*\n\s*\{", start) else OBJECT
    if kind == TEXT and _SUFFIX.search(PurePosixPath(path).name.removesuffix(f".{compression}")):
        return TEXT
    return next((found for magic, found in _MAGIC if start.startswith(magic)), TEXT)


def _markup(file: File) -> str | None:
    """What a user should know of a text file that begins with markup, or None; a pipe is not asked, for it has no size."""
    if file.kind == TEXT and file.size:
        with suppress(OSError, Damaged, InputError), open_raw(file.path) as raw:
            return markup(decode(unpacked(raw, file.compression).read(1_000), file.path)[0])
    return None


def _named_apart(files: list[File]) -> list[File]:
    """The files under names that differ: their own, or with their folders where two are alike."""
    files = [replace(file, name=_inside(file.name)) for file in files]
    counts = Counter(file.name for file in files)
    named = [file if counts[file.name] == 1 else replace(file, name=_long_name(file.path)) for file in files]
    seen = {NOTES} if any(file.kind == TEXT for file in files) else set()
    apart = []
    for file in named:
        name, again = file.name, 2
        while name in seen:
            name, again = f"{again}-{file.name}", again + 1
        seen.add(name)
        apart.append(replace(file, name=name))
    return apart


def _inside(name: str) -> str:
    """A name that leads nowhere but below the folder to which it is joined."""
    return "/".join(part for part in name.split("/") if part not in {"", ".", ".."}) or "unnamed"


def _long_name(path: str) -> str:
    return _inside((path.partition("://")[2] or path).replace("\\", "/"))
