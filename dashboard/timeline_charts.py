"""The timeline as one Plotly figure: sound, emotions, segments and more over one time axis. Pure.

Whatever the recording's length, a figure holds about as many points as a screen has pixels, with every peak kept; the
figure of a short stretch holds all of its frames. Lines keep the lowest and highest value of each pixel; areas and heat
maps, whose columns sum to one, their means.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import plotly.graph_objects as go  # type: ignore[import-untyped]
from plotly.subplots import make_subplots  # type: ignore[import-untyped]

from core.audio import outline, peaks
from core.curves import Structure
from core.curves.decimation import bucket_means, extremes, visible
from core.emotions import DASHES, EMOTION_KEYS, emotion
from core.results import Analysis, Array, Segment, SpeakerTurn, Waveform
from core.speakers import Feeling
from dashboard.charts import FAINT, INK, finished, noteworthy
from dashboard.compare_view import COLOURS
from dashboard.components.names import labelled
from dashboard.language import Texts, clock
from dashboard.pictures import Picture
from dashboard.timeline_view import TimelineView
from dashboard.workbench import Workbench

PIXELS = 900
CURVES_PX, CURVES_GAP_PX = 140, 40  # of each speaker's own curves, and the room above them for the name
HEIGHTS_PX = {
    "sound": 74,
    "curves": 250,
    "segments": 46,
    "reference": 46,
    "speakers": 46,
    "pitch": 90,
    "level": 80,
    "evidence": 110,
}
MAX_TICKS = 9
TICK_STEPS_S = (
    0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800,
)  # fmt: skip
WIDE_SHARE = 0.075  # of the view: a segment so wide has room for its word
NARROW_SHARE = 0.022  # … for its emoji
SILENCE = "rgba(127,140,155,0.16)"


@dataclass(frozen=True)
class Extras:
    """What is drawn beside the curves.

    Attributes:
        reference: a person's segments, where there are any.
        evidence: a label and the one it is held against, for the row "evidence".
        turns: who speaks when, for the row "speakers".
    """

    reference: Sequence[Segment] = ()
    evidence: tuple[str, str] | None = None
    turns: Sequence[SpeakerTurn] = ()


@dataclass
class _Drawing:
    """A figure under way: what is seen, and which row is whose."""

    bench: Workbench
    view: TimelineView
    texts: Texts
    start_s: float
    end_s: float
    rows: list[str]
    figure: go.Figure = field(init=False)

    def __post_init__(self) -> None:
        heights = [HEIGHTS_PX[row] for row in self.rows]
        self.figure = make_subplots(
            rows=len(self.rows), cols=1, shared_xaxes=True, row_heights=heights, vertical_spacing=0.018
        )

    def add(self, kind: str, row: str, **values: object) -> None:
        getattr(self.figure, f"add_{kind}")(row=self.rows.index(row) + 1, col=1, **values)

    def axis(self, row: str, **values: object) -> None:
        plain = {"showgrid": False, "zeroline": False, "fixedrange": True}
        self.figure.update_yaxes(row=self.rows.index(row) + 1, col=1, **plain | values)

    def seen(self, times_s: Array, margin_s: float = 0.0) -> slice:
        """The steps within the view, and one more each side so that lines reach its edges."""
        begin = int(np.searchsorted(times_s, self.start_s - margin_s)) - 1
        end = int(np.searchsorted(times_s, self.end_s + margin_s, side="right")) + 1
        return slice(max(0, begin), end)


def timeline(
    bench: Workbench, picture: Picture, view: TimelineView, texts: Texts, extras: Extras = Extras()
) -> go.Figure:
    """The figure of a view: what of the recording lies in it, decimated to PIXELS columns."""
    start_s, end_s = view.view_s or (0.0, bench.analysis.duration_s)
    rows = ["sound", "curves", "segments"]
    rows += ["reference"] if extras.reference else []
    known = {"evidence": bool(extras.evidence), "speakers": bool(extras.turns)}
    rows += [row for row in view.rows if known.get(row, True)]
    drawing = _Drawing(bench, view, texts, start_s, end_s, rows)
    _add_sound(drawing, picture)
    {"lines": _add_lines, "area": _add_area, "heat": _add_heat}[view.draw](drawing)
    _add_segments(drawing, "segments", bench.structure(view).segments)
    if "reference" in rows:
        _add_segments(drawing, "reference", extras.reference)
    if "speakers" in rows:
        _add_turns(drawing, extras.turns)
    if "pitch" in rows or "level" in rows:
        _add_prosody(drawing)
    if "evidence" in rows and extras.evidence:
        _add_evidence(drawing, extras.evidence)
    _add_time_axis(drawing)
    figure = drawing.figure
    figure.update_layout(
        dragmode=False,
        hovermode="x unified",
        uirevision="timeline",
        barmode="overlay",
        uniformtext={"mode": "hide", "minsize": 11},  # on a phone a word may have no room after all
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.01, "x": 0, "title": None},
    )
    return finished(figure, height=sum(HEIGHTS_PX[row] for row in rows) + 90, top=44)


def time_ticks(start_s: float, end_s: float) -> tuple[list[float], list[str]]:
    """At most MAX_TICKS round times within a view, and how a clock says them."""
    step_s = next((step for step in TICK_STEPS_S if (end_s - start_s) / step <= MAX_TICKS), TICK_STEPS_S[-1])
    first = int(np.ceil(start_s / step_s - 1e-9))
    times_s = [round(k * step_s, 3) for k in range(first, int(np.floor(end_s / step_s + 1e-9)) + 1)]
    decimals = 2 if step_s < 0.1 else 1 if step_s < 1 else 0
    return times_s, [fine_clock(each, decimals) for each in times_s]


def fine_clock(seconds: float, decimals: int = 1) -> str:
    """`0:07.3`, `1:02:45.0`: a clock with parts of a second."""
    if not decimals:
        return clock(seconds)
    parts = round(seconds * 10**decimals)
    whole, rest = divmod(parts, 10**decimals)
    return f"{clock(whole)}.{rest:0{decimals}d}"


def _add_sound(drawing: _Drawing, picture: Picture) -> None:
    times_s, lowest_highest = sound_peaks(drawing.bench.waveform, picture, drawing.view.view_s)
    outline_x, outline_y = outline(times_s, lowest_highest)
    drawing.add(
        "scatter", "sound", x=outline_x, y=outline_y, fill="toself", fillcolor=INK, line={"color": INK, "width": 0.6},
        hoverinfo="skip", showlegend=False, name=drawing.texts("chart.amplitude"),
    )  # fmt: skip
    reach = max(0.05, float(np.abs(lowest_highest).max()) * 1.05)
    drawing.axis("sound", range=[-reach, reach], showticklabels=False, title=None)


def sound_peaks(waveform: Waveform, picture: Picture, view_s: tuple[float, float] | None) -> tuple[Array, Array]:
    """Times (n,) and the lowest and highest sample of each stretch (2, n): of the whole, or of a view."""
    if view_s is None:
        return picture.bucket_times_s, picture.peaks
    first, end = (round(edge * 16_000) for edge in view_s)
    stretch = Waveform(waveform.samples[first : max(end, first + 1)])
    buckets = min(PIXELS, max(1, stretch.num_samples))
    times_s = view_s[0] + (np.arange(buckets) + 0.5) * stretch.duration_s / buckets
    return times_s, peaks(stretch, buckets)


def _columns(drawing: _Drawing, probabilities: Array) -> list[str]:
    """The labels to draw, in the order of the nine."""
    analysis, chosen = drawing.bench.analysis, drawing.view.emotions
    wanted = noteworthy(analysis, probabilities) if chosen is None else set(chosen)
    shown = [key for key in EMOTION_KEYS if key in analysis.labels and key in wanted]
    return shown or [key for key in EMOTION_KEYS if key in analysis.labels]


def _spoken(drawing: _Drawing, times_s: Array) -> Array:
    speech = drawing.bench.heard(drawing.view)
    return np.ones(len(times_s), dtype=bool) if speech is None else speech.mask(times_s)


def _add_lines(drawing: _Drawing) -> None:
    """A line an emotion; nothing is drawn where nobody speaks."""
    times_s, values = drawing.bench.curves(drawing.view)
    labels, shown = drawing.bench.analysis.labels, _columns(drawing, values)
    seen = drawing.seen(times_s)
    times_s, values = times_s[seen], np.where(_spoken(drawing, times_s[seen])[:, None], values[seen], np.nan)
    is_share = drawing.view.values == "probabilities"
    times_s, values = extremes(times_s, 100 * values if is_share else values, PIXELS)
    for key in shown:
        drawing.add(
            "scatter", "curves", x=times_s, y=values[:, labels.index(key)].astype(np.float32),
            name=labelled(key, drawing.texts), mode="lines" if len(times_s) > 1 else "markers", connectgaps=False,
            line={"color": emotion(key).colour, "width": 1.7, "dash": DASHES[EMOTION_KEYS.index(key)]},
            hovertemplate="%{y:.1f} %" if is_share else "%{y:.2f}", legendrank=EMOTION_KEYS.index(key),
        )  # fmt: skip
    finite = values[np.isfinite(values)]
    low, high = (0.0, 102.0) if is_share or not len(finite) else (float(finite.min()), float(finite.max()))
    _shade_silence(drawing, "curves", low, high)
    _curve_axis(drawing, [low, high])


def _add_area(drawing: _Drawing) -> None:
    """The share of each emotion, stacked; nothing where nobody speaks."""
    times_s, values = drawing.bench.curves(drawing.view)
    labels, shown = drawing.bench.analysis.labels, _columns(drawing, values)
    seen = drawing.seen(times_s)
    spoken = _spoken(drawing, times_s[seen])[:, None]
    times_s, means = bucket_means(times_s[seen], np.where(spoken, _shares(drawing, values[seen]), 0.0), PIXELS)
    for key in shown:
        drawing.add(
            "scatter", "curves", x=times_s, y=(100 * means[:, labels.index(key)]).astype(np.float32), stackgroup="one",
            name=labelled(key, drawing.texts), mode="lines", line={"color": emotion(key).colour, "width": 0.5},
            hovertemplate="%{y:.1f} %", legendrank=EMOTION_KEYS.index(key),
        )  # fmt: skip
    _shade_silence(drawing, "curves", 0.0, 102.0)
    _curve_axis(drawing, [0, 102])


def _add_heat(drawing: _Drawing) -> None:
    """A band an emotion, the darker the more probable; nothing where nobody speaks."""
    times_s, values = drawing.bench.curves(drawing.view)
    labels, shown = drawing.bench.analysis.labels, _columns(drawing, values)[::-1]
    seen = drawing.seen(times_s)
    is_share = drawing.view.values == "probabilities"
    times_s, means = bucket_means(times_s[seen], values[seen] * (100 if is_share else 1), PIXELS)
    columns = [labels.index(key) for key in shown]
    drawing.add(
        "heatmap", "curves", x=times_s, y=[labelled(key, drawing.texts) for key in shown],
        z=np.where(_spoken(drawing, times_s)[:, None], means[:, columns], np.nan).T.astype(np.float32),
        zmin=0 if is_share else None, zmax=100 if is_share else None, showscale=False, hoverongaps=False,
        hovertemplate="%{y} %{z:.1f}<extra></extra>",
    )  # fmt: skip
    drawing.axis("curves", ticks="")


def _shares(drawing: _Drawing, values: Array) -> Array:
    """What an area stacks: probabilities, also where the view is of logits."""
    if drawing.view.values == "probabilities":
        return values
    exponentials = np.exp(values - values.max(axis=1, keepdims=True))
    shares: Array = exponentials / exponentials.sum(axis=1, keepdims=True)
    return shares


def _curve_axis(drawing: _Drawing, span: list[float]) -> None:
    is_share = drawing.view.values == "probabilities" or drawing.view.draw == "area"
    title = drawing.texts("chart.probability" if is_share else "timeline.logit")
    drawing.axis("curves", title=title, range=span, showgrid=True, gridcolor=FAINT)


def _shade_silence(drawing: _Drawing, row: str, low: float, high: float) -> None:
    speech = drawing.bench.heard(drawing.view)
    pauses = visible(list(speech.pauses_s), drawing.start_s, drawing.end_s, PIXELS) if speech else []
    if not pauses:
        return
    x = [edge for start, end in pauses for edge in (start, start, end, end, None)]
    drawing.add(
        "scatter", row, x=x, y=[low, high, high, low, None] * len(pauses), fill="toself", fillcolor=SILENCE,
        line={"width": 0}, mode="lines", hoverinfo="skip", name=drawing.texts("timeline.no_speech"), legendrank=2000,
    )  # fmt: skip


def _add_segments(drawing: _Drawing, row: str, segments: Sequence[Segment]) -> None:
    """A bar a segment, with a word where there is room; those thinner than half a pixel are left to the eye."""
    span_s = drawing.end_s - drawing.start_s
    inside = [s for s in segments if s.end_s > drawing.start_s and s.start_s < drawing.end_s]
    if len(inside) > PIXELS:
        inside = [segment for segment in inside if segment.duration_s >= span_s / PIXELS / 2]
    edges = [(max(s.start_s, drawing.start_s), min(s.end_s, drawing.end_s)) for s in inside]
    drawing.add(
        "bar", row, orientation="h", base=[start for start, _ in edges], x=[end - start for start, end in edges],
        y=[0] * len(inside), width=0.9, showlegend=False, name=drawing.texts(f"timeline.{row}"),
        marker={"color": [_colour(segment.label) for segment in inside], "line": {"width": 0}, "cornerradius": 3},
        text=[_word(s.label, (end - start) / span_s, drawing.texts)
              for s, (start, end) in zip(inside, edges, strict=True)],
        textposition="inside", insidetextanchor="middle", textangle=0,
        textfont={"color": "#14161B", "size": 12},
        customdata=[_said(segment, drawing.texts) for segment in inside], hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    drawing.axis(row, range=[-0.5, 0.5], showticklabels=False, title=None)


def _add_turns(drawing: _Drawing, turns: Sequence[SpeakerTurn]) -> None:
    """A bar a turn in its speaker's colour, with the name where there is room."""
    colours = speaker_colours(turns)
    span_s = drawing.end_s - drawing.start_s
    inside = [t for t in turns if t.end_s > drawing.start_s and t.start_s < drawing.end_s]
    edges = [(max(t.start_s, drawing.start_s), min(t.end_s, drawing.end_s)) for t in inside]
    drawing.add(
        "bar", "speakers", orientation="h", base=[start for start, _ in edges], x=[end - start for start, end in edges],
        y=[0] * len(inside), width=0.9, showlegend=False, name=drawing.texts("timeline.row.speakers"),
        marker={"color": [colours[t.speaker] for t in inside], "line": {"width": 0}, "cornerradius": 3},
        text=[plain(t.speaker[:16]) if (end - start) / span_s > WIDE_SHARE else ""
              for t, (start, end) in zip(inside, edges, strict=True)],
        textposition="inside", insidetextanchor="middle", textangle=0, textfont={"color": "#FFFFFF", "size": 12},
        customdata=[f"{plain(t.speaker)} · {fine_clock(t.start_s)} – {fine_clock(t.end_s)}" for t in inside],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    drawing.axis("speakers", range=[-0.5, 0.5], showticklabels=False, title=None)


def speaker_colours(turns: Sequence[SpeakerTurn]) -> dict[str, str]:
    """A colour a speaker, by first appearance; they come again where there are more speakers than colours."""
    names = dict.fromkeys(turn.speaker for turn in turns)
    return {name: COLOURS[at % len(COLOURS)] for at, name in enumerate(names)}


def speaker_curves(
    bench: Workbench, view: TimelineView, spoken_by: Sequence[Feeling], turns: Sequence[SpeakerTurn], texts: Texts
) -> go.Figure:
    """A row a speaker: the curves of the emotions that lead in their turns, and nothing where others speak."""
    times_s, values = bench.curves(replace(view, values="probabilities"))
    times_s, values = bucket_means(times_s, values, PIXELS)
    labels = bench.analysis.labels
    figure = make_subplots(
        rows=len(spoken_by), cols=1, shared_xaxes=True, vertical_spacing=CURVES_GAP_PX / (CURVES_PX * len(spoken_by)),
        subplot_titles=[plain(each.speaker) for each in spoken_by],
    )  # fmt: skip
    shown: set[str] = set()
    for row, each in enumerate(spoken_by, start=1):
        own = spoken_at(times_s, [turn for turn in turns if turn.speaker == each.speaker])
        leaders = sorted({labels[at] for at in values[own].argmax(axis=1).tolist()} | {each.label}, key=labels.index)
        for label in leaders:
            figure.add_scatter(
                x=times_s, y=np.where(own, 100 * values[:, labels.index(label)], np.nan), mode="lines",
                line={"color": emotion(label).colour, "width": 1.6, "dash": DASHES[labels.index(label)]},
                name=labelled(label, texts), legendgroup=label, showlegend=label not in shown,
                hovertemplate="%{y:.0f} %", row=row, col=1,
            )  # fmt: skip
            shown.add(label)
    figure.update_yaxes(range=[0, 102], showgrid=True, gridcolor=FAINT, zeroline=False, fixedrange=True)
    figure.update_xaxes(range=[0, bench.analysis.duration_s], showgrid=False, zeroline=False, fixedrange=True)
    values_at, words = time_ticks(0.0, bench.analysis.duration_s)
    figure.update_xaxes(tickvals=values_at, ticktext=words)
    figure.update_layout(
        hovermode="x unified",
        legend={"orientation": "h", "yanchor": "bottom", "x": 0, "title": None},
    )
    figure.update_layout(legend_y=1 + 28 / (CURVES_PX * len(spoken_by)))  # above the first speaker's name
    return finished(figure, height=CURVES_PX * len(spoken_by) + 120, top=84)


def feeling_bars(each: Sequence[Feeling], texts: Texts) -> go.Figure:
    """A bar a speaker, made of the probabilities of what they feel."""
    labels = [label for label in EMOTION_KEYS if any(feeling.scores.get(label, 0) >= 0.01 for feeling in each)]
    names = [plain(feeling.speaker) for feeling in each]
    figure = go.Figure()
    for label in labels:
        shares = [100 * feeling.scores.get(label, 0.0) for feeling in each]
        figure.add_bar(
            x=shares, y=names, orientation="h", name=labelled(label, texts), marker={"color": emotion(label).colour},
            text=[f"{emotion(label).emoji} {share:.0f} %" if share >= 12 else "" for share in shares],
            textposition="inside", textangle=0, insidetextanchor="middle", textfont={"color": "#14161B", "size": 12},
            hovertemplate="%{x:.1f} %",
        )  # fmt: skip
    figure.update_yaxes(autorange="reversed", ticks="", showgrid=False, fixedrange=True)
    figure.update_xaxes(range=[0, 100], visible=False, fixedrange=True)
    figure.update_layout(
        barmode="stack", legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "title": None}
    )
    return finished(figure, height=48 * len(each) + 90, top=56, bargap=0.35)


def spoken_at(times_s: Array, turns: Sequence[SpeakerTurn]) -> Array:
    """(n,) bool: which moments lie in one of the turns."""
    found: Array = np.zeros(len(times_s), bool)
    for turn in turns:
        begin, end = np.searchsorted(times_s, (turn.start_s, turn.end_s))
        found[begin:end] = True
    return found


def _colour(label: str) -> str:
    return emotion(label).colour if label in EMOTION_KEYS else INK


def _word(label: str, share: float, texts: Texts) -> str:
    if label not in EMOTION_KEYS:
        return plain(label)[:12] if share > WIDE_SHARE else ""
    return labelled(label, texts) if share > WIDE_SHARE else emotion(label).emoji if share > NARROW_SHARE else ""


def _said(segment: Segment, texts: Texts) -> str:
    name = labelled(segment.label, texts) if segment.label in EMOTION_KEYS else plain(segment.label)
    certain = f" · {100 * segment.probability:.0f} %" if np.isfinite(segment.probability) else ""
    return f"{name} · {fine_clock(segment.start_s)} – {fine_clock(segment.end_s)}{certain}"


def plain(label: str) -> str:
    """A word from outside for Plotly, which reads tags and entities: none is left."""
    return label.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _add_prosody(drawing: _Drawing) -> None:
    found = drawing.bench.prosody(drawing.start_s, drawing.end_s)
    for row, values, unit in (("pitch", found.pitch_hz, "Hz"), ("level", found.level_db, "dB")):
        if row not in drawing.rows:
            continue
        times_s, shown = extremes(found.times_s, values, PIXELS)
        drawing.add(
            "scatter", row, x=times_s, y=shown.astype(np.float32), mode="lines", connectgaps=False, showlegend=False,
            line={"color": "#5B74C4", "width": 1.6}, name=drawing.texts(f"timeline.{row}"),
            hovertemplate=f"%{{y:.0f}} {unit}",
        )  # fmt: skip
        drawing.axis(row, title=unit, nticks=4, showgrid=True, gridcolor=FAINT)


def _add_evidence(drawing: _Drawing, pair: tuple[str, str]) -> None:
    """How much each frame speaks for one label against another: above zero for, below against."""
    label, against = pair
    values, times_s = drawing.bench.evidence(label, against), drawing.bench.analysis.frame_times_s
    seen = drawing.seen(times_s)
    times_s, shown = extremes(times_s[seen], values[seen], PIXELS)
    drawing.add(
        "scatter", "evidence", x=times_s, y=shown.astype(np.float32), mode="lines", fill="tozeroy", showlegend=False,
        line={"color": emotion(label).colour, "width": 1.2}, name=labelled(label, drawing.texts),
        hovertemplate="%{y:+.2f}",
    )  # fmt: skip
    drawing.axis("evidence", title=emotion(label).emoji, nticks=4, showgrid=True, gridcolor=FAINT, zeroline=True,
                 zerolinecolor=INK)  # fmt: skip


def _add_time_axis(drawing: _Drawing) -> None:
    ticks_s, words = time_ticks(drawing.start_s, drawing.end_s)
    figure = drawing.figure
    figure.update_xaxes(
        range=[drawing.start_s, drawing.end_s], showgrid=False, zeroline=False, tickvals=ticks_s, ticktext=words,
        hoverformat=".2f", fixedrange=True,
    )  # fmt: skip
    figure.update_xaxes(title=drawing.texts("chart.time_clock"), row=len(drawing.rows), col=1)


def region_bars(scores: dict[str, float], analysis: Analysis, texts: Texts) -> go.Figure:
    """A region's probabilities beside those of the whole recording, the region's highest first."""
    keys = sorted(scores, key=lambda key: -scores[key])
    names = [labelled(key, texts) for key in keys]
    figure = go.Figure()
    for word, values, opacity in (("of_region", scores, 1.0), ("of_whole", analysis.scores, 0.35)):
        figure.add_bar(
            x=[100 * values[key] for key in keys], y=names, orientation="h", name=texts(f"timeline.{word}"),
            marker={"color": [emotion(key).colour for key in keys], "opacity": opacity, "cornerradius": 3},
            text=[f"{100 * values[key]:.1f} %" for key in keys], textposition="outside", cliponaxis=False,
            hovertemplate="%{y}: %{x:.1f} %",
        )  # fmt: skip
    figure.update_yaxes(autorange="reversed", ticks="", showgrid=False, fixedrange=True)
    figure.update_xaxes(range=[0, 116], showgrid=True, gridcolor=FAINT, zeroline=False, fixedrange=True)
    figure.update_layout(legend={"orientation": "h", "y": 1.08, "x": 0, "title": None})
    return finished(figure, height=32 * len(keys) + 70, top=36, bargap=0.25)


def time_bars(structure: Structure, texts: Texts) -> go.Figure:
    """Seconds that each emotion leads, and those of silence."""
    rows = [(labelled(key, texts), s, emotion(key).colour) for key, s in structure.seconds.items() if s > 0]
    rows.sort(key=lambda row: -row[1])
    if structure.silence_s > 0:
        rows.append((texts("structure.silence"), structure.silence_s, "rgba(127,140,155,0.45)"))
    total_s = max(structure.duration_s, 1e-9)
    figure = go.Figure(
        go.Bar(
            x=[seconds for _, seconds, _ in rows], y=[name for name, _, _ in rows], orientation="h",
            marker={"color": [colour for _, _, colour in rows], "cornerradius": 4},
            text=[f"{texts.duration(seconds)} · {100 * seconds / total_s:.0f} %" for _, seconds, _ in rows],
            textposition="outside", cliponaxis=False, hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", ticks="", showgrid=False, fixedrange=True)
    longest_s = max((seconds for _, seconds, _ in rows), default=1.0)
    figure.update_xaxes(range=[0, longest_s * 1.5], visible=False, fixedrange=True)
    return finished(figure, height=36 * len(rows) + 40, bargap=0.35)


def transition_map(structure: Structure, texts: Texts) -> go.Figure:
    """How often one emotion was followed by another; labels that never lead are left out."""
    counts = structure.transitions
    kept = [i for i, label in enumerate(structure.labels) if counts[i].any() or counts[:, i].any()]
    names = [labelled(structure.labels[i], texts) for i in kept]
    shown = counts[np.ix_(kept, kept)]
    figure = go.Figure(
        go.Heatmap(
            x=names, y=names, z=np.where(shown > 0, shown, np.nan), text=np.where(shown > 0, shown.astype(str), ""),
            texttemplate="%{text}", showscale=False, xgap=2, ygap=2, hoverongaps=False,
            hovertemplate="%{y} → %{x}: %{z}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", ticks="", showgrid=False, fixedrange=True)
    figure.update_xaxes(ticks="", showgrid=False, side="top", fixedrange=True)
    return finished(figure, height=40 * len(kept) + 90, top=60)
