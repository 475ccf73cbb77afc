"""Files that were no clips: each with its sentence."""

import pandas as pd
import streamlit as st

from core.errors import LibraryError
from core.library import Failure, Library
from dashboard.components import notices
from dashboard.language import Texts

MAX_SHOWN = 2000
HEIGHT_PX = 480


def show(library: Library, texts: Texts) -> None:
    """Draw the library's list of them."""
    try:
        count, failures = library.num_failures(), library.failures(MAX_SHOWN)
    except LibraryError as error:
        notices.show_error(str(error), key="library-failures")
        return
    if not failures:
        st.info(texts("library.no_failures"), icon=":material/check:")
        return
    st.caption(texts("library.failures_lead"))
    if count > len(failures):
        st.caption(texts("library.failures_most", count=f"{len(failures):,}", total=f"{count:,}"))
    show_table(failures, texts, key="library-failures")


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
