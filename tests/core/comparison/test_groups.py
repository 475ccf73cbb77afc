"""Two sets of clips: the figures are SciPy's, and chance alone is seldom called a difference."""

import numpy as np
import pytest
from scipy import stats

from core.comparison import Group, GroupOptions, compare_groups
from core.comparison.groups import cliffs_delta, hedges_g, holm
from core.errors import ComparisonError

LABELS = ("angry", "happy", "sad")


def group(name: str, size: int, seed: int, shift: float = 0.0, speakers: tuple[str, ...] = ()) -> Group:
    rng = np.random.default_rng(seed)
    return Group(name, rng.normal(size=(size, 3)) + np.array([shift, 0, 0]), LABELS, speakers)


def voices(count: int, each: int, prefix: str = "s") -> tuple[str, ...]:
    return tuple(f"{prefix}{k}" for k in range(count) for _ in range(each))


def difference(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
    return y.mean(axis=axis) - x.mean(axis=axis)


def test_p_values_are_scipys_exact_ones_for_few_clips() -> None:
    a, b = group("a", 5, 0), group("b", 6, 1, shift=2.0)
    found = compare_groups(a, b)
    assert found.design == "clips" and found.exact and found.permutations == 462
    for k, test in enumerate(found.tests):
        expected = stats.permutation_test((a.scores[:, k], b.scores[:, k]), difference, vectorized=True)
        assert test.p == pytest.approx(expected.pvalue) and test.difference == pytest.approx(expected.statistic)


def test_paired_p_values_are_scipys_of_speakers_means() -> None:
    a = group("a", 21, 0, speakers=voices(7, 3))
    b = group("b", 16, 1, shift=1.0, speakers=voices(8, 2))
    found = compare_groups(a, b)
    assert found.design == "paired" and found.exact and found.units_a == found.units_b == 7
    means = [np.array([g.scores[[i for i, s in enumerate(g.speakers) if s == f"s{k}"], 0].mean() for k in range(7)])
             for g in (a, b)]  # fmt: skip
    expected = stats.permutation_test(means, difference, permutation_type="samples", vectorized=True)
    assert found.tests[0].p == pytest.approx(expected.pvalue)
    assert found.tests[0].difference == pytest.approx(means[1].mean() - means[0].mean())


def test_stratified_p_values_are_near_scipys_where_there_is_one_speaker() -> None:
    """With one stratum it is the plain test, drawn instead of gone through."""
    a, b = group("a", 6, 0, speakers=("x",) * 6), group("b", 6, 3, shift=1.0, speakers=("x",) * 6)
    found = compare_groups(a, b)
    assert found.design == "stratified" and not found.exact
    for k, test in enumerate(found.tests):
        expected = stats.permutation_test((a.scores[:, k], b.scores[:, k]), difference, vectorized=True).pvalue
        assert test.p == pytest.approx(expected, abs=0.03)


def test_a_stratified_test_sees_through_a_speaker_who_fills_one_group() -> None:
    """One speaker is high and mostly in b; within each speaker there is no difference."""
    rng = np.random.default_rng(0)
    high = rng.normal(size=(22, 3)) + 5
    low = rng.normal(size=(22, 3))
    a = Group("a", np.concatenate([high[:2], low[:20]]), LABELS, ("h",) * 2 + ("l",) * 20)
    b = Group("b", np.concatenate([high[2:], low[20:]]), LABELS, ("h",) * 20 + ("l",) * 2)
    assert all(test.p < 0.001 for test in compare_groups(a, b, GroupOptions(design="clips")).tests)
    assert all(test.p > 0.05 for test in compare_groups(a, b).tests)


def test_speakers_and_not_their_clips_are_counted_where_the_groups_have_other_speakers() -> None:
    a, b = group("a", 40, 0, speakers=voices(4, 10, "f")), group("b", 40, 1, speakers=voices(4, 10, "m"))
    found = compare_groups(a, b)
    assert found.design == "speakers" and (found.units_a, found.units_b) == (4, 4) and found.permutations == 70
    assert (found.clips_a, found.clips_b) == (40, 40)
    assert compare_groups(a, group("b", 9, 2, speakers=("one",) * 9)).design == "clips"


def test_cliffs_delta_is_mann_and_whitneys_u_and_counts_ties_as_halves() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 5, 30).astype(float), rng.integers(1, 6, 20).astype(float)
    u = stats.mannwhitneyu(b, a).statistic
    assert cliffs_delta(a, b) == pytest.approx(2 * u / 600 - 1)
    assert cliffs_delta(a, a) == 0.0 and cliffs_delta(np.zeros(3), np.ones(4)) == 1.0


def test_hedges_g_follows_from_students_t_and_shrinks_small_samples() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=8), rng.normal(0.8, size=10)
    g, low, high = hedges_g(a, b)
    d = stats.ttest_ind(b, a).statistic * np.sqrt(1 / 8 + 1 / 10)
    assert g == pytest.approx(d * (1 - 3 / (4 * 16 - 1)), rel=1e-3) and abs(g) < abs(d)
    half = 1.959964 * np.sqrt(18 / 80 + g**2 / 36)
    assert (low, high) == (pytest.approx(g - half), pytest.approx(g + half))
    assert hedges_g(np.zeros(5), np.zeros(5)) is None and hedges_g(a[:1], b) is None


def test_pairs_that_move_together_have_a_narrower_interval() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=12)
    b = a + 0.5 + 0.1 * rng.normal(size=12)
    paired, apart = hedges_g(a, b, paired=True), hedges_g(a, b)
    assert paired[2] - paired[1] < 0.3 * (apart[2] - apart[1]) and paired[1] < paired[0] < paired[2]


def test_hedges_interval_holds_the_truth_in_95_of_100_draws() -> None:
    rng = np.random.default_rng(0)
    held = [low <= 0.5 <= high for _, low, high in (hedges_g(rng.normal(size=30), rng.normal(0.5, size=30))
                                                    for _ in range(1000))]  # fmt: skip
    assert 0.93 <= np.mean(held) <= 0.97


def test_corrections_are_those_of_the_books() -> None:
    p = np.array([0.01, 0.04, 0.03, 0.005])
    assert holm(p) == pytest.approx([0.03, 0.06, 0.06, 0.02])  # R's p.adjust(p, "holm")
    found = compare_groups(group("a", 20, 0), group("b", 20, 1, shift=0.7)).tests
    raw = np.array([test.p for test in found])
    assert [test.p_bh for test in found] == pytest.approx(stats.false_discovery_control(raw))
    assert [test.p_holm for test in found] == pytest.approx(holm(raw))


@pytest.mark.parametrize("design", ["clips", "paired", "stratified", "speakers"])
def test_of_1000_draws_without_a_difference_at_most_6_in_100_are_called_one(design: str) -> None:
    """Speakers differ from each other, and the groups do not: 334 comparisons of three emotions each."""
    rng = np.random.default_rng(7)
    options = GroupOptions(design=design, permutations=199)
    ps: list[float] = []
    for _ in range(334):
        own = {design: rng.normal(size=(16, 3)) for design in ("a", "b")}
        said = {"a": voices(8, 2), "b": voices(8, 2) if design != "speakers" else voices(8, 2, "t")}
        base = {speaker: rng.normal(size=3) for speaker in sorted({*said["a"], *said["b"]})}
        if design == "clips":
            base = dict.fromkeys(base, np.zeros(3))
        groups = [
            Group(name, own[name] + np.array([base[speaker] for speaker in said[name]]), LABELS, said[name])
            for name in ("a", "b")
        ]
        ps += [test.p for test in compare_groups(*groups, options).tests]
    assert len(ps) >= 1000 and 0.03 <= np.mean(np.array(ps) < 0.05) <= 0.06


def test_a_real_difference_is_found() -> None:
    found = compare_groups(group("a", 40, 4), group("b", 40, 5, shift=1.5)).tests
    assert found[0].p_holm < 0.01 and found[0].cliffs_delta > 0.4 and found[0].hedges_g_low > 0.5
    assert all(test.p_holm > 0.05 for test in found[1:])


def test_an_emotion_nobody_shows_is_no_difference_and_has_no_effect_size() -> None:
    zeros = Group("a", np.zeros((6, 3)), LABELS), Group("b", np.zeros((5, 3)), LABELS)
    for test in compare_groups(*zeros).tests:
        assert test.p == test.p_holm == 1.0 and test.cliffs_delta == 0.0 and test.hedges_g is None


def test_groups_that_cannot_be_compared_are_refused_in_a_sentence() -> None:
    with pytest.raises(ComparisonError, match="'b' has 1 clip"):
        compare_groups(group("a", 3, 0), group("b", 1, 1))
    with pytest.raises(ComparisonError, match="needs the speaker of every clip"):
        compare_groups(group("a", 3, 0), group("b", 3, 1), GroupOptions(design="paired"))
    a, b = group("a", 4, 0, speakers=voices(2, 2)), group("b", 4, 1, speakers=voices(2, 2, "t"))
    with pytest.raises(ComparisonError, match="fewer than two speakers in both groups"):
        compare_groups(a, b, GroupOptions(design="paired"))
    with pytest.raises(ComparisonError, match="No speaker is in both groups"):
        compare_groups(a, b, GroupOptions(design="stratified"))
    with pytest.raises(ComparisonError, match="same checkpoint"):
        compare_groups(group("a", 3, 0), Group("b", np.zeros((3, 2)), ("angry", "sad")))
    with pytest.raises(ValueError, match="no design"):
        compare_groups(a, b, GroupOptions(design="guess"))
