"""Segments, change points and figures of a curve, against definitions worked out the slow way."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.curves import best_path, segments_of, structure_of, volatility
from core.results import Analysis, Waveform, frame_times_s, softmax

LABELS = ("angry", "happy", "sad")


def runs_of(path: tuple[int, ...]) -> list[int]:
    return [len(list(group)) for _, group in itertools.groupby(path)]


def score(log_scores: np.ndarray, path: tuple[int, ...]) -> float:
    return float(sum(log_scores[step, label] for step, label in enumerate(path)))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 8), st.integers(2, 3), st.integers(1, 4), st.integers(0, 10_000))
def test_the_path_is_the_best_of_all_that_stay_long_enough(steps: int, labels: int, shortest: int, seed: int) -> None:
    log_scores = np.random.default_rng(seed).normal(size=(steps, labels))
    found = tuple(best_path(log_scores, shortest).tolist())
    least = min(shortest, steps)
    allowed = [path for path in itertools.product(range(labels), repeat=steps) if min(runs_of(path)) >= least]
    assert found in allowed
    assert score(log_scores, found) == pytest.approx(max(score(log_scores, path) for path in allowed))


def test_a_path_of_one_label_or_no_step_is_that() -> None:
    assert best_path(np.zeros((4, 1)), 2).tolist() == [0, 0, 0, 0]
    assert best_path(np.zeros((0, 3)), 2).tolist() == []


def curve(*stretches: tuple[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """Times and probabilities of a curve that says each label for so long."""
    columns = [LABELS.index(label) for label, seconds in stretches for _ in range(round(seconds * 50))]
    logits = np.full((len(columns), 3), -1.0)
    logits[np.arange(len(columns)), columns] = 2.0
    return frame_times_s(len(columns)), softmax(logits)


def test_segments_are_where_the_emotion_changes_and_cover_the_whole() -> None:
    times_s, probabilities = curve(("happy", 2.0), ("sad", 1.0), ("happy", 3.0))
    segments = segments_of(times_s, probabilities, LABELS, 0.5)
    assert [segment.label for segment in segments] == ["happy", "sad", "happy"]
    assert [segment.duration_s for segment in segments] == pytest.approx([2.0, 1.0, 3.0], abs=0.011)
    assert all(a.end_s == b.start_s for a, b in itertools.pairwise(segments))
    assert segments[0].start_s == 0.0 and segments[0].probability > 0.85


def test_what_is_shorter_than_the_minimum_is_no_segment() -> None:
    times_s, probabilities = curve(("happy", 2.0), ("sad", 0.2), ("happy", 2.0))
    assert [s.label for s in segments_of(times_s, probabilities, LABELS, 0.5)] == ["happy"]
    assert [s.label for s in segments_of(times_s, probabilities, LABELS, 0.1)] == ["happy", "sad", "happy"]


def test_a_clip_shorter_than_the_minimum_is_one_segment() -> None:
    times_s, probabilities = curve(("sad", 0.2))
    (only,) = segments_of(times_s, probabilities, LABELS, 5.0)
    assert only.label == "sad"
    assert segments_of(times_s[:0], probabilities[:0], LABELS) == ()
    with pytest.raises(ValueError, match="min_segment_s"):
        segments_of(times_s, probabilities, LABELS, -1)


def test_volatility_counts_the_probability_that_moves() -> None:
    still = np.tile([0.2, 0.3, 0.5], (101, 1))
    assert volatility(still) == 0
    there_and_back = np.array([[1.0, 0.0], [0.0, 1.0]] * 26)[:51]
    assert volatility(there_and_back) == pytest.approx(50), "all of it, at each of 50 steps a second"
    assert volatility(still[:1]) == 0


def test_the_structure_adds_up(make_analysis: Callable[..., Analysis], waveform: Waveform) -> None:
    analysis = make_analysis(waveform, labels=LABELS)
    structure = structure_of(analysis, 0.1)
    assert sum(structure.seconds.values()) == pytest.approx(analysis.duration_s)
    assert structure.transitions.sum() == len(structure.segments) - 1
    assert np.trace(structure.transitions) == 0 and structure.arc == structure.segments
    assert structure.volatility > 0
