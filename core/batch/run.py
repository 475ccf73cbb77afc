"""Many clips into one library: read, decode, listen and write at the same time, in bounded memory.

    items → read → decode → wait → score → write
            `reading` threads   `lanes`  the caller's thread

Each stage holds the one before it back: decoders wait for room (`Room`), lanes for the writer. A clip is safe once the
library has it; until then it is nowhere, so that a batch that was killed goes on with the first clip that is not there.
"""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from core.analysis import AnalysisOptions
from core.batch.decoders import Decoders
from core.batch.items import Item, Items
from core.batch.lanes import Lanes
from core.batch.progress import Progress
from core.batch.reading import Clip, Read, Reader, failure
from core.batch.waiting import Room, WindowPool
from core.batch.writing import WRITE_CLIPS, Heard, OnFailure, OnProgress, Outcome, Present, Writer
from core.library.entries import Failure
from core.model.engine import Engine
from core.results import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from core.library import Library

T = TypeVar("T")
GROUP = 64  # clips whose fingerprints are looked up at once, and that may be between reading and waiting
WAIT_S = 0.1
WAITING_S = 900.0  # of decoded sound: 58 MB


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """How to run a batch.

    Attributes:
        listening: how each clip is heard.
        workers: clips heard at once, each by one thread; 0: as many as there are cores.
        keep_sound: whether the library keeps each clip's sound, to be played.
    """

    listening: AnalysisOptions = field(default_factory=AnalysisOptions)
    workers: int = 0
    keep_sound: bool = True


@dataclass(frozen=True, slots=True)
class Result:
    """How a batch ended; `notes` are sentences about what was not understood in its metadata."""

    progress: Progress
    notes: tuple[str, ...] = ()
    cancelled: bool = False


def run_batch(
    items: Items,
    engine: Engine,
    library: "Library",
    options: BatchOptions = BatchOptions(),
    *,
    on_progress: OnProgress | None = None,
    on_failure: OnFailure | None = None,
    cancel: threading.Event | None = None,
) -> Result:
    """Analyse what the library does not have yet, and keep it there.

    Args:
        on_progress: called about twice a second, and at the end.
        on_failure: called with each file that is no clip, once its row is in the library.
        cancel: set it, and the batch ends after the windows in flight; what was heard is kept.

    Raises:
        SettingsError: the items cannot be read on.
        EmoScopeError: the library cannot be written.
    """
    batch = _Batch(items, engine, library, options, cancel or threading.Event())
    return batch.run(on_progress or _ignore, on_failure or _ignore)


def _ignore(_: object) -> None:
    """Nobody watches."""


class _Batch:
    """One run: its threads, what lies between them, and how it ends."""

    def __init__(
        self, items: Items, engine: Engine, library: "Library", options: BatchOptions, cancel: threading.Event
    ) -> None:
        self._items, self._library, self._cancel = items, library, cancel
        self._reader = Reader(engine.info, options.listening, options.keep_sound)
        self._room, self._pool = Room(int(WAITING_S * SAMPLE_RATE_HZ)), WindowPool()
        self._places = threading.BoundedSemaphore(GROUP)
        self._decoded: queue.SimpleQueue[Clip | None] = queue.SimpleQueue()
        self._outcomes: queue.Queue[Outcome] = queue.Queue(maxsize=WRITE_CLIPS)
        self._lanes = Lanes(engine, options.workers, self._pool, self._finish)
        self._decoders = Decoders(self._reader, self._lanes.count)
        self._in_flight: set[str] = set()
        self._stop, self._ended = threading.Event(), threading.Event()  # is to end; its last lane has ended
        self._error: BaseException | None = None
        self._total: int | None = None

    def run(self, on_progress: OnProgress, on_failure: OnFailure) -> Result:
        self._thread(self._count)
        threads = [self._thread(work) for work in (self._feed, self._admit, self._listen)]
        writer = Writer(self._library, on_progress, on_failure, self._in_flight.difference_update)
        try:
            for outcome in self._arriving():
                writer.take(outcome)
                writer.tell(self._total, self._items.ignored, self._lanes.heard_s)
            writer.flush()
        except BaseException as error:
            self._end(error)
            for _ in self._arriving():  # so that nobody waits for room in the queue
                pass
        self._end(None)
        for thread in threads:
            thread.join()
        if self._error is not None:
            raise self._error
        cancelled = self._cancel.is_set()
        progress = writer.tell(self._total, self._items.ignored, self._lanes.heard_s, last=True)
        if cancelled:  # what the rest would have said is not known
            return Result(progress, cancelled=True)
        return Result(replace(progress, total=progress.handled, left_s=0.0), tuple(self._items.notes()))

    def _arriving(self) -> Iterator[Outcome | None]:
        """What the stages hand out, and None now and then while nothing comes; ends with the last lane."""
        while True:
            if self._cancel.is_set():
                self._end(None)
            was_last = self._ended.is_set()
            try:
                yield self._outcomes.get(timeout=0.0 if was_last else WAIT_S)
            except queue.Empty:
                if was_last:
                    return
                yield None

    def _thread(self, work: Callable[[], None]) -> threading.Thread:
        def guarded() -> None:
            try:
                work()
            except BaseException as error:
                self._end(error)

        thread = threading.Thread(target=guarded, name=f"batch-{work.__name__.strip('_')}", daemon=True)
        thread.start()
        return thread

    def _end(self, error: BaseException | None) -> None:
        """Let every stage come to its end; the first error is the batch's."""
        if self._error is None:
            self._error = error
        self._stop.set()
        self._room.close()
        self._pool.close(discard=True)

    def _count(self) -> None:
        """How many clips there are; in a thread, as ten million names take a while."""
        self._total = self._items.count()

    def _tell(self, outcome: Outcome) -> None:
        """Hand an outcome to the writer, as soon as it has room; once the batch ends, the writer may not ask again."""
        while not self._ended.is_set():
            try:
                self._outcomes.put(outcome, timeout=WAIT_S)
                return
            except queue.Full:
                continue

    def _feed(self) -> None:
        """Read the items, and have those decoded that the library does not have."""
        items = iter(self._items)
        try:
            with self._decoders as decoders:
                while not self._stop.is_set() and (group := list(islice(items, GROUP))):
                    self._feed_group(group, decoders.threads)
                decoders.threads.shutdown(wait=True, cancel_futures=self._stop.is_set())
        finally:
            self._decoded.put(None)

    def _feed_group(self, group: Sequence[Item], readers: ThreadPoolExecutor) -> None:
        reads: list[Read] = []
        for outcome in readers.map(self._reader.read, group):
            if isinstance(outcome, Failure):
                self._tell(outcome)
            else:
                reads.append(outcome)
        done = self._library.sources_done([read.fingerprint for read in reads]) if reads else set()
        for read in reads:
            if read.fingerprint in done:
                self._tell(Present())
            elif not self._stop.is_set():
                self._places.acquire()
                readers.submit(self._decode, read).add_done_callback(self._release_place)

    def _release_place(self, future: "Future[None]") -> None:
        self._places.release()
        if not future.cancelled() and (error := future.exception()) is not None:
            self._end(error)

    def _decode(self, read: Read) -> None:
        if self._stop.is_set():
            return
        clip = self._decoders.decode(read)
        if isinstance(clip, Failure):
            self._tell(clip)
        elif self._room.enter(clip.num_samples):
            self._decoded.put(clip)

    def _admit(self) -> None:
        """Let decoded clips wait for a lane, as many as have come at a time, unless the library has them."""
        try:
            while clips := list(_drained(self._decoded)):
                flying = self._in_flight.copy()  # before the library is asked: what is written meanwhile is there
                present = self._library.has({clip.key for clip in clips})
                fresh = [clip for clip in clips if self._is_fresh(clip, present, flying)]
                if not self._stop.is_set():
                    self._pool.add(fresh)
        finally:
            self._pool.close()

    def _is_fresh(self, clip: Clip, present: set[str], flying: set[str]) -> bool:
        """Whether the clip must be heard; the same sound under another name, in the library or on its way, must not.

        That a file is done is noted only once its clip is in the library: were it noted before, a kill would lose it.
        """
        if clip.key not in present and clip.key not in flying:
            self._in_flight.add(clip.key)
            flying.add(clip.key)
            return True
        self._room.leave(clip.num_samples)
        self._tell(Present(clip.fingerprint, clip.key) if clip.key in present else Present())
        return False

    def _listen(self) -> None:
        try:
            self._lanes.run()
        finally:
            self._ended.set()

    def _finish(self, clip: Clip, error: Exception | None) -> None:
        """A lane is done with a clip."""
        outcome: Outcome
        try:
            if error is not None:
                raise error
            outcome = Heard(self._reader.entry(clip), clip.fingerprint)
        except Exception as reason:
            self._in_flight.discard(clip.key)
            outcome = failure(clip.item, reason)
        self._room.leave(clip.num_samples)
        self._tell(outcome)


def _drained(waiting: "queue.SimpleQueue[T | None]") -> Iterator[T]:
    """What lies in a queue, once something does; nothing after its end, a None."""
    item = waiting.get()
    while item is not None:
        yield item
        try:
            item = waiting.get_nowait()
        except queue.Empty:
            return
    waiting.put(None)  # whoever asks again finds the end again
