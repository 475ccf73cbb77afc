"""References that are likely wrong: heard, and set right or kept."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import streamlit as st

from core.library import Library
from core.truth import LabelError
from dashboard import truth_edits
from dashboard.components.library_truth_cells import columns
from dashboard.language import Texts
from dashboard.state import Session
from dashboard.truth_tables import error_table

ERRORS_SHOWN = 25
ROW_PX, HEADER_PX = 35, 38
Decide = Callable[[Library, Iterable[LabelError]], int]


def show(session: Session, library: Library, errors: Sequence[LabelError], texts: Texts) -> None:
    """Draw the likeliest errors with what can be decided on those that are selected. Raises `LibraryError`."""
    decided = session.decided
    if decided and st.button(
        texts("truth.undo", count=len(decided)), icon=":material/undo:", type="tertiary", key="truth-undo"
    ):
        truth_edits.undo(library, decided)
        _after(session, ())
    if not errors:
        st.info(texts("truth.no_errors"), icon=":material/check:")
        return
    st.caption(texts("truth.errors", count=f"{len(errors):,}"))
    pages = -(-len(errors) // ERRORS_SHOWN)
    page = st.pagination(pages, key=f"truth-errors-page-{pages}") if pages > 1 else 1
    shown = errors[(page - 1) * ERRORS_SHOWN : page * ERRORS_SHOWN]
    chosen = [shown[row] for row in _table(shown, page, texts) if row < len(shown)]
    with st.container(horizontal=True, vertical_alignment="center", key="truth-decide"):
        _button("accept", truth_edits.accept, session, library, chosen, texts)
        _button("keep", truth_edits.keep, session, library, chosen, texts)
        st.caption(texts("truth.chosen", count=len(chosen)))


def _table(shown: Sequence[LabelError], page: int, texts: Texts) -> list[int]:
    table: Any = error_table(shown, texts)
    # Rows are selected by number: after a decision, and on another page, it is another table with nothing selected.
    found = st.dataframe(
        table,
        hide_index=True,
        column_config=columns(texts),
        height=HEADER_PX + ROW_PX * len(shown),
        row_height=ROW_PX,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"truth-errors-{page}-{hash(tuple(error.key for error in shown))}",
        alt=texts("truth.alt.errors"),
    )
    return list(found["selection"]["rows"])


def _button(
    name: str, decide: Decide, session: Session, library: Library, chosen: Sequence[LabelError], texts: Texts
) -> None:
    icon = {"accept": ":material/edit:", "keep": ":material/check:"}[name]
    if st.button(
        texts(f"truth.decide.{name}"),
        icon=icon,
        disabled=not chosen,
        help=texts(f"truth.help.{name}"),
        key=f"truth-{name}",
    ):
        decide(library, chosen)
        _after(session, tuple(chosen))


def _after(session: Session, decided: tuple[LabelError, ...]) -> None:
    session.decided = decided
    st.rerun()
