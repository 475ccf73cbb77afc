"""The report's figure: sound, emotion curves and segments over one time axis, as plain JSON values for plotly.js."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.audio import outline, peaks
from core.curves.decimation import extremes, visible
from core.emotions import DASHES, EMOTION_KEYS, emotion
from core.exports.tables import Frames
from core.results import Array, Segment, Waveform

PIXELS = 3000  # columns of a curve: those of a wide screen, and some to zoom into
MAX_WORDS = 400  # segments with a name in the lane; more would be slow to draw
LINE = "#7F8C9B"
GRID = "rgba(127,140,155,0.3)"
PAUSE = "rgba(127,140,155,0.18)"


def figure_json(
    frames: Frames, segments: Sequence[Segment], sound: Waveform | None, span_s: tuple[float, float], words: Any
) -> dict[str, Any]:
    """`data` and `layout` of a figure of what lies in `span_s`; probabilities are those of `frames`."""
    import plotly.graph_objects as go  # type: ignore[import-untyped]
    from plotly.subplots import make_subplots  # type: ignore[import-untyped]

    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, row_heights=[0.18, 0.68, 0.14], vertical_spacing=0.02)
    if sound is not None:
        figure.add_trace(go.Scatter(**_outline(sound, span_s)), row=1, col=1)
    for trace in _curves(frames, words["emotions"]):
        figure.add_trace(go.Scatter(**trace), row=2, col=1)
    figure.add_trace(go.Bar(**_lane(segments, words["emotions"])), row=3, col=1)
    figure.update_xaxes(range=list(span_s), showgrid=False, zeroline=False)
    figure.update_xaxes(title=words["time_clock"], row=3, col=1)  # report.js writes its ticks as a clock says them
    for row in (1, 3):
        figure.update_yaxes(visible=False, fixedrange=True, row=row, col=1)
    figure.update_yaxes(title=words["probability"], range=[0, 102], fixedrange=True, gridcolor=GRID, row=2, col=1)
    figure.update_layout(
        height=540, barmode="overlay", hovermode="x unified", dragmode="zoom", template="none", font={"color": LINE},
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", margin={"l": 56, "r": 12, "t": 64, "b": 44},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.01, "x": 0}, shapes=_pauses(frames, span_s),
        uniformtext={"mode": "hide", "minsize": 11},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": LINE, "activecolor": "#5B74C4"},
    )  # fmt: skip
    plain: dict[str, Any] = figure.to_plotly_json()
    return plain


def _outline(sound: Waveform, span_s: tuple[float, float]) -> dict[str, Any]:
    """The lowest and highest samples as a closed line, over `span_s`."""
    count = min(PIXELS, max(1, sound.num_samples))
    times_s = span_s[0] + (np.arange(count) + 0.5) * sound.duration_s / count
    x, y = outline(times_s, peaks(sound, count))
    style = {"fill": "toself", "fillcolor": LINE, "line": {"color": LINE, "width": 0.6}, "mode": "lines"}
    return {
        "x": np.round(x, 4).tolist(),
        "y": np.round(y, 4).tolist(),
        "hoverinfo": "skip",
        "showlegend": False,
    } | style


def _curves(frames: Frames, names: dict[str, str]) -> list[dict[str, Any]]:
    """A line an emotion that ever reaches a tenth; none where nobody speaks."""
    values = np.asarray(frames.probabilities, dtype=np.float64)
    if frames.speech is not None:
        values = np.where(frames.speech[:, None], values, np.nan)
    times_s, values = extremes(frames.times_s, 100 * values, PIXELS)
    return [
        {
            "x": np.round(times_s, 4).tolist(),
            "y": _jsonable(values[:, column]),
            "name": names[key],
            "mode": "lines" if len(times_s) > 1 else "markers",
            "connectgaps": False,
            "line": {"color": emotion(key).colour, "width": 1.7, "dash": DASHES[EMOTION_KEYS.index(key)]},
            "hovertemplate": "%{y:.1f} %",
            "visible": True if _reaches(values[:, column], 10.0) else "legendonly",
        }
        for column, key in enumerate(frames.labels)
    ]


def _reaches(values: Array, level: float) -> bool:
    finite = values[np.isfinite(values)]
    return bool(len(finite) and finite.max() >= level)


def _jsonable(values: Array) -> list[float | None]:
    return [round(float(value), 2) if np.isfinite(value) else None for value in values]


def _lane(segments: Sequence[Segment], names: dict[str, str]) -> dict[str, Any]:
    """A bar a segment, in its emotion's colour; its name where there is room for it."""
    says = [names[each.label] for each in segments] if len(segments) <= MAX_WORDS else None
    return {
        "orientation": "h",
        "base": [round(each.start_s, 4) for each in segments],
        "x": [round(each.duration_s, 4) for each in segments],
        "y": [0] * len(segments),
        "width": 0.9,
        "marker": {"color": [emotion(each.label).colour for each in segments], "line": {"width": 0}},
        "text": says,
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "textfont": {"color": "#14161B"},
        "customdata": [f"{names[each.label]} · {100 * each.probability:.0f} %" for each in segments],
        "hovertemplate": "%{customdata}<extra></extra>",
        "showlegend": False,
    }


def _pauses(frames: Frames, span_s: tuple[float, float]) -> list[dict[str, Any]]:
    """Grey where nobody speaks, over the curves."""
    if frames.speech is None or not len(frames.times_s):
        return []
    silent = np.flatnonzero(np.diff(np.concatenate([[False], ~frames.speech, [False]]).astype(np.int8)))
    last = len(frames.times_s) - 1
    spans_s = [
        (span_s[0] if begin == 0 else float(frames.times_s[begin]), float(frames.times_s[min(end, last)]))
        for begin, end in silent.reshape(-1, 2)
    ]
    return [
        {"type": "rect", "xref": "x2", "yref": "y2", "x0": start, "x1": end, "y0": 0, "y1": 102, "line": {"width": 0},
         "fillcolor": PAUSE, "layer": "below"}
        for start, end in visible(spans_s, *span_s, PIXELS // 4)
    ]  # fmt: skip
