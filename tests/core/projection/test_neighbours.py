"""The nearest clips are those that brute force finds."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from core.errors import ProjectionError
from core.projection import METRICS, nearest
from tests.core.projection.conftest import space_of

RNG = np.random.default_rng(0)
VALUES = RNG.normal(size=(300, 20)).astype(np.float32)


@pytest.mark.parametrize("metric", METRICS)
def test_neighbours_are_exact(metric: str) -> None:
    space = space_of(VALUES)
    distances = cdist(space.prepared, space.prepared, {"manhattan": "cityblock"}.get(metric, metric))
    np.fill_diagonal(distances, np.inf)
    found = nearest(space, np.array([0, 17, 299]), 12, metric)
    expected = distances[[0, 17, 299]].argsort(axis=1)[:, :12]
    assert np.array_equal(found.indices, expected)
    assert np.allclose(found.distances, np.sort(distances[[0, 17, 299]], axis=1)[:, :12], atol=1e-5)


def test_a_clip_from_outside_finds_its_like() -> None:
    space = space_of(VALUES, standardise=True)
    stranger = RNG.normal(size=20).astype(np.float32)
    found = nearest(space, space.prepare(stranger), 5)
    expected = np.linalg.norm(space.prepared - space.prepare(stranger), axis=1).argsort()[:5]
    assert found.indices[0].tolist() == expected.tolist()
    assert nearest(space, space.prepare(VALUES[8]), 1).indices.tolist() == [[8]]


def test_of_clips_alike_each_has_the_others() -> None:
    space = space_of(np.repeat(VALUES[:2], 4, axis=0))
    found = nearest(space, np.arange(8), 3)
    for at, row in enumerate(found.indices.tolist()):
        assert set(row) == set(range(at // 4 * 4, at // 4 * 4 + 4)) - {at}
    assert nearest(space, np.array([3]), 100).indices.shape == (1, 7)


def test_what_cannot_be_searched_is_refused() -> None:
    with pytest.raises(ProjectionError, match="no metric 'hamming'"):
        nearest(space_of(VALUES), np.array([0]), 3, "hamming")
    with pytest.raises(ProjectionError, match="One clip alone"):
        nearest(space_of(VALUES[:1]), np.array([0]))
