"""A head that somebody kept, beside the checkpoint's own: what it says of a clip, and of each moment of it."""

from concurrent.futures import Future
from typing import cast

import streamlit as st

from core.curves.smoothing import Method
from core.errors import EmoScopeError
from core.projection import HeadScores, Probe, heads_home, heads_of, load_head, model_of, scores_of
from core.results import Analysis
from dashboard.clips import Clip
from dashboard.components import notices
from dashboard.explorer_charts import measured_bars
from dashboard.head_charts import head_bars, head_curves
from dashboard.language import Texts
from dashboard.listening import sentence_of
from dashboard.resources import services
from dashboard.state import Session, TimelineState
from dashboard.workbench import Workbench

STILL = {"displayModeBar": False}
LOOK_AGAIN_S = 1.0


def show_scores(session: Session, analysis: Analysis, texts: Texts) -> None:
    """A choice among the heads of this checkpoint and what the chosen one says; nothing at all where none is kept."""
    names = kept(analysis)
    if not names:
        return
    head = _chosen(session, names, texts, place="clip")
    if head is not None:
        _bars(scores_of(head, analysis), head, texts)


def show_curves(session: Session, clip: Clip, bench: Workbench, state: TimelineState, texts: Texts) -> None:
    """The same on a timeline, with a curve a class; the recording is listened to again for it."""
    names = kept(bench.analysis)
    if not names:
        st.caption(texts("heads.none"))
        return
    head = _chosen(session, names, texts, place="timeline")
    if head is None:
        return
    said = heard_for(session, clip, head)
    if not said.done():
        _wait(said, texts)
    elif (error := said.exception()) is not None:
        notices.show_error(str(error) if isinstance(error, EmoScopeError) else sentence_of(error), key="head")
    else:
        _bars(said.result(), head, texts)
        view, analysis = state.view, bench.analysis
        figure = head_curves(
            said.result(), analysis.frame_times_s, analysis.duration_s, texts, cast(Method, view.smoothing),
            view.smoothing_s,
        )  # fmt: skip
        st.plotly_chart(figure, key="head-curves", config=STILL, alt=texts("heads.curves"))


def found_for(session: Session, clip: Clip, analysis: Analysis) -> HeadScores | None:
    """What the chosen head says of a recording, second by second; None where none is chosen, or it is not known yet."""
    if session.head not in kept(analysis):
        return None
    try:
        said = clip.heads.get((session.checkpoint, load_head(heads_home(services().settings), session.head).identity))
    except EmoScopeError:
        return None
    return said.result() if said is not None and said.done() and said.exception() is None else None


def kept(analysis: Analysis) -> tuple[str, ...]:
    """The heads that say something of clips heard by this checkpoint."""
    return heads_of(heads_home(services().settings), model_of(analysis.checkpoint))


def heard_for(session: Session, clip: Clip, head: Probe) -> "Future[HeadScores]":
    """The clip on its way through a head, begun once."""
    key = (session.checkpoint, head.identity)
    if key not in clip.heads:
        clip.heads[key] = services().listener.find_head(clip.heard, session.checkpoint, head)
    return clip.heads[key]


def _chosen(session: Session, names: tuple[str, ...], texts: Texts, place: str) -> Probe | None:
    options = ["", *names]
    session.head = st.selectbox(
        texts("heads.head"), options, options.index(session.head) if session.head in options else 0, width=300,
        format_func=lambda name: name or texts("heads.only_own"), key=f"head-{place}", help=texts("heads.help"),
    )  # fmt: skip
    if not session.head:
        return None
    try:
        return load_head(heads_home(services().settings), session.head)
    except EmoScopeError as error:
        notices.show_error(str(error), key="head")
        return None


def _bars(said: HeadScores, head: Probe, texts: Texts) -> None:
    figure = measured_bars(head_bars(said, texts), texts("chart.probability"), texts)
    st.plotly_chart(figure, key="head-scores", config=STILL, alt=texts("heads.scores"))
    percent, chance = f"{100 * head.cv_uar:.0f}", f"{100 * head.chance:.0f}"
    st.caption(texts("heads.worth", percent=percent, chance=chance, clips=f"{head.num_clips:,}"))


@st.fragment(run_every=LOOK_AGAIN_S)
def _wait(said: "Future[HeadScores]", texts: Texts) -> None:
    st.caption(texts("heads.listening"))
    if said.done():
        st.rerun()
