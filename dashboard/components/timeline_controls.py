"""How the timeline is drawn: one row of choices, the rarer ones folded away."""

from dataclasses import replace
from typing import Any

import streamlit as st

from core.curves import METHODS
from core.curves.smoothing import MAX_SMOOTHING_S
from core.emotions import emotion
from dashboard.components.names import labelled
from dashboard.language import Texts
from dashboard.state import TimelineState
from dashboard.timeline_view import DRAWINGS, ROWS, STEPS_MS, VALUES
from dashboard.workbench import Workbench


def show(timeline: TimelineState, bench: Workbench, texts: Texts) -> None:
    """Draw the choices and keep them in the view."""
    view = timeline.view
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="timeline-choices"):
        draw = _segmented("draw", DRAWINGS, view.draw, texts)
        smoothing_s = st.slider(
            texts("timeline.smoothing_s"), 0.0, MAX_SMOOTHING_S, view.smoothing_s, 0.1,
            format=texts("timeline.seconds", seconds="%.1f"), key="timeline-smoothing-s", width=200,
            disabled=view.smoothing == "none",
        )  # fmt: skip
        rows = st.pills(
            texts("timeline.rows"), ROWS, selection_mode="multi", default=view.rows,
            format_func=lambda row: texts(f"timeline.row.{row}"), key="timeline-rows",
        )  # fmt: skip
        with st.popover(texts("timeline.options"), icon=":material/tune:", key="timeline-options"):
            folded = _folded(timeline, bench, texts)
    timeline.view = replace(
        view, draw=draw, smoothing_s=smoothing_s, rows=tuple(row for row in ROWS if row in rows), **folded
    )


def _folded(timeline: TimelineState, bench: Workbench, texts: Texts) -> dict[str, Any]:
    view, labels = timeline.view, bench.analysis.labels
    found: dict[str, Any] = {
        "values": _segmented("values", VALUES, view.values, texts),
        "smoothing": _segmented("smoothing", METHODS, view.smoothing, texts),
    }
    found["step_ms"] = st.segmented_control(
        texts("timeline.step_ms"), STEPS_MS, default=view.step_ms, required=True, key="timeline-step",
        format_func=lambda step: texts("timeline.milliseconds", count=step),
    )  # fmt: skip
    chosen = st.multiselect(
        texts("timeline.emotions"), labels, default=[key for key in view.emotions or () if key in labels],
        format_func=lambda key: labelled(emotion(key).key, texts), help=texts("timeline.emotions_help"),
        key="timeline-emotions",
    )  # fmt: skip
    found["emotions"] = tuple(key for key in labels if key in chosen) or None
    found["min_segment_s"] = st.slider(
        texts("timeline.min_segment_s"), 0.0, 5.0, min(view.min_segment_s, 5.0), 0.1,
        format=texts("timeline.seconds", seconds="%.1f"), key="timeline-min-segment",
    )  # fmt: skip
    found["finds_speech"] = st.toggle(
        texts("timeline.finds_speech"), view.finds_speech, key="timeline-finds-speech",
        help=texts("timeline.finds_speech_help", detector=bench.speech.detector),
    )  # fmt: skip
    return found


def _segmented(name: str, choices: tuple[str, ...], chosen: str, texts: Texts) -> str:
    found = st.segmented_control(
        texts(f"timeline.{name}"), choices, default=chosen, required=True, key=f"timeline-{name}",
        format_func=lambda choice: texts(f"timeline.{name}.{choice}"),
    )  # fmt: skip
    return found or chosen
