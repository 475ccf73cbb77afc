"""Loudness is the standard's, and clips are brought to the same without one being turned up."""

import numpy as np
import pytest

from core.acoustics.loudness import Loudness, loudness, matching_gains
from core.results import Waveform
from tests import sounds


def test_the_standards_reference_tone_has_its_loudness() -> None:
    found = loudness(Waveform(sounds.tone(997.0, 5.0, amplitude=1.0)))
    assert found.lufs == pytest.approx(-3.01, abs=0.1)
    assert found.peak_db == pytest.approx(0.0, abs=0.01)


def test_ten_decibels_less_are_ten_loudness_units_less() -> None:
    voice = sounds.voice(3.0)
    loud, soft = (loudness(Waveform(voice * np.float32(gain))) for gain in (1.0, 10**-0.5))
    assert loud.lufs is not None and soft.lufs is not None
    assert loud.lufs - soft.lufs == pytest.approx(10.0, abs=0.01)


def test_silence_around_a_voice_does_not_make_it_softer() -> None:
    voice = sounds.voice(3.0)
    padded = np.concatenate([np.zeros(48_000, np.float32), voice, np.zeros(48_000, np.float32)])
    alone, within = loudness(Waveform(voice)).lufs, loudness(Waveform(padded)).lufs
    assert alone is not None and within == pytest.approx(alone, abs=0.6)


def test_silence_has_no_loudness_and_is_left_as_it_is() -> None:
    silent = loudness(Waveform(np.zeros(16_000, np.float32)))
    assert silent == Loudness(None, -np.inf)
    assert matching_gains([silent, silent]) == (1.0, 1.0)


def test_clips_are_turned_down_to_the_softest_and_then_equally_loud() -> None:
    clips = [Waveform(sounds.voice(2.0) * np.float32(gain)) for gain in (1.0, 0.25, 2.0)]
    gains = matching_gains([loudness(clip) for clip in clips])
    assert gains == (pytest.approx(0.25, rel=1e-3), 1.0, pytest.approx(0.125, rel=1e-3))
    matched = [
        loudness(Waveform(clip.samples * np.float32(gain))).lufs for clip, gain in zip(clips, gains, strict=True)
    ]
    assert max(map(float, filter(None, matched))) - min(map(float, filter(None, matched))) < 0.05
