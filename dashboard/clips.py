"""Clips, and the store that lets a reloaded page or a shared link find them again. Knows no Streamlit."""

import threading
import uuid
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass, field

from core.acoustics import SpeechActivity
from core.projection import HeadScores
from core.speakers import Conversation
from dashboard.listening import Heard, Listening
from dashboard.workbench import Workbench

MAX_CLIPS = 200
MAX_SECONDS = 8 * 3600.0  # of sound; what is longer than two minutes lies on disk, 230 MB an hour


@dataclass
class Clip:
    """A clip that came to this server. `name` came from outside: show it with `st.text`, never as markup.

    Attributes:
        heard: the decoded clip, or what is wrong with it.
        id: unguessable; whoever has it may see and hear the clip, as in a link.
        listenings: by checkpoint.
        speech: where somebody speaks in it; None until that was asked for.
        voices: who speaks when in it; None until that was asked for.
        heads: what kept heads say of it second by second, by checkpoint and `Probe.identity`.
        benches: what timelines worked out, by checkpoint and whether labels that name nothing are left out.
    """

    name: str
    heard: "Future[Heard]"
    is_synthetic: bool = False
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    listenings: dict[str, Listening] = field(default_factory=dict)
    speech: "Future[SpeechActivity] | None" = None
    voices: "Future[Conversation] | None" = None
    heads: dict[tuple[str, str], "Future[HeadScores]"] = field(default_factory=dict)
    benches: dict[tuple[str, bool], Workbench] = field(default_factory=dict)


def has_sound(clip: Clip) -> bool:
    """Whether the clip is decoded, without an error."""
    return clip.heard.done() and not clip.heard.cancelled() and clip.heard.exception() is None


class Recents:
    """The clips used last, by their ids, whichever session brought them; the least recently used leave first.

    All methods are safe from any thread. The clip that was used last stays whatever its length.
    """

    def __init__(self, max_clips: int = MAX_CLIPS, max_seconds: float = MAX_SECONDS) -> None:
        self._max_clips, self._max_seconds = max_clips, max_seconds
        self._clips: OrderedDict[str, Clip] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, clip: Clip) -> None:
        """Remember a clip as the one used last."""
        with self._lock:
            self._clips[clip.id] = clip
            self._clips.move_to_end(clip.id)
            while len(self._clips) > 1 and (len(self._clips) > self._max_clips or self._seconds() > self._max_seconds):
                self._clips.popitem(last=False)

    def find(self, clip_id: str) -> Clip | None:
        with self._lock:
            return self._clips.get(clip_id)

    def forget(self, clip: Clip) -> None:
        with self._lock:
            self._clips.pop(clip.id, None)

    def _seconds(self) -> float:
        return sum(clip.heard.result().waveform.duration_s for clip in self._clips.values() if has_sound(clip))
