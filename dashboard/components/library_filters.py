"""Which clips of the library are shown, and how: filters, order, columns."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from core.emotions import EMOTION_KEYS
from core.library import Library, Query
from dashboard.components.names import checkpoint_title, labelled
from dashboard.language import Texts
from dashboard.library_table import told_in
from dashboard.library_view import (
    FILTERS,
    MATCHES,
    MAX_CHARACTERS,
    MAX_CHOSEN,
    ORDERED_BY,
    SCORES_SHOWN,
    SURENESS,
    LibraryView,
    Span,
    cleaned,
)
from dashboard.state import LibraryState

MAX_OPTIONS = 2000  # in a list to choose from; more are found by typing
WIDTHS_PX = {"labels": 290, "speakers": 240, "tags": 180}
Counts = Mapping[str, int]


def show(state: LibraryState, view: LibraryView, library: Library, texts: Texts) -> LibraryView:
    """Draw the filters; the view that they stand for now, on its first page where it shows other clips than before."""
    facets = library.facets(Query(deleted=view.deleted))
    chosen = view
    with st.container(horizontal=True, vertical_alignment="bottom", key="library-filters", gap="small"):
        chosen = _first(state, chosen, facets, texts)
    with st.container(horizontal=True, vertical_alignment="center", key="library-filters-more", gap="small"):
        told = told_in(library, deleted=view.deleted)  # more than can be shown is found by typing
        chosen = _folded(state, chosen, facets, told, texts)
        chosen = _order(state, chosen, texts)
        chosen = _columns(state, chosen, told, texts)
        if view.keys is not None:
            st.badge(texts("library.sent", count=f"{len(view.keys):,}"), icon=":material/filter_center_focus:")
        if chosen.is_filtered:
            st.button(texts("library.clear"), icon=":material/filter_alt_off:", type="tertiary", key="library-clear",
                      on_click=_clear, args=(state,))  # fmt: skip
    if any(getattr(chosen, name) != getattr(view, name) for name in (*FILTERS, "order", "descending")):
        chosen = replace(chosen, page=1)
    return chosen


def _clear(state: LibraryState) -> None:
    if state.view is not None:
        state.view = state.view.without_filters()
        state.round += 1


def _first(state: LibraryState, view: LibraryView, facets: Mapping[str, Counts], texts: Texts) -> LibraryView:
    text = st.text_input(
        texts("library.search"), view.text, max_chars=MAX_CHARACTERS, icon=":material/search:",
        placeholder=texts("library.search_hint"), key=f"library-text-{state.round}", width=230,
    )  # fmt: skip
    labels = _some(state, "labels", [key for key in EMOTION_KEYS if facets["label"].get(key)], view.labels,
                   facets["label"], lambda key: labelled(key, texts), texts)  # fmt: skip
    speakers = _some(state, "speakers", sorted(facets["speaker"]), view.speakers, facets["speaker"],
                     lambda name: name or texts("library.nobody"), texts)  # fmt: skip
    tags = _some(state, "tags", sorted(facets["tag"]), view.tags, facets["tag"], str, texts)
    return replace(view, text=cleaned(text), labels=labels, speakers=speakers, tags=tags)


def _some(
    state: LibraryState, name: str, options: Iterable[str], chosen: tuple[str, ...], counts: Counts, named: Any,
    texts: Texts,
) -> tuple[str, ...]:  # fmt: skip
    """Several of a facet's values, each with how many clips have it."""
    options = list(options)
    most = set(sorted(options, key=lambda each: -counts.get(each, 0))[:MAX_OPTIONS])
    shown = [each for each in options if each in most]
    shown += [each for each in chosen if each not in shown]
    found = st.multiselect(
        texts(f"library.{name}"), shown, default=list(chosen), key=f"library-{name}-{state.round}",
        format_func=lambda each: texts("library.option", name=named(each), count=f"{counts.get(each, 0):,}"),
        placeholder=texts("library.any"), max_selections=MAX_CHOSEN, width=WIDTHS_PX.get(name, 230),
    )  # fmt: skip
    return tuple(found)


def _folded(
    state: LibraryState, view: LibraryView, facets: Mapping[str, Counts], told: Mapping[str, list[str]], texts: Texts
) -> LibraryView:
    label = texts("library.more_set", count=view.num_folded) if view.num_folded else texts("library.more")
    with st.popover(label, icon=":material/tune:", key=f"library-more-{state.round}"):
        references = _some(
            state, "references", ["", *(key for key in EMOTION_KEYS if facets["reference"].get(key))], view.references,
            facets["reference"], lambda key: labelled(key, texts) if key else texts("library.no_reference"), texts,
        )  # fmt: skip
        match = _segmented(state, "match", MATCHES, view.match, texts)
        sure = _segmented(state, "sure", SURENESS, view.sure, texts)
        confidence = _confidence(state, view, texts)
        duration_s = _duration(state, view, texts)
        checkpoints = _some(state, "checkpoints", sorted(facets["checkpoint"]), view.checkpoints,
                            facets["checkpoint"], checkpoint_title, texts)  # fmt: skip
        metadata = _pair(state, view, told, texts)
        deleted = st.toggle(texts("library.deleted"), view.deleted, key=f"library-deleted-{state.round}",
                            help=texts("library.deleted_help"))  # fmt: skip
    return replace(
        view, references=references, match=match, sure=sure, confidence=confidence, duration_s=duration_s,
        checkpoints=checkpoints, metadata=metadata, deleted=deleted,
    )  # fmt: skip


def _segmented(state: LibraryState, name: str, choices: tuple[str, ...], chosen: str, texts: Texts) -> str:
    found = st.segmented_control(
        texts(f"library.{name}"), choices, default=chosen, required=True, key=f"library-{name}-{state.round}",
        format_func=lambda choice: texts(f"library.{name}.{choice}"),
    )  # fmt: skip
    return found or chosen


def _confidence(state: LibraryState, view: LibraryView, texts: Texts) -> Span | None:
    low, high = view.confidence or (0.0, 1.0)
    found = st.slider(
        texts("library.confidence"), 0, 100, (round(100 * low), round(100 * high)), format="%d %%",
        key=f"library-confidence-{state.round}",
    )  # fmt: skip
    return None if found == (0, 100) else (found[0] / 100, found[1] / 100)


def _duration(state: LibraryState, view: LibraryView, texts: Texts) -> Span | None:
    low, high = view.duration_s or (0.0, 0.0)
    with st.container(horizontal=True, gap="small"):
        begin = st.number_input(texts("library.from_s"), 0.0, 1e6, low, 1.0, key=f"library-from-{state.round}",
                                width=140)  # fmt: skip
        end = st.number_input(texts("library.to_s"), 0.0, 1e6, min(high, 1e6), 1.0, key=f"library-to-{state.round}",
                              help=texts("library.to_s_help"), width=140)  # fmt: skip
    if begin == 0.0 and end == 0.0:
        return None
    return (begin, end) if end >= begin and end > 0.0 else (begin, 1e6)


def _pair(
    state: LibraryState, view: LibraryView, told: Mapping[str, list[str]], texts: Texts
) -> tuple[tuple[str, str], ...]:
    """One column of metadata and its value; further ones of a link stay as they are."""
    column_now, value_now = view.metadata[0] if view.metadata else (None, None)
    columns = [*told, *([column_now] if column_now is not None and column_now not in told else [])]
    with st.container(horizontal=True, gap="small"):
        column = st.selectbox(
            texts("library.column"), columns, index=None if column_now is None else columns.index(column_now),
            placeholder=texts("library.any"), accept_new_options=True, key=f"library-column-{state.round}", width=190,
        )  # fmt: skip
        if column is None:
            return ()
        column = cleaned(column)
        values = list(told.get(column, []))[:MAX_OPTIONS]
        if column == column_now and value_now is not None and value_now not in values:
            values.append(value_now)
        value = st.selectbox(
            texts("library.value"), values,
            index=values.index(value_now) if column == column_now and value_now is not None else None,
            placeholder=texts("library.any"), accept_new_options=True, key=f"library-value-{state.round}-{column}",
            width=190,
        )  # fmt: skip
    return () if value is None else ((column, cleaned(value)), *view.metadata[1:])


def _order(state: LibraryState, view: LibraryView, texts: Texts) -> LibraryView:
    order = st.selectbox(
        texts("library.order"), ORDERED_BY, index=ORDERED_BY.index(view.order), key=f"library-order-{state.round}",
        format_func=lambda name: texts(f"library.by.{name}"), label_visibility="collapsed", width=170,
    )  # fmt: skip
    falls = st.segmented_control(
        texts("library.direction"), (True, False), default=view.descending, required=True,
        format_func=lambda falls: ":material/arrow_downward:" if falls else ":material/arrow_upward:",
        key=f"library-direction-{state.round}", label_visibility="collapsed",
    )  # fmt: skip
    return replace(view, order=order, descending=view.descending if falls is None else falls)


def _columns(state: LibraryState, view: LibraryView, told: Mapping[str, list[str]], texts: Texts) -> LibraryView:
    options = [SCORES_SHOWN, *told, *(name for name in view.extra if name != SCORES_SHOWN and name not in told)]
    with st.popover(texts("library.columns"), icon=":material/view_column:", key=f"library-columns-{state.round}"):
        extra = st.pills(
            texts("library.columns_more"), options, selection_mode="multi", default=list(view.extra),
            format_func=lambda name: texts("library.scores") if name == SCORES_SHOWN else literally(name),
            key=f"library-extra-{state.round}",
        )  # fmt: skip
    return replace(view, extra=tuple(name for name in options if name in extra))


def literally(text: str) -> str:
    """A text from outside for a label that Streamlit reads as Markdown: every sign stands for itself."""
    return "".join(
        f"\\{sign}" if not sign.isalnum() and sign.isascii() and not sign.isspace() else sign for sign in text
    )
