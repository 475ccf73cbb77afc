"""One recording, second by second: see it, hear it, believe it."""

import streamlit as st

from dashboard import state
from dashboard.components import (
    choices,
    compare_link,
    intake,
    library_keep,
    loading,
    notices,
    progress,
    timeline_clip,
    timeline_panel,
)

texts = state.texts()
session = state.session()

st.title(texts("timeline.title"), anchor=False)
timeline_clip.take_linked(session, texts)
if not session.clips:
    st.markdown(texts("timeline.lead"))
    intake.show(session, texts)
    intake.show_examples(session, texts)
else:
    with st.expander(texts("timeline.bring"), icon=":material/add:", key="timeline-intake"):
        intake.show(session, texts)
        intake.show_examples(session, texts)
with st.container(horizontal=True, vertical_alignment="bottom", key="clip-choices", gap="medium"):
    choices.show(session, texts, with_granularity=False)
loading.show(texts)
progress.show(session, texts)
for clip, error in timeline_clip.failed(session):
    notices.show_error(error, key=clip.id)
selected = timeline_clip.choose(session, texts)
if selected is not None:
    clip, analysis = selected
    bench = timeline_clip.bench_of(session, clip, analysis, texts)
    with st.container(horizontal=True, vertical_alignment="center", key="timeline-name"):
        st.text(clip.name)
        library_keep.show(session, clip, texts)
        compare_link.show(session, texts)
    timeline_panel.show(session, clip, bench, timeline_clip.state_of(session, clip, analysis), texts)
