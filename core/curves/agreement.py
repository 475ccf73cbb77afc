"""A curve's segments against a person's: how far do they agree?"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.results import Array, Segment

STEP_S = 0.02
TOLERANCE_S = 0.5


@dataclass(frozen=True, slots=True)
class Agreement:
    """Figures over the time that both have a label for; NaN where they cannot be told.

    Attributes:
        seconds: how much time that is.
        accuracy: share of it with the same label.
        uar: mean over the reference's labels of the share of their time that has the same label.
        kappa: Cohen's κ = (p_o − p_e) / (1 − p_e) (Cohen 1960, Educ. Psychol. Meas. 20(1)).
        boundary_f1: harmonic mean of precision and recall of the inner boundaries within TOLERANCE_S, each matched
            once.
    """

    seconds: float
    accuracy: float
    uar: float
    kappa: float
    boundary_f1: float


def agreement(said: Sequence[Segment], reference: Sequence[Segment], tolerance_s: float = TOLERANCE_S) -> Agreement:
    """Compare segments step by step (20 ms) and boundary by boundary; labels are compared as they are."""
    labels = sorted({segment.label for segment in (*said, *reference)})
    end_s = max((segment.end_s for segment in (*said, *reference)), default=0.0)
    ours, theirs = (_columns(segments, labels, end_s) for segments in (said, reference))
    both = (ours >= 0) & (theirs >= 0)
    f1 = boundary_f1(boundaries(said), boundaries(reference), tolerance_s)
    if not both.any():
        return Agreement(0.0, np.nan, np.nan, np.nan, f1)
    ours, theirs = ours[both], theirs[both]
    confusion = np.zeros((len(labels), len(labels)))
    np.add.at(confusion, (theirs, ours), 1)
    shares = confusion / confusion.sum()
    observed = float(np.trace(shares))
    expected = float(shares.sum(axis=0) @ shares.sum(axis=1))
    totals = confusion.sum(axis=1)
    recalls = np.diag(confusion)[totals > 0] / totals[totals > 0]
    kappa = (observed - expected) / (1 - expected) if expected < 1 else np.nan
    return Agreement(float(both.sum() * STEP_S), observed, float(recalls.mean()), kappa, f1)


def boundaries(segments: Sequence[Segment]) -> list[float]:
    """The times at which one labelled stretch becomes another with a different label."""
    ordered = sorted(segments, key=lambda segment: segment.start_s)
    return [after.start_s for before, after in pairwise(ordered) if before.label != after.label]


def boundary_f1(said: Sequence[float], reference: Sequence[float], tolerance_s: float = TOLERANCE_S) -> float:
    """F1 of boundary times, one to one and nearest first; 1 where there are none on either side."""
    if not said and not reference:
        return 1.0
    pairs = sorted((abs(a - b), i, j) for i, a in enumerate(said) for j, b in enumerate(reference))
    taken_said: set[int] = set()
    taken_reference: set[int] = set()
    for distance, i, j in pairs:
        if distance <= tolerance_s and i not in taken_said and j not in taken_reference:
            taken_said.add(i)
            taken_reference.add(j)
    return 2 * len(taken_said) / (len(said) + len(reference))


def _columns(segments: Sequence[Segment], labels: Sequence[str], end_s: float) -> Array:
    """(num_steps,) int: the label of each step's middle, −1 where there is none."""
    middles_s = (np.arange(int(np.ceil(end_s / STEP_S - 1e-9))) + 0.5) * STEP_S
    columns = np.full(len(middles_s), -1)
    for segment in segments:
        columns[(middles_s >= segment.start_s) & (middles_s < segment.end_s)] = labels.index(segment.label)
    return columns
