"""What can be worked out of a map: its groups, whether it can be trusted, what it is made of, and probes."""

from typing import Any

import streamlit as st

from dashboard.components import explorer_clusters, explorer_confounds, explorer_probe, explorer_trust
from dashboard.explorer_state import ExplorerState
from dashboard.language import Texts
from dashboard.map_bench import MapBench

SECTIONS = ("clusters", "trust", "confounds", "probe")


def cluster_key(explorer: ExplorerState) -> tuple[Any, ...]:
    """What the groups of this view are kept under."""
    return explorer_clusters.key_of(explorer)


@st.fragment
def show(explorer: ExplorerState, bench: MapBench, texts: Texts) -> None:
    """One section at a time: each works something out when it is opened."""
    st.divider()
    section = st.segmented_control(
        texts("explorer.sections"), SECTIONS, key="explorer-section", label_visibility="collapsed",
        format_func=lambda each: texts(f"explorer.section.{each}"),
    )  # fmt: skip
    if section is None:
        st.caption(texts("explorer.sections_hint"))
        return
    {
        "clusters": explorer_clusters.show,
        "trust": explorer_trust.show,
        "confounds": explorer_confounds.show,
        "probe": explorer_probe.show,
    }[section](explorer, bench, texts)
