"""The clips of this session: one line each, errors apart, one selected."""

import streamlit as st

from core.results import Analysis
from dashboard.clips import Clip
from dashboard.components import compare_link, notices
from dashboard.components.names import labelled
from dashboard.language import Texts
from dashboard.state import Session

SCROLLS_FROM = 8
LIST_HEIGHT_PX = 440


def show(session: Session, texts: Texts) -> tuple[Clip, Analysis] | None:
    """Draw errors and, when there are several clips, the list; return the selected one with its analysis."""
    for clip in list(session.clips):
        if (error := clip.listenings[session.checkpoint].error) is not None:
            _error(session, clip, error, texts)
    done = [(clip, clip.listenings[session.checkpoint].analysis) for clip in session.clips]
    analysed = [(clip, session.view(analysis)) for clip, analysis in done if analysis is not None]
    if not analysed:
        return None
    selected = next((pair for pair in analysed if pair[0].id == session.selected), analysed[0])
    if len(analysed) > 1:
        _rows(session, analysed, selected[0], texts)
    return selected


def _error(session: Session, clip: Clip, error: str, texts: Texts) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"failed-{clip.id}", wrap=False):
        notices.show_error(error, key=clip.id)
        _remove_button(session, clip, texts)


def _rows(session: Session, analysed: list[tuple[Clip, Analysis]], selected: Clip, texts: Texts) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(texts("list.title", count=len(analysed)), anchor=False)
        compare_link.show(session, texts)
        st.button(
            texts("list.clear"),
            type="tertiary",
            icon=":material/clear_all:",
            key="clear",
            on_click=_clear,
            args=(session,),
        )
    with st.container(
        height=440 if len(analysed) > SCROLLS_FROM else "content", border=True, key="clip-list", gap=None
    ):
        for clip, analysis in analysed:
            _row(session, clip, analysis, clip is selected, texts)


def _row(session: Session, clip: Clip, analysis: Analysis, is_selected: bool, texts: Texts) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"clip-row-{clip.id}", wrap=False):
        st.button(
            _verdict_in_short(analysis, texts),
            key=f"select-{clip.id}",
            type="primary" if is_selected else "secondary",
            on_click=_select,
            args=(session, clip),
            width=190,
        )
        st.text(clip.name, width="stretch")
        st.text(texts.duration(analysis.duration_s))
        _remove_button(session, clip, texts)


def _verdict_in_short(analysis: Analysis, texts: Texts) -> str:
    if analysis.unsure:
        return texts("list.unsure", labels=" / ".join(labelled(entry.label, texts) for entry in analysis.candidates))
    return texts("list.verdict", label=labelled(analysis.label, texts), percent=f"{100 * analysis.confidence:.0f}")


def _remove_button(session: Session, clip: Clip, texts: Texts) -> None:
    st.button(
        "",
        icon=":material/close:",
        key=f"remove-{clip.id}",
        help=texts("list.remove"),
        type="tertiary",
        on_click=session.remove,
        args=(clip,),
    )


def _select(session: Session, clip: Clip) -> None:
    session.selected = clip.id


def _clear(session: Session) -> None:
    for clip in list(session.clips):
        session.remove(clip)
