"""Figures of trust are those of the papers, as scikit-learn has them."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.manifold import trustworthiness
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score, v_measure_score

from core.errors import ProjectionError
from core.projection import Map, MapOptions, agreement, make_map, trust_of
from tests.core.projection.conftest import space_of

VALUES = np.random.default_rng(0).normal(size=(150, 10)).astype(np.float32)
SPACE = space_of(VALUES)
DRAWN = make_map(SPACE, MapOptions("pca"))


@pytest.mark.parametrize("k", [3, 10, 30])
def test_trustworthiness_and_continuity_are_those_of_venna_and_kaski(k: int) -> None:
    found = trust_of(SPACE, DRAWN, k)
    x, y = SPACE.prepared.astype(np.float64), DRAWN.positions.astype(np.float64)
    assert found.trustworthiness == pytest.approx(trustworthiness(x, y, n_neighbors=k), abs=1e-9)
    assert found.continuity == pytest.approx(trustworthiness(y, x, n_neighbors=k), abs=1e-9)
    assert found.sample == found.n == 150 and found.chance == k / 149


def test_the_map_s_own_metric_is_what_counts_in_the_space() -> None:
    drawn = make_map(SPACE, MapOptions("pca", metric="cosine"))
    x, y = SPACE.prepared.astype(np.float64), drawn.positions.astype(np.float64)
    expected = trustworthiness(x, y, n_neighbors=7, metric="cosine")
    assert trust_of(SPACE, drawn, 7).trustworthiness == pytest.approx(expected, abs=1e-9)


def test_a_map_that_is_its_space_is_trusted_in_full_and_a_shuffled_one_as_chance_has_it() -> None:
    flat = space_of(VALUES[:, :2])
    true = Map(flat.prepared, MapOptions("pca"), "pca")
    found = trust_of(flat, true, 10)
    assert found.trustworthiness == found.continuity == 1 and found.knn_overlap.tolist() == [1] * 150
    shuffled = trust_of(flat, replace(true, positions=np.random.default_rng(1).permutation(flat.prepared)), 10)
    assert shuffled.trustworthiness == pytest.approx(0.5, abs=0.06)
    assert shuffled.mean_overlap == pytest.approx(shuffled.chance, abs=0.02)


def test_overlap_is_counted_clip_by_clip() -> None:
    found = trust_of(SPACE, DRAWN, 12)
    for at in (0, 77):
        there = np.linalg.norm(SPACE.prepared - SPACE.prepared[at], axis=1).argsort()[1:13]
        here = np.linalg.norm(DRAWN.positions - DRAWN.positions[at], axis=1).argsort()[1:13]
        assert found.knn_overlap[at] == pytest.approx(len(set(there) & set(here)) / 12)


def test_a_sample_of_many_comes_near_the_whole_and_says_so() -> None:
    whole, part = trust_of(SPACE, DRAWN, 10), trust_of(SPACE, DRAWN, 10, sample=60)
    assert part.sample == 60 and part.n == 150 and len(part.knn_overlap) == 150
    assert part.trustworthiness == pytest.approx(whole.trustworthiness, abs=0.05)


def test_agreement_is_that_of_scikit_learn_without_outliers_and_unknowns() -> None:
    labels = np.array([0, 0, 1, 1, 1, 2, -1, 2])
    reference = ["a", "a", "a", "b", "b", "c", "c", None]
    found = agreement(labels, reference)
    truth, groups = reference[:6], labels[:6]
    assert found.n == 6 and found.ari == pytest.approx(adjusted_rand_score(truth, groups))
    assert found.nmi == pytest.approx(normalized_mutual_info_score(truth, groups))
    assert found.v_measure == pytest.approx(v_measure_score(truth, groups))
    with pytest.raises(ProjectionError, match="Fewer than two clips"):
        agreement(labels, [None] * 8)
    with pytest.raises(ProjectionError, match="A map of 3 clips"):
        trust_of(space_of(VALUES[:3]), DRAWN)
