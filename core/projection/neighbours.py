"""The nearest clips, exactly: every distance is looked at."""

from dataclasses import dataclass

import numpy as np

from core.errors import ProjectionError
from core.projection.spaces import Space
from core.results import Array
from core.said import said

METRICS = ("euclidean", "cosine", "correlation", "manhattan")


@dataclass(frozen=True)
class Neighbours:
    """The k nearest clips of each of q queries, nearest first.

    Attributes:
        indices: (q, k) int64, positions in the space's keys.
        distances: (q, k) float64.
    """

    indices: Array
    distances: Array


def nearest(space: Space, query: Array, k: int = 10, metric: str = "euclidean") -> Neighbours:
    """The nearest clips in the space itself (its `prepared` vectors: what a map is drawn from), not on a map of it.

    Args:
        query: (q,) int, clips of the space, which are not their own neighbours; or (q, k) float, prepared vectors of
            other clips (`Space.prepare`).
        metric: one of METRICS.

    Raises:
        ProjectionError: an unknown metric, or no neighbour to be had.
    """
    query = np.atleast_1d(np.asarray(query))
    if query.ndim == 1 and np.issubdtype(query.dtype, np.integer):
        return nearest_points(space.prepared, space.prepared[query], k, metric, own=query)
    return nearest_points(space.prepared, np.atleast_2d(query).astype(np.float32), k, metric)


def nearest_points(
    points: Array, queries: Array, k: int, metric: str = "euclidean", own: Array | None = None
) -> Neighbours:
    """The k nearest of (n, d) `points` to each of (q, d) `queries`; `own` (q,) int: points that are left out of theirs.

    Equal distances keep the points' order.
    """
    if metric not in METRICS:
        raise ProjectionError(f"There is no metric {metric!r}; there are {', '.join(METRICS)}.")
    available = len(points) - (own is not None)
    if available < 1 or k < 1:
        raise ProjectionError(said("projection.alone", "One clip alone has no neighbours: choose two or more."))
    k = min(k, available)
    indices, distances = _searched(points, queries, min(k + (own is not None), len(points)), metric)
    if own is not None:
        indices, distances = _without_own(indices, distances, own, k)
    return Neighbours(indices, distances)


def _searched(points: Array, queries: Array, k: int, metric: str) -> tuple[Array, Array]:
    from sklearn.neighbors import NearestNeighbors

    if metric == "manhattan":
        search = NearestNeighbors(n_neighbors=k, algorithm="brute", metric="manhattan").fit(points)
        distances, indices = search.kneighbors(queries)
        return indices, distances
    # On vectors of length one, 1 − cos = d²/2: the order is that of Euclid's distance, which is far faster to search.
    points, queries = (direction(each, metric) for each in (points, queries))
    search = NearestNeighbors(n_neighbors=k, algorithm="brute", metric="euclidean").fit(points)
    distances, indices = search.kneighbors(queries)
    return indices, distances if metric == "euclidean" else np.square(distances) / 2


def direction(x: Array, metric: str) -> Array:
    """(n, d) float64 whose Euclidean order is that of the metric ("euclidean", "cosine" or "correlation")."""
    x = np.asarray(x, np.float64)
    if metric == "euclidean":
        return x
    if metric == "correlation":
        x = x - x.mean(axis=1, keepdims=True)
    unit: Array = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    return unit


def _without_own(indices: Array, distances: Array, own: Array, k: int) -> tuple[Array, Array]:
    """Of k + 1 found the k that are not the query itself, which of several clips alike may not be the first."""
    others = indices != own[:, None]
    others[others.all(axis=1), -1] = False
    shape = (len(indices), indices.shape[1] - 1)
    return indices[others].reshape(shape)[:, :k], distances[others].reshape(shape)[:, :k]
