"""The model: what is loaded, how it got there, and what else is known."""

import streamlit as st

from dashboard import state
from dashboard.components import checkpoints, engine, loading, model_card, self_test

texts = state.texts()
session = state.session()

st.title(texts("model.title"), anchor=False)
st.markdown(texts("model.lead"))
status = loading.show(texts)
if status.info is not None:
    engine.show(status.info, texts)
if status.stages:
    engine.show_loading(status, texts)
if status.info is not None:
    self_test.show(session, texts)
checkpoints.show(texts)
model_card.show(session.checkpoint, texts)
