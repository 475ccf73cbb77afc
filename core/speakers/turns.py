"""Who speaks when in a recording: speech is found, cut into pieces, and the pieces' voices are told apart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.acoustics import SpeechActivity, speech_activity
from core.errors import SpeakerError
from core.results import Array, SpeakerTurn, Waveform
from core.said import said
from core.speakers.embedding import Span, VoiceEmbedder
from core.speakers.following import followed
from core.speakers.projection import unit

MOST_SPEAKERS = 20


@dataclass(frozen=True, slots=True)
class TurnOptions:
    """How turns are found.

    Attributes:
        num_speakers: where it is known; None to estimate it.
        most_speakers: of an estimate.
        piece_s: speech is cut into pieces no longer than this, each given to one speaker.
        bridged_s: turns of one speaker with a shorter pause between them are one.
    """

    num_speakers: int | None = None
    most_speakers: int = MOST_SPEAKERS
    piece_s: float = 3.0
    bridged_s: float = 0.1

    def __post_init__(self) -> None:
        if self.num_speakers is not None and not 1 <= self.num_speakers <= MOST_SPEAKERS:
            raise SpeakerError(f"The number of speakers is {self.num_speakers}; it must be 1 to {MOST_SPEAKERS}.")
        if not 1 <= self.most_speakers <= MOST_SPEAKERS:
            raise SpeakerError(f"At most {self.most_speakers} speakers; it must be 1 to {MOST_SPEAKERS}.")
        if self.piece_s <= 0 or self.bridged_s < 0:
            raise SpeakerError("Pieces and pauses are lengths in seconds; they must be above 0.")


@dataclass(frozen=True)
class Conversation:
    """Who speaks when, and what each voice is like.

    Attributes:
        turns: in order; those of one recording do not overlap.
        voices: (dim,) float32 of length 1 of each speaker, in order of first appearance.
        model_id: which model's vectors these are.
    """

    turns: tuple[SpeakerTurn, ...]
    voices: dict[str, Array]
    model_id: str

    @property
    def seconds(self) -> dict[str, float]:
        """How long each speaks."""
        return {name: sum(t.duration_s for t in self.turns if t.speaker == name) for name in self.voices}

    def renamed(self, names: dict[str, str]) -> "Conversation":
        """With other names for some of the speakers; two that get one name are one speaker."""
        turns = tuple(SpeakerTurn(t.start_s, t.end_s, names.get(t.speaker, t.speaker)) for t in self.turns)
        seconds, found = self.seconds, dict[str, Array]()
        for name, voice in self.voices.items():
            new = names.get(name, name)
            found[new] = found.get(new, np.zeros_like(voice)) + voice * np.float32(max(seconds[name], 1e-3))
        return Conversation(_joined(turns, 0.0), {name: unit(voice) for name, voice in found.items()}, self.model_id)


def speaker_turns(
    waveform: Waveform,
    embedder: VoiceEmbedder,
    speech: SpeechActivity | None = None,
    options: TurnOptions = TurnOptions(),
) -> tuple[SpeakerTurn, ...]:
    """The turns alone; see `conversation`."""
    return conversation(waveform, embedder, speech, options).turns


def conversation(
    waveform: Waveform,
    embedder: VoiceEmbedder,
    speech: SpeechActivity | None = None,
    options: TurnOptions = TurnOptions(),
    on_progress: Callable[[int, int], None] | None = None,
    is_cancelled: Callable[[], bool] | None = None,
) -> Conversation:
    """Find who speaks when; speakers are called "speaker 1", "speaker 2", … by first appearance.

    Each stretch of speech is cut into pieces, each piece gets the vector of its voice, and pieces of like voices are
    one speaker, who mostly speaks for more than one (`core.speakers.following`). Where two speak at once, one of them
    is heard.

    Args:
        speech: where somebody speaks; found first where it is not given.
        on_progress: called as on_progress(pieces heard, pieces in all).
        is_cancelled: asked between batches of pieces; then what was heard until then is told apart.

    Raises:
        SpeakerError: there is no model of voices, or more speakers are asked for than there are pieces.
        CheckpointError: the model's weights are not on this machine.
    """
    speech = speech_activity(waveform) if speech is None else speech
    pieces = pieces_of(speech.spans_s, options.piece_s)
    vectors = embedder.embed_spans(waveform, pieces, on_progress, is_cancelled)
    pieces = pieces[: len(vectors)]
    return conversation_of(pieces, vectors, embedder.model_id, options)


def conversation_of(
    pieces: Sequence[Span], vectors: Array, model_id: str, options: TurnOptions = TurnOptions()
) -> Conversation:
    """The same from pieces in order of time and their (n, dim) vectors, by the model of that id.

    Raises `SpeakerError` as `conversation`.
    """
    if not pieces:
        return Conversation((), {}, model_id)
    if options.num_speakers is not None and options.num_speakers > len(pieces):
        raise SpeakerError(
            said(
                "voices.too_many",
                "{count} speakers cannot be told apart in {pieces} stretches of speech; ask for fewer.",
                count=options.num_speakers, pieces=len(pieces),
            )
        )  # fmt: skip
    lengths_s = np.array([end - start for start, end in pieces])
    labels = followed(vectors, lengths_s, options.num_speakers, options.most_speakers)
    turns = tuple(SpeakerTurn(*span, _called(label)) for span, label in zip(pieces, labels.tolist(), strict=True))
    weighed = vectors * lengths_s[:, None]
    voices = {_called(label): unit(weighed[labels == label].sum(axis=0)) for label in range(labels.max() + 1)}
    return Conversation(_joined(turns, options.bridged_s), voices, model_id)


def pieces_of(spans_s: Sequence[Span], longest_s: float) -> list[Span]:
    """The spans, those longer than `longest_s` cut into equal pieces."""
    found: list[Span] = []
    for start_s, end_s in spans_s:
        count = max(1, int(np.ceil((end_s - start_s) / longest_s - 1e-9)))
        found += [(float(a), float(b)) for a, b in pairwise(np.linspace(start_s, end_s, count + 1))]
    return found


def _called(label: int) -> str:
    return f"speaker {label + 1}"


def _joined(turns: Sequence[SpeakerTurn], bridged_s: float) -> tuple[SpeakerTurn, ...]:
    """Turns of one speaker that follow each other with a short pause, or none, as one."""
    found: list[SpeakerTurn] = []
    for turn in turns:
        last = found[-1] if found else None
        if last and last.speaker == turn.speaker and turn.start_s - last.end_s <= bridged_s + 1e-9:
            found[-1] = SpeakerTurn(last.start_s, turn.end_s, last.speaker)
        else:
            found.append(turn)
    return tuple(found)
