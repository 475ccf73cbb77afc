"""The main job: a clip goes in, its emotions come out."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from core import audio, windows
from core.audio import Limits, Source
from core.memory import release_free_memory
from core.model.engine import Engine, Window
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
    log = _Log()
    waveform = clip if isinstance(clip, Waveform) else audio.decode(clip, limits=options.limits)
    log.finish("decode", f"{waveform.duration_s:.2f} s of audio from {_source_of(waveform)}")
    parts = windows.split(waveform.samples, options.window_s, options.margin_s)
    scores = windows.stitch(_score(parts, engine, on_progress or _ignore))
    log.finish("score", f"{scores.num_frames} frames in {len(parts)} window{'s' if len(parts) > 1 else ''}")
    return _summary(waveform, scores, engine, len(parts), log)


def with_decoding(analysis: Analysis, decode_s: float) -> Analysis:
    """The analysis of a clip that was decoded before, with those seconds in its timings and its log."""
    timings_s = dict(analysis.timings_s)
    for step in ("decode", "total"):
        timings_s[step] = timings_s.get(step, 0.0) + decode_s
    log = tuple(LogEntry(entry.at_s + decode_s, entry.message) for entry in analysis.log)
    return replace(analysis, timings_s=timings_s, log=log)


def _score(parts: list[Window], engine: Engine, on_progress: Progress) -> list[FrameScores]:
    """One window at a time, so that memory stays flat and a caller may see the progress."""
    scores = []
    on_progress(0, len(parts))
    for done, part in enumerate(parts, start=1):
        scores += engine.score([part])
        if len(parts) > 1:
            release_free_memory()
        on_progress(done, len(parts))
    return scores


def _summary(waveform: Waveform, scores: FrameScores, engine: Engine, num_windows: int, log: "_Log") -> Analysis:
    info = engine.info
    identity = waveform.sha256
    log.finish("summarise", f"checkpoint {info.checkpoint.id} ({info.checkpoint.revision}), {info.engine} engine")
    return Analysis(
        name=waveform.name,
        sha256=identity,
        duration_s=waveform.duration_s,
        checkpoint=info.checkpoint,
        engine=info.engine,
        device=info.device,
        precision=info.precision,
        labels=info.labels,
        frame_logits=scores.logits,
        embedding=scores.pooled,
        num_windows=num_windows,
        timings_s=log.timings_s | {"total": sum(log.timings_s.values())},
        log=tuple(log.entries),
    )


def _source_of(waveform: Waveform) -> str:
    channels = "mono" if waveform.source_channels == 1 else f"{waveform.source_channels} channels"
    several = waveform.source_num_tracks > 1
    track = f", sound track {waveform.source_track} of {waveform.source_num_tracks}" if several else ""
    return f"{waveform.source_codec}, {waveform.source_rate_hz} Hz, {channels}{track}"


def _ignore(done: int, total: int) -> None:
    """Nobody watches the progress."""


class _Log:
    """What was done, when, and how long each step took."""

    def __init__(self) -> None:
        self.begun = self.since = time.perf_counter()
        self.timings_s: dict[str, float] = {}
        self.entries: list[LogEntry] = []

    def finish(self, step: str, message: str) -> None:
        now = time.perf_counter()
        self.timings_s[step] = now - self.since
        self.entries.append(LogEntry(now - self.begun, f"{step}: {message}"))
        self.since = now
