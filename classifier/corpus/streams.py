"""Bytes of files near and far, plain, gzip or Zstandard."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from classifier.errors import MissingExtra, extra

GZIP, ZSTANDARD = "gz", "zst"
_READ = 1 << 18
_PIECE = 1 << 14  # bytes unpacked at a time: damage costs no more than its own piece
_TRAILERS = {GZIP: 8, ZSTANDARD: 4}  # bytes at the end with the checksum
_IN_MEMORY = 64 << 20
_GZIP_LEVEL, _ISAL_LEVEL, _ZSTANDARD_LEVEL = 4, 2, 3


class Damaged(Exception):
    """Compressed data that ends too early, or is not what its checksum says; the message tells which."""


def open_raw(path: str) -> IO[bytes]:
    """The bytes of a file as they are stored; `path` may be a URL that fsspec knows.

    Raises:
        OSError: it cannot be opened.
        MissingExtra: it is a URL, and fsspec is not installed.
    """
    if "://" not in path:
        return Path(path).open("rb")
    remote: IO[bytes] = filesystem(path).open(path, "rb")
    return remote


def filesystem(url: str) -> Any:
    """What fsspec has for a URL.

    Raises:
        MissingExtra: fsspec, or the package for such URLs, is not installed.
        OSError: no such kind of URL is known.
    """
    try:
        import fsspec

        return fsspec.core.url_to_fs(url)[0]
    except ImportError as error:
        raise MissingExtra(f"{url}: {_remedy(error)}") from error
    except ValueError as error:
        raise OSError(f"{url.partition('://')[0]}:// is no kind of address that fsspec knows") from error


def _remedy(error: ImportError) -> str:
    if error.name == "fsspec":
        return "reading remote files needs the package fsspec. Run: pip install 'quality-classifier[remote]'"
    told = str(error).rstrip(".")  # fsspec names the package that it needs for such addresses
    return f"reading such addresses needs one more package ({told}). Install that one too: fsspec does not bring it"


def unpacked(raw: IO[bytes], compression: str) -> io.BufferedReader:
    """The bytes that a stream holds, without their compression.

    Reading them raises Damaged where the compressed data are broken.
    """
    source: io.RawIOBase = _Plain(raw) if not compression else _Unpacking(raw, compression)
    return io.BufferedReader(source, _READ)


@contextmanager
def in_reach(raw: IO[bytes], compression: str) -> Iterator[IO[bytes]]:
    """The bytes that a stream holds, to be read in any order: the stream itself, or what it unpacks to, on disk where it is large.

    Raises:
        Damaged: the compressed data are broken.
    """
    if not compression:
        yield raw
        return
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as room:
        shutil.copyfileobj(unpacked(raw, compression), room, _READ)
        room.seek(0)
        yield room


class _Plain(io.RawIOBase):
    """A stream as io.BufferedReader wants it."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        piece = self._raw.read(len(view))
        view[: len(piece)] = piece
        return len(piece)


class _Unpacking(io.RawIOBase):
    """Every gzip member or Zstandard frame of a stream, one after the other; a last one that is cut short is an error."""

    def __init__(self, raw: IO[bytes], compression: str) -> None:
        self._raw = raw
        self._new = _gzip_unpacker if compression == GZIP else _zstandard_unpacker()
        self._unpacker: Any = None
        self._trailer = _TRAILERS[compression]
        self._held = b""
        self._packed = b""
        self._ready = memoryview(b"")
        self._failed: Damaged | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            if self._failed:
                raise self._failed
            try:
                if not self._advance():
                    return 0
            except Damaged as error:
                self._failed = error
        view = memoryview(buffer)
        size = min(len(view), len(self._ready))
        view[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _advance(self) -> bool:
        """Unpack some more; False where the stream has ended as it should."""
        if not self._packed:
            self._packed = self._piece()
        if not self._packed:
            if self._unpacker is None:
                return False
            raise Damaged("the file ends in the middle of its compressed data")
        if self._unpacker is None:
            self._packed = self._packed.lstrip(b"\0")  # the padding of some archives
            if not self._packed:
                return True
            self._unpacker = self._new()
        try:
            ready = self._unpacker.decompress(self._packed)
        except Exception as error:  # each library has its own; what they mean is the same
            raise Damaged(f"the compressed data are damaged ({error})") from error
        self._ready, self._packed = memoryview(ready), b""
        if self._unpacker.eof:
            self._packed, self._unpacker = self._unpacker.unused_data, None
        return True

    def _piece(self) -> bytes:
        """The next bytes of the file; its last ones, where a checksum stands, by themselves, so that a wrong one comes after all data."""
        while len(self._held) <= self._trailer and (piece := self._raw.read(_PIECE)):
            self._held += piece
        cut = len(self._held) - self._trailer if len(self._held) > self._trailer else len(self._held)
        ready, self._held = self._held[:cut], self._held[cut:]
        return ready


def _gzip_unpacker() -> Any:
    try:
        from isal import isal_zlib

        return isal_zlib.decompressobj(wbits=31)
    except ImportError:
        return zlib.decompressobj(wbits=31)


def _zstandard_unpacker() -> Any:
    return _zstandard().ZstdDecompressor().decompressobj


def _zstandard() -> Any:
    with extra("filter", "reading and writing .zst needs zstandard"):
        import zstandard
    return zstandard


def packed(content: bytes, compression: str) -> bytes:
    """Bytes as one gzip member or Zstandard frame: such pieces, one behind the other, are a valid file."""
    if compression == GZIP:
        try:
            from isal import igzip

            return bytes(igzip.compress(content, compresslevel=_ISAL_LEVEL, mtime=0))
        except ImportError:
            import gzip

            return gzip.compress(content, compresslevel=_GZIP_LEVEL, mtime=0)
    if compression == ZSTANDARD:
        return bytes(_zstandard().ZstdCompressor(level=_ZSTANDARD_LEVEL, write_checksum=True).compress(content))
    return content


def pack_file(path: Path, compression: str) -> None:
    """Put a file into its compressed form, in place."""
    if not compression:
        return
    part = path.with_name(f"{path.name}.packing")
    with path.open("rb") as source, part.open("wb") as target:
        while content := source.read(_IN_MEMORY):
            target.write(packed(content, compression))
    part.replace(path)


def size_of(path: str) -> int:
    """How many bytes a file has; 0 where that cannot be told."""
    try:
        return int(filesystem(path).size(path) or 0) if "://" in path else os.stat(path).st_size  # noqa: PTH116
    except OSError:
        return 0
