"""`emoscope timeline`."""

import argparse
import json
import math
from typing import TextIO

from core.acoustics import speech_activity
from core.cli.analyzing import deliver, each_clip, heading, named
from core.cli.terminal import bar
from core.clock import clock
from core.curves import Structure, region, structure_of
from core.curves.smoothing import MAX_SMOOTHING_S, Method
from core.emotions import emotion
from core.errors import SettingsError
from core.exports.timelines import MAKERS, ExportOptions, structure_in, timeline_record, write_timeline
from core.results import Analysis, Segment, Waveform
from core.settings import Settings

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
    return each_clip(options, settings, _report)


def _report(analysis: Analysis, waveform: Waveform, options: argparse.Namespace, results: TextIO) -> None:
    speech = None if options.no_vad else speech_activity(waveform)
    structure = structure_of(analysis, options.min_segment, speech)
    wanted = _export_options(analysis, waveform, options)
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


def _time_lines(structure: Structure) -> list[str]:
    total_s = structure.duration_s or 1.0
    led = sorted(((s, label) for label, s in structure.seconds.items() if s > 0), reverse=True)
    rows = [(label, seconds) for seconds, label in led]
    rows += [("silence", structure.silence_s)] if structure.silence_s >= 0.005 else []
    return [f"  {label:>10} {seconds:7.2f} s {bar(seconds / total_s)}".rstrip() for label, seconds in rows]
