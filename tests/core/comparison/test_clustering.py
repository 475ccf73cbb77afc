"""The tree of a matrix of distances."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import pdist, squareform

from core.comparison import tree_of


def test_the_tree_is_scipys_average_linkage_and_neighbours_are_alike() -> None:
    points = np.array([[0.0], [10.0], [1.0], [11.0], [5.0]])
    tree = tree_of(squareform(pdist(points)))
    assert np.allclose(tree.linkage[:, 2], linkage(points, "average")[:, 2])
    assert tree.order in ((0, 2, 4, 1, 3), (3, 1, 4, 2, 0))


@pytest.mark.parametrize("size", [1, 2, 3, 8, 30])
def test_every_clip_is_in_the_tree_once_whatever_could_not_be_measured(size: int) -> None:
    distances = squareform(pdist(np.random.default_rng(0).normal(size=(size, 2)))) if size > 1 else np.zeros((1, 1))
    distances[0, 1:], distances[1:, 0] = np.nan, np.nan
    tree = tree_of(distances)
    assert sorted(tree.order) == list(range(size)) and tree.linkage.shape == (size - 1, 4)
    assert np.isfinite(tree.linkage).all()


def test_what_is_no_square_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(2, 3\)"):
        tree_of(np.zeros((2, 3)))
