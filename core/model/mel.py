"""A small mel-spectrogram network: the bundled checkpoint's, behind the same engine as emotion2vec.

Log-mel filterbank → two-dimensional convolutions to 50 frames a second → conformer-like blocks (Gulati et al. 2020,
arXiv:2005.08100) with ALiBi attention → a linear head on every frame. It hears the same layer-normalised 16 kHz
samples as emotion2vec, gives the same frames, and its utterance logits are likewise the mean of its frame logits.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.errors import CheckpointError
from core.model.network import alibi_slopes, alibi_table
from core.model.sizes import require_sizes
from core.results import FRAME_FIELD_SAMPLES, FRAME_HOP_SAMPLES, SAMPLE_RATE_HZ

WINDOW_SAMPLES = FRAME_FIELD_SAMPLES  # 25 ms
HOP_SAMPLES = FRAME_HOP_SAMPLES // 2  # 10 ms; the stem halves it to 20 ms
FFT_SIZE = 512
PITCH_WINDOW_SAMPLES = 640  # 40 ms, two periods and more of the lowest voice
PITCH_FFT_SIZE = 1024
PITCH_RANGE_HZ = (62.5, 500.0)
SIZE_BOUNDS: dict[str, tuple[float, float]] = {
    "num_mels": (8, 256),
    "stem_channels": (1, 1024),
    "embed_dim": (1, 4096),
    "num_heads": (1, 256),
    "num_blocks": (1, 64),
    "conv_kernel": (1, 255),
    "mlp_ratio": (1, 16),
    "dropout": (0.0, 1.0),
    "low_hz": (0.0, 4000.0),
    "high_hz": (4001.0, SAMPLE_RATE_HZ / 2),
}
MAX_VOICES, MAX_SHIFT = 8, 16
LOG_FLOOR = 1e-3  # of mel power for samples of variance 1: about 45 dB below the mean level


@dataclass(frozen=True, slots=True)
class MelConfig:
    """Sizes of the network; `config.yaml`'s `model_conf`."""

    num_mels: int = 64
    stem_channels: int = 24
    embed_dim: int = 128
    num_heads: int = 4
    num_blocks: int = 5
    conv_kernel: int = 15
    mlp_ratio: int = 2
    dropout: float = 0.1
    normalize: bool = True
    low_hz: float = 50.0
    high_hz: float = 7600.0
    periodicity: bool = False  # hear the pitch too, as a second picture beside the mel spectrogram
    voices: tuple[tuple[int, int], ...] = ()  # hear each clip as these voices, too: bins that each picture is moved by

    @classmethod
    def from_mapping(cls, model_conf: Mapping[str, Any]) -> "MelConfig":
        """Read a `model_conf`; `CheckpointError` for a key or value that does not fit."""
        try:
            config = cls(**model_conf)
        except TypeError as error:
            raise CheckpointError(
                f"config.yaml is not an EmoScopeMel configuration ({error}); take the folder unchanged."
            ) from None
        require_sizes(config, SIZE_BOUNDS)
        return replace(config, voices=_voices(config.voices))

    def to_mapping(self) -> dict[str, Any]:
        return asdict(self) | {"voices": [list(voice) for voice in self.voices]}


def _voices(found: Any) -> tuple[tuple[int, int], ...]:
    """Pairs of small whole numbers; `CheckpointError` for anything else."""
    pairs = [tuple(pair) if isinstance(pair, list | tuple) else () for pair in found] if _is_list(found) else [()]
    fits = all(len(pair) == 2 and all(type(n) is int and abs(n) <= MAX_SHIFT for n in pair) for pair in pairs)
    if not fits or len(pairs) > MAX_VOICES:
        raise CheckpointError(
            f"config.yaml has voices {found!r:.60}; they are at most {MAX_VOICES} pairs of whole numbers of at most "
            f"{MAX_SHIFT}. Take the folder unchanged."
        )
    return tuple(pairs)  # type: ignore[arg-type]  # every pair holds two ints


def _is_list(found: Any) -> bool:
    return isinstance(found, list | tuple)


def mel_filterbank(num_mels: int, low_hz: float, high_hz: float) -> Tensor:
    """(num_mels, FFT_SIZE/2 + 1) float32: triangles evenly spaced on the HTK mel scale, 2595·log10(1 + f/700).

    NumPy's, so that a network built on the meta device imports nothing of torch's meta kernels (1.4 s).
    """
    low_mel, high_mel = (2595 * np.log10(1 + hz / 700) for hz in (low_hz, high_hz))
    edges_hz = 700 * (10 ** (np.linspace(low_mel, high_mel, num_mels + 2) / 2595) - 1)
    bins_hz = np.linspace(0, SAMPLE_RATE_HZ / 2, FFT_SIZE // 2 + 1)
    rising = (bins_hz - edges_hz[:-2, None]) / np.diff(edges_hz)[:-1, None]
    falling = (edges_hz[2:, None] - bins_hz) / np.diff(edges_hz)[1:, None]
    return torch.from_numpy(np.minimum(rising, falling).clip(min=0).astype(np.float32))


def pitch_lags(num_pitches: int) -> Tensor:
    """(num_pitches, PITCH_FFT_SIZE/2 + 1) float32: reads an autocorrelation at the periods of log-spaced pitches.

    The rows divide by the window's own autocorrelation as well, after Boersma 1993 ("Accurate short-term analysis of
    the fundamental frequency…", eq. 9): a periodic frame then has 1 at its period whatever the period's length.
    """
    low_hz, high_hz = PITCH_RANGE_HZ
    periods = SAMPLE_RATE_HZ / np.geomspace(low_hz, high_hz, num_pitches)
    lags = np.arange(PITCH_FFT_SIZE // 2 + 1)
    width = np.maximum(1.0, np.abs(np.gradient(periods)))[:, None]
    weights = (1 - np.abs(lags - periods[:, None]) / width).clip(min=0)
    window = np.asarray(hann_window(PITCH_WINDOW_SAMPLES), dtype=np.float64)
    of_window = np.fft.irfft(np.abs(np.fft.rfft(window, n=2 * PITCH_FFT_SIZE)) ** 2)[: len(lags)]
    of_window /= of_window[0]
    weights = weights / weights.sum(axis=1, keepdims=True) / of_window.clip(min=0.05)
    return torch.from_numpy(weights.astype(np.float32))


def hann_window(num_samples: int = WINDOW_SAMPLES) -> Tensor:
    """(num_samples,) float32: the periodic Hann window, ½ − ½·cos(2πn/N)."""
    phase = 2 * np.pi * np.arange(num_samples) / num_samples
    return torch.from_numpy((0.5 - 0.5 * np.cos(phase)).astype(np.float32))


def power_spectrum(frames: Tensor, fft_size: int) -> Tensor:
    """(…, num_samples) → (…, fft_size/2 + 1): |rfft|², without the square root that `abs` would take first."""
    return torch.view_as_real(torch.fft.rfft(frames, n=fft_size)).square().sum(dim=-1)


def moved(features: Tensor, voice: tuple[int, int]) -> Tensor:
    """Each picture moved along its bins, the edge bin repeated: another vocal tract, another pitch.

    Bin b then shows what bin b + shift did; (batch, pictures, num_mels, mel_frames) → the same.
    """
    bins = torch.arange(features.shape[2], device=features.device)
    pictures = [
        picture.index_select(1, (bins + shift).clamp(0, len(bins) - 1)) if shift else picture
        for picture, shift in zip(features.unbind(1), voice, strict=False)
    ]
    return torch.stack(pictures, dim=1)


class ConvBlock(nn.Module):
    """Half-step feed-forward, attention, convolution, feed-forward: (batch, time, dim) → the same."""

    def __init__(self, config: MelConfig) -> None:
        super().__init__()
        dim, kernel = config.embed_dim, config.conv_kernel
        self.num_heads = config.num_heads
        self.attention_norm = nn.LayerNorm(dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)
        self.conv_norm = nn.LayerNorm(dim)
        self.expand = nn.Linear(dim, 2 * dim)
        self.depthwise = nn.Conv1d(dim, dim, kernel, padding=kernel // 2, groups=dim)
        self.depthwise_norm = nn.LayerNorm(dim)
        self.contract = nn.Linear(dim, dim)
        self.mlp_norm = nn.LayerNorm(dim)
        self.fc1 = nn.Linear(dim, config.mlp_ratio * dim)
        self.fc2 = nn.Linear(config.mlp_ratio * dim, dim)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        x = x + self._attend(self.attention_norm(x), bias)
        x = x + self.dropout(self._convolve(self.conv_norm(x)))
        out: Tensor = x + self.dropout(self.fc2(F.silu(self.fc1(self.mlp_norm(x)))))
        return out

    def _attend(self, x: Tensor, bias: Tensor) -> Tensor:
        batch, time, dim = x.shape
        query, key, value = self.qkv(x).view(batch, time, 3, self.num_heads, -1).permute(2, 0, 3, 1, 4)
        heard = F.scaled_dot_product_attention(query, key, value, attn_mask=bias.to(query.dtype))
        out: Tensor = self.out(heard.transpose(1, 2).reshape(batch, time, dim))
        return out

    def _convolve(self, x: Tensor) -> Tensor:
        x = F.glu(self.expand(x), dim=-1)
        x = self.depthwise(x.transpose(1, 2)).transpose(1, 2)
        out: Tensor = self.contract(F.silu(self.depthwise_norm(x)))
        return out


class MelNetwork(nn.Module):
    """Samples in, frame embeddings out; `proj` makes them logits."""

    filterbank: Tensor
    window: Tensor
    pitch_window: Tensor
    pitch_lags: Tensor

    def __init__(self, config: MelConfig, num_labels: int) -> None:
        super().__init__()
        self.config = config
        self.embedding_dim = config.embed_dim
        # Both tables are stored with the weights, so that a folder needs no code of its own era to sound the same.
        self.register_buffer("filterbank", mel_filterbank(config.num_mels, config.low_hz, config.high_hz))
        self.register_buffer("window", hann_window())
        if config.periodicity:
            self.register_buffer("pitch_window", hann_window(PITCH_WINDOW_SAMPLES))
            self.register_buffer("pitch_lags", pitch_lags(config.num_mels))
        channels = config.stem_channels
        self.stem1 = nn.Conv2d(1 + config.periodicity, channels, 3, stride=(2, 1), padding=1)  # mel, time
        self.stem1_norm = nn.BatchNorm2d(channels)
        self.stem2 = nn.Conv2d(channels, 2 * channels, 3, stride=(2, 2), padding=1)
        self.stem2_norm = nn.BatchNorm2d(2 * channels)
        self.stem3 = nn.Conv2d(2 * channels, 2 * channels, 3, stride=(2, 1), padding=1)
        self.stem3_norm = nn.BatchNorm2d(2 * channels)
        self.project = nn.Linear(2 * channels * (config.num_mels // 8), config.embed_dim)
        self.project_norm = nn.LayerNorm(config.embed_dim)
        self.blocks = nn.ModuleList(ConvBlock(config) for _ in range(config.num_blocks))
        self.final_norm = nn.LayerNorm(config.embed_dim)
        self.dropout = nn.Dropout(config.dropout)
        self.proj = nn.Linear(config.embed_dim, num_labels)

    def forward(self, samples: Tensor) -> Tensor:
        """Frame embeddings.

        Args:
            samples: (batch, num_samples) float32 at 16 kHz, already layer-normalised, all rows of one length.

        Returns:
            (batch, num_frames, embed_dim) at 50 Hz.
        """
        return self.encode(self.features(samples))

    def features(self, samples: Tensor) -> Tensor:
        """(batch, num_samples) → (batch, pictures, num_mels, mel_frames), 100 frames a second.

        The first picture is natural-log mel power; the second, where the configuration has it, periodicity: the
        normalised autocorrelation by pitch, 62.5–500 Hz on a log scale, near 1 at the pitch of a voice and near 0 in
        noise and silence.
        """
        frames = samples.unfold(-1, WINDOW_SAMPLES, HOP_SAMPLES) * self.window
        power = power_spectrum(frames, FFT_SIZE) / WINDOW_SAMPLES
        mels = torch.matmul(power, self.filterbank.T).clamp_min(LOG_FLOOR).log()
        pictures = [mels, self._periodicity(samples)] if self.config.periodicity else [mels]
        return torch.stack(pictures, dim=1).transpose(2, 3)

    def _periodicity(self, samples: Tensor) -> Tensor:
        """(batch, num_samples) → (batch, mel_frames, num_mels), about the same instants as the mel frames."""
        margin = (PITCH_WINDOW_SAMPLES - WINDOW_SAMPLES) // 2
        frames = F.pad(samples, (margin, margin)).unfold(-1, PITCH_WINDOW_SAMPLES, HOP_SAMPLES) * self.pitch_window
        autocorrelation = torch.fft.irfft(power_spectrum(frames, PITCH_FFT_SIZE))
        floor = LOG_FLOOR * PITCH_WINDOW_SAMPLES
        share = autocorrelation[..., : PITCH_FFT_SIZE // 2 + 1] / (autocorrelation[..., :1] + floor)
        return torch.matmul(share, self.pitch_lags.T).clamp(-1, 1)

    def encode(self, features: Tensor) -> Tensor:
        """(batch, pictures, num_mels, mel_frames) → (batch, ceil(mel_frames / 2), embed_dim).

        Once trained, each clip is heard as every voice of the configuration, too, and the embeddings' mean is taken: as
        the head is linear, frame logits are then the mean over the voices, and the verdict still that of the frames.
        """
        if self.training or not self.config.voices:
            return self._encode_once(features)
        heard = [self._encode_once(moved(features, voice)) for voice in ((0, 0), *self.config.voices)]
        return torch.stack(heard).mean(dim=0)

    def _encode_once(self, features: Tensor) -> Tensor:
        x = torch.cat([features[:, :1] * 0.5, features[:, 1:]], dim=1)
        x = F.silu(self.stem1_norm(self.stem1(x)))
        x = F.silu(self.stem2_norm(self.stem2(x)))
        x = F.silu(self.stem3_norm(self.stem3(x)))
        x = self.project_norm(self.project(x.flatten(1, 2).transpose(1, 2)))
        x = self.dropout(x)
        slopes = torch.tensor(alibi_slopes(self.config.num_heads), device=x.device)
        bias = alibi_table(slopes, x.shape[1], num_extra_tokens=0)
        for block in self.blocks:
            x = block(x, bias)
        hidden: Tensor = self.final_norm(x)
        return hidden
