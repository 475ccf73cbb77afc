"""What the curve is made of: time by emotion, changes, volatility."""

import streamlit as st

from core.curves import Structure
from dashboard.language import Texts
from dashboard.timeline_charts import time_bars, transition_map
from dashboard.workbench import Workbench

STILL = {"displayModeBar": False}


def show(bench: Workbench, structure: Structure, texts: Texts) -> None:
    """Draw three figures in words and two as charts."""
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
