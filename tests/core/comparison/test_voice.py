"""Pitch, level and rate of clips."""

import numpy as np
import pytest

from core.acoustics import SpeechActivity
from core.comparison import voice_of
from core.comparison.voice import difference, ratio, semitones
from core.results import Waveform
from tests import sounds


def spoken_throughout(waveform: Waveform) -> SpeechActivity:
    return SpeechActivity(((0.0, waveform.duration_s),), waveform.duration_s, "energy")


def test_an_octave_is_twelve_semitones_and_the_beat_is_counted() -> None:
    """The made voice has three syllables a second."""
    low, high = (Waveform(sounds.voice(4.0, pitch_hz=hz)) for hz in (110.0, 220.0))
    voices = [voice_of(each, spoken_throughout(each)) for each in (low, high)]
    assert semitones(voices[0].pitch_hz, voices[1].pitch_hz) == pytest.approx(12, abs=0.3)
    assert voices[0].nuclei_per_s == pytest.approx(3.0, abs=0.3)


def test_silence_has_no_pitch_level_or_rate() -> None:
    silent = Waveform(np.zeros(16_000, np.float32))
    voice = voice_of(silent)
    assert (voice.pitch_hz, voice.level_db, voice.nuclei_per_s, voice.speech_s) == (None, None, None, 0.0)


def test_the_shortest_clip_is_measured() -> None:
    voice = voice_of(Waveform(sounds.voice(0.025)))
    assert voice.speech_s >= 0


def test_what_is_missing_on_one_side_has_no_difference() -> None:
    assert semitones(None, 100.0) is None and difference(1.0, None) is None
    assert ratio(0.0, 1.0) is None and ratio(2.0, 1.0) == 0.5
