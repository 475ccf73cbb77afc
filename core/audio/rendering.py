"""A waveform on its way out: to a WAV file, and to the few numbers a picture of it needs."""

import os
import wave
from typing import BinaryIO

import numpy as np

from core.errors import AudioError
from core.results import SAMPLE_RATE_HZ, Array, Waveform

_CHUNK_SAMPLES = 1 << 18
_FULL_SCALE = 2**15
_MAX_WAV_SAMPLES = (2**32 - 1 - 36) // 2  # a WAV's sizes are 32-bit


def write_wav(waveform: Waveform, target: str | os.PathLike[str] | BinaryIO) -> None:
    """Write 16-bit PCM, mono, 16 kHz, in chunks: memory stays flat.

    Sound beyond full scale is turned down as a whole rather than clipped. Raises `AudioError` for more than 37 hours,
    which no WAV file can hold.
    """
    if waveform.num_samples > _MAX_WAV_SAMPLES:
        raise AudioError(f"{waveform.name!r} is too long for a WAV file (37 h at most); split it.")
    gain = gain_within(float(max(-waveform.samples.min(), waveform.samples.max())) if waveform.samples.size else 0.0)
    with wave.open(os.fspath(target) if isinstance(target, str | os.PathLike) else target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.setnframes(waveform.num_samples)  # known from the start, so that a target need not be seekable
        for start in range(0, waveform.num_samples, _CHUNK_SAMPLES):
            file.writeframesraw(pcm16(waveform.samples[start : start + _CHUNK_SAMPLES], gain).tobytes())


def gain_within(peak: float) -> float:
    """What sound whose loudest sample is `peak` is multiplied by, so that none lies beyond full scale."""
    return _FULL_SCALE / max(1.0, peak)


def pcm16(samples: Array, gain: float) -> Array:
    """(n,) float → (n,) little-endian int16."""
    return np.clip(np.rint(samples * np.float32(gain)), -_FULL_SCALE, _FULL_SCALE - 1).astype("<i2")


def peaks(waveform: Waveform, num_buckets: int) -> Array:
    """(2, num_buckets) float32: the lowest and the highest sample of each of `num_buckets` equal stretches.

    Every sample is in exactly one bucket; with more buckets than samples, a sample is repeated. Zeros for no samples;
    `ValueError` for less than one bucket.
    """
    if num_buckets < 1:
        raise ValueError(f"num_buckets is {num_buckets}; it must be at least 1")
    samples = waveform.samples
    if samples.shape[0] == 0:
        return np.zeros((2, num_buckets), np.float32)
    starts = np.arange(num_buckets, dtype=np.int64) * samples.shape[0] // num_buckets
    return np.stack([np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)]).astype(np.float32)


def outline(times_s: Array, lowest_highest: Array) -> tuple[Array, Array]:
    """`peaks` as a closed line: forth along the highest samples, back along the lowest; (2 n,) times and samples."""
    x = np.concatenate([times_s, times_s[::-1]])
    return x, np.concatenate([lowest_highest[1], lowest_highest[0][::-1]]).astype(np.float32)
