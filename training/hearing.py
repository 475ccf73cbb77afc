"""What checkpoints say of labelled clips, as arrays that every figure is made from.

Every clip goes the way a person's does: decoded, scored by the engine, the verdict being that of the mean frame logits.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.analysis import analyze
from core.audio import decode
from core.errors import AudioError
from core.model.engine import Engine
from core.results import Array, Waveform, softmax
from training.data import Clip

Change = Callable[[Waveform], Waveform]


@dataclass(frozen=True)
class Heard:
    """What was said of clips.

    Attributes:
        clips: those that could be heard.
        labels: what can be said, the columns of `logits`.
        logits: (num_clips, num_labels) float64, before any temperature.
        refused: a sentence for each clip that could not be heard.
    """

    clips: tuple[Clip, ...]
    labels: tuple[str, ...]
    logits: Array
    refused: tuple[str, ...] = ()

    @property
    def said(self) -> list[str]:
        """The most probable label of each clip."""
        return [self.labels[int(column)] for column in self.logits.argmax(axis=1)]

    @property
    def truth(self) -> list[str]:
        return [clip.emotion for clip in self.clips]

    @property
    def correct(self) -> Array:
        """(num_clips,) bool."""
        return np.array([said == true for said, true in zip(self.said, self.truth, strict=True)], dtype=bool)

    def probabilities(self, temperature: float = 1.0) -> Array:
        """(num_clips, num_labels) float64."""
        return softmax(self.logits / temperature)

    def select(self, chosen: Sequence[int]) -> "Heard":
        """Some of the clips, by position."""
        return Heard(tuple(self.clips[i] for i in chosen), self.labels, self.logits[list(chosen)])


def hear(data: Path, clips: Sequence[Clip], engine: Engine, change: Change | None = None) -> Heard:
    """Have `engine` hear `clips`, files below `data`, each changed first where a change is given."""
    kept, rows, refused = [], [], []
    for done, clip in enumerate(clips, start=1):
        try:
            waveform = decode(data / clip.file)
            rows.append(analyze(change(waveform) if change else waveform, engine).logits)
            kept.append(clip)
        except AudioError as error:
            refused.append(str(error))
        if done % 500 == 0:
            print(f"{done} of {len(clips)} clips", file=sys.stderr)
    labels = engine.info.labels
    return Heard(tuple(kept), labels, np.array(rows).reshape(-1, len(labels)), tuple(refused))


def together(parts: Sequence[Heard]) -> Heard:
    """What several checkpoints of the same labels said, as one; `ValueError` where the labels differ."""
    labels = parts[0].labels
    if any(part.labels != labels for part in parts):
        raise ValueError(
            "the checkpoints differ in what they can say: " + "; ".join(str(part.labels) for part in parts)
        )
    return Heard(
        tuple(clip for part in parts for clip in part.clips),
        labels,
        np.concatenate([part.logits for part in parts]),
        tuple(sentence for part in parts for sentence in part.refused),
    )
