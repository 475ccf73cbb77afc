"""Every checkpoint that is known here: what it is, how to get it, and which one this session listens with."""

import streamlit as st

from core.checkpoints import Checkpoint, CheckpointState, states
from dashboard import state
from dashboard.components import notices
from dashboard.fetching import FetchState, FetchStatus
from dashboard.language import Texts, clock
from dashboard.resources import services

LOOK_EVERY_S = 0.5


def show(texts: Texts) -> None:
    """Draw the known checkpoints, one card each; while one is being fetched, look again by itself."""
    st.subheader(texts("checkpoints.title"), anchor=False)
    under_way = services().fetcher.under_way()
    st.fragment(_cards, run_every=LOOK_EVERY_S if under_way else None)(texts, under_way)


def _cards(texts: Texts, under_way: set[str]) -> None:
    if under_way - services().fetcher.under_way():
        st.rerun()  # one is there, or failed: the choices on the whole page change
    known = states(services().settings)
    loaded = {status.checkpoint: status.state for status in services().host.loaded()}
    for column, found in zip(st.columns(len(known)), known, strict=True):
        with column, st.container(border=True, key=f"checkpoint-{found.checkpoint.name}", height="stretch"):
            _card(found, loaded.get(found.checkpoint.name), texts)
    for found in known:
        error = services().fetcher.status(found.checkpoint.name).error
        if error is not None and not found.is_present:
            notices.show_error(error, key=f"fetch-{found.checkpoint.name}")


def _card(found: CheckpointState, loading_state: str | None, texts: Texts) -> None:
    checkpoint = found.checkpoint
    st.markdown(f"**{checkpoint.title}**")
    if loading_state is not None:
        st.badge(texts(f"state.{loading_state}"), color="primary")
    elif found.is_present:
        st.badge(texts("checkpoints.present"), color="green", icon=":material/check:")
    else:
        st.badge(texts("checkpoints.absent"), color="gray", icon=":material/cloud_download:")
    st.caption(size_of(checkpoint, texts))
    st.caption(texts("checkpoints.licence", licence=checkpoint.licence))
    if found.is_present:
        _use(checkpoint, texts)
    elif not checkpoint.is_bundled:
        _fetch(checkpoint, services().fetcher.status(checkpoint.name), texts)


def _use(checkpoint: Checkpoint, texts: Texts) -> None:
    session = state.session()
    in_use = session.checkpoint == checkpoint.name
    pressed = st.button(
        texts("checkpoints.in_use") if in_use else texts("checkpoints.use"),
        icon=":material/radio_button_checked:" if in_use else ":material/radio_button_unchecked:",
        key=f"use-{checkpoint.name}",
        disabled=in_use,
        help=texts("checkpoints.use_help"),
        width="stretch",
    )
    if pressed:
        session.checkpoint = checkpoint.name
        services().host.request(checkpoint.name)
        st.rerun()


def _fetch(checkpoint: Checkpoint, fetch: FetchStatus, texts: Texts) -> None:
    """A button, and while it is under way the progress and a way to stop it."""
    if fetch.state.is_under_way:
        st.progress(fetch.share, text=words_of(fetch, texts))
        st.button(
            texts("fetch.cancel"),
            icon=":material/close:",
            key=f"cancel-{checkpoint.name}",
            disabled=fetch.state is FetchState.CANCELLING,
            on_click=services().fetcher.cancel,
            args=(checkpoint.name,),
            width="stretch",
        )
        return
    if fetch.state is FetchState.CANCELLED:
        st.caption(texts("fetch.cancelled"))
    resumes = fetch.state in (FetchState.CANCELLED, FetchState.FAILED)
    if st.button(
        texts("fetch.resume") if resumes else texts("fetch.start"),
        icon=":material/download:",
        key=f"fetch-{checkpoint.name}",
        help=texts("fetch.help", name=checkpoint.name),
        width="stretch",
    ):
        services().fetcher.start(checkpoint.name)
        st.rerun()


def words_of(fetch: FetchStatus, texts: Texts) -> str:
    """`0.31 of 1.95 GB · 12.4 MB/s · 2:12 left`, as far as it is known."""
    if fetch.state is FetchState.CANCELLING:
        return texts("fetch.cancelling")
    if not fetch.bytes_in_all:
        return texts("fetch.asking")
    words = [texts("fetch.so_far", done=f"{fetch.bytes_done / 1e9:.2f}", in_all=f"{fetch.bytes_in_all / 1e9:.2f}")]
    if fetch.seconds_left is not None:
        words.append(texts("fetch.rate", rate=f"{fetch.bytes_per_s / 1e6:.1f}"))
        words.append(texts("fetch.left", time=clock(fetch.seconds_left)))
    return " · ".join(words)


def size_of(checkpoint: Checkpoint, texts: Texts) -> str:
    """Parameters and download, where the registry knows them."""
    if not checkpoint.num_parameters:
        return texts("checkpoints.with_project")
    millions, gigabytes = checkpoint.num_parameters / 1e6, checkpoint.size_bytes / 1e9
    return texts("checkpoints.size", millions=f"{millions:.0f}", gigabytes=f"{gigabytes:.1f}")
