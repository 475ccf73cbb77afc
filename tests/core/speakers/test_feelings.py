"""What each speaker feels is the exact evidence of their own turns."""

from collections.abc import Callable

import numpy as np
import pytest

from core.results import Analysis, SpeakerTurn, Waveform, softmax
from core.speakers import feelings


@pytest.fixture
def heard(make_analysis: Callable[..., Analysis], waveform: Waveform) -> Analysis:
    return make_analysis(waveform)


def test_one_who_speaks_all_the_time_feels_what_the_verdict_says(heard: Analysis) -> None:
    (only,) = feelings(heard, [SpeakerTurn(0.0, heard.duration_s, "Anna")])
    assert only.speaker == "Anna" and only.seconds == pytest.approx(heard.duration_s)
    assert only.label == heard.label
    assert {label: only.scores[label] for label in heard.labels} == pytest.approx(
        {label: heard.scores[label] for label in heard.labels}, abs=1e-6
    )


def test_each_speaker_has_the_mean_logits_of_their_own_frames_and_none_of_anothers(heard: Analysis) -> None:
    turns = [SpeakerTurn(0.0, 1.0, "b"), SpeakerTurn(1.0, 2.0, "a"), SpeakerTurn(2.0, 2.5, "b")]
    b, a = feelings(heard, turns)
    assert [b.speaker, a.speaker] == ["b", "a"] and b.seconds == pytest.approx(1.5)
    assert not (a.frames & b.frames).any()
    times_s = np.asarray(heard.frame_times_s)
    assert np.array_equal(a.frames, (times_s >= 1.0) & (times_s < 2.0))
    expected = softmax(heard.frame_logits[a.frames].mean(axis=0, dtype=np.float64))
    assert list(a.scores.values()) == pytest.approx(expected.tolist())


def test_who_has_no_frame_is_left_out(heard: Analysis) -> None:
    assert feelings(heard, [SpeakerTurn(1.0001, 1.0002, "a click")]) == ()
    assert feelings(heard, []) == ()
