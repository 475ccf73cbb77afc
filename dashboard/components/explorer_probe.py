"""A linear probe: tags (or a column) as classes, learnt from the space, applied to the rest, kept as a named head."""

import numpy as np
import streamlit as st

from core.errors import EmoScopeError
from core.projection import Probe, apply, heads_home, save_head, tag_classes
from dashboard.components import explorer_progress, notices
from dashboard.components.explorer_selection import change
from dashboard.explorer_attributes import categorical_names, classes_of, tags_of, title_of
from dashboard.explorer_charts import Bar, measured_bars
from dashboard.explorer_state import ExplorerState
from dashboard.explorer_work import EXPLORE_JOBS, fit
from dashboard.head_charts import called
from dashboard.language import Texts
from dashboard.map_bench import MapBench
from dashboard.resources import services

STILL = {"displayModeBar": False}
MOST_CLASSES = 40


def show(explorer: ExplorerState, bench: MapBench, texts: Texts) -> None:
    """Draw the choice of classes, what a probe of them can tell, and what to do with it."""
    st.caption(texts("explorer.probe_help"))
    chosen = _classes(bench, texts)
    if chosen is None:
        return
    name, values, classes = chosen
    key = ("probe", name, values, bench.version)
    is_begun = bench.known(key) is not None or key in explorer.tasks
    if not is_begun and not st.button(texts("explorer.fit"), key="explorer-fit", type="primary"):
        return
    probe: Probe | None = explorer_progress.result_of(explorer, bench, key, EXPLORE_JOBS, fit(bench, classes), texts)
    if probe is None:
        return
    _figures(probe, texts)
    _use(explorer, bench, probe, classes, texts)
    _save(probe, texts)


def _classes(bench: MapBench, texts: Texts) -> tuple[str, tuple[str, ...], list[str | None]] | None:
    """The column, the values taken as classes, and each clip's class; None where they are too few or too many."""
    names = [name for name in categorical_names(bench.table) if name != "cluster"]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="explorer-probe-of"):
        name = st.selectbox(
            texts("explorer.probe_of"), names, names.index("tags") if "tags" in names else 0, width=240,
            key="explorer-probe-name", format_func=lambda each: title_of(each, texts),
        )  # fmt: skip
        if name == "tags":
            values = tuple(
                st.multiselect(
                    texts("explorer.probe_tags"),
                    tags_of(bench.table),
                    key="explorer-probe-tags",
                    placeholder=texts("explorer.tags_hint"),
                    width=360,
                )
            )
            classes = tag_classes(bench.table["tags"].tolist(), values)
        else:
            values = ()
            classes = classes_of(bench, name)
    count = len(set(classes) - {None})
    if not 2 <= count <= MOST_CLASSES:
        st.caption(texts("explorer.probe_classes", most=MOST_CLASSES, count=count))
        return None
    return name, values, classes


def _figures(probe: Probe, texts: Texts) -> None:
    percent, chance = f"{100 * probe.cv_uar:.0f}", f"{100 * probe.chance:.0f}"
    st.markdown(
        texts("explorer.probe_is", percent=percent, chance=chance, clips=f"{probe.num_clips:,}", folds=probe.folds)
    )
    st.caption(texts("explorer.probe_apart" if probe.grouped else "explorer.probe_together", groups=probe.num_groups))
    even = 1 / len(probe.classes)
    bars = [Bar(called(name, texts), recall, even) for name, recall in zip(probe.classes, probe.recalls, strict=True)]
    figure = measured_bars(bars, texts("explorer.recall"), texts)
    st.plotly_chart(figure, key="explorer-probe-recalls", config=STILL, alt=texts("explorer.recall"))


def _use(explorer: ExplorerState, bench: MapBench, probe: Probe, classes: list[str | None], texts: Texts) -> None:
    """What the probe says of the clips without a class, to see and to keep as tags."""
    rest = np.array([row for row, own in enumerate(classes) if own is None], dtype=np.int64)
    if not len(rest):
        st.caption(texts("explorer.probe_no_rest"))
        return
    said = apply(probe, bench.space.values[rest])
    best = said.argmax(axis=1)
    counts = np.bincount(best, minlength=len(probe.classes))
    told = [f"{called(name, texts)} {count:,}" for name, count in zip(probe.classes, counts.tolist(), strict=True)]
    st.text(f"{texts('explorer.probe_rest', count=f'{len(rest):,}')} {' · '.join(told)}")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="explorer-probe-use"):
        label = st.selectbox(
            texts("explorer.probe_class"), probe.classes, key="explorer-probe-class", width=220,
            format_func=lambda name: called(name, texts),
        )  # fmt: skip
        least = st.slider(
            texts("explorer.probe_least"), 0, 100, 70, format="%d %%", key="explorer-probe-least", width=220
        )
        sure = rest[(best == probe.classes.index(label)) & (said.max(axis=1) >= least / 100)]
        if st.button(texts("explorer.probe_select", count=f"{len(sure):,}"), key="explorer-probe-select",
                     icon=":material/select_all:", disabled=not len(sure)):  # fmt: skip
            explorer.selected = sure
            st.rerun()
        tag = st.text_input(texts("explorer.probe_tag"), f"probe:{label}", key=f"explorer-probe-tag-{label}", width=200)
        if st.button(texts("explorer.tag_add"), key="explorer-probe-tag-add", icon=":material/label:",
                     disabled=not len(sure) or not tag.strip()):  # fmt: skip
            keys = [bench.space.keys[row] for row in sure.tolist()]
            change(explorer, bench, keys, texts, add_tags=[tag.strip()])


def _save(probe: Probe, texts: Texts) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="explorer-probe-save"):
        name = st.text_input(
            texts("explorer.head_name"), key="explorer-head-name", max_chars=60, width=240,
            placeholder=texts("explorer.head_hint"),
        )  # fmt: skip
        if st.button(texts("explorer.head_save"), key="explorer-head-save", icon=":material/save:",
                     disabled=not (name or "").strip()):  # fmt: skip
            try:
                save_head(heads_home(services().settings), (name or "").strip(), probe)
            except EmoScopeError as error:
                notices.show_error(str(error), key="explorer-head")
            else:
                st.success(texts("explorer.head_saved"), icon=":material/check:")
