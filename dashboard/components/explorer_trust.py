"""Whether the map tells the truth: each figure with one sentence that says what it means."""

import streamlit as st

from dashboard.components import explorer_clusters, explorer_progress
from dashboard.explorer_attributes import categorical_names, classes_of, title_of
from dashboard.explorer_charts import Bar, measured_bars
from dashboard.explorer_state import ExplorerState
from dashboard.explorer_work import EXPLORE_JOBS, Trusted, measure_agreement, measure_stability, measure_trust
from dashboard.language import Texts
from dashboard.map_bench import MapBench

STILL = {"displayModeBar": False}
WELL, FAIRLY = 0.9, 0.75  # of trustworthiness and continuity: words for where a map stands


def show(explorer: ExplorerState, bench: MapBench, texts: Texts) -> None:
    """Draw the map's figures, its stability on request, and how far its groups are those of a column."""
    found: Trusted | None = explorer_progress.result_of(
        explorer, bench, ("trust",), EXPLORE_JOBS, measure_trust(bench), texts
    )
    if found is not None:
        _trust(explorer, found, texts)
    _stability(explorer, bench, texts)
    _agreement(explorer, bench, texts)


def _trust(explorer: ExplorerState, found: Trusted, texts: Texts) -> None:
    trust = found.trust
    bars = [
        Bar(texts("explorer.trustworthiness"), trust.trustworthiness),
        Bar(texts("explorer.continuity"), trust.continuity),
        Bar(texts("explorer.attribute.overlap"), trust.mean_overlap, trust.chance),
    ]
    if found.silhouette is not None:
        bars.append(Bar(texts("explorer.silhouette"), max(0.0, found.silhouette), note=f"{found.silhouette:.2f}"))
    left, right = st.columns([3, 2], gap="large")
    with left:
        figure = measured_bars(bars, texts("explorer.share_of_one"), texts)
        st.plotly_chart(figure, key="explorer-trust", config=STILL, alt=texts("explorer.section.trust"))
    with right:
        worst = min(trust.trustworthiness, trust.continuity)
        grade = "well" if worst >= WELL else "fairly" if worst >= FAIRLY else "badly"
        st.markdown(texts(f"explorer.trusted.{grade}"))
        st.caption(texts("explorer.trustworthiness_means", k=trust.k))
        st.caption(texts("explorer.continuity_means", k=trust.k))
        overlap, chance = f"{100 * trust.mean_overlap:.0f}", f"{100 * trust.chance:.1f}"
        st.caption(texts("explorer.overlap_means", k=trust.k, percent=overlap, chance=chance))
        if found.silhouette is not None:
            st.caption(texts("explorer.silhouette_means"))
        if st.button(texts("explorer.colour_by_overlap"), key="explorer-colour-overlap", icon=":material/palette:",
                     on_click=explorer.colour_by, args=("overlap",)):  # fmt: skip
            st.rerun()


def _stability(explorer: ExplorerState, bench: MapBench, texts: Texts) -> None:
    st.markdown(texts("explorer.stability"), help=texts("explorer.stability_help"))
    key = ("stability",)
    is_begun = bench.known(key) is not None or key in explorer.tasks
    if not is_begun and not st.button(texts("explorer.stability_measure"), key="explorer-stability"):
        return
    work = measure_stability(bench, bench.view)
    found = explorer_progress.result_of(explorer, bench, key, EXPLORE_JOBS, work, texts)
    if found is not None:
        st.markdown(
            texts(
                "explorer.stability_is",
                seeds=found.seeds,
                shape=f"{found.procrustes:.2f}",
                near=f"{found.agreement:.2f}",
                sample=f"{found.sample:,}",
                total=f"{found.n:,}",
            )
        )


def _agreement(explorer: ExplorerState, bench: MapBench, texts: Texts) -> None:
    """The groups against a column that a person chose."""
    st.markdown(texts("explorer.agreement"), help=texts("explorer.agreement_help"))
    names = [name for name in categorical_names(bench.table) if name != "cluster"]
    name = st.selectbox(
        texts("explorer.against"), names, names.index("reference") if "reference" in names else 0, width=240,
        key="explorer-against", format_func=lambda each: title_of(each, texts),
    )  # fmt: skip
    found = explorer_clusters.grouped(explorer, bench, texts)
    if found is None or name is None:
        return
    classes = classes_of(bench, name)
    if len(set(classes) - {None}) < 2 or found.clusters.k < 2:
        st.caption(texts("explorer.one_class"))
        return
    measured = measure_agreement(found.clusters, classes)
    with st.container(horizontal=True, gap="large", key="explorer-agreement"):
        st.metric(texts("explorer.ari"), f"{measured.ari:.2f}", help=texts("explorer.ari_means"))
        st.metric(texts("explorer.nmi"), f"{measured.nmi:.2f}", help=texts("explorer.nmi_means"))
        st.metric(texts("explorer.v_measure"), f"{measured.v_measure:.2f}", help=texts("explorer.v_measure_means"))
    st.caption(texts("explorer.agreement_of", count=f"{measured.n:,}", groups=found.clusters.k))
