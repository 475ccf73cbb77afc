"""`emoscope timeline`."""

import argparse
import json
import math
from typing import TextIO

from core.cli.analyzing import each_clip, verdict_text
from core.cli.terminal import bar, json_line, plain
from core.curves import Structure, structure_of
from core.emotions import emotion
from core.errors import SettingsError
from core.exports.timelines import MAKERS, timeline_record, write_timeline
from core.results import Analysis, Segment, Waveform
from core.settings import Settings


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Say how each clip's emotion moves, and write the exports asked for.

    Raises `SettingsError` for an export that is none, one without `--out`, or a minimum that is no length.
    """
    options.kinds = [kind for kind in options.export.split(",") if kind]
    unknown = [kind for kind in options.kinds if kind not in MAKERS]
    if unknown:
        raise SettingsError(f"--export {','.join(unknown)} is unknown; there are {', '.join(MAKERS)}.")
    if options.kinds and options.out is None:
        raise SettingsError("--export needs a folder to write to; add --out DIR.")
    if not (math.isfinite(options.min_segment) and options.min_segment >= 0):
        raise SettingsError(f"--min-segment is {options.min_segment}; it must be 0 seconds or more.")
    return each_clip(options, settings, _report)


def _report(analysis: Analysis, waveform: Waveform, options: argparse.Namespace, results: TextIO) -> None:
    structure = structure_of(analysis, options.min_segment)
    kinds = options.kinds or (list(MAKERS) if options.out else [])
    folder = write_timeline(analysis, structure, kinds, options.out) if options.out else None
    if options.json:
        results.write(json_line(json.dumps(timeline_record(analysis, structure), ensure_ascii=False)) + "\n")
    else:
        print(_text(analysis, structure), file=results)
        if folder is not None:
            print(f"  written to {plain(str(folder))}", file=results)
    results.flush()


def _text(analysis: Analysis, structure: Structure) -> str:
    """The arc, the segments, and how long each emotion leads."""
    lines = [
        f"{plain(analysis.name)} · {analysis.duration_s:.2f} s",
        f"  {verdict_text(analysis)}",
        f"  {arc_text(structure)}",
        *(_segment_line(segment) for segment in structure.segments),
        *_time_lines(structure),
        f"  volatility {structure.volatility:.2f} a second",
    ]
    return "\n".join(lines)


def arc_text(structure: Structure) -> str:
    """`neutral → surprised at 0:02.4 → happy at 0:04.1`."""
    first, *others = structure.arc
    return " → ".join([first.label, *(f"{each.label} at {clock(each.start_s)}" for each in others)])


def clock(seconds: float) -> str:
    """`0:02.4`, `1:02:03.4`."""
    tenths = round(10 * seconds)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    tail = f"{rest // 10:02d}.{rest % 10}"
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"


def _segment_line(segment: Segment) -> str:
    found = emotion(segment.label)
    span = f"{clock(segment.start_s)} – {clock(segment.end_s)}"
    return f"  {span:>19}  {found.emoji}  {found.english} {found.chinese} · {segment.probability:.0%}"


def _time_lines(structure: Structure) -> list[str]:
    total = sum(structure.seconds.values()) or 1.0
    led = sorted(((s, label) for label, s in structure.seconds.items() if s > 0), reverse=True)
    return [f"  {label:>10} {seconds:7.2f} s {bar(seconds / total)}".rstrip() for seconds, label in led]
