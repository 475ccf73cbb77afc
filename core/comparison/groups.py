"""Two sets of clips: does one of them sound more of an emotion, by how much, and could that be chance?

What is compared is the probability of each emotion, one value a unit. A unit is a clip; or, where it is known who
speaks, a speaker's mean in a group, as clips of one speaker are no independent witnesses. Tests permute what chance
could have dealt out otherwise, and so need no distribution (Good 2005, Permutation, Parametric and Bootstrap Tests).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.emotions import EMOTION_KEYS
from core.errors import ComparisonError
from core.results import Analysis, Array
from core.said import said

DRAWN_AT_ONCE = 500  # permutations: 6,000 clips are then 24 MB
DESIGNS = ("paired", "stratified", "speakers", "clips")
MIN_PAIRS = 6  # sign flips of five speakers cannot come below p = 2 / 2^5 = 0.06
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Group:
    """A set of clips.

    Attributes:
        scores: (num_clips, num_labels) float: the probability of each of `labels`.
        speakers: who speaks in each clip, "" where that is not known; empty where it is known of none.
    """

    name: str
    scores: Array
    labels: tuple[str, ...] = EMOTION_KEYS
    speakers: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, analyses: Sequence[Analysis], speakers: Sequence[str] = ()) -> "Group":
        """The group of these analyses; `ComparisonError` where there are none, or of several checkpoints."""
        if not analyses:
            raise ComparisonError(
                said("groups.empty", "The group {name!r} has no clips; put at least two into it.", name=name)
            )
        origins = {(each.checkpoint.id, each.checkpoint.revision, each.labels) for each in analyses}
        if len(origins) > 1:
            found = ", ".join(sorted(f"{checkpoint} ({revision})" for checkpoint, revision, _ in origins))
            raise ComparisonError(
                said(
                    "groups.mixed",
                    "The clips of the group {name!r} were heard by {found}; analyse all with the same checkpoint.",
                    name=name, found=found,
                )
            )  # fmt: skip
        labels = analyses[0].labels
        return cls(name, np.array([[each.scores[key] for key in labels] for each in analyses]), labels, tuple(speakers))


@dataclass(frozen=True, slots=True)
class GroupOptions:
    """How groups are compared.

    Attributes:
        design: one of `DESIGNS`, or "auto": paired where `MIN_PAIRS` speakers are in both groups, else stratified where
            any is, else of speakers where each group has two or more of them, else of clips.
        permutations: how many are drawn where not all can be gone through.
    """

    design: str = "auto"
    permutations: int = 9999
    seed: int = 0


@dataclass(frozen=True, slots=True)
class GroupTest:
    """One emotion's difference, of the second group against the first; None where it cannot be told.

    Attributes:
        mean_a, mean_b, difference: means of the units' probabilities, and b's less a's.
        cliffs_delta: share of pairs in which b's is larger less the share in which it is smaller, −1 to 1.
        hedges_g, hedges_g_low, hedges_g_high: difference in pooled standard deviations, with its 95 % interval.
        p: two-sided, of the permutation test; p_holm and p_bh are corrected for the emotions tested beside it:
            family-wise (Holm 1979) and by false discovery rate (Benjamini & Hochberg 1995).
    """

    emotion: str
    mean_a: float
    mean_b: float
    difference: float
    cliffs_delta: float
    hedges_g: float | None
    hedges_g_low: float | None
    hedges_g_high: float | None
    p: float
    p_holm: float
    p_bh: float


@dataclass(frozen=True)
class GroupComparison:
    """Two groups held against each other, emotion by emotion.

    Attributes:
        design: which of `DESIGNS` it was.
        units_a, units_b: clips or speakers that were counted on each side; `clips_a`, `clips_b` all clips.
        values_a, values_b: (units, num_labels): what was compared, for plots of the distributions.
        permutations: how many were gone through; `exact` where those were all there are.
    """

    name_a: str
    name_b: str
    design: str
    tests: tuple[GroupTest, ...]
    clips_a: int
    clips_b: int
    values_a: Array
    values_b: Array
    labels: tuple[str, ...]
    permutations: int
    exact: bool

    @property
    def units_a(self) -> int:
        return len(self.values_a)

    @property
    def units_b(self) -> int:
        return len(self.values_b)


def compare_groups(a: Group, b: Group, options: GroupOptions = GroupOptions()) -> GroupComparison:
    """Hold group b against group a.

    The designs, by what may be exchanged if the groups did not differ: "paired", the signs of the differences of
    speakers who are in both; "stratified", the clips of each speaker among themselves; "speakers", whole speakers, each
    by the mean of their clips; "clips", every clip. The statistic is always the difference of means.

    Raises:
        ComparisonError: a group of fewer than two clips, other labels, speakers that are missing for a design that
            needs them, or too few of them.
        ValueError: an unknown design.
    """
    _check(a, b)
    design = _design(a, b) if options.design == "auto" else options.design
    if design not in DESIGNS:
        raise ValueError(f"{design!r} is no design; there are auto, {', '.join(DESIGNS)}")
    if design != "clips" and not (_known(a) and _known(b)):
        raise ComparisonError(f"A {design} comparison needs the speaker of every clip; name them, or compare clips.")
    first, second = _units(a, b, design)
    _check_units(a, b, design, first, second)
    if design == "stratified":
        p, count, exact = _stratified_p(a, b, options)
    else:
        p, count, exact = _permuted_p(first, second, design == "paired", options)
    tests = _tests(a.labels, first, second, p, design == "paired")
    return GroupComparison(
        a.name, b.name, design, tests, len(a.scores), len(b.scores), first, second, a.labels, count, exact
    )


def cliffs_delta(a: Array, b: Array) -> float:
    """P(b > a) − P(b < a), from −1 to 1 (Cliff 1993, Psychological Bulletin 114(3)): 2 U / (n m) − 1.

    U is Mann & Whitney's of b, which is how SciPy counts the pairs, ties as halves.
    """
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([b, a]))
    u = ranks[: len(b)].sum() - len(b) * (len(b) + 1) / 2
    return float(2 * u / (len(a) * len(b)) - 1)


def hedges_g(a: Array, b: Array, paired: bool = False) -> tuple[float, float, float] | None:
    """b's mean less a's in pooled standard deviations, without bias for small samples, and its 95 % interval.

    g = J d with the exact J = Γ(f/2) / (√(f/2) Γ((f − 1)/2)), f = n + m − 2 (Hedges 1981, J. Educ. Statistics 6(2)).
    The interval is normal, with the variance (n + m)/(n m) + g²/(2 (n + m)) (Hedges & Olkin 1985); for n pairs with
    correlation r, 2 (1 − r) (1/n + g²/(2 n)) (Borenstein et al. 2009, ch. 4), J with f = n − 1.

    Returns:
        g and the interval's two ends; None where neither group varies or there are not enough.
    """
    from scipy.special import gammaln
    from scipy.stats import norm

    n, m = len(a), len(b)
    free = n - 1 if paired else n + m - 2
    if free < 2 or min(n, m) < 2:
        return None
    pooled = np.sqrt(((n - 1) * a.var(ddof=1) + (m - 1) * b.var(ddof=1)) / (n + m - 2))
    if not pooled > 1e-12:
        return None
    correction = np.exp(gammaln(free / 2) - gammaln((free - 1) / 2)) / np.sqrt(free / 2)
    g = float(correction * (b.mean() - a.mean()) / pooled)
    if paired:
        varies = min(a.std(), b.std()) > 1e-12
        r = float(np.corrcoef(a, b)[0, 1]) if varies else 0.0
        variance = 2 * (1 - r) * (1 / n + g**2 / (2 * n))
    else:
        variance = (n + m) / (n * m) + g**2 / (2 * (n + m))
    half = float(norm.ppf((1 + CONFIDENCE) / 2) * np.sqrt(max(variance, 0.0)))
    return g, g - half, g + half


def holm(p: Array) -> Array:
    """(k,) p-values corrected so that the chance of any false alarm stays (Holm 1979, Scand. J. Statistics 6(2))."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected


def _check(a: Group, b: Group) -> None:
    for group in (a, b):
        if len(group.scores) < 2:
            count = len(group.scores)
            raise ComparisonError(
                said(
                    "groups.single", "The group {name!r} has {count} clip; a comparison of groups needs two each.",
                    name=group.name, count=count,
                )
            )  # fmt: skip
        if group.speakers and len(group.speakers) != len(group.scores):
            raise ValueError(f"{group.name!r}: {len(group.speakers)} speakers of {len(group.scores)} clips")
        if not np.isfinite(group.scores).all():
            raise ComparisonError(f"The group {group.name!r} holds scores that are not finite; analyse them again.")
    if a.labels != b.labels:
        raise ComparisonError(
            f"{a.name!r} is scored by {', '.join(a.labels)} and {b.name!r} by {', '.join(b.labels)}; analyse both with "
            "the same checkpoint."
        )


def _known(group: Group) -> bool:
    return bool(group.speakers) and all(group.speakers)


def _design(a: Group, b: Group) -> str:
    if not (_known(a) and _known(b)):
        return "clips"
    one, two = set(a.speakers), set(b.speakers)
    if len(one & two) >= MIN_PAIRS:
        return "paired"
    if one & two:
        return "stratified"
    return "speakers" if min(len(one), len(two)) > 1 else "clips"


def _units(a: Group, b: Group, design: str) -> tuple[Array, Array]:
    """The rows that are compared, of each group; in the paired design in the same order of speakers."""
    if design == "paired":
        both = sorted(set(a.speakers) & set(b.speakers))
        return _speaker_means(a, both), _speaker_means(b, both)
    if design == "speakers":
        return _speaker_means(a, sorted(set(a.speakers))), _speaker_means(b, sorted(set(b.speakers)))
    return np.asarray(a.scores, np.float64), np.asarray(b.scores, np.float64)


def _speaker_means(group: Group, speakers: Sequence[str]) -> Array:
    """(num_speakers, num_labels)."""
    said = np.array(group.speakers)
    scores = np.asarray(group.scores, np.float64)
    means = [scores[said == speaker].mean(axis=0) for speaker in speakers]
    return np.array(means).reshape(len(means), scores.shape[1])


def _check_units(a: Group, b: Group, design: str, first: Array, second: Array) -> None:
    if design == "stratified" and not set(a.speakers) & set(b.speakers):
        raise ComparisonError(
            said("groups.nobody_in_both", "No speaker is in both groups; compare speakers or clips instead.")
        )
    if min(len(first), len(second)) < 2:
        if design == "paired":
            why = said("groups.few_in_both", "There are fewer than two speakers in both groups; compare clips instead.")
        else:
            why = said("groups.few_in_each", "There are fewer than two speakers in each group; compare clips instead.")
        raise ComparisonError(why)


def _permuted_p(first: Array, second: Array, paired: bool, options: GroupOptions) -> tuple[Array, int, bool]:
    """(num_labels,) two-sided p-values by SciPy, how many permutations that took, and whether they were all."""
    from math import comb

    from scipy.stats import permutation_test

    def difference(x: Array, y: Array, axis: int = -1) -> Array:
        found: Array = y.mean(axis=axis) - x.mean(axis=axis)
        return found

    every = 2 ** len(first) if paired else comb(len(first) + len(second), len(first))
    found = permutation_test(
        (first.T, second.T),
        difference,
        permutation_type="samples" if paired else "independent",
        vectorized=True,
        n_resamples=options.permutations,
        batch=max(1, 2_000_000 // (first.size + second.size)),
        axis=-1,
        rng=np.random.default_rng(options.seed),
    )
    return np.asarray(found.pvalue, np.float64), min(every, options.permutations), every <= options.permutations


def _stratified_p(a: Group, b: Group, options: GroupOptions) -> tuple[Array, int, bool]:
    """(num_labels,) two-sided p-values: clips change groups only within their speaker.

    p = (1 + as extreme or more) / (1 + drawn), which is never 0 (Phipson & Smyth 2010, Stat. Appl. Genet. Mol. 9(1)).
    """
    scores = np.concatenate([a.scores, b.scores]).astype(np.float64)
    speakers = np.unique(np.array([*a.speakers, *b.speakers]), return_inverse=True)[1]
    is_b = np.repeat([False, True], [len(a.scores), len(b.scores)])
    weights = np.where(is_b, 1 / is_b.sum(), -1 / (~is_b).sum())
    rng = np.random.default_rng(options.seed)
    lots = [min(DRAWN_AT_ONCE, options.permutations - done) for done in range(0, options.permutations, DRAWN_AT_ONCE)]
    found = np.concatenate([_shuffled(weights, speakers, count, rng) @ scores for count in lots])
    observed = weights @ scores
    slack = 1e-12 + 1e-9 * np.abs(observed)  # sums in another order are as extreme
    higher = (found >= observed - slack).sum(axis=0)
    lower = (found <= observed + slack).sum(axis=0)
    p = 2 * (1 + np.minimum(higher, lower)) / (1 + options.permutations)
    return np.minimum(p, 1.0), options.permutations, False


def _shuffled(weights: Array, speakers: Array, count: int, rng: np.random.Generator) -> Array:
    """(count, n): the weights in an order of chance, each speaker's among their own clips."""
    drawn: Array = np.tile(weights, (count, 1))
    for speaker in np.unique(speakers):
        own = np.flatnonzero(speakers == speaker)
        drawn[:, own] = rng.permuted(drawn[:, own], axis=1)
    return drawn


def _tests(labels: Sequence[str], first: Array, second: Array, p: Array, paired: bool) -> tuple[GroupTest, ...]:
    from scipy.stats import false_discovery_control

    corrected = holm(p), false_discovery_control(p, method="bh")
    tests = []
    for k, label in enumerate(labels):
        x, y = first[:, k], second[:, k]
        g, low, high = hedges_g(x, y, paired) or (None, None, None)
        means = float(x.mean()), float(y.mean())
        tests.append(
            GroupTest(
                label, *means, means[1] - means[0], cliffs_delta(x, y), g, low, high,
                float(p[k]), float(corrected[0][k]), float(corrected[1][k]),
            )
        )  # fmt: skip
    return tuple(tests)
