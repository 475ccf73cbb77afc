"""Long recordings → overlapping windows, and back to one 50 Hz curve.

A clip no longer than one window is heard at once. A longer one is cut into equal cores; each is heard with a margin of
context on either side, whose frames are thrown away. Every window is normalised with the *whole recording's* mean and
variance, as if the network had heard it all: against full context frame scores then differ by at most 0.012 and the
utterance's by 6e-4 with 30 s cores and 2 s margins (measured on emotion2vec at large size).
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from core.model.engine import Window
from core.results import (
    FRAME_FIELD_SAMPLES,
    FRAME_HOP_SAMPLES,
    FRAME_RATE_HZ,
    SAMPLE_RATE_HZ,
    Array,
    FrameScores,
    num_frames_of,
)

CHUNK_SAMPLES = 60 * SAMPLE_RATE_HZ  # statistics are taken a minute at a time


def split(samples: Array, window_s: float = 30.0, margin_s: float = 2.0) -> list[Window]:
    """Cut (num_samples,) samples into windows that together keep every frame exactly once.

    Args:
        window_s: length of a window's core; a clip up to this long is one window.
        margin_s: context heard on either side of a core. The network's own reach is 0.9 s (its five positional
            convolutions see 45 frames), so that less than 1 s is audible in the result.

    Raises:
        ValueError: `window_s` shorter than a frame, or `margin_s` negative.
    """
    if window_s * FRAME_RATE_HZ < 1 or margin_s < 0:
        raise ValueError(f"window_s={window_s}, margin_s={margin_s}: a window holds a frame or more, a margin is ≥ 0")
    mean, variance = mean_and_variance(samples)
    if samples.shape[0] <= window_s * SAMPLE_RATE_HZ:
        return [Window(samples, mean, variance)]
    num_frames = num_frames_of(samples.shape[0])
    count = math.ceil(num_frames / int(window_s * FRAME_RATE_HZ))
    edges = [index * num_frames // count for index in range(count + 1)]
    margin = math.ceil(margin_s * FRAME_RATE_HZ)
    return [_window(samples, first, last, margin, num_frames, mean, variance) for first, last in pairwise(edges)]


def _window(
    samples: Array, first: int, last: int, margin: int, num_frames: int, mean: float, variance: float
) -> Window:
    """The window whose core is frames [first, last) of the recording."""
    start, stop = max(0, first - margin), min(num_frames, last + margin)
    end_sample = (stop - 1) * FRAME_HOP_SAMPLES + FRAME_FIELD_SAMPLES if stop < num_frames else samples.shape[0]
    view = samples[start * FRAME_HOP_SAMPLES : end_sample]
    return Window(view, mean, variance, keep_from=first - start, keep_to=last - start)


def stitch(parts: Sequence[FrameScores]) -> FrameScores:
    """Join the kept frames of consecutive windows; the pooled embedding is the mean over all frames.

    Raises `ValueError` for no parts at all.
    """
    if not parts:
        raise ValueError("there are no windows to stitch")
    counts = np.array([part.num_frames for part in parts], dtype=np.float64)
    pooled = np.average([part.pooled for part in parts], axis=0, weights=counts).astype(np.float32)
    embeddings = [part.embeddings for part in parts if part.embeddings is not None]
    return FrameScores(
        np.concatenate([part.logits for part in parts]),
        pooled,
        np.concatenate(embeddings) if len(embeddings) == len(parts) else None,
    )


def mean_and_variance(samples: Array) -> tuple[float, float]:
    """Mean and biased variance of (num_samples,) samples in float64, a minute at a time."""
    mean = sum(float(chunk.sum(dtype=np.float64)) for chunk in _chunks(samples)) / samples.shape[0]
    squares = sum(float(np.square(chunk - mean, dtype=np.float64).sum()) for chunk in _chunks(samples))
    return mean, squares / samples.shape[0]


def _chunks(samples: Array) -> Iterator[Array]:
    for start in range(0, samples.shape[0], CHUNK_SAMPLES):
        yield samples[start : start + CHUNK_SAMPLES]
