"""Fewer points for the eye, without losing what stands out."""

from itertools import pairwise

import numpy as np

from core.results import Array


def extremes(times_s: Array, values: Array, buckets: int) -> tuple[Array, Array]:
    """The lowest and the highest value of each of `buckets` equal stretches: no peak of a curve is ever lost.

    The idea of min-max decimation (Steinarsson 2013, "Downsampling Time Series for Visual Representation"). NaN counts
    only where a stretch holds nothing else. With at most two values a stretch, the curve as it is.

    Args:
        times_s: (n,), evenly spaced; `values`: (n, …).

    Returns:
        Times (2 · buckets,) and values (2 · buckets, …), both float64, or all n.
    """
    count = len(times_s)
    curve = np.asarray(values, dtype=np.float64)
    if count <= 2 * buckets:
        return np.asarray(times_s, dtype=np.float64), curve
    edges = np.arange(buckets + 1) * count // buckets
    starts = edges[:-1]
    found = np.empty((2 * buckets, *curve.shape[1:]))
    found[0::2], found[1::2] = np.fmin.reduceat(curve, starts), np.fmax.reduceat(curve, starts)
    first, last = times_s[starts], times_s[edges[1:] - 1]
    quarter = (last - first) / 4
    times = np.stack([first + quarter, last - quarter], axis=1).ravel()
    return times, found


def bucket_means(times_s: Array, values: Array, buckets: int) -> tuple[Array, Array]:
    """Means over `buckets` equal stretches, for what must go on summing to one; all values where there are no more."""
    count = len(times_s)
    curve = np.asarray(values, dtype=np.float64)
    if count <= buckets:
        return np.asarray(times_s, dtype=np.float64), curve
    edges = np.arange(buckets + 1) * count // buckets
    sizes = np.diff(edges).reshape(-1, *[1] * (curve.ndim - 1))
    return np.add.reduceat(times_s, edges[:-1]) / np.diff(edges), np.add.reduceat(curve, edges[:-1]) / sizes


def visible(spans_s: list[tuple[float, float]], start_s: float, end_s: float, pixels: int) -> list[tuple[float, float]]:
    """The spans within a view, neighbours closer than a pixel joined and what is shorter than one then left out."""
    pixel_s = (end_s - start_s) / pixels
    inside = [(max(a, start_s), min(b, end_s)) for a, b in spans_s if b > start_s and a < end_s]
    if len(inside) <= pixels // 4:
        return inside
    joins = [i for i, (one, other) in enumerate(pairwise(inside), start=1) if other[0] - one[1] >= pixel_s]
    joined = [(inside[begin][0], inside[end - 1][1]) for begin, end in pairwise([0, *joins, len(inside)])]
    return [(a, b) for a, b in joined if b - a >= pixel_s]
