"""Sentences that need attention. A message may hold a file's name, so it is drawn as text, never as markup."""

import streamlit as st


def show_error(message: str, key: str) -> None:
    """One clear error; `key` tells it from the others on the page."""
    with st.container(border=True, key=f"notice-error-{key}", horizontal=True, vertical_alignment="center", wrap=False):
        st.html('<span class="emoscope-sign" aria-hidden="true">⚠️</span>', width="content")
        st.text(message, width="stretch")
