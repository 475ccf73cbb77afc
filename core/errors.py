"""Everything EmoScope raises on purpose.

    EmoScopeError
    ├── SettingsError      a setting has a value that cannot be used
    ├── AudioError         a clip cannot be decoded or analysed
    ├── CheckpointError    a checkpoint is missing, damaged or not one of ours
    ├── EngineError        a model cannot run as asked (device, precision, missing package)
    ├── ExportError        a result cannot be written or read back
    ├── LibraryError       a library cannot be opened, or what is asked of it cannot be done
    ├── ProjectionError    vectors cannot be mapped, grouped or learnt from as asked
    ├── ComparisonError    clips cannot be compared with each other
    └── SpeakerError       voices cannot be compared: a model of voices is missing, or there is no voice to hear

Each message is one sentence: what came, what is accepted, what to do.
"""


class EmoScopeError(Exception):
    """Root of all errors that carry a message meant for the person using EmoScope."""


class SettingsError(EmoScopeError):
    """A setting has a value that cannot be used."""


class AudioError(EmoScopeError):
    """A clip cannot be decoded or analysed."""


class CheckpointError(EmoScopeError):
    """A checkpoint is missing, damaged or not in the emotion2vec hub format."""


class EngineError(EmoScopeError):
    """A model cannot run as asked."""


class ExportError(EmoScopeError):
    """A result cannot be written or read back."""


class LibraryError(EmoScopeError):
    """A library cannot be opened, or what is asked of it cannot be done."""


class ProjectionError(EmoScopeError):
    """Vectors cannot be mapped, grouped or learnt from as asked."""


class ComparisonError(EmoScopeError):
    """Clips cannot be compared with each other."""


class SpeakerError(EmoScopeError):
    """Voices cannot be compared or told apart as asked."""


def first_line(error: BaseException, most: int = 200) -> str:
    """The first line of what another's error says, or its kind: short enough for a sentence of ours."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:most]
