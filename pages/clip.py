"""One clip, or a few: what does this voice feel?"""

import streamlit as st

from dashboard import state
from dashboard.components import choices, clip_list, details, heads, intake, loading, progress, verdict

texts = state.texts()
session = state.session()

st.title(texts("clip.title"), anchor=False)
if not session.clips:
    st.markdown(texts("clip.lead"))
intake.show(session, texts)
if not session.clips:
    intake.show_examples(session, texts)
with st.container(horizontal=True, vertical_alignment="bottom", key="clip-choices", gap="medium"):
    choices.show(session, texts)
    if session.clips:
        intake.show_folded_examples(session, texts)
loading.show(texts)
progress.show(session, texts)
selected = clip_list.show(session, texts)
if selected is not None:
    clip, analysis = selected
    st.divider()
    verdict.show(session, clip, analysis, texts)
    heads.show_scores(session, analysis, texts)
    details.show(session, clip, analysis, texts)
