"""The mathematics of emotion curves: pure, arrays in and figures out."""

import numpy as np

from core.results import Array


def change_point(values: Array) -> int:
    """Where a curve changes most: the frame at which its second part begins.

    The split whose two parts lie closest to their own means,
    argmin_k Σ_{t<k} |x_t − x̄_{<k}|² + Σ_{t≥k} |x_t − x̄_{≥k}|²: the least-squares estimate of a single change in mean
    (Bai 1994, J. Time Series Analysis 15(5); the first split of binary segmentation), found exactly from running sums.

    Args:
        values: (num_frames, num_columns) or (num_frames,); at least two frames.

    Returns:
        k, from 1 to num_frames − 1.

    Raises:
        ValueError: fewer than two frames.
    """
    columns = np.asarray(values, dtype=np.float64).reshape(len(values), -1)
    num_frames = len(columns)
    if num_frames < 2:
        raise ValueError(f"a change needs at least two frames, not {num_frames}")
    sums = np.cumsum(columns - columns.mean(axis=0), axis=0)[:-1]
    before = np.arange(1, num_frames, dtype=np.float64)
    # With the overall mean taken out, the two parts' squared errors are Σ|x|² − |S_k|² · n / (k (n − k)).
    explained = np.square(sums).sum(axis=1) / (before * (num_frames - before))
    return int(explained.argmax()) + 1
