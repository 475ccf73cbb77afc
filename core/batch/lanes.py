"""Lanes: threads that listen side by side with one model's weights."""

import threading
import time
from collections.abc import Callable

from core.batch.reading import Clip
from core.batch.waiting import Task, WindowPool
from core.memory import release_free_memory
from core.model.engine import Engine
from core.results import FRAME_RATE_HZ, SAMPLE_RATE_HZ, FrameScores
from core.settings import available_cores

BATCH_S = 10.0  # of sound: a large network gains nothing from more, and lanes end sooner one after the other
MAX_LANES = 16  # beyond that, Python itself is in the way; Ray has processes

Finish = Callable[[Clip, Exception | None], None]


class Lanes:
    """Scores the windows of a pool until it is closed and empty.

    On a CPU there is one lane a core, each with one thread of torch's: short clips are then heard up to twice as fast
    as by one lane with all the threads, and the weights are in memory once. On a GPU there is one.
    """

    def __init__(self, engine: Engine, workers: int, pool: WindowPool, finish: Finish) -> None:
        self._engines = _engines(engine, workers)
        self._threads_each = max(1, engine.info.threads // len(self._engines))
        self._all_threads = engine.info.threads
        self._pool, self._finish = pool, finish
        self._lock = threading.Lock()
        self._ready = threading.Barrier(len(self._engines) + 1)
        self._error: BaseException | None = None
        self.heard_s = 0.0

    @property
    def count(self) -> int:
        return len(self._engines)

    def run(self) -> None:
        """Start the lanes, and wait for their end; raises what one of them could not cope with."""
        import torch

        threads = [threading.Thread(target=self._guarded, args=(engine,), daemon=True) for engine in self._engines]
        for thread in threads:
            thread.start()
        self._ready.wait()
        torch.set_num_threads(self._all_threads)  # threads begun from now on, outside this batch, have all again
        for thread in threads:
            thread.join()
        if self._error is not None:
            raise self._error

    def _guarded(self, engine: Engine) -> None:
        import torch

        torch.set_num_threads(self._threads_each)  # of this thread, and of those that begin later
        self._ready.wait()
        try:
            self._work(engine)
        except BaseException as error:
            self._error = error
            self._pool.close(discard=True)

    def _work(self, engine: Engine) -> None:
        while tasks := self._pool.take(int(BATCH_S * SAMPLE_RATE_HZ)):
            begun = time.perf_counter()
            try:
                scores = engine.score([task.window for task in tasks])
            except Exception:  # one of them cannot be scored, or together they are too much: each for itself
                self._each(tasks, engine)
                continue
            self._share(tasks, scores, time.perf_counter() - begun)
            if any(len(task.clip.listening.parts) > 1 for task in tasks):
                release_free_memory()

    def _each(self, tasks: list[Task], engine: Engine) -> None:
        for task in tasks:
            begun = time.perf_counter()
            try:
                scores = engine.score([task.window])
            except Exception as error:
                self._fail(task.clip, error)
            else:
                self._share([task], scores, time.perf_counter() - begun)

    def _share(self, tasks: list[Task], scores: list[FrameScores], seconds: float) -> None:
        """Give each clip its windows' scores, and its share of the time by length."""
        together = sum(task.num_samples for task in tasks)
        for task, score in zip(tasks, scores, strict=True):
            with self._lock:
                listening = task.clip.listening
                listening.keep(task.number, score, seconds * task.num_samples / together)
                self.heard_s += score.num_frames / FRAME_RATE_HZ
                is_last = listening.is_complete
            if is_last:
                self._finish(task.clip, None)

    def _fail(self, clip: Clip, error: Exception) -> None:
        """A clip with a window that cannot be scored is no clip; its other windows are then nobody's."""
        with self._lock:
            if clip.listening.is_abandoned:
                return
            clip.listening.is_abandoned = True
        self._finish(clip, error)


def _engines(engine: Engine, workers: int) -> list[Engine]:
    """One engine a lane: of the same weights where the engine can, else itself alone."""
    from core.model.native import NativeEngine

    if not isinstance(engine, NativeEngine):
        return [engine]
    default = 1 if engine.info.device == "cuda" else min(available_cores(), engine.info.threads, MAX_LANES)
    return list(engine.lanes(workers or default))
