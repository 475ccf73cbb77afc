"""Whether a map tells the truth about its space."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from core.errors import ProjectionError
from core.projection.clusters import OUTLIER, drawn_evenly, silhouette
from core.projection.mapping import FEWEST, IsCancelled, Map, MapOptions, Progress
from core.projection.neighbours import direction, nearest_points
from core.projection.processes import DRAWERS
from core.projection.spaces import Space
from core.results import Array
from core.said import said

__all__ = ["Agreement", "Stability", "Trust", "agreement", "silhouette", "stability", "trust_of"]

_ROWS_AT_ONCE = 100


@dataclass(frozen=True)
class Trust:
    """How far a map's neighbourhoods are those of the space.

    Attributes:
        k: the neighbourhood's size.
        trustworthiness: 0–1, 1 where no clip is near on the map that is far in the space; `continuity`: the other way
            round (Venna & Kaski 2001, 2006).
        knn_overlap: (n,) float32, the share of each clip's k neighbours in the space that are its neighbours on
            the map.
        chance: the overlap that a map drawn at random has: k / (n − 1).
        sample: how many clips the first two are measured on, against all n.
    """

    k: int
    trustworthiness: float
    continuity: float
    knn_overlap: Array
    chance: float
    sample: int
    n: int

    @property
    def mean_overlap(self) -> float:
        return float(self.knn_overlap.mean())


@dataclass(frozen=True, slots=True)
class Stability:
    """How alike maps are that differ by their seed alone: 1 the same, 0 no more than maps of a cloud without structure.

    Attributes:
        procrustes: 1 − the mean Procrustes disparity of two maps (Gower 1975), corrected.
        agreement: the mean share of k neighbours on one map that are neighbours on the other, corrected, at the scale k
            at which it is largest (as Chen & Buja 2009 choose it): three tight islands are stable though each is mixed.
        seeds: how many maps.
        sample: how many of n clips were mapped.
    """

    procrustes: float
    agreement: float
    k: int
    seeds: int
    sample: int
    n: int

    @property
    def overall(self) -> float:
        """The mean of both, 0 at least."""
        return max(0.0, (self.procrustes + self.agreement) / 2)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far groups are those of a reference, on the `n` clips that have both.

    ari: adjusted Rand index; nmi: normalised mutual information (arithmetic mean); homogeneity, completeness, and their
    harmonic mean v_measure (Rosenberg & Hirschberg 2007).
    """

    ari: float
    nmi: float
    homogeneity: float
    completeness: float
    v_measure: float
    n: int


def trust_of(space: Space, drawn: Map, k: int = 15, *, sample: int = 2000, seed: int = 0) -> Trust:
    """Measure a map against its space, by the map's own metric there.

    Trustworthiness is 1 − 2 / (n k (2n − 3k − 1)) · Σ_i Σ_j (r(i, j) − k), over each clip's k neighbours j on the map
    that are not among its k nearest in the space, r their rank there; continuity the same with map and space exchanged
    (Venna & Kaski 2001, ICANN; 2006, Neural Networks 19). Of more than `sample` clips the sums run over as many, drawn
    evenly, ranked among all n: `Trust.sample` says so. The overlap is that of every clip.

    Raises `ProjectionError` for fewer than five clips. k is at most what the formula allows, (n − 1) / 2.
    """
    n = len(space)
    if n < 5:
        raise ProjectionError(
            said(
                "projection.few_to_trust", "A map of {count} clips has no neighbourhoods to measure; choose 5 or more.",
                count=n,
            )
        )  # fmt: skip
    k = max(1, min(k, (n - 1) // 2))
    rows = drawn_evenly(np.arange(n), sample, seed)
    in_space, on_map = _distances(space.prepared, drawn.options.metric), _distances(drawn.positions, "euclidean")
    intruders = missing = 0.0
    for begin in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[begin : begin + _ROWS_AT_ONCE]
        there, here = in_space(some), on_map(some)
        intruders += _penalty(there, here, k)
        missing += _penalty(here, there, k)
    scale = 2 / (len(rows) * k * (2 * n - 3 * k - 1))
    return Trust(k, 1 - scale * intruders, 1 - scale * missing, _overlap(space, drawn, k), k / (n - 1), len(rows), n)


def _distances(points: Array, metric: str) -> Callable[[Array], Array]:
    """From rows to their (m, n) distances to all, a point's own infinite."""
    from scipy.spatial.distance import cdist

    name = "cityblock" if metric == "manhattan" else "euclidean"
    x = np.asarray(points, np.float64) if metric == "manhattan" else direction(points, metric)

    def distances(rows: Array) -> Array:
        found: Array = cdist(x[rows], x, name)
        found[np.arange(len(rows)), rows] = np.inf
        return found

    return distances


def _penalty(ranked: Array, near: Array, k: int) -> float:
    """Σ max(0, rank − k) of each row's k nearest by `near`, ranked by `ranked`; both (m, n) distances."""
    chosen = np.argpartition(near, k - 1, axis=1)[:, :k]
    ordered = np.sort(ranked, axis=1)
    total = 0
    for row, columns in enumerate(chosen):
        ranks = np.searchsorted(ordered[row], ranked[row, columns], side="left") + 1
        total += int(np.maximum(0, ranks - k).sum())
    return float(total)


def _overlap(space: Space, drawn: Map, k: int) -> Array:
    own = np.arange(len(space))
    there = nearest_points(space.prepared, space.prepared, k, drawn.options.metric, own=own).indices
    here = nearest_points(drawn.positions, drawn.positions, k, own=own).indices
    return _shared(there, here)


def _shared(one: Array, other: Array) -> Array:
    """(n,) float32: the share of each row's k indices that is in the other's row."""
    shares = [
        (one[begin : begin + 4096, :, None] == other[begin : begin + 4096, None, :]).any(axis=2).mean(axis=1)
        for begin in range(0, len(one), 4096)
    ]
    return np.concatenate(shares).astype(np.float32)


def stability(
    space: Space,
    options: MapOptions = MapOptions(),
    seeds: int = 5,
    *,
    k: int = 15,
    sample: int = 1000,
    on_progress: Progress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> Stability:
    """Draw the space again with several seeds, and compare each map with each other one.

    Maps of anything are somewhat alike, for they begin alike and neighbours attract each other. Both figures are
    therefore corrected by what maps of a cloud have that has no structure at all, normally distributed, of as many
    clips in as many dimensions and drawn by the same settings: (figure − the cloud's) / (1 − the cloud's). Of more than
    `sample` clips as many are mapped, the same each time. A PCA leaves nothing to chance: both figures are 1. What a
    cloud has scatters by about 0.1 in 50 dimensions, and more in fewer: differences below that say nothing.

    Raises what `make_map` raises, and `ProjectionError` for fewer than FEWEST clips.
    """
    n = len(space)
    if n < FEWEST:
        raise ProjectionError(
            said(
                "projection.few_to_redraw",
                "{count} clips are too few to draw again and compare; choose {least} or more.", count=n, least=FEWEST,
            )
        )  # fmt: skip
    rows = drawn_evenly(np.arange(n), sample, options.seed)
    k = max(1, min(k, (len(rows) - 1) // 2))
    if options.method == "pca":
        return Stability(1.0, 1.0, k, 1, len(rows), n)
    cloud = np.random.default_rng(options.seed).normal(size=(len(rows), space.prepared.shape[1]))
    drawn = []
    for half, points in enumerate((space.prepared[rows], cloud.astype(np.float32))):
        maps = []
        for number in range(seeds):
            chosen = asdict(options) | {"seed": options.seed + number}
            told = _part_of(on_progress, half * seeds + number, 2 * seeds)
            maps.append(DRAWERS.draw(points, chosen, told, is_cancelled or (lambda: False)))
        drawn.append(_compared(maps, k))
    (procrustes, shared, scale), (procrustes_0, shared_0, _) = drawn
    return Stability(_beyond(procrustes, procrustes_0), _beyond(shared, shared_0), scale, seeds, len(rows), n)


def _beyond(value: float, chance: float) -> float:
    return (value - chance) / max(1e-9, 1 - chance)


def _part_of(on_progress: Progress | None, number: int, of: int) -> Progress:
    def told(step: str, share: float) -> None:
        if on_progress is not None:
            on_progress(step, (number + share) / of)

    return told


def _compared(maps: list[Array], k: int) -> tuple[float, float, int]:
    """Mean over pairs of maps: 1 − Procrustes disparity; the neighbours in common, and at which k they are most."""
    from scipy.spatial import procrustes

    pairs = list(combinations(range(len(maps)), 2))
    alike = 1 - float(np.mean([procrustes(maps[a], maps[b])[2] for a, b in pairs]))
    ranks = [_order(each) for each in maps]
    shared = np.mean([_in_common(ranks[a], ranks[b]) for a, b in pairs], axis=0)
    scales = np.arange(k, max(k + 1, len(maps[0]) // 2))
    best = int(scales[shared[scales - 1].argmax()])
    return alike, float(shared[best - 1]), best


def _order(positions: Array) -> Array:
    """(n, n) int32 ranks: entry (i, j) is 1 where j is the nearest to i; a point's own rank is n."""
    from scipy.spatial.distance import cdist

    distances = cdist(positions, positions)
    np.fill_diagonal(distances, np.inf)
    n = len(positions)
    ranks = np.empty((n, n), np.int32)
    np.put_along_axis(ranks, distances.argsort(axis=1), np.arange(1, n + 1, dtype=np.int32)[None, :], axis=1)
    return ranks


def _in_common(one: Array, other: Array) -> Array:
    """(n − 1,) for each k the share of k neighbours in common beyond chance: R_NX (Lee et al. 2015).

    j is among the first k of both where the larger of its two ranks is at most k.
    """
    n = len(one)
    counts = np.bincount(np.maximum(one, other).ravel(), minlength=n + 1)[1:n].cumsum()
    k = np.arange(1, n)
    share = counts / (n * k)
    beyond: Array = ((n - 1) * share - k) / np.maximum(1, n - 1 - k)
    return beyond


def agreement(labels: Array, reference: Any) -> Agreement:
    """Groups (n,) against a reference (n,), None where unknown; outliers (−1) and clips without one are left out.

    Raises `ProjectionError` where fewer than two clips have both.
    """
    from sklearn.metrics import adjusted_rand_score, homogeneity_completeness_v_measure, normalized_mutual_info_score

    known = [
        (int(label), str(truth))
        for label, truth in zip(np.asarray(labels).tolist(), list(reference), strict=True)
        if label != OUTLIER and truth is not None
    ]
    if len(known) < 2:
        raise ProjectionError(
            said(
                "projection.nothing_to_compare",
                "Fewer than two clips have a group and a reference; there is nothing to compare.",
            )
        )
    groups, truths = zip(*known, strict=True)
    homogeneity, completeness, v_measure = map(float, homogeneity_completeness_v_measure(truths, groups))
    nmi = float(normalized_mutual_info_score(truths, groups))
    ari = float(adjusted_rand_score(truths, groups))
    return Agreement(ari, nmi, homogeneity, completeness, v_measure, len(known))
