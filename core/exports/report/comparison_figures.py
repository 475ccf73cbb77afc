"""The figures of a comparison's report, as JSON values for plotly.js; clips are letters, in colours of their own."""

import html
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.comparison import MEASURES, Comparison, GroupComparison
from core.curves.decimation import extremes
from core.emotions import DASHES, EMOTION_KEYS, emotion
from core.exports.report.figure import GRID, LINE
from core.exports.report.words import Words
from core.results import Array
from core.text import plain

BUCKETS = 400  # of a curve; each holds two points
KNOTS = 600  # of a warp
# Between the emotions' colours, and each reads on white and near-black with white letters on it.
COLOURS = ("#4263D6", "#C2417C", "#0F8A7E", "#B4570F", "#7A4FC4", "#5A7D1F", "#3E7F9E", "#8C6239")
SHORT = 28  # characters of a name in a figure


def letter(number: int) -> str:
    """A, B, …, Z, A2, B2, …"""
    turn, place = divmod(number, 26)
    return chr(ord("A") + place) + (str(turn + 1) if turn else "")


def colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def named(comparison: Comparison, number: int) -> str:
    """`A · name`, short, and safe in a figure's texts, which plotly.js reads as a subset of HTML."""
    return f"{letter(number)} · {shortened(comparison.clips[number].analysis.name)}"


def shortened(name: str) -> str:
    """A name from outside as plain text of a figure."""
    shown = plain(name)
    return html.escape(shown if len(shown) <= SHORT else shown[: SHORT - 1] + "…")


def comparison_data(comparison: Comparison, words: Words) -> dict[str, Any]:
    """All that the report's script draws: scores, differences, curves on three axes, warps, all pairs."""
    measures = [name for name in MEASURES if np.isfinite(_off_diagonal(comparison.matrix(name))).any()]
    return {
        "scores": _bars(comparison, words, against=False),
        "difference": _bars(comparison, words, against=True),
        "clips": [_curves(comparison, number) for number in range(len(comparison.clips))],
        "reference": comparison.reference,
        "measures": {name: _pairs(comparison, name) for name in measures},
        "layout": _layout(),
        "titles": {axis: _axis_title(axis, comparison, words) for axis in ("seconds", "share", "aligned")},
        "probability": words("probability"),
    }


def groups_data(groups: GroupComparison, words: Words) -> dict[str, Any]:
    """Distributions of both groups, box and points, and effect sizes with their intervals."""
    names = [words.emotions[label] for label in groups.labels]
    boxes = []
    for number, (name, values) in enumerate(((groups.name_a, groups.values_a), (groups.name_b, groups.values_b))):
        points = 100 * values
        boxes.append(
            {
                "type": "box", "name": shortened(name), "marker": {"color": colour(number), "size": 4},
                "x": [label for label in names for _ in range(len(points))],
                "y": [round(float(value), 2) for value in points.T.ravel()],
                "boxpoints": "all" if len(points) <= 200 else "outliers", "jitter": 0.4, "pointpos": 0,
            }
        )  # fmt: skip
    known = [(names[k], test) for k, test in enumerate(groups.tests) if test.hedges_g is not None]
    effects = {
        "type": "scatter", "mode": "markers", "marker": {"color": LINE, "size": 9}, "showlegend": False,
        "x": [_short(test.hedges_g) for _, test in known], "y": [name for name, _ in known],
        "error_x": {
            "type": "data", "symmetric": False, "color": LINE,
            "array": [_short((test.hedges_g_high or 0) - (test.hedges_g or 0)) for _, test in known],
            "arrayminus": [_short((test.hedges_g or 0) - (test.hedges_g_low or 0)) for _, test in known],
        },
        "hovertemplate": "%{y}: %{x:.2f}<extra></extra>",
    }  # fmt: skip
    common = _layout()
    return {
        "boxes": {
            "data": boxes,
            "layout": common
            | {"boxmode": "group", "height": 380, "yaxis": _percent_axis(words("probability"), [0, 102])},
        },
        "effects": {
            "data": [effects],
            "layout": common
            | {
                "height": 90 + 34 * max(1, len(known)),
                "margin": {"l": 120, "r": 12, "t": 12, "b": 44},
                "xaxis": {"title": {"text": "Hedges' g"}, "zeroline": True, "zerolinecolor": LINE, "gridcolor": GRID},
                "yaxis": {"autorange": "reversed", "showgrid": False},
            },
        },
    }


def _layout() -> dict[str, Any]:
    return {
        "template": "none", "font": {"color": LINE}, "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 56, "r": 12, "t": 40, "b": 44}, "hovermode": "closest", "barmode": "group",
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": LINE, "activecolor": "#5B74C4"},
    }  # fmt: skip


def _percent_axis(title: str, span: Sequence[float] | None = None) -> dict[str, Any]:
    axis: dict[str, Any] = {"title": {"text": title}, "gridcolor": GRID, "zeroline": True, "zerolinecolor": LINE}
    return axis if span is None else axis | {"range": list(span), "fixedrange": True}


def _bars(comparison: Comparison, words: Words, *, against: bool) -> dict[str, Any]:
    """Grouped bars, one group an emotion: the scores, or how many points they are above the reference's."""
    shown = [key for key in EMOTION_KEYS if key in comparison.labels]
    columns = [EMOTION_KEYS.index(key) for key in shown]
    data = []
    for number, clip in enumerate(comparison.clips):
        if against and number == comparison.reference:
            continue
        scores = comparison.differences[number] if against else [clip.analysis.scores[key] for key in EMOTION_KEYS]
        values = 100 * np.array(scores)[columns]
        data.append(
            {
                "type": "bar", "name": named(comparison, number), "marker": {"color": colour(number)},
                "x": [words.emotions[key] for key in shown], "y": [round(float(value), 2) for value in values],
                "hovertemplate": f"{letter(number)} · %{{x}}: %{{y:.1f}}<extra></extra>",
            }
        )  # fmt: skip
    title = words("compare_difference", letter=letter(comparison.reference)) if against else words("probability")
    span = None if against else [0, 102]
    return {"data": data, "layout": _layout() | {"height": 340, "yaxis": _percent_axis(title, span)}}


def _curves(comparison: Comparison, number: int) -> dict[str, Any]:
    """A clip's curves at its own moments, and what those are on the three axes."""
    analysis = comparison.clips[number].analysis
    times_s, values = extremes(analysis.frame_times_s, 100 * analysis.frame_probabilities, BUCKETS)
    alignment = comparison.alignment(comparison.reference, number)
    aligned, knots = None, None
    if number == comparison.reference:
        aligned, knots = times_s, np.array([[0.0, 0.0], [analysis.duration_s] * 2])
    elif alignment is not None:
        own_s = np.linspace(0, analysis.duration_s, KNOTS)
        aligned, knots = alignment.warp_back(times_s), np.stack([alignment.warp_back(own_s), own_s], axis=1)
    return {
        "letter": letter(number),
        "name": named(comparison, number),
        "colour": colour(number),
        "dash": DASHES[number % len(DASHES)],
        "duration_s": round(analysis.duration_s, 4),
        "seconds": _numbers(times_s, 4),
        "share": _numbers(100 * times_s / analysis.duration_s, 3),
        "aligned": None if aligned is None else _numbers(aligned, 4),
        "knots": None if knots is None else [_numbers(column, 4) for column in knots.T],
        "values": {label: _numbers(values[:, k], 2) for k, label in enumerate(analysis.labels)},
    }


def _pairs(comparison: Comparison, measure: str) -> dict[str, Any]:
    """The heat map of a measure in the order of its tree, and the tree's branches over the columns' places."""
    from scipy.cluster.hierarchy import dendrogram

    tree = comparison.tree(measure)
    order = list(tree.order)
    matrix = comparison.matrix(measure)[np.ix_(order, order)]
    branches = dendrogram(tree.linkage, no_plot=True)
    x = [[(value - 5) / 10 for value in branch] for branch in branches["icoord"]]  # leaves at 5, 15, … → 0, 1, …
    return {
        "names": [letter(number) for number in order],
        "values": [[_short(value) for value in row] for row in matrix],
        "branches": [{"x": xs, "y": [_short(v) for v in ys]} for xs, ys in zip(x, branches["dcoord"], strict=True)],
        "diverging": measure in ("pitch_st", "energy_db"),
    }


def _off_diagonal(matrix: Array) -> Array:
    found: Array = matrix[~np.eye(len(matrix), dtype=bool)]
    return found


def _axis_title(axis: str, comparison: Comparison, words: Words) -> str:
    return words(f"axis_title_{axis}", letter=letter(comparison.reference))


def _numbers(values: Array, decimals: int) -> list[float]:
    rounded: list[float] = np.round(np.asarray(values, np.float64), decimals).tolist()
    return rounded


def _short(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), 4)


def emotion_choices(comparison: Comparison, words: Words) -> list[tuple[str, str]]:
    """Keys and names of the emotions to choose a curve of, the reference's verdict first."""
    ranked = comparison.clips[comparison.reference].analysis.ranking
    return [(entry.label, words.emotions[emotion(entry.label).key]) for entry in ranked]
