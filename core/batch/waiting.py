"""Where decoded clips wait: room for so much sound and no more, and windows handed out by length."""

import threading
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.batch.reading import Clip
from core.model.engine import Window


class Room:
    """Holds back decoders while enough sound is in memory; first come, first served.

    A clip longer than all the room is let in when it is alone, so that none is refused.
    """

    def __init__(self, num_samples: int) -> None:
        self._all = num_samples
        self._held = 0
        self._next_ticket = self._serving = 0
        self._closed = False
        self._changed = threading.Condition()

    def enter(self, num_samples: int) -> bool:
        """Wait until there is room; False where the batch ended meanwhile."""
        with self._changed:
            ticket, self._next_ticket = self._next_ticket, self._next_ticket + 1
            self._changed.wait_for(
                lambda: (
                    self._closed
                    or (self._serving == ticket and (not self._held or self._held + num_samples <= self._all))
                )
            )
            self._serving += 1
            self._held += num_samples
            self._changed.notify_all()
            return not self._closed

    def leave(self, num_samples: int) -> None:
        """That much sound is no longer needed."""
        with self._changed:
            self._held -= num_samples
            self._changed.notify_all()

    def close(self) -> None:
        """Nobody waits any longer."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


@dataclass(order=True, slots=True)
class Task:
    """One window of one clip, to be scored; in order of length."""

    num_samples: int
    order: int
    clip: Clip = field(compare=False)
    number: int = field(compare=False)
    taken: bool = field(default=False, compare=False)

    @property
    def window(self) -> Window:
        return self.clip.listening.parts[self.number]


class WindowPool:
    """Windows of all clips that wait, handed out in batches of like length.

    Each batch begins with the window that waited longest, so that none waits for ever, and is filled up with those
    nearest in length.
    """

    def __init__(self) -> None:
        self._by_length: list[Task] = []
        self._by_age: deque[Task] = deque()
        self._added = 0
        self._closed = False
        self._changed = threading.Condition()

    def add(self, clips: Sequence[Clip]) -> None:
        """Let the windows of these clips wait."""
        with self._changed:
            for clip in clips:
                for number, part in enumerate(clip.listening.parts):
                    task = Task(part.samples.shape[0], self._added, clip, number)
                    self._added += 1
                    insort(self._by_length, task)
                    self._by_age.append(task)
            self._changed.notify_all()

    def take(self, num_samples: int) -> list[Task]:
        """One window or several of `num_samples` together; waits for some. Empty once closed and nothing is left."""
        with self._changed:
            self._changed.wait_for(lambda: self._by_length or self._closed)
            while self._by_age and self._by_age[0].taken:
                self._by_age.popleft()
            if not self._by_length:
                return []
            first = bisect_left(self._by_length, self._by_age[0])
            begin, end = self._around(first, num_samples)
            batch = self._by_length[begin:end]
            del self._by_length[begin:end]
            for task in batch:
                task.taken = True
            return batch

    def close(self, *, discard: bool = False) -> None:
        """No more will come; with `discard`, what waits is forgotten."""
        with self._changed:
            self._closed = True
            if discard:
                self._by_length.clear()
                self._by_age.clear()
            self._changed.notify_all()

    def _around(self, first: int, num_samples: int) -> tuple[int, int]:
        """Indices [begin, end) about `first`, grown towards the nearer length as long as they fit."""
        tasks = self._by_length
        wanted = tasks[first].num_samples
        begin, end, room = first, first + 1, num_samples - wanted
        while True:
            nearby = [index for index in (begin - 1, end) if 0 <= index < len(tasks)]
            nearby = [index for index in nearby if tasks[index].num_samples <= room]
            if not nearby:
                return begin, end
            index = min(nearby, key=lambda index: abs(tasks[index].num_samples - wanted))
            begin, end = min(begin, index), max(end, index + 1)
            room -= tasks[index].num_samples
