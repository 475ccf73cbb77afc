"""Many clips on one map, in a space of emotions or of voices: see, hear, select, and know how far to trust it."""

import streamlit as st

from core.errors import EmoScopeError
from dashboard import state
from dashboard.components import explorer_panel, notices

texts = state.texts()
session = state.session()

st.title(texts("explorer.title"), anchor=False)
st.markdown(texts("explorer.lead"))
try:
    explorer_panel.show(session, texts)
except EmoScopeError as error:
    notices.show_error(str(error), key="explorer")
