"""Recordings that are not one clear voice: the bundled checkpoint hears them, and the timeline stays sensible."""

import numpy as np
import pytest

from core.acoustics import speech_activity
from core.analysis import analyze
from core.audio import decode
from core.curves import contributions, region, strongest, structure_of, top_moments
from core.exports.timelines import MAKERS, ExportOptions
from core.model import open_engine
from core.model.engine import Engine
from core.results import SAMPLE_RATE_HZ, Analysis, Array, Waveform
from core.settings import Settings
from dashboard.examples import EXAMPLES


@pytest.fixture(scope="module")
def engine() -> Engine:
    return open_engine("bundled", Settings())


@pytest.fixture(scope="module")
def voice() -> Array:
    return decode(EXAMPLES[0].path).samples


def music(seconds: float) -> Array:
    """Chords of decaying strings, a new one every half second: nobody speaks."""
    times_s = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    beat = times_s % 0.5
    root = 220 * 2 ** (np.array([0, 5, 7, 3])[(times_s // 0.5).astype(int) % 4] / 12)
    tones = [np.sin(2 * np.pi * root * k * beat) / k for k in (1, 1.25, 1.5, 2, 3)]
    return (0.15 * np.exp(-5 * beat) * np.sum(tones, axis=0)).astype(np.float32)


def all_of_it(samples: Array, engine: Engine) -> tuple[Analysis, Waveform]:
    """Analyse, and check what must hold of anything: evidence sums to the verdict, time adds up, every file is made."""
    waveform = Waveform(samples.astype(np.float32), "odd.wav")
    analysis = analyze(waveform, engine)
    structure = structure_of(analysis, 0.5, speech_activity(waveform))
    for column, label in enumerate(analysis.labels):
        assert contributions(analysis, label).sum() == pytest.approx(analysis.logits[column], abs=1e-4)
    assert sum(structure.seconds.values()) + structure.silence_s == pytest.approx(analysis.duration_s, abs=1e-3)
    assert sum(region(analysis, 0, analysis.duration_s).values()) == pytest.approx(1.0)
    for kind, (_, make) in MAKERS.items():
        made = make(analysis, structure, ExportOptions(waveform=waveform))
        assert made or (kind in ("audacity", "srt") and not structure.segments), kind  # no label, no line
    return analysis, waveform


def test_just_over_half_a_minute_is_one_curve_in_one_window_or_two(engine: Engine, voice: Array) -> None:
    long = np.tile(voice, int(np.ceil(31 * SAMPLE_RATE_HZ / len(voice))))
    one, _ = all_of_it(long[: round(30.01 * SAMPLE_RATE_HZ)], engine)  # its last hundredth fills no frame of its own
    two, _ = all_of_it(long[: round(30.1 * SAMPLE_RATE_HZ)], engine)
    assert (one.num_windows, two.num_windows, two.scope) == (1, 2, "recording")
    assert [len(each.frame_logits) for each in (one, two)] == [1500, 1504]
    same = one.frame_logits.argmax(axis=1) == two.frame_logits[:1500].argmax(axis=1)
    assert same.mean() > 0.97 and one.label == two.label


def test_a_fifth_of_a_second_has_a_verdict_and_one_segment(engine: Engine, voice: Array) -> None:
    start = int(np.abs(voice).argmax()) - 1600
    analysis, waveform = all_of_it(voice[start : start + 3200], engine)
    assert len(analysis.frame_logits) == 9 and 0 < analysis.confidence < 1
    structure = structure_of(analysis, 0.5, speech_activity(waveform))
    (segment,) = structure.segments
    assert 0 <= segment.start_s < segment.end_s <= 0.2
    assert top_moments(analysis, analysis.label) == ()  # half a second is all of it: nothing is left without it


def test_silence_between_two_words_belongs_to_no_emotion(engine: Engine, voice: Array) -> None:
    word = voice[: 2 * SAMPLE_RATE_HZ]
    analysis, waveform = all_of_it(np.concatenate([word, np.zeros(3 * SAMPLE_RATE_HZ), word]), engine)
    structure = structure_of(analysis, 0.5, speech_activity(waveform))
    assert structure.silence_s > 2.5
    assert not any(each.start_s < 3.5 < each.end_s for each in structure.segments)
    counted = structure.speech.mask(analysis.frame_times_s)
    peaks = strongest(analysis.frame_times_s, analysis.frame_probabilities, analysis.labels, counted=counted)
    assert peaks and all(peak.end_s < 2.6 or peak.start_s > 4.4 for peak in peaks)


def test_music_alone_is_no_speech_and_so_no_emotion_leads(engine: Engine) -> None:
    analysis, waveform = all_of_it(music(6.0), engine)
    structure = structure_of(analysis, 0.5, speech_activity(waveform))
    assert structure.segments == () and structure.silence_s == pytest.approx(6.0) and structure.arc == ()
    assert np.isfinite(analysis.logits).all()


def test_two_voices_at_once_are_heard_as_one_recording(engine: Engine, voice: Array) -> None:
    other = decode(EXAMPLES[-1].path).samples
    length = min(len(voice), len(other))
    analysis, waveform = all_of_it(voice[:length] + other[:length], engine)
    structure = structure_of(analysis, 0.5, speech_activity(waveform))
    assert structure.segments and structure.silence_s < analysis.duration_s / 2
    assert analysis.confidence < 0.99
