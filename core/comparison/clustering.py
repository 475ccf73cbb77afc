"""Which clips are alike: hierarchical clustering of a matrix of distances, for the order of a heat map and its tree."""

from dataclasses import dataclass

import numpy as np

from core.results import Array


@dataclass(frozen=True)
class Tree:
    """A dendrogram of n clips.

    Attributes:
        linkage: (n − 1, 4) float64 as SciPy's `linkage` gives it; (0, 4) for one clip.
        order: the clips from left to right, as alike neighbours as the tree allows.
    """

    linkage: Array
    order: tuple[int, ...]


def tree_of(distances: Array) -> Tree:
    """Average linkage (UPGMA: Sokal & Michener 1958) with optimal leaf order (Bar-Joseph et al. 2001).

    Args:
        distances: (n, n), symmetric, zeros on the diagonal. What is not finite counts as the largest there is.

    Raises:
        ValueError: not a square matrix.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    distances = np.array(distances, np.float64)
    if distances.ndim != 2 or distances.shape[0] != distances.shape[1]:
        raise ValueError(f"distances are {distances.shape}; they must be a square")
    if len(distances) < 2:
        return Tree(np.zeros((0, 4)), tuple(range(len(distances))))
    finite = distances[np.isfinite(distances)]
    distances[~np.isfinite(distances)] = finite.max() if len(finite) else 0.0
    distances = (distances + distances.T) / 2
    np.fill_diagonal(distances, 0.0)
    joined = linkage(squareform(distances, checks=False), method="average", optimal_ordering=True)
    return Tree(joined, tuple(leaves_list(joined).tolist()))
