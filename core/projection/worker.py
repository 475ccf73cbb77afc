"""UMAP in a process of its own: `python -m core.projection.worker` draws what it is asked for on standard input.

numba's threads abort the process that calls them from two of its own (https://github.com/lmcinnes/umap/issues/665), and
importing UMAP takes up to a quarter of a minute: a process that is kept is warm for the next map, can be ended in the
middle of one, and takes nothing with it when it crashes.

A request is a line of JSON, `{"folder": …, "options": …}`; the folder holds `prepared.npy`. Answers are lines, too:
`{"step": …, "share": …}` any number of times, then `{"done": true}` with `positions.npy` in the folder, or
`{"error": …}`. The process ends with its standard input, whatever it is doing.
"""

import json
import os
import queue
import sys
import threading
from pathlib import Path
from typing import IO, Any

import numpy as np

from core.projection.neighbours import nearest_points
from core.results import Array

MAX_EPOCHS_OF = ((10_000, 500), (None, 200))  # UMAP's own: clips up to which, and epochs
_LAYOUT_FROM = 0.3  # of all the work, as it is told


class Speaker:
    """Writes answers, a line each."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def say(self, **answer: Any) -> None:
        self._stream.write(json.dumps(answer) + "\n")
        self._stream.flush()


class EpochCounter:
    """What tqdm writes to: it is asked to write `done/total`, and each is told as a share of the work."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker

    def write(self, text: str) -> int:
        done, _, total = text.strip().partition("/")
        if done.isdigit() and total.isdigit():
            share = _LAYOUT_FROM + (1 - _LAYOUT_FROM) * int(done) / max(1, int(total))
            self._speaker.say(step="layout", share=share)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""


def draw(prepared: Array, options: dict[str, Any], speaker: Speaker) -> Array:
    """(n, k) prepared vectors → (n, dimensions) float32 positions.

    Neighbours are exact, searched here: that is faster than UMAP's approximate search up to about 100,000 clips, and it
    is the same each time. The layout begins with the first principal components, which keeps what is large in place
    (Kobak & Linderman 2021, doi:10.1038/s41587-020-00809-z), or, with `random_start`, anywhere.
    """
    count = min(options["neighbours"], len(prepared))
    speaker.say(step="neighbours", share=0.02)
    own = np.arange(len(prepared))
    found = nearest_points(prepared, prepared, count - 1, options["metric"], own=own)
    indices = np.hstack([own[:, None], found.indices]).astype(np.int32)
    distances = np.hstack([np.zeros((len(prepared), 1)), found.distances]).astype(np.float32)
    speaker.say(step="start", share=0.15)
    import umap  # type: ignore[import-untyped]

    reducer = umap.UMAP(
        n_neighbors=count,
        n_components=options["dimensions"],
        min_dist=options["min_dist"],
        metric=options["metric"],
        random_state=options["seed"],
        n_jobs=1,  # what a seed makes of it anyway
        init=_start(prepared, options["dimensions"], options["seed"]),
        densmap=options["densmap"],
        precomputed_knn=(indices, distances),
        force_approximation_algorithm=True,  # or a small selection's neighbours would be searched again
        tqdm_kwds={"file": EpochCounter(speaker), "disable": False, "bar_format": "{n_fmt}/{total_fmt}"},
    )
    positions: Array = np.asarray(reducer.fit_transform(prepared), np.float32)
    return positions


def _start(prepared: Array, dimensions: int, seed: int) -> Array:
    """(n, dimensions) float32 principal components, each from 0 to 10, with a little noise: no two are the same."""
    from core.projection.linear import principal

    found = principal(prepared, dimensions)
    rng = np.random.default_rng(seed)
    start = (prepared - found.centre) @ found.axes.T + rng.normal(scale=1e-4, size=(len(prepared), dimensions))
    low, high = start.min(axis=0), start.max(axis=0)
    scaled: Array = (10 * (start - low) / (high - low)).astype(np.float32)
    return scaled


def _answer(line: str, speaker: Speaker) -> None:
    try:
        request = json.loads(line)
        folder = Path(request["folder"])
        prepared = np.load(folder / "prepared.npy", allow_pickle=False)
        positions = draw(prepared, request["options"], speaker)
        if not np.isfinite(positions).all():
            raise ValueError("the layout ran away")
        np.save(folder / "positions.npy", positions, allow_pickle=False)
        speaker.say(done=True)
    except Exception as error:  # whatever it is, it is this map's: the process goes on
        speaker.say(error=f"{type(error).__name__}: {error}"[:300])


def _read(lines: "queue.SimpleQueue[str]") -> None:
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)  # whoever asked is gone: so is what they asked for


def main() -> None:
    """Answer until standard input ends; standard output is for answers alone, whatever a library prints."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    while True:
        _answer(lines.get(), Speaker(answers))


if __name__ == "__main__":
    main()
