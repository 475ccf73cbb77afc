"""Distances of scores, curves and vectors."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from core.comparison.align import Alignment
from core.comparison.distances import (
    aligned_distance,
    at_shares,
    correlations,
    cosine,
    curve_distance,
    curve_distance_normalised,
    js_distance,
    js_distances,
    warped,
)


@pytest.fixture
def curves() -> tuple[np.ndarray, np.ndarray]:
    """(50, 9) and (80, 9) distributions."""
    rng = np.random.default_rng(0)
    return rng.dirichlet(np.ones(9), 50), rng.dirichlet(np.ones(9), 80)


def test_the_distance_of_scores_is_scipys(curves: tuple[np.ndarray, np.ndarray]) -> None:
    p, q = curves[0], curves[1][:50]
    expected = [jensenshannon(a, b, base=2) for a, b in zip(p, q, strict=True)]
    assert np.allclose(js_distances(p, q), expected, atol=1e-12)


def test_the_distance_runs_from_0_to_1_and_knows_zeros() -> None:
    sad, happy = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])
    assert js_distance(sad, happy) == 1.0 and js_distance(sad, sad) == 0.0


def test_a_curve_and_itself_are_exactly_0_apart(curves: tuple[np.ndarray, np.ndarray]) -> None:
    one = curves[0].astype(np.float32)
    assert curve_distance(one, one) == curve_distance_normalised(one, one) == 0


def test_seconds_that_only_one_clip_lasts_do_not_count(curves: tuple[np.ndarray, np.ndarray]) -> None:
    first, second = curves
    longer = np.concatenate([first, second])
    assert curve_distance(first, longer) == 0.0 and curve_distance_normalised(first, longer) > 0.1


def test_a_curve_stretched_evenly_is_the_same_over_its_normalised_duration() -> None:
    first = np.linspace([0.9, 0.1], [0.2, 0.8], 100)
    second = np.linspace([0.9, 0.1], [0.2, 0.8], 200)
    assert curve_distance_normalised(first, second) < 0.005 < curve_distance(first, second)
    assert at_shares(first[:1]).shape == (200, 2)  # one frame lasts the whole clip


def test_along_an_alignment_a_curve_played_at_half_the_rate_is_the_same() -> None:
    first = np.linspace([0.9, 0.1], [0.2, 0.8], 100)
    second = np.linspace([0.9, 0.1], [0.2, 0.8], 199)
    path = np.stack([np.arange(199) // 2, np.arange(199)], axis=1)
    alignment = Alignment(path, 1.0, 2.005, 3.985)
    assert aligned_distance(first, second, alignment) < 0.005 < 0.1 < curve_distance(first, second)
    assert aligned_distance(second, first, alignment.reversed()) == aligned_distance(first, second, alignment)
    assert np.allclose(
        warped(second, alignment, np.array([0.5125])), [[0.9 - 0.7 * 25 / 99, 0.1 + 0.7 * 25 / 99]], atol=0.01
    )


def test_cosines_are_those_of_the_angle_and_exactly_1_for_itself() -> None:
    vector = np.random.default_rng(1).normal(size=192).astype(np.float32)
    assert cosine(vector, vector) == 1.0
    assert cosine(vector, -2 * vector) == pytest.approx(-1.0)
    assert cosine(np.array([1.0, 0]), np.array([1.0, 1.0])) == pytest.approx(np.sqrt(0.5))
    assert cosine(vector, np.zeros(192)) is None


def test_correlations_are_numpys_and_none_where_a_curve_is_constant(curves: tuple[np.ndarray, np.ndarray]) -> None:
    first, second = curves[0].copy(), curves[1][:50]
    first[:, 1] = 0.25
    found = correlations(first, second, ("angry", "happy", "sad"))
    assert found["angry"] == pytest.approx(np.corrcoef(first[:, 0], second[:, 0])[0, 1])
    assert found["happy"] is None and found["sad"] is not None
