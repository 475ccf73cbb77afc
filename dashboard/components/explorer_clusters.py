"""The groups of a map: how they are made, a card each, what lies alone and what lies twice."""

from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from core.projection import ClusterCard
from dashboard.components import explorer_progress
from dashboard.components.explorer_selection import clip_columns, column_config
from dashboard.components.names import labelled
from dashboard.explorer_attributes import bare_title_of, title_of
from dashboard.explorer_state import ExplorerState
from dashboard.explorer_view import GROUPINGS, MAX_CLUSTERS
from dashboard.explorer_work import EXPLORE_JOBS, Grouped, group
from dashboard.language import Texts
from dashboard.map_bench import MapBench

CARDS_A_ROW = 3
MOST_CARDS = 24
MEDOIDS = 3
MOST_PAIRS = 20


def key_of(explorer: ExplorerState) -> tuple[Any, ...]:
    """What the groups of this view are kept under."""
    return ("clusters", explorer.view.grouping, explorer.view.num_clusters, explorer.view.seed)


def grouped(explorer: ExplorerState, bench: MapBench, texts: Texts) -> Grouped | None:
    """The groups of this view; None while they are being made, which is then on screen."""
    work = group(bench, explorer.view)
    found: Grouped | None = explorer_progress.result_of(explorer, bench, key_of(explorer), EXPLORE_JOBS, work, texts)
    return found


def show(explorer: ExplorerState, bench: MapBench, texts: Texts) -> None:
    """Draw choices, cards, and the two lists."""
    _choices(explorer, texts)
    found = grouped(explorer, bench, texts)
    if found is None:
        return
    st.text(_summary(found, len(bench), texts))
    if found.clusters.note:
        st.caption(texts.worded(found.clusters.note))
    for begin in range(0, min(MOST_CARDS, len(found.cards)), CARDS_A_ROW):
        columns = st.columns(CARDS_A_ROW)
        for column, card in zip(columns, found.cards[begin : begin + CARDS_A_ROW], strict=False):
            with column:
                _card(explorer, bench, found, card, texts)
    left, right = st.columns(2, gap="large")
    with left:
        _alone(bench, found, texts)
    with right:
        _twice(bench, found, texts)


def _choices(explorer: ExplorerState, texts: Texts) -> None:
    view = explorer.view
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="explorer-grouping"):
        grouping = st.segmented_control(
            texts("explorer.grouping"), GROUPINGS, default=view.grouping, required=True, key="explorer-grouping-method",
            format_func=lambda each: texts(f"explorer.grouping.{each}"),
        ) or view.grouping  # fmt: skip
        count = st.number_input(
            texts("explorer.num_clusters"), 0, MAX_CLUSTERS, view.num_clusters, key="explorer-num-clusters", width=180,
            help=texts("explorer.num_clusters_help"), disabled=grouping == "hdbscan",
        )  # fmt: skip
        count = 0 if grouping == "hdbscan" or count == 1 else count
        explorer.view = replace(view, grouping=grouping, num_clusters=count)
        if st.button(texts("explorer.colour_by_clusters"), key="explorer-colour-clusters", icon=":material/palette:",
                     on_click=explorer.colour_by, args=("cluster",)):  # fmt: skip
            st.rerun()


def _summary(found: Grouped, count: int, texts: Texts) -> str:
    alone = int((found.clusters.labels < 0).sum())
    parts = [texts("explorer.groups", count=found.clusters.k)]
    parts += [texts("explorer.ungrouped", count=f"{alone:,}", percent=f"{100 * alone / count:.0f}")] if alone else []
    if found.clusters.silhouette is not None:
        parts.append(texts("explorer.silhouette_is", value=f"{found.clusters.silhouette:.2f}"))
    return " · ".join(parts)


def _card(explorer: ExplorerState, bench: MapBench, found: Grouped, card: ClusterCard, texts: Texts) -> None:
    """One group. Its name holds words from outside: drawn as text."""
    rows = np.flatnonzero(found.clusters.labels == card.label)
    with st.container(border=True, key=f"explorer-card-{card.label}", gap="xsmall"):
        st.text(f"{card.label + 1}. {_name(card, texts)}")
        share = f"{100 * card.emotion_share:.0f}"
        lines = [texts("explorer.points", count=f"{card.size:,}"), f"{labelled(card.emotion, texts)} {share} %"]
        if card.speaker is not None:
            lines.append(f"{card.speaker} {100 * card.speaker_share:.0f} %")
        st.text(" · ".join(lines))
        with st.container(horizontal=True, gap="xsmall", key=f"explorer-card-acts-{card.label}"):
            for place, row in enumerate(bench.rows_of(list(card.medoids[:MEDOIDS])).tolist()):
                if st.button(
                    texts("explorer.medoid", count=place + 1), key=f"explorer-medoid-{card.label}-{place}",
                    icon=":material/play_arrow:", type="tertiary", help=texts("explorer.medoid_help"),
                ):  # fmt: skip
                    explorer.look_at(row)
                    st.rerun()
            if st.button(
                texts("explorer.select_group"), key=f"explorer-group-{card.label}", type="tertiary",
                icon=":material/select_all:",
            ):  # fmt: skip
                explorer.selected = rows
                st.rerun()


def _name(card: ClusterCard, texts: Texts) -> str:
    """What distinguishes the group, in this language; core's own name where nothing does."""
    parts = []
    for each in card.distinctions[:3]:
        if each.attribute in ("label", "reference"):
            parts.append(labelled(each.value, texts))
        elif each.value in ("high", "low"):
            parts.append(texts(f"explorer.level.{each.value}", name=bare_title_of(each.attribute, texts)))
        else:
            is_bare = each.value.replace(".", "").isdigit()  # "01" alone says nothing
            parts.append(f"{title_of(each.attribute, texts)} {each.value}" if is_bare else each.value)
    return " · ".join(dict.fromkeys(parts)) or texts("explorer.group_named", count=card.label + 1)


def _alone(bench: MapBench, found: Grouped, texts: Texts) -> None:
    st.markdown(texts("explorer.alone"), help=texts("explorer.alone_help"))
    st.dataframe(
        clip_columns(bench.table, found.alone, texts)[["sound", "source", "label", "speaker"]], hide_index=True,
        column_config=column_config(texts), key="explorer-alone", height=300, alt=texts("explorer.alone"),
    )  # fmt: skip


def _twice(bench: MapBench, found: Grouped, texts: Texts) -> None:
    st.markdown(texts("explorer.twice"), help=texts("explorer.twice_help"))
    if not found.twice:
        st.caption(texts("explorer.no_twice"))
        return
    rows = [row for pair in found.twice[:MOST_PAIRS] for row in (pair.first, pair.second)]
    table = clip_columns(bench.table, rows, texts)[["sound", "source", "label", "speaker"]]
    table.insert(0, "pair", [place // 2 + 1 for place in range(len(rows))])
    pairs = st.column_config.NumberColumn(texts("explorer.pair"), width="small")
    st.dataframe(
        table, hide_index=True, key="explorer-twice", height=300, alt=texts("explorer.twice"),
        column_config=column_config(texts) | {"pair": pairs},
    )  # fmt: skip
