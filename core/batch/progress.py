"""How far a batch is, how fast, and how long it will take."""

import time
from collections import deque
from dataclasses import dataclass, replace

_RECENT_S = 30.0


@dataclass(frozen=True, slots=True)
class Progress:
    """One moment of a batch.

    Attributes:
        total: clips in all; None until they have been counted.
        done: analysed now and safely in the library.
        present: not analysed, because the library had them.
        failed: no clips; each is a row of its own in the library.
        ignored: files of other kinds beside the clips.
        done_s: seconds of sound in `done`; heard_s: the same, with what is still on its way to the library.
        elapsed_s: since the batch began.
        left_s: how long it will take at the pace of the last half minute; None while that is not known.
    """

    total: int | None = None
    done: int = 0
    present: int = 0
    failed: int = 0
    ignored: int = 0
    done_s: float = 0.0
    heard_s: float = 0.0
    elapsed_s: float = 0.0
    left_s: float | None = None

    @property
    def handled(self) -> int:
        """Clips that need nothing more."""
        return self.done + self.present + self.failed

    @property
    def clips_per_s(self) -> float:
        """Clips analysed a second, over the whole batch."""
        return self.done / self.elapsed_s if self.elapsed_s > 0 else 0.0

    @property
    def times_real_time(self) -> float:
        """Seconds of sound heard a second, over the whole batch."""
        return self.heard_s / self.elapsed_s if self.elapsed_s > 0 else 0.0


class Pace:
    """Watches a batch's clock; the moments of the last half minute tell how long the rest will take."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()
        self._recent: deque[tuple[float, int]] = deque([(0.0, 0)])

    def timed(self, progress: Progress) -> Progress:
        """`progress` with its times."""
        elapsed_s = time.perf_counter() - self._begun
        self._recent.append((elapsed_s, progress.handled))
        while len(self._recent) > 2 and elapsed_s - self._recent[0][0] > _RECENT_S:
            self._recent.popleft()
        since_s, before = self._recent[0]
        handled = progress.handled - before
        left_s = None
        if progress.total is not None and handled > 0:
            left_s = max(0, progress.total - progress.handled) * (elapsed_s - since_s) / handled
        return replace(progress, elapsed_s=elapsed_s, left_s=left_s)
