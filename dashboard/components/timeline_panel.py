"""The timeline of one recording: chart, player, region, and what lies behind them. One fragment."""

from dataclasses import replace

import streamlit as st

from core.curves import Structure, region
from core.emotions import emotion
from dashboard.clips import Clip
from dashboard.components import (
    heads,
    player,
    timeline_clip,
    timeline_controls,
    timeline_evidence,
    timeline_exports,
    timeline_reference,
    timeline_speakers,
    timeline_structure,
)
from dashboard.components.names import labelled
from dashboard.language import Texts
from dashboard.sounds import sound_url
from dashboard.state import Session, TimelineState
from dashboard.timeline_charts import Extras, fine_clock, region_bars, timeline
from dashboard.timeline_view import Span
from dashboard.workbench import Workbench

CHART_KEY = "timeline-chart"
ARC_LENGTH = 12
TABS = ("evidence", "structure", "speakers", "head", "reference", "export")


@st.fragment
def show(session: Session, clip: Clip, bench: Workbench, state: TimelineState, texts: Texts) -> None:
    """Draw everything about one recording; choices rerun only this."""
    timeline_controls.show(state, bench, texts)
    structure = bench.structure(state.view)
    _sentences(bench, structure, texts)
    _chart(clip, bench, state, texts)
    timeline_speakers.show_waiting(clip, state, texts)
    _player(clip, bench, state, texts)
    if state.view.region_s is not None:
        _region(bench, state.view.region_s, texts)
    tabs = st.tabs([texts(f"timeline.tab.{tab}") for tab in TABS], key="timeline-tabs")
    with tabs[0]:
        timeline_evidence.show(bench, state, structure, texts)
    with tabs[1]:
        timeline_structure.show(bench, state, structure, texts)
    with tabs[2]:
        timeline_speakers.show(clip, bench, state, texts)
    with tabs[3]:
        heads.show_curves(session, clip, bench, state, texts)
    with tabs[4]:
        timeline_reference.show(clip, state, structure, texts)
    with tabs[5]:
        timeline_exports.show(session, clip, bench, state, texts)
    timeline_clip.link(clip, state)


def _sentences(bench: Workbench, structure: Structure, texts: Texts) -> None:
    """The verdict and the arc, a line each."""
    analysis = bench.analysis
    if analysis.unsure:
        both = " / ".join(f"{labelled(each.label, texts)} {100 * each.score:.0f} %" for each in analysis.candidates)
        verdict = texts("timeline.verdict_unsure", labels=both)
    else:
        percent = f"{100 * analysis.confidence:.0f}"
        verdict = texts("timeline.verdict", label=labelled(analysis.label, texts), percent=percent)
    if not analysis.checkpoint.calibrated:
        verdict = f"{verdict} · {texts('timeline.uncalibrated')}"
    with st.container(key="timeline-sentences", gap="xsmall"):
        st.markdown(f"**{verdict}**")
        st.markdown(arc_text(structure, texts))


def arc_text(structure: Structure, texts: Texts) -> str:
    """`😐 Neutral → 😲 Surprised at 0:02.4 → …`; the first changes of many."""
    if not structure.arc:
        return texts("timeline.no_speech_at_all")
    first, *others = structure.arc
    words = [labelled(first.label, texts)]
    words += [
        texts("timeline.arc_at", label=labelled(each.label, texts), time=fine_clock(each.start_s))
        for each in others[:ARC_LENGTH]
    ]
    text = " → ".join(words)
    more = len(others) - ARC_LENGTH
    return texts("timeline.arc_more", arc=text, count=more) if more > 0 else text


def _chart(clip: Clip, bench: Workbench, state: TimelineState, texts: Texts) -> None:
    pair = timeline_evidence.pair_of(bench, state)
    voices = timeline_speakers.found_in(clip, state)
    extras = Extras(timeline_reference.meant(state), pair, voices.turns if voices else ())
    figure = timeline(bench, clip.heard.result().picture, state.view, texts, extras)
    config = {
        "displaylogo": False,
        "doubleClick": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": timeline_exports.figure_format(), "filename": "emoscope-timeline"},
    }
    st.plotly_chart(figure, key=CHART_KEY, config=config, alt=texts("timeline.chart_alt"))


def _player(clip: Clip, bench: Workbench, state: TimelineState, texts: Texts) -> None:
    def look_at(view_s: Span | None) -> None:
        state.view = replace(state.view, view_s=view_s)

    def ask_about(region_s: Span | None) -> None:
        state.view = replace(state.view, region_s=region_s)

    player.show(
        key="timeline-player",
        chart_key=CHART_KEY,
        sound_url=sound_url(clip.id),
        duration_s=bench.analysis.duration_s,
        curve=bench.player_curve(state.view),
        segments=bench.structure(state.view).segments,
        region_s=state.view.region_s,
        view_s=state.view.view_s,
        region_note=_note(bench, state.view.region_s, texts),
        play=state.play,
        on_region=ask_about,
        on_view=look_at,
        texts=texts,
    )


def _note(bench: Workbench, region_s: Span | None, texts: Texts) -> str:
    """The region's own verdict."""
    if region_s is None:
        return ""
    try:
        scores = region(bench.analysis, *region_s)
    except ValueError:
        return texts("timeline.region_empty")
    label = max(scores, key=lambda each: scores[each])
    found = emotion(label)
    name = f"{found.emoji} {texts.emotion(label)}"
    return texts("timeline.region_says", label=name, percent=f"{100 * scores[label]:.1f}")


def _region(bench: Workbench, region_s: Span, texts: Texts) -> None:
    try:
        scores = region(bench.analysis, *region_s)
    except ValueError:
        return
    with st.expander(texts("timeline.region_title"), expanded=True, icon=":material/select:", key="timeline-region"):
        st.plotly_chart(
            region_bars(scores, bench.analysis, texts), key="region-scores", config={"displayModeBar": False},
            alt=texts("timeline.region_against"),
        )  # fmt: skip
