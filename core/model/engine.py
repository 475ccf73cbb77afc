"""What every engine offers: the native one and FunASR, the reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.results import Array, CheckpointIdentity, FrameScores, Stage


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What is loaded, where it runs, and how it got there."""

    engine: str
    checkpoint: CheckpointIdentity
    labels: tuple[str, ...]
    embedding_dim: int
    num_parameters: int
    device: str
    precision: str
    threads: int
    stages: tuple[Stage, ...]  # import, read, build, warm-up

    @property
    def load_s(self) -> float:
        return sum(stage.seconds for stage in self.stages)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a recording the network hears at once.

    `samples` is (num_samples,) float32 at 16 kHz, a view of the recording. The network's input is layer-normalised
    over the *whole* recording, so a window carries the recording's `mean` and `variance`. Of the frames it gives,
    those from `keep_from` up to `keep_to` (None: the last) are wanted; the others are context.
    """

    samples: Array
    mean: float
    variance: float
    keep_from: int = 0
    keep_to: int | None = None


class Engine(Protocol):
    """Scores windows; one call runs at a time, from whichever thread (it guards itself with a lock)."""

    @property
    def info(self) -> EngineInfo: ...

    def score(self, windows: Sequence[Window], *, embeddings: bool = False) -> list[FrameScores]:
        """One `FrameScores` a window, in order, of its kept frames. All float32, whatever the precision."""
        ...
