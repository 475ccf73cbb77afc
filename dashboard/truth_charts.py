"""The confusion matrix as a Plotly figure whose cells can be chosen. Pure."""

from typing import Any

import numpy as np
import plotly.graph_objects as go  # type: ignore[import-untyped]

from core.truth import GroundTruth
from dashboard.charts import finished
from dashboard.components.names import labelled
from dashboard.language import Texts

Cell = tuple[str, str]  # a reference and a verdict
ROW_PX = 46
HEAD_PX = 96
MARKER_PX = 40
# Opaque, so that a cell reads the same on light and dark ground; its text is black or white by its own colour.
SCALE = ((0.0, "#F3F1EC"), (0.02, "#E3E6F2"), (0.25, "#98A1CC"), (0.6, "#596AAA"), (1.0, "#1F2853"))
CHOSEN_COLOUR = "#D55E00"


def confusion_chart(truth: GroundTruth, texts: Texts) -> go.Figure:
    """References down, verdicts across; each cell its clips, and their share of its row, which is its colour.

    Over each cell lies a marker, since Plotly selects no cells of heat maps; it is seen where it was chosen, and its
    `customdata` is the cell's row and column.
    """
    names = [labelled(label, texts) for label in truth.labels]
    words = [
        [_words(count, share) for count, share in zip(counts, shares, strict=True)]
        for counts, shares in zip(truth.confusion.tolist(), truth.shares.tolist(), strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            x=names,
            y=names,
            z=np.nan_to_num(truth.shares).round(4).tolist(),
            zmin=0,
            zmax=1,
            colorscale=[list(step) for step in SCALE],
            showscale=False,
            xgap=2,
            ygap=2,
            text=words,
            texttemplate="%{text}",
            hoverinfo="skip",
        )
    )
    _add_cells(figure, truth, names, texts)
    figure.update_xaxes(
        title=texts("truth.said"), side="top", showgrid=False, ticks="", fixedrange=True, tickangle=0, automargin=True
    )
    figure.update_yaxes(
        title=texts("truth.reference"), autorange="reversed", showgrid=False, ticks="", fixedrange=True, automargin=True
    )
    figure.update_layout(clickmode="event+select", hovermode="closest", hoverdistance=MARKER_PX, uirevision="truth")
    return finished(figure, height=HEAD_PX + ROW_PX * len(names), top=8, showlegend=False)


def cell_in(selection: Any, truth: GroundTruth) -> Cell | None:
    """The cell of a selection as `st.plotly_chart` gives it; None for none, or one of another matrix."""
    points = selection.get("points") or []
    ids: Any = (points[0].get("customdata") if points else None) or ()
    if len(ids) != 2 or not all(isinstance(each, int) and 0 <= each < len(truth.labels) for each in ids):
        return None
    return truth.labels[ids[0]], truth.labels[ids[1]]


def _words(count: int, share: float) -> str:
    """`132` over `12.8 %`; nothing in an empty cell."""
    return f"<b>{count:,}</b><br>{100 * share:.1f} %" if count else ""


def _add_cells(figure: go.Figure, truth: GroundTruth, names: list[str], texts: Texts) -> None:
    places = [(row, column) for row in range(len(names)) for column in range(len(names))]
    figure.add_scatter(
        x=[names[column] for _, column in places],
        y=[names[row] for row, _ in places],
        mode="markers",
        customdata=[list(place) for place in places],
        hovertext=[_hover(truth, row, column, names, texts) for row, column in places],
        hoverinfo="text",
        marker={
            "symbol": "square-open",
            "size": MARKER_PX,
            "color": CHOSEN_COLOUR,
            "line": {"width": 3},
            "opacity": 0,
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0}},
    )


def _hover(truth: GroundTruth, row: int, column: int, names: list[str], texts: Texts) -> str:
    share = np.nan_to_num(truth.shares[row, column])
    return texts(
        "truth.cell_hover",
        reference=names[row],
        said=names[column],
        count=f"{truth.confusion[row, column]:,}",
        percent=f"{100 * share:.1f}",
    )
