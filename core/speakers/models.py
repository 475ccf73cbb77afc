"""The models of voices EmoScope knows by name, and where their weights are."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Protocol

from core.checkpoints.registry import Checkpoint
from core.results import Array
from core.settings import Settings

AUTO = "auto"


class VoiceNetwork(Protocol):
    """A model of voices with its weights read; safe to call from several threads.

    Attributes:
        model_id: which network and weights this is.
        window_samples: how much sound it hears at once.
    """

    model_id: str
    window_samples: int

    def voiced(self, samples: Array) -> Array:
        """(num_samples,) float32 → the same without what is no voice, at the level the network expects."""

    def features(self, windows: Array) -> Array:
        """(n, window_samples) float32 → (n, width) float32."""


@dataclass(frozen=True, slots=True)
class VoiceModel:
    """A model of voices: its name here, what it is called, and how its weights are read.

    Attributes:
        same_voice: cosine at and above which two vectors are taken to be of one person.
        checkpoint: where the hubs have it; None where the weights come with a Python package.
    """

    name: str
    title: str
    licence: str
    load: Callable[[Settings], VoiceNetwork]
    is_present: Callable[[Settings], bool]
    same_voice: float
    checkpoint: Checkpoint | None = None


def _load_resemblyzer(settings: Settings) -> VoiceNetwork:
    from core.speakers.resemblyzer import load_resemblyzer

    return load_resemblyzer()


def _has_resemblyzer(settings: Settings) -> bool:
    return find_spec("resemblyzer") is not None and find_spec("webrtcvad") is not None


def _load_campplus(settings: Settings) -> VoiceNetwork:
    from core.speakers.campplus import load_campplus

    return load_campplus(settings)


def _has_campplus(settings: Settings) -> bool:
    from core.speakers.campplus import folder_of

    return folder_of(settings) is not None
