"""Results → Plotly figures. Pure functions: words and values come in as arguments, nothing is read or kept.

Backgrounds are transparent and no text has a colour of its own, so that Streamlit's theme decides on light or dark.
Colour never speaks alone: an emoji and a word stand beside it, and lines differ in their dashes.
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go  # type: ignore[import-untyped]
from plotly.subplots import make_subplots  # type: ignore[import-untyped]

from core.audio import outline
from core.emotions import DASHES, emotion
from core.results import Analysis, Array, Stage
from dashboard.components.names import labelled
from dashboard.language import Texts, clock
from dashboard.pictures import FLOOR_DB, Picture

CLEAR = "rgba(0,0,0,0)"
INK = "#7F8C9B"  # reads on white and on near-black
FAINT = "rgba(127,140,155,0.25)"
STAGE_COLOUR = "#5B74C4"
BAR_HEIGHT_PX = 34
CURVE_STEP_S = 0.1
MAX_CURVE_POINTS = 600  # about one for every two pixels
CLOCK_FROM_S = 120.0  # a longer time axis counts minutes and seconds
MAX_CLOCK_TICKS = 9
CLOCK_STEPS_S = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400)


def score_bars(analysis: Analysis, texts: Texts) -> go.Figure:
    """The nine scores, most probable first; what the checkpoint cannot say comes last and says so."""
    keys = [entry.label for entry in analysis.ranking] + list(analysis.unsayable)
    percents = [100 * analysis.scores[key] for key in keys]
    notes = [_score_note(key, analysis, texts) for key in keys]
    figure = go.Figure(
        go.Bar(
            x=percents,
            y=[labelled(key, texts) for key in keys],
            orientation="h",
            text=notes,
            textposition="outside",
            textfont={"size": 13},
            cliponaxis=False,
            marker={
                "color": [emotion(key).colour for key in keys],
                "opacity": [1.0 if key == analysis.label else 0.7 for key in keys],
                "cornerradius": 4,
            },
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="", tickfont={"size": 14})
    figure.update_xaxes(
        range=[0, 116],
        tickvals=[0, 25, 50, 75, 100],
        showgrid=True,
        gridcolor=FAINT,
        zeroline=False,
        title=texts("chart.probability"),
        fixedrange=True,
        layer="below traces",
    )
    return finished(figure, height=BAR_HEIGHT_PX * len(keys) + 60, bargap=0.35)


def sound(picture: Picture, texts: Texts) -> go.Figure:
    """The waveform above the mel spectrogram, on one time axis."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.4, 0.6], vertical_spacing=0.06)
    _add_waveform(figure, picture, texts, row=1)
    _add_spectrogram(figure, picture, texts, row=2)
    _time_axis(figure, picture.duration_s, texts, last_row=2)
    return finished(figure, height=380)


def curves(analysis: Analysis, texts: Texts) -> go.Figure:
    """Each emotion's probability over time; those that never matter wait in the legend."""
    times_s, probabilities = thinned_curves(analysis)
    shown = noteworthy(analysis, probabilities)
    figure = go.Figure()
    for rank, key in enumerate(entry.label for entry in analysis.ranking):
        figure.add_scatter(
            x=times_s.astype(np.float32),
            y=(100 * probabilities[:, analysis.labels.index(key)]).astype(np.float32),
            name=labelled(key, texts),
            mode="lines" if times_s.shape[0] > 1 else "markers",
            line={"color": emotion(key).colour, "width": 1.6 if rank else 2.4, "dash": DASHES[rank]},
            visible=True if key in shown else "legendonly",
            hovertemplate="%{y:.1f} %",
        )
    figure.update_yaxes(
        title=texts("chart.probability"),
        range=[0, 102],
        showgrid=True,
        gridcolor=FAINT,
        zeroline=False,
        fixedrange=True,
    )
    _time_axis(figure, analysis.duration_s, texts)
    figure.update_xaxes(hoverformat=".2f", ticksuffix="")
    figure.update_layout(
        hovermode="x unified",
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "title": None},
    )
    return finished(figure, height=360, top=56)


def loading_waterfall(stages: Sequence[Stage], texts: Texts) -> go.Figure:
    """What making the model ready took: each step begins where the one before ended."""
    names = [texts.named("stage", stage.name) for stage in stages]
    begun = np.cumsum([0.0] + [stage.seconds for stage in stages])[:-1]
    figure = go.Figure(
        go.Bar(
            x=[stage.seconds for stage in stages],
            base=begun.tolist(),
            y=names,
            orientation="h",
            text=[_stage_note(stage, texts) for stage in stages],
            textposition="outside",
            textfont={"size": 13},
            cliponaxis=False,
            constraintext="none",
            marker={"color": STAGE_COLOUR, "cornerradius": 4},
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    total_s = sum(stage.seconds for stage in stages)
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="", fixedrange=True, tickfont={"size": 14})
    figure.update_xaxes(
        title=texts("chart.since_start"),
        range=[0, max(total_s, 1e-3) * 1.45],
        showgrid=True,
        gridcolor=FAINT,
        zeroline=False,
        fixedrange=True,
        layer="below traces",
    )
    return finished(figure, height=44 * len(names) + 70, bargap=0.4)


def thinned_curves(analysis: Analysis) -> tuple[Array, Array]:
    """Frame probabilities averaged over equal steps, for drawing only: times (n,) and (n, num_labels), n ≤ 600.

    A step is CURVE_STEP_S, or longer where the clip is; the verdict never comes from these.
    """
    num_frames = analysis.frame_logits.shape[0]
    wanted = int(np.clip(analysis.duration_s / CURVE_STEP_S, 1, MAX_CURVE_POINTS))
    count = min(num_frames, wanted)
    starts = np.arange(count) * num_frames // count
    sizes = np.diff(np.append(starts, num_frames))
    probabilities = np.add.reduceat(analysis.frame_probabilities, starts, axis=0) / sizes[:, np.newaxis]
    times_s = np.add.reduceat(analysis.frame_times_s, starts) / sizes
    return times_s, probabilities


def noteworthy(analysis: Analysis, probabilities: Array) -> set[str]:
    """The verdict, its secondary tendencies, and whatever leads at some moment of (n, num_labels) `probabilities`."""
    leaders = {analysis.labels[index] for index in probabilities.argmax(axis=1).tolist()}
    return leaders | {analysis.label} | {entry.label for entry in analysis.secondary}


def finished(figure: go.Figure, height: int, top: int = 12, **layout: object) -> go.Figure:
    """No ground of its own, little margin."""
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": top, "b": 8}, paper_bgcolor=CLEAR, plot_bgcolor=CLEAR, **layout
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    return figure


def _score_note(key: str, analysis: Analysis, texts: Texts) -> str:
    if key in analysis.unsayable:
        return f"<i>{texts('chart.cannot_say')}</i>"
    if key in analysis.left_out:
        return f"<i>{texts('chart.left_out')}</i>"
    return f"{100 * analysis.scores[key]:.1f} %"


def _stage_note(stage: Stage, texts: Texts) -> str:
    return texts("chart.stage_note", seconds=f"{stage.seconds:.2f}", memory_mb=f"{stage.rss_mb:.0f}")


def _add_waveform(figure: go.Figure, picture: Picture, texts: Texts, row: int) -> None:
    outline_x, outline_y = outline(picture.bucket_times_s, picture.peaks)
    figure.add_scatter(
        x=outline_x,
        y=outline_y,
        fill="toself",
        fillcolor=INK,
        line={"color": INK, "width": 0.8},
        hoverinfo="skip",
        showlegend=False,
        name=texts("chart.amplitude"),
        row=row,
        col=1,
    )
    reach = max(0.05, float(np.abs(picture.peaks).max()) * 1.05)
    figure.update_yaxes(
        title=texts("chart.amplitude"),
        range=[-reach, reach],
        nticks=5,
        showgrid=False,
        zeroline=True,
        zerolinecolor=FAINT,
        fixedrange=True,
        row=row,
        col=1,
    )


def _add_spectrogram(figure: go.Figure, picture: Picture, texts: Texts, row: int) -> None:
    quantised = np.rint(picture.mel_db).astype(np.int8)  # a decibel is finer than the eye: a byte a cell
    bands = np.arange(quantised.shape[0])
    figure.add_heatmap(
        x=picture.column_times_s.astype(np.float32),
        y=bands,
        z=quantised,
        zmin=FLOOR_DB,
        zmax=0,
        zsmooth="fast",
        colorbar={"title": texts("chart.decibel"), "thickness": 10, "len": 0.58, "y": 0.27, "outlinewidth": 0},
        customdata=None,
        hovertemplate="%{x:.2f} s · %{z} dB<extra></extra>",
        row=row,
        col=1,
    )
    ticks_khz = (0.25, 0.5, 1, 2, 4, 7)
    positions = np.interp([1000 * tick for tick in ticks_khz], picture.band_hz, bands)
    figure.update_yaxes(
        title=texts("chart.frequency"),
        tickvals=positions.tolist(),
        ticktext=[f"{tick:g}" for tick in ticks_khz],
        showgrid=False,
        zeroline=False,
        fixedrange=True,
        row=row,
        col=1,
    )


def _time_axis(figure: go.Figure, duration_s: float, texts: Texts, last_row: int | None = None) -> None:
    figure.update_xaxes(range=[0, duration_s], showgrid=False, zeroline=False)
    where = {} if last_row is None else {"row": last_row, "col": 1}
    if duration_s < CLOCK_FROM_S:
        figure.update_xaxes(title=texts("chart.time"), **where)
        return
    step_s = next((step for step in CLOCK_STEPS_S if duration_s / step <= MAX_CLOCK_TICKS), CLOCK_STEPS_S[-1])
    ticks_s = list(range(0, int(duration_s) + 1, step_s))
    figure.update_xaxes(tickvals=ticks_s, ticktext=[clock(tick) for tick in ticks_s])
    figure.update_xaxes(title=texts("chart.time_clock"), **where)
