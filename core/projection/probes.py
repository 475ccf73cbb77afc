"""Linear probes: what a person tagged, learnt from a space, applied to the rest, and kept as a named head."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.projection.spaces import Space
from core.results import Analysis, Array, FrameScores


@dataclass(frozen=True)
class Probe:
    """A linear head on a space's kept vectors: logits = values @ weights.T + bias.

    Attributes:
        classes: what it tells apart.
        weights, bias: (num_classes, d) and (num_classes,) float32.
        space, model: what its vectors are ("emotion", "bundled@f8af21c569b0").
        cv_uar: unweighted average recall, cross-validated; `chance` the same on shuffled tags.
        recalls: cross-validated recall of each class.
        num_clips, num_groups, folds: what it was fitted on.
        grouped: whether folds kept speakers apart; where not, the figure flatters.
    """

    classes: tuple[str, ...]
    weights: Array
    bias: Array
    space: str
    model: str
    cv_uar: float
    chance: float
    recalls: tuple[float, ...]
    num_clips: int
    num_groups: int
    folds: int
    grouped: bool
    name: str = ""


@dataclass(frozen=True)
class HeadScores:
    """What a head says of one clip.

    Attributes:
        probabilities: (num_classes,) float32 of the clip.
        frame_logits: (num_frames, num_classes) float32, whose mean is the clip's logits; None without frame embeddings.
    """

    name: str
    classes: tuple[str, ...]
    logits: Array
    probabilities: Array
    frame_logits: Array | None = None

    @property
    def label(self) -> str:
        return self.classes[int(self.probabilities.argmax())]


def fit_probe(
    space: Space, labels: Sequence[str | None], groups: Sequence[str | None] | None = None, *, seed: int = 0
) -> Probe:
    """Fit a logistic regression on the clips that have a label."""
    raise NotImplementedError


def apply(probe: Probe, values: Array) -> Array:
    """(m, d) kept vectors → (m, num_classes) float32 probabilities."""
    raise NotImplementedError


def save_head(folder: Path, name: str, probe: Probe, *, replace: bool = False) -> Path:
    """Keep a probe as a named head."""
    raise NotImplementedError


def load_head(folder: Path, name: str, model: str | None = None) -> Probe:
    """A kept head, its checksum compared; `model` is what its vectors must be of."""
    raise NotImplementedError


def heads(folder: Path) -> tuple[str, ...]:
    """The names of the heads that are kept."""
    raise NotImplementedError


def scores_of(head: Probe, analysis: Analysis, frames: FrameScores | None = None) -> HeadScores:
    """What a head on the emotion space says of an analysed clip, and of each frame where their embeddings are given."""
    raise NotImplementedError
