"""Clips side by side: what differs, where, and by how much."""

import streamlit as st

from dashboard import state
from dashboard.compare_view import MIN_CLIPS
from dashboard.components import (
    choices,
    compare_clips,
    compare_groups,
    compare_panel,
    loading,
    notices,
    progress,
    timeline_clip,
)

texts = state.texts()
session = state.session()

st.title(texts("compare.title"), anchor=False)
compare_clips.take(session, texts)
if compare_groups.is_chosen(session, texts):
    compare_groups.show(session, texts)
else:
    compare_clips.show(session, texts)
    with st.container(horizontal=True, vertical_alignment="bottom", key="clip-choices", gap="medium"):
        choices.show(session, texts, with_granularity=False)
    loading.show(texts)
    progress.show(session, texts)
    for clip, error in timeline_clip.failed(session):
        notices.show_error(error, key=clip.id)
    if len(compare_panel.analysed(session)) >= MIN_CLIPS:
        compare_panel.show(session, texts)
    elif session.compared.clips:
        st.text(texts("compare.two"))
compare_clips.link(session)
