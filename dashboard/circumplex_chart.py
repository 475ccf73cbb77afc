"""The path of a curve on the circumplex of affect, as a Plotly figure. Pure."""

import numpy as np
import plotly.graph_objects as go

from core.curves import PLACES, circumplex
from core.curves.decimation import bucket_means
from core.emotions import emotion
from core.results import Array
from dashboard.charts import FAINT, INK, finished
from dashboard.components.names import labelled
from dashboard.language import Texts
from dashboard.timeline_charts import fine_clock, time_ticks

MAX_POINTS = 400
REACH = 1.18
GAP_STEPS = 3.0  # times further apart than so many steps have silence between them: the line is broken


def circumplex_path(times_s: Array, probabilities: Array, labels: tuple[str, ...], texts: Texts) -> go.Figure:
    """Valence and arousal over time: (num_steps,) times and (num_steps, num_labels) probabilities of speech.

    At most MAX_POINTS points, means of stretches; the anchors are the emotions' own places. Raises `ValueError` where
    no label has one.
    """
    times_s, means = bucket_means(times_s, probabilities, MAX_POINTS)
    times_s, path = _with_gaps(times_s, circumplex(means, labels))
    figure = go.Figure()
    figure.add_shape(type="circle", x0=-1, y0=-1, x1=1, y1=1, line={"color": FAINT, "width": 1}, layer="below")
    figure.add_scatter(
        x=path[:, 0], y=path[:, 1], mode="lines+markers", line={"color": "rgba(127,140,155,0.35)", "width": 1},
        marker={"color": times_s, "colorscale": "Viridis", "size": 5, "colorbar": _clock_bar(times_s, texts)},
        text=["" if np.isnan(v) else f"{fine_clock(t)} · {v:+.2f} / {a:+.2f}"
              for t, (v, a) in zip(times_s, path, strict=True)],
        hovertemplate="%{text}<extra></extra>", showlegend=False,
    )  # fmt: skip
    placed = [label for label in labels if label in PLACES]
    figure.add_scatter(
        x=[PLACES[label][0] for label in placed], y=[PLACES[label][1] for label in placed], mode="markers+text",
        marker={"color": [emotion(label).colour for label in placed], "size": 12, "line": {"color": INK, "width": 1}},
        text=[labelled(label, texts) for label in placed], textposition=[_beside(label) for label in placed],
        hoverinfo="skip", showlegend=False, cliponaxis=False,
    )  # fmt: skip
    axis = {"range": [-REACH, REACH], "zeroline": True, "zerolinecolor": FAINT, "showgrid": False,
            "constrain": "domain", "tickvals": [-1, -0.5, 0, 0.5, 1], "fixedrange": True}  # fmt: skip
    figure.update_xaxes(title=texts("structure.valence"), **axis)
    figure.update_yaxes(title=texts("structure.arousal"), scaleanchor="x", **axis)
    return finished(figure, height=460)


def _with_gaps(times_s: Array, path: Array) -> tuple[Array, Array]:
    """The path with NaN between two points that are not neighbours in time."""
    steps_s = np.diff(times_s)
    after = np.flatnonzero(steps_s > GAP_STEPS * np.median(steps_s)) + 1 if len(steps_s) else np.zeros(0, dtype=int)
    middles_s = (times_s[after - 1] + times_s[after]) / 2
    return np.insert(times_s, after, middles_s), np.insert(path, after, np.nan, axis=0)


def _beside(label: str) -> str:
    """Where the word stands, so that the three that lie close do not write over each other."""
    beside = {"fearful": "middle left", "disgusted": "middle left", "neutral": "bottom right"}
    return beside.get(label, "bottom center" if label in ("happy", "sad") else "top center")


def _clock_bar(times_s: Array, texts: Texts) -> dict[str, object]:
    first, last = (float(times_s[0]), float(times_s[-1])) if len(times_s) else (0.0, 1.0)
    values, words = time_ticks(first, max(last, np.nextafter(first, np.inf)))
    title = {"text": texts("chart.time_clock"), "side": "bottom"}
    return {"title": title, "tickvals": values, "ticktext": words, "thickness": 8, "orientation": "h",
            "y": -0.36}  # fmt: skip
