"""Where a clip comes from: bytes, a path or a stream, made into one readable thing with a harmless name."""

import os
import re
import stat
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any, BinaryIO, cast

from core.audio.limits import Limits
from core.errors import AudioError
from core.said import said

Source = bytes | bytearray | memoryview | str | os.PathLike[str] | BinaryIO

DEFAULT_NAME = "clip"
MAX_NAME_LENGTH = 200
_CHUNK_BYTES = 1 << 20
_SPOOL_IN_MEMORY_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class OpenClip:
    """A clip ready to be read: `reader` from its first byte, `name` for people only."""

    reader: "Reader"
    name: str


class Reader:
    """The only view of a clip that libav gets: read and seek, inside these bytes.

    It has no `name`, so that libav judges a clip by its content and never by its extension, and no `close`, so that a
    caller's stream stays open. Seeking outside the clip is refused by a return value, as libav expects.
    """

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._position = 0
        self.size = size
        self.seek(0)

    def read(self, num_bytes: int = -1) -> bytes:
        """At most `num_bytes` bytes; libav's buffer has room for no more, whatever the stream returns."""
        data = self._file.read(num_bytes)
        if not isinstance(data, bytes) or 0 <= num_bytes < len(data):
            raise AudioError(
                f"A stream returned {type(data).__name__} instead of up to {num_bytes} bytes; open it in binary mode."
            )
        self._position += len(data)
        return data

    def read_fully(self, num_bytes: int) -> bytes:
        """`num_bytes` bytes, or as many as there are; a raw stream may return less than was asked at each read."""
        data = b""
        while len(data) < num_bytes and (more := self.read(num_bytes - len(data))):
            data += more
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """The new position, or -1 where there is none."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}.get(whence)
        if base is None or base + offset < 0:
            return -1
        self._position = self._file.seek(base + offset)
        return self._position

    def tell(self) -> int:
        return self._position


@contextmanager
def open_clip(source: Source, name: str | None, limits: Limits) -> Iterator[OpenClip]:
    """Open `source` from its first byte; a seekable stream is rewound, and left open afterwards.

    A stream that cannot be rewound is first copied to a temporary file, because some formats keep their table of
    contents at the end. Raises `AudioError` when there is nothing to read.
    """
    label = clean_name(name if name is not None else _own_name(source))
    with _open_file(source, label, limits) as file:
        try:
            reader = Reader(file, file.seek(0, os.SEEK_END))
        except (OSError, ValueError) as error:
            raise AudioError(f"{label!r} cannot be read ({error}); open it again.") from error
        if reader.size == 0:
            raise AudioError(
                said("audio.empty", "{name!r} is empty (0 bytes); choose a file that holds sound.", name=label)
            )
        yield OpenClip(reader, label)


@contextmanager
def _open_file(source: Source, label: str, limits: Limits) -> Iterator[IO[bytes]]:
    if isinstance(source, bytes | bytearray | memoryview):
        yield BytesIO(source)  # shares the memory of `bytes`
        return
    if hasattr(source, "read"):
        stream = cast(BinaryIO, source)
        if _is_seekable(stream):
            yield stream
            return
        with _spooled(stream, label, limits) as spool:
            yield spool
        return
    with _open_path(source, label) as file:
        if file.seekable():
            yield file
            return
        with _spooled(file, label, limits) as spool:
            yield spool


def _open_path(path: str | os.PathLike[str], label: str) -> BinaryIO:
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116  # `path` may be any PathLike
        if stat.S_ISDIR(mode):
            raise AudioError(said("audio.folder", "{name!r} is a folder; name the clips in it.", name=label))
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            raise AudioError(f"{label!r} is a device, not a file; name a file or a pipe.")
        return open(path, "rb")  # noqa: PTH123  # the caller closes it
    except FileNotFoundError:
        raise AudioError(said("audio.absent", "{name!r} does not exist; check the path.", name=label)) from None
    except PermissionError:
        raise AudioError(
            said("audio.closed", "{name!r} may not be read by this user; change its permissions.", name=label)
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise AudioError(f"{label!r} cannot be opened ({reason}); check the path.") from error


def _is_seekable(stream: BinaryIO) -> bool:
    seekable = getattr(stream, "seekable", None)
    try:
        return hasattr(stream, "seek") and (seekable is None or bool(seekable()))
    except ValueError:  # a closed file
        raise AudioError("The stream is closed; open it again.") from None


@contextmanager
def _spooled(stream: BinaryIO, label: str, limits: Limits) -> Iterator[IO[bytes]]:
    """A rewindable copy of `stream`: in memory while small, on disk beyond that."""
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL_IN_MEMORY_BYTES) as spool:
        for chunk in _chunks(stream, label):
            if spool.tell() + len(chunk) > limits.max_stream_mb << 20:
                raise AudioError(
                    f"{label!r} is a stream of more than {limits.max_stream_mb} MB; save it as a file, "
                    "or raise EMOSCOPE_MAX_UPLOAD_MB."
                )
            spool.write(chunk)
        yield cast(IO[bytes], spool)


def _chunks(stream: BinaryIO, label: str) -> Iterator[bytes]:
    while True:
        try:
            chunk = stream.read(_CHUNK_BYTES)
        except (OSError, ValueError) as error:
            raise AudioError(f"{label!r} broke off while it was read ({error}); send it again.") from error
        if not isinstance(chunk, bytes):
            raise AudioError(f"{label!r} is a stream of {type(chunk).__name__}; open it in binary mode.")
        if not chunk:
            return
        yield chunk


def _own_name(source: Source) -> str:
    if isinstance(source, bytes | bytearray | memoryview):
        return DEFAULT_NAME
    name: Any = getattr(source, "name", DEFAULT_NAME) if hasattr(source, "read") else os.fspath(cast(str, source))
    return os.fsdecode(name) if isinstance(name, str | bytes) else DEFAULT_NAME


def clean_name(name: str) -> str:
    """A clip's name fit to be shown and stored: one line, no folder, at most 200 characters; still not a path.

    Control, formatting (such as right-to-left overrides) and unpaired surrogate characters go; the extension stays.
    """
    base = re.split(r"[\\/]", name)[-1]
    printable = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in base)
    words = " ".join(printable.split())
    if len(words) > MAX_NAME_LENGTH:
        stem, dot, extension = words.rpartition(".")
        tail = dot + extension if stem and len(extension) <= 8 else ""
        words = words[: MAX_NAME_LENGTH - len(tail) - 1] + "…" + tail
    return words if words.strip(". ") else DEFAULT_NAME
