"""Work that outlives a rerun: batches, maps, comparisons. Knows no Streamlit.

A job runs in a thread of the process, not of a session: it goes on when the page is drawn anew, when its tab is closed
and while others work. Jobs of one kind run one after the other, so that two batches do not halve each other's speed;
jobs of different kinds run side by side. Whoever has a job's id may watch and stop it, as in a link.
"""

import logging
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.errors import EmoScopeError, first_line
from core.said import said

logger = logging.getLogger(__name__)

Work = Callable[["Job"], Any]
MAX_OVER = 50  # of the jobs that are over, so many are kept with their results
MAX_WAITING = 50  # of one kind
SHUTDOWN_S = 5.0
MIN_SHARE = 0.02  # before that, the time left is anybody's guess


class JobState(StrEnum):
    """How far a job is."""

    WAITING = "waiting"  # for others of its kind
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        return self not in (JobState.WAITING, JobState.RUNNING)


class Cancelled(Exception):
    """Work raises it, where it likes, once it saw that nobody wants its result any more."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a job said last, seen whole by whoever looks.

    Attributes:
        share: done, 0 to 1; None while that is not known.
        line: what is being done, as a person reads it; may hold names from outside: show it with `st.text`.
        detail: the same as values, for a page that words it itself.
        left_s: how long it will take, where the work knows better than its share tells.
    """

    share: float | None = None
    line: str = ""
    detail: Any = None
    left_s: float | None = None


class Job:
    """One piece of work: what it is, how far it is, and what came of it. Made by `Jobs.submit`.

    Attributes:
        id: unguessable.
        kind: jobs of one kind wait for each other.
        title: what a person knows it by; may hold names from outside.
        error: a sentence for people, when `state` is FAILED.
        result: what the work returned; of a cancelled job what it returned nevertheless, else None.
        cancelled: set once it is asked to stop; the work looks at it as often as it can.
    """

    def __init__(self, kind: str, title: str, work: Work, on_forgotten: Callable[[], None] | None) -> None:
        self.id = uuid.uuid4().hex
        self.kind, self.title = kind, title
        self.state = JobState.WAITING
        self.error: str | None = None
        self.result: Any = None
        self.cancelled = threading.Event()
        self.report = Report()
        self._work, self._on_forgotten = work, on_forgotten
        self._over = threading.Event()
        self._begun: float | None = None
        self._ended: float | None = None

    def progress(self, share: float | None, line: str = "", *, detail: Any = None, left_s: float | None = None) -> None:
        """Called by the work: how far it is."""
        self.report = Report(None if share is None else min(1.0, max(0.0, share)), line, detail, left_s)

    def check(self) -> None:
        """Called by the work: raises `Cancelled` once it is to stop."""
        if self.cancelled.is_set():
            raise Cancelled

    def wait(self, timeout_s: float) -> bool:
        """Wait until it is over, at most `timeout_s`; whether it is."""
        return self._over.wait(timeout_s)

    @property
    def share(self) -> float | None:
        """Done, 0 to 1; None while that is not known."""
        return self.report.share

    @property
    def line(self) -> str:
        """What is being done, as a person reads it."""
        return self.report.line

    @property
    def is_over(self) -> bool:
        return self.state.is_over

    @property
    def is_stopping(self) -> bool:
        """Asked to stop, and not yet over."""
        return self.cancelled.is_set() and not self.is_over

    @property
    def elapsed_s(self) -> float:
        """How long it has run, or ran; 0 while it waits."""
        if self._begun is None:
            return 0.0
        return (time.monotonic() if self._ended is None else self._ended) - self._begun

    @property
    def rate(self) -> float | None:
        """Share done a second; None while that is not known."""
        share, elapsed_s = self.share, self.elapsed_s
        return None if share is None or elapsed_s <= 0 else share / elapsed_s

    @property
    def left_s(self) -> float | None:
        """How long it will take, by its own word or by its pace; None while that is not known, or when it is over."""
        report, rate = self.report, self.rate
        if self.is_over:
            return None
        if report.left_s is not None or report.share is None:
            return report.left_s
        return (1.0 - report.share) / rate if rate and report.share >= MIN_SHARE else None

    def _begin(self) -> None:
        self.state, self._begun, self._ended = JobState.RUNNING, time.monotonic(), None

    def _end(self, state: JobState, error: str | None = None) -> None:
        self.error, self.state, self._ended = error, state, time.monotonic()
        self._over.set()

    def _renew(self) -> None:
        """Wait for another attempt, under the same id."""
        self.report, self.error, self.result, self._begun, self._ended = Report(), None, None, None, None
        self.cancelled.clear()
        self._over.clear()
        self.state = JobState.WAITING

    def _forget(self) -> None:
        if self._on_forgotten is None:
            return
        try:
            self._on_forgotten()
        except Exception:  # what is forgotten must not stop what goes on
            logger.warning("What a job left could not be cleared away.", exc_info=True)


class Jobs:
    """The process's jobs. All methods are safe from any thread and return at once."""

    def __init__(self, max_over: int = MAX_OVER, max_waiting: int = MAX_WAITING) -> None:
        self._max_over, self._max_waiting = max_over, max_waiting
        self._jobs: OrderedDict[str, Job] = OrderedDict()  # the job that was submitted last at the end
        self._threads: dict[str, threading.Thread] = {}  # by kind, while it has work
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, kind: str, title: str, work: Work, *, on_forgotten: Callable[[], None] | None = None) -> Job:
        """Have `work(job)` run once the others of its kind are over; what it returns is the job's result.

        Args:
            on_forgotten: called once, when the job is over and will not be retried any more: to clear files away.

        Raises:
            EmoScopeError: too many of its kind wait, or the server is stopping.
        """
        job = Job(kind, title, work, on_forgotten)
        with self._lock:
            self._enqueue(job)
        return job

    def find(self, job_id: str) -> Job | None:
        """The job with this id, while it is known."""
        with self._lock:
            return self._jobs.get(job_id)

    def cancel(self, job_id: str) -> None:
        """Stop a job: one that waits at once, one that runs as soon as its work sees it; does nothing to others."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.is_over:
                return
            job.cancelled.set()
            if job.state is JobState.WAITING:
                job._end(JobState.CANCELLED)

    def retry(self, job_id: str) -> None:
        """Have a job's work run again, under the same id; does nothing for one that is not over, or forgotten.

        Raises `EmoScopeError` as `submit` does.
        """
        with self._lock:
            job = self._jobs.get(job_id)
            if job is not None and job.is_over:
                self._enqueue(job)

    def all(self) -> tuple[Job, ...]:
        """Those that wait, run or are over, the newest first."""
        with self._lock:
            return tuple(reversed(self._jobs.values()))

    def shutdown(self, timeout_s: float = SHUTDOWN_S) -> None:
        """Take no more, stop what runs, and wait a little for its end."""
        with self._lock:
            self._closed = True
            jobs, threads = list(self._jobs.values()), list(self._threads.values())
            self._jobs.clear()
            for job in jobs:
                job.cancelled.set()
                if job.state is JobState.WAITING:
                    job._end(JobState.CANCELLED)
        deadline = time.monotonic() + timeout_s
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for job in jobs:
            job._forget()

    def _enqueue(self, job: Job) -> None:
        """Let a job wait, and see to it that somebody works its kind off. The lock is held."""
        if self._closed:
            raise EmoScopeError("The server is stopping and takes no more work; start it again.")
        if len(self._waiting(job.kind)) >= self._max_waiting:
            raise EmoScopeError(f"{self._max_waiting} jobs of this kind are waiting already; try again later.")
        job._renew()
        self._jobs[job.id] = job
        self._jobs.move_to_end(job.id)
        if job.kind not in self._threads:
            name = f"emoscope-job-{job.kind}"
            thread = threading.Thread(target=self._work_off, args=(job.kind,), name=name, daemon=True)
            self._threads[job.kind] = thread
            thread.start()

    def _waiting(self, kind: str) -> list[Job]:
        return [job for job in self._jobs.values() if job.kind == kind and job.state is JobState.WAITING]

    def _work_off(self, kind: str) -> None:
        """One job after the other, until none of this kind waits."""
        while (job := self._next(kind)) is not None:
            _run(job)
            for forgotten in self._forgettable():
                forgotten._forget()

    def _next(self, kind: str) -> Job | None:
        with self._lock:
            waiting = self._waiting(kind)
            if not waiting or self._closed:
                del self._threads[kind]
                return None
            waiting[0]._begin()
            return waiting[0]

    def _forgettable(self) -> list[Job]:
        """Takes the oldest of those that are over out of the store, if there are too many."""
        with self._lock:
            over = [job for job in self._jobs.values() if job.is_over]
            old = over[: max(0, len(over) - self._max_over)]
            for job in old:
                del self._jobs[job.id]
            return old


def _run(job: Job) -> None:
    try:
        job.result = job._work(job)
    except Cancelled:
        job._end(JobState.CANCELLED)
    except EmoScopeError as error:
        job._end(JobState.FAILED, str(error))
    except Exception as error:
        if job.cancelled.is_set():  # whatever broke off broke off because it was asked to
            job._end(JobState.CANCELLED)
            return
        logger.error("A job (%s) failed.", job.kind, exc_info=error)
        job._end(
            JobState.FAILED,
            said(
                "job.broken", "The work could not be finished ({kind}: {why}); see the server's log.",
                kind=type(error).__name__, why=first_line(error),
            ),
        )  # fmt: skip
    else:
        job._end(JobState.CANCELLED if job.cancelled.is_set() else JobState.DONE)
