"""The processes that draw maps: a few at most, kept warm for a while, ended when a map is no longer wanted."""

import atexit
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import ProjectionError
from core.results import Array
from core.said import said
from core.settings import available_cores

_ROOT = Path(__file__).parents[2]
AT_ONCE = 2  # maps drawn at the same time; more wait
IDLE_S = 600.0  # a process that drew nothing for so long is ended
KEPT_UP_TO = 20_000  # clips: a process that drew more holds much memory and is not kept
LOOK_EVERY_S = 0.1


class MappingCancelled(ProjectionError):
    """Whoever asked for a map wants it no longer."""


Progress = Callable[[str, float], None]  # (step, share 0–1 of all)
IsCancelled = Callable[[], bool]


class DrawingProcess:
    """One worker, used by one thread at a time."""

    def __init__(self) -> None:
        paths = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
        self.idle_since_s = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "core.projection.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "NUMBA_NUM_THREADS": "1"},
            start_new_session=True,  # Ctrl-C is for the one who reads the answers
            text=True,
            encoding="utf-8",
        )
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def draw(
        self, prepared: Array, options: Mapping[str, Any], on_progress: Progress, is_cancelled: IsCancelled
    ) -> Array:
        """(n, k) → (n, dimensions) float32; the arrays go by files that numpy reads without pickle.

        Raises:
            MappingCancelled: it was no longer wanted; the process is ended.
            ProjectionError: it cannot be drawn.
        """
        with tempfile.TemporaryDirectory(prefix="emoscope-map-") as name:
            folder = Path(name)
            np.save(folder / "prepared.npy", np.ascontiguousarray(prepared, np.float32), allow_pickle=False)
            self._ask({"folder": name, "options": dict(options)})
            while (answer := self._next(is_cancelled)) is not None:
                if answer.get("done"):
                    positions: Array = np.load(folder / "positions.npy", allow_pickle=False)
                    return positions
                if "error" in answer:
                    raise ProjectionError(
                        said(
                            "projection.not_drawn",
                            "The map could not be drawn ({why}); try other settings, or the method pca.",
                            why=answer["error"],
                        )
                    )
                on_progress(str(answer["step"]), float(answer["share"]))
        raise ProjectionError(
            said(
                "projection.drawer_ended",
                "The process that draws maps ended in the middle of one, as it does where memory is short; choose "
                "fewer clips, or the method pca.",
            )
        )

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        with suppress(OSError):  # what was not read is lost with the process
            self._process.stdin.close()

    def _ask(self, request: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):  # it has ended: there will be no answer, which is told of
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()

    def _next(self, is_cancelled: IsCancelled) -> dict[str, Any] | None:
        """The next answer; None where the process has ended."""
        while True:
            if is_cancelled():
                self.close()
                raise MappingCancelled("The map is no longer wanted.")
            try:
                line = self._answers.get(timeout=LOOK_EVERY_S)
            except queue.Empty:
                continue
            answer: dict[str, Any] | None = json.loads(line) if line else None
            return answer

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            for line in stream:
                self._answers.put(line)
        self._answers.put("")


class Drawers:
    """The processes of this program: AT_ONCE at most, one of them kept while it is idle."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(max(1, min(AT_ONCE, available_cores())))
        self._lock = threading.Lock()
        self._idle: DrawingProcess | None = None

    def draw(
        self, prepared: Array, options: Mapping[str, Any], on_progress: Progress, is_cancelled: IsCancelled
    ) -> Array:
        """As `DrawingProcess.draw`, in a process that is free, once one is."""
        with self._place(on_progress, is_cancelled):
            on_progress("start", 0.0)
            process = self._taken()
            try:
                return process.draw(prepared, options, on_progress, is_cancelled)
            finally:
                self._put_back(process, keep=len(prepared) <= KEPT_UP_TO)

    def close(self) -> None:
        """End what is idle."""
        with self._lock:
            process, self._idle = self._idle, None
        if process is not None:
            process.close()

    @contextmanager
    def _place(self, on_progress: Progress, is_cancelled: IsCancelled) -> Iterator[None]:
        while not self._places.acquire(timeout=LOOK_EVERY_S):
            on_progress("waiting", 0.0)
            if is_cancelled():
                raise MappingCancelled("The map is no longer wanted.")
        try:
            yield
        finally:
            self._places.release()

    def _taken(self) -> DrawingProcess:
        with self._lock:
            process, self._idle = self._idle, None
        if process is not None and process.is_alive:
            return process
        return DrawingProcess()

    def _put_back(self, process: DrawingProcess, *, keep: bool) -> None:
        with self._lock:
            keep = keep and self._idle is None and process.is_alive
            if keep:
                process.idle_since_s = time.monotonic()
                self._idle = process
        if not keep:
            process.close()
            return
        timer = threading.Timer(IDLE_S, self._end_if_idle)
        timer.daemon = True
        timer.start()

    def _end_if_idle(self) -> None:
        with self._lock:
            idle = self._idle
            is_old = idle is not None and time.monotonic() - idle.idle_since_s >= 0.99 * IDLE_S
            if is_old:
                self._idle = None
        if idle is not None and is_old:
            idle.close()


DRAWERS = Drawers()
atexit.register(DRAWERS.close)
