"""Clips on their way: what is being done for each, without a click and without holding up the page."""

import streamlit as st

from dashboard.clips import Clip
from dashboard.language import Texts
from dashboard.listening import Listening, Phase, wait_while_busy
from dashboard.resources import services
from dashboard.state import Session

WORTH_WAITING_S = 1.0  # a short clip is done by then, and is drawn at once
LOOK_EVERY_S = 0.4


def show(session: Session, texts: Texts) -> None:
    """Begin what has not begun with the chosen checkpoint, and show what is under way until it is over."""
    begin(session)
    wait_while_busy([listening for _, listening in _under_way(session)], WORTH_WAITING_S)
    under_way = _under_way(session)
    if under_way:
        st.fragment(_bars, run_every=LOOK_EVERY_S)(session, texts, len(under_way))


def begin(session: Session) -> None:
    """Listen to every clip that was not yet listened to with the chosen checkpoint."""
    for clip in session.clips:
        if session.checkpoint not in clip.listenings:
            listening = services().listener.listen(clip.heard, session.checkpoint, session.shelf)
            clip.listenings[session.checkpoint] = listening


def _under_way(session: Session) -> list[tuple[Clip, Listening]]:
    pairs = [(clip, clip.listenings.get(session.checkpoint)) for clip in session.clips]
    return [(clip, listening) for clip, listening in pairs if listening is not None and not listening.is_over]


def _bars(session: Session, texts: Texts, count: int) -> None:
    under_way = _under_way(session)
    if len(under_way) != count:
        st.rerun()  # a result is there: the whole page draws it
    for clip, listening in under_way:
        with st.container(border=True, key=f"progress-{clip.id}", gap="xsmall"):
            st.text(clip.name)
            st.progress(_share(listening), text=_words(listening, texts))


def _share(listening: Listening) -> float:
    return listening.windows_done / listening.windows_in_all if listening.windows_in_all else 0.0


def _words(listening: Listening, texts: Texts) -> str:
    if listening.phase is Phase.LISTENING:
        return texts("progress.listening", done=listening.windows_done, in_all=listening.windows_in_all)
    return texts(f"progress.{listening.phase}")
