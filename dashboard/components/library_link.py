"""The library's address: filters, page and job in the query parameters, so that a link shows the same."""

import re

import streamlit as st

from dashboard.library_view import PARAMETERS, LibraryView, from_parameters, to_parameters
from dashboard.state import Session

JOB_PARAMETER = "job"
_JOB = re.compile(r"[0-9a-f]{32}\Z")


def take(session: Session) -> None:
    """Read the link once; from then on what is chosen on the page decides, and the link follows it."""
    state = session.library
    if state.view is None:
        state.view = from_parameters({name: st.query_params.get_all(name) for name in st.query_params})
        linked = st.query_params.get(JOB_PARAMETER, "")
        state.job = linked if _JOB.match(linked) else ("unknown" if linked else None)


def view_of(session: Session) -> LibraryView:
    """How this tab looks at the library."""
    if session.library.view is None:
        take(session)
    assert session.library.view is not None
    return session.library.view


def link(session: Session) -> None:
    """Keep the view and the job in the address bar."""
    state = session.library
    wanted = to_parameters(view_of(session))
    if state.job is not None:
        wanted[JOB_PARAMETER] = [state.job]
    ours = {JOB_PARAMETER, *PARAMETERS.values()}
    now = {name: st.query_params.get_all(name) for name in st.query_params}
    others = {name: values for name, values in now.items() if name not in ours}
    if now != others | wanted:
        st.query_params.from_dict(others | wanted)
