"""Where somebody speaks: Silero's voice activity detector, run over a whole recording at once."""

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.results import FRAME_FIELD_SAMPLES, FRAME_HOP_SAMPLES, SAMPLE_RATE_HZ, Array, Waveform

if TYPE_CHECKING:
    from core.acoustics.silero import Silero

CHUNK_SAMPLES = 512  # 32 ms, what the detector decides on
BLOCK_CHUNKS = 1024  # about half a minute at a time
SPEECH_FROM, SPEECH_UNTIL = 0.5, 0.35  # probabilities at which speech begins and ends
MIN_SPEECH_S, MIN_PAUSE_S, MARGIN_S = 0.25, 0.1, 0.03
LOUD_DB = 20.0  # below the 95th percentile: frames in which a voice is well heard
QUIET_DB = 30.0  # below the 95th percentile: without the detector


@dataclass(frozen=True)
class SpeechActivity:
    """The stretches in which somebody speaks, in order and apart.

    Attributes:
        spans_s: start and end of each.
        duration_s: of the recording.
        detector: "silero-vad", or "energy" where that package is not installed.
    """

    spans_s: tuple[tuple[float, float], ...]
    duration_s: float
    detector: str

    @property
    def speech_s(self) -> float:
        return sum(end - start for start, end in self.spans_s)

    @property
    def silence_s(self) -> float:
        return max(0.0, self.duration_s - self.speech_s)

    @property
    def pauses_s(self) -> tuple[tuple[float, float], ...]:
        """What lies before, between and after."""
        edges = [0.0, *(edge for span in self.spans_s for edge in span), self.duration_s]
        return tuple((start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if end > start)

    def mask(self, times_s: Array) -> Array:
        """(n,) bool: which of the times lie in speech."""
        if not self.spans_s:
            return np.zeros(len(times_s), dtype=bool)
        starts, ends = np.array(self.spans_s).T
        at = np.searchsorted(starts, times_s, side="right") - 1
        inside: Array = (at >= 0) & (np.asarray(times_s) < ends[np.maximum(at, 0)])
        return inside


def speech_activity(waveform: Waveform) -> SpeechActivity:
    """Find the speech of a recording of any length.

    By Silero's network and its own rule: speech begins where its probability reaches SPEECH_FROM and ends where it
    stays below SPEECH_UNTIL for MIN_PAUSE_S; stretches shorter than MIN_SPEECH_S are none (in a clip shorter than
    that, half the clip); each is widened by MARGIN_S. Where the package is missing, frames within QUIET_DB of the 95th
    percentile of power take the network's place.
    """
    model = silero()
    probabilities = _quiet_rule(waveform.samples) if model is None else _heard(model, waveform.samples)
    spans = _spans(probabilities, waveform.duration_s)
    return SpeechActivity(spans, waveform.duration_s, "energy" if model is None else "silero-vad")


def loud_frames(waveform: Waveform, num_frames: int, within_db: float = LOUD_DB) -> Array:
    """(num_frames,) bool: the network's frames whose power lies within `within_db` of the 95th percentile.

    The vowels, mostly: where a voice is heard best, and an emotion with it.
    """
    sums = np.concatenate([[0.0], np.cumsum(np.square(waveform.samples, dtype=np.float64))])
    starts = np.arange(num_frames) * FRAME_HOP_SAMPLES
    ends = np.minimum(starts + FRAME_FIELD_SAMPLES, waveform.num_samples)
    power = (sums[ends] - sums[starts]) / np.maximum(ends - starts, 1)
    loud: Array = power > 10 ** (-within_db / 10) * np.quantile(power, 0.95) if num_frames else power > 0
    return loud


@cache
def silero() -> "Silero | None":
    """The network with the package's weights, read once; None where the package is not installed.

    Only the file is read: importing the package would set PyTorch's threads to one.
    """
    found = find_spec("silero_vad")
    if found is None or found.origin is None:
        return None
    from core.acoustics.silero import load_silero

    return load_silero(Path(found.origin).parent / "data" / "silero_vad.jit")


def _heard(model: "Silero", samples: Array) -> Array:
    """(num_chunks,) probability of speech, in blocks, so that hours need no more memory than half a minute."""
    from core.acoustics.silero import CONTEXT_SAMPLES, Memory

    found, memory = [], Memory.empty()
    context = np.zeros(CONTEXT_SAMPLES, dtype=np.float32)
    for begin in range(0, len(samples), BLOCK_CHUNKS * CHUNK_SAMPLES):
        block = np.asarray(samples[begin : begin + BLOCK_CHUNKS * CHUNK_SAMPLES], dtype=np.float32)
        block = np.pad(block, (0, -len(block) % CHUNK_SAMPLES))
        heard = np.concatenate([context, block])
        context = heard[-CONTEXT_SAMPLES:]
        probabilities, memory = model(heard, memory)
        found.append(probabilities)
    return np.concatenate(found) if found else np.zeros(0, dtype=np.float32)


def _quiet_rule(samples: Array) -> Array:
    """(num_chunks,) 1 where a chunk is loud and 0 where it is quiet."""
    whole = len(samples) // CHUNK_SAMPLES * CHUNK_SAMPLES
    powers = [np.square(samples[:whole].reshape(-1, CHUNK_SAMPLES)).mean(axis=1, dtype=np.float64)]
    if whole < len(samples):
        powers.append(np.square(samples[whole:]).mean(dtype=np.float64, keepdims=True))
    power = np.concatenate(powers)
    if not power.any():
        return np.zeros(len(power), dtype=np.float32)
    loud: Array = (power >= 10 ** (-QUIET_DB / 10) * np.quantile(power, 0.95)).astype(np.float32)
    return loud


def _spans(probabilities: Array, duration_s: float) -> tuple[tuple[float, float], ...]:
    chunk_s = CHUNK_SAMPLES / SAMPLE_RATE_HZ
    shortest_s = min(MIN_SPEECH_S, duration_s / 2)
    margin_s = min(MARGIN_S, MIN_PAUSE_S / 2)
    found = []
    for begin, end in _runs(probabilities, patience=int(np.ceil(MIN_PAUSE_S / chunk_s))):
        start_s, end_s = begin * chunk_s, min(end * chunk_s, duration_s)
        if end_s - start_s >= shortest_s:
            found.append((max(0.0, start_s - margin_s), min(duration_s, end_s + margin_s)))
    return tuple(found)


def _runs(probabilities: Array, patience: int) -> list[tuple[int, int]]:
    """Chunks [begin, end) from one that reaches SPEECH_FROM to where `patience` chunks lie below SPEECH_UNTIL."""
    rises = np.flatnonzero(probabilities >= SPEECH_FROM)
    kept = np.flatnonzero(probabilities >= SPEECH_UNTIL)  # includes every rise
    runs: list[tuple[int, int]] = []
    if len(kept) == 0:
        return runs
    breaks = np.flatnonzero(np.diff(kept) > patience)
    begins, ends = kept[np.append(0, breaks + 1)], kept[np.append(breaks, len(kept) - 1)] + 1
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        first = int(np.searchsorted(rises, begin))
        if first < len(rises) and rises[first] < end:
            runs.append((int(rises[first]), end))
    return runs
