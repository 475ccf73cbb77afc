"""The clip as the model heard it, to be heard by people."""

import io

import streamlit as st

from core.audio import write_wav
from core.results import Waveform
from dashboard.language import Texts
from dashboard.listening import Heard

LONGEST_S = 3600.0  # the player's sound lies in memory: 115 MB an hour
_PLAYING = "player_sound"


def show(heard: Heard, texts: Texts) -> None:
    """Draw the player; of a recording too long for it, say so."""
    if heard.waveform.duration_s > LONGEST_S:
        st.caption(texts("player.too_long", limit=texts.duration(LONGEST_S)))
        return
    st.audio(_sound_of(heard.waveform), format="audio/wav", alt=texts("player.alt"))


def _sound_of(waveform: Waveform) -> bytes:
    """The WAV of the clip on screen, kept while it is on screen."""
    sha256, wav = st.session_state.get(_PLAYING, ("", b""))
    if sha256 != waveform.sha256:
        buffer = io.BytesIO()
        write_wav(waveform, buffer)
        wav = buffer.getvalue()
        st.session_state[_PLAYING] = (waveform.sha256, wav)
    return bytes(wav)
