"""How a clip is spoken, in figures that two clips can be held against each other by: pitch, level, rate, speech."""

from dataclasses import dataclass

import numpy as np

from core.acoustics import Prosody, SpeechActivity, prosody, speech_activity
from core.results import SAMPLE_RATE_HZ, Array, Waveform

PITCH_POINTS = 1000  # of a clip: a median needs no more, and pitch is what takes longest to find
ENVELOPE_SAMPLES = SAMPLE_RATE_HZ // 100  # level every 10 ms
SMOOTHED_POINTS = 5  # 50 ms: shorter than any syllable
DIP_DB = 2.0  # between two syllables, of de Jong & Wempe 2009
AUDIBLE_DB = 25.0  # below the 95th percentile: nuclei are louder


@dataclass(frozen=True, slots=True)
class Voice:
    """One clip's figures; None where there is nothing to measure.

    Attributes:
        pitch_hz: median of the voiced moments.
        level_db: mean power within speech, in decibels of full scale.
        speech_s: how long somebody speaks.
        nuclei_per_s: syllable nuclei a second of speech.
    """

    pitch_hz: float | None
    level_db: float | None
    speech_s: float
    nuclei_per_s: float | None


def voice_of(waveform: Waveform, speech: SpeechActivity | None = None, found: Prosody | None = None) -> Voice:
    """Measure a clip; `speech` and `found` (its prosody) are used where they are there already.

    Syllable nuclei are peaks of the level that are audible and DIP_DB above the dips on either side, within speech
    (de Jong & Wempe 2009, Behavior Research Methods 41(2), without their test for voicing).
    """
    speech = speech or speech_activity(waveform)
    found = found or prosody(waveform, max_points=PITCH_POINTS)
    voiced = found.pitch_hz[np.isfinite(found.pitch_hz) & speech.mask(found.times_s)]
    times_s, level_db = _envelope(waveform)
    spoken = speech.mask(times_s)
    power = 10 ** (level_db[spoken] / 10)
    heard = len(power) > 0 and bool(power.max() > 1e-9)
    nuclei = _count_nuclei(level_db, spoken) if heard else 0
    return Voice(
        pitch_hz=float(np.median(voiced)) if len(voiced) else None,
        level_db=float(10 * np.log10(power.mean())) if heard else None,
        speech_s=speech.speech_s,
        nuclei_per_s=nuclei / speech.speech_s if nuclei and speech.speech_s > 0 else None,
    )


def semitones(from_hz: float | None, to_hz: float | None) -> float | None:
    """How much higher the second is: 12 log2(to / from)."""
    return None if from_hz is None or to_hz is None else float(12 * np.log2(to_hz / from_hz))


def difference(before: float | None, after: float | None) -> float | None:
    """`after` − `before`."""
    return None if before is None or after is None else after - before


def ratio(before: float | None, after: float | None) -> float | None:
    """`after` / `before`."""
    return None if not before or after is None else after / before


def _envelope(waveform: Waveform) -> tuple[Array, Array]:
    """Times and level in dB, every 10 ms, smoothed over 50 ms of power."""
    from scipy.ndimage import uniform_filter1d

    padded = np.pad(waveform.samples, (0, -waveform.num_samples % ENVELOPE_SAMPLES))
    power = np.square(padded.reshape(-1, ENVELOPE_SAMPLES), dtype=np.float64).mean(axis=1)
    smooth = np.maximum(uniform_filter1d(power, SMOOTHED_POINTS, mode="nearest"), 0.0)
    return (np.arange(len(power)) + 0.5) * ENVELOPE_SAMPLES / SAMPLE_RATE_HZ, 10 * np.log10(smooth + 1e-12)


def _count_nuclei(level_db: Array, spoken: Array) -> int:
    from scipy.signal import find_peaks

    audible_db = np.quantile(level_db[spoken], 0.95) - AUDIBLE_DB
    peaks, _ = find_peaks(level_db, height=audible_db, prominence=DIP_DB)
    return int(spoken[peaks].sum())
