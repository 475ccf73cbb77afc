"""The clips of the library: filtered, in pages, to be heard, edited and sent elsewhere. One fragment."""

from dataclasses import replace
from typing import Any

import streamlit as st

from core.errors import LibraryError
from core.library import Library, Query
from dashboard.components import library_cells, library_filters, library_link, library_selection, notices
from dashboard.language import Texts
from dashboard.library_table import page_of, table_of
from dashboard.library_view import PAGE_SIZES, LibraryView
from dashboard.state import Session

ROW_PX, HEADER_PX, MAX_HEIGHT_PX = 35, 38, 560


@st.fragment
def show(session: Session, library: Library, texts: Texts) -> None:
    """Draw the filters, a page of clips, and what can be done with them; choices rerun only this."""
    try:
        _show(session, library, texts)
    except LibraryError as error:
        notices.show_error(str(error), key="library-clips")


def _show(session: Session, library: Library, texts: Texts) -> None:
    state = session.library
    before = library_link.view_of(session)
    if state.editing is not None:
        library_cells.show_editor(session, library, state.editing, texts)
        return
    view = library_filters.show(state, before, library, texts)
    count = library.count(view.query)
    view = state.view = view.on_a_page(count)
    library_link.link(session)
    if not count:
        st.info(texts("library.none_found" if view.is_filtered else "library.empty"), icon=":material/search_off:")
        return
    rows = page_of(library, view)
    above = st.container(border=True, key="library-actions", gap="small")  # filled once the table told what is selected
    selected = _table(session, view, rows, texts)
    _pager(session, view, count, rows, texts)
    found = rows.to_pylist()
    with above:
        library_selection.show(session, library, [found[at] for at in selected if at < len(found)], view, count, texts)


def _table(session: Session, view: LibraryView, rows: Any, texts: Texts) -> list[int]:
    """A page of clips; the numbers of the rows that are selected."""
    table = table_of(rows, view.extra, texts)
    # Rows are selected by number: another page, order or filter is another table, with nothing selected.
    shown = hash((view.query, view.page, view.page_size))
    found = st.dataframe(
        table,
        hide_index=True,
        column_config=library_cells.columns(table, texts),
        key=f"library-table-{session.library.drawn}-{shown}",
        on_select="rerun",
        selection_mode="multi-row",
        placeholder="",
        height=min(MAX_HEIGHT_PX, HEADER_PX + ROW_PX * len(table)),
        row_height=ROW_PX,
        alt=texts("library.table_alt"),
    )
    return list(found["selection"]["rows"])


def _pager(session: Session, view: LibraryView, count: int, rows: Any, texts: Texts) -> None:
    state = session.library
    first = (view.page - 1) * view.page_size + 1
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="library-pager"
    ):
        st.caption(texts("library.rows", first=f"{first:,}", last=f"{first + rows.num_rows - 1:,}", count=f"{count:,}"))
        pages = view.num_pages(count)
        if pages > 1:
            key = f"library-page-{state.round}-{hash(view.query)}-{view.page_size}-{view.page}-{pages}"
            st.pagination(pages, default=view.page, key=key, on_change=_turn, args=(session, key, view.query))
        with st.container(horizontal=True, width="content", vertical_alignment="center", gap="small"):
            key = f"library-size-{state.round}"
            st.selectbox(
                texts("library.page_size"), PAGE_SIZES, index=PAGE_SIZES.index(view.page_size), key=key,
                label_visibility="collapsed", width=130, on_change=_resize, args=(session, key),
                format_func=lambda size: texts("library.page_rows", count=size),
            )  # fmt: skip
            if not view.deleted:
                st.button(
                    texts("library.edit_cells"), icon=":material/edit:", type="tertiary", key="library-edit-cells",
                    on_click=library_cells.begin, args=(session, rows, texts),
                )  # fmt: skip


def _turn(session: Session, key: str, query: Query) -> None:
    """Another page of what was found; what a browser still says of pages of something else turns nothing."""
    view = library_link.view_of(session)
    if view.query == query:
        session.library.view = replace(view, page=st.session_state[key])


def _resize(session: Session, key: str) -> None:
    """Another number of rows, on the page that holds the row that was the first."""
    view, size = library_link.view_of(session), st.session_state[key]
    session.library.view = replace(view, page_size=size, page=(view.page - 1) * view.page_size // size + 1)
