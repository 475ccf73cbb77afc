"""Which moment of one clip is which moment of another: dynamic time warping of what is heard.

Mel-frequency cepstral coefficients and their slopes, normalised over each clip's own speech so that neither loudness
nor a voice's colour counts, are laid beside each other frame by frame with the least summed Euclidean distance
(Sakoe & Chiba 1978, IEEE Trans. ASSP 26(1)). Short clips are searched whole, by librosa; longer ones coarse to fine:
the path of the clips at half the rate, widened by a margin, is where the finer one is looked for (FastDTW: Salvador &
Chan 2007, Intelligent Data Analysis 11(5)), in time that grows with the length and not with its square.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from core.results import (
    FRAME_FIELD_SAMPLES,
    FRAME_HOP_SAMPLES,
    SAMPLE_RATE_HZ,
    Array,
    Waveform,
    frame_times_s,
    num_frames_of,
)

FFT_SAMPLES = 512
MEL_BANDS = 40
BLOCK_FRAMES = 3000  # a minute of spectra at a time, so that hours need little memory
MARGIN_FRAMES = 5  # kept before and after what is heard
SMOOTHED_STEPS = 5  # of the path on either side: a warp in steps of frames would sound like one
KNOT_EVERY = 5  # steps, 0.1 s at the most
STRICTLY = 1e-3  # of the straight line is mixed in, so that no moment takes no time and the warp can be undone


@dataclass(frozen=True, slots=True)
class AlignmentOptions:
    """How clips are aligned.

    Attributes:
        num_mfcc: coefficients; with their slopes twice as many features.
        quiet_db: what is this far below the 95th percentile of power at either end is silence, and left out.
        whole_frames: clips up to this long (in frames of 20 ms) are searched whole.
        radius_frames: how far from the coarse path, twice as wide as it is, the finer one may lie.
    """

    num_mfcc: int = 13
    quiet_db: float = 40.0
    whole_frames: int = 600
    radius_frames: int = 25


@dataclass(frozen=True)
class Features:
    """What of a clip is aligned.

    Attributes:
        values: (num_heard, 2 · num_mfcc) float32, mean 0 and variance 1 a column, of the frames from `first_frame` on.
        num_frames: of the whole clip, as the network counts them.
    """

    values: Array
    first_frame: int
    num_frames: int
    duration_s: float


@dataclass(frozen=True)
class Alignment:
    """Two clips laid beside each other, in seconds and in the network's frames.

    Attributes:
        path: (m, 2) int: frames of the reference and of the other clip that belong together, from the first that is
            heard of both to the last; each step advances one of them or both by one.
        cost: mean distance of the features along the path; 0 for a clip and itself.
        reference_s, other_s: durations.
    """

    path: Array
    cost: float
    reference_s: float
    other_s: float

    def warp(self, times_s: Array) -> Array:
        """The other clip's moments at the reference's: (n,) → (n,) seconds, never decreasing, within the other clip.

        Piecewise linear along the smoothed path; before what is heard and after it time runs alike in both.
        """
        return _interpolated(times_s, self.knots_s[:, 0], self.knots_s[:, 1], self.other_s)

    def warp_back(self, times_s: Array) -> Array:
        """The reference's moments at the other clip's: undoes `warp` but where that ran into an end."""
        return _interpolated(times_s, self.knots_s[:, 1], self.knots_s[:, 0], self.reference_s)

    def reversed(self) -> "Alignment":
        """The same with the roles exchanged."""
        return Alignment(self.path[:, ::-1], self.cost, self.other_s, self.reference_s)

    @cached_property
    def knots_s(self) -> Array:
        """(k, 2) float64: moments of the reference and of the other clip; both columns grow strictly."""
        centres_s = frame_times_s(int(self.path.max()) + 1)[self.path]
        smooth = _smoothed(centres_s)
        straight = np.linspace(smooth[0], smooth[-1], len(smooth))
        kept = np.unique(np.append(np.arange(0, len(smooth), KNOT_EVERY), len(smooth) - 1))
        knots: Array = ((1 - STRICTLY) * smooth + STRICTLY * straight)[kept]
        return knots if (np.diff(knots, axis=0) > 0).all() else knots[:1]  # a single frame: time runs alike around it


def align(reference: Waveform, other: Waveform, options: AlignmentOptions = AlignmentOptions()) -> Alignment:
    """Lay two clips beside each other; each must hold a frame, as whatever was analysed does."""
    return align_features(features_of(reference, options), features_of(other, options), options)


def features_of(waveform: Waveform, options: AlignmentOptions = AlignmentOptions()) -> Features:
    """The features of the network's own frames: frame t is that around (320 t + 200) / 16000 seconds."""
    import librosa  # up to six seconds the first time

    num_frames = max(1, num_frames_of(waveform.num_samples))
    powers = np.concatenate(
        [_powers(waveform.samples, first, min(first + BLOCK_FRAMES, num_frames)) for first in
         range(0, num_frames, BLOCK_FRAMES)], axis=1,
    )  # fmt: skip
    first, end = _heard(powers.sum(axis=0), options.quiet_db)
    coefficients = librosa.feature.mfcc(S=librosa.power_to_db(powers[:, first:end]), n_mfcc=options.num_mfcc)
    slopes = librosa.feature.delta(coefficients, mode="nearest")
    values = np.concatenate([coefficients, slopes]).T.astype(np.float64)
    scale = np.maximum(values.std(axis=0), 1e-6)
    normalised = np.ascontiguousarray((values - values.mean(axis=0)) / scale, dtype=np.float32)
    return Features(normalised, first, num_frames, waveform.duration_s)


def _powers(samples: Array, first: int, end: int) -> Array:
    """(MEL_BANDS, end − first) float32 of these frames; silence before the first sample and after the last."""
    import librosa

    start = first * FRAME_HOP_SAMPLES - (FFT_SAMPLES - FRAME_FIELD_SAMPLES) // 2
    stop = start + (end - first - 1) * FRAME_HOP_SAMPLES + FFT_SAMPLES
    inside = samples[max(0, start) : max(0, stop)]
    padded = np.pad(inside, (max(0, -start), stop - max(0, start) - len(inside)))
    powers: Array = librosa.feature.melspectrogram(
        y=padded, sr=SAMPLE_RATE_HZ, n_fft=FFT_SAMPLES, win_length=FRAME_FIELD_SAMPLES,
        hop_length=FRAME_HOP_SAMPLES, n_mels=MEL_BANDS, center=False,
    )  # fmt: skip
    return powers


def align_features(reference: Features, other: Features, options: AlignmentOptions = AlignmentOptions()) -> Alignment:
    """As `align`, of features that are there already."""
    path, cost = warping_path(reference.values, other.values, options)
    path = path + np.array([reference.first_frame, other.first_frame])
    return Alignment(path, cost / len(path), reference.duration_s, other.duration_s)


def warping_path(first: Array, second: Array, options: AlignmentOptions = AlignmentOptions()) -> tuple[Array, float]:
    """The path between (n, d) and (m, d) features, (steps, 2) int from (0, 0) to (n − 1, m − 1), and its summed cost.

    Exactly the least where the longer one has at most `options.whole_frames`, else the least near the coarser path.
    """
    if max(len(first), len(second)) <= options.whole_frames:
        return _searched_whole(first, second)
    coarse, _ = warping_path(_halved(first), _halved(second), options)
    low, high = _band(coarse, len(first), len(second), options.radius_frames)
    path, cost = _compiled()(first, second, low, high)
    return path, float(cost)


def warm_up() -> None:
    """Import and compile what an alignment needs, seconds on a machine's first time, so that nobody waits for it."""
    noise = np.random.default_rng(0).normal(size=(700, 4)).astype(np.float32)
    features_of(Waveform(noise[:, 0].repeat(10)))
    warping_path(noise, noise)


def _searched_whole(first: Array, second: Array) -> tuple[Array, float]:
    import librosa

    costs, path = librosa.sequence.dtw(first.T.astype(np.float64), second.T.astype(np.float64))
    return np.ascontiguousarray(path[::-1]).astype(np.int64), float(costs[-1, -1])


def _heard(power: Array, quiet_db: float) -> tuple[int, int]:
    """[first, end) of the frames between the first and the last that is loud, and a margin; all where there is none."""
    loud = np.flatnonzero(power > 10 ** (-quiet_db / 10) * np.quantile(power, 0.95))
    if len(loud) == 0:
        return 0, len(power)
    return max(0, int(loud[0]) - MARGIN_FRAMES), min(len(power), int(loud[-1]) + 1 + MARGIN_FRAMES)


def _halved(values: Array) -> Array:
    """Means of two frames each; an odd last one stays."""
    whole = len(values) // 2 * 2
    means = values[:whole].reshape(-1, 2, values.shape[1]).mean(axis=1)
    halved: Array = np.ascontiguousarray(np.concatenate([means, values[whole:]]), dtype=np.float32)
    return halved


def _band(coarse: Array, num_first: int, num_second: int, radius: int) -> tuple[Array, Array]:
    """For each of the finer first's frames the second's [low, high) that may belong to it: (n,) int64 each."""
    rows = np.arange(len(coarse) and int(coarse[-1, 0]) + 1)
    leftmost = coarse[np.searchsorted(coarse[:, 0], rows, side="left"), 1]
    rightmost = coarse[np.searchsorted(coarse[:, 0], rows, side="right") - 1, 1]
    low = np.repeat(2 * leftmost - radius, 2)[:num_first]
    high = np.repeat(2 * rightmost + 2 + radius, 2)[:num_first]
    widened = radius // 2  # also along the first: a coarse path may be early or late in both
    low = np.concatenate([np.repeat(low[:1], widened), low])[:num_first]
    high = np.concatenate([high, np.repeat(high[-1:], widened)])[widened : widened + num_first]
    return np.clip(low, 0, num_second - 1), np.clip(high, 1, num_second)


@cache
def _compiled() -> Callable[[Array, Array, Array, Array], tuple[Array, float]]:
    """The search in a band as machine code, kept on disk for the next process where that can be."""
    import numba

    try:
        compiled: Callable[[Array, Array, Array, Array], tuple[Array, float]]
        compiled = numba.njit(cache=True, nogil=True)(searched_in_band)
    except RuntimeError:  # nowhere to keep it
        compiled = numba.njit(nogil=True)(searched_in_band)
    return compiled


def searched_in_band(first: Array, second: Array, low: Array, high: Array) -> tuple[Array, float]:
    """The cheapest path from (0, 0) to the last of both that stays within [low, high) of each row, and its cost.

    `low` and `high` never decrease, so that what a row finds right of the row before is still infinite. Of equal ways
    the diagonal is taken, as librosa does. Plain loops, so that numba compiles it as it stands.
    """
    num_first, num_second, dim = first.shape[0], second.shape[0], first.shape[1]
    offsets = np.zeros(num_first + 1, np.int64)
    for i in range(num_first):
        offsets[i + 1] = offsets[i] + high[i] - low[i]
    came = np.zeros(offsets[num_first], np.int8)  # 0 diagonal, 1 along the second, 2 along the first
    above = np.full(num_second + 1, np.inf)  # sums of the row before, one to the right of their column
    here = np.full(num_second + 1, np.inf)
    above[0] = 0.0
    for i in range(num_first):
        here[low[i]] = np.inf  # left of the band; also column 0, which only the first row may come from
        for j in range(low[i], high[i]):
            square = 0.0
            for k in range(dim):
                step = first[i, k] - second[j, k]
                square += step * step
            best, how = above[j], 0
            if here[j] < best:
                best, how = here[j], 1
            if above[j + 1] < best:
                best, how = above[j + 1], 2
            here[j + 1] = best + np.sqrt(square)
            came[offsets[i] + j - low[i]] = how
        above, here = here, above
    path = np.empty((num_first + num_second, 2), np.int64)
    i, j, count = num_first - 1, num_second - 1, 0
    while True:
        path[count, 0], path[count, 1] = i, j
        count += 1
        if i == 0 and j == 0:
            break
        how = came[offsets[i] + j - low[i]]
        if how != 1:
            i -= 1
        if how != 2:
            j -= 1
    return path[:count][::-1].copy(), above[num_second]


def _smoothed(points: Array) -> Array:
    """(m, 2): the mean of SMOOTHED_STEPS on either side, of fewer at the ends, which stay: still never decreasing."""
    count = len(points)
    reach = np.minimum(np.minimum(np.arange(count), count - 1 - np.arange(count)), SMOOTHED_STEPS)
    sums = np.concatenate([np.zeros((1, 2)), np.cumsum(points, axis=0)])
    at = np.arange(count)
    smooth: Array = (sums[at + reach + 1] - sums[at - reach]) / (2 * reach + 1)[:, np.newaxis]
    return smooth


def _interpolated(times_s: Array, from_s: Array, to_s: Array, end_s: float) -> Array:
    times_s = np.asarray(times_s, np.float64)
    inside = np.interp(times_s, from_s, to_s)
    outside = np.minimum(times_s - from_s[0], 0.0) + np.maximum(times_s - from_s[-1], 0.0)
    moments: Array = np.clip(inside + outside, 0.0, end_s)
    return moments
