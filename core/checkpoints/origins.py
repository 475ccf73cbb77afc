"""Where a fetched checkpoint came from and what its files were, kept beside it as `origin.json`."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from core.errors import CheckpointError

ORIGIN_FILE = "origin.json"


@dataclass(frozen=True, slots=True)
class OriginFile:
    """A file as it was when it had been fetched and checked; `sha256` is hexadecimal."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Origin:
    """The hub, the repository on it, and the files that were taken."""

    source: str
    repository: str
    files: tuple[OriginFile, ...]


def write_origin(folder: Path, origin: Origin) -> None:
    """Keep it in the checkpoint's folder."""
    (folder / ORIGIN_FILE).write_text(json.dumps(asdict(origin), indent=2) + "\n", encoding="utf-8")


def read_origin(folder: Path) -> Origin | None:
    """What is known of a folder's origin; None where it was not fetched by EmoScope.

    Raises `CheckpointError` when the file is damaged.
    """
    try:
        values = json.loads((folder / ORIGIN_FILE).read_text(encoding="utf-8"))
        files = tuple(OriginFile(str(f["path"]), int(f["size_bytes"]), str(f["sha256"])) for f in values["files"])
        return Origin(str(values["source"]), str(values["repository"]), files)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{folder.name}/{ORIGIN_FILE} cannot be read ({type(error).__name__}); fetch the checkpoint again."
        ) from error


def checksum_of(path: Path, kind: str = "sha256") -> str:
    """Hexadecimal checksum of a file; "git" is the object id Git would give it."""
    digest = hashlib.sha256()
    if kind == "git":
        digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
