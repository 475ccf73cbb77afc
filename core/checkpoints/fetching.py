"""`emoscope models pull`: a checkpoint from ModelScope or Hugging Face, resumed, checked, then moved in.

Both hubs list a repository's files with sizes and SHA-256 and serve each over HTTPS with ranges; that is all that is
used, so that one plain downloader serves both, with progress and cancel.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from core.checkpoints.registry import HUB_FILES, Checkpoint, find
from core.checkpoints.resolving import installed_folder, is_checkpoint_folder
from core.errors import CheckpointError
from core.settings import Settings

OnProgress = Callable[[int, int], None]
IsCancelled = Callable[[], bool]
SOURCES = ("modelscope", "huggingface")
CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 4.0, 30.0
CHUNK_BYTES = 1 << 16  # at most this much is asked for again after a break


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a hub repository; `sha256` is empty where the hub does not say."""

    path: str
    size_bytes: int
    sha256: str
    url: str


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
    """Fetch a checkpoint into `settings.models_dir`.

    Args:
        source: "modelscope", "huggingface", or "auto" to try one after the other.
        on_progress: called as on_progress(bytes so far, bytes in all).
        is_cancelled: asked between chunks; what came is kept and the next pull goes on from there.

    Returns:
        The folder, complete and checked.

    Raises:
        CheckpointError: no such checkpoint, no hub in reach, a checksum that does not match; Cancelled: on request.
    """
    checkpoint = find(name)
    if checkpoint is None or checkpoint.is_bundled:
        raise CheckpointError(f"{name!r} is not on the hubs; pull one of emotion2vec_plus_seed, _base or _large.")
    target = installed_folder(checkpoint, settings)
    if is_checkpoint_folder(target):
        return target
    files = _first_listing(checkpoint, SOURCES if source == "auto" else (source,))
    partial = target.with_name(f".{target.name}.partial")
    _require_room(files, partial)
    _fetch_all(files, partial, on_progress or _ignore, is_cancelled or _never)
    partial.rename(target)
    return target


def _first_listing(checkpoint: Checkpoint, sources: tuple[str, ...]) -> list[RemoteFile]:
    listings = {"modelscope": _modelscope_files, "huggingface": _huggingface_files}
    failures = []
    for source in sources:
        try:
            return _wanted(listings[source](checkpoint), source)
        except (requests.RequestException, KeyError, TypeError, ValueError) as error:
            failures.append(f"{source} ({_reason(error)})")
    raise CheckpointError(
        f"{checkpoint.name} cannot be fetched: {' and '.join(failures)} not in reach; "
        "connect to a network, or copy the hub's folder here and name its path."
    )


def _reason(error: Exception) -> str:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP {error.response.status_code}"
    return "no connection" if isinstance(error, requests.RequestException) else "an unexpected answer"


def _wanted(files: list[RemoteFile], source: str) -> list[RemoteFile]:
    wanted = [file for file in files if file.path in HUB_FILES]
    missing = set(HUB_FILES) - {file.path for file in wanted}
    if missing:
        raise ValueError(f"{source} lists no {', '.join(sorted(missing))}")
    return sorted(wanted, key=lambda file: file.size_bytes)


def modelscope_endpoint() -> str:
    return os.environ.get("EMOSCOPE_MODELSCOPE_ENDPOINT", "https://www.modelscope.cn").rstrip("/")


def huggingface_endpoint() -> str:
    return os.environ.get("EMOSCOPE_HF_ENDPOINT", "https://huggingface.co").rstrip("/")


def _modelscope_files(checkpoint: Checkpoint) -> list[RemoteFile]:
    base = f"{modelscope_endpoint()}/api/v1/models/{checkpoint.modelscope_id}/repo"
    listing = _json(f"{base}/files?Revision=master&Recursive=true")["Data"]["Files"]
    return [
        RemoteFile(
            str(entry["Path"]),
            int(entry["Size"]),
            str(entry.get("Sha256") or ""),
            f"{base}?Revision=master&FilePath={entry['Path']}",
        )
        for entry in listing
        if entry.get("Type", "blob") == "blob"
    ]


def _huggingface_files(checkpoint: Checkpoint) -> list[RemoteFile]:
    endpoint, repository = huggingface_endpoint(), checkpoint.huggingface_id
    return [
        RemoteFile(
            str(entry["path"]),
            int(entry["size"]),
            str((entry.get("lfs") or {}).get("oid", "")),
            f"{endpoint}/{repository}/resolve/main/{entry['path']}",
        )
        for entry in _json(f"{endpoint}/api/models/{repository}/tree/main")
        if entry.get("type", "file") == "file"
    ]


def _json(url: str) -> Any:
    answer = requests.get(url, timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S))
    answer.raise_for_status()
    return answer.json()


def _require_room(files: list[RemoteFile], partial: Path) -> None:
    partial.mkdir(parents=True, exist_ok=True)
    needed = sum(file.size_bytes - _size_of(partial / file.path) for file in files)
    free = shutil.disk_usage(partial).free
    if needed > free:
        raise CheckpointError(
            f"The checkpoint needs {needed / 1e9:.2f} GB more, but {free / 1e9:.2f} GB are free; "
            "make room, or set EMOSCOPE_MODELS_DIR."
        )


def _fetch_all(files: list[RemoteFile], partial: Path, on_progress: OnProgress, is_cancelled: IsCancelled) -> None:
    total = sum(file.size_bytes for file in files)
    before = 0
    for file in files:
        start = before

        def on_bytes(done: int, start: int = start) -> None:
            on_progress(start + done, total)

        try:
            _fetch(file, partial / file.path, on_bytes, is_cancelled)
        except requests.RequestException as error:
            raise CheckpointError(
                f"The connection broke while {file.path} was coming ({_reason(error)}); pull again to go on from there."
            ) from error
        before += file.size_bytes


def _fetch(file: RemoteFile, path: Path, on_bytes: Callable[[int], None], is_cancelled: IsCancelled) -> None:
    """Append what is missing of one file, then check it; a file that does not check out is removed."""
    have = _size_of(path)
    if have < file.size_bytes or not path.exists():
        headers = {"Range": f"bytes={have}-"} if have else {}
        with requests.get(
            file.url, headers=headers, stream=True, timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
        ) as answer:
            answer.raise_for_status()
            have = have if answer.status_code == requests.codes.partial_content else 0
            with path.open("ab" if have else "wb") as out:
                for chunk in answer.iter_content(CHUNK_BYTES):
                    out.write(chunk)
                    have += len(chunk)
                    on_bytes(have)
                    if is_cancelled():
                        raise Cancelled(f"The download of {file.path} was stopped; pull again to go on from there.")
    _check(file, path)
    on_bytes(file.size_bytes)


def _check(file: RemoteFile, path: Path) -> None:
    size = _size_of(path)
    if size < file.size_bytes:
        raise CheckpointError(f"Only {size} of {file.size_bytes} bytes of {file.path} came; pull again to go on.")
    if size > file.size_bytes or (file.sha256 and sha256_of(path) != file.sha256):
        path.unlink()
        raise CheckpointError(f"{file.path} does not match the hub's checksum and was removed; pull again.")


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _ignore(done: int, total: int) -> None:
    """Nobody watches the progress."""


def _never() -> bool:
    return False
