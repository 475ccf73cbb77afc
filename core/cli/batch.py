"""`emoscope batch`."""

import argparse
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from core.analysis import AnalysisOptions
from core.audio import Limits
from core.audio.limits import spoken
from core.batch import BatchOptions, Items, Progress, Result, items_of, run_batch
from core.cli.terminal import json_line, plain, results_only, say, show_progress
from core.errors import SettingsError
from core.library.entries import Failure
from core.settings import Settings

PLAIN_EVERY_S = 10.0  # where nobody watches a terminal, a log gets a line this often
FAILED, INTERRUPTED = 1, 130


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Analyse a source into a library; 0 done, 1 some files were no clips, 130 stopped by Ctrl-C."""
    chosen = {name: getattr(options, name) for name in ("checkpoint", "precision", "device") if getattr(options, name)}
    settings = replace(settings, **chosen)
    if options.workers < 0:
        raise SettingsError(f"--workers is {options.workers}; it must be 0 (as many as there are cores) or more.")
    items = items_of(options.source, settings, metadata=options.metadata, speaker_from=options.speaker_from)
    listening = AnalysisOptions(settings.window_s, settings.margin_s, Limits.from_settings(settings))
    batch = BatchOptions(listening, options.workers, keep_sound=not options.no_sound)
    with results_only(encoding="utf-8" if options.json else None) as results, _stopped_by_ctrl_c() as cancel:
        listen = _on_cluster if options.engine == "ray" else _here
        result = listen(options.library, items, settings, batch, _Report().on_progress, cancel)
        show_progress("")
        for note in result.notes:
            say(f"emoscope: {plain(note)}")
        print(json_line(json.dumps(record(result))) if options.json else summary(result), file=results, flush=True)
    if result.cancelled:
        return INTERRUPTED
    return FAILED if result.progress.failed else 0


Told = Callable[[Progress], None]


def _here(
    location: str, items: Items, settings: Settings, batch: BatchOptions, told: Told, cancel: threading.Event
) -> Result:
    from core.library import Library
    from core.model import open_engine

    library = Library.open(location)
    engine = open_engine(settings.checkpoint, settings, on_stage=lambda stage: show_progress(f"{stage.name} …"))
    return run_batch(items, engine, library, batch, on_progress=told, on_failure=_say_failure, cancel=cancel)


def _on_cluster(
    location: str, items: Items, settings: Settings, batch: BatchOptions, told: Told, cancel: threading.Event
) -> Result:
    from core.batch.cluster import run_on_cluster
    from core.library import Library

    Library.open(location)  # makes the tables once, and tells at once what is wrong with the place
    return run_on_cluster(
        items,
        settings.checkpoint,
        settings,
        location,
        batch,
        on_progress=told,
        on_failure=_say_failure,
        cancel=cancel,
    )


def _say_failure(failure: Failure) -> None:
    say(f"emoscope: {plain(failure.source)}: {plain(failure.error)}")


class _Report:
    """Progress for whoever watches: one moving line on a terminal, a line now and then in a log."""

    def __init__(self) -> None:
        self._told = time.monotonic()

    def on_progress(self, progress: Progress) -> None:
        if sys.stderr.isatty():
            show_progress(progress_line(progress))
        elif time.monotonic() - self._told >= PLAIN_EVERY_S:
            self._told = time.monotonic()
            print(progress_line(progress), file=sys.stderr, flush=True)


def progress_line(progress: Progress) -> str:
    """`1,234 of 6,302 clips · 3 failed · 80.1 clips/s · 231× real time · 1.1 min left`."""
    total = f" of {progress.total:,}" if progress.total is not None else ""
    parts = [f"{progress.handled:,}{total} clips"]
    parts += [
        f"{count:,} {word}"
        for count, word in ((progress.present, "there already"), (progress.failed, "failed"))
        if count
    ]
    parts.append(f"{progress.clips_per_s:.1f} clips/s · {progress.times_real_time:.0f}× real time")
    parts += [f"{spoken(round(progress.left_s))} left"] if progress.left_s is not None else []
    return " · ".join(parts)


def summary(result: Result) -> str:
    """What a batch came to, in one line."""
    progress = result.progress
    counts = [f"{progress.done:,} clips analysed ({spoken(progress.done_s)} of sound)"]
    counts += [f"{progress.present:,} were there already"] if progress.present else []
    counts += [f"{progress.failed:,} failed"] if progress.failed else []
    counts += [f"{progress.ignored:,} other files left out"] if progress.ignored else []
    pace = (
        f"{spoken(progress.elapsed_s)}, {progress.clips_per_s:.1f} clips/s, {progress.times_real_time:.0f}× real time"
    )
    return f"{'Stopped: ' if result.cancelled else ''}{', '.join(counts)}; {pace}."


def record(result: Result) -> dict[str, Any]:
    """The same as plain JSON values."""
    progress = result.progress
    return {
        "done": progress.done,
        "present": progress.present,
        "failed": progress.failed,
        "ignored": progress.ignored,
        "total": progress.total,
        "sound_s": round(progress.done_s, 3),
        "elapsed_s": round(progress.elapsed_s, 3),
        "clips_per_s": round(progress.clips_per_s, 3),
        "times_real_time": round(progress.times_real_time, 2),
        "cancelled": result.cancelled,
        "notes": list(result.notes),
    }


@contextmanager
def _stopped_by_ctrl_c() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; the second one interrupts as ever."""
    cancel = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield cancel
        return
    before = signal.getsignal(signal.SIGINT)

    def stop(*_: object) -> None:
        cancel.set()
        signal.signal(signal.SIGINT, before)
        say("emoscope: stopping; what was heard is kept.")

    signal.signal(signal.SIGINT, stop)
    try:
        yield cancel
    finally:
        signal.signal(signal.SIGINT, before)
