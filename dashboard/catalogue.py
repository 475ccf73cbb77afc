"""The library as the dashboard has it: opened once, and its clips as those of a session. Knows no Streamlit."""

import threading
from typing import TYPE_CHECKING

from core.errors import LibraryError
from dashboard.clips import Clip
from dashboard.listening import Listener, Listening

if TYPE_CHECKING:
    from core.library import Library

SOUND_PATH = "/api/v1/library/sounds/{key}.ogg"


def sound_url(key: str) -> str:
    """Where the browser finds the sound of a library's clip."""
    return SOUND_PATH.format(key=key)


class Catalogue:
    """The library that `EMOSCOPE_LIBRARY` names. All methods are safe from any thread."""

    def __init__(self, location: str, listener: Listener) -> None:
        self.location = location
        self._listener = listener
        self._library: Library | None = None
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether the library was opened before; opening takes a second or two, most of it imports."""
        return self._library is not None

    def library(self) -> "Library":
        """The library, made where there is none yet; one that could not be opened is tried again when next asked for.

        Raises `LibraryError` where it cannot be opened.
        """
        with self._lock:
            if self._library is None:
                from core.library import Library

                self._library = Library.open(self.location)
            return self._library

    def warm(self) -> None:
        """Open the library where there is one, so that the first person to look need not wait; raises nothing.

        What is wrong with it is said to whoever asks for it.
        """
        from core.library import Library
        from dashboard.library_table import ask_first  # with pandas, which takes half a second

        with self._lock:
            try:
                self._library = self._library or Library.open(self.location, create=False)
                ask_first(self._library)
            except LibraryError:
                return

    def clip(self, key: str) -> Clip:
        """A clip with its sound being decoded; what the library knows of it need not be listened to again.

        Its samples are those of the kept Opus, its analysis is that of the sound as it came.

        Raises `LibraryError` where the clip is not there, or without sound.
        """
        entry = self.library().get(key)
        if not entry.sound:
            raise LibraryError(f"The library kept no sound of {entry.source!r}; batch it without --no-sound.")
        heard = self._listener.hear(entry.sound, entry.source)
        checkpoint = entry.analysis.checkpoint.id
        return Clip(
            entry.source,
            heard,
            listenings={checkpoint: Listening.finished(checkpoint, entry.analysis)},
            speech=self._listener.find_speech(heard),
        )
