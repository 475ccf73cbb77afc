"""The shell around every page: navigation, status line, language. `dashboard.app` serves it."""

import streamlit as st

from dashboard import state
from dashboard.components import shell

texts = state.texts()
st.set_page_config(page_title=texts("shell.title"), page_icon="🎧", layout="wide")
page = st.navigation(
    [
        st.Page("../pages/clip.py", title=texts("page.clip"), icon=":material/graphic_eq:", default=True),
        st.Page("../pages/timeline.py", title=texts("page.timeline"), icon=":material/timeline:", url_path="timeline"),
        st.Page(
            "../pages/library.py", title=texts("page.library"), icon=":material/library_music:", url_path="library"
        ),
        st.Page(
            "../pages/explorer.py", title=texts("page.explorer"), icon=":material/scatter_plot:", url_path="explorer"
        ),
        st.Page("../pages/model.py", title=texts("page.model"), icon=":material/memory:", url_path="model"),
    ],
    position="top",
)
shell.show(texts)
page.run()
