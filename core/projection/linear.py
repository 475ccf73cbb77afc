"""Principal components, always with the same signs."""

from dataclasses import dataclass

import numpy as np

from core.results import Array


@dataclass(frozen=True)
class Principal:
    """`(x − centre) @ axes.T`: `centre` (d,), `axes` (count, d), both float64."""

    centre: Array
    axes: Array


def principal(x: Array, count: int) -> Principal:
    """The first `count` principal axes of (n, d); axes that (n, d) does not have are zero."""
    from sklearn.decomposition import PCA

    x = np.asarray(x, np.float64)
    centre = x.mean(axis=0)
    axes = np.zeros((count, x.shape[1]))
    available = min(count, len(x) - 1, x.shape[1])
    if available > 0:
        solver = "covariance_eigh" if len(x) > x.shape[1] else "full"
        axes[:available] = PCA(available, svd_solver=solver).fit(x).components_
    return Principal(centre, axes)
