"""What comes in by a door is taken once, however often the browser sends it."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import resources


@pytest.fixture(autouse=True)
def _tiny(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOSCOPE_CHECKPOINT", str(checkpoint))
    resources.services.clear()


def script() -> None:
    import io

    import streamlit as st

    from dashboard import state
    from dashboard.components import intake

    session = state.session()
    for key in ("upload-0", "upload-0", "upload-1"):
        file = io.BytesIO(b"not a sound")
        file.name = f"{key}.wav"
        st.session_state[key] = [file]
        intake._take_files(session, key)
    for key in ("microphone-0", "microphone-0"):
        st.session_state[key] = io.BytesIO(b"not a sound")
        intake._take_recording(session, key, "Recording")
    st.text(", ".join(clip.name for clip in session.clips))


def test_files_that_are_sent_again_for_an_emptied_door_are_not_taken_again() -> None:
    app = AppTest.from_function(script, default_timeout=60).run()
    assert not app.exception
    assert app.text[0].value == "upload-0.wav, upload-1.wav, Recording 1.wav"
    resources.close_services()
