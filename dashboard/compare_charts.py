"""A comparison → Plotly figures. Pure functions.

A clip is told by its letter, its colour and its dash; an emotion by its emoji, its word and its own colour. Where
both meet, the colour is the emotion's and the dash the clip's.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go  # type: ignore[import-untyped]
from plotly.subplots import make_subplots  # type: ignore[import-untyped]

from core.audio import outline
from core.emotions import DASHES, emotion
from core.results import Array
from dashboard.charts import FAINT, INK, finished
from dashboard.compare_bench import Axis, CompareBench, Side, Warp, difference_of, line_of, shown_labels
from dashboard.compare_view import CompareView, drawing_of
from dashboard.components.names import labelled
from dashboard.language import Texts
from dashboard.timeline_charts import plain, time_ticks

NAME_LENGTH = 26
PEAK_BUCKETS = 500
QUIET_DB = -70.0  # of silence: not what the level's axis is made for
ROW_PX = {"wave": 40, "pitch": 120, "level": 80}
LEGEND = {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "title": None}


def clip_name(side: Side) -> str:
    """`A · take 1.wav`, shortened, safe for Plotly."""
    name = side.name if len(side.name) <= NAME_LENGTH else f"{side.name[: NAME_LENGTH - 1]}…"
    return f"{side.letter} · {plain(name)}"


def score_bars(bench: CompareBench, texts: Texts) -> go.Figure:
    """A group of bars an emotion, a bar a clip."""
    labels, figure = _by_score(bench), go.Figure()
    for side in bench.sides:
        figure.add_bar(
            x=_ticks(labels, texts), y=_percents(side, labels), name=clip_name(side), marker=_bar_of(side),
            hovertemplate=f"{side.letter} · %{{y:.1f}} %<extra></extra>",
        )  # fmt: skip
    _percent_axis(figure, texts)
    figure.update_layout(legend=LEGEND)
    rows = _legend_rows(len(bench.sides))
    return finished(figure, height=340 + 20 * rows, top=30 + 20 * rows, bargap=0.22, bargroupgap=0.06)


def score_radar(bench: CompareBench, texts: Texts) -> go.Figure:
    """The scores around a circle, a closed line a clip."""
    labels, figure = list(bench.labels), go.Figure()
    for side in bench.sides:
        percents = _percents(side, labels)
        figure.add_scatterpolar(
            r=[*percents, percents[0]], theta=[labelled(key, texts) for key in [*labels, labels[0]]],
            name=clip_name(side),
            line={"color": side.colour, "dash": DASHES[side.at], "width": 2}, fill="toself",
            fillcolor=_clear(side.colour),
            hovertemplate=f"{side.letter} · %{{theta}}: %{{r:.1f}} %<extra></extra>",
        )  # fmt: skip
    figure.update_polars(
        bgcolor="rgba(0,0,0,0)",
        radialaxis={"gridcolor": FAINT, "ticksuffix": " %", "nticks": 5, "angle": 90, "tickangle": 90},
        angularaxis={"gridcolor": FAINT, "direction": "clockwise", "rotation": 90, "tickfont": {"size": 13}},
    )  # fmt: skip
    figure.update_layout(legend=LEGEND | {"y": 1.12})
    rows = _legend_rows(len(bench.sides))
    return finished(figure, height=440 + 20 * rows, top=80 + 20 * rows)


def score_difference(bench: CompareBench, texts: Texts) -> go.Figure:
    """How many points each clip's scores are above or below the reference's."""
    labels, figure = _by_score(bench), go.Figure()
    reference = np.array(_percents(bench.against, labels))
    for side in bench.others:
        figure.add_bar(
            x=_ticks(labels, texts), y=(np.array(_percents(side, labels)) - reference).tolist(), name=clip_name(side),
            marker=_bar_of(side), hovertemplate=f"{side.letter} − {bench.against.letter} · %{{y:+.1f}}<extra></extra>",
        )  # fmt: skip
    figure.update_yaxes(
        title=texts("compare.points_above", letter=bench.against.letter), showgrid=True, gridcolor=FAINT,
        zeroline=True, zerolinecolor=INK, fixedrange=True,
    )  # fmt: skip
    figure.update_xaxes(showgrid=False, fixedrange=True, ticks="")
    figure.update_layout(legend=LEGEND, showlegend=True)
    rows = _legend_rows(len(bench.others))
    return finished(figure, height=340 + 20 * rows, top=30 + 20 * rows, bargap=0.22, bargroupgap=0.06)


def curves(bench: CompareBench, view: CompareView, axis: Axis, texts: Texts) -> go.Figure:
    """The curves as the view says, on the common axis."""
    draw = {"overlay": _overlay, "multiples": _multiples, "difference": _difference}[drawing_of(view, len(bench.sides))]
    return draw(bench, shown_labels(bench, view), axis, texts)


def sounds(bench: CompareBench, axis: Axis, texts: Texts) -> go.Figure:
    """A waveform a clip, and below them pitch and level of all."""
    rows = ["wave"] * len(bench.sides) + ["pitch", "level"]
    heights = [ROW_PX[row] for row in rows]
    figure = make_subplots(rows=len(rows), cols=1, shared_xaxes=True, row_heights=heights, vertical_spacing=0.012)
    reach = max(0.05, max(float(np.abs(side.picture.peaks).max()) for side in bench.sides) * 1.05)
    for row, side in enumerate(bench.sides, start=1):
        x, y = _wave(side, axis.warps[side.at])
        figure.add_scatter(
            x=x, y=y, fill="toself", fillcolor=side.colour, line={"color": side.colour, "width": 0.6}, hoverinfo="skip",
            showlegend=False, name=clip_name(side), row=row, col=1,
        )  # fmt: skip
        _row_axis(figure, row, range=[-reach, reach], showticklabels=False, title=_row_title(side.letter))
    for row, kind, unit in ((len(rows) - 1, "pitch", "Hz"), (len(rows), "level", "dB")):
        for side in bench.sides:
            _add_prosody(figure, side, axis.warps[side.at], kind, unit, row)
        _row_axis(figure, row, title=texts(f"compare.{kind}"), nticks=4, showgrid=True, gridcolor=FAINT,
                  range=_span_of(bench, kind))  # fmt: skip
    _common_axis(figure, axis, bench, texts, last_row=len(rows))
    figure.update_layout(hovermode="x unified", showlegend=False)
    return finished(figure, height=sum(heights) + 100, top=24, dragmode=False)


def paths(bench: CompareBench, axis: Axis, texts: Texts) -> go.Figure:
    """Which second of each clip is which second of the reference; the dotted line is the same tempo."""
    figure = go.Figure()
    end_s = max(side.duration_s for side in bench.sides)
    figure.add_scatter(
        x=[0, end_s], y=[0, end_s], mode="lines", line={"color": INK, "dash": "dot", "width": 1}, hoverinfo="skip",
        name=texts("compare.same_tempo"),
    )  # fmt: skip
    for side in bench.others:
        warp = axis.warps[side.at]
        figure.add_scatter(
            x=warp.axis.astype(np.float32), y=warp.times_s.astype(np.float32), mode="lines", name=clip_name(side),
            line={"color": side.colour, "dash": DASHES[side.at], "width": 2},
            hovertemplate=f"{bench.against.letter} %{{x:.2f}} s → {side.letter} %{{y:.2f}} s<extra></extra>",
        )  # fmt: skip
    figure.update_yaxes(title=texts("compare.own_seconds"), range=[0, end_s], showgrid=True, gridcolor=FAINT,
                        zeroline=False, fixedrange=True)  # fmt: skip
    _common_axis(figure, axis, bench, texts)
    rows = _legend_rows(len(bench.others) + 1)
    figure.update_layout(legend=LEGEND | {"y": 1.1})
    return finished(figure, height=320 + 20 * rows, top=54 + 20 * rows, dragmode=False)


def pair_map(
    values: Array, linkage: Array, order: Sequence[int], letters: Sequence[str], names: Sequence[str], form: str
) -> go.Figure:
    """All pairs as a heat map, alike clips beside each other, and the tree that says how alike above it.

    Args:
        values: (n, n) as measured; `linkage`: (n − 1, 4) SciPy's, over the same clips; `order`: its leaves.
        form: how a value is written, such as ".2f".
    """
    shown = values[np.ix_(order, order)]
    ticks = [letters[k] for k in order]
    figure = make_subplots(rows=2, cols=1, row_heights=[0.24, 0.76], vertical_spacing=0.02, shared_xaxes=True)
    for x, y in _branches(linkage, order):
        figure.add_scatter(
            x=x, y=y, mode="lines", line={"color": INK, "width": 1.6}, hoverinfo="skip", showlegend=False, row=1, col=1
        )
    positions = list(range(len(order)))
    figure.add_heatmap(
        x=positions, y=positions, z=shown, texttemplate=f"%{{z:{form}}}", showscale=False, xgap=2, ygap=2,
        hoverongaps=False,
        customdata=[[f"{plain(names[a])} ↔ {plain(names[b])}" for b in order] for a in order],
        hovertemplate=f"%{{customdata}}<br>%{{z:{form}}}<extra></extra>", row=2, col=1,
    )  # fmt: skip
    figure.update_xaxes(tickvals=positions, ticktext=ticks, showgrid=False, zeroline=False, ticks="", fixedrange=True)
    figure.update_xaxes(showticklabels=False, row=1, col=1)
    figure.update_yaxes(showgrid=False, zeroline=False, fixedrange=True, nticks=3, rangemode="tozero", row=1, col=1)
    figure.update_yaxes(
        tickvals=positions, ticktext=ticks, autorange="reversed", ticks="", showgrid=False, zeroline=False,
        fixedrange=True, row=2, col=1,
    )  # fmt: skip
    return finished(figure, height=170 + 46 * len(order))


def correlation_map(bench: CompareBench, found: Mapping[str, Mapping[str, float | None]], texts: Texts) -> go.Figure:
    """Pearson's r of each emotion's curve with the reference's, a row a clip (by its letter)."""
    labels = list(bench.labels)
    letters = list(found)
    values = np.array([[_number(found[letter].get(label)) for label in labels] for letter in letters], float)
    figure = go.Figure(
        go.Heatmap(
            x=_ticks(labels, texts), y=letters, z=values, zmin=-1, zmax=1, colorscale="RdBu", reversescale=True,
            texttemplate="%{z:.2f}", showscale=False, xgap=2, ygap=2, hoverongaps=False,
            hovertemplate=f"%{{y}} ↔ {bench.against.letter} · %{{x}}: %{{z:.2f}}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", ticks="", showgrid=False, fixedrange=True)
    figure.update_xaxes(ticks="", showgrid=False, side="top", fixedrange=True)
    return finished(figure, height=40 * len(letters) + 80, top=56)


def _overlay(bench: CompareBench, labels: Sequence[str], axis: Axis, texts: Texts) -> go.Figure:
    """All clips in one panel: of one emotion in their own colours, of several in the emotions'."""
    figure, alone = go.Figure(), len(labels) == 1
    for side in bench.sides:
        for label in labels:
            x, y = line_of(side, axis.warps[side.at], label)
            name = clip_name(side) if alone else f"{side.letter} {labelled(label, texts)}"
            colour = side.colour if alone else emotion(label).colour
            figure.add_scatter(
                x=x.astype(np.float32), y=y.astype(np.float32), name=name, mode="lines", connectgaps=False,
                line={"color": colour, "dash": DASHES[side.at], "width": 2.4 if side.at == bench.reference else 1.7},
                legendgroup=side.id if alone else label, showlegend=alone, hovertemplate="%{y:.1f} %",
            )  # fmt: skip
    if not alone:
        _add_keys(figure, bench, labels, texts)
    _percent_axis(figure, texts, [0, 102])
    _common_axis(figure, axis, bench, texts)
    rows = _legend_rows(len(bench.sides) + (0 if alone else len(labels)))
    figure.update_layout(hovermode="x unified", legend=LEGEND | {"y": 1.07})
    return finished(figure, height=350 + 20 * rows, top=44 + 20 * rows, dragmode=False)


def _add_keys(figure: go.Figure, bench: CompareBench, labels: Sequence[str], texts: Texts) -> None:
    """What the legend says where colours are emotions and dashes clips: a click on an emotion takes all its lines."""
    nowhere = {"x": [None], "y": [None], "hoverinfo": "skip"}
    for label in labels:
        marker = {"color": emotion(label).colour, "symbol": "square", "size": 11}
        figure.add_scatter(**nowhere, mode="markers", name=labelled(label, texts), marker=marker, legendgroup=label)
    for side in bench.sides:
        line = {"color": INK, "dash": DASHES[side.at], "width": 2.2}
        figure.add_scatter(**nowhere, mode="lines", name=clip_name(side), line=line, legendgroup=f"clip-{side.at}")


def _legend_rows(entries: int) -> int:
    return -(-entries // 4)


def _multiples(bench: CompareBench, labels: Sequence[str], axis: Axis, texts: Texts) -> go.Figure:
    """A panel a clip, one above the other on the same axes."""
    figure = _panels([clip_name(side) for side in bench.sides], 96)
    for row, side in enumerate(bench.sides, start=1):
        for label in labels:
            x, y = line_of(side, axis.warps[side.at], label)
            figure.add_scatter(
                x=x.astype(np.float32), y=y.astype(np.float32), name=labelled(label, texts), mode="lines",
                connectgaps=False,
                line={"color": emotion(label).colour, "dash": DASHES[list(labels).index(label)], "width": 1.7},
                legendgroup=label, showlegend=row == 1, hovertemplate="%{y:.1f} %", row=row, col=1,
            )  # fmt: skip
        _row_axis(figure, row, range=[0, 104], title=_row_title(side.letter), showgrid=True, gridcolor=FAINT,
                  tickvals=[0, 50, 100])  # fmt: skip
    return _finished_panels(figure, bench, len(bench.sides), 96, axis, texts)


def _difference(bench: CompareBench, labels: Sequence[str], axis: Axis, texts: Texts) -> go.Figure:
    """How many points each clip is above the reference: one panel for one emotion, else a panel a clip."""
    alone = len(labels) == 1
    groups = [bench.others] if alone else [(side,) for side in bench.others]
    height = 300 if alone else 110
    figure = _panels(["" if alone else clip_name(group[0]) for group in groups], height)
    for row, group in enumerate(groups, start=1):
        for side in group:
            for label in labels:
                x, y = difference_of(bench, axis, side, label)
                name = clip_name(side) if alone else labelled(label, texts)
                colour = side.colour if alone else emotion(label).colour
                dash = DASHES[side.at] if alone else DASHES[list(labels).index(label)]
                figure.add_scatter(
                    x=x.astype(np.float32), y=y.astype(np.float32), name=name, mode="lines", connectgaps=False,
                    line={"color": colour, "dash": dash, "width": 1.8}, legendgroup=name, showlegend=alone or row == 1,
                    hovertemplate="%{y:+.1f}", row=row, col=1,
                )  # fmt: skip
        letter = "" if alone else f"{group[0].letter} − {bench.against.letter}"
        title = texts("compare.points_above", letter=bench.against.letter) if alone else letter
        _row_axis(figure, row, range=[-104, 104], title={"text": title}, showgrid=True, gridcolor=FAINT, zeroline=True,
                  zerolinecolor=INK, tickvals=[-100, -50, 0, 50, 100])  # fmt: skip
    return _finished_panels(figure, bench, len(groups), height, axis, texts)


def _panels(names: Sequence[str], height: int) -> go.Figure:
    rows = len(names)
    return make_subplots(rows=rows, cols=1, shared_xaxes=True, vertical_spacing=min(0.02, 4 / (height * rows)))


def _finished_panels(
    figure: go.Figure, bench: CompareBench, rows: int, height: int, axis: Axis, texts: Texts
) -> go.Figure:
    _common_axis(figure, axis, bench, texts, last_row=rows)
    figure.update_layout(hovermode="x unified", legend=LEGEND | {"y": 1 + 24 / max(height * rows, 1)})
    return finished(figure, height=height * rows + 120, top=64, dragmode=False)


def _common_axis(figure: go.Figure, axis: Axis, bench: CompareBench, texts: Texts, last_row: int | None = None) -> None:
    plain_axis = {"range": [0, axis.end], "showgrid": False, "zeroline": False, "fixedrange": True}
    if axis.unit == "percent":
        figure.update_xaxes(**plain_axis, ticksuffix=" %", hoverformat=".0f", nticks=11)
    else:
        values, words = time_ticks(0.0, axis.end)
        figure.update_xaxes(**plain_axis, tickvals=values, ticktext=words, hoverformat=".2f")
    title = texts(f"compare.along.{axis.unit}", letter=bench.against.letter)
    figure.update_xaxes(title=title, **({} if last_row is None else {"row": last_row, "col": 1}))


def _row_axis(figure: go.Figure, row: int, **values: object) -> None:
    figure.update_yaxes(row=row, col=1, **{"showgrid": False, "zeroline": False, "fixedrange": True} | values)


def _row_title(letter: str) -> dict[str, object]:
    return {"text": f"<b>{letter}</b>", "font": {"size": 15}}


def _percent_axis(figure: go.Figure, texts: Texts, span: list[float] | None = None) -> None:
    figure.update_yaxes(title=texts("chart.probability"), range=span or [0, 100], showgrid=True, gridcolor=FAINT,
                        zeroline=False, fixedrange=True)  # fmt: skip
    figure.update_xaxes(showgrid=False, fixedrange=True, ticks="")


def _wave(side: Side, warp: Warp) -> tuple[Array, Array]:
    times_s, peaks = side.picture.bucket_times_s, side.picture.peaks
    step = max(1, -(-peaks.shape[1] // PEAK_BUCKETS))
    starts = np.arange(0, peaks.shape[1], step)
    low, high = np.minimum.reduceat(peaks[0], starts), np.maximum.reduceat(peaks[1], starts)
    moments = warp.moments_at(times_s[starts])
    inside = np.isfinite(moments)
    x, y = outline(moments[inside], np.stack([low, high])[:, inside])
    return x.astype(np.float32), y


def _add_prosody(figure: go.Figure, side: Side, warp: Warp, kind: str, unit: str, row: int) -> None:
    from core.curves.decimation import extremes

    found = side.bench.prosody(0.0, side.duration_s)
    moments = warp.moments_at(found.times_s)
    inside = np.isfinite(moments)
    values = found.pitch_hz if kind == "pitch" else found.level_db
    x, y = extremes(moments[inside], values[inside], PEAK_BUCKETS)
    figure.add_scatter(
        x=x.astype(np.float32), y=y.astype(np.float32), mode="lines", connectgaps=False, name=side.letter,
        showlegend=False,
        line={"color": side.colour, "dash": DASHES[side.at] if kind == "level" else "solid", "width": 1.5},
        hovertemplate=f"%{{y:.0f}} {unit}", row=row, col=1,
    )  # fmt: skip


def _span_of(bench: CompareBench, kind: str) -> list[float] | None:
    """The range of nearly all values: a stray octave does not flatten the rest."""
    found = [side.bench.prosody(0.0, side.duration_s) for side in bench.sides]
    values = np.concatenate([each.pitch_hz if kind == "pitch" else each.level_db for each in found])
    values = values[np.isfinite(values) & ((kind == "pitch") | (values > QUIET_DB))]
    if not len(values):
        return None
    low, high = np.quantile(values, [0.02, 0.98])
    room = 0.12 * (high - low) + (5 if kind == "pitch" else 1)
    return [float(low - room), float(high + room)]


def _by_score(bench: CompareBench) -> list[str]:
    """The labels, those first that some clip has most of."""
    return sorted(bench.labels, key=lambda key: -max(side.analysis.scores[key] for side in bench.sides))


def _percents(side: Side, labels: Sequence[str]) -> list[float]:
    return [100 * side.analysis.scores[key] for key in labels]


def _ticks(labels: Sequence[str], texts: Texts) -> list[str]:
    return [emotion_tick(key, texts) for key in labels]


def emotion_tick(key: str, texts: Texts) -> str:
    """An emotion under an axis: its sign, and its name below."""
    return f"<span style='font-size:19px'>{emotion(key).emoji}</span><br>{texts.emotion(key)}"


def _bar_of(side: Side) -> dict[str, object]:
    shapes = ("", "/", "x", ".", "-", "\\", "+", "|")
    return {
        "color": side.colour, "cornerradius": 3,
        "pattern": {
            "shape": shapes[side.at], "fillmode": "overlay", "fgcolor": "rgba(255,255,255,0.5)", "size": 7,
            "solidity": 0.2,
        },
    }  # fmt: skip


def _clear(colour: str) -> str:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.08)"


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _branches(linkage: Array, order: Sequence[int]) -> list[tuple[list[float], list[float]]]:
    """The brackets of a dendrogram over leaves at 0 … n − 1."""
    count = len(order)
    where = {leaf: (float(position), 0.0) for position, leaf in enumerate(order)}
    found = []
    for row, (one, other, height, _) in enumerate(np.asarray(linkage).tolist()):
        (x0, y0), (x1, y1) = where[int(one)], where[int(other)]
        found.append(([x0, x0, x1, x1], [y0, height, height, y1]))
        where[count + row] = ((x0 + x1) / 2, height)
    return found
