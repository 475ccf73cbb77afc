"""What the library hands out: frozen dataclasses, arrays with their shapes, units in the names.

`Analysis` is the one result everything else reads. It is kept as JSON (`to_dict`) and NPZ (`arrays`) and comes back
from the two without loss (`from_parts`).
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from core.emotions import EMOTION_KEYS

SAMPLE_RATE_HZ = 16_000
FRAME_HOP_SAMPLES = 320
FRAME_FIELD_SAMPLES = 400  # receptive field: frame t covers samples [320 t, 320 t + 400)
FRAME_RATE_HZ = SAMPLE_RATE_HZ // FRAME_HOP_SAMPLES  # 50
SECONDARY_THRESHOLD = 0.03

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Waveform:
    """One decoded clip.

    Attributes:
        samples: (num_samples,) float32, mono, 16 kHz.
        name: the clip's name as it came from outside: data, never a path and never markup.
        source_rate_hz, source_channels, source_codec: what the file held before decoding.
        source_track, source_num_tracks: which of its sound tracks this is, counted from 1.
    """

    samples: Array
    name: str = "clip"
    source_rate_hz: int = SAMPLE_RATE_HZ
    source_channels: int = 1
    source_codec: str = "pcm_f32le"
    source_track: int = 1
    source_num_tracks: int = 1

    @property
    def num_samples(self) -> int:
        return int(self.samples.shape[0])

    @property
    def duration_s(self) -> float:
        return self.num_samples / SAMPLE_RATE_HZ

    @cached_property
    def sha256(self) -> str:
        """Hex SHA-256 of the decoded samples (little-endian float32): the clip's identity."""
        return hashlib.sha256(np.ascontiguousarray(self.samples, dtype="<f4").data).hexdigest()


@dataclass(frozen=True)
class FrameScores:
    """What an engine says of one window, or of a recording stitched from several.

    Attributes:
        logits: (num_frames, num_labels) float32, at 50 Hz.
        pooled: (embedding_dim,) float32, the mean of the frame embeddings.
        embeddings: (num_frames, embedding_dim) float32, only on request.
    """

    logits: Array
    pooled: Array
    embeddings: Array | None = None

    @property
    def num_frames(self) -> int:
        return int(self.logits.shape[0])


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a checkpoint's logits become probabilities one can take at their word: see `core.calibration`.

    Attributes:
        temperature: what logits are divided by before the softmax.
        unsure_below: verdicts with a smaller probability than this are "unsure".
    """

    temperature: float
    unsure_below: float


@dataclass(frozen=True, slots=True)
class CheckpointIdentity:
    """Which weights spoke: `id` as asked for, `revision` a fingerprint of what was read."""

    id: str
    revision: str
    calibration: Calibration | None = None

    @property
    def calibrated(self) -> bool:
        return self.calibration is not None

    @property
    def temperature(self) -> float:
        return 1.0 if self.calibration is None else self.calibration.temperature


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of getting a model ready or of an analysis, with what it took."""

    name: str
    seconds: float
    rss_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A line of the processing log: seconds since the analysis began, and a sentence."""

    at_s: float
    message: str


@dataclass(frozen=True, slots=True)
class LabelScore:
    """A label (an emotion's key) and its probability."""

    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one emotion: from `start_s` to `end_s`, and the mean probability of its label there."""

    start_s: float
    end_s: float
    label: str
    probability: float

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class SpeakerTurn:
    """A stretch in which one person speaks; `speaker` is "speaker 1", … in order of first appearance, or a name."""

    start_s: float
    end_s: float
    speaker: str

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True)
class Analysis:
    """Everything known about one clip after listening to it once.

    Attributes:
        labels: the emotions this checkpoint can say, in its own order; columns of `frame_logits`.
        frame_logits: (num_frames, num_labels) float32, 50 Hz; their mean over time is `logits`.
        embedding: (embedding_dim,) float32, mean of the frame embeddings.
        num_windows: 1 when the network heard the whole clip at once, else how many overlapping windows were stitched
            (`scope` is then "recording": the verdict is the mean of all frame logits).
        left_out: labels the checkpoint can say that were taken out of this view of it.
        timings_s: seconds by step: decode, score, total, …
    """

    name: str
    sha256: str
    duration_s: float
    checkpoint: CheckpointIdentity
    engine: str
    device: str
    precision: str
    labels: tuple[str, ...]
    frame_logits: Array
    embedding: Array
    num_windows: int = 1
    left_out: tuple[str, ...] = ()
    timings_s: Mapping[str, float] = field(default_factory=dict)
    log: tuple[LogEntry, ...] = ()

    @property
    def scope(self) -> str:
        return "utterance" if self.num_windows == 1 else "recording"

    @cached_property
    def logits(self) -> Array:
        """(num_labels,) float64: the mean of the frame logits, which a linear head makes the utterance logits."""
        mean: Array = self.frame_logits.mean(axis=0, dtype=np.float64)
        return mean

    @cached_property
    def scores(self) -> dict[str, float]:
        """Probability of each of the nine emotions, softmax(logits / temperature); 0 for those not among the labels."""
        probabilities = softmax(self.logits / self.checkpoint.temperature)
        by_label = dict(zip(self.labels, probabilities.tolist(), strict=True))
        return {key: by_label.get(key, 0.0) for key in EMOTION_KEYS}

    @cached_property
    def ranking(self) -> tuple[LabelScore, ...]:
        """The checkpoint's own labels, most probable first."""
        ranked = sorted(self.labels, key=lambda label: -self.scores[label])
        return tuple(LabelScore(label, self.scores[label]) for label in ranked)

    @property
    def label(self) -> str:
        return self.ranking[0].label

    @property
    def confidence(self) -> float:
        return self.ranking[0].score

    @property
    def unsure(self) -> bool:
        """Whether a calibrated checkpoint is less sure than the threshold chosen for it; never without calibration."""
        calibration = self.checkpoint.calibration
        return calibration is not None and self.confidence < calibration.unsure_below

    @property
    def candidates(self) -> tuple[LabelScore, ...]:
        """What the verdict is: one label, or the two best where it is unsure."""
        return self.ranking[: 2 if self.unsure else 1]

    @property
    def secondary(self) -> tuple[LabelScore, ...]:
        """The next labels above 3 %."""
        return tuple(entry for entry in self.ranking[1:] if entry.score > SECONDARY_THRESHOLD)

    @property
    def unsayable(self) -> tuple[str, ...]:
        """The emotions of the nine this checkpoint never learnt."""
        return tuple(key for key in EMOTION_KEYS if key not in self.labels and key not in self.left_out)

    @cached_property
    def frame_times_s(self) -> Array:
        """(num_frames,) float64: the middle of each frame's 25 ms receptive field."""
        return frame_times_s(self.frame_logits.shape[0])

    @cached_property
    def frame_probabilities(self) -> Array:
        """(num_frames, num_labels) float32: softmax of each frame's logits over the checkpoint's temperature."""
        return softmax(self.frame_logits / np.float32(self.checkpoint.temperature))

    def without(self, left_out: Collection[str]) -> "Analysis":
        """The same listening with some labels left out; what remains is renormalised: a softmax over fewer logits.

        Raises `ValueError` when no label would remain.
        """
        kept = [column for column, label in enumerate(self.labels) if label not in left_out]
        if not kept:
            raise ValueError(f"leaving out {', '.join(sorted(left_out))} leaves none of {', '.join(self.labels)}")
        if len(kept) == len(self.labels):
            return self
        return replace(
            self,
            labels=tuple(self.labels[column] for column in kept),
            left_out=(*self.left_out, *(label for label in self.labels if label in left_out)),
            frame_logits=np.ascontiguousarray(self.frame_logits[:, kept]),
        )

    def to_dict(self) -> dict[str, Any]:
        """All but the arrays, as plain JSON values."""
        return {
            "name": self.name,
            "sha256": self.sha256,
            "duration_s": self.duration_s,
            "checkpoint": asdict(self.checkpoint),
            "engine": self.engine,
            "device": self.device,
            "precision": self.precision,
            "labels": list(self.labels),
            "num_windows": self.num_windows,
            "left_out": list(self.left_out),
            "timings_s": dict(self.timings_s),
            "log": [asdict(entry) for entry in self.log],
        }

    def arrays(self) -> dict[str, Array]:
        """The arrays that go beside `to_dict` into an NPZ."""
        return {"frame_logits": self.frame_logits, "embedding": self.embedding}

    @classmethod
    def from_parts(cls, values: Mapping[str, Any], arrays: Mapping[str, Array]) -> "Analysis":
        """The inverse of `to_dict` and `arrays`; `KeyError` or `TypeError` when a part is missing."""
        values = dict(values)
        checkpoint = dict(values["checkpoint"])
        if checkpoint.get("calibration") is not None:
            checkpoint["calibration"] = Calibration(**checkpoint["calibration"])
        values["checkpoint"] = CheckpointIdentity(**checkpoint)
        values["labels"], values["left_out"] = tuple(values["labels"]), tuple(values["left_out"])
        values["log"] = tuple(LogEntry(**entry) for entry in values["log"])
        return cls(frame_logits=arrays["frame_logits"], embedding=arrays["embedding"], **values)


def frame_times_s(num_frames: int) -> Array:
    """(num_frames,) float64: the middle of frame t, (320 t + 200) / 16000 seconds."""
    return (np.arange(num_frames) * FRAME_HOP_SAMPLES + FRAME_FIELD_SAMPLES / 2) / SAMPLE_RATE_HZ


def num_frames_of(num_samples: int) -> int:
    """Frames the network gives for `num_samples` samples at 16 kHz."""
    return max(0, (num_samples - FRAME_FIELD_SAMPLES) // FRAME_HOP_SAMPLES + 1)


def softmax(logits: Array) -> Array:
    """Softmax over the last axis, same shape and dtype."""
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: Array = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return probabilities
