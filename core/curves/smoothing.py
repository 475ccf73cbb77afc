"""Curves made easier to read: smoothed, and averaged over longer steps. The verdict never comes from these."""

from typing import Literal

import numpy as np

from core.results import FRAME_RATE_HZ, Array

Method = Literal["none", "moving average", "savitzky-golay"]
METHODS: tuple[Method, ...] = ("none", "moving average", "savitzky-golay")
SAVGOL_ORDER = 2
MAX_SMOOTHING_S = 3.0


def smooth(values: Array, method: Method, seconds: float, rate_hz: float = FRAME_RATE_HZ) -> Array:
    """A curve smoothed along its first axis; same shape, float64.

    "moving average" is the mean of the window's part that lies inside the curve; "savitzky-golay" fits a parabola to
    each window (Savitzky & Golay 1964, Anal. Chem. 36(8); SciPy's `savgol_filter`, the first and last windows' fits at
    the ends). A window is the odd number of steps nearest to `seconds`, at most the whole curve.

    Raises:
        ValueError: an unknown method, or `seconds` outside 0 to MAX_SMOOTHING_S.
    """
    if method not in METHODS:
        raise ValueError(f"method is {method!r}; it must be one of {', '.join(METHODS)}")
    if not 0 <= seconds <= MAX_SMOOTHING_S:
        raise ValueError(f"seconds is {seconds}; it must be from 0 to {MAX_SMOOTHING_S:g}")
    curve = np.asarray(values, dtype=np.float64)
    half = min(round(seconds * rate_hz / 2), (len(curve) - 1) // 2)
    if method == "none" or half < 1:
        return curve.copy()
    if method == "moving average":
        return _moving_average(curve, half)
    if half * 2 + 1 <= SAVGOL_ORDER:
        return curve.copy()
    from scipy.signal import savgol_filter  # half a second of imports

    smoothed: Array = savgol_filter(curve, 2 * half + 1, SAVGOL_ORDER, axis=0, mode="interp")
    return smoothed


def smooth_probabilities(probabilities: Array, method: Method, seconds: float, rate_hz: float = FRAME_RATE_HZ) -> Array:
    """As `smooth`, and still probabilities: a parabola's overshoot is cut off and every step sums to 1."""
    smoothed = smooth(probabilities, method, seconds, rate_hz).clip(min=0.0)
    out: Array = smoothed / smoothed.sum(axis=1, keepdims=True).clip(min=1e-12)
    return out


def averaged(times_s: Array, values: Array, steps: int) -> tuple[Array, Array]:
    """Means over every `steps` neighbouring steps, the last over what is left: times (n,) and values (n, …), float64.

    Raises `ValueError` when `steps` is below 1.
    """
    if steps < 1:
        raise ValueError(f"steps is {steps}; it must be at least 1")
    starts = np.arange(0, len(times_s), steps)
    if len(starts) == 0:
        return np.zeros(0), np.zeros((0, *np.shape(values)[1:]))
    sizes = np.diff(np.append(starts, len(times_s)))
    summed = np.add.reduceat(np.asarray(values, dtype=np.float64), starts, axis=0)
    shape = (-1, *[1] * (summed.ndim - 1))
    return np.add.reduceat(np.asarray(times_s, dtype=np.float64), starts) / sizes, summed / sizes.reshape(shape)


def _moving_average(curve: Array, half: int) -> Array:
    sums = np.concatenate([np.zeros((1, *curve.shape[1:])), np.cumsum(curve, axis=0)])
    steps = np.arange(len(curve))
    low, high = np.maximum(steps - half, 0), np.minimum(steps + half + 1, len(curve))
    out: Array = (sums[high] - sums[low]) / (high - low).reshape(-1, *[1] * (curve.ndim - 1))
    return out
