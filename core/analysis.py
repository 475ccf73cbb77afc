"""The main job: a clip goes in, its emotions come out."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from core import audio, windows
from core.audio import Limits, Source
from core.memory import release_free_memory
from core.model.engine import Engine, EngineInfo
from core.results import Analysis, FrameScores, LogEntry, Waveform

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class AnalysisOptions:
    """How to listen. `window_s` and `margin_s` matter only for clips longer than one window; see `core.windows`."""

    window_s: float = 30.0
    margin_s: float = 2.0
    limits: Limits = field(default_factory=Limits)


def analyze(
    clip: Waveform | Source,
    engine: Engine,
    options: AnalysisOptions = AnalysisOptions(),
    on_progress: Progress | None = None,
) -> Analysis:
    """Listen to one clip.

    Args:
        clip: a decoded `Waveform`, or bytes, a path or a stream to decode.
        on_progress: called as on_progress(windows done, windows in all), first with 0.

    Returns:
        An `Analysis` whose utterance logits are the mean of its frame logits.

    Raises:
        AudioError: the clip cannot be decoded or analysed.
        EngineError: the engine cannot run it.
    """
    listening = Listening.begin(clip, options)
    _score(listening, engine, on_progress or _ignore)
    return listening.summary(engine.info)


def with_decoding(analysis: Analysis, decode_s: float) -> Analysis:
    """The analysis of a clip that was decoded before, with those seconds in its timings and its log."""
    timings_s = dict(analysis.timings_s)
    for step in ("decode", "total"):
        timings_s[step] = timings_s.get(step, 0.0) + decode_s
    log = tuple(LogEntry(entry.at_s + decode_s, entry.message) for entry in analysis.log)
    return replace(analysis, timings_s=timings_s, log=log)


class Listening:
    """One clip on its way: decoded and cut into windows, whose scores may come in any order and from any batch.

    Attributes:
        waveform: the decoded clip.
        parts: its windows.
        is_abandoned: one of its windows cannot be scored, so that the others need not be.
        score_s: seconds of scoring so far, this clip's share of the batches its windows were in.
    """

    def __init__(
        self, waveform: Waveform, options: AnalysisOptions = AnalysisOptions(), *, decode_s: float = 0.0
    ) -> None:
        self.waveform = waveform
        self.parts = windows.split(waveform.samples, options.window_s, options.margin_s)
        self.score_s = 0.0
        self.is_abandoned = False
        self._scores: list[FrameScores | None] = [None] * len(self.parts)
        self._log = _Log()
        self._log.add("decode", decode_s, f"{waveform.duration_s:.2f} s of audio from {_source_of(waveform)}")

    @classmethod
    def begin(cls, clip: Waveform | Source, options: AnalysisOptions = AnalysisOptions()) -> "Listening":
        """Decode `clip`, unless it is decoded already; raises `AudioError` where that cannot be done."""
        begun = time.perf_counter()
        waveform = clip if isinstance(clip, Waveform) else audio.decode(clip, limits=options.limits)
        return cls(waveform, options, decode_s=time.perf_counter() - begun)

    def keep(self, number: int, scores: FrameScores, seconds: float) -> None:
        """The scores of window `number`, and what they took."""
        self._scores[number] = scores
        self.score_s += seconds

    @property
    def is_complete(self) -> bool:
        return all(scores is not None for scores in self._scores)

    def summary(self, info: EngineInfo) -> Analysis:
        """The analysis, once every window has been heard."""
        begun = time.perf_counter()
        count = len(self.parts)
        scores = windows.stitch([each for each in self._scores if each is not None])
        plural = "s" if count > 1 else ""
        self._log.add("score", self.score_s, f"{scores.num_frames} frames in {count} window{plural}")
        identity = self.waveform.sha256
        checkpoint = f"checkpoint {info.checkpoint.id} ({info.checkpoint.revision})"
        self._log.add("summarise", time.perf_counter() - begun, f"{checkpoint}, {info.engine} engine")
        return Analysis(
            name=self.waveform.name,
            sha256=identity,
            duration_s=self.waveform.duration_s,
            checkpoint=info.checkpoint,
            engine=info.engine,
            device=info.device,
            precision=info.precision,
            labels=info.labels,
            frame_logits=scores.logits,
            embedding=scores.pooled,
            num_windows=count,
            timings_s=self._log.timings_s | {"total": sum(self._log.timings_s.values())},
            log=tuple(self._log.entries),
        )


def _score(listening: Listening, engine: Engine, on_progress: Progress) -> None:
    """One window at a time, so that memory stays flat and a caller may see the progress."""
    count = len(listening.parts)
    on_progress(0, count)
    for number, part in enumerate(listening.parts):
        begun = time.perf_counter()
        (scores,) = engine.score([part])
        if count > 1:
            release_free_memory()
        listening.keep(number, scores, time.perf_counter() - begun)
        on_progress(number + 1, count)


def _source_of(waveform: Waveform) -> str:
    channels = "mono" if waveform.source_channels == 1 else f"{waveform.source_channels} channels"
    several = waveform.source_num_tracks > 1
    track = f", sound track {waveform.source_track} of {waveform.source_num_tracks}" if several else ""
    return f"{waveform.source_codec}, {waveform.source_rate_hz} Hz, {channels}{track}"


def _ignore(done: int, total: int) -> None:
    """Nobody watches the progress."""


class _Log:
    """What was done, and how long each step took; a line's moment is the sum of the steps up to it."""

    def __init__(self) -> None:
        self.timings_s: dict[str, float] = {}
        self.entries: list[LogEntry] = []

    def add(self, step: str, seconds: float, message: str) -> None:
        self.timings_s[step] = seconds
        self.entries.append(LogEntry(sum(self.timings_s.values()), f"{step}: {message}"))
