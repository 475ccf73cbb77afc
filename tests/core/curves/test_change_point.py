"""Where a curve changes most."""

import numpy as np
import pytest

from core.curves import change_point


@pytest.mark.parametrize("place", [1, 30, 77, 99])
def test_a_change_is_found_where_it_is(place: int) -> None:
    values = np.random.default_rng(0).normal(scale=0.2, size=(100, 4))
    values[place:, 1] += 3
    assert change_point(values) == place
    assert change_point(values, np.ones(100, dtype=bool)) == place


def test_no_other_split_has_smaller_squared_errors() -> None:
    values = np.random.default_rng(0).normal(size=(40, 3))
    errors = [
        sum(float(np.square(part - part.mean(axis=0)).sum()) for part in (values[:k], values[k:])) for k in range(1, 40)
    ]
    assert change_point(values) == int(np.argmin(errors)) + 1


def test_frames_that_do_not_count_move_nothing_and_the_change_lies_in_the_middle_of_them() -> None:
    values = np.zeros((100, 2))
    values[70:, 0] = 1.0
    values[:40, 1] = 9.0  # a silence that looks like another emotion, and the larger change
    assert change_point(values) == 40
    counted = np.ones(100, dtype=bool)
    counted[:40] = False
    assert change_point(values, counted) == 70
    counted[60:80] = False
    assert change_point(values, counted) == 70, "in the middle of the pause from 60 to 80"


def test_a_change_needs_two_frames_and_a_curve_without_speech_counts_whole() -> None:
    with pytest.raises(ValueError, match="at least two frames"):
        change_point(np.zeros((1, 3)))
    values = np.repeat([0.0, 1.0], 5)
    assert change_point(values, np.zeros(10, dtype=bool)) == 5
