"""How high and how loud a voice is over time."""

from dataclasses import dataclass

import numpy as np

from core.results import SAMPLE_RATE_HZ, Array, Waveform

LOWEST_HZ, HIGHEST_HZ = 60.0, 500.0
WINDOW_SAMPLES = 1024  # 64 ms: nearly four periods of the lowest pitch
MIN_STEP_S = 0.01
MAX_POINTS = 6000
VOICED_FROM = 0.45  # normalised autocorrelation at the period: the voicing threshold of Boersma 1993
AUDIBLE_DB = 40.0  # below the loudest: quieter frames have no pitch
FLOOR_DB = -90.0
_BLOCK = 2000  # windows at a time, so that hours need little memory


@dataclass(frozen=True)
class Prosody:
    """Pitch and level at equal steps.

    Attributes:
        times_s: (n,) float64, the middles of the windows.
        pitch_hz: (n,) float32, NaN where no voice is heard.
        level_db: (n,) float32, root mean square below full scale, FLOOR_DB at least.
    """

    times_s: Array
    pitch_hz: Array
    level_db: Array


def prosody(
    waveform: Waveform, start_s: float = 0.0, end_s: float | None = None, max_points: int = MAX_POINTS
) -> Prosody:
    """Pitch and level of a stretch, at steps of MIN_STEP_S or so much longer that there are at most `max_points`.

    Pitch is YIN's (de Cheveigné & Kawahara 2002, J. Acoust. Soc. Am. 111(4); librosa's `yin`), kept where the window's
    normalised autocorrelation at that period is at least VOICED_FROM (Boersma 1993, Proc. Inst. Phonetic Sciences 17).

    Raises:
        ValueError: the stretch is empty or outside the recording.
    """
    end_s = waveform.duration_s if end_s is None else min(end_s, waveform.duration_s)
    if not 0 <= start_s < end_s:
        raise ValueError(f"{start_s:g}–{end_s:g} s is no stretch of a recording of {waveform.duration_s:g} s")
    step_s = max(MIN_STEP_S, (end_s - start_s) / max_points)
    count = max(1, int((end_s - start_s) / step_s))
    times_s = start_s + (np.arange(count) + 0.5) * step_s
    firsts = np.rint(times_s * SAMPLE_RATE_HZ).astype(np.int64) - WINDOW_SAMPLES // 2
    blocks = [
        _pitch_and_level(_windows(waveform.samples, firsts[begin : begin + _BLOCK]))
        for begin in range(0, count, _BLOCK)
    ]
    pitch_hz, level_db = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    pitch_hz[level_db < max(level_db.max() - AUDIBLE_DB, FLOOR_DB + 1)] = np.nan
    return Prosody(times_s, pitch_hz, level_db)


def _windows(samples: Array, firsts: Array) -> Array:
    """(len(firsts), WINDOW_SAMPLES) float32; silence before the first and after the last sample."""
    wanted = firsts[:, np.newaxis] + np.arange(WINDOW_SAMPLES)
    inside = (wanted >= 0) & (wanted < len(samples))
    found: Array = np.where(inside, samples[np.clip(wanted, 0, len(samples) - 1)], np.float32(0)).astype(np.float32)
    return found


def _pitch_and_level(windows: Array) -> tuple[Array, Array]:
    """Both (n,) float32."""
    import librosa  # up to six seconds the first time

    power = np.square(windows, dtype=np.float64).mean(axis=1)
    level_db = np.maximum(10 * np.log10(power + 1e-20), FLOOR_DB).astype(np.float32)
    # librosa cuts a signal into windows of its own: given them end to end with a hop of one window, it takes ours.
    pitch_hz = librosa.yin(
        windows.ravel(),
        fmin=LOWEST_HZ,
        fmax=HIGHEST_HZ,
        sr=SAMPLE_RATE_HZ,
        frame_length=WINDOW_SAMPLES,
        hop_length=WINDOW_SAMPLES,
        center=False,
    ).astype(np.float32)
    pitch_hz[~(_autocorrelation_at(windows, SAMPLE_RATE_HZ / pitch_hz) >= VOICED_FROM)] = np.nan
    return pitch_hz, level_db


def _autocorrelation_at(windows: Array, periods: Array) -> Array:
    """(n,) each window's autocorrelation at its period (in samples), normalised by the powers of both parts."""
    lags = np.rint(periods).astype(np.int64)[:, np.newaxis]
    positions = np.arange(WINDOW_SAMPLES)
    later = np.take_along_axis(windows, np.minimum(positions + lags, WINDOW_SAMPLES - 1), axis=1)
    both = positions < WINDOW_SAMPLES - lags
    first, second = np.where(both, windows, 0.0), np.where(both, later, 0.0)
    scale = np.sqrt(np.square(first).sum(axis=1) * np.square(second).sum(axis=1))
    found: Array = (first * second).sum(axis=1) / np.maximum(scale, 1e-12)
    return found
