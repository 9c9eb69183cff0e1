"""Bytes of files near and far, plain, gzip or Zstandard."""

from __future__ import annotations

import io
import os
import zlib
from pathlib import Path
from typing import IO, Any

from classifier.errors import MissingExtra

GZIP, ZSTANDARD = "gz", "zst"
_READ = 1 << 18
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
        raise MissingExtra(f"{url}: reading remote files needs {_missing(error)}. Run: pip install 'quality-classifier[remote]'") from error
    except ValueError as error:
        raise OSError(f"{url.partition('://')[0]}:// is no kind of address that fsspec knows") from error


def _missing(error: ImportError) -> str:
    return f"the package {error.name}" if error.name else str(error)


def unpacked(raw: IO[bytes], compression: str) -> io.BufferedReader:
    """The bytes that a stream holds, without their compression.

    Reading them raises Damaged where the compressed data are broken.
    """
    source: io.RawIOBase = _Plain(raw) if not compression else _Unpacking(raw, compression)
    return io.BufferedReader(source, _READ)


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
            self._packed = self._raw.read(_READ)
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


def _gzip_unpacker() -> Any:
    try:
        from isal import isal_zlib

        return isal_zlib.decompressobj(wbits=31)
    except ImportError:
        return zlib.decompressobj(wbits=31)


def _zstandard_unpacker() -> Any:
    return _zstandard().ZstdDecompressor().decompressobj


def _zstandard() -> Any:
    try:
        import zstandard
    except ImportError as error:
        raise MissingExtra("reading and writing .zst needs zstandard. Run: pip install 'quality-classifier[filter]'") from error
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


def size_of(path: str) -> int:
    """How many bytes a file has; 0 where that cannot be told."""
    try:
        return int(filesystem(path).size(path) or 0) if "://" in path else os.stat(path).st_size  # noqa: PTH116
    except OSError:
        return 0
