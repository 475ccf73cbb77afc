"""What a kept head says, drawn: its classes are a person's own words, so they have no colours of their own. Pure."""

from html import escape

import plotly.graph_objects as go  # type: ignore[import-untyped]

from core.curves import smooth_probabilities
from core.curves.decimation import bucket_means
from core.curves.smoothing import Method
from core.emotions import EMOTION_KEYS
from core.projection import HeadScores
from core.results import Array
from dashboard.charts import FAINT, finished
from dashboard.components.names import labelled
from dashboard.explorer_charts import MOST_NAME, PALETTE, Bar
from dashboard.language import Texts
from dashboard.timeline_charts import time_ticks

HEIGHT_PX = 320
PIXELS = 1500  # points of a curve at most
DASHES = ("solid", "dash", "dot")  # once the colours are used up


def head_bars(said: HeadScores, texts: Texts) -> list[Bar]:
    """A bar a class."""
    return [
        Bar(called(label, texts), float(score), note=f"{100 * float(score):.0f} %")
        for label, score in zip(said.classes, said.probabilities, strict=True)
    ]


def head_curves(
    said: HeadScores, times_s: Array, duration_s: float, texts: Texts, smoothing: Method, smoothing_s: float
) -> go.Figure:
    """The probability of each class over (num_frames,) times, smoothed as the timeline's own curves are.

    Raises `ValueError` for scores without frames.
    """
    if (probabilities := said.frame_probabilities) is None:
        raise ValueError("these scores are of the clip alone")
    values = smooth_probabilities(probabilities, smoothing, smoothing_s)
    times_s, values = bucket_means(times_s, values, PIXELS)
    figure = go.Figure()
    for place, label in enumerate(said.classes):
        line = {"color": PALETTE[place % len(PALETTE)], "width": 1.8, "dash": DASHES[place // len(PALETTE) % 3]}
        figure.add_scatter(
            x=times_s, y=100 * values[:, place], mode="lines", line=line,
            name=escape(called(label, texts), quote=False), hovertemplate="%{y:.0f} %",
        )  # fmt: skip
    ticks, words = time_ticks(0.0, duration_s)
    figure.update_xaxes(
        range=[0, duration_s], tickvals=ticks, ticktext=words, showgrid=False, zeroline=False, fixedrange=True
    )
    figure.update_yaxes(
        title=texts("chart.probability"), range=[0, 102], showgrid=True, gridcolor=FAINT, zeroline=False,
        fixedrange=True,
    )  # fmt: skip
    legend = {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "title": None}
    return finished(figure, height=HEIGHT_PX, top=40, hovermode="x unified", legend=legend)


def called(label: str, texts: Texts) -> str:
    """A class's name, an emotion's in this language, another one cut where it is long; escaping is the figure's."""
    if label in EMOTION_KEYS:
        return labelled(label, texts)
    return label if len(label) <= MOST_NAME else label[: MOST_NAME - 1] + "…"
