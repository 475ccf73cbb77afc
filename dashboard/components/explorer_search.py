"""Finding clips on the map: by a part of their name, or by a sound that is like them."""

import streamlit as st

from dashboard.components import explorer_progress, notices
from dashboard.explorer_state import ExplorerState
from dashboard.explorer_work import EXPLORE_JOBS, find_like
from dashboard.jobs import JobState
from dashboard.language import Texts
from dashboard.map_bench import MapBench
from dashboard.resources import services
from dashboard.state import session

MOST_MARKED = 200  # rings; more would hide the map
SOUNDS = ["wav", "mp3", "flac", "ogg", "opus", "m4a", "webm", "aac", "amr", "mp4"]
_KEY = ("guest",)


def show(explorer: ExplorerState, bench: MapBench, texts: Texts) -> None:
    """A field for a name, and a way in for a sound."""
    sought = st.text_input(
        texts("explorer.search"), key="explorer-search", icon=":material/search:", width=250, max_chars=200,
        placeholder=texts("explorer.search_hint"),
    )  # fmt: skip
    _search(explorer, bench, sought or "")
    with st.popover(texts("explorer.like"), icon=":material/voice_selection:", key="explorer-like"):
        _like(explorer, bench, texts)
    if explorer.sought:
        st.caption(texts("explorer.found", count=f"{len(explorer.marked):,}"))


def rows_named(bench: MapBench, sought: str) -> tuple[int, ...]:
    """The rows whose name holds a text, in whatever case, as the library's own filter takes it."""
    part = sought.strip().lower()
    return tuple(row for row, name in enumerate(bench.table["source"]) if part in str(name).lower()) if part else ()


def _search(explorer: ExplorerState, bench: MapBench, sought: str) -> None:
    if sought == explorer.sought:
        return
    explorer.sought = sought
    rows = rows_named(bench, sought)
    explorer.marked = rows[:MOST_MARKED]
    if rows:
        explorer.look_at(rows[0], plays=False)


def _needs_speaker(bench: MapBench) -> bool:
    """Whether a clip has a place only beside others of its own speaker."""
    return bool(bench.space.speaker_means)


def _who(bench: MapBench, texts: Texts) -> str | None:
    """Who speaks in the clip that is to be placed, where the space needs to know."""
    if not _needs_speaker(bench):
        return None
    who: str | None = st.selectbox(
        texts("explorer.like_who"), sorted(bench.space.speaker_means), index=None, key="explorer-like-who",
        placeholder=texts("explorer.like_who_hint"), help=texts("explorer.like_who_help"),
    )  # fmt: skip
    return who


def _like(explorer: ExplorerState, bench: MapBench, texts: Texts) -> None:
    st.caption(texts("explorer.like_help", space=texts(f"explorer.space.{bench.space.name}")))
    who = _who(bench, texts)
    upload = st.file_uploader(texts("explorer.like_file"), SOUNDS, key="explorer-like-file")
    asked = None if upload is None or (_needs_speaker(bench) and who is None) else f"{upload.file_id} {who}"
    if upload is not None and asked is not None and explorer.tasks.get(("upload",)) != asked:
        explorer.tasks["upload",] = asked
        shared, sound = services(), upload.getvalue()
        work = find_like(bench, sound, upload.name, session().checkpoint, shared.listener, shared.settings, who)
        begun = explorer_progress.begin(EXPLORE_JOBS, texts("explorer.task.guest"), work)
        if isinstance(begun, str):
            notices.show_error(begun, key="explorer-guest")
            return
        explorer.tasks[_KEY] = begun.id
    job = services().jobs.find(explorer.tasks.get(_KEY, ""))
    if job is None:
        return
    if job.state is not JobState.DONE:
        explorer_progress.watch(job, texts, name="guest")
        return
    del explorer.tasks[_KEY]
    explorer.welcome(job.result)
