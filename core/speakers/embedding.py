"""From sound to a vector of the voice: windows over the voiced part, their mean, brought to length 1."""

import math
import threading
from collections.abc import Callable, Sequence

import numpy as np

from core.errors import SpeakerError
from core.results import SAMPLE_RATE_HZ, Array, Waveform
from core.said import said
from core.settings import Settings
from core.speakers.models import VoiceModel, VoiceNetwork, choose
from core.speakers.projection import Projection, bundled_projection, unit
from core.speakers.timbre import timbre

HOP_S = 0.2  # between the beginnings of windows
MAX_WINDOWS = 300  # of one clip, spread over it: a minute at HOP_S, and no more for an hour
MAX_TIMBRE_SAMPLES = 60 * SAMPLE_RATE_HZ
MIN_SAMPLES = SAMPLE_RATE_HZ // 10
PIECES_AT_ONCE = 16

Span = tuple[float, float]


class VoiceEmbedder:
    """Vectors of voices by one model; safe from several threads, which share one set of weights.

    Weights are read when they are first needed, or by `warm`.
    """

    def __init__(
        self, model: VoiceModel, settings: Settings = Settings(), projection: Projection | None = None, *,
        projected: bool = True,
    ) -> None:  # fmt: skip
        self.model = model
        self._settings = settings
        self._projected = projected and model.has_projection
        self._given = projection
        self._network: VoiceNetwork | None = None
        self._lock = threading.Lock()

    @classmethod
    def open(cls, settings: Settings = Settings(), model: str = "auto", *, projected: bool = True) -> "VoiceEmbedder":
        """An embedder by a model's name, or "auto" for the best one that is here.

        Args:
            projected: with Resemblyzer, whether our learnt projection follows; without it, vectors are the package's.

        Raises:
            SpeakerError: there is no such model, or it is not on this machine.
        """
        return cls(choose(model, settings), settings, projected=projected)

    @property
    def model_id(self) -> str:
        """Which weights make the vectors: kept beside them, since those of two models do not compare."""
        network_id = self.warm().model_id
        return f"{network_id}+{self._projection().name}" if self._projected else network_id

    @property
    def same_voice(self) -> float:
        """The cosine at and above which two voices are taken to be of one person."""
        return float(self._projection().about["same_voice"]) if self._projected else self.model.same_voice

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
        vector = self.embed_each([waveform])[0]
        if vector is None:
            raise SpeakerError(
                said(
                    "voices.unheard",
                    "{name!r} holds {duration_s:.2f} s of sound in which nothing is heard; a voice needs 0.1 s at "
                    "least.",
                    name=waveform.name, duration_s=waveform.duration_s,
                )
            )  # fmt: skip
        return vector

    def embed_each(self, waveforms: Sequence[Waveform]) -> list[Array | None]:
        """(dim,) float32 of length 1: the voice of each clip, None where there is nothing to hear.

        Many clips at once take half the time of one after the other: their windows go through the network together.
        """
        samples = [np.asarray(waveform.samples, np.float32) for waveform in waveforms]
        heard = [at for at, each in enumerate(samples) if len(each) >= MIN_SAMPLES and each.any()]
        vectors = dict(zip(heard, self._heard([samples[at] for at in heard]) if heard else [], strict=True))
        return [vectors.get(at) for at in range(len(waveforms))]

    def embed_spans(
        self,
        waveform: Waveform,
        spans_s: Sequence[Span],
        on_progress: Callable[[int, int], None] | None = None,
        is_cancelled: Callable[[], bool] | None = None,
    ) -> Array:
        """(len(spans_s), dim) float32 of length 1: the voice of each stretch of a recording.

        Args:
            on_progress: called as on_progress(stretches heard, stretches in all).
            is_cancelled: asked between batches; then there are fewer rows than stretches.
        """
        found: list[Array] = []
        for begin in range(0, len(spans_s), PIECES_AT_ONCE):
            if is_cancelled is not None and is_cancelled():
                break
            some = spans_s[begin : begin + PIECES_AT_ONCE]
            found += self._heard([between(waveform.samples, span) for span in some])
            if on_progress is not None:
                on_progress(min(begin + PIECES_AT_ONCE, len(spans_s)), len(spans_s))
        return np.stack(found) if found else np.zeros((0, 0), np.float32)

    def features_of(self, clips: Sequence[Array]) -> Array:
        """(len(clips), width) float32: what the projection takes of each clip (num_samples,).

        The network's features, averaged over windows, and the timbre. All clips' windows go through the network
        together.
        """
        voiced = [self.warm().voiced(clip) for clip in clips]
        rows = [
            np.concatenate([features.mean(axis=0), timbre(sound[:MAX_TIMBRE_SAMPLES])])
            for features, sound in zip(self._features(voiced), voiced, strict=True)
        ]
        return np.stack(rows).astype(np.float32)

    def _heard(self, clips: Sequence[Array]) -> list[Array]:
        """(dim,) of each clip (num_samples,)."""
        if self._projected:
            return list(self._projection()(self.features_of(clips)))
        voiced = [self.warm().voiced(clip) for clip in clips]
        return [unit(self.model.vectors(features).mean(axis=0)) for features in self._features(voiced)]

    def _features(self, voiced: Sequence[Array]) -> list[Array]:
        """(windows, width) of each."""
        network = self.warm()
        starts = [spread_starts(len(each), network.window_samples) for each in voiced]
        features = network.features(*_laid_out(voiced, starts, network.window_samples))
        return np.split(features, np.cumsum([len(each) for each in starts])[:-1])

    def _projection(self) -> Projection:
        return self._given or bundled_projection()


def spread_starts(num_samples: int, window_samples: int, hop_s: float = HOP_S, most: int = MAX_WINDOWS) -> Array:
    """(n,) int64: where windows begin so that they cover a sound evenly, about `hop_s` apart, the last at its end."""
    last = max(0, num_samples - window_samples)
    count = min(most, math.ceil(last / (hop_s * SAMPLE_RATE_HZ)) + 1)
    starts: Array = np.linspace(0, last, count).astype(np.int64)
    return starts


def _laid_out(clips: Sequence[Array], starts: Sequence[Array], window_samples: int) -> tuple[Array, Array]:
    """All clips one after the other, each followed by silence where it is shorter than a window, and their windows."""
    sizes = [max(len(clip), window_samples) for clip in clips]
    offsets = np.cumsum([0, *sizes[:-1]])
    padded = [np.pad(clip, (0, size - len(clip))) for clip, size in zip(clips, sizes, strict=True)]
    return np.concatenate(padded), np.concatenate([own + at for own, at in zip(starts, offsets, strict=True)])


def between(samples: Array, span_s: Span) -> Array:
    """The samples of a stretch; one at least."""
    first = min(max(0, round(span_s[0] * SAMPLE_RATE_HZ)), len(samples) - 1)
    return np.asarray(samples[first : max(round(span_s[1] * SAMPLE_RATE_HZ), first + 1)], np.float32)
