"""The strongest moments of a curve: where each emotion is most probable."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.curves.structure import DEFAULT_MIN_SEGMENT_S, HOP_S
from core.results import Array

_SPOKEN_SHARE = 0.5  # of a stretch, at least, for it to be a moment


@dataclass(frozen=True, slots=True)
class Peak:
    """A stretch in which an emotion is strong: it begins and ends with a frame that counts.

    Attributes:
        probability: the mean over the frames that count.
    """

    label: str
    start_s: float
    end_s: float
    probability: float


def strongest(
    times_s: Array,
    probabilities: Array,
    labels: Sequence[str],
    count: int = 3,
    length_s: float = DEFAULT_MIN_SEGMENT_S,
    counted: Array | None = None,
) -> tuple[Peak, ...]:
    """For each label that leads anywhere, its `count` strongest moments; the strongest of all first.

    A moment is where the label's probability, smoothed by a moving average over `length_s` (or the whole curve, where
    that is shorter), is highest; the next one is the highest that does not overlap one before. Only stretches in which
    the label has the highest mean of all labels are moments of it. Frames that do not count are 0 in the average, so
    that a stretch wholly spoken goes before one that reaches into silence.

    Args:
        times_s: (num_frames,) evenly spaced.
        probabilities: (num_frames, num_labels).
        counted: (num_frames,) bool, such as speech: at least half of a stretch must be counted, and what is not at
            its ends is cut off.
    """
    if not len(times_s):
        return ()
    width = min(max(1, round(length_s / HOP_S)), len(times_s))
    spoken = np.ones(len(times_s), dtype=bool) if counted is None else np.asarray(counted, dtype=bool)
    share = _sums(spoken.astype(np.float64), width)
    sums = _sums(np.where(spoken[:, np.newaxis], probabilities, 0.0), width)
    leads = sums.argmax(axis=1)[:, np.newaxis] == np.arange(len(labels))
    leads &= (share >= max(1.0, _SPOKEN_SHARE * width))[:, np.newaxis]
    found = [
        Peak(label, *_trimmed(begin, width, times_s, spoken), float(sums[begin, column] / share[begin]))
        for column, label in enumerate(labels)
        for begin in _apart(np.where(leads[:, column], sums[:, column], -1.0), width, count)
    ]
    return tuple(sorted(found, key=lambda peak: -peak.probability))


def _trimmed(begin: int, width: int, times_s: Array, spoken: Array) -> tuple[float, float]:
    """Start and end in seconds of the frames [begin, begin + width), without those at the ends that do not count."""
    inside = begin + np.flatnonzero(spoken[begin : begin + width])
    return max(0.0, float(times_s[inside[0]]) - HOP_S / 2), float(times_s[inside[-1]]) + HOP_S / 2


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
