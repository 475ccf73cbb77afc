"""`emoscope analyze`."""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from core.audio import Limits, decode
from core.cli.terminal import bar, json_line, plain, results_only, say, show_progress
from core.emotions import EMOTIONS, NOT_NAMED, emotion
from core.errors import EmoScopeError
from core.model.engine import Engine
from core.results import Analysis, Stage, Waveform
from core.settings import Settings

if TYPE_CHECKING:
    from core.projection.probes import HeadScores

STANDARD_INPUT = "-"
WORTH_PACKING_S = 20.0  # packing a large model's weights takes a third of a second; shorter work is done sooner without


Report = Callable[[Analysis, Waveform, argparse.Namespace, TextIO], None]


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Say what each clip feels."""
    if options.head is None:
        return each_clip(options, settings, report)
    from core.cli.heads import HeadListening

    listening = HeadListening(options.head, settings, report)
    return each_clip(options, settings, listening.report, listening.engine)


def each_clip(
    options: argparse.Namespace, settings: Settings, report: Report, listening: Callable[[Engine], Engine] | None = None
) -> int:
    """Analyse each clip and report it; a bad one is one line on standard error and exit code 1, the others go on.

    `listening` makes of the engine the one that clips are heard with.
    """
    settings = with_options(settings, options)
    with results_only(encoding="utf-8" if options.json else None) as results:
        engine = opened_engine(options, settings)
        heard = hear_all(
            options.clips,
            engine if listening is None else listening(engine),
            settings,
            lambda _, analysis, waveform: report(analysis, waveform, options, results),
            drop_other=options.drop_other,
        )
    return 0 if heard == len(options.clips) else 1


def hear_all(
    clips: Sequence[str],
    engine: Engine,
    settings: Settings,
    on_heard: Callable[[int, Analysis, Waveform], None],
    *,
    drop_other: bool = False,
) -> int:
    """Analyse clips one by one and hand each over with its position; how many that were.

    A clip that cannot be heard, or what was to be done with it, is one line on standard error; the others go on.
    """
    heard, heard_s = 0, 0.0
    for position, clip in enumerate(clips):
        try:
            waveform, decode_s = _hear(clip, settings)
            heard_s += waveform.duration_s
            if heard_s > WORTH_PACKING_S and hasattr(engine, "optimise"):
                engine.optimise()
            analysis = _analyze(waveform, decode_s, engine, settings)
            on_heard(position, analysis.without(NOT_NAMED) if drop_other else analysis, waveform)
            heard += 1
        except OSError:  # of standard output: a clip's and a folder's are errors of ours
            raise
        except Exception as error:  # whatever it is, it is this clip's: the others go on
            say(f"emoscope: {plain(_sentence(clip, error))}")
    return heard


def with_options(settings: Settings, options: argparse.Namespace) -> Settings:
    """The settings with what the command line says otherwise."""
    chosen = {name: getattr(options, name) for name in ("checkpoint", "precision", "device") if getattr(options, name)}
    return replace(settings, **chosen)


def opened_engine(options: argparse.Namespace, settings: Settings) -> Engine:
    """The engine that was asked for, its stages shown as they pass."""
    from core.model import open_engine

    def on_stage(stage: Stage) -> None:
        show_progress(f"{stage.name}: {stage.seconds:.2f} s, {stage.rss_mb:.0f} MB")

    engine = open_engine(settings.checkpoint, settings, engine=options.engine, on_stage=on_stage, warm_up=False)
    show_progress("")
    return engine


def _hear(clip: str, settings: Settings) -> tuple[Waveform, float]:
    """The decoded clip and the seconds it took."""
    show_progress(f"{plain(clip)}: decoding")
    begun = time.perf_counter()
    source, name = (sys.stdin.buffer, "stdin") if clip == STANDARD_INPUT else (clip, None)
    waveform = decode(source, name=name, limits=Limits.from_settings(settings))
    return waveform, time.perf_counter() - begun


def _analyze(waveform: Waveform, decode_s: float, engine: Engine, settings: Settings) -> Analysis:
    from core.analysis import AnalysisOptions, analyze, with_decoding

    name = plain(waveform.name)
    result = analyze(
        waveform,
        engine,
        AnalysisOptions(settings.window_s, settings.margin_s),
        on_progress=lambda done, total: show_progress(f"{name}: window {done} of {total}"),
    )
    show_progress("")
    return with_decoding(result, decode_s)


def report(
    analysis: Analysis,
    waveform: Waveform,
    options: argparse.Namespace,
    results: TextIO,
    head: "HeadScores | None" = None,
) -> None:
    """Give out what was heard; `head` is what a kept head says of it."""
    from core.exports.outputs import write_outputs
    from core.exports.records import head_record, json_chunks

    granularity, more = options.granularity, {} if head is None else {"head": head_record(head, options.granularity)}
    folder = None
    if options.out:
        folder = write_outputs(analysis, waveform, options.out, granularity=granularity, more=more)
    chunks = json_chunks(analysis, granularity=granularity, more=more)
    deliver(results, chunks if options.json else "\n".join([_text(analysis), *head_lines(head)]), folder)


def deliver(results: TextIO, said: str | Iterable[str], folder: Path | None) -> None:
    """Give out one clip's result: a text and where its files were written, or the pieces of one line of JSON."""
    if isinstance(said, str):
        print(said, file=results)
        if folder is not None:
            print(f"  written to {plain(str(folder))}", file=results)
    else:
        results.writelines(json_line(piece) for piece in said)
        results.write("\n")
    results.flush()


def _sentence(clip: str, error: Exception) -> str:
    if isinstance(error, EmoScopeError):
        return str(error)
    return f"{clip!r} could not be analysed ({type(error).__name__}: {error})."


def _text(analysis: Analysis) -> str:
    """The verdict as a person reads it."""
    secondary = ", ".join(f"{entry.label} {entry.score:.0%}" for entry in analysis.secondary) or "none above 3 %"
    lines = [
        *heading(analysis),
        f"  also: {secondary}",
        *(_score_line(analysis, entry.key) for entry in EMOTIONS),
        f"  {_provenance(analysis)}",
    ]
    return "\n".join(lines)


def heading(analysis: Analysis) -> tuple[str, str]:
    """The clip, and its verdict in both languages, or the two candidates of an unsure one."""
    scope = "" if analysis.num_windows == 1 else f" (mean over {analysis.num_windows} windows of the recording)"
    words = [named(entry.label, entry.score) for entry in analysis.candidates]
    verdict = f"unsure: {' or '.join(words)}" if analysis.unsure else words[0]
    return f"{plain(analysis.name)} · {analysis.duration_s:.2f} s", f"  {verdict}{scope}"


def named(label: str, score: float) -> str:
    """`😄  happy 开心 · 81.3%`."""
    found = emotion(label)
    return f"{found.emoji}  {found.english} {found.chinese} · {score:.1%}"


def head_lines(head: "HeadScores | None") -> list[str]:
    """A line a class of a head, below the checkpoint's own."""
    if head is None:
        return []
    scores = zip(head.classes, head.probabilities.tolist(), strict=True)
    lines = [f"  by the head {plain(head.name)}: {plain(head.label)}"]
    return lines + [f"  {plain(label):>10} {score:6.1%} {bar(score)}".rstrip() for label, score in scores]


def _score_line(analysis: Analysis, key: str) -> str:
    if key in analysis.unsayable:
        return f"  {key:>10}       this checkpoint cannot say it"
    if key in analysis.left_out:
        return f"  {key:>10}       left out"
    return f"  {key:>10} {analysis.scores[key]:6.1%} {bar(analysis.scores[key])}".rstrip()


def _provenance(analysis: Analysis) -> str:
    facts: list[Any] = [analysis.checkpoint.id, analysis.checkpoint.revision, analysis.engine, analysis.precision]
    state = "calibrated" if analysis.checkpoint.calibrated else "uncalibrated"
    return plain(" · ".join([*map(str, facts), analysis.device, state, f"{analysis.timings_s['total']:.2f} s"]))
