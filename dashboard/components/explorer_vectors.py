"""Vectors that clips do not have yet, of their voices or their acoustics: computed in a job when asked for."""

from dataclasses import replace

import streamlit as st

from core.said import Said
from dashboard.components import explorer_progress, notices
from dashboard.explorer_state import ExplorerState
from dashboard.explorer_work import VECTOR_JOBS, add_acoustics, add_voices
from dashboard.jobs import Job, JobState
from dashboard.language import Texts
from dashboard.resources import services

COMPUTABLE = ("speaker", "acoustic")
MISSING = ("space.no_voices", "space.no_acoustics")  # keys of what core says where a map waits for them


def show(explorer: ExplorerState, texts: Texts) -> None:
    """Offer to compute what some of the clips of this map lack."""
    bench = explorer.bench
    if bench is not None and bench.space.without and explorer.made == explorer.wanted:
        offer(explorer, texts)


def are_missing(job: Job) -> bool:
    """Whether a map could not be drawn only because nobody has computed the vectors yet."""
    return isinstance(job.error, Said) and job.error.key in MISSING


def show_missing(explorer: ExplorerState, texts: Texts) -> None:
    """What is missing, which is no error, and the button that computes it."""
    name = explorer.view.space
    if name in COMPUTABLE and services().jobs.find(explorer.tasks.get(("vectors", name), "")) is None:
        st.info(texts(f"explorer.missing.{name}"), icon=":material/graphic_eq:")
    offer(explorer, texts)


def offer(explorer: ExplorerState, texts: Texts) -> None:
    """A button, or how far the computing is; the map is drawn anew once it is done."""
    name = explorer.view.space
    if name not in COMPUTABLE:
        return
    key = ("vectors", name)
    job = services().jobs.find(explorer.tasks.get(key, ""))
    if job is not None and job.state is JobState.DONE:
        del explorer.tasks[key]
        if job.result:
            explorer.made = explorer.asked = None
            st.rerun()
        st.caption(texts("explorer.no_more_vectors"))
        return
    if job is not None:
        explorer_progress.watch(job, texts, name="vectors")
        if not job.is_over:
            return
    st.button(
        texts(f"explorer.compute.{name}"), key=f"explorer-compute-{name}", icon=":material/graphic_eq:", type="primary",
        on_click=_compute, args=(explorer, name, texts),
    )  # fmt: skip


def _compute(explorer: ExplorerState, name: str, texts: Texts) -> None:
    library, settings = services().catalogue.library(), services().settings
    query = replace(explorer.query)
    work = add_voices(library, query, settings) if name == "speaker" else add_acoustics(library, query)
    begun = explorer_progress.begin(VECTOR_JOBS, texts("explorer.task.vectors"), work)
    if isinstance(begun, str):
        notices.show_error(begun, key="explorer-compute")
        return
    explorer.tasks["vectors", name] = begun.id
