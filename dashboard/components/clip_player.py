"""The clip as the model heard it, to be heard by people."""

import io

import streamlit as st

from core.audio import write_wav
from core.results import Waveform
from dashboard.language import Texts
from dashboard.listening import Heard
from dashboard.state import Session

LONGEST_S = 3600.0  # the player's sound lies in memory: 115 MB an hour


def show(session: Session, heard: Heard, texts: Texts) -> None:
    """Draw the player; of a recording too long for it, say so."""
    if heard.waveform.duration_s > LONGEST_S:
        st.caption(texts("player.too_long", limit=texts.duration(LONGEST_S)))
        return
    if session.playing[0] != heard.waveform.sha256:
        session.playing = (heard.waveform.sha256, _wav(heard.waveform))
    st.audio(session.playing[1], format="audio/wav", alt=texts("player.alt"))


def _wav(waveform: Waveform) -> bytes:
    buffer = io.BytesIO()
    write_wav(waveform, buffer)
    return buffer.getvalue()
