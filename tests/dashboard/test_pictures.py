"""Pictures show the sound where and how high it is, and stay small however long it is."""

import numpy as np
import pytest

from core.results import SAMPLE_RATE_HZ, Waveform
from dashboard.pictures import FLOOR_DB, MAX_COLUMNS, NUM_BANDS, NUM_BUCKETS, band_centres_hz, picture_of


def tone(frequency_hz: float, duration_s: float) -> np.ndarray:
    t = np.arange(round(duration_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return (0.5 * np.sin(2 * np.pi * frequency_hz * t)).astype(np.float32)


@pytest.mark.parametrize("frequency_hz", [150, 440, 1000, 3000, 6500])
def test_a_tone_is_loudest_in_the_band_around_it(frequency_hz: float) -> None:
    picture = picture_of(Waveform(tone(frequency_hz, 2.0)))
    loudest_hz = band_centres_hz()[picture.mel_db.mean(axis=1).argmax()]
    assert loudest_hz == pytest.approx(frequency_hz, rel=0.12, abs=35)


def test_a_sound_is_seen_when_it_is_heard() -> None:
    samples = np.zeros(4 * SAMPLE_RATE_HZ, np.float32)
    samples[round(2.5 * SAMPLE_RATE_HZ) : 3 * SAMPLE_RATE_HZ] = tone(1000, 0.5)
    picture = picture_of(Waveform(samples))
    loud = picture.column_times_s[picture.mel_db.max(axis=0) > -20]
    assert loud.min() == pytest.approx(2.5, abs=0.05) and loud.max() == pytest.approx(3.0, abs=0.05)
    moving = picture.bucket_times_s[picture.peaks[1] > 0.4]
    assert moving.min() == pytest.approx(2.5, abs=0.01) and moving.max() == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize("duration_s", [0.1, 1.0, 30.0, 400.0])
def test_a_picture_is_small_whatever_the_length(duration_s: float) -> None:
    picture = picture_of(Waveform(tone(300, duration_s)))
    assert picture.peaks.shape == (2, NUM_BUCKETS)
    assert picture.mel_db.shape[0] == NUM_BANDS and 1 <= picture.mel_db.shape[1] <= MAX_COLUMNS
    assert picture.mel_db.max() == 0 and picture.mel_db.min() >= FLOOR_DB
    assert 0 < picture.column_times_s[0] < picture.column_times_s[-1] < duration_s


def test_every_band_hears_something() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 3 * SAMPLE_RATE_HZ).astype(np.float32)
    picture = picture_of(Waveform(noise))
    assert picture.mel_db.mean(axis=1).min() > -25
