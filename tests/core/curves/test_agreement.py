"""Agreement with a person's segments, against scikit-learn and by hand."""

import math

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, cohen_kappa_score

from core.curves import agreement, boundary_f1
from core.results import Segment


def segments(*stretches: tuple[float, float, str]) -> list[Segment]:
    return [Segment(start, end, label, math.nan) for start, end, label in stretches]


def test_a_curve_agrees_with_itself() -> None:
    own = segments((0, 2, "sad"), (2, 5, "happy"))
    found = agreement(own, own)
    assert (found.accuracy, found.uar, found.kappa, found.boundary_f1) == (1, 1, 1, 1)
    assert found.seconds == pytest.approx(5)


def test_figures_are_those_of_scikit_learn_over_the_common_time() -> None:
    rng = np.random.default_rng(0)
    labels = ["sad", "happy", "angry"]
    ours, theirs = (rng.choice(labels, 40) for _ in range(2))
    said = segments(*((k, k + 1, label) for k, label in enumerate(ours)))
    reference = segments(*((k, k + 1, label) for k, label in enumerate(theirs) if k % 7))
    kept = [k for k in range(40) if k % 7]
    found = agreement(said, reference)
    assert found.seconds == pytest.approx(len(kept))
    assert found.accuracy == pytest.approx(accuracy_score(theirs[kept], ours[kept]))
    assert found.uar == pytest.approx(balanced_accuracy_score(theirs[kept], ours[kept]))
    assert found.kappa == pytest.approx(cohen_kappa_score(theirs[kept], ours[kept]))


def test_boundaries_are_matched_once_within_half_a_second() -> None:
    assert boundary_f1([1.0, 1.2, 5.0], [1.1, 9.0]) == pytest.approx(2 * 1 / 5)
    assert boundary_f1([1.0], [1.5]) == 1 and boundary_f1([1.0], [1.51]) == 0
    assert boundary_f1([], []) == 1 and boundary_f1([], [1.0]) == 0


def test_nothing_in_common_is_no_figure() -> None:
    found = agreement(segments((0, 1, "sad")), segments((2, 3, "sad")))
    assert found.seconds == 0 and math.isnan(found.accuracy) and math.isnan(found.kappa)
    assert agreement([], []).seconds == 0


def test_one_label_throughout_has_no_kappa() -> None:
    found = agreement(segments((0, 3, "sad")), segments((0, 3, "sad")))
    assert found.accuracy == 1 and math.isnan(found.kappa)
