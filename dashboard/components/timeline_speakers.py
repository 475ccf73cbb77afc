"""Who speaks when in a recording, and what each of them feels."""

from concurrent.futures import Future

import plotly.graph_objects as go  # type: ignore[import-untyped]
import streamlit as st

from core.errors import EmoScopeError, LibraryError
from core.exports.names import safe_name
from core.exports.rttm import rttm
from core.speakers import Conversation, Feeling, enrolled_in, feelings, names_for
from dashboard.clips import Clip
from dashboard.components import notices
from dashboard.components.names import labelled
from dashboard.language import Texts
from dashboard.listening import sentence_of
from dashboard.resources import services
from dashboard.state import TimelineState
from dashboard.timeline_charts import feeling_bars, speaker_curves
from dashboard.workbench import Workbench

ROW = "speakers"
LOOK_AGAIN_S = 1.0
STILL = {"displayModeBar": False}
MAX_NAME_CHARACTERS = 60


def found_in(clip: Clip, state: TimelineState) -> Conversation | None:
    """Who speaks, by the names this tab gave them; None while that is not asked for, not known, or cannot be told."""
    if ROW not in state.view.rows:
        return None
    if clip.voices is None and clip.speech is not None:
        clip.voices = services().listener.find_voices(clip.heard, clip.speech, _known)
    if clip.voices is None or not clip.voices.done() or clip.voices.exception() is not None:
        return None
    return clip.voices.result().renamed(state.names)


def show_waiting(clip: Clip, state: TimelineState, texts: Texts) -> None:
    """Say that voices are being told apart, or why they cannot be; the page is drawn anew once they are."""
    if ROW not in state.view.rows or clip.voices is None:
        return
    if not clip.voices.done():
        _wait(clip.voices, texts)
    elif (error := clip.voices.exception()) is not None:
        notices.show_error(str(error) if isinstance(error, EmoScopeError) else sentence_of(error), key="voices")


@st.fragment(run_every=LOOK_AGAIN_S)
def _wait(voices: "Future[Conversation]", texts: Texts) -> None:
    st.caption(texts("voices.listening"))
    if voices.done():
        st.rerun()


def show(clip: Clip, bench: Workbench, state: TimelineState, texts: Texts) -> None:
    """Draw what each speaker feels, their curves, and a field for each one's name."""
    found = found_in(clip, state)
    if found is None:
        st.caption(texts("voices.ask"))
        return
    each = feelings(bench.analysis, found.turns)
    if not each:
        st.text(texts("timeline.no_speech_at_all"))
        return
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.caption(texts("voices.names"), help=texts("voices.names_help"))
        _names(clip, each, state, texts)
        st.download_button(
            texts("voices.rttm"), lambda: rttm(found.turns, clip.name), f"{safe_name(clip.name)}.rttm",
            icon=":material/download:", on_click="ignore", key="voices-rttm",
        )  # fmt: skip
    with right:
        st.caption(texts("voices.feel"))
        _chart(feeling_bars(each, texts), "voices-feel", texts("voices.feel"))
    st.caption(texts("voices.curves"))
    _chart(speaker_curves(bench, state.view, each, found.turns, texts), "voices-curves", texts("voices.curves"))


def _chart(figure: go.Figure, key: str, alt: str) -> None:
    st.plotly_chart(figure, key=key, config=STILL, alt=alt)


def _names(clip: Clip, each: tuple[Feeling, ...], state: TimelineState, texts: Texts) -> None:
    """A line a speaker: how long, what leads, and what they are called. Two of one name are one speaker."""
    called = {feeling.speaker: feeling for feeling in each}
    assert clip.voices is not None
    for speaker in clip.voices.result().voices:
        feeling = called.get(state.names.get(speaker, speaker))
        length = texts.duration(feeling.seconds) if feeling else ""
        label = f"{length} · {labelled(feeling.label, texts)}" if feeling else "—"
        key = f"voices-name-{clip.id}-{speaker}"
        st.text_input(
            label, state.names.get(speaker, speaker), max_chars=MAX_NAME_CHARACTERS, key=key, on_change=_rename,
            args=(state, speaker, key),
        )  # fmt: skip


def _rename(state: TimelineState, speaker: str, key: str) -> None:
    name = " ".join(str(st.session_state[key]).split())
    if name:
        state.names[speaker] = name
    else:
        state.names.pop(speaker, None)


def _known(found: Conversation, same_voice: float) -> Conversation:
    """With the names of the library's speakers whose voices are near enough, where a library is open."""
    catalogue = services().catalogue
    if not catalogue.is_open:
        return found
    try:
        return found.renamed(names_for(found.voices, enrolled_in(catalogue.library(), found.model_id), same_voice))
    except LibraryError:
        return found
