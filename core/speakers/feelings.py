"""What each speaker of a recording feels: the exact evidence of the verdict, speaker by speaker."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.results import Analysis, Array, SpeakerTurn, softmax


@dataclass(frozen=True)
class Feeling:
    """One speaker.

    Attributes:
        seconds: how long their turns are.
        scores: the probability of each of the analysis' labels, softmax of the mean logits of their frames.
        frames: (num_frames,) bool, which frames are theirs.
    """

    speaker: str
    seconds: float
    scores: dict[str, float]
    frames: Array

    @property
    def label(self) -> str:
        """The most probable emotion."""
        return max(self.scores, key=lambda label: self.scores[label])


def feelings(analysis: Analysis, turns: Sequence[SpeakerTurn]) -> tuple[Feeling, ...]:
    """The feelings of all who speak, in order of first appearance.

    A frame is whose turn its middle lies in. The head is linear on frames, so the mean of a speaker's frame logits is
    what the head says of that speaker's part of the recording, as the verdict is what it says of the whole. Speakers
    without a frame, in turns shorter than 20 ms, are left out.
    """
    times_s = np.asarray(analysis.frame_times_s)
    found = []
    for speaker in dict.fromkeys(turn.speaker for turn in turns):
        own = [turn for turn in turns if turn.speaker == speaker]
        frames = np.zeros(len(times_s), bool)
        for turn in own:
            begin, end = np.searchsorted(times_s, (turn.start_s, turn.end_s))
            frames[begin:end] = True
        if frames.any():
            logits = analysis.frame_logits[frames].mean(axis=0, dtype=np.float64)
            probabilities = softmax(logits / analysis.checkpoint.temperature).tolist()
            scores = dict(zip(analysis.labels, probabilities, strict=True))
            found.append(Feeling(speaker, sum(turn.duration_s for turn in own), scores, frames))
    return tuple(found)
