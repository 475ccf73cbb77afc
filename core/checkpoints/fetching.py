"""`emoscope models pull`: a checkpoint from ModelScope or Hugging Face, resumed, checked, then moved into place.

While files are coming they lie in `<models_dir>/.<name>.partial/`, each named by its checksum, so that what one hub
began the other may finish when it holds the same bytes. Nothing is in `<models_dir>/<name>/` before all of it is
there and checked.
"""

import contextlib
import fcntl
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import requests

from core.checkpoints.hubs import (
    CONNECT_TIMEOUT_S,
    HEADERS,
    READ_TIMEOUT_S,
    SOURCES,
    Listing,
    RemoteFile,
    listings,
    reason_of,
)
from core.checkpoints.origins import Origin, OriginFile, checksum_of, write_origin
from core.checkpoints.registry import CHECKPOINTS, VOICE_CHECKPOINTS, find, find_voices
from core.checkpoints.resolving import installed_folder, is_complete
from core.errors import CheckpointError
from core.settings import Settings

OnProgress = Callable[[int, int], None]
IsCancelled = Callable[[], bool]
CHUNK_BYTES = 1 << 18
ATTEMPTS_WITHOUT_PROGRESS = 3
PAUSE_S = 0.5  # before the second attempt; doubled before the third


class Cancelled(CheckpointError):
    """The person stopped a download; what came is kept for the next pull."""


def pull(
    name: str,
    settings: Settings,
    *,
    source: str = "auto",
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> Path:
    """Fetch a checkpoint into `settings.models_dir`; nothing is fetched when it is there already.

    Args:
        name: a registered name or a hub id.
        source: "modelscope", "huggingface", or "auto" to use the first of the two that answers, then the other.
        on_progress: called as on_progress(bytes so far, bytes in all).
        is_cancelled: asked between chunks; what came is kept and the next pull goes on from there.

    Returns:
        The folder, complete and checked.

    Raises:
        CheckpointError: no such checkpoint, no hub in reach, a checksum that does not match, no room on the disk.
        Cancelled: on request.
    """
    checkpoint = find(name) or find_voices(name)
    if checkpoint is None or checkpoint.is_bundled:
        known = ", ".join(entry.name for entry in (*CHECKPOINTS, *VOICE_CHECKPOINTS) if not entry.is_bundled)
        raise CheckpointError(f"{name!r} is not on the hubs; pull one of {known}.")
    target = installed_folder(checkpoint, settings)
    if is_complete(checkpoint, target):
        return target
    found = listings(checkpoint, settings, SOURCES if source == "auto" else (source,))
    partial = target.with_name(f".{target.name}.partial")
    with _written_to(settings.models_dir), _alone_in(partial, checkpoint.name):
        if not is_complete(checkpoint, target):  # else another process has just finished
            listing = _fetch_from_first(found, partial, on_progress or _ignore, is_cancelled or _never)
            _move_into_place(listing, partial, target)
    return target


@contextlib.contextmanager
def _written_to(models_dir: Path) -> Iterator[None]:
    """A full or forbidden disk is a sentence, not a traceback."""
    try:
        yield
    except OSError as error:
        if isinstance(error, requests.RequestException):
            raise
        raise CheckpointError(
            f"The checkpoint cannot be kept in {str(models_dir)!r} ({error.strerror or error}); "
            "make room or choose another folder with EMOSCOPE_MODELS_DIR."
        ) from error


@contextlib.contextmanager
def _alone_in(partial: Path, name: str) -> Iterator[None]:
    """Only one process fetches a checkpoint at a time; the system lets go of the lock when a process ends."""
    partial.mkdir(parents=True, exist_ok=True)
    with (partial / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CheckpointError(f"{name} is being fetched by another process; wait until it is done.") from None
        yield


def _fetch_from_first(
    found: list[Listing], partial: Path, on_progress: OnProgress, is_cancelled: IsCancelled
) -> Listing:
    """Bring all files from one hub; where its connection breaks for good, from the next."""
    failures = []
    for listing in found:
        _require_room(listing, partial)
        try:
            _fetch_all(listing, partial, on_progress, is_cancelled)
            return listing
        except requests.RequestException as error:
            failures.append(f"{listing.source} ({reason_of(error)})")
    raise CheckpointError(
        f"The download broke off: {' and '.join(failures)}; what came is kept, pull again to go on from there."
    )


def _require_room(listing: Listing, partial: Path) -> None:
    needed = sum(file.size_bytes - _size_of(_partial_path(partial, file)) for file in listing.files)
    free = shutil.disk_usage(partial).free
    if needed > free:
        raise CheckpointError(
            f"The checkpoint needs {needed / 1e9:.2f} GB more, but {free / 1e9:.2f} GB are free; "
            "make room or choose another folder with EMOSCOPE_MODELS_DIR."
        )


def _fetch_all(listing: Listing, partial: Path, on_progress: OnProgress, is_cancelled: IsCancelled) -> None:
    before = 0
    for file in listing.files:
        start = before

        def on_bytes(done: int, start: int = start) -> None:
            if is_cancelled():
                raise Cancelled("The download was stopped; what came is kept, pull again to go on from there.")
            on_progress(start + done, listing.size_bytes)

        path = _partial_path(partial, file)
        _fetch(file, path, on_bytes)
        if not file.matches(path):
            path.unlink()
            raise CheckpointError(
                f"{file.path} from {listing.source} does not match the hub's checksum and was removed; pull again."
            )
        before += file.size_bytes


def _fetch(file: RemoteFile, path: Path, on_bytes: Callable[[int], None]) -> None:
    """Bring what is missing of one file, trying again as long as more of it comes."""
    path.touch()
    failures, most = 0, -1
    while True:
        have = _size_of(path)
        on_bytes(have)
        if have >= file.size_bytes:
            return
        failures, most = (0, have) if have > most else (failures, most)
        try:
            _append(file, path, on_bytes)
        except requests.RequestException as error:
            failures += 1
            if failures >= ATTEMPTS_WITHOUT_PROGRESS or _is_refusal(error):
                raise
            time.sleep(PAUSE_S * 2 ** (failures - 1))


def _append(file: RemoteFile, path: Path, on_bytes: Callable[[int], None]) -> None:
    """One request for the rest of a file; a server that knows no ranges sends all of it again."""
    have = _size_of(path)
    headers = HEADERS | ({"Range": f"bytes={have}-"} if have else {})
    timeout_s = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
    with requests.get(file.url, headers=headers, stream=True, timeout=timeout_s) as answer:
        answer.raise_for_status()
        have = _start_of(answer, have)
        with path.open("r+b") as out:
            out.truncate(have)
            out.seek(have)
            for chunk in answer.iter_content(CHUNK_BYTES):
                out.write(chunk)
                have += len(chunk)
                if have > file.size_bytes:  # more than was announced: the checksum will refuse it
                    return
                on_bytes(have)
    if have < file.size_bytes:
        raise requests.ConnectionError("the answer ended early")


def _start_of(answer: requests.Response, asked: int) -> int:
    """Where in the file an answer begins: where it was asked to, or at 0."""
    if answer.status_code != requests.codes.partial_content:
        return 0
    if not answer.headers.get("Content-Range", "").startswith(f"bytes {asked}-"):
        raise requests.ConnectionError("the answer is another part of the file than was asked for")
    return asked


def _is_refusal(error: requests.RequestException) -> bool:
    """Whether asking again would only be refused again: an HTTP status of 4xx."""
    return isinstance(error, requests.HTTPError) and error.response is not None and error.response.status_code < 500


def _move_into_place(listing: Listing, partial: Path, target: Path) -> None:
    """Gather the checked files in one folder and give it its name, in one step."""
    complete = partial / "complete"
    shutil.rmtree(complete, ignore_errors=True)
    complete.mkdir()
    for file in listing.files:
        _partial_path(partial, file).rename(complete / file.path)
    files = tuple(OriginFile(file.path, file.size_bytes, checksum_of(complete / file.path)) for file in listing.files)
    write_origin(complete, Origin(listing.source, listing.repository, files))
    if target.exists():  # an incomplete folder; a complete one is never fetched again
        target.rename(partial / f"before-{time.time_ns()}")
    complete.rename(target)
    shutil.rmtree(partial, ignore_errors=True)


def _partial_path(partial: Path, file: RemoteFile) -> Path:
    """Named by what it should become, so that other bytes are never appended to it.

    `path` is one of the checkpoint's `files`.
    """
    return partial / f"{file.path}.{file.checksum[:16] or file.size_bytes}"


def _size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _ignore(done: int, total: int) -> None:
    """Nobody watches the progress."""


def _never() -> bool:
    return False
