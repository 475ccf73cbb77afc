"""From a hub folder to a warm engine: only the model's own tensors are ever read.

`model.pt` is opened with `weights_only` (no pickled code runs) and memory-mapped, so the optimizer state that makes up
two thirds of a published file is never touched; the network is built on the meta device and the mapped tensors are
assigned to it, without a copy.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.calibration import CALIBRATION_FILE, read_calibration
from core.emotions import EMOTION_KEYS, key_of_token
from core.errors import CheckpointError, EngineError, first_line
from core.memory import collection_paused, map_pages_early, resident_mb
from core.model.engine import EngineInfo, Window
from core.results import SAMPLE_RATE_HZ, CheckpointIdentity, Stage
from core.settings import Settings, available_cores

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from core.model.mel import MelNetwork
    from core.model.native import Encoder, NativeEngine
    from core.model.network import Emotion2vec

OnStage = Callable[[Stage], None]
WEIGHT_FILES = ("model.safetensors", "model.pt")
REVISION_SAMPLE_BYTES = 1 << 16
LARGE_BYTES = 1 << 26


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the rows of a checkpoint's head stand for: row `rows[i]` of `num_rows` says `labels[i]`."""

    num_rows: int
    rows: tuple[int, ...]
    labels: tuple[str, ...]


class Stages:
    """Times the steps of getting a model ready, with the memory each left the process at."""

    def __init__(self, on_stage: OnStage | None) -> None:
        self.done: list[Stage] = []
        self._on_stage = on_stage
        self._since = time.perf_counter()

    def finish(self, name: str) -> None:
        now = time.perf_counter()
        self.done.append(Stage(name, now - self._since, resident_mb()))
        self._since = now
        if self._on_stage is not None:
            self._on_stage(self.done[-1])


def load_native(
    folder: Path, checkpoint_id: str, settings: Settings, on_stage: OnStage | None = None, *, warm_up: bool = True
) -> "NativeEngine":
    """Load a hub folder and warm it with one second of silence.

    Args:
        folder: holds `config.yaml`, `tokens.txt` and `model.safetensors` or `model.pt`.
        on_stage: called after each of import, read, build, warm-up.
        warm_up: False where a clip is waiting that will warm it as well.

    Raises:
        CheckpointError: a file is missing, damaged or of another shape.
        EngineError: the device or precision asked for is not there.
    """
    stages = Stages(on_stage)
    with collection_paused():
        import torch

    from core.model.native import Head, NativeEngine

    stages.finish("import")
    configuration = read_configuration(folder)
    tokens = read_tokens(folder)
    tensors = read_tensors(folder)
    _map_early(tensors)
    stages.finish("read")
    device, dtype = _device_of(settings), getattr(torch, settings.precision)
    threads = min(settings.threads or available_cores(), available_cores())
    torch.set_num_threads(threads)
    network = build_network(configuration, tensors, tokens.num_rows).to(device)
    head = Head(network.proj.weight[list(tokens.rows)], network.proj.bias[list(tokens.rows)])
    encoder, faster = _encoders(network, device, dtype)
    stages.finish("build")
    info = EngineInfo(
        engine="native",
        checkpoint=CheckpointIdentity(checkpoint_id, revision_of(folder), read_calibration(folder)),
        labels=tokens.labels,
        embedding_dim=network.embedding_dim,
        num_parameters=sum(parameter.numel() for parameter in network.parameters()),
        device=device,
        precision=settings.precision,
        threads=threads,
        stages=(),
    )
    engine = NativeEngine(info, encoder, head, normalize=network.config.normalize, faster=faster)
    if warm_up:
        engine.score([Window(np.zeros(SAMPLE_RATE_HZ, dtype=np.float32), 0.0, 0.0)])
        stages.finish("warm-up")
    engine._info = replace(info, stages=tuple(stages.done))
    return engine


def _encoders(
    network: "Emotion2vec | MelNetwork", device: str, dtype: "torch.dtype"
) -> "tuple[Encoder, Callable[[], Encoder] | None]":
    """What runs the network here, and how to make a faster form of it where there is one."""
    from core.model.fast import unpacked_and_packed
    from core.model.native import PlainEncoder
    from core.model.network import Emotion2vec

    if device == "cpu" and isinstance(network, Emotion2vec):
        return unpacked_and_packed(network, dtype)
    return PlainEncoder(network, dtype), None


def _device_of(settings: Settings) -> str:
    import torch

    if settings.device == "cuda" and not torch.cuda.is_available():
        raise EngineError("The device asked for is cuda, but no CUDA device is here; use --device cpu or auto.")
    if settings.device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return settings.device


def read_configuration(folder: Path) -> dict[str, Any]:
    """`config.yaml` as plain values, its `model` being one EmoScope runs."""
    import yaml

    try:
        configuration = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CheckpointError(f"{folder.name}: config.yaml cannot be read ({first_line(error)}).") from None
    if not isinstance(configuration, dict) or not isinstance(configuration.get("model_conf"), dict):
        raise CheckpointError(
            f"{folder.name}: config.yaml holds no model_conf; take the folder from the hub unchanged."
        )
    if configuration.get("model") not in ("Emotion2vec", "EmoScopeMel"):
        raise CheckpointError(
            f"{folder.name}: config.yaml is for a {configuration.get('model')!r} model; "
            "EmoScope runs Emotion2vec and EmoScopeMel."
        )
    return configuration


def read_tokens(folder: Path) -> Tokens:
    """`tokens.txt`: one line a row of the head; rows marked `unuse…` are never said."""
    try:
        lines = (folder / "tokens.txt").read_text(encoding="utf-8").splitlines()
        keys = [key_of_token(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{folder.name}: tokens.txt cannot be used ({first_line(error)}).") from None
    labels = tuple(key for key in keys if key is not None)
    if not labels or len(set(labels)) != len(labels):
        raise CheckpointError(
            f"{folder.name}: tokens.txt names {', '.join(labels) or 'no emotion'}; "
            f"it must name each of {', '.join(EMOTION_KEYS)} at most once."
        )
    return Tokens(len(keys), tuple(row for row, key in enumerate(keys) if key is not None), labels)


def weights_file(folder: Path) -> Path:
    """The file that holds the weights; `CheckpointError` where there is none."""
    for name in WEIGHT_FILES:
        if (folder / name).is_file():
            return folder / name
    raise CheckpointError(f"{folder.name} holds neither {' nor '.join(WEIGHT_FILES)}; fetch it again.")


def read_tensors(folder: Path) -> "Mapping[str, Tensor]":
    """The checkpoint's tensors by name, memory-mapped where the file system can."""
    path = weights_file(folder)
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        return _read_pt(path)
    except CheckpointError:
        raise
    except Exception as error:  # torch and safetensors raise a dozen kinds for a damaged file
        raise CheckpointError(
            f"{folder.name}/{path.name} is damaged or not a checkpoint ({first_line(error)}); "
            "fetch it again, or run `emoscope models verify`."
        ) from error


def _read_pt(path: Path) -> "Mapping[str, Tensor]":
    import torch

    try:
        content = torch.load(path, map_location="cpu", mmap=True, weights_only=True)
    except RuntimeError as error:
        if "mmap" not in str(error):  # files of torch before 1.6, and file systems without mmap
            raise
        content = torch.load(path, map_location="cpu", weights_only=True)
    tensors = content.get("model", content) if isinstance(content, dict) else None
    if not isinstance(tensors, dict) or not any(isinstance(value, torch.Tensor) for value in tensors.values()):
        raise CheckpointError(f"{path.name} holds no model; take the file from the hub unchanged.")
    return {name: value for name, value in tensors.items() if isinstance(value, torch.Tensor)}


def _map_early(tensors: "Mapping[str, Tensor]") -> None:
    """Start mapping the tensors' pages; not where they lie scattered among others, as that would read those too."""
    sizes = {tensor.data_ptr(): tensor.nbytes for tensor in tensors.values()}
    begin, end = min(sizes), max(address + size for address, size in sizes.items())
    if LARGE_BYTES < end - begin < 1.1 * sum(sizes.values()):
        map_pages_early(begin, end - begin)


def build_network(
    configuration: Mapping[str, Any], tensors: "Mapping[str, Tensor]", num_labels: int
) -> "Emotion2vec | MelNetwork":
    """The network on the meta device with the tensors assigned to it; `CheckpointError` names what does not fit."""
    import torch

    from core.model.hub_keys import to_ours
    from core.model.mel import MelConfig, MelNetwork
    from core.model.network import Emotion2vec, Emotion2vecConfig

    network: Emotion2vec | MelNetwork
    with torch.device("meta"):
        if configuration["model"] == "EmoScopeMel":
            network = MelNetwork(MelConfig.from_mapping(configuration["model_conf"]), num_labels)
        else:
            network = Emotion2vec(Emotion2vecConfig.from_mapping(configuration["model_conf"]), num_labels)
            tensors = to_ours(tensors, network.config.prenet_depth)
    expected = network.state_dict()
    missing = sorted(name for name in expected if name not in tensors)
    if missing:
        hint = " It gives embeddings only, no emotions." if missing == ["proj.bias", "proj.weight"] else ""
        raise CheckpointError(f"The weights lack {len(missing)} tensors, {missing[0]} first.{hint}")
    for name, slot in expected.items():
        if tensors[name].shape != slot.shape:
            raise CheckpointError(
                f"Tensor {name} is {tuple(tensors[name].shape)} where config.yaml and tokens.txt make it "
                f"{tuple(slot.shape)}; the folder's files do not belong together."
            )
    network.load_state_dict({name: tensors[name].to(expected[name].dtype) for name in expected}, assign=True)
    return network.requires_grad_(False).eval()


def revision_of(folder: Path) -> str:
    """A 12-digit fingerprint of what would be read: the small files, and the weights' size, head, middle and tail."""
    digest = hashlib.sha256()
    for name in ("config.yaml", "tokens.txt"):
        digest.update((folder / name).read_bytes())
    if (folder / CALIBRATION_FILE).is_file():  # it changes what is said
        digest.update((folder / CALIBRATION_FILE).read_bytes())
    path = weights_file(folder)
    size = path.stat().st_size
    digest.update(str(size).encode())
    with path.open("rb") as file:
        for offset in (0, size // 3, size // 2, max(0, size - REVISION_SAMPLE_BYTES)):
            file.seek(offset)
            digest.update(file.read(REVISION_SAMPLE_BYTES))
    return digest.hexdigest()[:12]
