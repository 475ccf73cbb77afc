"""How the bytes of one clip are reached: a file, an entry of a zip, bytes in memory; plain data that can travel."""

import os
import stat
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from io import BytesIO
from typing import IO, Any, Protocol, cast

from core.errors import AudioError, EngineError, first_line

MAX_RATIO = 200  # sound shrinks to a half or a tenth in a zip; only what was made to burst shrinks this far
RATIO_MATTERS_BYTES = 16 << 20
_CHUNK_BYTES = 1 << 20
_IN_MEMORY_BYTES = 4 << 20
_ENCRYPTED = 0x1


class Opener(Protocol):
    """Gives a clip's bytes as a seekable stream, as often as asked; `AudioError` where that cannot be done."""

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]: ...


@dataclass(frozen=True, slots=True)
class FileOpener:
    """A regular file. `inside`, where given, is a folder that the file must not lie outside of, links followed."""

    path: str
    inside: str | None = None

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        if self.inside is not None and not is_within(self.path, self.inside):
            raise AudioError(f"{name!r} is a link that leads out of the folder and is not followed; copy the clip in.")
        with _open_regular(self.path, name) as file:
            yield file


@dataclass(frozen=True, slots=True)
class BytesOpener:
    """A clip that is in memory, such as an upload."""

    data: bytes

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        yield BytesIO(self.data)


@dataclass(frozen=True)
class Archive:
    """A zip, by its path; what travels to another process is that, not the open file."""

    path: str

    @cached_property
    def opened(self) -> zipfile.ZipFile:
        """Several threads may read different entries of it at once."""
        return zipfile.ZipFile(self.path)


@dataclass(frozen=True, slots=True)
class ZipOpener:
    """The entry number `index` of a zip, read in place: its name is never a path.

    An entry that is larger than `max_mb`, or that grew more than 200-fold
    while it was unpacked, is refused: by what it declares, and by what comes.
    """

    archive: Archive
    index: int
    max_mb: int

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as spool:
            try:
                self._unpack(name, cast(IO[bytes], spool))
            except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, ValueError, RuntimeError) as error:
                raise AudioError(f"{name!r} cannot be unpacked ({first_line(error)}); make the zip anew.") from error
            except Exception as error:  # zlib, bz2 and lzma have errors of their own for damaged data
                if isinstance(error, AudioError):
                    raise
                raise AudioError(f"{name!r} is damaged in its zip ({first_line(error)}); make the zip anew.") from error
            spool.seek(0)
            yield cast(IO[bytes], spool)

    def _unpack(self, name: str, spool: IO[bytes]) -> None:
        archive = self.archive.opened
        info = archive.infolist()[self.index]
        if info.flag_bits & _ENCRYPTED:
            raise AudioError(f"{name!r} is encrypted; make a zip without a password.")
        self._refuse_bomb(name, info, info.file_size)
        with archive.open(info) as entry:
            size = 0
            while chunk := entry.read(_CHUNK_BYTES):
                size += len(chunk)
                self._refuse_bomb(name, info, size)
                spool.write(chunk)

    def _refuse_bomb(self, name: str, info: zipfile.ZipInfo, size: int) -> None:
        if size > self.max_mb << 20:
            raise AudioError(
                f"{name!r} unpacks to more than {self.max_mb} MB, the most that is accepted; "
                "leave it out of the zip, or raise EMOSCOPE_MAX_UPLOAD_MB."
            )
        if size > RATIO_MATTERS_BYTES and size > MAX_RATIO * max(1, info.compress_size):
            raise AudioError(
                f"{name!r} unpacks to more than {MAX_RATIO} times its size, which no recording does (a zip bomb); "
                "leave it out of the zip."
            )


@dataclass(frozen=True, slots=True)
class StoreOpener:
    """An object of an object store, `path` below an address such as `s3://bucket/clips`; read by ranges, as needed."""

    address: str
    path: str

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        try:
            store, root = store_at(self.address)
            file = store.open_input_file(f"{root}/{self.path}")
        except (OSError, ValueError) as error:
            raise AudioError(f"{name!r} cannot be fetched ({first_line(error)}); try again.") from error
        with file:
            yield file


@lru_cache(maxsize=16)
def store_at(address: str) -> tuple[Any, str]:
    """pyarrow's file system of an address, and the path in it; `ValueError` or `OSError` where there is none."""
    from pyarrow import fs

    store, root = fs.FileSystem.from_uri(address)
    return store, root.rstrip("/")


def to_record(opener: Opener) -> dict[str, Any]:
    """An opener as plain JSON values; `EngineError` for one of bytes in memory, which stay in their process."""
    if isinstance(opener, FileOpener):
        return {"path": os.path.abspath(opener.path), "inside": opener.inside}  # noqa: PTH100  # any text
    if isinstance(opener, ZipOpener):
        archive = os.path.abspath(opener.archive.path)  # noqa: PTH100
        return {"archive": archive, "index": opener.index, "max_mb": opener.max_mb}
    if isinstance(opener, StoreOpener):
        return {"address": opener.address, "path": opener.path}
    raise EngineError("Clips in memory cannot go to a cluster; save them to a folder that its machines share.")


def from_record(record: Mapping[str, Any]) -> Opener:
    """The inverse of `to_record`."""
    if "archive" in record:
        return ZipOpener(Archive(record["archive"]), record["index"], record["max_mb"])
    if "address" in record:
        return StoreOpener(record["address"], record["path"])
    return FileOpener(record["path"], record["inside"])


def is_within(path: str, folder: str) -> bool:
    """Whether `path`, links followed, lies in `folder` (a real path)."""
    real = os.path.realpath(path)
    return os.path.commonpath([real, folder]) == folder


def _open_regular(path: str, name: str) -> IO[bytes]:
    """Open a file that is one; never wait for a pipe, never read a device."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        raise AudioError(f"{name!r} does not exist; check the path.") from None
    except PermissionError:
        raise AudioError(f"{name!r} may not be read by this user; change its permissions.") from None
    except (OSError, ValueError) as error:
        raise AudioError(f"{name!r} cannot be opened ({first_line(error)}); check the path.") from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device"
        raise AudioError(f"{name!r} is {kind}, not a file; name sound files.")
    return os.fdopen(descriptor, "rb")
