"""Everything about the chosen clips, in one place that reruns alone."""

from dataclasses import replace

import streamlit as st

from core.errors import EmoScopeError
from core.results import Analysis
from dashboard import compare_charts, compare_work
from dashboard.clips import Clip
from dashboard.compare_bench import Axis, CompareBench, Side
from dashboard.compare_view import AXES, DRAWINGS, SCORES, CompareView, Span, drawing_of
from dashboard.components import (
    compare_cards,
    compare_clips,
    compare_exports,
    compare_measures,
    compare_player,
    notices,
    timeline_clip,
)
from dashboard.components.names import labelled
from dashboard.language import Texts
from dashboard.resources import services
from dashboard.state import CompareState, Session

CURVES, SOUNDS, PATHS = "compare-curves", "compare-sounds", "compare-paths"
TABS = ("scores", "measures", "pairs", "export")
PATIENCE_S = 2.0  # short clips are compared by then
LOOK_EVERY_S = 0.7
FREE = {"displaylogo": False, "doubleClick": False, "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": "png", "scale": 2, "filename": "emoscope-compare"}}  # fmt: skip


def analysed(session: Session) -> list[tuple[Clip, Analysis]]:
    """The chosen clips that are analysed, in their order."""
    by_id = {clip.id: clip for clip in session.clips}
    found = []
    for clip_id in session.compared.clips:
        listening = by_id[clip_id].listenings.get(session.checkpoint) if clip_id in by_id else None
        if listening is not None and listening.analysis is not None:
            found.append((by_id[clip_id], session.view(listening.analysis)))
    return found


@st.fragment
def show(session: Session, texts: Texts) -> None:
    """Draw the cards, the transport, the curves and all that is measured; choices rerun only this."""
    state = session.compared
    if state.changed:
        state.changed = False
        st.rerun()
    bench = _bench(session, texts)
    compare_cards.show(bench, texts)
    _progress(state, bench, texts)
    with st.container(key="compare-views", horizontal=True, vertical_alignment="bottom", gap="medium"):
        _choices(state, bench, texts)
    axis = bench.axis(state.view.axis)
    transport = st.container(key="compare-transport")
    _charts(state.view, bench, axis, texts)
    with transport:
        _transport(state, bench, axis, texts)
    tabs = st.tabs([texts(f"compare.tab.{tab}") for tab in TABS], key="compare-tabs")
    with tabs[0]:
        _scores(state, bench, texts)
    with tabs[1]:
        compare_measures.show(bench, texts)
    with tabs[2]:
        compare_measures.show_pairs(bench, texts)
    with tabs[3]:
        compare_exports.show(bench, texts)
    compare_clips.link(session)


def _bench(session: Session, texts: Texts) -> CompareBench:
    state, sides = session.compared, []
    for at, (clip, analysis) in enumerate(analysed(session)):
        heard = timeline_clip.bench_of(session, clip, analysis, texts)
        services().recents.keep(clip)
        loudness = compare_work.loudness_of(state.work, analysis.sha256, heard.waveform)
        sides.append(Side(clip.id, at, clip.name, heard, clip.heard.result().picture, loudness))
    ids = [side.id for side in sides]
    reference = ids.index(state.reference) if state.reference in ids else 0
    shared = services()
    bench, jobs = CompareBench(tuple(sides), reference), shared.jobs
    try:
        compare_work.hear_noise(state.work, sides, session.checkpoint, shared.host, jobs, texts("compare.noise_title"))
        return compare_work.measured(state.work, bench, jobs, texts("compare.pairs_title"), PATIENCE_S)
    except EmoScopeError as error:  # too much is waiting
        notices.show_error(str(error), key="compare-work")
        return bench


def _progress(state: CompareState, bench: CompareBench, texts: Texts) -> None:
    """A bar for what is being measured; the panel is drawn again when it is over."""
    jobs = [job for job in (state.work.pairs_job, state.work.noise_job) if job is not None]
    for job in jobs:
        if job.error is not None:
            notices.show_error(job.error, key=f"compare-{job.kind}")
    if not any(not job.is_over for job in jobs):
        return

    def look() -> None:
        under_way = [job for job in jobs if not job.is_over]
        if not under_way or (
            bench.comparison is None and state.work.pairs_job is not None and state.work.pairs_job.is_over
        ):
            st.rerun()
        st.progress(under_way[-1].share or 0.0, text=under_way[-1].title)

    st.fragment(look, run_every=LOOK_EVERY_S)()


def _choices(state: CompareState, bench: CompareBench, texts: Texts) -> None:
    view, drawn = state.view, drawing_of(state.view, len(bench.sides))
    axis = st.segmented_control(
        texts("compare.axis"), AXES, default=view.axis, required=True, key="compare-axis",
        format_func=lambda each: texts(f"compare.axis.{each}"), help=texts("compare.axis_help"),
    )  # fmt: skip
    draw = st.segmented_control(
        texts("compare.draw"), DRAWINGS, default=drawn, required=True, key=f"compare-draw-{drawn}",
        format_func=lambda each: texts(f"compare.draw.{each}"),
    )  # fmt: skip
    choices = ["", *bench.labels]
    emotion = st.selectbox(
        texts("compare.emotion"), choices, index=choices.index(view.emotion or "") if view.emotion in choices else 0,
        format_func=lambda key: labelled(key, texts) if key else texts("compare.all_emotions"), key="compare-emotion",
        width=190,
    )  # fmt: skip
    region = view.region if axis == view.axis else None  # another axis has another unit
    state.view = replace(
        view,
        axis=axis or view.axis,
        draw=view.draw if draw in (None, drawn) else draw,
        emotion=emotion or None,
        region=region,
    )


def _charts(view: CompareView, bench: CompareBench, axis: Axis, texts: Texts) -> None:
    if view.axis == "aligned" and axis.unit != "aligned":
        st.caption(texts("compare.aligning"))
    st.plotly_chart(
        compare_charts.curves(bench, view, axis, texts), key=CURVES, config=FREE, alt=texts("compare.curves_alt")
    )
    st.plotly_chart(compare_charts.sounds(bench, axis, texts), key=SOUNDS, config=FREE, alt=texts("compare.sounds_alt"))
    if axis.unit == "aligned":
        st.caption(texts("compare.paths", letter=bench.against.letter))
        st.plotly_chart(
            compare_charts.paths(bench, axis, texts), key=PATHS, config=FREE, alt=texts("compare.paths", letter="")
        )


def _transport(state: CompareState, bench: CompareBench, axis: Axis, texts: Texts) -> None:
    # Each is told what a browser sees that may not have heard yet who joined or left.
    def order(ids: list[str]) -> None:
        state.reference = state.reference or next(iter(state.clips), None)  # the reference stays who it was
        state.clips = [each for each in ids if each in state.clips] + [each for each in state.clips if each not in ids]
        state.changed = True

    def refer(clip_id: str) -> None:
        state.reference = clip_id

    def remove(clip_id: str) -> None:
        state.clips = [each for each in state.clips if each != clip_id]
        state.left_out = 0
        state.changed = True

    def look_at(region: Span | None) -> None:
        state.view = replace(state.view, region=region)

    compare_player.show(
        key="compare-player", bench=bench, axis=axis, chart_keys=(CURVES, SOUNDS, PATHS),
        notes={side.id: texts.duration(side.duration_s) for side in bench.sides},
        region=state.view.region if axis.unit == state.view.axis else None,
        on_order=order, on_reference=refer, on_remove=remove, on_region=look_at, texts=texts,
    )  # fmt: skip


def _scores(state: CompareState, bench: CompareBench, texts: Texts) -> None:
    drawn = st.segmented_control(
        texts("compare.scores"), SCORES, default=state.view.scores, required=True, key="compare-scores",
        format_func=lambda each: texts(f"compare.scores.{each}"), label_visibility="collapsed",
    ) or state.view.scores  # fmt: skip
    state.view = replace(state.view, scores=drawn)
    draw = {
        "bars": compare_charts.score_bars, "radar": compare_charts.score_radar,
        "difference": compare_charts.score_difference,
    }[drawn]  # fmt: skip
    st.plotly_chart(draw(bench, texts), key=f"compare-scores-{drawn}", config=FREE, alt=texts("compare.scores_alt"))
