"""The process's models: loaded in the background, shared by all sessions, heard one window at a time.

Knows no Streamlit. The default checkpoint is loaded once and kept for good; another one that somebody asks for is
loaded beside it and gives way to the next (least recently used first). Whatever the number of sessions, one worker
thread scores, so that windows of different clips take turns and memory and cores are used once.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from core.errors import CheckpointError, EmoScopeError, first_line
from core.model import Engine, EngineInfo, Window, open_engine
from core.results import FrameScores, Stage
from core.settings import Settings

logger = logging.getLogger(__name__)

OpenEngine = Callable[[str, Settings, Callable[[Stage], None]], Engine]
WhenReady = Callable[[Engine], None]
MAX_ENGINES = 2
LOOK_AGAIN_S = 0.1


class State(StrEnum):
    """How far a checkpoint is on its way to an answer."""

    RESTING = "resting"  # not in memory; loaded when somebody needs it
    IMPORTING = "importing"
    READING = "reading"
    BUILDING = "building"
    WARMING = "warming"
    READY = "ready"
    FAILED = "failed"

    @property
    def is_loading(self) -> bool:
        return self not in (State.RESTING, State.READY, State.FAILED)


# A stage is reported when it is over: what is being done then is the next one.
_NEXT = {"import": State.READING, "read": State.BUILDING, "build": State.WARMING, "warm-up": State.WARMING}


@dataclass(frozen=True, slots=True)
class LoadStatus:
    """A snapshot of one checkpoint's loading.

    Attributes:
        elapsed_s: since loading began; once it is over, what it took.
        loads: how many times a loader has run for it; `thread` names the last one's thread.
        error: a sentence for people, when `state` is FAILED.
        info: what is loaded, when `state` is READY.
    """

    checkpoint: str
    state: State = State.RESTING
    stages: tuple[Stage, ...] = ()
    elapsed_s: float = 0.0
    loads: int = 0
    thread: str = ""
    error: str | None = None
    info: EngineInfo | None = None


@dataclass
class _Slot:
    """A checkpoint's place in the house; guarded by the host's lock."""

    checkpoint: str
    state: State = State.IMPORTING
    stages: list[Stage] = field(default_factory=list)
    begun: float = 0.0
    elapsed_s: float | None = None
    loads: int = 0
    thread: str = ""
    error: str | None = None
    engine: "SharedEngine | None" = None
    waiting: list[WhenReady] = field(default_factory=list)
    borrowers: int = 0


class SharedEngine:
    """An engine whose every call runs on the house's one worker thread, first come, first served."""

    def __init__(self, engine: Engine, worker: ThreadPoolExecutor) -> None:
        self._engine = engine
        self._worker = worker

    @property
    def info(self) -> EngineInfo:
        return self._engine.info

    def score(self, windows: Sequence[Window], *, embeddings: bool = False) -> list[FrameScores]:
        call: Future[list[FrameScores]] = self._worker.submit(self._engine.score, windows, embeddings=embeddings)
        return call.result()


def _open(checkpoint: str, settings: Settings, on_stage: Callable[[Stage], None]) -> Engine:
    return open_engine(checkpoint, settings, on_stage=on_stage)


class ModelHost:
    """Loads checkpoints and lends their engines. All methods are safe from any thread."""

    def __init__(self, settings: Settings, *, opener: OpenEngine = _open, max_engines: int = MAX_ENGINES) -> None:
        self.settings = settings
        self._opener = opener
        self._max_engines = max_engines
        self._slots: OrderedDict[str, _Slot] = OrderedDict()
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="emoscope-score")

    @property
    def default(self) -> str:
        """The checkpoint that is loaded at start-up."""
        return self.settings.checkpoint

    def start(self) -> None:
        """Begin loading the default checkpoint, in the background."""
        self.request(self.default)

    def request(self, checkpoint: str) -> LoadStatus:
        """Begin loading `checkpoint` unless it is loaded, loading or has failed; returns at once."""
        with self._lock:
            return _status_of(self._slot(checkpoint))

    def retry(self, checkpoint: str) -> None:
        """Load again what has failed; what waits for it goes on waiting. Does nothing in any other state."""
        with self._lock:
            slot = self._slots.get(checkpoint)
            if slot is not None and slot.state is State.FAILED:
                self._begin(slot)

    def status(self, checkpoint: str | None = None) -> LoadStatus:
        """How far `checkpoint` is (by default the default one). Looking loads nothing and wears nothing out."""
        checkpoint = checkpoint or self.default
        with self._lock:
            slot = self._slots.get(checkpoint)
            return LoadStatus(checkpoint) if slot is None else _status_of(slot)

    def loaded(self) -> tuple[LoadStatus, ...]:
        """All checkpoints that are held or being loaded, least recently used first."""
        with self._lock:
            return tuple(_status_of(slot) for slot in self._slots.values())

    def engine(self, checkpoint: str) -> SharedEngine | None:
        """The checkpoint's engine where it is ready, else None. Looking loads nothing."""
        with self._lock:
            slot = self._slots.get(checkpoint)
            return None if slot is None else slot.engine

    def when_ready(self, checkpoint: str, call: WhenReady) -> None:
        """Call `call(engine)` once the checkpoint is ready: at once, after loading, or after a retry that succeeds."""
        with self._lock:
            slot = self._slot(checkpoint)
            engine = slot.engine
            if engine is None:
                slot.waiting.append(call)
        if engine is not None:
            call(engine)

    @contextmanager
    def borrowed(self, checkpoint: str, cancelled: threading.Event) -> Iterator[SharedEngine | None]:
        """The checkpoint's engine as soon as it is ready, for long work; None once that is `cancelled`.

        As long as it is borrowed it stays, so that no second copy of it is ever loaded beside it.

        Raises `CheckpointError` where it cannot be loaded.
        """
        with self._lock:
            slot = self._slot(checkpoint)
            slot.borrowers += 1
        try:
            yield self._awaited(slot, cancelled)
        finally:
            with self._lock:
                slot.borrowers -= 1

    def shutdown(self) -> None:
        """Stop scoring after the window in progress."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _awaited(self, slot: _Slot, cancelled: threading.Event) -> SharedEngine | None:
        while not cancelled.wait(0.0 if slot.engine is not None else LOOK_AGAIN_S):
            if slot.engine is not None:
                return slot.engine
            if slot.state is State.FAILED:
                raise CheckpointError(slot.error or "")
        return None

    def _slot(self, checkpoint: str) -> _Slot:
        """The checkpoint's slot, now the most recently used; a new one begins to load. The lock is held."""
        slot = self._slots.get(checkpoint)
        if slot is None:
            slot = self._slots[checkpoint] = _Slot(checkpoint)
            self._begin(slot)
        self._slots.move_to_end(checkpoint)
        self._evict(keep=checkpoint)
        return slot

    def _begin(self, slot: _Slot) -> None:
        slot.state, slot.error, slot.stages = State.IMPORTING, None, []
        slot.begun, slot.elapsed_s = time.perf_counter(), None
        slot.loads += 1
        slot.thread = f"emoscope-load-{slot.loads}"
        threading.Thread(target=self._load, args=(slot,), name=slot.thread, daemon=True).start()

    def _load(self, slot: _Slot) -> None:
        try:
            engine = self._opener(slot.checkpoint, self.settings, lambda stage: self._reached(slot, stage))
        except Exception as error:
            self._fail(slot, error)
            return
        shared = SharedEngine(engine, self._worker)
        with self._lock:
            slot.engine, slot.state = shared, State.READY
            slot.elapsed_s = time.perf_counter() - slot.begun
            waiting, slot.waiting = slot.waiting, []
            self._evict(keep=slot.checkpoint)
        for call in waiting:
            call(shared)
        _optimise(engine)

    def _reached(self, slot: _Slot, stage: Stage) -> None:
        with self._lock:
            slot.stages.append(stage)
            slot.state = _NEXT.get(stage.name, slot.state)

    def _fail(self, slot: _Slot, error: Exception) -> None:
        logger.warning("Checkpoint %s could not be loaded.", slot.checkpoint, exc_info=error)
        with self._lock:
            slot.state, slot.error = State.FAILED, _sentence(slot.checkpoint, error)
            slot.elapsed_s = time.perf_counter() - slot.begun

    def _evict(self, keep: str) -> None:
        """Let the least recently used go until few enough are held; never the default, nor one somebody needs."""
        for name in list(self._slots):
            if len(self._slots) <= self._max_engines:
                return
            slot = self._slots[name]
            is_needed = slot.state.is_loading or slot.waiting or slot.borrowers
            if name not in (keep, self.default) and not is_needed:
                del self._slots[name]


def _status_of(slot: _Slot) -> LoadStatus:
    elapsed_s = time.perf_counter() - slot.begun if slot.elapsed_s is None else slot.elapsed_s
    info = slot.engine.info if slot.engine is not None else None
    stages = info.stages if info is not None and info.stages else tuple(slot.stages)
    return LoadStatus(
        slot.checkpoint, slot.state, stages, elapsed_s, slot.loads, slot.thread, error=slot.error, info=info
    )


def _sentence(checkpoint: str, error: Exception) -> str:
    if isinstance(error, EmoScopeError):
        return str(error)
    return str(
        CheckpointError(
            f"Checkpoint {Path(checkpoint).name!r} could not be loaded ({type(error).__name__}: {first_line(error)}); "
            "run `emoscope doctor`, and see the server's log."
        )
    )


def _optimise(engine: Engine) -> None:
    """Pack the weights for speed, where an engine can; by now the first results are already on their way."""
    optimise = getattr(engine, "optimise", None)
    if optimise is None:
        return
    try:
        optimise()
    except Exception:  # the engine goes on in its plain form
        logger.warning("The faster form of the model is not available.", exc_info=True)
