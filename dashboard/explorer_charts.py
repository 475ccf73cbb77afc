"""The map of many clips, and the figures beside it. Pure: arrays and words come in, nothing is read or kept.

Each point carries its row of the map as `customdata`: traces split the points, so that their own numbers mean nothing.
The axes have no numbers: those of UMAP mean nothing, and what lies near what is the whole message.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go  # type: ignore[import-untyped]

from core.emotions import EMOTION_KEYS, emotion
from core.results import Array
from core.settings import Settings
from dashboard.charts import CLEAR, FAINT, INK, finished
from dashboard.components.names import labelled
from dashboard.explorer_density import density_png
from dashboard.language import Texts

HEIGHT_PX = 620
EYE = {"x": 0.95, "y": 0.95, "z": 0.6}  # of a 3-D map: nearer than Plotly's, whose clouds are small
MOST_POINTS = Settings().map_points  # by default: more are drawn as one image of their density
MOST_LEGEND = 30  # categories that have an entry of their own; the rarer ones share one
MOST_NAME = 40  # characters of a name in a legend
# Okabe and Ito's (2008) for colour-vision deficiency, as core.emotions has them; with MARKS they tell apart 8 × 6.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E6B800", "#56B4E9", "#A58B6F", "#7F6BB3")
MARKS = ("circle", "diamond", "square", "cross", "x", "circle-open")  # those that 2-D and 3-D both have
REST_COLOUR = "#8C939C"
RAMP = "Cividis"  # even in lightness, and the same to those who see few colours (Nuñez et al. 2018)
NOBODY = ""  # how a missing value stands in a column of categories


@dataclass(frozen=True)
class Attribute:
    """What a point's colour or shape stands for.

    Attributes:
        name: in words.
        values: (num_points,) of texts, "" where unknown, or of floats, NaN where unknown.
        is_emotion: the texts are keys of emotions and have their colours.
        words: how a value is called on screen, where not by itself.
    """

    name: str
    values: Array
    is_emotion: bool = False
    words: Mapping[str, str] | None = None

    @property
    def is_number(self) -> bool:
        return bool(np.issubdtype(self.values.dtype, np.floating))


@dataclass(frozen=True)
class Seen:
    """The part of a map that is on screen: from and to, of x and of y."""

    x: tuple[float, float]
    y: tuple[float, float]

    def mask(self, positions: Array) -> Array:
        """(num_points,) bool: which of (num_points, 2) positions lie in it."""
        x, y = positions[:, 0], positions[:, 1]
        inside: Array = (x >= self.x[0]) & (x <= self.x[1]) & (y >= self.y[0]) & (y <= self.y[1])
        return inside


@dataclass(frozen=True)
class _Group:
    """Points that share a colour: one trace and one entry in the legend."""

    name: str
    rows: Array
    colour: str
    symbol: str


def map_figure(
    positions: Array,
    colour: Attribute | None,
    shape: Attribute | None,
    texts: Texts,
    *,
    revision: str,
    selected: Array | None = None,
    seen: Seen | None = None,
    most_points: int = MOST_POINTS,
) -> go.Figure:
    """The map: (num_points, 2 or 3) float32 positions, one WebGL scene.

    Above `most_points` within `seen` it is an image of their density; a figure of 3 dimensions always has points.

    Args:
        revision: names the map; as long as it stays, so do zoom and angle.
        selected: rows that are selected; the others are faint.
    """
    figure = go.Figure()
    flat = positions.shape[1] == 2
    rows = np.arange(len(positions)) if seen is None or not flat else np.flatnonzero(seen.mask(positions))
    if flat and len(rows) > most_points:
        _add_density(figure, positions, rows, colour, seen, texts)
    elif colour is not None and colour.is_number:
        _add_ramp(figure, positions, rows, colour, shape, texts, selected)
    else:
        for group in _groups(rows, colour, plain=shape is not None, texts=texts):
            _add_points(figure, positions, group, shape, selected)
    if shape is not None:
        _add_shape_legend(figure, shape, texts, flat)
    _lay_out(figure, positions, revision, _revision_of(colour, shape), seen)
    return figure


def is_density(positions: Array, seen: Seen | None, most_points: int = MOST_POINTS) -> bool:
    """Whether `map_figure` draws an image in place of points."""
    if positions.shape[1] != 2 or len(positions) <= most_points:
        return False
    return seen is None or int(seen.mask(positions).sum()) > most_points


def shown_name(value: str, attribute: Attribute, texts: Texts) -> str:
    """A category in words, safe in a figure: texts from outside have no markup there."""
    if attribute.is_emotion and value in EMOTION_KEYS:
        return labelled(value, texts)
    if value == NOBODY:
        return texts("explorer.none")
    name = (attribute.words or {}).get(value, value)
    return escape(name if len(name) <= MOST_NAME else name[: MOST_NAME - 1] + "…", quote=False)


def ranked(values: Array) -> list[str]:
    """The categories, those of most clips first."""
    names, counts = np.unique(values.astype(str), return_counts=True)
    return [str(names[at]) for at in sorted(range(len(names)), key=lambda at: (-counts[at], str(names[at])))]


def _groups(rows: Array, colour: Attribute | None, *, plain: bool, texts: Texts) -> list[_Group]:
    if colour is None:
        return [_Group("", rows, PALETTE[0], MARKS[0])]
    values = colour.values.astype(str)
    order = ranked(values)
    if colour.is_emotion:
        order = [key for key in EMOTION_KEYS if key in order] + [each for each in order if each not in EMOTION_KEYS]
    named = order if len(order) <= MOST_LEGEND + 1 else order[:MOST_LEGEND]
    here = values[rows]
    found = []
    for place, value in enumerate(named):
        shade, symbol = _looks(value, place, colour)
        mine = rows[here == value]
        name = f"{shown_name(value, colour, texts)} ({len(mine):,})"
        found.append(_Group(name, mine, shade, MARKS[0] if plain else symbol))
    if len(named) < len(order):
        rest = rows[~np.isin(here, named)]
        name = f"{texts('explorer.rest', count=len(order) - len(named))} ({len(rest):,})"
        found.append(_Group(name, rest, REST_COLOUR, MARKS[0]))
    return [group for group in found if len(group.rows)]


def _looks(value: str, place: int, attribute: Attribute) -> tuple[str, str]:
    """A category's colour and mark; the same colour comes back with another mark."""
    if value == NOBODY:
        return REST_COLOUR, "circle-open"
    if attribute.is_emotion and value in EMOTION_KEYS:
        return emotion(value).colour, MARKS[EMOTION_KEYS.index(value) % 2]
    return PALETTE[place % len(PALETTE)], MARKS[place // len(PALETTE) % len(MARKS)]


def _add_points(
    figure: go.Figure, positions: Array, group: _Group, shape: Attribute | None, selected: Array | None
) -> None:
    marker: dict[str, object] = {
        "color": group.colour,
        "size": _size_px(len(positions)),
        "opacity": _opacity(len(positions)),
    }
    if shape is None:
        _add(figure, positions, group.rows, marker | {"symbol": group.symbol}, selected, **_entry(group, True))
        return
    # The entry of a trace has the mark of its first point: where marks mean something else, it is a trace of its own.
    marker["symbol"] = _symbols(shape)[group.rows]
    _add(figure, positions, group.rows, marker, selected, **_entry(group, False))
    add = figure.add_scattergl if positions.shape[1] == 2 else figure.add_scatter3d
    nowhere = {axis: [None] for axis in "xyz"[: positions.shape[1]]}
    add(mode="markers", marker={"color": group.colour, "size": 9}, hoverinfo="skip", **_entry(group, True), **nowhere)


def _entry(group: _Group, is_shown: bool) -> dict[str, object]:
    """A group's place in the legend: its traces come and go together."""
    return {"name": group.name, "legendgroup": f"colour {group.name}", "showlegend": is_shown and bool(group.name)}


def _add_ramp(
    figure: go.Figure,
    positions: Array,
    rows: Array,
    colour: Attribute,
    shape: Attribute | None,
    texts: Texts,
    selected: Array | None,
) -> None:
    values = colour.values[rows]
    known = np.isfinite(values)
    bar = {
        "title": {"text": escape(colour.name, quote=False), "side": "top"},
        "orientation": "h", "thickness": 10, "len": 0.5, "y": -0.02, "yanchor": "top", "outlinewidth": 0,
    }  # fmt: skip
    look: dict[str, object] = {"size": _size_px(len(positions)), "opacity": _opacity(len(positions))}
    symbols = None if shape is None else _symbols(shape)
    if not known.all():
        mine = rows[~known]
        symbol = "circle-open" if symbols is None else symbols[mine]
        unknown = look | {"color": REST_COLOUR, "symbol": symbol}
        _add(figure, positions, mine, unknown, selected, name=f"{texts('explorer.none')} ({len(mine):,})")
    mine = rows[known]
    marker = look | {"color": values[known].astype(np.float32), "colorscale": RAMP, "showscale": True, "colorbar": bar}
    marker["symbol"] = MARKS[0] if symbols is None else symbols[mine]
    _add(figure, positions, mine, marker, selected, showlegend=False)


def _add(
    figure: go.Figure,
    positions: Array,
    rows: Array,
    marker: dict[str, object],
    selected: Array | None,
    **values: object,
) -> None:
    """One trace. The hover card is the component's: names from outside never pass through a figure."""
    places = {axis: positions[rows, at].astype(np.float32) for at, axis in enumerate("xyz"[: positions.shape[1]])}
    common = {"mode": "markers", "customdata": rows.astype(np.int32), "hoverinfo": "none", **places, **values}
    if positions.shape[1] == 3:
        figure.add_scatter3d(marker=marker | {"size": max(2.5, 0.62 * float(marker["size"]))}, **common)  # type: ignore[arg-type]
        return
    if selected is not None:
        common["selectedpoints"] = np.flatnonzero(np.isin(rows, selected)).tolist()
    figure.add_scattergl(
        marker=marker, selected={"marker": {"opacity": 1.0}}, unselected={"marker": {"opacity": 0.12}}, **common
    )


def _add_shape_legend(figure: go.Figure, shape: Attribute, texts: Texts, flat: bool) -> None:
    """What the marks mean: entries in grey that stand for no points."""
    add = figure.add_scattergl if flat else figure.add_scatter3d
    nowhere = {axis: [None] for axis in ("xy" if flat else "xyz")}
    order = ranked(shape.values)
    for place, symbol in enumerate(MARKS[: min(len(order), len(MARKS))]):
        is_rest = place == len(MARKS) - 1 and len(order) > len(MARKS)
        name = texts("explorer.rest", count=len(order) - place) if is_rest else shown_name(order[place], shape, texts)
        add(
            mode="markers", marker={"symbol": symbol, "color": INK, "size": 9}, name=name, legendgroup="shape",
            legendgrouptitle={"text": escape(shape.name, quote=False)} if place == 0 else None, hoverinfo="skip",
            **nowhere,
        )  # fmt: skip


def _symbols(shape: Attribute) -> Array:
    """(num_points,) marks by category; the last one stands for all rarer categories."""
    order = {value: min(place, len(MARKS) - 1) for place, value in enumerate(ranked(shape.values))}
    marks: Array = np.array(MARKS, dtype=object)[[order[value] for value in shape.values.astype(str)]]
    return marks


def _add_density(
    figure: go.Figure, positions: Array, rows: Array, colour: Attribute | None, seen: Seen | None, texts: Texts
) -> None:
    """An image of how many clips lie where, in the colour of what they are."""
    extent = seen or extent_of(positions)
    shades, codes = None, None
    if colour is not None and not colour.is_number:
        groups = _groups(rows, colour, plain=True, texts=texts)
        codes = np.full(len(positions), -1, np.int64)
        for code, group in enumerate(groups):
            codes[group.rows] = code
            figure.add_scattergl(
                x=[None], y=[None], mode="markers", name=group.name, marker={"color": group.colour, "size": 9}
            )
        codes, shades = codes[rows], [group.colour for group in groups]
    numbers = colour.values[rows] if colour is not None and colour.is_number else None
    image = density_png(positions[rows, :2], extent.x, extent.y, codes=codes, shades=shades, numbers=numbers)
    figure.add_layout_image(
        source=image, xref="x", yref="y", x=extent.x[0], y=extent.y[1], sizex=extent.x[1] - extent.x[0],
        sizey=extent.y[1] - extent.y[0], sizing="stretch", layer="below", xanchor="left", yanchor="top",
    )  # fmt: skip
    if not figure.data:
        figure.add_scattergl(x=[None], y=[None], mode="markers", showlegend=False)


def extent_of(positions: Array) -> Seen:
    """The rectangle around all (num_points, 2) positions, with a little room."""
    low, high = positions[:, :2].min(axis=0), positions[:, :2].max(axis=0)
    room = np.maximum(0.03 * (high - low), 1e-3)
    (x0, y0), (x1, y1) = (low - room).tolist(), (high + room).tolist()
    return Seen((x0, x1), (y0, y1))


def _lay_out(figure: go.Figure, positions: Array, revision: str, marks: str, seen: Seen | None) -> None:
    legend = {
        "orientation": "h", "x": 0, "y": -0.02, "yanchor": "top", "title": None, "itemsizing": "constant",
        "maxheight": 0.28, "tracegroupgap": 4,
    }  # fmt: skip
    figure.update_layout(
        uirevision=revision, selectionrevision=f"{revision}{marks}", hovermode="closest", legend=legend
    )
    figure.update_layout(modebar={"bgcolor": CLEAR, "color": INK, "activecolor": PALETTE[0]})
    finished(figure, height=HEIGHT_PX, top=6)
    if positions.shape[1] == 3:
        axis = {
            "showticklabels": False, "title": "", "showbackground": False, "gridcolor": FAINT, "zeroline": False,
            "showspikes": False,
        }  # fmt: skip
        figure.update_layout(
            scene={
                "xaxis": axis,
                "yaxis": axis,
                "zaxis": axis,
                "aspectmode": "data",
                "dragmode": "orbit",
                "camera": {"eye": EYE},
            }
        )
        return
    extent = seen or extent_of(positions)
    plain = {"showticklabels": False, "ticks": "", "showgrid": False, "zeroline": False, "title": ""}
    figure.update_xaxes(**plain, range=list(extent.x))
    figure.update_yaxes(**plain, range=list(extent.y), scaleanchor="x", scaleratio=1)
    figure.update_layout(dragmode="lasso", newselection={"line": {"color": INK, "width": 1.5, "dash": "dot"}})


def _revision_of(colour: Attribute | None, shape: Attribute | None) -> str:
    """Another attribute splits the points otherwise: what is selected is then said anew."""
    return "/".join("" if each is None else each.name for each in (colour, shape))


def _size_px(num_points: int) -> float:
    return float(np.interp(np.log10(max(1, num_points)), [1.5, 2.5, 3.5, 4.5, 5.0], [12, 9, 6, 3.5, 2.5]))


def _opacity(num_points: int) -> float:
    return float(np.interp(np.log10(max(1, num_points)), [2.5, 4, 5], [0.9, 0.75, 0.5]))


def mean_scores(scores: Mapping[str, float], others: Mapping[str, float], texts: Texts) -> go.Figure:
    """Mean probability of each emotion among the selected clips, and a tick where it is on the whole map."""
    keys = sorted(scores, key=lambda key: -scores[key])
    names = [f"{labelled(key, texts)} {100 * scores[key]:.1f} %" for key in keys]
    figure = go.Figure(
        go.Bar(
            x=[100 * scores[key] for key in keys],
            y=names,
            orientation="h",
            marker={"color": [emotion(key).colour for key in keys], "cornerradius": 4},
            showlegend=False,
            hovertemplate="%{y}<extra></extra>",
        )
    )
    figure.add_scatter(
        x=[100 * others[key] for key in keys],
        y=names,
        mode="markers",
        marker={"symbol": "line-ns", "size": 16, "line": {"width": 2.5, "color": INK}},
        name=texts("explorer.whole_map"),
        hovertemplate="%{x:.1f} %<extra></extra>",
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    figure.update_xaxes(
        title=texts("chart.probability"), range=[0, 102], tickvals=[0, 25, 50, 75, 100], fixedrange=True
    )
    figure.update_xaxes(showgrid=True, gridcolor=FAINT, zeroline=False)
    legend = {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.0, "yanchor": "bottom"}
    return finished(figure, height=30 * len(keys) + 80, top=28, bargap=0.35, legend=legend)


@dataclass(frozen=True)
class Bar:
    """One thing measured, and what chance would give; None where chance is no notion."""

    name: str
    value: float
    chance: float | None = None
    note: str = ""


def measured_bars(bars: Sequence[Bar], title: str, texts: Texts) -> go.Figure:
    """Values from 0 to 1 with a tick at each one's chance level."""
    figure = go.Figure(
        go.Bar(
            x=[bar.value for bar in bars],
            y=[escape(bar.name, quote=False) for bar in bars],
            orientation="h",
            marker={"color": PALETTE[0], "cornerradius": 4},
            text=[bar.note or f"{bar.value:.2f}" for bar in bars],
            textposition="outside",
            cliponaxis=False,
            showlegend=False,
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    chances = [bar for bar in bars if bar.chance is not None]
    if chances:
        figure.add_scatter(
            x=[bar.chance for bar in chances],
            y=[escape(bar.name, quote=False) for bar in chances],
            mode="markers",
            marker={"symbol": "line-ns", "size": 18, "line": {"width": 2.5, "color": PALETTE[1]}},
            name=texts("explorer.chance"),
            hovertemplate="%{y}: %{x:.2f}<extra></extra>",
        )
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    figure.update_xaxes(title=title, range=[0, 1.16], tickvals=[0, 0.25, 0.5, 0.75, 1], fixedrange=True)
    figure.update_xaxes(showgrid=True, gridcolor=FAINT, zeroline=False)
    legend = {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.0, "yanchor": "bottom"}
    return finished(figure, height=36 * len(bars) + 90, top=28, bargap=0.4, legend=legend)
