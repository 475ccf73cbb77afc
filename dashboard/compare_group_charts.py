"""Two groups of clips → Plotly figures. Pure functions."""

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go  # type: ignore[import-untyped]

from core.emotions import emotion
from core.results import Array
from dashboard.charts import FAINT, INK, finished
from dashboard.compare_charts import emotion_tick
from dashboard.compare_groups import SIDES
from dashboard.compare_view import COLOURS
from dashboard.components.names import labelled
from dashboard.language import Texts
from dashboard.timeline_charts import plain

if TYPE_CHECKING:
    from core.comparison import GroupComparison

DRAWINGS = ("violin", "box")
SAMPLED = 300  # values a violin is drawn from: evenly spaced quantiles, which have the same shape
NAME_LENGTH = 40
SIGNIFICANT = 0.05


def distributions(found: "GroupComparison", draw: str, texts: Texts) -> go.Figure:
    """What each group's units say of each emotion: violins back to back, or boxes side by side."""
    figure, ticks = go.Figure(), [emotion_tick(key, texts) for key in found.labels]
    highest = 100 * max(float(values.max()) for values in (found.values_a, found.values_b))
    for at, (name, values) in enumerate(((found.name_a, found.values_a), (found.name_b, found.values_b))):
        shown, line = _sampled(values), {"color": COLOURS[at], "width": 1.5}
        for k, tick in enumerate(ticks):
            common = {
                "x": [tick] * len(shown), "y": shown[:, k], "name": group_name(name), "hoverinfo": "name+y",
                "legendgroup": SIDES[at], "showlegend": k == 0, "line": line,
            }  # fmt: skip
            if draw == "violin":  # a scale of its own for each: one that is nearly always zero would dwarf the others
                figure.add_violin(
                    **common, side="negative" if at == 0 else "positive", fillcolor=COLOURS[at], opacity=0.75,
                    points=False, box={"visible": True, "width": 0.12, "fillcolor": "rgba(255,255,255,0.6)"},
                    spanmode="hard", scalemode="width", scalegroup=f"{at}-{k}", width=0.85,
                )  # fmt: skip
            else:
                figure.add_box(
                    **common, offsetgroup=SIDES[at], marker={"color": COLOURS[at], "size": 3}, boxpoints="outliers"
                )
    span = [-0.01 * highest, min(101, 1.06 * highest)]
    figure.update_yaxes(title=texts("chart.probability"), range=span, showgrid=True, gridcolor=FAINT,
                        zeroline=False, fixedrange=True)  # fmt: skip
    figure.update_xaxes(showgrid=False, ticks="", fixedrange=True)
    figure.update_layout(
        violinmode="overlay",
        boxmode="group",
        violingap=0.1,
        legend={"orientation": "h", "y": 1.08, "x": 0, "title": None},
    )
    return finished(figure, height=380, top=50)


def effects(found: "GroupComparison", texts: Texts) -> go.Figure:
    """Hedges' g of each emotion with its 95 % interval; filled where the corrected p says it is more than chance."""
    tests = [test for test in found.tests if test.hedges_g is not None]
    names = [labelled(test.emotion, texts) for test in tests]
    values = np.array([_value(test.hedges_g) for test in tests])
    low = np.array([_value(test.hedges_g_low) for test in tests])
    high = np.array([_value(test.hedges_g_high) for test in tests])
    is_more = [test.p_holm < SIGNIFICANT for test in tests]
    figure = go.Figure()
    for sure, symbol in ((True, "circle"), (False, "circle-open")):
        kept = [i for i, each in enumerate(is_more) if each == sure]
        figure.add_scatter(
            x=values[kept], y=[names[i] for i in kept], mode="markers",
            name=texts(f"groups.{'more' if sure else 'chance'}"),
            error_x={"type": "data", "array": (high - values)[kept], "arrayminus": (values - low)[kept],
                     "thickness": 1.6, "color": INK},
            marker={"size": 12, "symbol": symbol, "color": [emotion(tests[i].emotion).colour for i in kept],
                    "line": {"width": 2, "color": [emotion(tests[i].emotion).colour for i in kept]}},
            customdata=[[tests[i].cliffs_delta, tests[i].p_holm] for i in kept],
            hovertemplate="%{y}: g %{x:+.2f}, δ %{customdata[0]:+.2f}, p %{customdata[1]:.3f}<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=0, line={"color": INK, "width": 1})
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1], showgrid=False, ticks="", fixedrange=True)
    title = texts("groups.g_axis", a=_short(found.name_a), b=_short(found.name_b))
    figure.update_xaxes(title=title, showgrid=True, gridcolor=FAINT, zeroline=False, fixedrange=True)
    figure.update_layout(legend={"orientation": "h", "y": 1.1, "x": 0, "title": None})
    return finished(figure, height=110 + 34 * len(tests), top=46)


def group_name(name: str) -> str:
    """A group's name, shortened, safe for Plotly."""
    return plain(_short(name, NAME_LENGTH))


def _short(name: str, most: int = 22) -> str:
    return plain(name if len(name) <= most else f"{name[: most - 1]}…")


def _sampled(values: Array) -> Array:
    """(k, num_labels) float32 per cents: all values, or evenly spaced quantiles of many."""
    shown = np.asarray(values, np.float64)
    if len(values) > SAMPLED:
        shown = np.quantile(shown, np.linspace(0, 1, SAMPLED), axis=0)
    return (100 * shown).astype(np.float32)


def _value(value: float | None) -> float:
    return np.nan if value is None else value
