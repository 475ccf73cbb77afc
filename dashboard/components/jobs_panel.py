"""Long work on screen: how far each job is, what came of it, stop and try again. Goes on when the tab is closed."""

from typing import Literal

import streamlit as st

from core.batch import Progress
from core.errors import EmoScopeError
from dashboard.batches import KIND as BATCH
from dashboard.batches import Seen
from dashboard.components import library_failures, library_link, notices
from dashboard.exporting import Made, file_url
from dashboard.jobs import Job, JobState
from dashboard.language import Texts, clock
from dashboard.library_view import LibraryView
from dashboard.resources import services
from dashboard.state import Session

LOOK_EVERY_S = 1.0
SIGNS = {
    JobState.WAITING: ":material/hourglass_empty:",
    JobState.RUNNING: ":material/play_circle:",
    JobState.DONE: ":material/check_circle:",
    JobState.FAILED: ":material/error:",
    JobState.CANCELLED: ":material/stop_circle:",
}
COLOURS: dict[JobState, Literal["green", "red", "gray"]] = {
    JobState.DONE: "green",
    JobState.FAILED: "red",
    JobState.CANCELLED: "gray",
}


def show_linked(session: Session, texts: Texts) -> None:
    """Draw the job of the address bar; where this server does not know it, say so."""
    state = session.library
    if state.job is None:
        return
    job = services().jobs.find(state.job)
    if job is None:
        notices.show_error(texts("jobs.unknown"), key="job")
        state.job = None
        return
    if job.id not in state.jobs:
        state.jobs.append(job.id)  # whoever has its address has it among the jobs, too
    _live(session, [job], texts, key="linked")


def show(session: Session, texts: Texts) -> None:
    """Draw what this tab began, the newest first, and how much others have under way."""
    jobs = services().jobs
    ours = dict.fromkeys([*reversed(session.library.jobs), *([session.library.job] if session.library.job else [])])
    known = [job for job in map(jobs.find, ours) if job is not None and job.id != session.library.job]
    others = [job for job in jobs.all() if not job.is_over and job.id not in ours]
    if others:
        st.caption(texts("jobs.others", count=len(others)))
    if known:
        _live(session, known, texts, key="all")
    elif session.library.job is None:
        st.info(texts("jobs.none"), icon=":material/inbox:")


def _live(session: Session, jobs: list[Job], texts: Texts, key: str) -> None:
    """A card a job; looks again by itself as long as one of them is under way."""
    under_way = [job.id for job in jobs if not job.is_over]
    every_s = LOOK_EVERY_S if under_way else None
    st.fragment(_cards, run_every=every_s)(session, jobs, under_way, texts, key)


def _cards(session: Session, jobs: list[Job], under_way: list[str], texts: Texts, key: str) -> None:
    if any(job.is_over for job in jobs if job.id in under_way):
        st.rerun()  # the whole page shows what came of it
    for job in jobs:
        with st.container(border=True, key=f"job-{key}-{job.id}", gap="small"):
            _card(session, job, texts, key)


def _card(session: Session, job: Job, texts: Texts, key: str) -> None:
    state = job.state
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.text(job.title, width="stretch")
        said = texts("jobs.stopping") if job.is_stopping else texts(f"jobs.state.{state}")
        st.badge(said, icon=SIGNS[state], color=COLOURS.get(state, "blue"))
    if not job.is_over:
        st.progress(job.share or 0.0, text=_words(job, texts))
    else:
        st.caption(_words(job, texts))
    if job.line:
        st.text(job.line)
    if job.error:
        notices.show_error(job.error, key=f"{key}-{job.id}")
    _outcome(job, texts, key)
    with st.container(horizontal=True, gap="small"):
        _buttons(session, job, texts, key)


def _words(job: Job, texts: Texts) -> str:
    """Counts, rates and time left, of our own words and numbers."""
    detail = job.report.detail
    parts = _batch_words(detail, texts) if isinstance(detail, Seen) else []
    if job.is_over:
        parts.append(texts("jobs.took", time=clock(job.elapsed_s)))
    elif job.left_s is not None:
        parts.append(texts("jobs.left", time=clock(job.left_s)))
    elif job.state is JobState.RUNNING and not parts:
        parts.append(texts("jobs.so_far", time=clock(job.elapsed_s)))
    elif job.state is JobState.WAITING:
        parts.append(texts("jobs.queued"))
    return " · ".join(parts)


def _batch_words(seen: Seen, texts: Texts) -> list[str]:
    """`12 of 20 clips · 1 failed · 3 were there · 45.2 clips/s · 121 × real time`."""
    progress = seen.progress
    failed = max(progress.failed, len(seen.failures))
    parts = [_counted(progress, texts)]
    parts += [texts("jobs.failed_count", count=f"{failed:,}")] if failed else []
    parts += [texts("jobs.present", count=f"{progress.present:,}")] if progress.present else []
    parts += [texts("jobs.ignored", count=f"{progress.ignored:,}")] if progress.ignored else []
    if progress.done:
        parts.append(texts("jobs.rate", rate=f"{progress.clips_per_s:.1f}", times=f"{progress.times_real_time:.0f}"))
    return parts


def _counted(progress: Progress, texts: Texts) -> str:
    if progress.total is None:
        return texts("jobs.counting", done=f"{progress.handled:,}")
    return texts("jobs.clips", done=f"{progress.handled:,}", total=f"{progress.total:,}")


def _outcome(job: Job, texts: Texts, key: str) -> None:
    """What a job left: failures with their sentences, notes, a file."""
    detail = job.report.detail
    if isinstance(detail, Seen):
        for note in detail.notes:
            st.text(note)
        if detail.failures:
            with st.expander(
                texts("jobs.failures", count=f"{len(detail.failures):,}"), icon=":material/report:",
                key=f"job-failures-{key}-{job.id}", expanded=job.is_over,
            ):  # fmt: skip
                library_failures.show_table(detail.failures, texts, key=f"job-failed-{key}-{job.id}")
    if isinstance(job.result, Made) and job.state is JobState.DONE:
        st.link_button(
            texts("jobs.fetch", name=job.result.name), file_url(job), icon=":material/download:", type="primary",
            key=f"job-file-{key}-{job.id}",
        )  # fmt: skip


def _buttons(session: Session, job: Job, texts: Texts, key: str) -> None:
    jobs = services().jobs
    if not job.is_over:
        if not job.is_stopping:
            st.button(texts("jobs.cancel"), icon=":material/stop:", key=f"job-cancel-{key}-{job.id}",
                      on_click=jobs.cancel, args=(job.id,))  # fmt: skip
        return
    if (word := _again(job)) is not None and st.button(
        texts(f"jobs.again.{word}"), icon=":material/refresh:", key=f"job-retry-{key}-{job.id}"
    ):
        try:
            jobs.retry(job.id)
        except EmoScopeError as error:
            session.library.refused = str(error)
        st.rerun()
    if isinstance(job.result, Seen) and st.button(
        texts("jobs.show_clips"), icon=":material/library_music:", key=f"job-show-{key}-{job.id}"
    ):
        session.library.view = LibraryView()
        session.library.round += 1
        session.library.job = None  # it is among the jobs, and no longer in the clips' way
        st.rerun()
    if key == "linked" and st.button(
        texts("jobs.close"), icon=":material/close:", type="tertiary", key=f"job-close-{job.id}"
    ):
        session.library.job = None
        library_link.link(session)
        st.rerun()


def _again(job: Job) -> str | None:
    """How trying again is called: after a stop, after an error, or of the files that failed; None where all is well."""
    if job.state is JobState.CANCELLED:
        return "go_on"
    if job.state is JobState.FAILED:
        return "retry"
    is_batch = job.kind == BATCH and isinstance(job.result, Seen)
    return "failed" if is_batch and job.result.failures else None
