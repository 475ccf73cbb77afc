"""Segments, change points and figures of a curve, against definitions worked out the slow way."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.acoustics import SpeechActivity
from core.curves import best_path, paths, segments_of, structure_of, volatility
from core.curves.structure import BRIDGED_PAUSE_S
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


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 9), st.integers(1, 30), st.integers(0, 10_000), st.booleans())
def test_the_compiled_search_finds_the_same_path(
    steps: int, labels: int, shortest: int, seed: int, coarse: bool
) -> None:
    """Ties, which coarse scores have many of, are broken alike."""
    log_scores = np.random.default_rng(seed).normal(size=(steps, labels))
    log_scores = np.round(log_scores) if coarse else log_scores
    least = min(shortest, steps)
    assert paths._compiled()(log_scores, least).tolist() == paths._searched(log_scores, least).tolist()


def test_a_long_curve_is_searched_by_the_compiled_form(monkeypatch: pytest.MonkeyPatch) -> None:
    log_scores = np.log(np.random.default_rng(0).dirichlet(np.ones(5), 400))
    by_loops = best_path(log_scores, 10)
    asked = []
    monkeypatch.setattr(paths, "COMPILED_FROM_STEPS", 400)
    monkeypatch.setattr(paths, "_compiled", lambda: asked.append(1) or paths._searched)
    assert best_path(log_scores, 10).tolist() == by_loops.tolist() and asked


def test_stretches_are_searched_each_on_its_own() -> None:
    log_scores = np.random.default_rng(3).normal(size=(40, 4))
    found = best_path(log_scores, 6, [(2, 15), (20, 23), (23, 23), (30, 40)])
    for begin, end in ((2, 15), (20, 23), (30, 40)):
        assert found[begin:end].tolist() == best_path(log_scores[begin:end], 6).tolist()
    assert (np.delete(found, [*range(2, 15), *range(20, 23), *range(30, 40)]) == -1).all()


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


def spoken(*spans_s: tuple[float, float], duration_s: float = 6.0) -> SpeechActivity:
    return SpeechActivity(spans_s, duration_s, "energy")


def test_segments_cover_what_is_spoken_and_nothing_else() -> None:
    times_s, probabilities = curve(("happy", 2.0), ("sad", 1.0), ("happy", 3.0))
    speech = spoken((0.5, 1.5), (2.3, 2.6), (4.0, 6.0))
    segments = segments_of(times_s, probabilities, LABELS, 0.5, 6.0, speech)
    assert [(s.start_s, s.end_s, s.label) for s in segments] == [
        (0.5, 1.5, "happy"),
        (2.3, 2.6, "sad"),  # shorter than the minimum, as what is said is
        (4.0, 6.0, "happy"),
    ]


def test_a_breath_belongs_to_the_speaking_and_says_nothing() -> None:
    times_s, probabilities = curve(("happy", 2.0), ("sad", BRIDGED_PAUSE_S - 0.05), ("happy", 2.0))
    duration_s = 4.0 + BRIDGED_PAUSE_S - 0.05
    speech = spoken((0.0, 2.0), (duration_s - 2.0, duration_s), duration_s=duration_s)
    (only,) = segments_of(times_s, probabilities, LABELS, 0.3, duration_s, speech)
    assert (only.start_s, only.end_s, only.label) == (0.0, duration_s, "happy")
    assert only.probability == pytest.approx(probabilities[0].max(), abs=0.01), "the breath is not averaged in"
    parted = segments_of(times_s, probabilities, LABELS, 0.1, duration_s, speech)
    assert [s.label for s in parted] == ["happy", "happy"], "with a shorter minimum it is a pause"


def test_an_emotion_changes_within_speech_where_it_changes() -> None:
    times_s, probabilities = curve(("happy", 2.0), ("sad", 2.0), ("angry", 2.0))
    segments = segments_of(times_s, probabilities, LABELS, 0.5, 6.0, spoken((1.0, 3.0), (3.5, 5.9)))
    assert [s.label for s in segments] == ["happy", "sad", "sad", "angry"]
    assert [s.start_s for s in segments] == pytest.approx([1.0, 2.0, 3.5, 4.0], abs=0.02)
    assert segments[0].end_s == segments[1].start_s and segments[1].end_s == 3.0 and segments[-1].end_s == 5.9


def test_silence_belongs_to_no_emotion(make_analysis: Callable[..., Analysis], waveform: Waveform) -> None:
    analysis = make_analysis(waveform, labels=LABELS)
    speech = spoken((0.2, 1.1), (1.9, 2.7), duration_s=analysis.duration_s)
    structure = structure_of(analysis, 0.1, speech)
    assert sum(structure.seconds.values()) == pytest.approx(1.7)
    assert structure.silence_s == pytest.approx(analysis.duration_s - 1.7)
    assert np.trace(structure.transitions) == 0 and structure.transitions.sum() == len(structure.arc) - 1
    inside = speech.mask(analysis.frame_times_s)
    both = inside[1:] & inside[:-1]
    moved = np.abs(np.diff(analysis.frame_probabilities.astype(float), axis=0)).sum(axis=1)[both] / 2
    assert structure.volatility == pytest.approx(moved.mean() * 50)


def test_without_speech_there_is_no_segment_and_all_is_silence(
    make_analysis: Callable[..., Analysis], waveform: Waveform
) -> None:
    analysis = make_analysis(waveform, labels=LABELS)
    structure = structure_of(analysis, 0.5, spoken(duration_s=analysis.duration_s))
    assert structure.segments == () and structure.arc == () and structure.volatility == 0
    assert structure.silence_s == analysis.duration_s and set(structure.seconds.values()) == {0.0}
    assert structure.transitions.shape == (3, 3) and not structure.transitions.any()
