"""A batch in a process that is going to be killed: `python -m tests.core.batch.killed SOURCE LIBRARY LOG`.

It gets ready, says so, waits for a line on standard input, and notes every window it hears in LOG, by its length in
samples.
"""

import os
import sys

from core.batch import items_of, run_batch
from core.library import Library
from core.model import open_engine
from core.model.engine import Window
from core.model.native import NativeEngine
from core.results import FrameScores
from core.settings import Settings


class NotedEngine(NativeEngine):
    """Writes down what it hears, at once and for good."""

    log = -1

    def score(self, windows: list[Window], *, embeddings: bool = False) -> list[FrameScores]:  # type: ignore[override]
        scores = super().score(windows, embeddings=embeddings)
        os.write(self.log, b"".join(b"%d\n" % window.samples.shape[0] for window in windows))
        return scores

    def lanes(self, count: int) -> list[NativeEngine]:
        lanes = super().lanes(count)
        for lane in lanes:
            lane.__class__ = NotedEngine
        return lanes


def main(source: str, location: str, log: str) -> None:
    engine = open_engine("bundled", Settings())
    engine.__class__ = NotedEngine
    NotedEngine.log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    print("ready", flush=True)
    sys.stdin.readline()
    result = run_batch(items_of(source), engine, Library.open(location))
    print(f"{result.progress.done} {result.progress.present}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
