"""Clips that lie alone, and clips that are there twice."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.projection.clusters import OUTLIER, Clusters
from core.projection.neighbours import nearest_points
from core.projection.spaces import Space
from core.results import Array

LONELY_FROM = 1.5  # local outlier factor: the neighbours lie as much more densely
_NEIGHBOURS = 20


@dataclass(frozen=True, slots=True)
class DuplicatePair:
    """Two clips alike: positions in the keys, their distance relative to what is usual between nearest clips."""

    first: int
    second: int
    distance: float
    same_sound: bool


def outliers(space: Space, clusters: Clusters | None = None, most: int = 50) -> Array:
    """(m,) int64: clips that lie alone, the loneliest first.

    Those are the outliers of `clusters` where it has any, else clips whose local outlier factor (Breunig et al. 2000,
    20 neighbours) is LONELY_FROM or more.
    """
    if len(space) < 3:
        return np.zeros(0, np.int64)
    from sklearn.neighbors import LocalOutlierFactor

    factor = LocalOutlierFactor(min(_NEIGHBOURS, len(space) - 1), algorithm="brute").fit(space.prepared)
    loneliness = -factor.negative_outlier_factor_
    alone = loneliness >= LONELY_FROM
    if clusters is not None and (clusters.labels == OUTLIER).any():
        alone = clusters.labels == OUTLIER
    order = np.argsort(-loneliness, kind="stable")
    found: Array = order[alone[order]][:most]
    return found


def near_duplicates(
    space: Space, sha256: Sequence[str] | None = None, *, below: float = 0.05, most: int = 500
) -> tuple[DuplicatePair, ...]:
    """Pairs of clips at nearly no distance, and such as have the same sound; the nearest first.

    Nearly none is `below` times the median distance of a clip to its nearest. `sha256` are the sounds' identities, a
    clip each.
    """
    if len(space) < 2:
        return ()
    own = np.arange(len(space))
    found = nearest_points(space.prepared, space.prepared, 5, own=own)
    first = found.distances[:, 0]
    usual = float(np.median(first[first > 1e-6 * max(float(first.max()), 1e-12)])) if first.max() > 0 else 1.0
    near = {
        (min(at, int(other)), max(at, int(other)))
        for at, column in zip(*np.nonzero(found.distances <= below * usual), strict=True)
        for other in [found.indices[at, column]]
    }
    same = _same_sound(sha256)
    pairs = [
        DuplicatePair(int(a), int(b), _distance(space.prepared, a, b) / usual, (a, b) in same) for a, b in near | same
    ]
    return tuple(sorted(pairs, key=lambda pair: (pair.distance, pair.first, pair.second))[:most])


def _distance(points: Array, a: int, b: int) -> float:
    return float(np.linalg.norm(points[a].astype(np.float64) - points[b].astype(np.float64)))


def _same_sound(sha256: Sequence[str] | None) -> set[tuple[int, int]]:
    """Each clip with the next of the same sound."""
    last: dict[str, int] = {}
    pairs = set()
    for at, identity in enumerate(sha256 if sha256 is not None else ()):
        if identity in last:
            pairs.add((last[identity], at))
        last[identity] = at
    return pairs
