"""From a name to a folder on this disk. Never asks the network."""

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.checkpoints.registry import BUNDLED_DIR, CHECKPOINTS, SMALL_FILES, VOICE_CHECKPOINTS, Checkpoint, find
from core.errors import CheckpointError
from core.said import said
from core.settings import Settings

NEEDED_FILES = ("config.yaml", "tokens.txt")
WEIGHT_FILES = ("model.safetensors", "model.pt")


@dataclass(frozen=True, slots=True)
class CheckpointState:
    """A known checkpoint and where it lies; `folder` is None while it is not on this disk."""

    checkpoint: Checkpoint
    folder: Path | None

    @property
    def is_present(self) -> bool:
        return self.folder is not None


def resolve(name: str, settings: Settings) -> Path:
    """The folder of a checkpoint.

    Args:
        name: a registered name, a hub id, or the path of a folder in the hubs' format.

    Raises:
        CheckpointError: there is no such checkpoint here; the message says how to get it.
    """
    checkpoint = find(name)
    if checkpoint is not None:
        folder = present_folder(checkpoint, settings)
        if folder is None:
            raise CheckpointError(
                said(
                    "checkpoint.absent",
                    "Checkpoint {name} is not on this machine; run `emoscope models pull {name}` once with a network, "
                    "or name a local folder.",
                    name=checkpoint.name,
                )
            )
        return folder
    return _local_folder(name)


def states(settings: Settings) -> list[CheckpointState]:
    """Every registered checkpoint with its folder, where it is present."""
    return [CheckpointState(checkpoint, present_folder(checkpoint, settings)) for checkpoint in CHECKPOINTS]


def is_checkpoint_folder(folder: Path) -> bool:
    """Whether the files a checkpoint needs are all there."""
    has_small = all(_is_file(folder / name) for name in NEEDED_FILES)
    return has_small and any(_is_file(folder / name) for name in WEIGHT_FILES)


def is_complete(checkpoint: Checkpoint, folder: Path) -> bool:
    """Whether a folder holds this checkpoint: by its files where it is a model of voices."""
    if checkpoint in VOICE_CHECKPOINTS:
        return all(_is_file(folder / name) for name in checkpoint.files)
    return is_checkpoint_folder(folder)


def present_folder(checkpoint: Checkpoint, settings: Settings) -> Path | None:
    """Where on this disk a registered checkpoint is: EmoScope's own folder, or a cache of the hubs' clients."""
    return next((folder for folder in _candidates(checkpoint, settings) if is_complete(checkpoint, folder)), None)


def _is_file(path: Path) -> bool:
    """Whether it is a file that may be looked at; `Path.is_file` raises where a folder is closed to us."""
    return os.path.isfile(path)  # noqa: PTH113


def installed_folder(checkpoint: Checkpoint, settings: Settings) -> Path:
    """Where `emoscope models pull` puts a checkpoint."""
    return settings.models_dir / checkpoint.name


def _local_folder(name: str) -> Path:
    folder = Path(os.path.expanduser(name))  # noqa: PTH111  # Path.expanduser raises for `~nobody`
    if not name or not os.path.isdir(folder):  # noqa: PTH112  # Path.is_dir raises for a name that is too long
        known = ", ".join(checkpoint.name for checkpoint in CHECKPOINTS)
        raise CheckpointError(
            said(
                "checkpoint.unknown", "There is no checkpoint {name!r}; use one of {known}, or the path of a folder.",
                name=name, known=known,
            )
        )  # fmt: skip
    if not is_checkpoint_folder(folder):
        raise CheckpointError(
            f"{name!r} is not a checkpoint folder; it needs {', '.join(SMALL_FILES)} and "
            f"{' or '.join(WEIGHT_FILES)}, as on the hubs."
        )
    return folder


def _candidates(checkpoint: Checkpoint, settings: Settings) -> Iterator[Path]:
    """Our own folder first, then the caches of ModelScope's and Hugging Face's clients, in their layouts."""
    if checkpoint.is_bundled:
        yield BUNDLED_DIR
        return
    yield installed_folder(checkpoint, settings)
    yield from _modelscope_folders(str(checkpoint.modelscope_id))
    yield from _huggingface_folders(str(checkpoint.huggingface_id))


def _modelscope_folders(repository: str) -> Iterator[Path]:
    """`models/<owner>--<name>/snapshots/<revision>` since its client 1.38; before, three flat layouts."""
    root = _folder_from("MODELSCOPE_CACHE", Path.home() / ".cache" / "modelscope")
    yield from _snapshots(root / "models" / repository.replace("/", "--"))
    for folder in (root / "models", root / "hub" / "models", root / "hub", root):
        yield folder / repository


def _huggingface_folders(repository: str) -> Iterator[Path]:
    caches = _folder_from("XDG_CACHE_HOME", Path.home() / ".cache")
    hub = _folder_from("HUGGINGFACE_HUB_CACHE", _folder_from("HF_HOME", caches / "huggingface") / "hub")
    yield from _snapshots(_folder_from("HF_HUB_CACHE", hub) / f"models--{repository.replace('/', '--')}")


def _snapshots(repository: Path) -> Iterator[Path]:
    """The snapshot `main` points at, then any other, newest first."""
    snapshots = repository / "snapshots"
    with contextlib.suppress(OSError, UnicodeDecodeError):
        main = (repository / "refs" / "main").read_text(encoding="utf-8").strip()
        if re.fullmatch(r"[0-9a-f]{4,64}", main):  # a commit, never a path
            yield snapshots / main
    with contextlib.suppress(OSError):
        yield from sorted(snapshots.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)


def _folder_from(variable: str, default: Path) -> Path:
    return Path(os.environ.get(variable) or default).expanduser()
