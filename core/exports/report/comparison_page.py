"""The report of a comparison: one HTML file that holds everything, as `core.exports.report.page` makes of a clip."""

import base64
from datetime import datetime
from typing import Any

from core.audio.opus import opus_bytes
from core.checkpoints.registry import find
from core.comparison import MEASURES, Comparison, GroupComparison, Pair
from core.comparison.tables import ordered_pairs
from core.emotions import emotion
from core.errors import ExportError
from core.exports.report.comparison_figures import colour, comparison_data, emotion_choices, groups_data, letter
from core.exports.report.page import MAX_SOUND_S, version_text
from core.exports.report.rendering import render
from core.exports.report.words import Words
from core.text import plain


def comparison_html(
    comparison: Comparison | None,
    groups: GroupComparison | None = None,
    *,
    language: str = "en",
    at: datetime | None = None,
) -> bytes:
    """One HTML file; a browser that opens it fetches nothing from anywhere.

    The sound of clips that have a waveform is in it, as Opus, as far as MAX_SOUND_S in all reach.

    Raises:
        ExportError: nothing to report, or an unknown language.
    """
    words = Words(language)
    if comparison is None and groups is None:
        raise ExportError("There is no comparison to report; compare two clips or two groups first.")
    return render(
        "comparison.html",
        script="comparison.js",
        words=words,
        name=_name(comparison, groups, words),
        title=words("compare_title" if comparison else "compare_groups_title"),
        cards=_cards(comparison, words) if comparison else [],
        comparison=_comparison(comparison, words) if comparison else None,
        groups=_groups(groups, words) if groups else None,
        facts=_facts(comparison, at or datetime.now(), words),
        figure={
            "comparison": comparison_data(comparison, words) if comparison else None,
            "groups": groups_data(groups, words) if groups else None,
        },
    )


def _name(comparison: Comparison | None, groups: GroupComparison | None, words: Words) -> str:
    if comparison is not None:
        first = plain(comparison.clips[comparison.reference].analysis.name)
        return words("versus", first=first, count=len(comparison.clips) - 1)
    assert groups is not None
    return words("group_title", a=plain(groups.name_a), b=plain(groups.name_b))


def _cards(comparison: Comparison, words: Words) -> list[dict[str, Any]]:
    left_s = MAX_SOUND_S
    cards = []
    for number, clip in enumerate(comparison.clips):
        sound = ""
        if clip.waveform is not None and clip.waveform.duration_s <= left_s:
            left_s -= clip.waveform.duration_s
            sound = "data:audio/ogg;base64," + base64.b64encode(opus_bytes(clip.waveform)).decode()
        analysis = clip.analysis
        calibration = analysis.checkpoint.calibration
        unsure = words("unsure", threshold=f"{100 * calibration.unsure_below:.0f}") if calibration else ""
        cards.append(
            {
                "letter": letter(number),
                "colour": colour(number),
                "name": plain(analysis.name),
                "said": [(words.emotions[each.label], f"{100 * each.score:.1f} %") for each in analysis.candidates],
                "edge": emotion(analysis.label).colour,
                "unsure": unsure if analysis.unsure else "",
                "duration": f"{analysis.duration_s:.2f} s",
                "apart": _apart(comparison, number, words),
                "sound": sound,
            }
        )
    return cards


def _apart(comparison: Comparison, number: int, words: Words) -> str:
    """How far the clip is from the reference, and whether that is a difference."""
    if number == comparison.reference:
        return words("is_reference")
    pair = comparison.pairs[comparison.reference][number]
    against = letter(comparison.reference)
    if pair.is_same_sound:
        return words("same_sound", letter=against)
    distance = f"{pair.js_distance:.3f}"
    if pair.is_different is None or pair.noise_level is None:
        return words("noise_unknown", letter=against, distance=distance)
    key = "differs" if pair.is_different else "within_noise"
    return words(key, letter=against, distance=distance, level=f"{pair.noise_level:.3f}")


def _comparison(comparison: Comparison, words: Words) -> dict[str, Any]:
    shown = [name for name in MEASURES if any(_value(pair, name) for pair in _pairs(comparison))]
    return {
        "choices": emotion_choices(comparison, words),
        "axes": ["seconds", "share", *(["aligned"] if comparison.alignments else [])],
        "measures": [(name, words(name)) for name in shown],
        "rows": [_row(pair, shown, words) for pair in _pairs(comparison)],
        "difference": words("compare_difference", letter=letter(comparison.reference)),
    }


def _pairs(comparison: Comparison) -> list[Pair]:
    return [comparison.pairs[i][j] for i, j in ordered_pairs(comparison)]


def _value(pair: Pair, measure: str) -> str:
    value = getattr(pair, measure)
    if value is None:
        return ""
    signed = measure in ("pitch_st", "energy_db")
    return f"{value:+.1f}" if signed else f"{value:.2f}" if measure.endswith("ratio") else f"{value:.3f}"


def _row(pair: Pair, shown: list[str], words: Words) -> dict[str, Any]:
    said = "unknown" if pair.is_different is None else "yes" if pair.is_different else "no"
    return {
        "pair": f"{letter(pair.reference)} – {letter(pair.other)}",
        "values": [_value(pair, measure) for measure in shown],
        "noise": "" if pair.noise_level is None else f"{pair.noise_level:.3f}",
        "different": words(said),
        "stands_out": bool(pair.is_different),
    }


def _groups(groups: GroupComparison, words: Words) -> dict[str, Any]:
    names = {"a": plain(groups.name_a), "b": plain(groups.name_b)}
    note = words(
        "group_note",
        design=words(f"design_{groups.design}"),
        count=groups.permutations,
        exact=words("exact") if groups.exact else "",
        units_a=groups.units_a,
        units_b=groups.units_b,
        clips_a=groups.clips_a,
        clips_b=groups.clips_b,
    )
    rows = [
        {
            "emotion": words.emotions[test.emotion],
            "values": [
                f"{100 * test.mean_a:.1f}",
                f"{100 * test.mean_b:.1f}",
                f"{100 * test.difference:+.1f}",
                _effect(test.hedges_g, test.hedges_g_low, test.hedges_g_high),
                f"{test.cliffs_delta:+.2f}",
                f"{test.p:.4f}",
                f"{test.p_holm:.4f}",
                f"{test.p_bh:.4f}",
            ],
            "stands_out": test.p_holm < 0.05,
        }
        for test in groups.tests
    ]
    head = [
        words("mean_of", name=names["a"]), words("mean_of", name=names["b"]), words("difference_points"),
        *(words(key) for key in ("hedges_g", "cliffs_delta", "p", "p_holm", "p_bh")),
    ]  # fmt: skip
    return {"title": words("group_title", **names), "note": note, "head": head, "rows": rows}


def _effect(g: float | None, low: float | None, high: float | None) -> str:
    return "" if g is None or low is None or high is None else f"{g:+.2f} [{low:+.2f}, {high:+.2f}]"


def _facts(comparison: Comparison | None, at: datetime, words: Words) -> list[tuple[str, str]]:
    rows = []
    if comparison is not None:
        analysis = comparison.clips[0].analysis
        checkpoint = analysis.checkpoint
        known = find(checkpoint.id)
        rows = [
            (words("checkpoint"), f"{plain(checkpoint.id)} ({checkpoint.revision})"),
            (words("licence"), known.licence if known else words("licence_unknown")),
            (words("engine"), f"{analysis.engine} · {analysis.device} · {analysis.precision}"),
        ]
        for number, clip in enumerate(comparison.clips):
            rows.append((f"{letter(number)} · {words('identity')}", clip.analysis.sha256))
    return [*rows, (words("made"), f"{at:%Y-%m-%d %H:%M} · EmoScope {version_text()}")]
