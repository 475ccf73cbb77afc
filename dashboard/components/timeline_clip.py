"""Which recording the timeline shows: the one of the link, or one of this session's."""

import streamlit as st

from core.results import Analysis
from dashboard.clips import Clip
from dashboard.components import notices
from dashboard.language import Texts
from dashboard.resources import services
from dashboard.state import Session, TimelineState
from dashboard.timeline_view import PARAMETERS, from_parameters, to_parameters
from dashboard.workbench import Workbench

CLIP_PARAMETER = "clip"


def take_linked(session: Session, texts: Texts) -> None:
    """Bring the clip of a link into this session and select it; say so where it is no longer on this server.

    Once in the session, what is selected there decides, and the link follows it.
    """
    linked = st.query_params.get(CLIP_PARAMETER)
    if linked is None or any(clip.id == linked for clip in session.clips):
        return
    clip = services().recents.find(linked)
    if clip is None:
        notices.show_error(texts("timeline.gone"), key="gone")
        return
    session.clips.append(clip)
    session.selected = clip.id


def choose(session: Session, texts: Texts) -> tuple[Clip, Analysis] | None:
    """The analysed clip that is selected, with a choice where there are several; None where there is none."""
    done = [(clip, clip.listenings[session.checkpoint].analysis) for clip in session.clips]
    pairs = [(clip, session.view(analysis)) for clip, analysis in done if analysis is not None]
    if not pairs:
        return None
    ids = [clip.id for clip, _ in pairs]
    at = ids.index(session.selected) if session.selected in ids else 0
    if len(pairs) > 1:
        names = {clip.id: f"{position}. {clip.name}" for position, (clip, _) in enumerate(pairs, start=1)}
        # Another clip that was not chosen here has another field: what an older one says is of no account.
        session.timeline_choice = session.timeline_choice.showing([ids[at]])
        chosen = st.selectbox(
            texts("timeline.clip"), ids, index=at, format_func=lambda each: names[each],
            key=f"timeline-clip-{session.timeline_choice.revision}",
        )  # fmt: skip
        session.timeline_choice.said = (chosen,)
        at = ids.index(chosen)
    session.selected = ids[at]
    return pairs[at]


def failed(session: Session) -> list[tuple[Clip, str]]:
    """The clips that could not be analysed, and why."""
    found = [(clip, clip.listenings[session.checkpoint].error) for clip in session.clips]
    return [(clip, error) for clip, error in found if error is not None]


def state_of(session: Session, clip: Clip, analysis: Analysis) -> TimelineState:
    """How this tab looks at the clip: as the link says at first."""
    if clip.id not in session.timelines:
        is_linked = st.query_params.get(CLIP_PARAMETER) == clip.id
        parameters = {name: st.query_params[name] for name in st.query_params} if is_linked else {}
        session.timelines[clip.id] = TimelineState(from_parameters(parameters, analysis.duration_s))
    return session.timelines[clip.id]


def bench_of(session: Session, clip: Clip, analysis: Analysis, texts: Texts) -> Workbench:
    """The clip's workbench; waits for the search for speech, which began when the clip came."""
    key = (session.checkpoint, session.drop_other)
    if clip.speech is None:
        clip.speech = services().listener.find_speech(clip.heard)
    if key not in clip.benches or clip.benches[key].analysis.labels != analysis.labels:
        with st.spinner(texts("timeline.waiting")):
            clip.benches[key] = Workbench(analysis, clip.heard.result().waveform, clip.speech.result())
    return clip.benches[key]


def link(clip: Clip, timeline: TimelineState) -> None:
    """Keep the clip and how it is looked at in the address bar, so that a reload or a sent link shows the same."""
    services().recents.keep(clip)
    wanted = {CLIP_PARAMETER: clip.id} | to_parameters(timeline.view)
    ours = {CLIP_PARAMETER, *PARAMETERS.values()}
    others = {name: st.query_params[name] for name in st.query_params if name not in ours}
    if {name: st.query_params[name] for name in st.query_params} != others | wanted:
        st.query_params.from_dict(others | wanted)
