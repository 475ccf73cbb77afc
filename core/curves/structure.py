"""What a curve is made of: change points, segments of one emotion, and figures of the whole."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from core.acoustics import SpeechActivity
from core.curves.paths import best_path
from core.results import FRAME_HOP_SAMPLES, SAMPLE_RATE_HZ, Analysis, Array, Segment

HOP_S = FRAME_HOP_SAMPLES / SAMPLE_RATE_HZ
DEFAULT_MIN_SEGMENT_S = 0.5
EDGE_WEIGHT = 0.25  # γ of `change_point`, chosen on pairs the reported ones do not hold: `training/RESULTS.md`
BRIDGED_PAUSE_S = 0.25  # shorter pauses belong to the speaking (Goldman-Eisler 1968, Psycholinguistics, ch. 1)
_FLOOR = 1e-6  # of a probability, before its logarithm is taken


def change_point(values: Array, counted: Array | None = None) -> int:
    """Where a curve changes most: the frame at which its second part begins.

    The weighted CUSUM estimate of a single change in mean, argmax_k |S_k|² / (k (n − k))^{2γ} with
    S_k = Σ_{t<k} (x_t − x̄), found exactly from running sums (Csörgő & Horváth 1997, Limit Theorems in Change-Point
    Analysis, ch. 2). γ = 1/2 is least squares, which neighbouring frames that resemble each other draw to the ends;
    γ = EDGE_WEIGHT = 1/4 resists that.

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
    explained = np.square(sums).sum(axis=1) / (before * (len(frames) - before)) ** (2 * EDGE_WEIGHT)
    first = int(explained.argmax())
    return int(frames[first] + frames[first + 1] + 1) // 2


def segments_of(
    times_s: Array,
    probabilities: Array,
    labels: Sequence[str],
    min_segment_s: float = DEFAULT_MIN_SEGMENT_S,
    duration_s: float | None = None,
    speech: SpeechActivity | None = None,
) -> tuple[Segment, ...]:
    """Stretches of one emotion, in order.

    Without `speech` they lie end to end over the whole curve, and none is shorter than `min_segment_s`. With it they
    cover what is spoken and nothing else: each stretch of speech is labelled on its own, so that only one that is
    itself shorter than the minimum gives a shorter segment. Pauses shorter than both the minimum and BRIDGED_PAUSE_S
    are part of the speech around them, but the frames in them have no say in its label or its probability.

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
    end_s = float(times_s[-1]) + step_s / 2 if duration_s is None else duration_s
    spans_s = [(0.0, end_s)] if speech is None else phrases_s(speech, min_segment_s)
    edges = np.searchsorted(times_s, np.array(spans_s).reshape(-1, 2))
    if speech is None:
        edges[-1] = 0, len(times_s)  # a last step may lie beyond the end that is given
    spoken = np.ones(len(times_s), dtype=bool) if speech is None else speech.mask(times_s)
    scores = np.where(spoken[:, None], np.log(np.maximum(probabilities, _FLOOR)), 0.0)
    min_steps = int(np.ceil(min_segment_s / step_s - 1e-9))
    path = best_path(scores, min_steps, [(begin, end) for begin, end in edges.tolist()])
    found: list[Segment] = []
    for span_s, (begin, end) in zip(spans_s, edges.tolist(), strict=True):
        for first, last in _runs(path, begin, end):
            start_s = span_s[0] if first == begin else float(times_s[first]) - step_s / 2
            stop_s = span_s[1] if last == end else float(times_s[last]) - step_s / 2
            said = probabilities[first:last, path[first]]
            heard = said[spoken[first:last]] if spoken[first:last].any() else said
            found.append(Segment(start_s, stop_s, labels[int(path[first])], float(heard.mean())))
    return tuple(found)


def phrases_s(speech: SpeechActivity, min_segment_s: float) -> list[tuple[float, float]]:
    """The spans of speech, joined over pauses shorter than both `min_segment_s` and BRIDGED_PAUSE_S."""
    longest_s = min(min_segment_s, BRIDGED_PAUSE_S)
    spans_s = speech.spans_s
    parts = [i for i, (one, other) in enumerate(pairwise(spans_s), start=1) if other[0] - one[1] >= longest_s]
    edges = [0, *parts, len(spans_s)] if spans_s else []
    return [(spans_s[begin][0], spans_s[end - 1][1]) for begin, end in pairwise(edges)]


def _runs(path: Array, begin: int, end: int) -> list[tuple[int, int]]:
    """[first, last) of the runs of equal labels within [begin, end)."""
    if end <= begin:
        return []
    changes = np.flatnonzero(np.diff(path[begin:end])) + begin + 1
    return list(pairwise([begin, *changes.tolist(), end]))


@dataclass(frozen=True)
class Structure:
    """Figures of a whole curve.

    Attributes:
        labels: what there is to say.
        segments: in order; end to end, or with silence between them where `speech` is known. None without speech.
        duration_s: of the recording, or of the part of it that this is about.
        volatility: total variation of the probabilities, ½ Σ_labels |p_t − p_{t−1}|, per second: 0 for a flat curve, 1
            where the whole probability moves to another label once a second. Of speech alone, where that is known.
        speech: where somebody speaks; None where that was not asked.
        min_segment_s: what the segments were found with.
    """

    labels: tuple[str, ...]
    segments: tuple[Segment, ...]
    duration_s: float
    volatility: float
    speech: SpeechActivity | None = None
    min_segment_s: float = DEFAULT_MIN_SEGMENT_S

    @cached_property
    def seconds(self) -> dict[str, float]:
        """By label, how long it leads. With `silence_s` they sum to the duration."""
        seconds = dict.fromkeys(self.labels, 0.0)
        for segment in self.segments:
            seconds[segment.label] += segment.duration_s
        return seconds

    @property
    def silence_s(self) -> float:
        """How long no emotion is said to lead, as nobody speaks; 0 where speech was not asked for."""
        return 0.0 if self.speech is None else max(0.0, self.duration_s - sum(self.seconds.values()))

    @cached_property
    def transitions(self) -> Array:
        """(num_labels, num_labels) int: changes from row to column between neighbouring segments.

        A silence between the two does not matter; the same label after it is no change.
        """
        counts = np.zeros((len(self.labels), len(self.labels)), dtype=int)
        for before, after in pairwise(self.arc):
            counts[self.labels.index(before.label), self.labels.index(after.label)] += 1
        return counts

    @cached_property
    def arc(self) -> tuple[Segment, ...]:
        """The segments at which the emotion becomes another one: the arc in short. Empty without speech."""
        changes = [after for before, after in pairwise(self.segments) if before.label != after.label]
        return (*self.segments[:1], *changes)


def structure_of(
    analysis: Analysis, min_segment_s: float = DEFAULT_MIN_SEGMENT_S, speech: SpeechActivity | None = None
) -> Structure:
    """Segments, time by emotion, transitions and volatility of an analysis's own 50 Hz curve; see `segments_of`."""
    labels, probabilities, times_s = analysis.labels, analysis.frame_probabilities, analysis.frame_times_s
    segments = segments_of(times_s, probabilities, labels, min_segment_s, analysis.duration_s, speech)
    counted = None if speech is None else speech.mask(times_s)
    moved = volatility(probabilities, counted=counted)
    return Structure(labels, segments, analysis.duration_s, moved, speech, min_segment_s)


def structure_within(analysis: Analysis, structure: Structure, start_s: float, end_s: float) -> Structure:
    """The same structure of a part of the recording: segments cut to it, figures of its frames; times as they were.

    Raises `ValueError` where no frame lies there.
    """
    inside = (analysis.frame_times_s >= start_s) & (analysis.frame_times_s < end_s)
    if not inside.any():
        raise ValueError(f"{start_s:g}–{end_s:g} s holds no frame of a recording of {analysis.duration_s:g} s")
    start_s, end_s = max(0.0, start_s), min(end_s, analysis.duration_s)
    cut = [
        replace(each, start_s=max(start_s, each.start_s), end_s=min(end_s, each.end_s)) for each in structure.segments
    ]
    speech = structure.speech
    counted = None if speech is None else speech.mask(analysis.frame_times_s)[inside]
    return replace(
        structure,
        segments=tuple(each for each in cut if each.end_s > each.start_s),
        duration_s=end_s - start_s,
        volatility=volatility(analysis.frame_probabilities[inside], counted=counted),
    )


def volatility(probabilities: Array, step_s: float = HOP_S, counted: Array | None = None) -> float:
    """Total variation of (num_steps, num_labels) probabilities per second; 0 where there is only one step.

    With `counted`, (num_steps,) bool, only of neighbouring steps that are both counted.
    """
    moved = np.abs(np.diff(np.asarray(probabilities, dtype=np.float64), axis=0)).sum(axis=1) / 2
    if counted is not None:
        moved = moved[counted[:-1] & counted[1:]]
    return float(moved.sum() / (len(moved) * step_s)) if len(moved) else 0.0
