"""The timeline to take away: the whole or a region, in the formats that others read. Made when asked for."""

from dataclasses import replace
from typing import cast

import streamlit as st

from core.curves.smoothing import Method
from core.errors import ExportError
from core.exports.names import safe_name
from core.exports.timelines import MAKERS, ExportOptions
from dashboard.clips import Clip
from dashboard.components import heads, timeline_speakers
from dashboard.language import Texts
from dashboard.state import Session, TimelineState
from dashboard.workbench import Workbench

PARTS = ("whole", "region")
FIGURE_FORMATS = ("svg", "png")
_FIGURE_KEY = "export-figure-format"


def figure_format() -> str:
    """What the chart's camera saves."""
    chosen: str = st.session_state.get(_FIGURE_KEY) or FIGURE_FORMATS[0]
    return chosen


def show(session: Session, clip: Clip, bench: Workbench, state: TimelineState, texts: Texts) -> None:
    """Draw the choices and one button."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="timeline-export"):
        kind = st.selectbox(
            texts("export.kind"), list(MAKERS), format_func=lambda each: texts.named("export.kind", each),
            key="export-kind", width=300,
        )  # fmt: skip
        part = PARTS[0]
        if state.view.region_s is not None:
            part = st.segmented_control(
                texts("export.what"), PARTS, default=PARTS[0], required=True, key="export-part",
                format_func=lambda each: texts(f"export.{each}"),
            ) or part  # fmt: skip
        spoken = timeline_speakers.found_in(clip, state)
        options = replace(
            options_of(bench, state, part, texts),
            turns=None if spoken is None else spoken.turns,
            head=heads.found_for(session, clip, bench.analysis),
        )
        st.download_button(
            texts("export.get"), lambda: made(bench, state, kind, options), f"{safe_name(clip.name)}_{MAKERS[kind][0]}",
            icon=":material/download:", on_click="ignore", key="export-get",
        )  # fmt: skip
    st.segmented_control(
        texts("export.figure"), FIGURE_FORMATS, default=FIGURE_FORMATS[0], required=True, format_func=str.upper,
        key=_FIGURE_KEY,
    )  # fmt: skip


def options_of(bench: Workbench, state: TimelineState, part: str, texts: Texts) -> ExportOptions:
    """What the files hold: the whole or the region, smoothed as the curves on screen are."""
    view = state.view
    region_s = view.region_s if part == "region" else None
    method = cast(Method, view.smoothing)
    return ExportOptions(region_s, method, view.smoothing_s, bench.waveform, texts.language)


def made(bench: Workbench, state: TimelineState, kind: str, options: ExportOptions) -> bytes:
    """The file of one kind; the sentence of what is wrong where it cannot be made."""
    try:
        return MAKERS[kind][1](bench.analysis, bench.structure(state.view), options)
    except ExportError as error:
        return str(error).encode()
