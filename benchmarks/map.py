"""`python -m benchmarks.map`: a map of many clips, beside plain umap-learn on the same vectors in the same run.

The vectors are made up: 20 clusters of different sizes in 96 dimensions, as many as the bundled checkpoint's embedding
has. Told, for each number of points: seconds until our map is there the first time, which is standardising, principal
components, a new process, its imports, exact neighbours and the layout; the same from the folder of maps, hashing the
vectors included; and what a fresh Python takes that imports umap-learn and calls `UMAP(random_state=0)` on the same
prepared vectors. Trustworthiness (k = 15) of both says that neither is bought with a worse map.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.processes import PRINT_PEAK, run_python
from core.projection import Map, MapOptions, Space, SpaceOptions, cached_map, trust_of
from core.projection.processes import DRAWERS
from core.projection.spaces import made_space
from core.results import Array

DIM, CLUSTERS = 96, 20
PLAIN = """
import sys, time
begun = time.perf_counter()
import numpy as np
import umap
x = np.load(sys.argv[1])
positions = umap.UMAP(random_state=0).fit_transform(x)
print(f"SECONDS={time.perf_counter() - begun}", flush=True)
np.save(sys.argv[2], positions)
"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Seconds, and how far each map can be trusted."""

    points: int
    first_s: float
    cached_s: float
    plain_s: float
    trustworthiness: float
    plain_trustworthiness: float
    plain_peak_mb: float

    @property
    def line(self) -> str:
        return (
            f"{self.points:>9,} points: first {self.first_s:6.1f} s, from the cache {self.cached_s:5.2f} s; plain "
            f"umap-learn {self.plain_s:6.1f} s: {self.plain_s / self.first_s:.2f} and "
            f"{self.plain_s / self.cached_s:,.0f} times as long; trustworthiness {self.trustworthiness:.4f} and "
            f"{self.plain_trustworthiness:.4f}"
        )


def clustered(count: int, seed: int = 0) -> Array:
    """(count, DIM) float32: CLUSTERS normal clouds that touch each other, large and small ones."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(scale=1.2, size=(CLUSTERS, DIM))
    shares = rng.dirichlet(np.full(CLUSTERS, 2.0))
    values: Array = centres[rng.choice(CLUSTERS, count, p=shares)] + rng.normal(size=(count, DIM))
    return values.astype(np.float32)


def draw(count: int) -> Drawn:
    """Ours twice, the second time from the folder, then the plain one."""
    values = clustered(count)
    with tempfile.TemporaryDirectory(prefix="emoscope-bench-") as name:
        folder = Path(name)
        DRAWERS.close()  # the first map pays for its process and the imports
        first_s, (space, drawn) = _timed(lambda: _mapped(values, folder / "maps"))
        cached_s, (_, again) = _timed(lambda: _mapped(values, folder / "maps"))
        assert np.array_equal(drawn.positions, again.positions)
        np.save(folder / "prepared.npy", space.prepared)
        measured = run_python(PLAIN + PRINT_PEAK, str(folder / "prepared.npy"), str(folder / "plain.npy"))
        plain = Map(np.load(folder / "plain.npy", allow_pickle=False), MapOptions(), "umap")
    plain_s = float(measured.output.split("SECONDS=")[1].split()[0])
    trusted = [trust_of(space, each, 15, sample=500).trustworthiness for each in (drawn, plain)]
    return Drawn(count, first_s, cached_s, plain_s, trusted[0], trusted[1], measured.peak_mb)


def _mapped(values: Array, folder: Path) -> tuple[Space, Map]:
    keys = [f"{number:064x}" for number in range(len(values))]
    space = made_space("emotion", "made up", keys, values, SpaceOptions())
    return space, cached_map(folder, space, MapOptions())


def _timed(work: Callable[[], tuple[Space, Map]]) -> tuple[float, tuple[Space, Map]]:
    begun = time.perf_counter()
    made = work()
    return time.perf_counter() - begun, made


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    options = parser.parse_args(arguments)
    for count in options.points:
        found = draw(count)
        print(json.dumps(asdict(found)) if options.json else found.line, flush=True)


if __name__ == "__main__":
    main()
