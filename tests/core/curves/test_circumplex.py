"""Valence and arousal are the mean of the emotions' places, weighted by their probabilities."""

import numpy as np
import pytest

from core.curves import PLACES, circumplex
from core.emotions import EMOTION_KEYS, NOT_NAMED


def test_a_certain_emotion_lies_at_its_own_place() -> None:
    path = circumplex(np.eye(len(PLACES)), list(PLACES))
    assert path == pytest.approx(np.array(list(PLACES.values())))


def test_two_emotions_meet_half_way_and_what_has_no_place_does_not_pull() -> None:
    labels = ["happy", "other", "sad", "unknown"]
    path = circumplex(np.array([[0.5, 0.0, 0.5, 0.0], [0.1, 0.5, 0.1, 0.3]]), labels)
    middle = np.mean([PLACES["happy"], PLACES["sad"]], axis=0)
    assert path == pytest.approx(np.stack([middle, middle]))


def test_nothing_but_other_lies_nowhere_and_no_known_label_is_an_error() -> None:
    assert np.isnan(circumplex(np.array([[1.0, 0.0]]), ["other", "happy"])).all()
    with pytest.raises(ValueError, match="none of other, unknown has a place"):
        circumplex(np.ones((1, 2)), ["other", "unknown"])


def test_every_emotion_that_is_one_has_a_place_within_the_circle() -> None:
    assert set(PLACES) == set(EMOTION_KEYS) - set(NOT_NAMED)
    assert all(np.hypot(*place) <= 1 for place in PLACES.values())
