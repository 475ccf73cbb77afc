"""What `emoscope compare` does."""

import argparse
import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from core.cli.analyzing import hear_all, named, opened_engine, with_options
from core.cli.terminal import json_line, plain, results_only, show_progress
from core.emotions import NOT_NAMED
from core.errors import ComparisonError, SettingsError
from core.settings import Settings

if TYPE_CHECKING:
    from core.comparison import Compared, Comparison, GroupComparison, GroupTest, Pair
    from core.exports.comparisons import Findings
    from core.model.engine import Engine
    from core.results import Analysis, Waveform

MAX_ROWS = 100_000  # of a table of groups
COLUMNS = ("file", "group", "speaker")


@dataclass(frozen=True)
class Member:
    """A clip of a group, as it was named."""

    path: str
    speaker: str = ""


@dataclass(frozen=True)
class Sides:
    """Two groups, as they were named."""

    names: tuple[str, str]
    members: tuple[tuple[Member, ...], tuple[Member, ...]]


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Compare, say what was found, and write it; 1 where a clip could not be heard, though the others were compared.

    Raises:
        SettingsError: what was asked for does not go together, or the table of groups cannot be read.
        ComparisonError: too few clips are left.
    """
    sides = _sides(options)
    _check(options, sides)
    settings = with_options(settings, options)
    with results_only(encoding="utf-8" if options.json else None) as results:
        engine = opened_engine(options, settings)
        heard, wanted = _hear(options, sides, engine, settings)
        found = _found(options, sides, heard, engine)
        folder = _written(found, options)
        _deliver(found, folder, options, results)
    return 0 if len(heard) == wanted else 1


def _sides(options: argparse.Namespace) -> Sides | None:
    if options.groups is not None and (options.group_a or options.group_b):
        raise SettingsError("Groups come from --groups or from --group-a and --group-b; leave one of them out.")
    if bool(options.group_a) != bool(options.group_b):
        raise SettingsError("A comparison of groups needs both; give --group-a and --group-b.")
    if options.groups is not None:
        return read_groups(options.groups)
    if options.group_a:
        members = (tuple(map(Member, options.group_a)), tuple(map(Member, options.group_b)))
        return Sides(("A", "B"), members)
    return None


def _check(options: argparse.Namespace, sides: Sides | None) -> None:
    count = len(options.clips)
    if count < 2 and not (sides and count == 0):
        raise SettingsError(f"{count} clip{'' if count == 1 else 's'} given; name two or more, or two groups.")
    if count and not 1 <= options.reference <= count:
        raise SettingsError(f"--reference is {options.reference}; there are clips 1 to {count}.")


def read_groups(table: Path) -> Sides:
    """The two groups of a CSV with columns `file`, `group` and, where known, `speaker`; files lie beside the CSV.

    Raises `SettingsError` where it cannot be read, a column is missing, or there are not two groups.
    """
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            given = tuple(name or "" for name in reader.fieldnames or ())
            rows = [row for _, row in zip(range(MAX_ROWS), reader, strict=False)]
    except (OSError, UnicodeError, csv.Error) as error:
        raise SettingsError(f"{str(table)!r} cannot be read as a CSV in UTF-8 ({error}).") from error
    names = {name.strip().lower(): name for name in given}
    if missing := [name for name in COLUMNS[:2] if name not in names]:
        raise SettingsError(
            f"{str(table)!r} has no column {' or '.join(missing)} (it has {', '.join(given) or 'none'}); add it."
        )
    groups: dict[str, list[Member]] = {}
    for row in rows:
        path, group, speaker = ((row.get(names.get(name, "")) or "").strip() for name in COLUMNS)
        if path and group:
            groups.setdefault(group, []).append(Member(str(table.parent / path), speaker))
    if len(groups) != 2:
        said = ", ".join(map(repr, list(groups)[:5])) or "none"
        raise SettingsError(f"{str(table)!r} has {len(groups)} groups ({said}); there must be two.")
    (first, a), (second, b) = groups.items()
    return Sides((first, second), (tuple(a), tuple(b)))


@dataclass(frozen=True)
class _Clip:
    """A clip that was heard; the sound only of those that are compared one by one."""

    analysis: "Analysis"
    waveform: "Waveform | None"


def _hear(
    options: argparse.Namespace, sides: Sides | None, engine: "Engine", settings: Settings
) -> tuple[dict[str, _Clip], int]:
    """What was heard of every clip, each once, by the way it was named, and how many there were to hear."""
    members = [member.path for group in sides.members for member in group] if sides else []
    paths = list(dict.fromkeys([*options.clips, *members]))
    alone = set(options.clips)
    heard: dict[str, _Clip] = {}

    def keep(position: int, analysis: "Analysis", waveform: "Waveform") -> None:
        path = paths[position]
        heard[path] = _Clip(analysis, waveform if path in alone else None)

    hear_all(paths, engine, settings, keep, drop_other=options.drop_other)
    return heard, len(paths)


def _found(options: argparse.Namespace, sides: Sides | None, heard: dict[str, _Clip], engine: "Engine") -> "Findings":
    from core.exports.comparisons import Findings

    comparison = _comparison(options, heard, engine) if options.clips else None
    groups = _groups(sides, heard, options.design) if sides else None
    return Findings(comparison, groups, options.language)


def _comparison(options: argparse.Namespace, heard: dict[str, _Clip], engine: "Engine") -> "Comparison":
    from core.comparison import Compared, CompareOptions, compare

    left = [(position, heard[path]) for position, path in enumerate(options.clips) if path in heard]
    positions = [position for position, _ in left]
    if len(left) < 2:
        raise ComparisonError(f"{len(left)} of {len(options.clips)} clips could be heard; a comparison needs two.")
    if options.reference - 1 not in positions:
        raise ComparisonError(f"The reference, clip {options.reference}, could not be heard; name another.")
    clips = [Compared(clip.analysis, clip.waveform) for _, clip in left]
    if options.noise:
        clips = _with_noise(clips, engine, options)
    return compare(clips, positions.index(options.reference - 1), CompareOptions(align=options.align))


def _with_noise(clips: "Sequence[Compared]", engine: "Engine", options: argparse.Namespace) -> "list[Compared]":
    """The clips with their noise, each sound's measured once."""
    from core.comparison import NoiseFloor, noise_floor

    floors: dict[str, NoiseFloor] = {}
    left_out = NOT_NAMED if options.drop_other else ()
    for number, clip in enumerate(clips):
        show_progress(f"the model's own noise: clip {number + 1} of {len(clips)}")
        if clip.waveform is not None and clip.analysis.sha256 not in floors:
            floors[clip.analysis.sha256] = noise_floor(clip.waveform, engine, left_out=left_out)
    show_progress("")
    return [replace(clip, noise=floors.get(clip.analysis.sha256)) for clip in clips]


def _groups(sides: Sides, heard: dict[str, _Clip], design: str) -> "GroupComparison":
    from core.comparison import Group, GroupOptions, compare_groups

    groups = []
    for name, members in zip(sides.names, sides.members, strict=True):
        left = [member for member in members if member.path in heard]
        speakers = [member.speaker for member in left]
        analyses = [heard[member.path].analysis for member in left]
        groups.append(Group.of(name, analyses, speakers if any(speakers) else ()))
    return compare_groups(groups[0], groups[1], GroupOptions(design=design))


def _written(found: "Findings", options: argparse.Namespace) -> Path | None:
    if options.out is None:
        return None
    from core.exports.comparisons import write_comparison

    return write_comparison(found, options.out)


def _deliver(found: "Findings", folder: Path | None, options: argparse.Namespace, results: TextIO) -> None:
    if options.json:
        from core.exports.comparisons import comparison_record

        print(json_line(json.dumps(comparison_record(found), ensure_ascii=False, allow_nan=False)), file=results)
    else:
        lines = [*_comparison_lines(found.comparison), *_group_lines(found.groups)]
        print("\n".join(lines), file=results)
        if folder is not None:
            print(f"  written to {plain(str(folder))}", file=results)
    results.flush()


def _comparison_lines(comparison: "Comparison | None") -> list[str]:
    if comparison is None:
        return []
    lines = []
    for number, clip in enumerate(comparison.clips):
        analysis = clip.analysis
        said = " or ".join(named(each.label, each.score) for each in analysis.candidates)
        lines.append(f"{number + 1}  {plain(analysis.name)} · {analysis.duration_s:.2f} s")
        lines.append(f"   {'unsure: ' if analysis.unsure else ''}{said}")
        if number == comparison.reference:
            lines.append("   the reference")
        else:
            lines += [f"   {line}" for line in _pair_lines(comparison.pairs[comparison.reference][number])]
    if len(comparison.clips) > 2:
        lines += _matrix_lines(comparison)
    return lines


def _pair_lines(pair: "Pair") -> list[str]:
    """How far the clip is from the reference, in three lines."""
    curves = [
        f"{pair.curve_distance:.3f} at the same second",
        f"{pair.curve_distance_normalised:.3f} at the same share",
    ]
    curves += [] if pair.aligned_distance is None else [f"{pair.aligned_distance:.3f} aligned"]
    figures = {
        "cosine": (pair.emotion_cosine, ".3f", ""),
        "pitch": (pair.pitch_st, "+.1f", " semitones"),
        "level": (pair.energy_db, "+.1f", " dB"),
        "rate": (pair.rate_ratio, ".2f", "×"),
    }
    voice = [f"{name} {value:{form}}{unit}" for name, (value, form, unit) in figures.items() if value is not None]
    return [f"scores {_verdict(pair)}", f"curves {' · '.join(curves)}", " · ".join(voice)]


def _verdict(pair: "Pair") -> str:
    apart = f"{pair.js_distance:.3f} from the reference's (Jensen–Shannon)"
    if pair.is_same_sound:
        return f"{apart}: the same sound, no difference"
    if pair.is_different is None or pair.noise_level is None:
        return f"{apart}; --noise tells whether that is a difference"
    said = "a difference" if pair.is_different else "no difference"
    return f"{apart}: {said}, the model's own noise is {pair.noise_level:.3f}"


def _matrix_lines(comparison: "Comparison") -> list[str]:
    """Distances of scores of all pairs, in the order of the tree."""
    order = comparison.order
    distances = comparison.matrix("js_distance")
    head = " ".join(f"{number + 1:5d}" for number in order)
    rows = [f"  {i + 1:3d} {' '.join(f'{distances[i, j]:5.3f}' for j in order)}" for i in order]
    return [f"      {head}", *rows]


def _group_lines(groups: "GroupComparison | None") -> list[str]:
    if groups is None:
        return []
    exact = ", all there are" if groups.exact else ""
    head = f"{plain(groups.name_b)} against {plain(groups.name_a)}"
    units = f"{groups.units_b} against {groups.units_a} units of {groups.clips_b} and {groups.clips_a} clips"
    return [
        head,
        f"  {groups.design}: {units}; {groups.permutations} permutations{exact}",
        "     emotion  mean a  mean b  difference   Hedges' g [95 %]        Cliff's δ        p   p Holm     p BH",
        *(_test_line(test) for test in groups.tests),
    ]


def _test_line(test: "GroupTest") -> str:
    known = test.hedges_g is not None and test.hedges_g_low is not None and test.hedges_g_high is not None
    effect = f"{test.hedges_g:+.2f} [{test.hedges_g_low:+.2f}, {test.hedges_g_high:+.2f}]" if known else ""
    means = f"{test.mean_a:7.1%} {test.mean_b:7.1%} {100 * test.difference:+8.1f} pts"
    return (
        f"  {test.emotion:>10} {means}   {effect:22} {test.cliffs_delta:+9.2f} {test.p:9.4f} {test.p_holm:8.4f} "
        f"{test.p_bh:8.4f}{'  *' if test.p_holm < 0.05 else ''}"
    )
