"""One line that says what is loaded, where, and how far it is. It fills itself in, and is quiet once there is no more
to say."""

import html

import streamlit as st

from core.memory import resident_mb
from dashboard import state
from dashboard.components.names import checkpoint_title
from dashboard.language import Texts
from dashboard.model_host import LoadStatus
from dashboard.resources import services

LOOK_EVERY_S = 0.4


def show(texts: Texts) -> None:
    """Draw the line for the checkpoint this session listens with; while it loads, look again by itself."""
    status = services().host.status(state.session().checkpoint)
    st.fragment(_line, run_every=LOOK_EVERY_S if status.state.is_loading else None)(texts, status.state.is_loading)


def _line(texts: Texts, was_loading: bool) -> None:
    status = services().host.status(state.session().checkpoint)
    st.html(markup(status, resident_mb(), texts), width="content")
    if was_loading and not status.state.is_loading:
        st.rerun()  # the whole page may now do what it waited for; this also ends the looking


def markup(status: LoadStatus, rss_mb: float, texts: Texts) -> str:
    """The line as HTML; everything that is not ours is escaped."""
    facts = [html.escape(fact) for fact in facts_of(status, rss_mb, texts)]
    state_name = html.escape(texts(f"state.{status.state}"))
    rest = "".join(f"<span>{fact}</span>" for fact in facts)
    return (
        f'<div class="emoscope-status" role="status" data-state="{status.state}">'
        f'<i aria-hidden="true"></i><b>{state_name}</b>{rest}</div>'
    )


def facts_of(status: LoadStatus, rss_mb: float, texts: Texts) -> list[str]:
    """Checkpoint, device, precision, memory, and the time it took or has taken so far."""
    facts = [checkpoint_title(status.checkpoint)]
    if status.info is not None:
        facts += [texts("status.device", device=status.info.device.upper(), threads=status.info.threads)]
        facts += [status.info.precision]
    facts += [texts("status.memory", memory_mb=f"{rss_mb:.0f}")]
    key = "status.so_far" if status.state.is_loading else "status.loaded_in"
    if status.loads and status.error is None:
        facts += [texts(key, seconds=f"{status.elapsed_s:.1f}")]
    return facts
