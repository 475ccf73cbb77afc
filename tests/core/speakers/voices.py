"""Made-up people: a buzzing source through resonances of their own, syllable by syllable."""

import numpy as np
from scipy.signal import lfilter

RATE_HZ = 16_000
FORMANTS_HZ = {
    "anna": (230.0, (850.0, 1900.0, 3000.0)),
    "ben": (95.0, (450.0, 1050.0, 2300.0)),
    "chris": (150.0, (600.0, 2300.0, 3500.0)),
}


def speak(name: str, duration_s: float, seed: int = 0) -> np.ndarray:
    """(num_samples,) float32: the voice of one of FORMANTS_HZ saying nothing in particular, peak 0.3."""
    rng = np.random.default_rng(seed)
    pitch_hz, formants_hz = FORMANTS_HZ[name]
    count = round(duration_s * RATE_HZ)
    t = np.arange(count) / RATE_HZ
    glide = np.interp(t, np.linspace(0, duration_s, 8), rng.uniform(0.92, 1.08, 8))
    source = np.diff(np.floor(np.cumsum(pitch_hz * glide) / RATE_HZ), prepend=0.0) + 0.01 * rng.standard_normal(count)
    for formant_hz in formants_hz:
        radius = np.exp(-np.pi * 90 / RATE_HZ)
        turn = np.cos(2 * np.pi * formant_hz * rng.uniform(0.97, 1.03) / RATE_HZ)
        source = lfilter([1.0], [1.0, -2 * radius * turn, radius**2], source)
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 3.5 * t + rng.uniform(0, 6))
    sound = source * syllables
    return (0.3 * sound / np.abs(sound).max()).astype(np.float32)
