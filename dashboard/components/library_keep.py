"""A clip of this session, into the library: kept once, with its sound."""

import streamlit as st

from core.errors import EmoScopeError
from dashboard.clips import Clip
from dashboard.components import notices
from dashboard.jobs import Job
from dashboard.language import Texts
from dashboard.library_opening import KEEP_KIND, entry_to_keep, key_in_library
from dashboard.resources import services
from dashboard.state import Session

WORTH_WAITING_S = 3.0  # a clip of minutes is encoded and written by then


def show(session: Session, clip: Clip, texts: Texts) -> None:
    """Draw the button; where the clip is in the library, say so instead."""
    shared = services()
    listening, info = clip.listenings[session.checkpoint], shared.host.status(session.checkpoint).info
    if listening.analysis is None or info is None:
        return
    try:
        job = session.keeping.get((clip.id, session.checkpoint))
        key = key_in_library(listening.analysis, info, shared.host)
        # Nobody waits for a library to be opened only to learn that a clip is not in it; keeping it twice does no harm.
        is_known = shared.catalogue.is_open and (job is None or job.is_over)
        if is_known and shared.catalogue.library().has([key]):
            st.badge(texts("keep.kept"), icon=":material/library_add_check:", color="green")
            return
    except EmoScopeError as error:
        notices.show_error(str(error), key="keep")
        return
    if job is not None and job.error is not None:
        notices.show_error(job.error, key="keep")
    under_way = job is not None and not job.is_over
    if st.button(
        texts("keep.under_way") if under_way else texts("keep.button"), icon=":material/library_add:", type="tertiary",
        key="library-keep", help=texts("keep.help"), disabled=under_way,
    ):  # fmt: skip
        _keep(session, clip, texts)


def _keep(session: Session, clip: Clip, texts: Texts) -> None:
    """Encode and write it in a job: hours of sound take a while, and the page does not wait for them."""
    shared, checkpoint = services(), session.checkpoint

    def work(job: Job) -> int:
        return shared.catalogue.library().put([entry_to_keep(clip, checkpoint, shared.host)])

    try:
        job = shared.jobs.submit(KEEP_KIND, texts("keep.job", name=clip.name), work)
    except EmoScopeError as error:
        notices.show_error(str(error), key="keep")
        return
    session.keeping[clip.id, checkpoint] = job
    job.wait(WORTH_WAITING_S)
    st.rerun()
