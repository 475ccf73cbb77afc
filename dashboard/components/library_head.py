"""What stands above the library: how much is in it, what was done last, and which part of it is shown."""

from dataclasses import replace

import streamlit as st

from core.errors import LibraryError
from core.library import Library, Query
from dashboard.components import library_link, notices
from dashboard.language import Texts
from dashboard.library_view import SECTIONS
from dashboard.resources import services
from dashboard.state import Session

SECTION_KEY = "library-section"


def show(session: Session, texts: Texts) -> Library | None:
    """Open the library and say what is in it; None, with a sentence on the page, where it cannot be opened."""
    library_link.take(session)
    try:
        library = services().catalogue.library()
        count, size_bytes = library.count(Query()), library.size_bytes()
    except LibraryError as error:
        notices.show_error(str(error), key="library")
        return None
    if count:
        st.caption(texts("library.facts", count=f"{count:,}", size=size_in_words(size_bytes, texts)))
    else:
        st.markdown(texts("library.lead"))
    _last_words(session, texts)
    return library


def choose_section(session: Session, library: Library, texts: Texts) -> str:
    """The part of the library that is shown; of an empty one the way in."""
    state = session.library
    view = library_link.view_of(session)
    is_empty = library.count(Query()) == 0 and library.count(Query(deleted=True)) == 0
    failures = library.num_failures()
    section = "add" if is_empty and view.section == "clips" else view.section
    chosen = st.segmented_control(
        texts("library.section"), SECTIONS, default=section, required=True, label_visibility="collapsed",
        format_func=lambda name: _named(name, failures, texts), key=f"{SECTION_KEY}-{state.round}-{is_empty}",
    )  # fmt: skip
    section = chosen or section
    if section != view.section:
        state.view = replace(view, section=section)
    library_link.link(session)
    return section


def size_in_words(size_bytes: int, texts: Texts) -> str:
    """`640 kB`, `82 MB`, `1.4 GB`."""
    megabytes = size_bytes / 1e6
    if megabytes < 1:
        return texts("library.kilobytes", count=f"{size_bytes / 1e3:.0f}")
    if megabytes < 1000:
        return texts("unit.megabytes", count=f"{megabytes:.0f}")
    return texts("library.gigabytes", count=f"{megabytes / 1000:.1f}")


def _named(section: str, failures: int, texts: Texts) -> str:
    name = texts(f"library.section.{section}")
    return texts("library.section_count", name=name, count=f"{failures:,}") if section == "failures" else name


def _last_words(session: Session, texts: Texts) -> None:
    """What came of what was done last, with the way back of a deletion."""
    state = session.library
    if state.refused:
        notices.show_error(state.refused, key="library-refused")
        state.refused = ""
    if not state.told:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="library-told"):
        st.text(state.told, width="stretch")
        if state.deleted:
            st.button(
                texts("library.undo"), icon=":material/undo:", key="library-undo", on_click=_undo, args=(session, texts)
            )
        st.button("", icon=":material/close:", type="tertiary", key="library-told-close", on_click=_hush,
                  args=(session,), help=texts("library.close"))  # fmt: skip


def _hush(session: Session) -> None:
    session.library.told, session.library.deleted = "", ()


def _undo(session: Session, texts: Texts) -> None:
    state = session.library
    try:
        count = services().catalogue.library().undelete(state.deleted)
    except LibraryError as error:
        state.refused = str(error)
        return
    state.told, state.deleted = texts("library.undone", count=f"{count:,}"), ()
