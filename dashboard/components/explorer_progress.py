"""Long work of the explorer on screen: begun once, watched without a click, stopped by one."""

from typing import Any

import streamlit as st

from core.errors import EmoScopeError
from dashboard.components import notices
from dashboard.explorer_state import ExplorerState
from dashboard.jobs import Job, JobState, Work
from dashboard.language import Texts
from dashboard.map_bench import MapBench
from dashboard.resources import services

LOOK_EVERY_S = 0.4
WORTH_WAITING_S = 0.6  # what is done by then is drawn at once


def begin(kind: str, title: str, work: Work) -> Job | str:
    """The job, or the sentence of why it could not begin."""
    try:
        job = services().jobs.submit(kind, title, work)
    except EmoScopeError as error:
        return str(error)
    job.wait(WORTH_WAITING_S)
    return job


def result_of(
    explorer: ExplorerState,
    bench: MapBench,
    key: tuple[Any, ...],
    kind: str,
    work: Work,
    texts: Texts,
    *,
    place: str = "section",
) -> Any:
    """What `work` gives for this map, worked out once a key; None while it is under way, which is then on screen.

    Two places of the page may wait for the same work: each has a bar of its own.
    """
    found = bench.known(key)
    if found is not None:
        return found
    job = services().jobs.find(explorer.tasks.get(key, ""))
    if job is None:
        begun = begin(kind, texts(f"explorer.task.{key[0]}"), lambda job: kept(bench, key, work, job))
        if isinstance(begun, str):
            notices.show_error(begun, key=f"explorer-{place}-{key[0]}")
            return None
        job = begun
        explorer.tasks[key] = job.id
    if job.state is JobState.DONE:
        return job.result
    watch(job, texts, name=f"{place}-{key[0]}")
    if job.is_over:
        st.button(
            texts("explorer.again"), key=f"explorer-again-{place}-{key[0]}", icon=":material/refresh:",
            on_click=explorer.forget, args=(key,),
        )  # fmt: skip
    return None


def kept(bench: MapBench, key: tuple[Any, ...], work: Work, job: Job) -> Any:
    """What a job makes, kept with the map: other sessions and later visits find it there."""
    made = work(job)
    bench.keep(key, made)
    return made


def watch(job: Job, texts: Texts, name: str) -> None:
    """Show how far a job is until it is over, then draw the page anew; of one that failed, why."""
    if job.state is JobState.FAILED:
        notices.show_error(job.error or "", key=f"explorer-{name}")
    elif job.state is JobState.CANCELLED:
        st.caption(texts("explorer.stopped"))
    elif not job.is_over:
        st.fragment(_bar, run_every=LOOK_EVERY_S)(job.id, texts, name)


def _bar(job_id: str, texts: Texts, name: str) -> None:
    job = services().jobs.find(job_id)
    if job is None or job.is_over:
        st.rerun()
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"explorer-bar-{name}"):
        st.progress(job.share or 0.0, text=_words(job, texts))
        st.button(
            texts("explorer.stop"), key=f"explorer-stop-{name}", icon=":material/close:", type="tertiary",
            on_click=services().jobs.cancel, args=(job.id,), disabled=job.is_stopping,
        )  # fmt: skip


def _words(job: Job, texts: Texts) -> str:
    if job.is_stopping:
        return texts("explorer.stopping")
    if job.state is JobState.WAITING:
        return texts("explorer.waiting")
    step = texts.named("explorer.step", str(job.report.detail or "reading"))
    return texts("explorer.step_for", step=step, seconds=f"{job.elapsed_s:.0f}")
