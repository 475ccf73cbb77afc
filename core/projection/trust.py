"""Whether a map tells the truth about its space."""

from dataclasses import dataclass
from typing import Any

from core.projection.mapping import IsCancelled, Map, MapOptions, Progress
from core.projection.spaces import Space
from core.results import Array


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
    """How alike maps are that differ by their seed alone; 0 as chance has it, 1 the same.

    Attributes:
        procrustes: 1 − the mean Procrustes disparity of two maps (Gower 1975).
        agreement: mean share of k neighbours on one map that are neighbours on the other, less what chance gives.
        seeds: how many maps.
        sample: how many of n clips were mapped.
    """

    procrustes: float
    agreement: float
    seeds: int
    k: int
    sample: int
    n: int


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
    """Measure a map against its space."""
    raise NotImplementedError


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
    """Draw the space again with several seeds, and compare."""
    raise NotImplementedError


def agreement(labels: Array, reference: Any) -> Agreement:
    """Groups (n,) against a reference (n,), None where unknown; outliers (−1) are left out."""
    raise NotImplementedError


def silhouette(points: Array, labels: Array, *, sample: int = 2000, seed: int = 0) -> float | None:
    """Mean silhouette of (n, d) points in their groups, on a sample of many; None where there are not two groups."""
    raise NotImplementedError
