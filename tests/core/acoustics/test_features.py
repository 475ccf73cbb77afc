"""One vector says how high, how loud, how bright and how fast a voice is."""

import numpy as np
import pytest

from core.acoustics.features import BLOCK_S, FEATURES, acoustic_features
from core.results import Array, Waveform


def voice(pitch_hz: float, syllables_per_s: float, *, duration_s: float = 3.0, gain: float = 0.2) -> Waveform:
    """A hum of falling harmonics that swells and fades as syllables do."""
    times_s = np.arange(int(16000 * duration_s)) / 16000
    hum = sum(np.sin(2 * np.pi * pitch_hz * k * times_s) / k**2 for k in range(1, 12))
    swell = 0.02 + 0.5 * (1 - np.cos(2 * np.pi * syllables_per_s * times_s))
    return Waveform((gain * hum * swell).astype(np.float32))


def told(waveform: Waveform) -> dict[str, float]:
    return dict(zip(FEATURES, acoustic_features(waveform).tolist(), strict=True))


def test_pitch_tempo_and_level_are_those_of_the_voice() -> None:
    found = told(voice(150, 4))
    assert found["pitch_hz"] == pytest.approx(150, rel=0.02) and found["pitch_sd_st"] < 0.5
    assert found["syllables_per_s"] == pytest.approx(4, rel=0.35) and found["voiced_share"] > 0.9
    quieter = told(voice(150, 4, gain=0.02))
    assert found["level_db"] - quieter["level_db"] == pytest.approx(20, abs=0.1)
    for name in ("pitch_hz", "centroid_hz", "tilt_db_per_octave", "syllables_per_s", "mfcc3_mean"):
        assert quieter[name] == pytest.approx(found[name], rel=0.02, abs=0.05), name
    faster = told(voice(300, 7))
    assert faster["pitch_hz"] == pytest.approx(300, rel=0.02)
    assert faster["syllables_per_s"] > 1.4 * found["syllables_per_s"]


def test_bright_sounds_have_a_higher_centroid_and_less_tilt() -> None:
    dull = voice(150, 4)
    noise = np.random.default_rng(0).normal(scale=0.02, size=dull.num_samples).astype(np.float32)
    dull_told, bright_told = told(dull), told(Waveform(dull.samples + noise))
    assert bright_told["centroid_hz"] > 1.5 * dull_told["centroid_hz"]
    assert bright_told["tilt_db_per_octave"] > dull_told["tilt_db_per_octave"] + 3


def test_where_no_voice_is_there_is_no_pitch() -> None:
    noise: Array = np.random.default_rng(0).normal(scale=0.1, size=16000).astype(np.float32)
    found = told(Waveform(noise))
    assert found["voiced_share"] < 0.2 and np.isfinite(found["level_db"])
    silence = told(Waveform(np.zeros(8000, np.float32)))
    assert np.isnan(silence["pitch_hz"]) and silence["voiced_share"] == 0
    with pytest.raises(ValueError, match="without samples"):
        acoustic_features(Waveform(np.zeros(0, np.float32)))


def test_a_long_recording_is_heard_to_its_end() -> None:
    """A minute at a time: what follows it counts as what came before."""
    first, second = voice(120, 4, duration_s=BLOCK_S), voice(240, 4, duration_s=BLOCK_S / 2 + 0.01)
    found = told(Waveform(np.concatenate([first.samples, second.samples])))
    assert found["pitch_hz"] == pytest.approx(120 * 2 ** (1 / 3), rel=0.05)  # two thirds an octave below one third
    assert found["pitch_range_st"] == pytest.approx(12, abs=0.5)
