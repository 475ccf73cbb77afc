"""What the curve is made of: time by emotion, changes, volatility, the strongest moments, valence and arousal."""

from dataclasses import replace

import streamlit as st

from core.curves import PLACES, Peak, Structure, strongest
from dashboard.circumplex_chart import circumplex_path
from dashboard.components.names import labelled
from dashboard.language import Texts
from dashboard.state import TimelineState
from dashboard.timeline_charts import fine_clock, time_bars, transition_map
from dashboard.workbench import Workbench

STILL = {"displayModeBar": False}
MAX_MOMENTS = 8


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
        _moments(bench, state, texts)
    with right:
        _circumplex(bench, state, texts)


def _moments(bench: Workbench, state: TimelineState, texts: Texts) -> None:
    """A row a moment, with a button that plays it."""
    analysis, speech = bench.analysis, bench.heard(state.view)
    counted = None if speech is None else speech.mask(analysis.frame_times_s)
    found = strongest(analysis.frame_times_s, analysis.frame_probabilities, analysis.labels, counted=counted)
    st.caption(texts("structure.strongest"))
    if not found:
        st.text(texts("timeline.no_speech"))
    for position, peak in enumerate(found[:MAX_MOMENTS]):
        _moment_row(position, peak, state, texts)


def _moment_row(position: int, peak: Peak, state: TimelineState, texts: Texts) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key=f"moment-row-{position}"):
        st.button(
            "", icon=":material/play_arrow:", key=f"moment-play-{position}", help=texts("evidence.play"),
            on_click=state.play_stretch, args=(peak.start_s, peak.end_s),
        )  # fmt: skip
        st.text(f"{fine_clock(peak.start_s)} – {fine_clock(peak.end_s)}", width=150)
        st.text(f"{labelled(peak.label, texts)} {100 * peak.probability:.0f} %", width="stretch")


def _circumplex(bench: Workbench, state: TimelineState, texts: Texts) -> None:
    """The path of the curve as it is smoothed, where somebody speaks."""
    labels = bench.analysis.labels
    st.caption(texts("structure.circumplex"), help=texts("structure.circumplex_help"))
    times_s, values = bench.curves(replace(state.view, values="probabilities"))
    speech = bench.heard(state.view)
    if speech is not None:
        spoken = speech.mask(times_s)
        times_s, values = times_s[spoken], values[spoken]
    if not len(times_s) or not set(labels) & set(PLACES):
        st.text(texts("timeline.no_speech"))
        return
    st.plotly_chart(
        circumplex_path(times_s, values, labels, texts), key="structure-circumplex", config=STILL,
        alt=texts("structure.circumplex"),
    )  # fmt: skip
