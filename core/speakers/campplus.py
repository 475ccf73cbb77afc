"""CAM++ (Wang et al. 2023, arXiv 2303.00332): FunASR's network with the hub's weights, where they are on this disk."""

import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.checkpoints.registry import VOICE_CHECKPOINTS
from core.checkpoints.resolving import present_folder
from core.errors import CheckpointError, SpeakerError, first_line
from core.results import SAMPLE_RATE_HZ, Array
from core.settings import Settings
from core.speakers.voicing import voiced_part

if TYPE_CHECKING:
    from torch import nn

CAMPPLUS = VOICE_CHECKPOINTS[0]
WINDOW_SAMPLES = SAMPLE_RATE_HZ * 3 // 2  # 24,000: what FunASR cuts a recording into for this network
SIZE = 192
_BATCH = 32


class CampPlus:
    """CAM++ with its weights: 1.5 s of sound become 192 numbers."""

    window_samples = WINDOW_SAMPLES

    def __init__(self, network: "nn.Module", model_id: str) -> None:
        self._network = network
        self.model_id = model_id

    def voiced(self, samples: Array) -> Array:
        return voiced_part(samples)

    def features(self, samples: Array, starts: Array) -> Array:
        """(n, 192) float32, of the windows that begin at these samples; see `VoiceNetwork`."""
        import torch
        from funasr.models.campplus.utils import extract_feature  # log mel filter banks less their mean over time

        padded = np.pad(np.asarray(samples, np.float32), (0, WINDOW_SAMPLES))
        parts = []
        for begin in range(0, len(starts), _BATCH):
            windows = [padded[start : start + WINDOW_SAMPLES] for start in starts[begin : begin + _BATCH]]
            with torch.inference_mode():
                parts.append(self._network(extract_feature(torch.from_numpy(np.stack(windows)))[0]).numpy())
        return np.concatenate(parts) if parts else np.zeros((0, SIZE), np.float32)


def folder_of(settings: Settings) -> Path | None:
    """Where CAM++ lies on this disk."""
    return present_folder(CAMPPLUS, settings)


def load_campplus(settings: Settings) -> CampPlus:
    """Read the weights.

    Raises:
        CheckpointError: they are not on this machine, or are not CAM++'s.
        SpeakerError: FunASR is not installed.
    """
    folder = folder_of(settings)
    if folder is None:
        raise CheckpointError(
            f"CAM++ is not on this machine; run `emoscope models pull {CAMPPLUS.name}` once with a network, or use the "
            "model of voices `resemblyzer`, which needs none."
        )
    network = _network()
    weights = folder / CAMPPLUS.files[0]
    _read_into(network, weights)
    from core.checkpoints.origins import checksum_of

    return CampPlus(network.eval(), f"{CAMPPLUS.name}-{checksum_of(weights)[:12]}")


def _network() -> "nn.Module":
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # funasr asks `distutils` for versions, which is deprecated
            from funasr.models.campplus.model import CAMPPlus
    except ImportError as error:
        raise SpeakerError(
            f"CAM++ needs FunASR, which cannot be imported ({first_line(error)}); run `pip install funasr`."
        ) from error
    if find_spec("kaldi_native_fbank") is None and find_spec("torchaudio") is None:
        raise SpeakerError("CAM++ needs Kaldi's filter banks; run `pip install kaldi-native-fbank`.")
    network: nn.Module = CAMPPlus(feat_dim=80, embedding_size=SIZE)
    return network


def _read_into(network: "nn.Module", weights: Path) -> None:
    import torch

    try:
        tensors = torch.load(weights, map_location="cpu", weights_only=True, mmap=True)
        network.load_state_dict(tensors)
    except Exception as error:  # a file from outside: a damaged one raises whatever it meets first
        raise CheckpointError(
            f"{weights.name} cannot be read as CAM++ ({first_line(error)}); remove its folder and run "
            f"`emoscope models pull {CAMPPLUS.name}` again."
        ) from error
