"""Checkpoints on their way from a hub: outside the script, seen by every session. Knows no Streamlit."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from core.checkpoints.fetching import Cancelled, IsCancelled, OnProgress, pull
from core.errors import EmoScopeError
from core.settings import Settings

logger = logging.getLogger(__name__)


class Pull(Protocol):
    """`core.checkpoints.fetching.pull`, as far as it is used here."""

    def __call__(
        self, name: str, settings: Settings, *, on_progress: OnProgress, is_cancelled: IsCancelled
    ) -> Path: ...


class FetchState(StrEnum):
    """How far a download is."""

    NOT_ASKED = "not_asked"
    ASKING = "asking"  # which hub has it
    FETCHING = "fetching"
    CANCELLING = "cancelling"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def is_under_way(self) -> bool:
        return self in (FetchState.ASKING, FetchState.FETCHING, FetchState.CANCELLING)


@dataclass(frozen=True, slots=True)
class FetchStatus:
    """A snapshot of one download.

    Attributes:
        bytes_per_s: since this attempt began; what an earlier one left on the disk does not count.
        error: a sentence for people, when `state` is FAILED.
    """

    state: FetchState = FetchState.NOT_ASKED
    bytes_done: int = 0
    bytes_in_all: int = 0
    bytes_per_s: float = 0.0
    error: str | None = None

    @property
    def share(self) -> float:
        return min(1.0, self.bytes_done / self.bytes_in_all) if self.bytes_in_all else 0.0

    @property
    def seconds_left(self) -> float | None:
        left = self.bytes_in_all - self.bytes_done
        return left / self.bytes_per_s if self.bytes_per_s > 0 else None


class _Job:
    """One attempt; guarded by the fetcher's lock."""

    def __init__(self) -> None:
        self.status = FetchStatus(FetchState.ASKING)
        self.cancelled = threading.Event()
        self.begun: float | None = None
        self.bytes_before = 0


class Fetcher:
    """Fetches checkpoints in background threads. All methods are safe from any thread and return at once."""

    def __init__(self, settings: Settings, *, puller: Pull = pull, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._pull, self._clock = settings, puller, clock
        self._jobs: dict[str, _Job] = {}
        self._lock = threading.Lock()

    def start(self, name: str) -> None:
        """Begin to fetch a checkpoint, or go on with one that stopped; does nothing while it is under way."""
        with self._lock:
            if name in self._jobs and self._jobs[name].status.state.is_under_way:
                return
            job = self._jobs[name] = _Job()
        threading.Thread(target=self._run, args=(name, job), name=f"emoscope-fetch-{name}", daemon=True).start()

    def cancel(self, name: str) -> None:
        """Stop at the next piece; what came is kept for the next attempt."""
        with self._lock:
            job = self._jobs.get(name)
            if job is not None and job.status.state.is_under_way:
                job.status = replace(job.status, state=FetchState.CANCELLING)
                job.cancelled.set()

    def status(self, name: str) -> FetchStatus:
        with self._lock:
            return self._jobs[name].status if name in self._jobs else FetchStatus()

    def under_way(self) -> set[str]:
        """The checkpoints that are being fetched now."""
        with self._lock:
            return {name for name, job in self._jobs.items() if job.status.state.is_under_way}

    def shutdown(self) -> None:
        """Stop whatever is under way."""
        with self._lock:
            names = list(self._jobs)
        for name in names:
            self.cancel(name)

    def _run(self, name: str, job: _Job) -> None:
        try:
            self._pull(
                name,
                self._settings,
                on_progress=lambda done, in_all: self._progressed(job, done, in_all),
                is_cancelled=job.cancelled.is_set,
            )
        except Cancelled:
            self._end(job, FetchState.CANCELLED)
        except EmoScopeError as error:
            self._end(job, FetchState.FAILED, str(error))
        except Exception as error:
            logger.error("Checkpoint %s could not be fetched.", name, exc_info=error)
            self._end(job, FetchState.FAILED, f"{name} could not be fetched ({type(error).__name__}: {error}).")
        else:
            self._end(job, FetchState.DONE)

    def _progressed(self, job: _Job, done: int, in_all: int) -> None:
        with self._lock:
            if job.begun is None:
                job.begun, job.bytes_before = self._clock(), done
            elapsed_s = self._clock() - job.begun
            state = FetchState.CANCELLING if job.cancelled.is_set() else FetchState.FETCHING
            rate = (done - job.bytes_before) / elapsed_s if elapsed_s > 0 else 0.0
            job.status = FetchStatus(state, done, in_all, rate)

    def _end(self, job: _Job, state: FetchState, error: str | None = None) -> None:
        with self._lock:
            job.status = replace(job.status, state=state, error=error)
