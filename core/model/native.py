"""The native engine: one network in the process, one call at a time."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from core.errors import AudioError
from core.model.engine import EngineInfo, Window
from core.results import FRAME_FIELD_SAMPLES, Array, FrameScores

NORM_EPS = 1e-5  # torch.nn.functional.layer_norm's default, which FunASR uses on the waveform


class Encoder(Protocol):
    """Turns normalised samples into frame embeddings; several clips of different lengths at a time."""

    def __call__(self, clips: Sequence[Tensor]) -> list[Tensor]:
        """(num_samples,) float32 each → (num_frames, embedding_dim) float32 each."""
        ...


@dataclass(frozen=True)
class Head:
    """The linear layer on frames: `weight` (num_labels, embedding_dim), `bias` (num_labels,), float32.

    Only the labels a checkpoint can say are kept, so that softmax runs over those alone, as FunASR's does.
    """

    weight: Tensor
    bias: Tensor


class NativeEngine:
    """Scores windows with a network of ours.

    Thread-safe: a lock admits one call at a time. `optimise` swaps in a faster encoder of the same weights; a call in
    progress finishes on the one it began with.
    """

    def __init__(
        self,
        info: EngineInfo,
        encoder: Encoder,
        head: Head,
        *,
        normalize: bool,
        faster: Callable[[], Encoder] | None = None,
    ) -> None:
        self._info = info
        self._encoder = encoder
        self._head = head
        self._normalize = normalize
        self._faster = faster
        self._lock = threading.Lock()
        self._optimising = threading.Lock()

    @property
    def info(self) -> EngineInfo:
        return self._info

    def score(self, windows: Sequence[Window], *, embeddings: bool = False) -> list[FrameScores]:
        """One `FrameScores` a window, of its kept frames.

        Raises:
            AudioError: a window is shorter than one frame (400 samples).
        """
        with self._lock, torch.inference_mode():
            frames = self._encoder([self._prepared(window) for window in windows])
            return [self._scores(*pair, embeddings) for pair in zip(windows, frames, strict=True)]

    def optimise(self) -> None:
        """Pack the weights for speed (large: about 0.3 s). Does nothing where there is no faster form, or twice."""
        with self._optimising:
            if self._faster is not None:
                self._encoder = self._faster()
                self._faster = None

    def lanes(self, count: int) -> list["NativeEngine"]:
        """`count` engines that share this one's weights, each with a lock of its own: for as many threads at once.

        On a CPU several lanes of one thread each outrun one lane of several threads: small operations gain little
        from a second thread (short clips, 2 cores: the mel network twice as many a second, measured).
        """
        self.optimise()
        return [
            NativeEngine(self._info, self._encoder, self._head, normalize=self._normalize) for _ in range(max(1, count))
        ]

    def _prepared(self, window: Window) -> Tensor:
        if window.samples.shape[0] < FRAME_FIELD_SAMPLES:
            raise AudioError(
                f"A window of {window.samples.shape[0]} samples is shorter than a frame; "
                f"at least {FRAME_FIELD_SAMPLES} samples (25 ms) are needed."
            )
        samples: Array = window.samples
        if self._normalize:
            samples = (samples - np.float32(window.mean)) * np.float32((window.variance + NORM_EPS) ** -0.5)
        return torch.from_numpy(np.ascontiguousarray(samples, dtype=np.float32)).to(self._head.weight.device)

    def _scores(self, window: Window, frames: Tensor, embeddings: bool) -> FrameScores:
        kept = frames[window.keep_from : window.keep_to].float()
        logits = torch.nn.functional.linear(kept, self._head.weight, self._head.bias)
        return FrameScores(
            logits.cpu().numpy(),
            kept.mean(dim=0).cpu().numpy(),
            kept.cpu().numpy() if embeddings else None,
        )


class PlainEncoder:
    """Any of our networks, a clip at a time; the form for CUDA, and for the mel network."""

    def __init__(self, network: torch.nn.Module, dtype: torch.dtype) -> None:
        self._network = network
        self._dtype = dtype

    def __call__(self, clips: Sequence[Tensor]) -> list[Tensor]:
        device = clips[0].device.type
        with torch.autocast(device, self._dtype, enabled=self._dtype != torch.float32):
            return [self._network(clip[None])[0] for clip in clips]
