"""Text files, folders and standard input, as texts to score."""

from __future__ import annotations

import os
import re
import shlex
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from classifier.errors import InputError

STDIN = "-"
LIMIT = 64 * 1024 * 1024
TEXT_SUFFIXES = frozenset({"", ".txt", ".text", ".md"})

# `2021.05.03` and `Mr. Smith resigns` have none; SQLite keeps `near.sqlite-wal` beside an index that is in use.
_SUFFIX = re.compile(r"\.[a-z][a-z0-9]{0,7}(?:-(?:wal|shm|journal))?$", re.IGNORECASE)
_OPEN_PIPES = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")  # what the shell makes of <(command)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b")) + b"\x7f"
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),  # before UTF-16, whose mark it begins with
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_UNPACKERS = {".gz": "gunzip -c", ".zst": "zstd -dc", ".zstd": "zstd -dc", ".bz2": "bunzip2 -c", ".xz": "xz -dc"}
_NO_TEXT = "Leave it out, or hand over the text that it shows."
_SIGNATURES = (
    (b"%PDF-", "a PDF", "Extract its text first: pdftotext FILE - | quality score -"),
    (b"\x1f\x8b", "gzip data", "Unpack it first: gunzip -c FILE | quality score -"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data", "Unpack it first: zstd -dc FILE | quality score -"),
    (b"BZh", "bzip2 data", "Unpack it first: bunzip2 -c FILE | quality score -"),
    (b"\xfd7zXZ\x00", "xz data", "Unpack it first: xz -dc FILE | quality score -"),
    (b"PK\x03\x04", "a ZIP archive or an office document", "Unpack it, or save it as plain text, first."),
    (b"\xd0\xcf\x11\xe0", "an office document", "Save it as plain text first."),
    (b"{\\rtf", "rich text (RTF)", "Save it as plain text first."),
    (b"\x89PNG", "a PNG image", _NO_TEXT),
    (b"\xff\xd8\xff", "a JPEG image", _NO_TEXT),
    (b"GIF8", "a GIF image", _NO_TEXT),
    (b"RIFF", "an image, a sound or a film", _NO_TEXT),
    (b"PAR1", "a Parquet file", "Give it a name that ends in .parquet."),
    (b"SQLite format 3\x00", "an SQLite database", "Export its texts, one a file."),
    (b"\x7fELF", "a program", "Leave it out."),
)
_MARKUP = (
    (("<!doctype html", "<html", "<?xml"), "looks like HTML or XML, and is judged with its markup. Extract the article first."),
    (('{"',), "looks like JSON, and is judged as one text. Hand over records, one a line: jq -c . FILE | quality score -"),
    (('[{"',), "looks like JSON, and is judged as one text. Hand over records, one a line: jq -c '.[]' FILE | quality score -"),
    (("warc/1.",), "looks like a WARC archive, and is judged as one text. Give it a name that ends in .warc."),
)


@dataclass(frozen=True)
class Page:
    """The text of a file under the name it was given by; `note` tells what had to be guessed, or None."""

    name: str
    text: str
    note: str | None = None


class Listener(Protocol):
    """Who is told of files that cannot be read, and of what a user should know."""

    def error(self, error: InputError) -> None:
        """A file or folder cannot be read; the others go on."""

    def note(self, name: str, message: str) -> None:
        """Something about a file or folder that a user should know."""


def find(names: Iterable[str], listener: Listener) -> Iterator[str]:
    """The files that `names` stand for: themselves, `-`, and the text files of folders, sorted, hidden ones left out."""
    for name in names:
        if name != STDIN and _is_folder(name):
            yield from _search(name, listener)
        else:
            yield name


def read(name: str, begun: bytes = b"") -> Page:
    """The text of a file, or of standard input for `-`, of which some bytes may have been read already.

    Raises:
        InputError: it is missing, unreadable, no regular file, a table, larger than LIMIT bytes, or not text.
    """
    raw = begun + _read_stdin() if name == STDIN else _read_file(name)
    refuse_table(name)
    shown = "standard input" if name == STDIN else name
    if len(raw) > LIMIT:
        raise InputError(f"{shown}: larger than {LIMIT >> 20} MB, too large for one page. Split it into one text a file.")
    text, guess = decode(raw, shown)
    return Page(name, text, guess or markup(text))


def decode(raw: bytes, name: str) -> tuple[str, str | None]:
    """The text that bytes encode, and a note where the encoding is a guess.

    Raises:
        InputError: the bytes are not text; the message says what they look like.
    """
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace"), None
    _refuse_known(raw, name)
    if wide := _wide_encoding(raw[:4096]):
        return raw.decode(wide, "replace"), f"no byte order mark, but it looks like {wide.upper()}, and was read so."
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        _refuse_controls(raw, name, 0.02)  # random bytes have 0.1
        return _decode_broken(raw)
    _refuse_controls(raw, name, 0.1)
    return text, None


def refuse_table(name: str) -> None:
    """Refuse a file of rows by its name: as a text, all of them would be one.

    Raises:
        InputError: it is a table; the message has a command that makes JSON Lines of it.
    """
    suffix = Path(name.removesuffix(_packing(name))).suffix
    if suffix.lower() not in {".csv", ".tsv"}:
        return
    reader = "csv.DictReader(open(0, encoding='utf-8-sig', newline='')" + (", delimiter='\\t')" if suffix.lower() == ".tsv" else ")")
    command = to_lines(f'python3 -c "import csv, json; [print(json.dumps(row)) for row in {reader}]"', name)
    raise InputError(f"{name}: a table ({suffix}), whose rows would be read as one text. Make JSON Lines of it first: {command}")


def to_lines(command: str, name: str) -> str:
    """What to type in a shell so that a command makes JSON Lines of a file, which may be packed."""
    given, made = shlex.quote(name), shlex.quote(f"{name}.jsonl")  # a file that has the name without the suffix may be there
    unpacker = _UNPACKERS.get(_packing(name).lower())
    return f"{unpacker} {given} | {command} > {made}" if unpacker else f"{command} < {given} > {made}"


def _packing(name: str) -> str:
    """The suffix that says how a file is packed, or ""."""
    suffix = Path(name).suffix
    return suffix if suffix.lower() in _UNPACKERS else ""


def _is_folder(name: str) -> bool:
    try:
        return Path(name).is_dir()
    except OSError:
        return False  # reading it will say why


def _search(folder: str, listener: Listener) -> Iterator[str]:
    """The text files below a folder; links to folders are not followed, for they can lead in circles."""
    found = skipped = 0
    waiting = _entries(folder, listener)
    if waiting is None:
        return
    while waiting:
        entry = waiting.pop()
        if entry.is_dir(follow_symlinks=False):
            waiting += _entries(entry.path, listener) or ()
        elif _is_text(entry):
            found += 1
            yield str(Path(entry.path))  # `a.txt`, not `./a.txt`
        else:
            skipped += 1
    kinds = "names ending in .txt, .text or .md, or without a suffix"
    if not found:
        listener.error(InputError(f"{folder}: no text files in this folder ({kinds}). Name other files one by one."))
    elif skipped:
        listener.note(folder, f"only {kinds} are read in a folder; passed over: {skipped}.")


def _entries(folder: str, listener: Listener) -> list[os.DirEntry[str]] | None:
    """What a folder holds, last name first, hidden entries left out; None where it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return sorted((e for e in entries if not e.name.startswith(".")), key=lambda e: e.name, reverse=True)
    except OSError as error:
        listener.error(InputError(_explain(error, folder)))
        return None


def is_text_by_name(name: str) -> bool:
    """Whether the name of a file alone says that it is a text."""
    return Path(name).suffix.lower() in TEXT_SUFFIXES - {""}


def _is_text(entry: os.DirEntry[str]) -> bool:
    suffix = _SUFFIX.search(entry.name)
    if (suffix.group().lower() if suffix else "") not in TEXT_SUFFIXES:
        return False
    dangling = entry.is_symlink() and not Path(entry.path).exists()
    return dangling or entry.is_file()


def begin_stdin() -> bytes:
    """Standard input up to the end of the first line that is not blank.

    Raises:
        InputError: it cannot be read.
    """
    with _stdin() as stream:
        begun = line = stream.readline(LIMIT + 1)
        while line and not line.strip() and len(begun) <= LIMIT:
            line = stream.readline(LIMIT + 1)
            begun += line
        return begun


def _read_stdin() -> bytes:
    with _stdin() as stream:
        return stream.read(LIMIT + 1)


@contextmanager
def _stdin() -> Iterator[BinaryIO]:
    if sys.stdin is None:
        raise InputError("standard input: closed. Pipe a text in, or name a file.")
    try:
        yield sys.stdin.buffer
    except OSError as error:
        raise InputError(f"standard input: {error.strerror}. Pipe a text in, or name a file.") from error


def _read_file(name: str) -> bytes:
    try:
        _refuse_special(name, Path(name).stat().st_mode)
        with Path(name).open("rb") as stream:
            return stream.read(LIMIT + 1)
    except OSError as error:
        raise InputError(_explain(error, name)) from error


def _refuse_special(name: str, mode: int) -> None:
    if stat.S_ISREG(mode) or (stat.S_ISFIFO(mode) and name.startswith(_OPEN_PIPES)):
        return
    kinds = ((stat.S_ISFIFO, "a named pipe"), (stat.S_ISSOCK, "a socket"), (stat.S_ISDIR, "a folder"))
    kind = next((kind for test, kind in kinds if test(mode)), "a device")
    raise InputError(f"{name}: {kind}, not a file; reading it could wait for ever. Pipe its text in: … | quality score -")


def _explain(error: OSError, name: str) -> str:
    """What is wrong with a file that the system would not open, and what to do."""
    path = Path(name)
    match error:
        case FileNotFoundError() if path.is_symlink():
            return f"{name}: a link to {path.readlink()}, which does not exist. Mend the link or leave it out."
        case FileNotFoundError() if re.search(r"[*?]", name):
            return f"{name}: no file matches this pattern. Check the name and the current folder."
        case FileNotFoundError():
            return f"{name}: no such file or folder. Check the name and the current folder."
        case PermissionError():
            return f"{name}: permission denied. Make it readable (chmod +r) or leave it out."
        case _:
            return f"{name}: {(error.strerror or 'cannot be read').lower()}. Check the name or leave it out."


def _refuse_known(raw: bytes, name: str) -> None:
    for signature, kind, remedy in _SIGNATURES:
        if raw.startswith(signature) and (signature.startswith((b"%PDF", b"{")) or _controls(raw[:512])):
            raise InputError(f"{name}: this is {kind}, not text. {remedy.replace('FILE', shlex.quote(name))}")


def _controls(raw: bytes) -> int:
    return len(raw) - len(raw.translate(None, _CONTROLS))


def _refuse_controls(raw: bytes, name: str, limit: float) -> None:
    if _controls(raw) > 8 + limit * len(raw):
        raise InputError(f"{name}: looks like binary data, not text. Leave it out, or convert it to text first.")


def _wide_encoding(sample: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of European text is NUL then."""
    half = len(sample) // 2
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) <= 0.4 * half or min(even, odd) > 0.05 * half:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _decode_broken(raw: bytes) -> tuple[str, str]:
    """Damaged UTF-8 where most of what is not ASCII is sound, else Windows-1252, which almost all such pages are in."""
    text = raw.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    sound = len(text) - len(text.encode("ascii", "ignore")) - broken
    if sound > broken:
        return text, "some bytes are not valid UTF-8; they were replaced by \ufffd."
    try:
        return raw.decode("cp1252"), "not UTF-8; read as Windows-1252. Convert it with iconv if that is wrong."
    except UnicodeDecodeError:
        return raw.decode("latin-1"), "not UTF-8; read as Latin-1. Convert it with iconv if that is wrong."


def markup(text: str) -> str | None:
    """What a user should know of a text that begins with markup, or None."""
    head = text[:200].lstrip().lower()
    return next((message for starts, message in _MARKUP if head.startswith(starts)), None)
