"""The strongest moments of a curve: where each emotion is most probable."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.curves.structure import HOP_S
from core.results import Array

DEFAULT_LENGTH_S = 1.0


@dataclass(frozen=True, slots=True)
class Peak:
    """A moment at which an emotion is strong.

    Attributes:
        at_s: the middle of it, in seconds.
        probability: the mean over `length_s` about it.
    """

    label: str
    at_s: float
    length_s: float
    probability: float

    @property
    def start_s(self) -> float:
        return max(0.0, self.at_s - self.length_s / 2)

    @property
    def end_s(self) -> float:
        return self.at_s + self.length_s / 2


def strongest(
    times_s: Array,
    probabilities: Array,
    labels: Sequence[str],
    count: int = 3,
    length_s: float = DEFAULT_LENGTH_S,
    counted: Array | None = None,
) -> tuple[Peak, ...]:
    """For each label that leads anywhere, its `count` strongest moments; the strongest of all first.

    A moment is a stretch of `length_s` (or the whole curve, where that is shorter) whose mean probability of the label
    is highest; the next one is the highest that does not overlap one before. Only stretches in which the label has the
    highest mean of all labels are moments of it.

    Args:
        times_s: (num_frames,) evenly spaced.
        probabilities: (num_frames, num_labels).
        counted: (num_frames,) bool, such as speech: means are over these frames, and at least half of a stretch must
            be counted.
    """
    if not len(times_s):
        return ()
    width = min(max(1, round(length_s / HOP_S)), len(times_s))
    weights = np.ones(len(times_s)) if counted is None else np.asarray(counted, dtype=np.float64)
    share = _sums(weights, width)
    means = _sums(probabilities * weights[:, np.newaxis], width) / np.maximum(share, 1e-9)[:, np.newaxis]
    leads = (means.argmax(axis=1)[:, np.newaxis] == np.arange(len(labels))) & (share >= width / 2)[:, np.newaxis]
    middles_s = (times_s[: len(share)] + times_s[width - 1 :]) / 2
    found = [
        Peak(label, float(middles_s[begin]), width * HOP_S, float(means[begin, column]))
        for column, label in enumerate(labels)
        for begin in _apart(np.where(leads[:, column], means[:, column], -1.0), width, count)
    ]
    return tuple(sorted(found, key=lambda peak: -peak.probability))


def _sums(values: Array, width: int) -> Array:
    """Running sums over `width` rows, along the first axis."""
    padded = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0, dtype=np.float64)])
    sums: Array = padded[width:] - padded[:-width]
    return sums


def _apart(values: Array, width: int, count: int) -> list[int]:
    """The highest positions with values of 0 or more, none nearer to another than `width`."""
    values, found = values.copy(), []
    for _ in range(count):
        best = int(values.argmax())
        if values[best] < 0:
            break
        found.append(best)
        values[max(0, best - width + 1) : best + width] = -1.0
    return found
