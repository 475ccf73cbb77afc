"""How to listen: which checkpoint, and how finely."""

import streamlit as st

from core.checkpoints import find, states
from core.settings import GRANULARITIES, Settings
from dashboard.components.names import checkpoint_title
from dashboard.language import Texts
from dashboard.resources import services
from dashboard.state import Session


def show(session: Session, texts: Texts, with_granularity: bool = True) -> None:
    """Draw the choices and keep them in `session`; another granularity computes nothing anew."""
    show_checkpoint(session, texts)
    if with_granularity:
        _granularity(session, texts)
    session.drop_other = st.toggle(
        texts("choices.drop_other"), value=session.drop_other, key="drop-other", help=texts("choices.drop_other_help")
    )


def show_checkpoint(session: Session, texts: Texts) -> None:
    """Draw the choice of a checkpoint and keep it in `session`; one that is not loaded begins to load."""
    names = present_checkpoints(services().settings)
    checkpoint = st.selectbox(
        texts("choices.checkpoint"),
        names,
        index=names.index(session.checkpoint) if session.checkpoint in names else 0,
        format_func=checkpoint_title,
        key="checkpoint",
        help=texts("choices.checkpoint_help"),
        width=300,
    )
    if checkpoint != session.checkpoint:
        session.checkpoint = checkpoint
        services().host.request(checkpoint)


def _granularity(session: Session, texts: Texts) -> None:
    chosen = st.segmented_control(
        texts("choices.granularity"),
        GRANULARITIES,
        default=session.granularity,
        required=True,
        format_func=lambda granularity: texts(f"granularity.{granularity}"),
        key="granularity",
        help=texts("choices.granularity_help"),
    )
    session.granularity = chosen or session.granularity


def present_checkpoints(settings: Settings) -> list[str]:
    """What can be chosen: the default first, then every other registered checkpoint that is on this disk."""
    default = find(settings.checkpoint)
    others = [known.checkpoint for known in states(settings) if known.is_present]
    return [settings.checkpoint] + [other.name for other in others if other != default]
