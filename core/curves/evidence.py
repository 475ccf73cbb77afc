"""Why this verdict: the exact share of every frame, and what would be said without a stretch of the recording.

The head is linear on frames and the verdict is their mean, so that nothing here is an approximation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.acoustics import SpeechActivity
from core.results import Analysis, Array, Segment, softmax

_SPOKEN_SHARE = 0.5


def contributions(analysis: Analysis, label: str, against: str | None = None) -> Array:
    """(num_frames,) float64: what each frame adds to the logit of `label`; they sum to it.

    logit_label = (1/T) Σ_t z_t,label, hence frame t's contribution z_t,label / T. With `against`, to the difference of
    the two logits, which is what decides between them.

    Raises `ValueError` for a label the analysis does not have.
    """
    column = _column(analysis, label)
    values = analysis.frame_logits[:, column].astype(np.float64)
    if against is not None:
        values = values - analysis.frame_logits[:, _column(analysis, against)]
    shares: Array = values / len(values)
    return shares


@dataclass(frozen=True)
class Moment:
    """A stretch that speaks for a label.

    Attributes:
        contribution: what its frames add to the logit of the label against the runner-up.
        without: probability of each label were it left out (the softmax of the mean over all other frames).
        label_without: the verdict then.
    """

    start_s: float
    end_s: float
    contribution: float
    without: dict[str, float]
    label_without: str


def moment(analysis: Analysis, label: str, start_s: float, end_s: float) -> Moment:
    """What the frames whose middles lie in [start_s, end_s) add, and the verdict without them.

    Raises `ValueError` for a stretch without a frame, or one that holds them all.
    """
    inside = frames_within(analysis, start_s, end_s)
    if not inside.any() or inside.all():
        which = "no frame" if not inside.any() else "every frame"
        raise ValueError(f"{start_s:g}–{end_s:g} s holds {which}; leave out a part of the recording")
    added = float(contributions(analysis, label, _runner_up(analysis, label))[inside].sum())
    without = _verdict_of(analysis, ~inside)
    return Moment(start_s, end_s, added, without, max(without, key=lambda each: without[each]))


def top_moments(
    analysis: Analysis,
    label: str,
    segments: Sequence[Segment] | None = None,
    count: int = 5,
    length_s: float = 0.5,
    speech: SpeechActivity | None = None,
) -> tuple[Moment, ...]:
    """The stretches that speak most for `label`, strongest first; none overlaps another.

    Taken from `segments` where they are given, else windows of `length_s` about the highest running means. With
    `speech`, only those at least half of which is spoken: silence is never a moment.
    """
    shares = contributions(analysis, label, _runner_up(analysis, label))
    spoken = np.ones(len(shares), dtype=bool) if speech is None else speech.mask(analysis.frame_times_s)
    if segments is None:
        spans = _peaks(shares, spoken, analysis.frame_times_s, count, length_s)
    else:
        spans = [(segment.start_s, segment.end_s) for segment in segments]
    weights = []
    for start_s, end_s in spans:
        inside = frames_within(analysis, start_s, end_s)
        heard = inside.any() and spoken[inside].mean() >= _SPOKEN_SHARE
        weights.append(float(shares[inside].sum()) if heard else 0.0)
    ranked = [spans[i] for i in np.argsort([-weight for weight in weights], kind="stable") if weights[i] > 0]
    found = []
    for start_s, end_s in ranked[:count]:
        try:
            found.append(moment(analysis, label, start_s, end_s))
        except ValueError:  # the whole recording: there is no verdict without it
            continue
    return tuple(found)


def region(analysis: Analysis, start_s: float, end_s: float) -> dict[str, float]:
    """Probability of each label over the frames whose middles lie in [start_s, end_s): the region's own verdict.

    Raises `ValueError` where no frame lies there.
    """
    inside = frames_within(analysis, start_s, end_s)
    if not inside.any():
        raise ValueError(f"{start_s:g}–{end_s:g} s holds no frame of a recording of {analysis.duration_s:g} s")
    return _verdict_of(analysis, inside)


def frames_within(analysis: Analysis, start_s: float, end_s: float) -> Array:
    """(num_frames,) bool: the frames whose middles lie in [start_s, end_s)."""
    inside: Array = (analysis.frame_times_s >= start_s) & (analysis.frame_times_s < end_s)
    return inside


def _verdict_of(analysis: Analysis, frames: Array) -> dict[str, float]:
    """Probability of each label over some of the frames: the softmax of their mean logits over the temperature."""
    logits = analysis.frame_logits[frames].mean(axis=0, dtype=np.float64)
    return dict(zip(analysis.labels, softmax(logits / analysis.checkpoint.temperature).tolist(), strict=True))


def _peaks(shares: Array, spoken: Array, times_s: Array, count: int, length_s: float) -> list[tuple[float, float]]:
    """Windows of `length_s`, half spoken at least, with the highest sums; chosen greedily and without overlap."""
    hop_s = float(times_s[1] - times_s[0]) if len(times_s) > 1 else length_s
    width = min(max(1, round(length_s / hop_s)), len(shares))
    sums = np.convolve(shares, np.ones(width), mode="valid")
    sums[np.convolve(spoken, np.ones(width), mode="valid") < _SPOKEN_SHARE * width] = -np.inf
    spans = []
    for _ in range(count):
        begin = int(sums.argmax())
        if not np.isfinite(sums[begin]):
            break
        spans.append((float(times_s[begin] - hop_s / 2), float(times_s[begin + width - 1] + hop_s / 2)))
        sums[max(0, begin - width + 1) : begin + width] = -np.inf
    return spans


def _runner_up(analysis: Analysis, label: str) -> str | None:
    _column(analysis, label)
    return next((entry.label for entry in analysis.ranking if entry.label != label), None)


def _column(analysis: Analysis, label: str) -> int:
    if label not in analysis.labels:
        raise ValueError(f"{label!r} is none of this analysis's labels {', '.join(analysis.labels)}")
    return analysis.labels.index(label)
