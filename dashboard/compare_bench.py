"""What a comparison on screen is made of: its sides, and the common axis they are laid on. Knows no Streamlit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.acoustics.loudness import Loudness
from core.curves.decimation import bucket_means, extremes
from core.emotions import EMOTION_KEYS
from core.results import Analysis, Array
from dashboard.compare_view import COLOURS, LETTERS, CompareView
from dashboard.pictures import Picture
from dashboard.timeline_view import TimelineView
from dashboard.workbench import Workbench

if TYPE_CHECKING:
    from core.comparison import Comparison, NoiseFloor

LOOK = TimelineView()  # how the curves of every side are smoothed, and where silence is kept apart
STEPS = 400  # moments at which sides are held against each other
LINE_BUCKETS = 300  # a line holds two points each
WARP_STEP_S, MAX_WARP_KNOTS = 0.04, 3000


@dataclass(frozen=True)
class Side:
    """One clip of a comparison. `name` came from outside.

    Attributes:
        at: its place, which gives letter, colour and dash.
    """

    id: str
    at: int
    name: str
    bench: Workbench
    picture: Picture
    loudness: Loudness

    @property
    def letter(self) -> str:
        return LETTERS[self.at]

    @property
    def colour(self) -> str:
        return COLOURS[self.at]

    @property
    def analysis(self) -> Analysis:
        return self.bench.analysis

    @property
    def duration_s(self) -> float:
        return self.bench.analysis.duration_s


@dataclass(frozen=True)
class Warp:
    """A clip's own time over the common axis: piecewise linear, neither column ever decreasing.

    Attributes:
        axis: (k,) float64; `times_s`: (k,) float64.
    """

    axis: Array
    times_s: Array

    def times_at(self, moments: Array) -> Array:
        """(n,) moments of the axis → (n,) seconds of the clip."""
        found: Array = np.interp(moments, self.axis, self.times_s)
        return found

    def moments_at(self, times_s: Array) -> Array:
        """(n,) seconds of the clip → (n,) moments of the axis, NaN for those the axis does not hold."""
        found: Array = np.interp(times_s, self.times_s, self.axis, left=np.nan, right=np.nan)
        return found


@dataclass(frozen=True)
class Axis:
    """What "the same moment" means.

    Attributes:
        unit: of compare_view.AXES.
        end: where the axis ends; it begins at 0.
        warps: of each side.
    """

    unit: str
    end: float
    warps: tuple[Warp, ...]


@dataclass(frozen=True)
class CompareBench:
    """The sides in their order, the reference among them, and what was found between them, once it is."""

    sides: tuple[Side, ...]
    reference: int
    comparison: "Comparison | None" = None

    @property
    def against(self) -> Side:
        return self.sides[self.reference]

    @property
    def others(self) -> tuple[Side, ...]:
        return tuple(side for side in self.sides if side.at != self.reference)

    @property
    def labels(self) -> tuple[str, ...]:
        """What the checkpoint can say, in the order of the nine."""
        return tuple(key for key in EMOTION_KEYS if key in self.against.analysis.labels)

    def axis(self, unit: str) -> Axis:
        """The common axis; seconds where clips are to be aligned and are not yet."""
        if unit == "percent":
            return Axis(unit, 100.0, tuple(_straight(100.0, side.duration_s) for side in self.sides))
        if unit == "aligned" and self.comparison is not None:
            return Axis(unit, self.against.duration_s, tuple(self._aligned(side) for side in self.sides))
        end_s = max(side.duration_s for side in self.sides)
        return Axis("seconds", end_s, tuple(_straight(end_s, end_s) for _ in self.sides))

    def _aligned(self, side: Side) -> Warp:
        reference_s = self.against.duration_s
        alignment = None if self.comparison is None else self.comparison.alignment(self.reference, side.at)
        if side.at == self.reference or alignment is None:
            return _straight(reference_s, reference_s if side.at == self.reference else side.duration_s)
        moments = np.linspace(0, reference_s, int(np.clip(reference_s / WARP_STEP_S, 2, MAX_WARP_KNOTS)))
        return Warp(moments, alignment.warp(moments))


def shown_labels(bench: CompareBench, view: CompareView) -> tuple[str, ...]:
    """The emotions that are drawn: the chosen one, or all that lead at some moment of some side, and the verdicts."""
    if view.emotion in bench.labels:
        return (str(view.emotion),)
    leading = {side.analysis.label for side in bench.sides}
    for side in bench.sides:
        _, values = side.bench.curves(LOOK)
        counts = np.bincount(values.argmax(axis=1), minlength=len(side.analysis.labels)) / len(values)
        leading |= {label for label, share in zip(side.analysis.labels, counts, strict=True) if share >= 0.05}
    return tuple(key for key in bench.labels if key in leading)


def line_of(side: Side, warp: Warp, label: str) -> tuple[Array, Array]:
    """Moments (n,) and per cents (n,), NaN where nobody speaks; every peak is kept."""
    times_s, values = side.bench.curves(LOOK)
    percent = 100 * values[:, side.analysis.labels.index(label)]
    speech = side.bench.heard(LOOK)
    if speech is not None:
        percent = np.where(speech.mask(times_s), percent, np.nan)
    moments = warp.moments_at(times_s)
    inside = np.isfinite(moments)
    return extremes(moments[inside], percent[inside], LINE_BUCKETS)


def at_moments(side: Side, warp: Warp, moments: Array) -> Array:
    """(n, num_labels) probabilities at moments of the axis, NaN where the clip is over."""
    times_s, values = bucket_means(*side.bench.curves(LOOK), 2 * STEPS)
    wanted_s = warp.times_at(moments)
    found = np.stack([np.interp(wanted_s, times_s, column) for column in values.T], axis=1)
    found[wanted_s > side.duration_s + 1e-6] = np.nan
    return found


def difference_of(bench: CompareBench, axis: Axis, side: Side, label: str) -> tuple[Array, Array]:
    """Moments (STEPS,) and how many points the side is above the reference there (STEPS,).

    NaN where one of them is over, or where neither speaks.
    """
    moments = np.linspace(0, axis.end, STEPS)
    index = bench.against.analysis.labels.index(label)
    both = (side, bench.against)
    own, reference = (at_moments(each, axis.warps[each.at], moments)[:, index] for each in both)
    spoken = [_spoken(each, axis.warps[each.at].times_at(moments)) for each in both]
    return moments, np.where(spoken[0] | spoken[1], 100 * (own - reference), np.nan)


def _spoken(side: Side, times_s: Array) -> Array:
    speech = side.bench.heard(LOOK)
    return np.ones(len(times_s), bool) if speech is None else speech.mask(times_s)


def with_noise(comparison: "Comparison", floors: Mapping[str, "NoiseFloor"]) -> "Comparison":
    """The comparison once the noise of its clips is known, by their SHA-256."""
    from core.comparison.noise import pair_level

    clips = tuple(replace(clip, noise=floors.get(clip.analysis.sha256, clip.noise)) for clip in comparison.clips)

    def judged(i: int, j: int) -> "object":
        pair, level = comparison.pairs[i][j], pair_level(clips[i].noise, clips[j].noise)
        different = False if pair.is_same_sound else None if level is None else pair.js_distance > level
        return replace(pair, noise_level=level, is_different=different)

    size = range(len(clips))
    pairs = tuple(tuple(judged(i, j) for j in size) for i in size)
    return replace(comparison, clips=clips, pairs=pairs)  # type: ignore[arg-type]  # of Pair


def reordered(comparison: "Comparison", order: Sequence[int], reference: int) -> "Comparison":
    """The same clips, or some of them, in another order: nothing is measured again."""
    from itertools import combinations

    pairs = tuple(
        tuple(replace(comparison.pairs[a][b], reference=i, other=j) for j, b in enumerate(order))
        for i, a in enumerate(order)
    )
    found = {(i, j): comparison.alignment(order[i], order[j]) for i, j in combinations(range(len(order)), 2)}
    alignments = {key: alignment for key, alignment in found.items() if alignment is not None}
    clips = tuple(comparison.clips[k] for k in order)
    return replace(comparison, clips=clips, reference=reference, pairs=pairs, alignments=alignments)


def _straight(end: float, end_s: float) -> Warp:
    return Warp(np.array([0.0, end]), np.array([0.0, end_s]))
