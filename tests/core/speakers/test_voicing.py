"""The voiced part is Resemblyzer's own."""

import warnings

import numpy as np
import pytest

from core.speakers.voicing import levelled, voiced_part
from tests.sounds import voice

pytest.importorskip("webrtcvad", reason="webrtcvad-wheels is not installed")


def test_the_voiced_part_is_what_resemblyzers_own_code_keeps() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it asks scipy.ndimage.morphology
        audio = pytest.importorskip("resemblyzer.audio", reason="Resemblyzer is not installed")
    rng = np.random.default_rng(0)
    pause = 1e-4 * rng.standard_normal(16_000).astype(np.float32)
    samples = 0.2 * np.concatenate([pause, voice(1.5), pause, pause, voice(1.2, pitch_hz=210), pause])
    theirs = audio.trim_long_silences(np.clip(audio.normalize_volume(samples, -30, increase_only=True), -1, 1))
    ours = voiced_part(samples)
    assert 0 < len(ours) < len(samples) and len(ours) == len(theirs)
    assert np.allclose(ours, theirs, atol=1e-6)


def test_quiet_sound_is_turned_up_and_loud_sound_left() -> None:
    loud = voice(1.0)
    assert np.array_equal(levelled(loud), loud)
    quiet = levelled(loud * np.float32(0.001))
    assert 20 * np.log10(np.sqrt(np.mean(quiet**2))) == pytest.approx(-30.0, abs=0.01)


def test_a_clip_with_hardly_a_voice_is_kept_whole() -> None:
    noise = 0.001 * np.random.default_rng(0).standard_normal(8000).astype(np.float32)
    assert len(voiced_part(noise)) == 8000
    assert voiced_part(np.zeros(100, np.float32)).tolist() == [0.0] * 100
