"""Very many points as one image: how many lie in each pixel, and what they are (datashader). Pure."""

import base64
import io
import threading
from collections.abc import Sequence

import numpy as np

from core.results import Array

WIDTH_PX, HEIGHT_PX = 900, 600
FAINTEST = 60  # of 255: a single point is still seen
RAMP = ("#00224E", "#35456C", "#666970", "#948E77", "#C8B866", "#FEE838")  # Cividis in six steps
PLAIN = ("#0072B2",)
_lock = threading.Lock()  # numba compiles once, and datashader's own caches are not made for threads


def density_png(
    positions: Array,
    x: tuple[float, float],
    y: tuple[float, float],
    *,
    codes: Array | None = None,
    shades: Sequence[str] | None = None,
    numbers: Array | None = None,
) -> str:
    """A PNG as a `data:` address: (num_points, 2) positions within `x` and `y`, the ground transparent.

    Args:
        codes: (num_points,) int, each point's category, in the colours `shades`.
        numbers: (num_points,) float, in a ramp of each pixel's mean.
    """
    import datashader as ds
    import datashader.transfer_functions as tf
    import pandas as pd

    frame = pd.DataFrame({"x": positions[:, 0].astype(np.float64), "y": positions[:, 1].astype(np.float64)})
    canvas = ds.Canvas(WIDTH_PX, HEIGHT_PX, x_range=x, y_range=y)
    with _lock:
        if codes is not None and shades:
            frame["code"] = pd.Categorical(codes, categories=range(len(shades)))
            counts = canvas.points(frame, "x", "y", ds.by("code", ds.count()))
            image = tf.shade(counts, color_key=dict(enumerate(shades)), how="eq_hist", min_alpha=FAINTEST)
        elif numbers is not None:
            frame["number"] = numbers.astype(np.float64)
            image = tf.shade(canvas.points(frame, "x", "y", ds.mean("number")), cmap=list(RAMP), how="linear")
        else:
            counts = canvas.points(frame, "x", "y", ds.count())
            image = tf.shade(counts, cmap=list(PLAIN), how="eq_hist", min_alpha=FAINTEST)
        picture = tf.dynspread(image, threshold=0.5, max_px=2).to_pil()
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
