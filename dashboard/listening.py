"""From an upload to an analysis, outside the script: work that survives reruns. Knows no Streamlit.

A clip is heard once (decoded, hashed, pictured) and then listened to with as many checkpoints as are asked for. A clip
that comes while its checkpoint is still loading waits and goes on by itself.
"""

import logging
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from core.acoustics import SpeechActivity, speech_activity
from core.analysis import AnalysisOptions, analyze, with_decoding
from core.audio import Limits, Source, decode
from core.errors import EmoScopeError, first_line
from core.model import Engine
from core.projection import HeadedEngine, HeadScores, Probe
from core.results import Analysis, Waveform
from core.said import said
from core.settings import Settings
from core.speakers import Conversation, VoiceEmbedder, conversation
from dashboard.model_host import ModelHost
from dashboard.pictures import Picture, picture_of

logger = logging.getLogger(__name__)

CLIPS_AT_ONCE = 3
LOOK_AGAIN_S = 0.02
ON_DISK_FROM_S = 120  # a longer waveform lies in an unnamed file, not in memory


@dataclass(frozen=True)
class Heard:
    """A decoded clip with its picture."""

    waveform: Waveform
    picture: Picture
    decode_s: float


@dataclass(frozen=True, slots=True)
class ResultKey:
    """What an analysis depends on."""

    sha256: str
    checkpoint: str
    options: AnalysisOptions


@dataclass
class Shelf:
    """The analyses one session has, so that the same sound is never listened to twice with the same checkpoint."""

    analyses: dict[ResultKey, Analysis] = field(default_factory=dict)


class Phase(StrEnum):
    """What is being done for a clip."""

    DECODING = "decoding"
    WAITING = "waiting"
    LISTENING = "listening"
    DONE = "done"
    FAILED = "failed"


class Cancelled(Exception):
    """Nobody wants the result any more."""


class Listening:
    """One clip on its way through one checkpoint: what is being done, how far it is, and what came of it."""

    def __init__(self, checkpoint: str) -> None:
        self.checkpoint = checkpoint
        self.phase = Phase.DECODING
        self.windows_done, self.windows_in_all = 0, 0
        self.analysis: Analysis | None = None
        self.error: str | None = None
        self._over: Future[None] = Future()
        self._cancelled = threading.Event()

    @classmethod
    def finished(cls, checkpoint: str, analysis: Analysis) -> "Listening":
        """A listening that was done at another time."""
        listening = cls(checkpoint)
        listening._finish(analysis)
        return listening

    @property
    def is_over(self) -> bool:
        return self._over.done()

    def cancel(self) -> None:
        """Stop at the next window."""
        self._cancelled.set()

    def _advance(self, done: int, in_all: int) -> None:
        self._check()
        self.phase, self.windows_done, self.windows_in_all = Phase.LISTENING, done, in_all

    def _check(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled

    def _finish(self, analysis: Analysis) -> None:
        self.analysis, self.phase = analysis, Phase.DONE
        self._over.set_result(None)

    def _fail(self, error: BaseException) -> None:
        if not isinstance(error, EmoScopeError | Cancelled):
            logger.error("A clip could not be analysed.", exc_info=error)
        self.error, self.phase = sentence_of(error), Phase.FAILED
        self._over.set_result(None)


class Listener:
    """Decodes and analyses clips in a few background threads; the scoring itself goes through the host's one worker."""

    def __init__(self, host: ModelHost) -> None:
        self._host = host
        self._decoders = ThreadPoolExecutor(CLIPS_AT_ONCE, thread_name_prefix="emoscope-decode")
        self._analysts = ThreadPoolExecutor(CLIPS_AT_ONCE, thread_name_prefix="emoscope-analyse")
        self._detectors = ThreadPoolExecutor(CLIPS_AT_ONCE, thread_name_prefix="emoscope-speech")
        self._voices = ThreadPoolExecutor(1, thread_name_prefix="emoscope-voices")

    @property
    def options(self) -> AnalysisOptions:
        """How this house listens."""
        return options_of(self._host.settings)

    def hear(self, source: Source, name: str) -> "Future[Heard]":
        """Begin decoding; the future raises `AudioError` for what is no sound."""
        return self._decoders.submit(hear, source, name, self.options.limits)

    def find_speech(self, heard: "Future[Heard]") -> "Future[SpeechActivity]":
        """Begin to look for speech as soon as a clip is decoded; raises what decoding raised."""
        return self._detectors.submit(lambda: speech_activity(heard.result().waveform))

    def find_voices(
        self,
        heard: "Future[Heard]",
        speech: "Future[SpeechActivity]",
        named: Callable[[Conversation, float], Conversation],
    ) -> "Future[Conversation]":
        """Begin to look for who speaks when; `named(conversation, same_voice)` may give its speakers their names.

        The future raises what decoding raised, and `SpeakerError` or `CheckpointError` where no voice model is here.
        """

        def find() -> Conversation:
            embedder = VoiceEmbedder.open(self._host.settings)
            found = conversation(heard.result().waveform, embedder, speech.result())
            return named(found, embedder.same_voice)

        return self._voices.submit(find)

    def find_head(self, heard: "Future[Heard]", checkpoint: str, head: Probe) -> "Future[HeadScores]":
        """Begin to hear a clip for a kept head, too, which needs every frame's embedding; no analysis keeps those.

        The future raises what decoding and loading the checkpoint raise, and `ProjectionError` for another's head.
        """

        def find() -> HeadScores:
            waveform = heard.result().waveform
            with self._host.borrowed(checkpoint, threading.Event()) as engine:
                assert engine is not None  # only a cancelled wait ends without
                headed = HeadedEngine(engine, head)
                return headed.take(len(analyze(waveform, headed, self.options).frame_logits))

        return self._analysts.submit(find)

    def listen(self, heard: "Future[Heard]", checkpoint: str, shelf: Shelf) -> Listening:
        """Begin listening to a clip as soon as it is decoded and the checkpoint is ready."""
        listening = Listening(checkpoint)
        heard.add_done_callback(lambda future: self._decoded(listening, future, shelf))
        return listening

    def shutdown(self) -> None:
        """Take no more clips."""
        for pool in (self._decoders, self._analysts, self._detectors, self._voices):
            pool.shutdown(wait=False, cancel_futures=True)

    def _decoded(self, listening: Listening, future: "Future[Heard]", shelf: Shelf) -> None:
        if future.cancelled() or (error := future.exception()) is not None:
            listening._fail(Cancelled() if future.cancelled() else error or Cancelled())
            return
        heard = future.result()
        listening.phase = Phase.WAITING
        self._host.when_ready(listening.checkpoint, lambda engine: self._submit(listening, heard, engine, shelf))

    def _submit(self, listening: Listening, heard: Heard, engine: Engine, shelf: Shelf) -> None:
        self._analysts.submit(self._analyse, listening, heard, engine, shelf)

    def _analyse(self, listening: Listening, heard: Heard, engine: Engine, shelf: Shelf) -> None:
        key = ResultKey(heard.waveform.sha256, listening.checkpoint, self.options)
        try:
            listening._check()
            analysis = shelf.analyses.get(key)
            if analysis is None:
                analysis = analyze(heard.waveform, engine, self.options, listening._advance)
                shelf.analyses[key] = analysis = with_decoding(analysis, heard.decode_s)
        except Exception as error:
            listening._fail(error)
        else:
            # The same sound may have come under another name.
            listening._finish(replace(analysis, name=heard.waveform.name))


def hear(source: Source, name: str, limits: Limits) -> Heard:
    """Decode, hash and picture a clip. Raises `AudioError`."""
    begun = time.perf_counter()
    waveform = decode(source, name=name, limits=limits)
    decode_s = time.perf_counter() - begun
    if waveform.duration_s > ON_DISK_FROM_S:
        waveform = replace(waveform, samples=_on_disk(waveform.samples))
    _ = waveform.sha256  # kept in the waveform: the clip's identity is worked out here, once
    return Heard(waveform, picture_of(waveform), decode_s)


def options_of(settings: Settings) -> AnalysisOptions:
    """The analysis options that the environment's settings stand for."""
    return AnalysisOptions(settings.window_s, settings.margin_s, Limits.from_settings(settings))


def wait_for(listenings: Sequence[Listening], timeout_s: float) -> bool:
    """Wait until all are over, at most `timeout_s`; whether they are."""
    return not wait([listening._over for listening in listenings], timeout=timeout_s).not_done


def wait_while_busy(listenings: Sequence[Listening], timeout_s: float) -> None:
    """Wait as long as anything is being done for any of them (waiting for a model is not), at most `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        busy = [listening for listening in listenings if not listening.is_over and listening.phase is not Phase.WAITING]
        if not busy:
            return
        wait_for(busy[:1], LOOK_AGAIN_S)


def sentence_of(error: BaseException) -> str:
    """What to tell people."""
    if isinstance(error, EmoScopeError):
        return str(error)
    return said(
        "clip.broken", "The clip could not be analysed ({kind}: {why}); see the server's log.",
        kind=type(error).__name__, why=first_line(error),
    )  # fmt: skip


def _on_disk(samples: np.ndarray) -> np.ndarray:
    """The same samples in a nameless file: the system pages them in and out, and frees them with the last reader."""
    with tempfile.TemporaryFile(prefix="emoscope-") as file:
        samples.tofile(file)
        file.flush()
        return np.memmap(file, dtype=samples.dtype, mode="r", shape=samples.shape)
