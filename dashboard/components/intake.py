"""The ways in: files, the microphone, our examples. What comes in is taken at once, and its door is emptied."""

from typing import Any

import streamlit as st

from core.audio import clean_name
from dashboard.clips import Clip
from dashboard.examples import EXAMPLES, Example
from dashboard.language import Texts
from dashboard.resources import services
from dashboard.state import Session

UPLOAD, MICROPHONE = "upload", "microphone"


def show(session: Session, texts: Texts) -> None:
    """Draw the way in for files and the one for a voice. Any file may come: its content decides, not its extension."""
    files, voice = st.columns([3, 2], gap="medium")
    with files:
        key = _door(session, UPLOAD)
        st.file_uploader(
            texts("intake.upload"),
            accept_multiple_files=True,
            max_upload_size=services().settings.max_upload_mb,
            key=key,
            on_change=_take_files,
            args=(session, key),
        )
    with voice:
        key = _door(session, MICROPHONE)
        st.audio_input(
            texts("intake.microphone"), key=key, on_change=_take_recording, args=(session, key, texts("intake.spoken"))
        )


def show_examples(session: Session, texts: Texts) -> None:
    """Draw a button an example, for a page that has nothing to show yet."""
    st.caption(texts("intake.examples"))
    with st.container(horizontal=True, gap="small", key="clip-examples"):
        for example in EXAMPLES:
            st.button(
                texts(f"example.{example.key}"),
                icon=":material/graphic_eq:",
                key=f"example-{example.key}",
                on_click=_take_example,
                args=(session, example),
            )


def show_folded_examples(session: Session, texts: Texts) -> None:
    """The same, folded away: what came in has the room. It folds again after each choice."""
    label = texts("intake.examples_folded")
    with st.popover(label, icon=":material/graphic_eq:", key=f"folded-examples-{len(session.clips)}"):
        show_examples(session, texts)


def _door(session: Session, name: str) -> str:
    """The key of a way in: a new one each time it was emptied, so that Streamlit lets go of what came through."""
    return f"{name}-{session.doors.get(name, 0)}"


def _empty(session: Session, name: str, key: str) -> bool:
    """Empty the way in that has `key`; False where that was done before.

    A browser goes on sending what is in a widget until it has heard that the widget is gone, so that a callback may be
    called a second time for the same files.
    """
    if key != _door(session, name):
        return False
    session.doors[name] = session.doors.get(name, 0) + 1
    return True


def _take_files(session: Session, key: str) -> None:
    files: list[Any] = st.session_state.get(key) or []
    if files and _empty(session, UPLOAD, key):
        _take(session, [(file, file.name) for file in files])


def _take_recording(session: Session, key: str, spoken_name: str) -> None:
    recording: Any = st.session_state.get(key)
    if recording is not None and _empty(session, MICROPHONE, key):
        _take(session, [(recording, f"{spoken_name} {session.doors[MICROPHONE]}.wav")])


def _take_example(session: Session, example: Example) -> None:
    _take(session, [(example.path, example.path.name)], is_synthetic=True)


def _take(session: Session, sources: list[tuple[Any, str]], is_synthetic: bool = False) -> None:
    listener = services().listener
    clips = [Clip(clean_name(name), listener.hear(source, name), is_synthetic) for source, name in sources]
    session.clips += clips
    for clip in clips:
        clip.speech = listener.find_speech(clip.heard)
        services().recents.keep(clip)
    if clips:
        session.selected = clips[0].id
