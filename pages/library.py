"""The library: every clip that was analysed and kept, found again and taken elsewhere."""

import streamlit as st

from dashboard import state
from dashboard.components import (
    batch_intake,
    jobs_panel,
    library_clips,
    library_failures,
    library_head,
    library_link,
    library_truth,
    loading,
)

texts = state.texts()
session = state.session()

st.title(texts("library.title"), anchor=False)
library = library_head.show(session, texts)
if library is not None:
    loading.show(texts)
    jobs_panel.show_linked(session, texts)
    section = library_head.choose_section(session, library, texts)
    if section == "clips":
        library_clips.show(session, library, texts)
    elif section == "add":
        batch_intake.show(session, texts)
    elif section == "jobs":
        jobs_panel.show(session, texts)
    elif section == "failures":
        library_failures.show(session, library, texts)
    elif section == "truth":
        library_truth.show(session, library, library_link.view_of(session).query, texts)
