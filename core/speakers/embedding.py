"""From sound to a vector of the voice: windows over the voiced part, their mean, brought to length 1."""

import math
import threading
from collections.abc import Sequence

import numpy as np

from core.errors import SpeakerError
from core.results import SAMPLE_RATE_HZ, Array, Waveform
from core.settings import Settings
from core.speakers.models import VoiceModel, VoiceNetwork, choose
from core.speakers.projection import Projection, bundled_projection, unit
from core.speakers.voicing import levelled

HOP_S = 0.2  # between the beginnings of windows
MAX_WINDOWS = 300  # of one clip, spread over it: a minute at HOP_S, and no more for an hour
MIN_SAMPLES = SAMPLE_RATE_HZ // 10

Span = tuple[float, float]


class VoiceEmbedder:
    """Vectors of voices by one model; safe from several threads, which share one set of weights.

    Weights are read when they are first needed, or by `warm`.
    """

    def __init__(self, model: VoiceModel, settings: Settings, *, projected: bool = True) -> None:
        self.model = model
        self._settings = settings
        self._projected = projected and model.has_projection
        self._network: VoiceNetwork | None = None
        self._lock = threading.Lock()

    @classmethod
    def open(cls, settings: Settings = Settings(), model: str = "auto", *, projected: bool = True) -> "VoiceEmbedder":
        """An embedder by a model's name, or "auto" for the best one that is here.

        Args:
            projected: with Resemblyzer, whether our learnt projection follows; without it, vectors are the package's.

        Raises:
            SpeakerError: there is no such model, or its package is not installed.
            CheckpointError: its weights are not on this machine.
        """
        return cls(choose(model, settings), settings, projected=projected)

    @property
    def model_id(self) -> str:
        """Which weights make the vectors: kept beside them, since those of two models do not compare."""
        network_id = self.warm().model_id
        return f"{network_id}+{self._projection().name}" if self._projected else network_id

    @property
    def same_voice(self) -> float:
        """The cosine at and above which two clips are taken to be of one person."""
        return (
            self.model.same_voice if self._projected or not self.model.has_projection else self.model.same_voice_plain
        )

    def warm(self) -> VoiceNetwork:
        """Read the weights, once."""
        with self._lock:
            if self._network is None:
                self._network = self.model.load(self._settings)
            return self._network

    def embed(self, waveform: Waveform) -> Array:
        """(dim,) float32 of length 1: the voice of a clip.

        Raises `SpeakerError` for sound in which there is nothing to hear.
        """
        samples = np.asarray(waveform.samples, np.float32)
        if len(samples) < MIN_SAMPLES or not samples.any():
            raise SpeakerError(
                f"{waveform.name!r} holds {waveform.duration_s:.2f} s of sound in which nothing is heard; "
                "a voice needs 0.1 s at least."
            )
        network = self.warm()
        voiced = filled(network.voiced(samples), network.window_samples)
        features = network.features(voiced, spread_starts(len(voiced), network.window_samples))
        vector: Array = self._vectors(features).mean(axis=0)
        return unit(vector)

    def embed_spans(self, waveform: Waveform, spans_s: Sequence[Span]) -> Array:
        """(len(spans_s), dim) float32 of length 1: one window each, of a stretch about as long as the model hears.

        A shorter stretch is heard over and over until the window is full; of a longer one its middle.
        """
        network = self.warm()
        size = network.window_samples
        pieces = [_middle(waveform.samples, span, size) for span in spans_s]
        joined = np.concatenate([filled(piece, size) for piece in pieces]) if pieces else np.zeros(0, np.float32)
        features = network.features(levelled(joined), np.arange(len(pieces)) * size)
        return unit(self._vectors(features))

    def _vectors(self, features: Array) -> Array:
        if self._projected:
            return self._projection()(features)
        return self.model.vectors(features)

    def _projection(self) -> Projection:
        return bundled_projection()


def spread_starts(num_samples: int, window_samples: int, hop_s: float = HOP_S, most: int = MAX_WINDOWS) -> Array:
    """(n,) int64: where windows begin so that they cover a sound evenly, about `hop_s` apart, the last at its end."""
    last = max(0, num_samples - window_samples)
    count = min(most, math.ceil(last / (hop_s * SAMPLE_RATE_HZ)) + 1)
    starts: Array = np.linspace(0, last, count).astype(np.int64)
    return starts


def filled(samples: Array, num_samples: int) -> Array:
    """At least `num_samples` of sound: a shorter one is repeated, as silence would be heard as part of the voice."""
    return np.resize(samples, num_samples) if 0 < len(samples) < num_samples else samples


def _middle(samples: Array, span_s: Span, num_samples: int) -> Array:
    first, end = (round(edge * SAMPLE_RATE_HZ) for edge in span_s)
    first, end = max(0, first), min(max(end, first + 1), len(samples))
    spare = max(0, end - first - num_samples) // 2
    return np.asarray(samples[first + spare : min(end, first + spare + num_samples)], np.float32)
