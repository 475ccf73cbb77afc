"""What the curve is made of: time by emotion, changes, volatility, the strongest moments, valence and arousal."""

from dataclasses import replace

import streamlit as st

from core.curves import PLACES, Peak, Structure, strongest
from core.curves.structure import DEFAULT_MIN_SEGMENT_S
from core.results import Array
from dashboard.circumplex_chart import circumplex_path
from dashboard.components.names import labelled
from dashboard.language import Texts
from dashboard.state import TimelineState
from dashboard.timeline_charts import fine_clock, time_bars, transition_map
from dashboard.timeline_view import TimelineView
from dashboard.workbench import Workbench

STILL = {"displayModeBar": False}
MOMENTS_EACH = 3  # of an emotion


def show(bench: Workbench, state: TimelineState, structure: Structure, texts: Texts) -> None:
    """Draw three figures in words, two as charts, the strongest moments and the circumplex."""
    with st.container(horizontal=True, gap="large"):
        st.metric(texts("structure.count"), len(structure.segments))
        longest_s = max((segment.duration_s for segment in structure.segments), default=0.0)
        st.metric(texts("structure.longest"), texts.duration(longest_s))
        st.metric(texts("structure.volatility"), f"{structure.volatility:.2f}", help=texts("structure.volatility_help"))
    left, right = st.columns(2, gap="large")
    with left:
        st.caption(texts("structure.time"))
        st.plotly_chart(time_bars(structure, texts), key="structure-time", config=STILL, alt=texts("structure.time"))
    with right:
        st.caption(texts("structure.transitions"))
        if structure.transitions.sum() == 0:
            st.text(texts("structure.no_transitions"))
        else:
            st.plotly_chart(
                transition_map(structure, texts), key="structure-transitions", config=STILL,
                alt=texts("structure.transitions"),
            )  # fmt: skip
    left, right = st.columns(2, gap="large")
    with left:
        _moments(bench, state, structure, texts)
    with right:
        _circumplex(bench, state, texts)


def _moments(bench: Workbench, state: TimelineState, structure: Structure, texts: Texts) -> None:
    """A row an emotion that leads anywhere, with a button for each of its moments."""
    analysis, speech = bench.analysis, bench.heard(state.view)
    counted = None if speech is None else speech.mask(analysis.frame_times_s)
    length_s = structure.min_segment_s or DEFAULT_MIN_SEGMENT_S
    found = strongest(
        analysis.frame_times_s, analysis.frame_probabilities, analysis.labels, MOMENTS_EACH, length_s, counted
    )
    st.caption(texts("structure.strongest"), help=texts("structure.strongest_help", seconds=f"{length_s:g}"))
    if not found:
        st.text(texts("timeline.no_speech"))
    for label in dict.fromkeys(peak.label for peak in found):
        _moments_row(label, [peak for peak in found if peak.label == label], state, texts)


def _moments_row(label: str, peaks: list[Peak], state: TimelineState, texts: Texts) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"moments-{label}"):
        st.text(labelled(label, texts), width=110)
        for position, peak in enumerate(peaks):
            st.button(
                f"{fine_clock(peak.start_s)} · {100 * peak.probability:.0f} %", icon=":material/play_arrow:",
                key=f"moment-play-{label}-{position}", type="tertiary", help=texts("evidence.play"),
                on_click=state.play_stretch, args=(peak.start_s, peak.end_s),
            )  # fmt: skip


def _circumplex(bench: Workbench, state: TimelineState, texts: Texts) -> None:
    """The path of the curve as it is smoothed, where somebody speaks."""
    labels = bench.analysis.labels
    st.caption(texts("structure.circumplex"))
    times_s, values = spoken_curve(bench, state.view)
    if not len(times_s) or not set(labels) & set(PLACES):
        st.text(texts("timeline.no_speech"))
        return
    st.plotly_chart(
        circumplex_path(times_s, values, labels, texts), key="structure-circumplex", config=STILL,
        alt=texts("structure.circumplex"),
    )  # fmt: skip
    st.caption(texts("structure.circumplex_help"))


def spoken_curve(bench: Workbench, view: TimelineView) -> tuple[Array, Array]:
    """Times and probabilities of a view, smoothed as there, without the steps at which nobody speaks."""
    times_s, values = bench.curves(replace(view, values="probabilities"))
    speech = bench.heard(view)
    spoken = slice(None) if speech is None else speech.mask(times_s)
    return times_s[spoken], values[spoken]
