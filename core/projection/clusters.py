"""Groups of clips that lie together."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import ProjectionError
from core.projection.neighbours import nearest_points
from core.projection.spaces import Space
from core.results import Array
from core.said import said

METHODS = ("hdbscan", "kmeans", "agglomerative", "gmm")
OUTLIER = -1
MOST = {"hdbscan": 10_000, "agglomerative": 6_000}  # clips that are grouped among themselves; the others join these
CHOSEN_ON = 5_000  # clips on which numbers of groups are tried
JUDGED_ON = 2_000  # clips of which a silhouette is the mean
MOST_GAUSSIANS = 20  # fitted for a try: each takes a second
CANDIDATES = (*range(2, 21), 25, 30, 40, 50, 64, 80, 100)


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """How to group.

    Attributes:
        method: "hdbscan" (Campello et al. 2013), "kmeans", "agglomerative" (Ward), or "gmm" (Gaussian mixture).
        k: how many groups; None: as many as give the best silhouette. "hdbscan" finds their number itself.
        min_size: the smallest group "hdbscan" may find; None: a hundredth of the clips, 5 at least.
        seed: of everything left to chance.
    """

    method: str = "kmeans"
    k: int | None = None
    min_size: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ProjectionError(f"There is no method {self.method!r} to group by; there are {', '.join(METHODS)}.")
        if self.k is not None and self.k < 2:
            raise ProjectionError(f"{self.k} groups cannot be told apart; ask for 2 or more.")
        if self.min_size is not None and self.min_size < 2:
            raise ProjectionError(f"A group has 2 clips at least, not {self.min_size}.")


@dataclass(frozen=True)
class Clusters:
    """Groups of a space's clips.

    Attributes:
        labels: (n,) int64, the group of each, by falling size from 0; OUTLIER for none.
        silhouette: mean silhouette (Rousseeuw 1987) of the clips in groups, −1 to 1; None where there is one group.
        tried: (k, silhouette) of each number of groups that was tried, where the number was chosen.
        note: what was done to a part only ("grouped on 5,000 of 100,000 clips …"), else empty.
    """

    labels: Array
    options: ClusterOptions
    k: int
    silhouette: float | None
    tried: tuple[tuple[int, float], ...] = ()
    note: str = ""


def cluster(space: Space, options: ClusterOptions = ClusterOptions(), positions: Array | None = None) -> Clusters:
    """Group a space's clips by their prepared vectors, or by (n, dimensions) `positions` on a map where given.

    Where there are more clips than a method can compare all with all, it groups a sample, and the others join the group
    whose centre is nearest ("agglomerative") or that of the sample's nearest clip ("hdbscan"): `note` says so.

    Raises `ProjectionError` for fewer than three clips, or more groups than there are clips.
    """
    points = np.asarray(space.prepared if positions is None else positions, np.float64)
    wanted = options.k or 2
    if len(points) < max(3, wanted):
        raise ProjectionError(
            said(
                "projection.few_to_group",
                "{count} clips cannot be grouped into {wanted}; choose more, or fewer groups.",
                count=len(points), wanted=wanted,
            )
        )  # fmt: skip
    tried: tuple[tuple[int, float], ...] = ()
    if options.method == "hdbscan":
        labels, note = _spread(points, options, _by_density(options))
    else:
        k = options.k
        if k is None:
            tried = _tried(points, options)
            k = max(tried, key=lambda each: each[1])[0]
        labels, note = _by_number(points, options, k)
    labels = _by_size(labels)
    judged = silhouette(points, labels, seed=options.seed)
    return Clusters(labels, options, int(labels.max()) + 1, judged, tried, note)


def silhouette(points: Array, labels: Array, *, sample: int = JUDGED_ON, seed: int = 0) -> float | None:
    """Mean silhouette of (n, d) points in their groups (Rousseeuw 1987), outliers left out; None without two groups.

    Of more than `sample` points it is that of as many, drawn evenly.
    """
    from sklearn.metrics import silhouette_score

    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu":  # names of groups
        labels = np.unique(labels.astype(str), return_inverse=True)[1]
    kept = drawn_evenly(np.flatnonzero(labels != OUTLIER), sample, seed)
    if not 2 <= len(np.unique(labels[kept])) < len(kept):
        return None
    return float(silhouette_score(np.asarray(points, np.float64)[kept], labels[kept]))


def drawn_evenly(indices: Array, most: int, seed: int) -> Array:
    """At most so many of the indices, each as likely as another, in their order."""
    if len(indices) <= most:
        return indices
    chosen: Array = np.sort(np.random.default_rng(seed).choice(indices, most, replace=False))
    return chosen


def _tried(points: Array, options: ClusterOptions) -> tuple[tuple[int, float], ...]:
    """Numbers of groups with the silhouette of each, on a sample."""
    some = points[drawn_evenly(np.arange(len(points)), CHOSEN_ON, options.seed)]
    found = []
    grouped = _grouping(some, options)
    for k in CANDIDATES:
        if k > max(2, len(some) // 4) or (options.method == "gmm" and k > MOST_GAUSSIANS):
            break
        judged = silhouette(some, grouped(k), seed=options.seed)
        found.append((k, -1.0 if judged is None else judged))
    return tuple(found)


def _by_number(points: Array, options: ClusterOptions, k: int) -> tuple[Array, str]:
    if options.method != "agglomerative":
        return _grouping(points, options)(k), ""
    return _spread(points, options, lambda some: _grouping(some, options)(k))


def _grouping(points: Array, options: ClusterOptions) -> Callable[[int], Array]:
    """From a number of groups to (n,) labels; a tree is grown once for all numbers."""
    if options.method == "agglomerative":
        from scipy.cluster.hierarchy import fcluster, linkage

        tree = linkage(points, "ward")
        return lambda k: np.asarray(fcluster(tree, k, "maxclust"), np.int64) - 1
    if options.method == "gmm":
        return lambda k: _mixture(points, k, options.seed)
    from sklearn.cluster import KMeans

    return lambda k: _fitted(KMeans(k, n_init=4, random_state=options.seed), points)


def _mixture(points: Array, k: int, seed: int) -> Array:
    """Gaussians with axes along the space's own (principal components are uncorrelated): few clips suffice for each."""
    from sklearn.mixture import GaussianMixture

    mixture = GaussianMixture(k, covariance_type="diag", reg_covar=1e-4, random_state=seed, max_iter=100)
    return _fitted(mixture, points)


def _fitted(method: Any, points: Array) -> Array:
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():  # groups that still move a little are groups, and so are fewer than asked for
        warnings.simplefilter("ignore", ConvergenceWarning)
        return np.asarray(method.fit_predict(points), np.int64)


def _by_density(options: ClusterOptions) -> Callable[[Array], Array]:
    from sklearn.cluster import HDBSCAN

    def grouped(points: Array) -> Array:
        smallest = min(options.min_size or max(5, len(points) // 100), len(points))
        found = HDBSCAN(min_cluster_size=smallest, min_samples=min(5, smallest), copy=True).fit_predict(points)
        return np.maximum(np.asarray(found, np.int64), OUTLIER)

    return grouped


def _spread(points: Array, options: ClusterOptions, grouped: Callable[[Array], Array]) -> tuple[Array, str]:
    """Labels of all points, where only MOST can be grouped among themselves, and a note that says so."""
    most = MOST[options.method]
    if len(points) <= most:
        return grouped(points), ""
    chosen = drawn_evenly(np.arange(len(points)), most, options.seed)
    labels = np.full(len(points), OUTLIER, np.int64)
    labels[chosen] = grouped(points[chosen])
    others = np.setdiff1d(np.arange(len(points)), chosen)
    if options.method == "agglomerative":
        centres = np.stack([points[labels == label].mean(axis=0) for label in range(labels.max() + 1)])
        labels[others] = nearest_points(centres, points[others], 1).indices[:, 0]
    else:
        labels[others] = _joined(points, labels, chosen, others)
    return labels, said(
        "projection.grouped_on", "Grouped on {some:,} of {count:,} clips; the others joined the group that is nearest.",
        some=most, count=len(points),
    )  # fmt: skip


def _joined(points: Array, labels: Array, chosen: Array, others: Array) -> Array:
    """The group of the nearest grouped clip, where that is no further than its own kind usually are from each other."""
    grouped = chosen[labels[chosen] != OUTLIER]
    if not len(grouped):
        return np.full(len(others), OUTLIER, np.int64)
    found = nearest_points(points[grouped], points[others], 1)
    own = nearest_points(points[grouped], points[grouped], 1, own=np.arange(len(grouped))).distances[:, 0]
    group = labels[grouped]
    reach = {label: np.quantile(own[group == label], 0.95) for label in np.unique(group).tolist()}
    joined = group[found.indices[:, 0]]
    is_near = found.distances[:, 0] <= np.array([reach[label] for label in joined.tolist()])
    labels_of: Array = np.where(is_near, joined, OUTLIER)
    return labels_of


def _by_size(labels: Array) -> Array:
    """The same groups, numbered from 0 by falling size."""
    found, counts = np.unique(labels[labels != OUTLIER], return_counts=True)
    order = found[np.argsort(-counts, kind="stable")]
    renamed = np.full(len(labels), OUTLIER, np.int64)
    for number, label in enumerate(order.tolist()):
        renamed[labels == label] = number
    return renamed
