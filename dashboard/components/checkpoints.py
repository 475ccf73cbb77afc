"""Every checkpoint that is known here, and how to get those that are not on this disk."""

import streamlit as st

from core.checkpoints import Checkpoint, CheckpointState, states
from dashboard.language import Texts
from dashboard.resources import services


def show(texts: Texts) -> None:
    """Draw the known checkpoints, one card each."""
    st.subheader(texts("checkpoints.title"), anchor=False)
    known = states(services().settings)
    loaded = {status.checkpoint: status.state for status in services().host.loaded()}
    for column, found in zip(st.columns(len(known)), known, strict=True):
        with column, st.container(border=True, key=f"checkpoint-{found.checkpoint.name}", height="stretch"):
            _card(found, loaded.get(found.checkpoint.name), texts)


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
    if not found.is_present and not checkpoint.is_bundled:
        st.code(f"emoscope models pull {checkpoint.name}", language=None, wrap_lines=True)


def size_of(checkpoint: Checkpoint, texts: Texts) -> str:
    """Parameters and download, where the registry knows them."""
    if not checkpoint.num_parameters:
        return texts("checkpoints.with_project")
    millions, gigabytes = checkpoint.num_parameters / 1e6, checkpoint.size_bytes / 1e9
    return texts("checkpoints.size", millions=f"{millions:.0f}", gigabytes=f"{gigabytes:.1f}")
