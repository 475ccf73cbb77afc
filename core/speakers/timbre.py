"""What a voice sounds like on average: statistics of its spectrum and pitch over a stretch, beside a network's vector.

Long-term spectra and their spread are the oldest marks of a speaker (Kinnunen & Li 2010, An overview of
text-independent speaker recognition, Speech Communication 52). Level is taken out.
"""

from functools import cache

import numpy as np

from core.acoustics import prosody
from core.results import SAMPLE_RATE_HZ, Array, Waveform

FFT_SAMPLES, FRAME_SAMPLES, HOP_SAMPLES = 512, SAMPLE_RATE_HZ // 40, SAMPLE_RATE_HZ // 100  # 32, 25 and 10 ms
NUM_MELS, LOWEST_HZ, HIGHEST_HZ = 60, 50.0, 7600.0
NUM_CEPSTRA = 30
LOUD_DB = 25.0  # frames this far below the 95th percentile are left out
FLOOR = 1e-8
MIN_PITCHES = 5
NUM_PITCH = 6
SIZE = 2 * NUM_MELS + 3 * NUM_CEPSTRA + NUM_PITCH  # 216


def timbre(samples: Array) -> Array:
    """(SIZE,) float32 of a voice's sound (num_samples,) float32; the last NUM_PITCH are NaN where no pitch is heard.

    Mean and deviation of log mel bands, of their cepstra, and the deviation of the cepstra's steps; then median, mean,
    deviation, 10 % and 90 % quantile of the pitch in octaves, and the share of frames that have one.
    """
    from scipy.fft import dct

    bands = _log_bands(samples)
    loudness = bands.mean(axis=1)
    kept = bands[loudness > np.quantile(loudness, 0.95) - LOUD_DB / 10 * np.log(10)]
    kept = kept - kept.mean()
    cepstra = dct(kept, axis=1, norm="ortho")[:, :NUM_CEPSTRA]
    steps = np.diff(cepstra, axis=0) if len(cepstra) > 1 else np.zeros((1, NUM_CEPSTRA))
    parts = [kept.mean(0), kept.std(0), cepstra.mean(0), cepstra.std(0), steps.std(0), _pitch(samples)]
    found: Array = np.concatenate(parts).astype(np.float32)
    return found


def _log_bands(samples: Array) -> Array:
    """(frames, NUM_MELS) float32."""
    import librosa  # up to six seconds the first time

    padded = np.pad(samples, (0, max(0, FFT_SAMPLES - len(samples))))
    power = np.abs(librosa.stft(padded, n_fft=FFT_SAMPLES, hop_length=HOP_SAMPLES, win_length=FRAME_SAMPLES)) ** 2
    bands: Array = np.log(_filters() @ power + FLOOR).T
    return bands


@cache
def _filters() -> Array:
    import librosa

    found: Array = librosa.filters.mel(
        sr=SAMPLE_RATE_HZ, n_fft=FFT_SAMPLES, n_mels=NUM_MELS, fmin=LOWEST_HZ, fmax=HIGHEST_HZ
    )
    return found


def _pitch(samples: Array) -> Array:
    """(NUM_PITCH,) float64."""
    pitch_hz = prosody(Waveform(samples)).pitch_hz
    octaves = np.log2(pitch_hz[np.isfinite(pitch_hz)].astype(np.float64))
    if len(octaves) < MIN_PITCHES:
        return np.full(NUM_PITCH, np.nan)
    share = len(octaves) / (len(samples) / HOP_SAMPLES)
    return np.array([np.median(octaves), octaves.mean(), octaves.std(), *np.quantile(octaves, [0.1, 0.9]), share])
