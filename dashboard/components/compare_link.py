"""The way from a page with several clips to their comparison."""

import streamlit as st

from dashboard.compare_view import MIN_CLIPS
from dashboard.language import Texts
from dashboard.state import Session


def show(session: Session, texts: Texts) -> None:
    """Draw a button where there are clips to compare."""
    if len(session.clips) >= MIN_CLIPS and st.button(
        texts("compare.open"), icon=":material/compare:", key="open-compare", type="tertiary"
    ):
        st.switch_page("../pages/compare.py")
