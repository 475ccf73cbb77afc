"""What a map is made of: emotion, or the speaker, the language, the length of the clip? One chart, one sentence."""

from collections.abc import Sequence

import streamlit as st

from core.projection import Confound
from dashboard.components import explorer_clusters, explorer_progress
from dashboard.explorer_attributes import title_of
from dashboard.explorer_charts import Bar, measured_bars
from dashboard.explorer_state import ExplorerState
from dashboard.explorer_work import EXPLORE_JOBS, measure_confounds
from dashboard.language import Texts
from dashboard.map_bench import MapBench

STILL = {"displayModeBar": False}
EMOTIONAL = ("label", "reference")
FAINT = 0.05  # of what is to be explained: less says nothing


def show(explorer: ExplorerState, bench: MapBench, texts: Texts) -> None:
    """Draw the sentence and, side by side, what a probe reads from the space and what the groups follow."""
    groups = explorer_clusters.grouped(explorer, bench, texts)
    if groups is None:
        return
    key = ("confounds", *explorer_clusters.key_of(explorer))
    work = measure_confounds(bench, groups.clusters)
    found: tuple[Confound, ...] | None = explorer_progress.result_of(explorer, bench, key, EXPLORE_JOBS, work, texts)
    if found is None:
        return
    st.text(sentence(found, texts))
    left, right = st.columns(2, gap="large")
    with left:
        st.caption(texts("explorer.probe_reads"), help=texts("explorer.probe_reads_help"))
        bars = [
            Bar(title_of(each.attribute, texts), each.probe_uar, each.chance)
            for each in found
            if each.probe_uar is not None
        ]
        _bars(bars, texts("explorer.uar"), "explorer-confounds-probe", texts)
    with right:
        st.caption(texts("explorer.groups_follow"), help=texts("explorer.groups_follow_help"))
        bars = [
            Bar(title_of(each.attribute, texts), each.nmi, each.nmi_chance) for each in found if each.nmi is not None
        ]
        _bars(bars, texts("explorer.nmi"), "explorer-confounds-nmi", texts)


def _bars(bars: Sequence[Bar], title: str, key: str, texts: Texts) -> None:
    if bars:
        st.plotly_chart(measured_bars(bars, title, texts), key=key, config=STILL, alt=title)
    else:
        st.caption(texts("explorer.one_class"))


def sentence(found: Sequence[Confound], texts: Texts) -> str:
    """What the groups are made of; where there are none, what the space holds. It names the strongest and the next."""
    measured = [(each, share) for each in found if (share := _share(each)) is not None and share >= FAINT]
    if not measured:
        return texts("explorer.made_of_nothing")
    measured.sort(key=lambda pair: -pair[1])
    words = [f"{title_of(each.attribute, texts)} ({100 * share:.0f} %)" for each, share in measured[:3]]
    first = measured[0][0].attribute
    kind = "emotion" if first in EMOTIONAL else "other"
    return texts(f"explorer.made.{kind}", first=words[0], others=texts("explorer.comma").join(words[1:]) or "–")


def _share(each: Confound) -> float | None:
    return each.shared if each.shared is not None else each.explained
