"""How far two clips' emotions are apart: of their scores, of their curves, of their vectors."""

from collections.abc import Sequence

import numpy as np

from core.comparison.align import Alignment
from core.results import FRAME_FIELD_SAMPLES, FRAME_HOP_SAMPLES, FRAME_RATE_HZ, Array, frame_times_s

NORMALISED_STEPS = 200  # moments of 0–100 %: every half per cent


def js_distances(first: Array, second: Array) -> Array:
    """Jensen–Shannon distance of each pair of rows: (…, num_labels) twice → (…,) float64 from 0 to 1.

    √(½ KL(p ‖ m) + ½ KL(q ‖ m)) with m = (p + q) / 2 and logarithms to base 2: a metric (Endres & Schindelin 2003,
    IEEE Trans. Inf. Theory 49(7)); SciPy's `jensenshannon(p, q, base=2)`, for many rows at once. Rows need not sum to
    one exactly: they are divided by their sums.
    """
    p, q = (_normalised(rows) for rows in (first, second))
    middle = (p + q) / 2
    divergence = (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2
    distance: Array = np.sqrt(np.clip(divergence, 0.0, 1.0))
    return distance


def js_distance(first: Array, second: Array) -> float:
    """Jensen–Shannon distance of two (num_labels,) distributions; see `js_distances`."""
    return float(js_distances(first, second))


def curve_distance(first: Array, second: Array) -> float:
    """Mean Jensen–Shannon distance at the same second: (n, num_labels) and (m, num_labels) frames of 20 ms.

    Frames beyond the end of the shorter one have no counterpart and do not count.
    """
    common = min(len(first), len(second))
    return float(js_distances(first[:common], second[:common]).mean())


def curve_distance_normalised(first: Array, second: Array, steps: int = NORMALISED_STEPS) -> float:
    """Mean Jensen–Shannon distance at the same share of the duration, 0 to 100 % in `steps` equal steps."""
    return float(js_distances(*(at_shares(frames, steps) for frames in (first, second))).mean())


def at_shares(frames: Array, steps: int = NORMALISED_STEPS) -> Array:
    """(num_frames, num_labels) → (steps, num_labels): a curve over 0–100 % of its duration, linear between frames."""
    positions = (np.arange(steps) + 0.5) / steps * len(frames) - 0.5
    return at_positions(frames, positions)


def at_positions(frames: Array, positions: Array) -> Array:
    """Frames at fractional indices, linear between neighbours, the ends held: (n, d) and (m,) → (m, d) float64."""
    positions = np.clip(positions, 0, len(frames) - 1)
    before = np.minimum(positions.astype(np.int64), max(0, len(frames) - 2))
    after = np.minimum(before + 1, len(frames) - 1)
    share = (positions - before)[:, np.newaxis]
    mixed: Array = frames[before] * (1 - share) + frames[after] * share
    return mixed


def along(first: Array, second: Array, alignment: Alignment) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Two curves at the same moments of what is said, from the first that is heard of both to the last.

    Args:
        first, second: (n, num_labels) and (m, num_labels) frames; `alignment` has the first as its reference.

    Returns:
        The first's own frames with the second's at the moments that belong to them, and the other way round.
    """
    return _beside(first, second, alignment), _beside(second, first, alignment.reversed())[::-1]


def aligned_distance(first: Array, second: Array, alignment: Alignment) -> float:
    """Mean Jensen–Shannon distance at the same moments of what is said, over the frames of both; see `along`."""
    return float(np.mean([js_distances(*beside).mean() for beside in along(first, second, alignment)]))


def warped(frames: Array, alignment: Alignment, times_s: Array) -> Array:
    """The other clip's frames at the reference's moments `times_s`: (m, num_labels) and (n,) → (n, num_labels)."""
    return at_positions(frames, positions_of(alignment.warp(times_s)))


def positions_of(times_s: Array) -> Array:
    """Fractional indices of frames at these moments: frame 0 is at its middle, 12.5 ms.

    Rounded to 20 ns, so that a frame's own moment is exactly that frame.
    """
    return np.round(times_s * FRAME_RATE_HZ - FRAME_FIELD_SAMPLES / 2 / FRAME_HOP_SAMPLES, 6)


def _beside(own: Array, other: Array, alignment: Alignment) -> tuple[Array, Array]:
    times_s = frame_times_s(len(own))
    first_s, last_s = alignment.knots_s[[0, -1], 0]
    inside = (times_s >= first_s - 1e-9) & (times_s <= last_s + 1e-9)
    inside = inside if inside.any() else np.ones(len(own), dtype=bool)
    return own[inside], warped(other, alignment, times_s[inside])


def cosine(first: Array, second: Array) -> float | None:
    """Cosine of the angle between two (dim,) vectors; None where one of them has no direction.

    As 1 − ‖u − v‖² / 2 of the unit vectors, which is exactly 1 for a vector and itself.
    """
    u, v = _unit(first), _unit(second)
    return None if u is None or v is None else float(1 - np.square(u - v).sum() / 2)


def correlations(first: Array, second: Array, labels: Sequence[str]) -> dict[str, float | None]:
    """Pearson's r of each emotion's two curves at the same moments; None where one of them is constant.

    Args:
        first, second: (n, num_labels) each.
    """
    return {label: _pearson(first[:, k], second[:, k]) for k, label in enumerate(labels)}


def _pearson(first: Array, second: Array) -> float | None:
    """Pearson's r is the cosine of the deviations from the means."""
    deviations = [np.asarray(curve, np.float64) - np.mean(curve, dtype=np.float64) for curve in (first, second)]
    if any(np.abs(each).max() < 1e-9 for each in deviations):
        return None
    return cosine(*deviations)


def _unit(vector: Array) -> Array | None:
    vector = np.asarray(vector, np.float64)
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length == 0:
        return None
    unit: Array = vector / length
    return unit


def _normalised(rows: Array) -> Array:
    rows = np.asarray(rows, np.float64)
    normalised: Array = rows / rows.sum(axis=-1, keepdims=True)
    return normalised


def _relative_entropy(p: Array, q: Array) -> Array:
    """Σ p log2(p / q) over the last axis, with 0 log 0 = 0."""
    ratio = np.divide(p, q, out=np.ones_like(p), where=p > 0)
    entropy: Array = (p * np.log2(ratio)).sum(axis=-1)
    return entropy
