"""How high and how loud."""

import numpy as np
import pytest

from core.acoustics import prosody
from core.acoustics.prosody import FLOOR_DB, MAX_POINTS
from core.results import Waveform
from tests.sounds import tone, voice


@pytest.mark.parametrize("pitch_hz", [80.0, 140.0, 300.0, 450.0])
def test_the_pitch_of_a_steady_voice_is_found(pitch_hz: float) -> None:
    samples = sum(tone(pitch_hz * k, 1.0, amplitude=0.2 / k) for k in range(1, 6))
    found = prosody(Waveform(samples))
    inner = found.pitch_hz[10:-10]
    np.testing.assert_allclose(inner, pitch_hz, rtol=0.02)


def test_noise_and_silence_have_no_pitch() -> None:
    noise = 0.1 * np.random.default_rng(0).normal(size=16_000).astype(np.float32)
    assert np.isnan(prosody(Waveform(noise)).pitch_hz).mean() > 0.95
    silence = prosody(Waveform(np.zeros(16_000, dtype=np.float32)))
    assert np.isnan(silence.pitch_hz).all() and (silence.level_db == FLOOR_DB).all()


def test_the_level_is_that_of_the_root_mean_square() -> None:
    found = prosody(Waveform(tone(200.0, 1.0, amplitude=0.5)))
    np.testing.assert_allclose(found.level_db[10:-10], 20 * np.log10(0.5 / np.sqrt(2)), atol=0.2)


def test_a_stretch_has_the_figures_of_the_whole_there() -> None:
    waveform = Waveform(voice(4.0))
    whole, part = prosody(waveform), prosody(waveform, 1.0, 2.0)
    assert part.times_s[0] == pytest.approx(1.005) and part.times_s[-1] == pytest.approx(1.995)
    np.testing.assert_allclose(part.level_db, whole.level_db[100:200], atol=1e-3)
    np.testing.assert_allclose(part.pitch_hz, whole.pitch_hz[100:200], rtol=0.01)


def test_a_long_recording_has_no_more_points_than_a_screen_wants() -> None:
    found = prosody(Waveform(np.tile(voice(10.0), 20)))
    assert len(found.times_s) == MAX_POINTS and np.all(np.diff(found.times_s) > 0)


def test_a_stretch_outside_is_refused_and_the_shortest_clip_has_a_point() -> None:
    with pytest.raises(ValueError, match="no stretch"):
        prosody(Waveform(voice(1.0)), 2.0, 3.0)
    assert len(prosody(Waveform(voice(0.01))).times_s) == 1
