"""Acoustic features of a library's clips, computed from the sound it kept and kept there."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from core.errors import EmoScopeError, ProjectionError
from core.library.query import Query
from core.results import Array
from core.said import said
from core.settings import available_cores

if TYPE_CHECKING:
    from core.library.store import Library

AT_ONCE = 100  # clips between two writes


def add_acoustic_vectors(
    library: "Library",
    query: Query = Query(),
    on_progress: Callable[[int, int], None] | None = None,
    is_cancelled: Callable[[], bool] | None = None,
) -> int:
    """Compute the acoustic features of the clips that have none of this version yet; how many were added.

    What is done is kept as it goes: a run that was cut short goes on where it stopped. Clips whose sound was not kept
    or cannot be read, or in which no voice is heard that has a pitch, are left out.

    Args:
        on_progress: called as on_progress(clips looked at, clips in all), first with 0.

    Raises:
        ProjectionError: none of the clips has a sound.
        LibraryError: the library cannot be read or written.
    """
    from core.acoustics.features import MODEL

    keys = sorted(library.rows(query, columns=["key"]).column("key").to_pylist())
    there = set(library.vectors(MODEL, keys).keys)
    wanted = [key for key in keys if key not in there]
    report = on_progress or _ignore
    report(0, len(wanted))
    added, seen = 0, 0
    with ThreadPoolExecutor(available_cores(), "acoustics") as threads:
        for begin in range(0, len(wanted), AT_ONCE):
            if is_cancelled is not None and is_cancelled():
                break
            some = wanted[begin : begin + AT_ONCE]
            vectors = {key: vector for key, vector in threads.map(_features(library), some) if vector is not None}
            library.put_vectors(MODEL, vectors)
            added, seen = added + len(vectors), seen + len(some)
            report(seen, len(wanted))
    if wanted and seen == len(wanted) and not added and not there:
        raise ProjectionError(
            said(
                "space.no_sound",
                "The library kept no sound of these clips in which a voice is heard, from which acoustic features are "
                "computed: batch them again without --no-sound.",
            )
        )
    return added


def _features(library: "Library") -> Callable[[str], tuple[str, Array | None]]:
    from core.acoustics.features import acoustic_features
    from core.audio import decode

    def computed(key: str) -> tuple[str, Array | None]:
        sound = library.sound(key)
        if not sound:
            return key, None
        try:
            vector = acoustic_features(decode(sound, name="clip.ogg"))
            return key, vector if np.isfinite(vector).all() else None
        except (EmoScopeError, ValueError):
            return key, None

    return computed


def _ignore(done: int, total: int) -> None:
    """Nobody watches the progress."""
