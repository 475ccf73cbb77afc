"""Clips between a session and the library: opened in it, kept from it. Knows no Streamlit."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.audio.opus import opus_bytes
from core.errors import LibraryError
from core.library import Entry, entry_key, entry_of
from core.model import EngineInfo
from core.results import Analysis
from dashboard.clips import Clip, has_sound
from dashboard.listening import options_of
from dashboard.model_host import ModelHost

if TYPE_CHECKING:
    from dashboard.resources import Services
    from dashboard.state import Session

KEEP_KIND = "keep"


def open_clips(session: "Session", services: "Services", keys: Sequence[str]) -> list[Clip]:
    """Bring clips of the library into a session, the first of them selected; those that are there already stay.

    Raises `LibraryError`, and then brings none.
    """
    there = {clip.id: clip for clip in session.clips}
    opened = {key: there[made] for key, made in session.library.opened.items() if made in there}
    fresh = {key: services.catalogue.clip(key) for key in keys if key not in opened}
    for key, clip in fresh.items():
        _as_chosen(clip, session.checkpoint, services.host)
        services.recents.keep(clip)
        session.clips.append(clip)
        session.library.opened[key] = clip.id
    clips = [(opened | fresh)[key] for key in keys]
    if clips:
        session.selected = clips[0].id
    return clips


def _as_chosen(clip: Clip, checkpoint: str, host: ModelHost) -> None:
    """What was kept counts for the chosen checkpoint also where that goes by another name: nothing is done twice."""
    info = host.status(checkpoint).info
    kept = next(iter(clip.listenings.values()))
    revision = kept.analysis.checkpoint.revision if kept.analysis is not None else None
    if info is not None and revision == info.checkpoint.revision:
        clip.listenings[checkpoint] = kept


def key_in_library(analysis: Analysis, info: EngineInfo, host: ModelHost) -> str:
    """What the library calls the clip of an analysis."""
    return entry_key(analysis.sha256, info, options_of(host.settings))


def entry_to_keep(clip: Clip, checkpoint: str, host: ModelHost) -> Entry:
    """The entry of a clip that was listened to with a checkpoint that is loaded.

    Raises `LibraryError` where it was not, or its engine is no longer there.
    """
    info, listening = host.status(checkpoint).info, clip.listenings.get(checkpoint)
    if info is None or listening is None or listening.analysis is None or not has_sound(clip):
        raise LibraryError(f"{clip.name!r} is not analysed yet; wait for its verdict, then keep it.")
    sound = opus_bytes(clip.heard.result().waveform)
    return entry_of(listening.analysis, clip.name, info, options_of(host.settings), sound=sound)
