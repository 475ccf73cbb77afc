"""`emoscope models verify`: whether a folder is a checkpoint that can be trusted to load."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.checkpoints.origins import ORIGIN_FILE, OriginFile, checksum_of, read_origin
from core.errors import CheckpointError
from core.model import loading
from core.results import SAMPLE_RATE_HZ, num_frames_of

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found; `revision` is empty where the files are not all there."""

    checks: tuple[Check, ...]
    revision: str

    @property
    def is_sound(self) -> bool:
        return all(check.passed for check in self.checks)


def verify(folder: Path) -> Verification:
    """Read a folder through: configuration, labels, every tensor's name, shape and values; its content never raises.

    What EmoScope fetched is also compared with the checksums it had then.
    """
    checks = [
        _check("config.yaml", lambda: str(loading.read_configuration(folder)["model"])),
        _check("tokens.txt", lambda: ", ".join(loading.read_tokens(folder).labels)),
        _check("weights", lambda: _weights(folder)),
    ]
    if (folder / ORIGIN_FILE).is_file():
        checks.append(_check("checksums", lambda: _checksums(folder)))
    revision = loading.revision_of(folder) if all(check.passed for check in checks) else ""
    return Verification(tuple(checks), revision)


def _check(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except CheckpointError as error:
        return Check(name, False, str(error))
    except Exception as error:  # a configuration of any content came from outside; judging it is what this is for
        return Check(name, False, f"{name} cannot be used ({type(error).__name__}: {error}); fetch it again.")


def _weights(folder: Path) -> str:
    configuration, tokens = loading.read_configuration(folder), loading.read_tokens(folder)
    network = loading.build_network(configuration, loading.read_tensors(folder), tokens.num_rows)
    for name, tensor in network.state_dict().items():
        if not bool(tensor.isfinite().all()):
            raise CheckpointError(f"Tensor {name} holds values that are not numbers; fetch the checkpoint again.")
    _listen(network)
    count = sum(parameter.numel() for parameter in network.parameters())
    return f"{loading.weights_file(folder).name}, {count:,} parameters, all finite"


def _listen(network: "Callable[[Tensor], Tensor]") -> None:
    """One second of noise through the network: what fits in its parts may still not run as a whole."""
    import torch

    noise = torch.randn((1, SAMPLE_RATE_HZ), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        frames = network(noise)
    if frames.shape[1] != num_frames_of(SAMPLE_RATE_HZ) or not bool(frames.isfinite().all()):
        raise CheckpointError("The network gives no usable frames for a second of noise; fetch the checkpoint again.")


def _checksums(folder: Path) -> str:
    origin = read_origin(folder)
    if origin is None:
        raise CheckpointError(f"{ORIGIN_FILE} has gone; fetch the checkpoint again.")
    changed = [file.path for file in origin.files if not _is_as_fetched(folder, file)]
    if changed:
        raise CheckpointError(f"{', '.join(changed)} changed since it was fetched; fetch the checkpoint again.")
    return f"{len(origin.files)} files as fetched from {origin.source} ({origin.repository})"


def _is_as_fetched(folder: Path, file: OriginFile) -> bool:
    path = folder / Path(file.path).name
    return path.is_file() and path.stat().st_size == file.size_bytes and checksum_of(path) == file.sha256
