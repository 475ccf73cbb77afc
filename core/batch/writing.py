"""What was heard goes into the library, some clips at a time, and the progress is told."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.batch.progress import Pace, Progress
from core.library.entries import Entry, Failure

if TYPE_CHECKING:
    from core.library import Library

OnProgress = Callable[[Progress], None]
OnFailure = Callable[[Failure], None]

WRITE_CLIPS = 64  # a write holds this many clips, or what came in two seconds: the most that is lost by a kill
WRITE_S = 2.0
TICK_S = 0.5


@dataclass(frozen=True, slots=True)
class Present:
    """A clip that the library has; where `key` is given, it is not known there yet that this file is that clip."""

    fingerprint: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """A clip that was listened to, on its way to the library."""

    entry: Entry
    fingerprint: str


Outcome = Present | Heard | Failure


class Writer:
    """Gathers outcomes and writes them; used by one thread.

    `written` is called with the keys of the entries that are safe now.
    """

    def __init__(
        self,
        library: "Library",
        on_progress: OnProgress,
        on_failure: OnFailure,
        written: Callable[[Sequence[str]], None],
    ) -> None:
        self._library, self._on_progress, self._on_failure, self._written = library, on_progress, on_failure, written
        self._heard: list[Heard] = []
        self._known: dict[str, str] = {}
        self._failures: list[Failure] = []
        self._progress = Progress()
        self._pace = Pace()
        self._flushed = self._told = time.perf_counter()

    def take(self, outcome: Outcome | None) -> None:
        """One outcome, or None when none came for a while."""
        if isinstance(outcome, Heard):
            self._heard.append(outcome)
        elif isinstance(outcome, Failure):
            self._failures.append(outcome)
        elif outcome is not None:
            self._progress = replace(self._progress, present=self._progress.present + 1)
            if outcome.key:
                self._known[outcome.fingerprint] = outcome.key
        waiting = len(self._heard) + len(self._failures) + len(self._known)
        if waiting >= WRITE_CLIPS or (waiting and time.perf_counter() - self._flushed >= WRITE_S):
            self.flush()

    def flush(self) -> None:
        """Write what was gathered; raises what the library raises."""
        if self._heard:
            entries = [heard.entry for heard in self._heard]
            self._library.put(entries, fingerprints=[heard.fingerprint for heard in self._heard])
            self._written([entry.key for entry in entries])
            done_s = sum(entry.analysis.duration_s for entry in entries)
            done = self._progress.done + len(entries)
            self._progress = replace(self._progress, done=done, done_s=self._progress.done_s + done_s)
            self._heard = []
        if self._known:
            same = [self._library.get(key) for key in self._known.values()]  # put again, they only gain a file
            self._library.put(same, fingerprints=list(self._known))
            self._known = {}
        if self._failures:
            self._library.put_failures(self._failures)
            self._progress = replace(self._progress, failed=self._progress.failed + len(self._failures))
            for failure in self._failures:
                self._on_failure(failure)
            self._failures = []
        self._flushed = time.perf_counter()

    def tell(self, total: int | None, ignored: int, heard_s: float, *, last: bool = False) -> Progress:
        """Tell the progress, about twice a second."""
        if last or time.perf_counter() - self._told >= TICK_S:
            progress = replace(self._progress, total=total, ignored=ignored, heard_s=heard_s)
            self._progress = self._pace.timed(progress)
            self._told = time.perf_counter()
            self._on_progress(self._progress)
        return self._progress
