"""A comparison as tables: a column name → its values, all of one length; None where there is nothing to say."""

from dataclasses import fields
from typing import Any

import numpy as np

from core.comparison.comparing import MEASURES, Comparison
from core.comparison.groups import GroupComparison, GroupTest
from core.emotions import EMOTION_KEYS

Table = dict[str, list[Any]]


def clips_table(comparison: Comparison) -> Table:
    """A row a clip: verdict, the nine scores and their differences from the reference's, voice, noise."""
    rows = []
    for number, clip in enumerate(comparison.clips):
        analysis, voice = clip.analysis, clip.voice
        rows.append(
            {
                "clip": number + 1,
                "name": analysis.name,
                "is_reference": number == comparison.reference,
                "label": analysis.label,
                "confidence": analysis.confidence,
                **analysis.scores,
                **{f"{key}_difference": float(comparison.differences[number, k]) for k, key in enumerate(EMOTION_KEYS)},
                "duration_s": analysis.duration_s,
                "speech_s": voice.speech_s if voice else None,
                "pitch_hz": voice.pitch_hz if voice else None,
                "level_db": voice.level_db if voice else None,
                "nuclei_per_s": voice.nuclei_per_s if voice else None,
                "noise_level": clip.noise.level if clip.noise else None,
                "checkpoint": analysis.checkpoint.id,
                "revision": analysis.checkpoint.revision,
                "sha256": analysis.sha256,
            }
        )
    return _columns(rows)


def pairs_table(comparison: Comparison) -> Table:
    """A row a pair, every measure and each emotion's correlation; the reference comes first in its pairs."""
    rows = []
    for i, j in ordered_pairs(comparison):
        pair = comparison.pairs[i][j]
        names = [comparison.clips[k].analysis.name for k in (i, j)]
        rows.append(
            {
                "clip_a": i + 1,
                "clip_b": j + 1,
                "name_a": names[0],
                "name_b": names[1],
                **{measure: getattr(pair, measure) for measure in MEASURES},
                "alignment_cost": pair.alignment_cost,
                "noise_level": pair.noise_level,
                "is_different": pair.is_different,
                "is_same_sound": pair.is_same_sound,
                **{f"{label}_r": pair.correlations[label] for label in comparison.labels},
                **{f"{label}_aligned_r": pair.aligned_correlations.get(label) for label in comparison.labels},
            }
        )
    return _columns(rows)


def ordered_pairs(comparison: Comparison) -> list[tuple[int, int]]:
    """Every two clips once, the reference's first."""
    order = [comparison.reference, *(k for k in range(len(comparison.clips)) if k != comparison.reference)]
    return [(first, second) for at, first in enumerate(order) for second in order[at + 1 :]]


def curves_table(comparison: Comparison) -> Table:
    """A row a frame of a clip: its own time, its share of the duration, and the reference's moment it belongs to.

    `reference_s` is what a chart of the aligned curves has as its axis; None where clips were not aligned.
    """
    parts: list[Table] = []
    for number, clip in enumerate(comparison.clips):
        analysis = clip.analysis
        times_s = analysis.frame_times_s
        alignment = comparison.alignment(comparison.reference, number)
        moments: list[Any] = [None] * len(times_s)
        if number == comparison.reference:
            moments = times_s.tolist()
        elif alignment is not None:
            moments = alignment.warp_back(times_s).tolist()
        probabilities = np.asarray(analysis.frame_probabilities, np.float64)
        parts.append(
            {
                "clip": [number + 1] * len(times_s),
                "name": [analysis.name] * len(times_s),
                "time_s": times_s.tolist(),
                "share": (times_s / analysis.duration_s).tolist(),
                "reference_s": moments,
                **{label: probabilities[:, k].tolist() for k, label in enumerate(analysis.labels)},
            }
        )
    return {name: [value for part in parts for value in part[name]] for name in parts[0]}


def paths_table(comparison: Comparison) -> Table:
    """A row a knot of the warp between the reference and each clip aligned to it: the same moment in both."""
    columns: Table = {"clip": [], "name": [], "reference_s": [], "clip_s": []}
    for number, clip in enumerate(comparison.clips):
        alignment = comparison.alignment(comparison.reference, number)
        if alignment is None:
            continue
        for reference_s, clip_s in alignment.knots_s.tolist():
            for name, value in zip(columns, (number + 1, clip.analysis.name, reference_s, clip_s), strict=True):
                columns[name].append(value)
    return columns


def groups_table(groups: GroupComparison) -> Table:
    """A row an emotion: means, effect sizes, p-values, and how they came about."""
    facts = {
        "group_a": groups.name_a, "group_b": groups.name_b, "design": groups.design, "clips_a": groups.clips_a,
        "clips_b": groups.clips_b, "units_a": groups.units_a, "units_b": groups.units_b,
        "permutations": groups.permutations, "exact": groups.exact,
    }  # fmt: skip
    names = [field.name for field in fields(GroupTest)]
    return _columns([{**{name: getattr(test, name) for name in names}, **facts} for test in groups.tests])


def _columns(rows: list[dict[str, Any]]) -> Table:
    return {name: [row[name] for row in rows] for name in rows[0]}
