"""Results: what an analysis says about itself, and that it comes back from JSON and NPZ without loss."""

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.emotions import EMOTION_KEYS
from core.results import (
    FRAME_RATE_HZ,
    Analysis,
    Calibration,
    CheckpointIdentity,
    FrameScores,
    LogEntry,
    Waveform,
    frame_times_s,
    num_frames_of,
    softmax,
)

finite = st.floats(-1e6, 1e6)
text = st.text(max_size=40)
calibrations = st.builds(Calibration, st.floats(0.2, 5.0), st.floats(0.0, 1.0))


@st.composite
def analyses(draw: st.DrawFn) -> Analysis:
    """Any analysis that can be."""
    labels = tuple(draw(st.lists(st.sampled_from(EMOTION_KEYS), min_size=1, unique=True)))
    shape = (draw(st.integers(1, 20)), len(labels))
    return Analysis(
        name=draw(text),
        sha256=draw(st.text("0123456789abcdef", min_size=64, max_size=64)),
        duration_s=draw(st.floats(0.1, 1e5)),
        checkpoint=CheckpointIdentity(draw(text), draw(text), draw(st.none() | calibrations)),
        engine=draw(st.sampled_from(["native", "funasr"])),
        device=draw(text),
        precision=draw(text),
        labels=labels,
        frame_logits=draw(hnp.arrays(np.float32, shape, elements=st.floats(-100, 100, width=32))),
        embedding=draw(hnp.arrays(np.float32, st.integers(1, 30), elements=st.floats(-100, 100, width=32))),
        num_windows=draw(st.integers(1, 1000)),
        left_out=tuple(draw(st.lists(st.sampled_from([k for k in EMOTION_KEYS if k not in labels]), unique=True)))
        if len(labels) < len(EMOTION_KEYS)
        else (),
        timings_s=draw(st.dictionaries(text, finite, max_size=4)),
        log=tuple(LogEntry(at, message) for at, message in draw(st.lists(st.tuples(finite, text), max_size=4))),
    )


def through_json_and_npz(analysis: Analysis) -> Analysis:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **analysis.arrays())
    buffer.seek(0)
    with np.load(buffer, allow_pickle=False) as arrays:
        return Analysis.from_parts(json.loads(json.dumps(analysis.to_dict())), dict(arrays))


class TestRoundTrip:
    """`to_dict` and `arrays` are the whole of an analysis."""

    @given(analyses())
    def test_nothing_is_lost(self, analysis: Analysis) -> None:
        back = through_json_and_npz(analysis)
        for field in fields(Analysis):
            before, after = getattr(analysis, field.name), getattr(back, field.name)
            if isinstance(before, np.ndarray):
                assert before.dtype == after.dtype
                assert np.array_equal(before, after)
            else:
                assert before == after
                assert type(before) is type(after)
        assert back.scores == analysis.scores
        assert back.ranking == analysis.ranking

    def test_a_missing_part_is_an_error(self, analysis: Analysis) -> None:
        with pytest.raises(KeyError):
            Analysis.from_parts(analysis.to_dict(), {"embedding": analysis.embedding})
        incomplete = analysis.to_dict()
        del incomplete["engine"]
        with pytest.raises(TypeError):
            Analysis.from_parts(incomplete, analysis.arrays())


class TestVerdict:
    """What is derived from the frame logits."""

    @given(analyses())
    def test_the_curve_is_an_exact_decomposition_of_the_verdict(self, analysis: Analysis) -> None:
        expected = np.exp((analysis.logits - analysis.logits.max()) / analysis.checkpoint.temperature)
        expected /= expected.sum()
        assert np.allclose(analysis.logits, analysis.frame_logits.astype(np.float64).mean(axis=0))
        assert np.allclose([analysis.scores[label] for label in analysis.labels], expected)

    @given(analyses())
    def test_there_are_nine_scores_that_sum_to_one(self, analysis: Analysis) -> None:
        assert list(analysis.scores) == list(EMOTION_KEYS)
        assert sum(analysis.scores.values()) == pytest.approx(1.0)
        assert all(analysis.scores[key] == 0.0 for key in analysis.unsayable)
        assert {*analysis.unsayable, *analysis.left_out, *analysis.labels} == set(EMOTION_KEYS)

    @given(analyses())
    def test_unsure_is_less_sure_than_the_threshold_and_names_the_two_best(self, analysis: Analysis) -> None:
        calibration = analysis.checkpoint.calibration
        assert analysis.unsure == (calibration is not None and analysis.confidence < calibration.unsure_below)
        assert analysis.candidates == analysis.ranking[: 2 if analysis.unsure else 1]

    @given(analyses(), st.sets(st.sampled_from(EMOTION_KEYS), max_size=4))
    def test_leaving_labels_out_renormalises_the_others(self, analysis: Analysis, left_out: set[str]) -> None:
        if left_out.issuperset(analysis.labels):
            with pytest.raises(ValueError, match="leaves none"):
                analysis.without(left_out)
            return
        view = analysis.without(left_out)
        kept = sum(analysis.scores[label] for label in view.labels)
        assert not left_out & set(view.labels) and set(analysis.labels) & left_out <= set(view.left_out)
        if kept > 1e-6:
            assert [view.scores[label] for label in view.labels] == pytest.approx(
                [analysis.scores[label] / kept for label in view.labels], abs=1e-9
            )
        assert np.allclose(view.frame_logits.mean(axis=0, dtype=np.float64), view.logits)
        assert set(view.unsayable) == set(analysis.unsayable)

    @given(analyses())
    def test_the_label_is_the_most_probable_and_secondary_are_the_next_above_3_percent(
        self, analysis: Analysis
    ) -> None:
        assert analysis.confidence == max(analysis.scores.values())
        assert analysis.scores[analysis.label] == analysis.confidence
        assert [entry.score for entry in analysis.ranking] == sorted((e.score for e in analysis.ranking), reverse=True)
        following = [entry for entry in analysis.ranking[1:] if entry.score > 0.03]
        assert list(analysis.secondary) == following

    @given(analyses())
    def test_frame_probabilities_sum_to_one_in_every_frame(self, analysis: Analysis) -> None:
        assert analysis.frame_probabilities.shape == analysis.frame_logits.shape
        assert np.allclose(analysis.frame_probabilities.sum(axis=1), 1, atol=1e-5)

    def test_long_recordings_are_averaged_in_double_precision(self, analysis: Analysis) -> None:
        logits = np.full((500_000, 7), 0.1, np.float32)
        assert replace(analysis, frame_logits=logits).logits == pytest.approx(np.float64(np.float32(0.1)), abs=1e-9)

    def test_a_recording_of_several_windows_is_called_one(self, analysis: Analysis) -> None:
        assert analysis.scope == "utterance"
        assert replace(analysis, num_windows=2).scope == "recording"

    def test_results_cannot_be_changed(self, analysis: Analysis) -> None:
        with pytest.raises(FrozenInstanceError):
            analysis.name = "other"  # type: ignore[misc]


class TestFrames:
    """Frame t covers samples [320 t, 320 t + 400)."""

    @pytest.mark.parametrize(
        ("num_samples", "num_frames"), [(0, 0), (399, 0), (400, 1), (719, 1), (720, 2), (16_000, 49), (480_000, 1499)]
    )
    def test_how_many_there_are(self, num_samples: int, num_frames: int) -> None:
        assert num_frames_of(num_samples) == num_frames

    @given(st.integers(400, 10**7))
    def test_all_lie_within_the_clip_and_no_further_one_would(self, num_samples: int) -> None:
        last = num_frames_of(num_samples) - 1
        assert 320 * last + 400 <= num_samples < 320 * (last + 1) + 400

    def test_their_times_are_the_middle_of_their_field(self) -> None:
        times = frame_times_s(3)
        assert times.tolist() == [0.0125, 0.0325, 0.0525]
        assert 1 / (times[1] - times[0]) == pytest.approx(FRAME_RATE_HZ)

    def test_an_analysis_has_one_time_a_frame(self, analysis: Analysis, waveform: Waveform) -> None:
        assert analysis.frame_times_s.shape == (num_frames_of(waveform.num_samples),)
        assert 0 < analysis.frame_times_s[0] < analysis.frame_times_s[-1] < waveform.duration_s

    def test_scores_know_their_number(self) -> None:
        assert FrameScores(np.zeros((7, 9), np.float32), np.zeros(4, np.float32)).num_frames == 7


class TestWaveform:
    """A decoded clip and its identity."""

    def test_its_identity_is_the_sha_256_of_its_samples(self) -> None:
        samples = np.array([0.0, 0.5, -1.0], np.float32)
        assert Waveform(samples).sha256 == hashlib.sha256(samples.astype("<f4").tobytes()).hexdigest()
        assert Waveform(samples, name="a").sha256 == Waveform(samples.copy(), name="b").sha256
        assert Waveform(samples[::-1]).sha256 != Waveform(samples).sha256

    def test_its_duration_follows_from_its_samples(self) -> None:
        assert Waveform(np.zeros(24_000, np.float32)).duration_s == 1.5


@given(hnp.arrays(np.float64, (3, 5), elements=st.floats(-1e4, 1e4)))
def test_softmax_is_stable_and_sums_to_one(logits: np.ndarray) -> None:
    found = softmax(logits)
    assert np.isfinite(found).all()
    assert np.allclose(found.sum(axis=-1), 1)
    likeliest = np.take_along_axis(found, logits.argmax(axis=-1, keepdims=True), axis=-1)
    assert np.array_equal(likeliest, found.max(axis=-1, keepdims=True))


def test_a_checkpoint_of_one_label_says_it_with_certainty(
    make_analysis: Callable[..., Analysis], waveform: Waveform
) -> None:
    only = make_analysis(waveform, labels=("sad",))
    assert (only.label, only.confidence, only.secondary) == ("sad", 1.0, ())
