"""Maps: a space drawn in two or three dimensions."""

from collections.abc import Callable
from dataclasses import dataclass

from core.errors import ProjectionError
from core.projection.neighbours import METRICS
from core.projection.spaces import Space
from core.results import Array

METHODS = ("umap", "pca")
FEWEST = 15  # clips below which neighbourhoods mean nothing: UMAP's default neighbourhood is 15
STEPS = ("waiting", "neighbours", "start", "layout")  # what `Progress` names

Progress = Callable[[str, float], None]  # (step, share 0–1 of all)
IsCancelled = Callable[[], bool]


class MappingCancelled(ProjectionError):
    """Whoever asked for a map wants it no longer."""


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
        for holds, said in (
            (self.method in METHODS, f"The method is {self.method!r}; there are {', '.join(METHODS)}."),
            (self.dimensions in (2, 3), f"A map of {self.dimensions} dimensions cannot be drawn; 2 or 3 can."),
            (2 <= self.neighbours <= 200, f"A neighbourhood is 2 to 200 clips, not {self.neighbours}."),
            (0 <= self.min_dist <= 0.99, f"The least distance is 0 to 0.99, not {self.min_dist}."),
            (self.metric in METRICS, f"There is no metric {self.metric!r}; there are {', '.join(METRICS)}."),
            (0 <= self.seed < 2**32, f"A seed is 0 to 4294967295, not {self.seed}."),
        ):
            if not holds:
                raise ProjectionError(said)


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
    """Draw a space."""
    raise NotImplementedError


def place(drawn: Map, space: Space, prepared: Array) -> Array:
    """Where (m, k) prepared vectors of other clips lie on a map: (m, dimensions) float32."""
    raise NotImplementedError
