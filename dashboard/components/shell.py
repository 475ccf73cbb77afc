"""What every page has: the style, the status line, the language switch."""

from pathlib import Path

import streamlit as st

from dashboard import state
from dashboard.components import status_line
from dashboard.language import LANGUAGES, Texts

ASSETS = Path(__file__).parent.parent / "assets"


def show(texts: Texts) -> None:
    """Draw what stands above every page."""
    st.html(ASSETS / "style.css")
    st.logo(str(ASSETS / "logo.svg"), size="large")
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="emoscope-header"
    ):
        status_line.show(texts)
        st.segmented_control(
            texts("shell.language"),
            list(LANGUAGES),
            format_func=lambda code: LANGUAGES[code],
            key=state.LANGUAGE_KEY,
            required=True,
            label_visibility="collapsed",
        )
    state.link_language()
