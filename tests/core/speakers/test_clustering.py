"""Vectors are told apart, with the number given and without."""

import numpy as np
import pytest

from core.errors import SpeakerError
from core.speakers import cluster_voices, clustering
from core.speakers.projection import unit

RNG = np.random.default_rng(0)


def crowd(num_speakers: int, each: int, spread: float = 0.3, dim: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of speakers far apart, and who is who; they take turns."""
    middles = unit(RNG.standard_normal((num_speakers, dim)))
    names = np.tile(np.arange(num_speakers), each)
    return unit(middles[names] + spread * RNG.standard_normal((len(names), dim)) / np.sqrt(dim)), names


@pytest.mark.parametrize("given", [5, None])
def test_speakers_that_are_far_apart_are_found(given: int | None) -> None:
    vectors, names = crowd(5, 8)
    assert cluster_voices(vectors, given).tolist() == names.tolist()  # by first appearance, too


def test_one_voice_is_one_speaker() -> None:
    vectors, _ = crowd(1, 12)
    assert set(cluster_voices(vectors)) == {0}


def test_more_vectors_than_are_compared_at_once_join_the_nearest_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustering, "MOST_AT_ONCE", 20)
    vectors, names = crowd(3, 30)
    assert cluster_voices(vectors, 3).tolist() == names.tolist()


def test_none_and_one_vector_are_no_trouble() -> None:
    assert cluster_voices(np.zeros((0, 4), np.float32)).tolist() == []
    assert cluster_voices(np.ones((1, 4), np.float32)).tolist() == [0]


@pytest.mark.parametrize("number", [0, 4])
def test_a_number_that_cannot_be_is_refused(number: int) -> None:
    with pytest.raises(SpeakerError, match=f"{number} speakers cannot be told apart in 3"):
        cluster_voices(np.eye(3, dtype=np.float32), number)
