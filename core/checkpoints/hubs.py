"""What ModelScope and Hugging Face hold of a checkpoint: one listing each, with sizes, checksums and addresses.

Each hub lists a repository's files in one JSON answer and serves every file over HTTPS with ranges:

    ModelScope    GET /api/v1/models/<id>/repo/files?Revision=master&Recursive=true   Data.Files[]: Path, Size, Sha256
                  GET /api/v1/models/<id>/repo?Revision=master&FilePath=<path>        → the file, by a redirect
    Hugging Face  GET /api/models/<id>/tree/main       path, size, oid (Git's SHA-1 of the blob), lfs.oid (SHA-256)
                  GET /<id>/resolve/main/<path>        → the file, by a redirect

That is all that is used of them, so that one downloader serves both, with progress, resuming and cancel.
"""

import contextlib
import queue
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import requests

from core.checkpoints.origins import checksum_of
from core.checkpoints.registry import Checkpoint
from core.errors import CheckpointError
from core.settings import Settings

SOURCES = ("modelscope", "huggingface")
CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 4.0, 30.0
LISTING_DEADLINE_S = 8.0  # a resolver without an answer blocks far longer than any timeout of a connection
# Compressed bytes could not be resumed.
HEADERS = {"User-Agent": "emoscope", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a hub's repository.

    `checksum` is hexadecimal and empty where the hub gives none; `checksum_kind` is "sha256", or "git" for the SHA-1
    over "blob <size>\\0" and the content by which Git names it.
    """

    path: str
    size_bytes: int
    checksum: str
    checksum_kind: str
    url: str

    def matches(self, path: Path) -> bool:
        """Whether a local file is this one; without a checksum only its size is compared."""
        if path.stat().st_size != self.size_bytes:
            return False
        return not self.checksum or checksum_of(path, self.checksum_kind) == self.checksum


@dataclass(frozen=True, slots=True)
class Listing:
    """What one hub holds of a checkpoint, smallest file first."""

    source: str
    repository: str
    files: tuple[RemoteFile, ...]

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)


def endpoint_of(source: str, settings: Settings) -> str:
    """A hub's address, without a slash at its end."""
    endpoints = {"modelscope": settings.modelscope_endpoint, "huggingface": settings.hf_endpoint}
    return endpoints[source].rstrip("/")


def listings(checkpoint: Checkpoint, settings: Settings, sources: Sequence[str]) -> list[Listing]:
    """What the hubs hold, in the order of `sources`; those that do not answer in time are left out.

    All are asked at once. Raises `CheckpointError` when none answers, with the reason of each.
    """
    tasks = {source: partial(_listing, checkpoint, settings, source) for source in sources}
    answers = _all_within(LISTING_DEADLINE_S, tasks)
    found = [answer for answer in answers.values() if isinstance(answer, Listing)]
    if not found:
        reasons = " and ".join(f"{source} ({reason_of(answers[source])})" for source in sources)
        raise CheckpointError(
            f"{checkpoint.name} cannot be fetched from {reasons}; "
            "connect to a network, or copy the hub's folder to this machine and name its path."
        )
    return found


def reason_of(error: object) -> str:
    """Why a hub could not be used, in a few words."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP {error.response.status_code}"
    if error is None or isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke"
    return "no connection" if isinstance(error, requests.ConnectionError) else "an unexpected answer"


def reachable(settings: Settings, timeout_s: float) -> dict[str, bool]:
    """Whether each hub answers anything at all within `timeout_s`."""

    def ask(source: str) -> bool:
        requests.head(endpoint_of(source, settings), timeout=timeout_s, headers=HEADERS)
        return True

    answers = _all_within(timeout_s, {source: partial(ask, source) for source in SOURCES})
    return {source: answers[source] is True for source in SOURCES}


def _all_within(deadline_s: float, tasks: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Run tasks at once: the result or the `Exception` of each, None where it took too long.

    Daemon threads, since looking up a name cannot be interrupted and must not keep the process from ending.
    """
    done: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()

    def run(name: str, task: Callable[[], Any]) -> None:
        try:
            done.put((name, task()))
        except Exception as error:
            done.put((name, error))

    for name, task in tasks.items():
        threading.Thread(target=run, args=(name, task), daemon=True).start()
    answers: dict[str, Any] = dict.fromkeys(tasks)
    deadline = time.monotonic() + deadline_s
    with contextlib.suppress(queue.Empty):
        for _ in tasks:
            name, answer = done.get(timeout=max(0.0, deadline - time.monotonic()))
            answers[name] = answer
    return answers


def _listing(checkpoint: Checkpoint, settings: Settings, source: str) -> Listing:
    endpoint = endpoint_of(source, settings)
    read, repository = {
        "modelscope": (_modelscope_files, checkpoint.modelscope_id),
        "huggingface": (_huggingface_files, checkpoint.huggingface_id),
    }[source]
    files = [file for file in read(endpoint, str(repository)) if file.path in checkpoint.files]
    missing = set(checkpoint.files) - {file.path for file in files}
    if missing:
        raise ValueError(f"{source} lists no {', '.join(sorted(missing))}")
    return Listing(source, str(repository), tuple(sorted(files, key=lambda file: (file.size_bytes, file.path))))


def _modelscope_files(endpoint: str, repository: str) -> list[RemoteFile]:
    base = f"{endpoint}/api/v1/models/{repository}/repo"
    return [
        _remote_file(entry["Path"], entry["Size"], entry.get("Sha256"), "sha256", f"{base}?Revision=master&FilePath=")
        for entry in _json(f"{base}/files?Revision=master&Recursive=true")["Data"]["Files"]
        if entry.get("Type") != "tree"
    ]


def _huggingface_files(endpoint: str, repository: str) -> list[RemoteFile]:
    base = f"{endpoint}/{repository}/resolve/main/"
    files = []
    for entry in _json(f"{endpoint}/api/models/{repository}/tree/main"):
        if entry.get("type") != "directory":
            large = entry.get("lfs") or {}
            kind = "sha256" if large else "git"
            files.append(_remote_file(entry["path"], entry["size"], large.get("oid") or entry.get("oid"), kind, base))
    return files


def _remote_file(path: object, size: Any, checksum: object, kind: str, address: str) -> RemoteFile:
    """`ValueError` for a size or a checksum that is none: a hub's answer is data from outside."""
    length = {"sha256": 64, "git": 40}[kind]
    text = str(checksum or "").lower()
    if text and not re.fullmatch(rf"[0-9a-f]{{{length}}}", text):
        raise ValueError(f"a checksum of {path} that is none")
    if int(size) < 0:
        raise ValueError(f"a size of {path} that is none")
    return RemoteFile(str(path), int(size), text, kind, address + str(path))


def _json(url: str) -> Any:
    answer = requests.get(url, timeout=(CONNECT_TIMEOUT_S, LISTING_DEADLINE_S), headers=HEADERS)
    answer.raise_for_status()
    return answer.json()
