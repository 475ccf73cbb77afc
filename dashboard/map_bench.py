"""One map of clips, what was worked out of it, and the store where it is found. Knows no Streamlit."""

import base64
import json
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from core.emotions import EMOTION_KEYS
from core.results import Array
from dashboard.explorer_view import ExplorerView

if TYPE_CHECKING:
    import pandas as pd

    from core.projection import Map, Neighbours, Space

Made = TypeVar("Made")
MAX_MAPS = 16
MAX_POINTS = 600_000  # of all maps that are kept together
KEPT = 4  # results of each kind: one way of looking and a few before it
NOBODY = 0xFFFF  # the number of a speaker nobody named, or of one too many to be numbered


@dataclass
class MapBench:
    """A map, the space it is of, and the clips' columns in the order of its points.

    Attributes:
        table: a row a point; `refresh` replaces it.
        view: how the map was made.
        id: unguessable; whoever has it may see the map.
        version: goes up when the table changes.
    """

    space: "Space"
    map: "Map"
    table: "pd.DataFrame"
    view: ExplorerView
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    version: int = 0
    _kept: "OrderedDict[tuple[Any, ...], Any]" = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __len__(self) -> int:
        return len(self.space.keys)

    @property
    def positions(self) -> Array:
        """(num_points, 2 or 3) float32."""
        return self.map.positions

    @property
    def metric(self) -> str:
        """How far apart clips are, as the map was made; a PCA keeps Euclid's distances."""
        return self.view.metric if self.map.method == "umap" else "euclidean"

    def refresh(self, table: "pd.DataFrame") -> None:
        """Clips' columns have changed: tags, speakers, references."""
        with self._lock:
            self.table = table
            self.version += 1
            for key in [key for key in self._kept if key[0] == "points"]:
                del self._kept[key]

    def points(self) -> bytes:
        """The clips as the browser's map wants them: JSON of columns, the numbers as base64, little-endian."""
        return self.once(("points", self.version), lambda: _points_json(self.space.keys, self.positions, self.table))

    def near(self, row: int, count: int) -> "Neighbours":
        """The `count` nearest neighbours of a point in the space itself, never those of the map; exact."""
        from core.projection import nearest

        return nearest(self.space, np.array([row]), count, self.metric)

    def rows_of(self, keys: "set[str] | tuple[str, ...] | list[str]") -> Array:
        """Which points are those clips; clips that are not on the map are left out."""
        wanted = set(keys)
        rows: Array = np.array([row for row, key in enumerate(self.space.keys) if key in wanted], dtype=np.int64)
        return rows

    def known(self, key: tuple[Any, ...]) -> Any:
        """What `once` made for `key`, or None."""
        with self._lock:
            return self._kept.get(key)

    def keep(self, key: tuple[Any, ...], made: Any) -> None:
        """Remember a result; of each kind (the key's first part) the last few stay."""
        with self._lock:
            self._kept[key] = made
            same_kind = [other for other in self._kept if other[0] == key[0]]
            for oldest in same_kind[:-KEPT]:
                del self._kept[oldest]

    def once(self, key: tuple[Any, ...], make: Callable[[], Made]) -> Made:
        """What `make` gives, worked out once a key; two at the same time may both work it out."""
        found = self.known(key)
        if found is None:
            found = make()
            self.keep(key, found)
        made: Made = found
        return made


def _points_json(keys: tuple[str, ...], positions: Array, table: "pd.DataFrame") -> bytes:
    speakers, numbers = _numbered(table["speaker"].tolist())
    labels = {key: at for at, key in enumerate(EMOTION_KEYS)}
    values: Mapping[str, Any] = {
        "names": [str(name) for name in table["source"]],
        "speakers": speakers,
        "speaker": _base64(np.array(numbers, "<u2")),
        "label": _base64(np.array([labels[label] for label in table["label"]], np.uint8)),
        "percent": _base64(np.rint(100 * table["confidence"].to_numpy()).astype(np.uint8)),
        "duration": _base64(table["duration_s"].to_numpy().astype("<f4")),
        "positions": _base64(np.ascontiguousarray(positions, "<f4")),
        "keys": base64.b64encode(bytes.fromhex("".join(keys))).decode("ascii"),
    }
    return json.dumps(values, ensure_ascii=False).encode()


def _numbered(names: list[Any]) -> tuple[list[str], list[int]]:
    """The distinct names, and each one's number; NOBODY for none."""
    number: dict[str, int] = {}
    found = []
    for name in names:
        is_named = isinstance(name, str) and name != "" and (name in number or len(number) < NOBODY)
        found.append(number.setdefault(name, len(number)) if is_named else NOBODY)
    return list(number), found


def _base64(values: Array) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")


class MapBenches:
    """The maps used last, by their ids, whichever session made them. All methods are safe from any thread."""

    def __init__(self, max_maps: int = MAX_MAPS, max_points: int = MAX_POINTS) -> None:
        self._max_maps, self._max_points = max_maps, max_points
        self._benches: OrderedDict[str, MapBench] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, bench: MapBench) -> None:
        """Remember a map as the one used last; those used longest ago leave."""
        with self._lock:
            self._benches[bench.id] = bench
            self._benches.move_to_end(bench.id)
            while len(self._benches) > 1 and (len(self._benches) > self._max_maps or self._points() > self._max_points):
                self._benches.popitem(last=False)

    def find(self, bench_id: str) -> MapBench | None:
        with self._lock:
            return self._benches.get(bench_id)

    def _points(self) -> int:
        return sum(len(bench) for bench in self._benches.values())
