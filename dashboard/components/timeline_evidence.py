"""Why this emotion: the exact decomposition of its logit, its strongest stretches, and the verdict without each."""

import streamlit as st

from core.curves import Moment, Structure, top_moments
from dashboard.components.names import labelled
from dashboard.language import Texts
from dashboard.state import TimelineState
from dashboard.timeline_charts import fine_clock
from dashboard.workbench import Workbench

STRETCHES = ("segments", "moments")


def pair_of(bench: Workbench, state: TimelineState) -> tuple[str, str] | None:
    """The label asked about and the strongest other one; None where there is only one label."""
    analysis = bench.analysis
    label = state.why if state.why in analysis.labels else analysis.label
    others = [entry.label for entry in analysis.ranking if entry.label != label]
    return (label, others[0]) if others else None


def show(bench: Workbench, state: TimelineState, structure: Structure, texts: Texts) -> None:
    """Draw the choice of a label, the sum, and a row a stretch."""
    analysis = bench.analysis
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        ranked = [entry.label for entry in analysis.ranking]
        state.why = st.selectbox(
            texts("evidence.label"), ranked, index=ranked.index(state.why) if state.why in ranked else 0,
            format_func=lambda label: labelled(label, texts), key="evidence-label", width=220,
        )  # fmt: skip
        stretches = st.segmented_control(
            texts("evidence.stretches"), STRETCHES, default=STRETCHES[0], required=True, key="evidence-stretches",
            format_func=lambda kind: texts(f"evidence.stretches.{kind}"),
        )  # fmt: skip
    pair = pair_of(bench, state)
    if pair is None:
        return
    st.caption(sum_text(bench, pair, texts))
    segments = structure.segments if stretches == "segments" and len(structure.segments) > 1 else None
    found = top_moments(analysis, pair[0], segments, speech=bench.heard(state.view))
    if not found:
        st.caption(texts("evidence.none", label=labelled(pair[0], texts)))
        return
    with st.container(border=True, key="evidence-rows", gap="xsmall"):
        for position, moment in enumerate(found):
            _row(position, moment, bench, state, texts)


def sum_text(bench: Workbench, pair: tuple[str, str], texts: Texts) -> str:
    """What the verdict's logit is made of, in figures."""
    analysis = bench.analysis
    label, against = (float(analysis.logits[analysis.labels.index(each)]) for each in pair)
    return texts(
        "evidence.sum" if label >= against else "evidence.behind",
        label=labelled(pair[0], texts),
        against=labelled(pair[1], texts),
        logit=f"{label:+.3f}",
        difference=f"{abs(label - against):.3f}",
        count=len(analysis.frame_logits),
    )


def _row(position: int, moment: Moment, bench: Workbench, state: TimelineState, texts: Texts) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key=f"evidence-row-{position}"):
        st.button(
            "", icon=":material/play_arrow:", key=f"evidence-play-{position}", help=texts("evidence.play"),
            on_click=state.play_stretch, args=(moment.start_s, moment.end_s),
        )  # fmt: skip
        st.text(f"{fine_clock(moment.start_s)} – {fine_clock(moment.end_s)}", width=150)
        st.text(f"{moment.contribution:+.3f}", width=80)
        st.text(without_text(moment, bench.analysis.label, texts), width="stretch")


def without_text(moment: Moment, verdict: str, texts: Texts) -> str:
    """The verdict were the stretch left out, and whether it is another one."""
    percent = f"{100 * moment.without[moment.label_without]:.0f}"
    key = "evidence.stays" if moment.label_without == verdict else "evidence.becomes"
    said = texts(key, label=labelled(moment.label_without, texts), percent=percent)
    return f"{texts('evidence.without')}: {said}"
