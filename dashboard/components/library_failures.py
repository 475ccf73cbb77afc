"""Files that were no clips: each with its sentence."""

import pandas as pd
import streamlit as st

from core.errors import LibraryError
from core.library import Failure, Library
from dashboard.components import notices
from dashboard.language import Texts
from dashboard.state import Session

MAX_SHOWN = 2000
HEIGHT_PX = 480


def show(session: Session, library: Library, texts: Texts) -> None:
    """Draw the library's list of them."""
    try:
        count, failures = library.num_failures(), library.failures(MAX_SHOWN)
    except LibraryError as error:
        notices.show_error(str(error), key="library-failures")
        return
    if not failures:
        st.info(texts("library.no_failures"), icon=":material/check:")
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(texts("library.failures_lead"))
        st.button(
            texts("library.forget_failures"), icon=":material/clear_all:", type="tertiary", key="library-forget",
            on_click=_forget, args=(session, library, [each.source for each in failures]),
        )  # fmt: skip
    if count > len(failures):
        st.caption(texts("library.failures_most", count=f"{len(failures):,}", total=f"{count:,}"))
    show_table(failures, texts, key="library-failures")


def _forget(session: Session, library: Library, sources: list[str]) -> None:
    try:
        library.forget_failures(sources)
    except LibraryError as error:
        session.library.refused = str(error)


def show_table(failures: list[Failure] | tuple[Failure, ...], texts: Texts, key: str) -> None:
    """Draw names and sentences, which come from outside, as cells of a table."""
    st.dataframe(
        pd.DataFrame({"source": [each.source for each in failures], "error": [each.error for each in failures]}),
        hide_index=True,
        column_config={
            "source": st.column_config.TextColumn(texts("library.by.source"), width=300),
            "error": st.column_config.TextColumn(texts("library.failure_why"), width=700),
        },
        height=min(HEIGHT_PX, 38 + 35 * len(failures)),
        row_height=35,
        key=key,
    )
