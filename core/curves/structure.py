"""What a curve is made of: change points, segments of one emotion, and figures of the whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.results import FRAME_HOP_SAMPLES, SAMPLE_RATE_HZ, Analysis, Array, Segment

HOP_S = FRAME_HOP_SAMPLES / SAMPLE_RATE_HZ
DEFAULT_MIN_SEGMENT_S = 0.5
_FLOOR = 1e-6  # of a probability, before its logarithm is taken


def change_point(values: Array, counted: Array | None = None) -> int:
    """Where a curve changes most: the frame at which its second part begins.

    The split whose two parts lie closest to their own means,
    argmin_k Σ_{t<k} |x_t − x̄_{<k}|² + Σ_{t≥k} |x_t − x̄_{≥k}|²: the least-squares estimate of a single change in mean
    (Bai 1994, J. Time Series Analysis 15(5); the first split of binary segmentation), found exactly from running sums.

    Args:
        values: (num_frames, num_columns) or (num_frames,); at least two frames. Log probabilities find a change of
            emotion better than probabilities, which saturate (`training/RESULTS.md`).
        counted: (num_frames,) bool, the frames that say anything, such as those of speech; by default all, also where
            fewer than two are. A change between two of them with others in between is put in the middle.

    Returns:
        k, from 1 to num_frames − 1.

    Raises:
        ValueError: fewer than two frames.
    """
    columns = np.asarray(values, dtype=np.float64).reshape(len(values), -1)
    if len(columns) < 2:
        raise ValueError(f"a change needs at least two frames, not {len(columns)}")
    frames = np.arange(len(columns)) if counted is None else np.flatnonzero(counted)
    if len(frames) < 2:
        frames = np.arange(len(columns))
    columns = columns[frames]
    sums = np.cumsum(columns - columns.mean(axis=0), axis=0)[:-1]
    before = np.arange(1, len(frames), dtype=np.float64)
    # With the overall mean taken out, the two parts' squared errors are Σ|x|² − |S_k|² · n / (k (n − k)).
    explained = np.square(sums).sum(axis=1) / (before * (len(frames) - before))
    first = int(explained.argmax())
    return int(frames[first] + frames[first + 1] + 1) // 2


def best_path(log_scores: Array, min_steps: int) -> Array:
    """The label of each step such that no stay is shorter than `min_steps` and the summed log scores are highest.

    Dynamic programming over (step, label): a stay is lengthened by a step or begins with `min_steps` of them, the
    explicit-duration form of Viterbi's search (Ferguson 1980; Rabiner 1989, Proc. IEEE 77(2), § IV.D) with a duration
    density that is 0 below the minimum and flat above it. Where there are fewer steps than the minimum, one stay.

    Args:
        log_scores: (num_steps, num_labels).

    Returns:
        (num_steps,) int, columns of `log_scores`.
    """
    scores = np.asarray(log_scores, dtype=np.float64)
    num_steps, num_labels = scores.shape
    shortest = min(max(1, min_steps), num_steps)
    if num_labels == 1 or num_steps == 0:
        return np.zeros(num_steps, dtype=int)
    sums = np.concatenate([np.zeros((1, num_labels)), np.cumsum(scores, axis=0)])
    best = np.full((num_steps + 1, num_labels), -np.inf)  # best[t]: of the first t steps, ending in each label
    came_from = np.full((num_steps + 1, num_labels), -1)  # the label before, where a stay began `shortest` steps ago
    best[shortest] = sums[shortest]
    gains = sums[shortest:] - sums[:-shortest]  # of the stay that ends at each step and is as short as it may be
    for end in range(shortest + 1, num_steps + 1):
        start = end - shortest
        row = best[start]
        first = int(row.argmax())
        others = row.copy()
        others[first] = -np.inf
        second = int(others.argmax())
        began = gains[start] + row[first]
        began[first] = gains[start, first] + row[second]
        stayed = best[end - 1] + scores[end - 1]
        begins = began > stayed
        best[end] = np.maximum(began, stayed)
        if begins.any():
            came_from[end, begins] = first
            if begins[first]:
                came_from[end, first] = second
    return _traced(best, came_from, shortest)


def _traced(best: Array, came_from: Array, shortest: int) -> Array:
    end = len(best) - 1
    path = np.empty(end, dtype=int)
    label = int(best[end].argmax())
    while end > 0:
        before = int(came_from[end, label])
        begin = end - 1 if before < 0 and end > shortest else end - shortest
        path[begin:end] = label
        end = begin
        if before >= 0:
            label = before
    return path


def segments_of(
    times_s: Array,
    probabilities: Array,
    labels: Sequence[str],
    min_segment_s: float = DEFAULT_MIN_SEGMENT_S,
    duration_s: float | None = None,
) -> tuple[Segment, ...]:
    """Stretches of one emotion, none shorter than `min_segment_s`, end to end over the whole curve.

    Args:
        times_s: (num_steps,) middles of equal steps.
        probabilities: (num_steps, num_labels).
        duration_s: of the recording, where the last segment ends; by default half a step after the last middle.

    Raises:
        ValueError: `min_segment_s` is negative.
    """
    if min_segment_s < 0:
        raise ValueError(f"min_segment_s is {min_segment_s}; it must be 0 or more")
    if len(times_s) == 0:
        return ()
    step_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else HOP_S
    path = best_path(np.log(np.maximum(probabilities, _FLOOR)), int(np.ceil(min_segment_s / step_s - 1e-9)))
    begins = np.flatnonzero(np.diff(path, prepend=-1))
    end_s = float(times_s[-1]) + step_s / 2 if duration_s is None else duration_s
    edges_s = [0.0, *(times_s[begins[1:]] - step_s / 2).tolist(), end_s]
    steps = [*begins.tolist(), len(path)]
    return tuple(
        Segment(start_s, stop_s, labels[int(path[begin])], float(probabilities[begin:end, path[begin]].mean()))
        for (start_s, stop_s), (begin, end) in zip(pairwise(edges_s), pairwise(steps), strict=True)
    )


@dataclass(frozen=True)
class Structure:
    """Figures of a whole curve.

    Attributes:
        segments: end to end.
        seconds: by label, how long it leads.
        transitions: (num_labels, num_labels) int, from row to column, between neighbouring segments.
        volatility: total variation of the probabilities, ½ Σ_labels |p_t − p_{t−1}|, per second: 0 for a flat curve, 1
            where the whole probability moves to another label once a second.
    """

    labels: tuple[str, ...]
    segments: tuple[Segment, ...]
    seconds: dict[str, float]
    transitions: Array
    volatility: float

    @property
    def arc(self) -> tuple[Segment, ...]:
        """The segments at which the emotion becomes another one: the arc in short."""
        changes = [after for before, after in pairwise(self.segments) if before.label != after.label]
        return (*self.segments[:1], *changes)


def structure_of(analysis: Analysis, min_segment_s: float = DEFAULT_MIN_SEGMENT_S) -> Structure:
    """Segments, time by emotion, transitions and volatility of an analysis's own 50 Hz curve."""
    labels, probabilities = analysis.labels, analysis.frame_probabilities
    segments = segments_of(analysis.frame_times_s, probabilities, labels, min_segment_s, analysis.duration_s)
    seconds = dict.fromkeys(labels, 0.0)
    for segment in segments:
        seconds[segment.label] += segment.duration_s
    transitions = np.zeros((len(labels), len(labels)), dtype=int)
    for first, second in pairwise(segments):
        transitions[labels.index(first.label), labels.index(second.label)] += 1
    return Structure(labels, segments, seconds, transitions, volatility(probabilities))


def volatility(probabilities: Array, step_s: float = HOP_S) -> float:
    """Total variation of (num_steps, num_labels) probabilities per second; 0 where there is only one step."""
    if len(probabilities) < 2:
        return 0.0
    moved = np.abs(np.diff(np.asarray(probabilities, dtype=np.float64), axis=0)).sum(axis=1) / 2
    return float(moved.sum() / (len(moved) * step_s))
