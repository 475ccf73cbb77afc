"""What a picture of a sound needs, small whatever the sound's length: peaks and a mel spectrogram. Pure NumPy.

A column of either stands for an equal stretch of the clip. Mel: Stevens and Volkmann's scale in the form of
O'Shaughnessy (1987), 2595 log10(1 + f / 700).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from core.audio import peaks
from core.results import SAMPLE_RATE_HZ, Array, Waveform

NUM_BUCKETS = 1200
MAX_COLUMNS = 600
NUM_BANDS = 64
WINDOW_SAMPLES = 512  # 32 ms
MIN_HOP_SAMPLES = 80  # 5 ms
LOOKS_PER_COLUMN = 8  # of a long clip, each column is the mean of this many spectra: the cost does not grow with length
FLOOR_DB = -70.0
LOWEST_HZ = 60.0


@dataclass(frozen=True)
class Picture:
    """A clip for the eye.

    Attributes:
        peaks: (2, num_buckets) float32, lowest and highest sample of each stretch.
        mel_db: (NUM_BANDS, num_columns) float32, dB below the loudest, FLOOR_DB to 0.
        band_hz: (NUM_BANDS,) float64, the bands' centres.
    """

    duration_s: float
    peaks: Array
    mel_db: Array
    band_hz: Array

    @property
    def bucket_times_s(self) -> Array:
        return _middles_s(self.peaks.shape[1], self.duration_s)

    @property
    def column_times_s(self) -> Array:
        return _middles_s(self.mel_db.shape[1], self.duration_s)


def picture_of(waveform: Waveform) -> Picture:
    """The picture of a clip of any length."""
    buckets = min(NUM_BUCKETS, max(1, waveform.num_samples))
    return Picture(waveform.duration_s, peaks(waveform, buckets), mel_spectrogram(waveform.samples), band_centres_hz())


def mel_spectrogram(samples: Array) -> Array:
    """(num_samples,) at 16 kHz → (NUM_BANDS, num_columns) float32, dB relative to the loudest cell."""
    num_columns = min(MAX_COLUMNS, max(1, samples.shape[0] // MIN_HOP_SAMPLES))
    window = np.hanning(WINDOW_SAMPLES).astype(np.float32)
    power = np.zeros((num_columns, WINDOW_SAMPLES // 2 + 1), np.float32)
    looks = _looks(samples.shape[0], num_columns)
    for middles in looks.T:  # one look of every column at a time
        power += np.abs(np.fft.rfft(_stretches(samples, middles) * window, axis=1)) ** 2
    bands = power @ _filters().T / looks.shape[1]
    decibels = 10 * np.log10(np.maximum(bands, 1e-12))
    clipped: Array = np.clip(decibels - decibels.max(), FLOOR_DB, 0).T.astype(np.float32)
    return clipped


def band_centres_hz() -> Array:
    """(NUM_BANDS,) float64."""
    return _edges_hz()[1:-1]


def _looks(num_samples: int, num_columns: int) -> Array:
    """(num_columns, looks) int64: the sample in the middle of each spectrum."""
    per_column = num_samples / num_columns
    looks = int(np.clip(per_column // WINDOW_SAMPLES, 1, LOOKS_PER_COLUMN))
    offsets = (np.arange(looks) + 0.5) / looks
    middles: Array = ((np.arange(num_columns)[:, np.newaxis] + offsets) * per_column).astype(np.int64)
    return middles


def _stretches(samples: Array, middles: Array) -> Array:
    """(len(middles), WINDOW_SAMPLES) float32 around each middle; silence before the first and after the last sample."""
    wanted = middles[:, np.newaxis] + np.arange(-WINDOW_SAMPLES // 2, WINDOW_SAMPLES // 2)
    inside = (wanted >= 0) & (wanted < samples.shape[0])
    found = samples[np.clip(wanted, 0, samples.shape[0] - 1)]
    stretches: Array = np.where(inside, found, np.float32(0))
    return stretches


@cache
def _edges_hz() -> Array:
    """(NUM_BANDS + 2,) float64: evenly spaced in mel from LOWEST_HZ to half the sampling rate."""
    lowest, highest = (2595 * np.log10(1 + f / 700) for f in (LOWEST_HZ, SAMPLE_RATE_HZ / 2))
    edges: Array = 700 * (10 ** (np.linspace(lowest, highest, NUM_BANDS + 2) / 2595) - 1)
    return edges


@cache
def _filters() -> Array:
    """(NUM_BANDS, WINDOW_SAMPLES // 2 + 1) float32: triangles between neighbouring edges, one at their centre."""
    bins_hz = np.fft.rfftfreq(WINDOW_SAMPLES, 1 / SAMPLE_RATE_HZ)
    lower, centre, upper = (_edges_hz()[start : NUM_BANDS + start, np.newaxis] for start in range(3))
    # A low band is narrower than a bin of the transform: it is widened to one, so that no band is empty.
    width = np.maximum(np.minimum(centre - lower, upper - centre), bins_hz[1])
    triangles: Array = np.maximum(0, 1 - np.abs(bins_hz - centre) / width).astype(np.float32)
    return triangles


def _middles_s(count: int, duration_s: float) -> Array:
    times_s: Array = (np.arange(count) + 0.5) * duration_s / count
    return times_s
