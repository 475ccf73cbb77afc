"""Ground truth: what the verdicts are worth where people gave a reference; every cell can be heard. One fragment."""

from dataclasses import replace
from typing import Any

import streamlit as st

from core.errors import LibraryError
from core.library import Library, Query
from core.truth import GroundTruth, Interval
from dashboard.components import library_label_errors, notices
from dashboard.components.library_truth_cells import columns
from dashboard.components.names import labelled
from dashboard.language import Texts
from dashboard.state import Session
from dashboard.truth_charts import Cell, cell_in, confusion_chart
from dashboard.truth_findings import Findings, findings_of
from dashboard.truth_tables import cell_table, clips_in, emotion_table, speaker_table

TABS = ("confusion", "emotions", "speakers", "errors")
CLIPS_SHOWN = 25
ROW_PX, HEADER_PX, MAX_HEIGHT_PX = 35, 38, 460


@st.fragment
def show(session: Session, library: Library, query: Query, texts: Texts) -> None:
    """Draw what references say of the clips that are meant; choices rerun only this."""
    try:
        _show(session, library, query, texts)
    except LibraryError as error:
        notices.show_error(str(error), key="truth")


def _show(session: Session, library: Library, query: Query, texts: Texts) -> None:
    if replace(query, order=Query().order, descending=False) != Query():
        st.caption(texts("truth.filtered"))
    leave_out = st.toggle(
        texts("truth.leave_out_unsure"), key="truth-leave-out-unsure", help=texts("truth.unsure_help")
    )
    found = findings_of(library, query, leave_out_unsure=leave_out)
    if found.truth is None:
        st.info(_why_none(found, texts), icon=":material/fact_check:")
        _left_out(found, texts)
        return
    _figures(found.truth, texts)
    _left_out(found, texts)
    tabs = st.tabs([texts(f"truth.tab.{tab}") for tab in TABS], key="truth-tabs")
    with tabs[0]:
        _confusion(found, found.truth, texts)
    with tabs[1]:
        _table(emotion_table(found.truth, texts), texts, "emotions")
    with tabs[2]:
        _table(speaker_table(found.truth, texts), texts, "speakers")
    with tabs[3]:
        library_label_errors.show(session, library, found.errors, texts)


def _why_none(found: Findings, texts: Texts) -> str:
    if len(found.judgements):
        return texts("truth.all_unsure")
    return texts("truth.none_sayable") if found.judgements.unsayable else texts("truth.no_reference")


def _figures(truth: GroundTruth, texts: Texts) -> None:
    with st.container(horizontal=True, key="truth-figures"):
        _metric("uar", truth.uar, truth.uar_interval, truth, texts)
        _metric("accuracy", truth.accuracy, truth.accuracy_interval, truth, texts)
        with st.container(width="stretch", gap="xsmall"):
            st.metric(texts("truth.coverage"), f"{100 * truth.coverage:.1f} %", help=texts("truth.coverage_help"))
            counted, judged, unsure = (f"{count:,}" for count in (truth.counted, truth.judged, truth.unsure))
            st.caption(texts("truth.counted", counted=counted, judged=judged, unsure=unsure))
    st.caption(texts("truth.learnt"))
    if len(truth.checkpoints) > 1:
        st.warning(texts("truth.several_checkpoints", count=len(truth.checkpoints)), icon=":material/call_split:")


def _metric(name: str, value: float, interval: Interval, truth: GroundTruth, texts: Texts) -> None:
    with st.container(width="stretch", gap="xsmall"):
        st.metric(texts(f"truth.figure.{name}"), f"{100 * value:.1f} %", help=texts(f"truth.help.{name}"))
        low, high = f"{100 * interval.low:.1f}", f"{100 * interval.high:.1f}"
        share, speakers = f"{100 * truth.options.share:.0f}", f"{truth.num_speakers:,}"
        st.caption(texts(f"truth.drawn.{truth.resampled}", share=share, low=low, high=high, count=speakers))


def _left_out(found: Findings, texts: Texts) -> None:
    """References that are no labels; their names are anybody's, so they are drawn as text."""
    if found.judgements.without:
        st.caption(texts("truth.without", count=f"{found.judgements.without:,}"))
    if found.judgements.unsayable:
        st.caption(texts("truth.unsayable"))
        named = (f"{name[:60]}: {count:,}" for name, count in sorted(found.judgements.unsayable.items())[:20])
        st.text("\n".join(named))


def _confusion(found: Findings, truth: GroundTruth, texts: Texts) -> None:
    st.caption(texts("truth.click"))
    event: Any = st.plotly_chart(
        confusion_chart(truth, texts), key="truth-confusion", on_select="rerun", selection_mode="points",
        config={"displayModeBar": False}, alt=texts("truth.chart_alt"),
    )  # fmt: skip
    cell = cell_in(event["selection"], truth)
    if cell is not None:
        with st.container(key="truth-chosen"):
            _clips(found, truth, cell, texts)


def _clips(found: Findings, truth: GroundTruth, cell: Cell, texts: Texts) -> None:
    """The clips of one cell, some at a time, each to be heard."""
    rows = clips_in(found.judgements, truth, cell)
    reference, said = (labelled(label, texts) for label in cell)
    st.markdown(texts("truth.cell", reference=reference, said=said, count=f"{len(rows):,}"))
    if not rows:
        return
    pages = -(-len(rows) // CLIPS_SHOWN)
    page = st.pagination(pages, key=f"truth-page-{cell[0]}-{cell[1]}-{pages}") if pages > 1 else 1
    _table(cell_table(found.judgements, rows[(page - 1) * CLIPS_SHOWN : page * CLIPS_SHOWN]), texts, "cell")


def _table(table: Any, texts: Texts, key: str) -> None:
    st.dataframe(
        table,
        hide_index=True,
        column_config=columns(texts),
        height=min(MAX_HEIGHT_PX, HEADER_PX + ROW_PX * max(1, len(table))),
        row_height=ROW_PX,
        key=f"truth-{key}",
        alt=texts(f"truth.alt.{key}"),
    )
