"""How a map is made and looked at, and how a link carries it. Knows no Streamlit."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

SPACES = ("emotion", "within_speaker", "speaker", "scores", "acoustic")
METHODS = ("umap", "pca")
DIMENSIONS = (2, 3)
METRICS = ("euclidean", "cosine", "manhattan", "correlation")
GROUPINGS = ("kmeans", "hdbscan", "agglomerative", "gmm")
MAX_NEIGHBOURS = 200
MAX_SEED = 9999
MAX_CLUSTERS = 60
COMPUTED = ("cluster", "overlap")  # attributes that no column of the library holds
MAX_NAME = 80  # characters of an attribute's name in a link


@dataclass(frozen=True, slots=True)
class ExplorerView:
    """One way of looking.

    Attributes:
        space, method, dimensions, neighbours, min_dist, metric, seed, keeps_density: how the map is made; `neighbours`,
            `min_dist`, `metric` and `keeps_density` (densMAP) are UMAP's.
        colour, shape: the attributes that a point's colour and shape stand for: a column of the table, or one of
            COMPUTED; "" for none.
        grouping: the method of the clusters.
        num_clusters: how many; 0 to have it chosen.
    """

    space: str = SPACES[0]
    method: str = METHODS[0]
    dimensions: int = DIMENSIONS[0]
    neighbours: int = 15
    min_dist: float = 0.1
    metric: str = METRICS[0]
    seed: int = 0
    keeps_density: bool = False
    colour: str = "label"
    shape: str = ""
    grouping: str = GROUPINGS[0]
    num_clusters: int = 0

    @property
    def made_by(self) -> "ExplorerView":
        """Only what decides where the points lie; the rest as it is by default."""
        return replace(self, colour=DEFAULT_COLOUR, shape="", grouping=GROUPINGS[0], num_clusters=0)


DEFAULT_COLOUR = "label"
DEFAULT = ExplorerView()


def to_parameters(view: ExplorerView) -> dict[str, str]:
    """What of a view differs from the default, as query parameters."""
    changed = {field.name for field in fields(view) if getattr(view, field.name) != getattr(DEFAULT, field.name)}
    return {PARAMETERS[name]: _written(getattr(view, name)) for name in PARAMETERS if name in changed}


def from_parameters(parameters: Mapping[str, str]) -> ExplorerView:
    """The view of a link; whatever in it cannot be used is as it is by default."""
    found: dict[str, Any] = {}
    for name, parameter in PARAMETERS.items():
        text = parameters.get(parameter)
        value = None if text is None else _READERS[name](text)
        if value is not None:
            found[name] = value
    return ExplorerView(**found)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _one_of(choices: tuple[Any, ...]) -> Any:
    return lambda text: next((choice for choice in choices if str(choice) == text), None)


def _whole(low: int, high: int) -> Any:
    return lambda text: int(text) if text.isascii() and text.isdigit() and low <= int(text[:9]) <= high else None


def _number(low: float, high: float) -> Any:
    def read(text: str) -> float | None:
        try:
            number = float(text)
        except ValueError:
            return None
        return number if low <= number <= high else None

    return read


PARAMETERS: Mapping[str, str] = {
    "space": "space", "method": "method", "dimensions": "dims", "neighbours": "near", "min_dist": "dist",
    "metric": "metric", "seed": "seed", "keeps_density": "density", "colour": "colour", "shape": "shape",
    "grouping": "clusters", "num_clusters": "k",
}  # fmt: skip
_READERS: Mapping[str, Any] = {
    "space": _one_of(SPACES),
    "method": _one_of(METHODS),
    "dimensions": _one_of(DIMENSIONS),
    "neighbours": _whole(2, MAX_NEIGHBOURS),
    "min_dist": _number(0.0, 0.99),
    "metric": _one_of(METRICS),
    "seed": _whole(0, MAX_SEED),
    "keeps_density": lambda text: {"on": True, "off": False}.get(text),
    "colour": lambda text: text[:MAX_NAME],
    "shape": lambda text: text[:MAX_NAME],
    "grouping": _one_of(GROUPINGS),
    "num_clusters": _whole(2, MAX_CLUSTERS),
}
