"""Maps: a space drawn in two or three dimensions."""

from dataclasses import asdict, dataclass

import numpy as np

from core.errors import ProjectionError
from core.projection.linear import principal
from core.projection.neighbours import METRICS, nearest_points
from core.projection.processes import DRAWERS, IsCancelled, MappingCancelled, Progress
from core.projection.spaces import Space
from core.results import Array
from core.said import said

__all__ = [
    "FEWEST",
    "METHODS",
    "STEPS",
    "IsCancelled",
    "Map",
    "MapOptions",
    "MappingCancelled",
    "Progress",
    "make_map",
    "place",
]

METHODS = ("umap", "pca")
FEWEST = 15  # clips below which neighbourhoods mean nothing: UMAP's default neighbourhood is 15
STEPS = ("waiting", "neighbours", "start", "layout")  # what `Progress` names


@dataclass(frozen=True, slots=True)
class MapOptions:
    """How to draw.

    Attributes:
        method: "umap" (McInnes et al. 2018, arXiv:1802.03426) or "pca".
        dimensions: 2 or 3.
        neighbours: UMAP's neighbourhood, 2 to 200: small shows detail, large shows the whole.
        min_dist: how close points may lie on the map, 0 to 0.99.
        metric: how far two clips are apart, one of METRICS.
        seed: of everything left to chance: the same seed gives the same map.
        densmap: let the map keep where clips lie densely and where thinly (Narayan et al. 2021).
    """

    method: str = "umap"
    dimensions: int = 2
    neighbours: int = 15
    min_dist: float = 0.1
    metric: str = "euclidean"
    seed: int = 0
    densmap: bool = False

    def __post_init__(self) -> None:
        for holds, sentence in (
            (self.method in METHODS, f"The method is {self.method!r}; there are {', '.join(METHODS)}."),
            (self.dimensions in (2, 3), f"A map of {self.dimensions} dimensions cannot be drawn; 2 or 3 can."),
            (2 <= self.neighbours <= 200, f"A neighbourhood is 2 to 200 clips, not {self.neighbours}."),
            (0 <= self.min_dist <= 0.99, f"The least distance is 0 to 0.99, not {self.min_dist}."),
            (self.metric in METRICS, f"There is no metric {self.metric!r}; there are {', '.join(METRICS)}."),
            (0 <= self.seed < 2**32, f"A seed is 0 to 4294967295, not {self.seed}."),
        ):
            if not holds:
                raise ProjectionError(sentence)


@dataclass(frozen=True)
class Map:
    """A drawn space.

    Attributes:
        positions: (n, dimensions) float32, in the order of the space's keys.
        options: what was asked for.
        method: what was drawn: "pca" instead of "umap" where there are fewer than FEWEST clips.
        note: one sentence where the two differ, else empty.
        axes: (dimensions, k) and `centre` (k,) of a PCA, which place other clips; None of a UMAP.
    """

    positions: Array
    options: MapOptions
    method: str
    note: str = ""
    axes: Array | None = None
    centre: Array | None = None


def make_map(
    space: Space,
    options: MapOptions = MapOptions(),
    on_progress: Progress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> Map:
    """Draw a space's prepared vectors.

    UMAP runs in a process of its own (`core.projection.worker`): several threads may draw at once, and one that is
    cancelled ends at once. The same vectors, options and seed give the same map.

    Args:
        on_progress: called as on_progress(step, share of all the work), the step one of STEPS.
        is_cancelled: asked ten times a second.

    Raises:
        MappingCancelled: `is_cancelled` said so.
        ProjectionError: the map cannot be drawn: why.
    """
    if options.method == "pca" or len(space) < FEWEST:
        return _linear_map(space, options)
    positions = DRAWERS.draw(space.prepared, asdict(options), on_progress or _ignore, is_cancelled or _never)
    return Map(positions, options, "umap")


def _linear_map(space: Space, options: MapOptions) -> Map:
    found = principal(space.prepared, options.dimensions)
    note = ""
    if options.method != "pca":
        note = few_clips(len(space))
    axes, centre = found.axes.astype(np.float32), found.centre.astype(np.float32)
    positions = _projected(space.prepared, axes, centre)
    return Map(positions, options, "pca", note, axes, centre)


def few_clips(count: int) -> str:
    """Why a map of so few clips is not the one that was asked for."""
    return said(
        "projection.few_clips",
        "Drawn by PCA: {count} clips are too few for UMAP, whose neighbourhoods mean nothing below {least}.",
        count=count,
        least=FEWEST,
    )


def _projected(prepared: Array, axes: Array, centre: Array) -> Array:
    found: Array = ((prepared - centre) @ axes.T).astype(np.float32)
    return found


def place(drawn: Map, space: Space, prepared: Array) -> Array:
    """Where (m, k) prepared vectors of other clips lie on a map of a space: (m, dimensions) float32.

    On a PCA they are projected. On a UMAP each lies at the mean of its neighbours' positions, weighted by UMAP's own
    membership strengths exp(−max(0, d − ρ) / σ), which is where UMAP's `transform` begins (McInnes et al. 2018, § 3.1
    and its implementation's `init_graph_transform`); a clip whose vector is there already lies where that one lies. No
    epochs follow: the map stays as it is, the same clip lies always in the same place, and it takes no time.

    Raises `ProjectionError` for vectors of another length.
    """
    prepared = np.atleast_2d(np.asarray(prepared, np.float32))
    if prepared.shape[1] != space.prepared.shape[1]:
        raise ProjectionError(
            f"Vectors of {prepared.shape[1]} dimensions have no place on a map of {space.prepared.shape[1]}."
        )
    if drawn.axes is not None and drawn.centre is not None:
        return _projected(prepared, drawn.axes, drawn.centre)
    found = nearest_points(space.prepared, prepared, drawn.options.neighbours, drawn.options.metric)
    weights = np.stack([_memberships(row) for row in found.distances])
    positions = np.einsum("mk,mkd->md", weights, drawn.positions[found.indices].astype(np.float64))
    placed: Array = positions.astype(np.float32)
    return placed


def _memberships(distances: Array) -> Array:
    """(k,) weights that sum to one: UMAP's ρ is the nearest distance, σ makes the strengths add up to log2 k."""
    # The search for neighbours leaves a little of a distance of nothing, by rounding.
    same = distances <= 1e-6 * max(float(distances[-1]), 1e-12)
    if same.any():
        alike: Array = same / same.sum()
        return alike
    beyond = distances - distances[0]
    target, low, high = np.log2(max(2, len(distances))), 0.0, max(float(beyond[-1]), 1e-12) * 1e3
    for _ in range(64):
        middle = (low + high) / 2
        low, high = (middle, high) if np.exp(-beyond / middle).sum() < target else (low, middle)
    strengths = np.exp(-beyond / max(high, 1e-12))
    weights: Array = strengths / strengths.sum()
    return weights


def _ignore(step: str, share: float) -> None:
    """Nobody watches the progress."""


def _never() -> bool:
    return False
