"""The models of voices EmoScope knows by name, and where their weights are."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Protocol

from core.errors import SpeakerError
from core.results import Array
from core.said import said
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

    def features(self, samples: Array, starts: Array) -> Array:
        """What is heard in windows of `window_samples`: (n, width) float32.

        `starts` (n,) int are where the windows begin in `samples` (num_samples,), ascending; a window may reach beyond
        the last sample, into silence.
        """


@dataclass(frozen=True, slots=True)
class VoiceModel:
    """A model of voices: its name here, what it is called, and how its weights are read.

    Attributes:
        same_voice: cosine at and above which two vectors are taken to be of one person; our projection has its own.
        vectors: (n, width) features → (n, dim) vectors as the model was published.
        has_projection: whether EmoScope's learnt projection is for this model's features.
        missing: what to do where it is not here.
    """

    name: str
    title: str
    licence: str
    load: Callable[[Settings], VoiceNetwork]
    is_present: Callable[[Settings], bool]
    vectors: Callable[[Array], Array]
    missing: str
    same_voice: float
    has_projection: bool = False


def choose(name: str, settings: Settings) -> VoiceModel:
    """The model of that name; "auto" is CAM++ where it has been fetched, else Resemblyzer.

    Raises `SpeakerError` for a name that is none, or a model that is not here.
    """
    if name == AUTO:
        present = [model for model in VOICE_MODELS if model.is_present(settings)]
        if present:
            return present[0]
        raise SpeakerError(
            said("voices.none", "No model of voices is installed; {advice}.", advice=RESEMBLYZER.missing)
        )
    found = next((model for model in VOICE_MODELS if model.name == name), None)
    if found is None:
        known = ", ".join([AUTO, *(model.name for model in VOICE_MODELS)])
        raise SpeakerError(f"There is no model of voices {name!r}; there are {known}.")
    if not found.is_present(settings):
        raise SpeakerError(
            said(
                "voices.absent", "The model of voices {title} is not on this machine; {advice}.",
                title=found.title, advice=found.missing,
            )
        )  # fmt: skip
    return found


def _load_resemblyzer(settings: Settings) -> VoiceNetwork:
    return _read_resemblyzer()


@cache  # one set of weights in a process, however many embedders there are
def _read_resemblyzer() -> VoiceNetwork:
    from core.speakers.resemblyzer import load_resemblyzer

    return load_resemblyzer()


def _has_resemblyzer(settings: Settings) -> bool:
    return find_spec("resemblyzer") is not None and find_spec("webrtcvad") is not None


def _resemblyzer_vectors(features: Array) -> Array:
    from core.speakers.resemblyzer import plain_vectors

    return plain_vectors(features)


def _load_campplus(settings: Settings) -> VoiceNetwork:
    from core.speakers.campplus import load_campplus

    return load_campplus(settings)


def _has_campplus(settings: Settings) -> bool:
    from core.speakers.campplus import folder_of

    return folder_of(settings) is not None


def _as_they_are(features: Array) -> Array:
    return features


CAMPPLUS = VoiceModel(
    "campplus",
    "CAM++",
    "not verified here: read it on the model's page on the hub",
    _load_campplus,
    _has_campplus,
    _as_they_are,
    said(
        "voices.get_campplus",
        "run `emoscope models pull campplus` once with a network, or use `resemblyzer`, which needs none",
    ),
    same_voice=0.31,  # what ModelScope's pipeline for this model asks by default; not measured here
)
RESEMBLYZER = VoiceModel(
    "resemblyzer",
    "Resemblyzer",
    "Apache-2.0",
    _load_resemblyzer,
    _has_resemblyzer,
    _resemblyzer_vectors,
    said("voices.get_resemblyzer", "run `pip install webrtcvad-wheels`, then `pip install --no-deps Resemblyzer`"),
    same_voice=0.75,
    has_projection=True,
)
VOICE_MODELS = (CAMPPLUS, RESEMBLYZER)  # the better one first: "auto" takes the first that is here
