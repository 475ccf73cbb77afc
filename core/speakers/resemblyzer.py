"""Resemblyzer's voice encoder (Apache-2.0, github.com/resemble-ai/Resemblyzer): an LSTM over 40 mel bands.

It is the speaker encoder of Wan et al. 2018 (Generalized end-to-end loss for speaker verification, ICASSP). The weights
are in the package; only their file is read, since importing the package asks for parts of SciPy that are going away.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from core.errors import SpeakerError, first_line
from core.results import SAMPLE_RATE_HZ, Array
from core.said import said
from core.speakers.voicing import voiced_part

NUM_MELS = 40
FFT_SAMPLES, HOP_SAMPLES = SAMPLE_RATE_HZ * 25 // 1000, SAMPLE_RATE_HZ // 100  # 400, 160
WINDOW_FRAMES = 160
WINDOW_SAMPLES = WINDOW_FRAMES * HOP_SAMPLES  # 25,600: the 1.6 s it was taught on
SIZE, NUM_LAYERS = 256, 3
_BATCH = 256
_WEIGHTS = "pretrained.pt"


class Encoder(nn.Module):
    """The published layers, named as in its file."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(NUM_MELS, SIZE, NUM_LAYERS, batch_first=True)
        self.linear = nn.Linear(SIZE, SIZE)

    def forward(self, mels: torch.Tensor) -> torch.Tensor:
        """(n, frames, NUM_MELS) → (n, SIZE), before the published ReLU: what is below zero tells voices apart, too."""
        _, (last, _) = self.lstm(mels)
        found: torch.Tensor = self.linear(last[-1])
        return found


class Resemblyzer:
    """The encoder with its weights."""

    window_samples = WINDOW_SAMPLES

    def __init__(self, encoder: Encoder, model_id: str) -> None:
        self._encoder = encoder
        self.model_id = model_id

    def voiced(self, samples: Array) -> Array:
        return voiced_part(samples)

    def features(self, samples: Array, starts: Array) -> Array:
        """(n, SIZE) float32, of the windows that begin at these samples; see `VoiceNetwork`."""
        parts = []
        for begin in range(0, len(starts), _BATCH):
            some = starts[begin : begin + _BATCH]
            mels = torch.from_numpy(mel_windows(samples, some))
            with torch.inference_mode():
                parts.append(self._encoder(mels).numpy())
        return np.concatenate(parts) if parts else np.zeros((0, SIZE), np.float32)


def plain_vectors(features: Array) -> Array:
    """(n, SIZE) features → (n, SIZE) float32: the encoder's published vectors, ReLU and length 1."""
    kept = np.maximum(features, 0.0)
    vectors: Array = kept / np.maximum(np.linalg.norm(kept, axis=1, keepdims=True), 1e-9)
    return vectors


def mel_windows(samples: Array, starts: Array) -> Array:
    """(n, WINDOW_FRAMES, NUM_MELS) float32: power in mel bands, no logarithm; silence after the last sample.

    `starts` (n,) ascending, in samples. Bands are worked out once over all the windows, which mostly overlap.
    """
    import librosa  # up to six seconds the first time

    first, end = int(starts[0]), int(starts[-1]) + WINDOW_SAMPLES
    heard = np.asarray(samples[first:end], dtype=np.float32)
    power = librosa.feature.melspectrogram(
        y=np.pad(heard, (0, end - first - len(heard))), sr=SAMPLE_RATE_HZ, n_fft=FFT_SAMPLES, hop_length=HOP_SAMPLES,
        n_mels=NUM_MELS,
    )  # fmt: skip
    frames = (np.asarray(starts) - first)[:, np.newaxis] // HOP_SAMPLES + np.arange(WINDOW_FRAMES)
    windows: Array = np.ascontiguousarray(power.T[frames], dtype=np.float32)
    return windows


def load_resemblyzer() -> Resemblyzer:
    """Read the weights of the installed package.

    Raises:
        SpeakerError: Resemblyzer is not installed, or its file is damaged.
    """
    found = find_spec("resemblyzer")
    if found is None or found.origin is None:
        raise SpeakerError(
            said(
                "voices.no_resemblyzer",
                "The model of voices `resemblyzer` is not installed; run `pip install webrtcvad-wheels && pip install "
                "--no-deps Resemblyzer`.",
            )
        )
    file = Path(found.origin).parent / _WEIGHTS
    try:
        kept: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)["model_state"]
        encoder = Encoder()
        encoder.load_state_dict({name: kept[name] for name in encoder.state_dict()})
    except Exception as error:  # whatever a damaged file raises
        raise SpeakerError(
            f"Resemblyzer's weights cannot be read ({first_line(error)}); run "
            "`pip install --force-reinstall --no-deps Resemblyzer`."
        ) from error
    return Resemblyzer(encoder.eval(), "resemblyzer-0.1")
