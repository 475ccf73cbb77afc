"""A map to take along: a page of its own, or a table."""

import csv
import html
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.emotions import EMOTION_KEYS, emotion
from core.errors import ExportError
from core.exports.tables import safe_cell
from core.results import Array
from core.text import plain

MOST_COLOURS = 24  # values with a colour of their own, the most frequent ones; the others share one
# Okabe & Ito's eight, then tones between them; a colour's second turn has another symbol.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#B8A800", "#7F8C9B", "#882255", "#44AA99",
           "#6699CC", "#AA4466")  # fmt: skip
REST = "#B0B0B0"
SYMBOLS = ("circle", "diamond", "square", "cross", "x")
EMOTION_COLUMNS = ("label", "reference")
_AXES = ("x", "y", "z")
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; "
    "worker-src blob:"
)  # nothing from anywhere else; plotly's WebGL compiles its own drawing code


@dataclass(frozen=True)
class DrawnMap:
    """A map and what is told of its points.

    Attributes:
        positions: (n, 2 or 3) float32.
        columns: by name, n values a column: texts, numbers, None; `source` is what a point is called.
        title: said above the map; data, as everything here.
    """

    positions: Array
    columns: Mapping[str, Sequence[Any]]
    title: str


def map_html(drawn: DrawnMap, colour: str) -> str:
    """A page that needs nothing beside it: plotly.js is inside, and no address is asked.

    Raises `ExportError` where there is no such column to colour by.
    """
    if colour not in drawn.columns:
        there = ", ".join(drawn.columns)
        raise ExportError(f"The points cannot be coloured by {colour!r}; by these they can: {there}.")
    page = str(_figure(drawn, colour).to_html(include_plotlyjs=True, full_html=True, config={"displaylogo": False}))
    head = (
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{html.escape(drawn.title)}</title>"
        "<style>html, body, body > div, .plotly-graph-div { height: 100%; margin: 0 }</style></head>"
    )
    return page.replace("</head>", head, 1)


def map_csv(drawn: DrawnMap) -> Iterator[str]:
    """A line a clip: its key, its position, and all that is told of it; safe in spreadsheets."""
    axes = _AXES[: drawn.positions.shape[1]]
    yield _line(["key", *axes, *(safe_cell(name) for name in drawn.columns if name != "key")])
    columns = [values for name, values in drawn.columns.items() if name != "key"]
    for key, position, *cells in zip(drawn.columns["key"], drawn.positions.tolist(), *columns, strict=True):
        yield _line([str(key), *(f"{at:.5f}" for at in position), *map(_cell, cells)])


def _line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _cell(value: Any) -> str:
    if value is None or value is True or value is False:
        return {None: "", True: "true", False: "false"}[value]
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}" if np.isfinite(value) else ""
    return str(value) if isinstance(value, (int, np.integer)) else safe_cell(str(value))


def shown(text: Any) -> str:
    """Text from outside as plotly shows it literally: it reads some HTML in names and hover texts."""
    return html.escape(plain("" if text is None else str(text)), quote=False)


def _figure(drawn: DrawnMap, colour: str) -> Any:
    import plotly.graph_objects as go

    values = list(drawn.columns[colour])
    numbers = _numbers(values)
    traces = _by_number(drawn, colour, numbers) if numbers is not None else _by_value(drawn, colour, values)
    figure = go.Figure(traces)
    plain_axis = {"showgrid": False, "zeroline": False, "showticklabels": False, "title": ""}
    figure.update_layout(
        template="plotly_white", title={"text": shown(drawn.title), "font": {"size": 15}}, dragmode="pan",
        margin={"l": 10, "r": 10, "t": 50, "b": 10}, hoverlabel={"align": "left"},
        legend={"itemsizing": "constant", "title": {"text": shown(colour)}},
        scene={"xaxis": plain_axis, "yaxis": plain_axis, "zaxis": plain_axis},
        xaxis=plain_axis, yaxis=plain_axis | {"scaleanchor": "x"},
    )  # fmt: skip
    return figure


def _numbers(values: list[Any]) -> Array | None:
    """(n,) float64 where the values are fractions, NaN for none; None where they are names or counts of groups."""
    known = [value for value in values if value is not None]
    if not known or not all(isinstance(value, (float, np.floating)) for value in known):
        return None
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _by_number(drawn: DrawnMap, colour: str, numbers: Array) -> list[dict[str, Any]]:
    known = np.isfinite(numbers)
    bar = {"title": {"text": shown(colour)}}
    marker = {"color": numbers[known].tolist(), "colorscale": "Viridis", "showscale": True, "colorbar": bar}
    traces = [_trace(drawn, np.flatnonzero(known), "", marker) | {"showlegend": False}]
    if not known.all():
        traces.append(_trace(drawn, np.flatnonzero(~known), "none", {"color": REST, "symbol": "circle"}))
    return traces


def _by_value(drawn: DrawnMap, colour: str, values: list[Any]) -> list[dict[str, Any]]:
    """A trace a value, the most frequent first."""
    texts = np.array(["" if value is None else str(value) for value in values], dtype=object).astype(str)
    found, counts = np.unique(texts, return_counts=True)
    order = found[np.argsort(-counts, kind="stable")].tolist()
    traces = []
    for number, value in enumerate(order[:MOST_COLOURS]):
        marker = {"color": _colour(colour, value, number), "symbol": SYMBOLS[number // len(COLOURS) % len(SYMBOLS)]}
        traces.append(_trace(drawn, np.flatnonzero(texts == value), value or "none", marker))
    if rest := order[MOST_COLOURS:]:
        name = f"{len(rest)} more"
        traces.append(_trace(drawn, np.flatnonzero(np.isin(texts, rest)), name, {"color": REST, "symbol": "circle"}))
    return traces


def _colour(column: str, value: str, number: int) -> str:
    if column in EMOTION_COLUMNS and value in EMOTION_KEYS:
        return emotion(value).colour
    return COLOURS[number % len(COLOURS)] if value else REST


def _trace(drawn: DrawnMap, rows: Array, name: str, marker: dict[str, Any]) -> dict[str, Any]:
    positions = drawn.positions[rows]
    is_flat = positions.shape[1] == 2
    if not is_flat:
        marker = marker | {"symbol": "circle"}  # not all symbols exist in three dimensions
    size = 5 if len(drawn.positions) < 5000 else 3
    axes = {
        axis: np.round(positions[:, at].astype(float), 4).tolist()
        for at, axis in enumerate(_AXES[: positions.shape[1]])
    }
    return {
        "type": "scattergl" if is_flat else "scatter3d",
        "mode": "markers",
        "name": shown(name),
        "marker": {"size": size if is_flat else size - 1, "opacity": 0.8} | marker,
        "text": [_hover(drawn, int(row)) for row in rows],
        "hovertemplate": "%{text}<extra></extra>",
    } | axes


def _hover(drawn: DrawnMap, row: int) -> str:
    """The card of a point: its name, then what is told of it."""
    lines = [f"<b>{shown(drawn.columns['source'][row])}</b>"] if "source" in drawn.columns else []
    for name, values in drawn.columns.items():
        value = values[row]
        if name in ("key", "source") or value is None or value == "":
            continue
        said = f"{value:.3g}" if isinstance(value, (float, np.floating)) else shown(value)
        lines.append(f"{shown(name)}: {said}")
    return "<br>".join(lines)
