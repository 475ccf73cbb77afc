"""`emoscope timeline`."""

import argparse
import json
import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TextIO

from core.acoustics import SpeechActivity, speech_activity
from core.cli.analyzing import deliver, each_clip, head_lines, heading, named
from core.cli.terminal import bar, plain
from core.clock import clock
from core.curves import Structure, frames_within, region, structure_of
from core.curves.smoothing import MAX_SMOOTHING_S, Method
from core.emotions import emotion
from core.errors import SettingsError
from core.exports.timelines import MAKERS, ExportOptions, structure_in, timeline_record, write_timeline
from core.results import Analysis, Array, Segment, SpeakerTurn, Waveform
from core.settings import Settings

if TYPE_CHECKING:
    from core.projection.probes import HeadScores

TurnsOf = Callable[[Waveform, SpeechActivity | None], tuple[SpeakerTurn, ...]]

_SMOOTHING: dict[str, Method] = {"moving-average": "moving average", "savitzky-golay": "savitzky-golay"}


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Say how each clip's emotion moves, and write the exports asked for.

    Raises `SettingsError` for an export that is none, one without `--out`, or numbers that are no lengths.
    """
    options.kinds = [kind for kind in options.export.split(",") if kind]
    unknown = [kind for kind in options.kinds if kind not in MAKERS]
    if unknown:
        raise SettingsError(f"--export {','.join(unknown)} is unknown; there are {', '.join(MAKERS)}.")
    if options.kinds and options.out is None:
        raise SettingsError("--export needs a folder to write to; add --out DIR.")
    if not (math.isfinite(options.min_segment) and options.min_segment >= 0):
        raise SettingsError(f"--min-segment is {options.min_segment}; it must be 0 seconds or more.")
    if not 0 <= options.smooth <= MAX_SMOOTHING_S:
        raise SettingsError(f"--smooth is {options.smooth}; it must be from 0 to {MAX_SMOOTHING_S:g} seconds.")
    if options.to_s is not None and options.to_s <= (options.from_s or 0.0):
        raise SettingsError(f"--to is {options.to_s:g} s; it must lie after --from, {options.from_s or 0.0:g} s.")
    report = partial(_report, turns_of=_turns_of(options, settings))
    if options.head is None:
        return each_clip(options, settings, report)
    from core.cli.heads import HeadListening

    listening = HeadListening(options.head, settings, report)
    return each_clip(options, settings, listening.report, listening.engine)


def _turns_of(options: argparse.Namespace, settings: Settings) -> "TurnsOf | None":
    """Finds who speaks when, where that is asked for. Raises what opening a model of voices raises."""
    if options.speakers is None:
        return None
    from core.speakers import TurnOptions, VoiceEmbedder, conversation

    wanted, embedder = TurnOptions(num_speakers=options.speakers or None), VoiceEmbedder.open(settings)
    return lambda waveform, speech: conversation(waveform, embedder, speech, options=wanted).turns


def _report(
    analysis: Analysis,
    waveform: Waveform,
    options: argparse.Namespace,
    results: TextIO,
    head: "HeadScores | None" = None,
    *,
    turns_of: "TurnsOf | None",
) -> None:
    speech = None if options.no_vad else speech_activity(waveform)
    structure = structure_of(analysis, options.min_segment, speech)
    turns = None if turns_of is None else turns_of(waveform, speech)
    wanted = replace(_export_options(analysis, waveform, options), turns=turns, head=head)
    kinds = options.kinds or list(MAKERS)
    text = _text(analysis, structure_in(analysis, structure, wanted), wanted)  # tells of a region that is not there
    folder = write_timeline(analysis, structure, kinds, options.out, options=wanted) if options.out else None
    line = json.dumps(timeline_record(analysis, structure, wanted), ensure_ascii=False) if options.json else ""
    deliver(results, [line] if options.json else text, folder)


def _export_options(analysis: Analysis, waveform: Waveform, options: argparse.Namespace) -> ExportOptions:
    within = None
    if options.from_s is not None or options.to_s is not None:
        within = options.from_s or 0.0, analysis.duration_s if options.to_s is None else options.to_s
    method = _SMOOTHING[options.smooth_by] if options.smooth else "none"
    return ExportOptions(within, method, options.smooth, waveform, options.language)


def _text(analysis: Analysis, structure: Structure, options: ExportOptions) -> str:
    """The arc, the segments, and how long each emotion leads."""
    lines = [
        *heading(analysis),
        *_region_lines(analysis, options),
        f"  {arc_text(structure)}",
        *(_segment_line(segment) for segment in structure.segments),
        *_time_lines(structure),
        f"  volatility {structure.volatility:.2f} a second",
        *_turn_lines(analysis, options.turns_in),
        *head_lines(options.head),
    ]
    return "\n".join(lines)


def arc_text(structure: Structure) -> str:
    """`neutral → surprised at 0:02.4 → happy at 0:04.1`."""
    if not structure.arc:
        return "no speech found"
    first, *others = structure.arc
    return " → ".join([first.label, *(f"{each.label} at {clock(each.start_s)}" for each in others)])


def _region_lines(analysis: Analysis, options: ExportOptions) -> list[str]:
    """What a region's own verdict is."""
    if options.region_s is None:
        return []
    scores = region(analysis, *options.region_s)
    best = max(scores, key=lambda label: scores[label])
    start_s, end_s = options.region_s
    return [f"  {clock(start_s)} – {clock(min(end_s, analysis.duration_s))}: {named(best, scores[best])}"]


def _segment_line(segment: Segment) -> str:
    found = emotion(segment.label)
    span = f"{clock(segment.start_s)} – {clock(segment.end_s)}"
    return f"  {span:>19}  {found.emoji}  {found.english} {found.chinese} · {segment.probability:.0%}"


def _turn_lines(analysis: Analysis, turns: tuple[SpeakerTurn, ...] | None) -> list[str]:
    """Each turn, who speaks in it, and what leads there."""
    if turns is None:
        return []
    if not turns:
        return ["  no voices found"]
    lines = []
    for turn in turns:
        inside = frames_within(analysis, turn.start_s, turn.end_s)
        leads = f" · {_leading(analysis, inside)}" if inside.any() else ""
        span = f"{clock(turn.start_s)} – {clock(turn.end_s)}"
        lines.append(f"  {span:>19}  {plain(turn.speaker)}{leads}")
    return lines


def _leading(analysis: Analysis, inside: Array) -> str:
    return analysis.labels[int(analysis.frame_logits[inside].mean(axis=0).argmax())]


def _time_lines(structure: Structure) -> list[str]:
    total_s = structure.duration_s or 1.0
    led = sorted(((s, label) for label, s in structure.seconds.items() if s > 0), reverse=True)
    rows = [(label, seconds) for seconds, label in led]
    rows += [("silence", structure.silence_s)] if structure.silence_s >= 0.005 else []
    return [f"  {label:>10} {seconds:7.2f} s {bar(seconds / total_s)}".rstrip() for label, seconds in rows]
