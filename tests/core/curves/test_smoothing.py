"""Smoothing and averaging: what they keep, and what they refuse."""

import numpy as np
import pytest

from core.curves import METHODS, averaged, smooth, smooth_probabilities
from core.results import frame_times_s


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("num_frames", [1, 2, 3, 7, 500])
def test_a_constant_stays_and_the_shape_is_kept(method: str, num_frames: int) -> None:
    values = np.full((num_frames, 3), 0.25)
    smoothed = smooth(values, method, 1.0)  # type: ignore[arg-type]
    assert smoothed.shape == values.shape and smoothed == pytest.approx(0.25)


def test_a_moving_average_is_the_mean_of_what_lies_in_its_window() -> None:
    values = np.random.default_rng(0).normal(size=60)
    smoothed = smooth(values, "moving average", 0.2)  # 11 steps
    for step in (0, 3, 30, 58, 59):
        assert smoothed[step] == pytest.approx(values[max(0, step - 5) : step + 6].mean())


def test_a_parabola_survives_savitzky_golay_even_at_the_ends() -> None:
    times_s = frame_times_s(200)
    values = 3 * times_s**2 - times_s + 1
    assert smooth(values, "savitzky-golay", 1.0) == pytest.approx(values)


def test_smoothed_probabilities_are_probabilities() -> None:
    sharp = np.zeros((100, 2))
    sharp[:50, 0] = sharp[50:, 1] = 1.0
    smoothed = smooth_probabilities(sharp, "savitzky-golay", 0.6)
    assert smoothed.min() >= 0 and smoothed.sum(axis=1) == pytest.approx(1.0)
    assert smooth(sharp, "savitzky-golay", 0.6).min() < 0, "the parabola overshoots at a step"


def test_none_is_a_copy() -> None:
    values = np.arange(5.0)
    same = smooth(values, "none", 3.0)
    same[0] = 9
    assert values[0] == 0


@pytest.mark.parametrize(("method", "seconds"), [("wavelet", 1.0), ("none", -0.1), ("none", 3.1)])
def test_what_cannot_be_is_refused(method: str, seconds: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        smooth(np.zeros(3), method, seconds)  # type: ignore[arg-type]


def test_averages_cover_every_frame_once() -> None:
    times_s, values = frame_times_s(23), np.random.default_rng(1).normal(size=(23, 2))
    coarse_s, coarse = averaged(times_s, values, 5)
    assert coarse.shape == (5, 2)
    assert coarse[1] == pytest.approx(values[5:10].mean(axis=0)) and coarse[4] == pytest.approx(
        values[20:].mean(axis=0)
    )
    assert coarse_s[1] == pytest.approx(times_s[7])
    assert (coarse * np.array([5, 5, 5, 5, 3])[:, None]).sum(axis=0) == pytest.approx(values.sum(axis=0))
    assert averaged(times_s[:0], values[:0], 5)[1].shape == (0, 2)
    with pytest.raises(ValueError, match="at least 1"):
        averaged(times_s, values, 0)
