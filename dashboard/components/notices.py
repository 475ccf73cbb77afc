"""Sentences that need attention. A message may hold a file's name, so it is drawn as text, never as markup."""

import streamlit as st

from dashboard import state


def show_error(message: str, key: str) -> None:
    """One clear error, in this session's language where it is known in it; `key` tells it from others on the page."""
    with st.container(border=True, key=f"notice-error-{key}", horizontal=True, vertical_alignment="center", wrap=False):
        st.html('<span class="emoscope-sign" aria-hidden="true">⚠️</span>', width="content")
        st.text(state.texts().worded(message), width="stretch")
