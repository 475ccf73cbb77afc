"""A voice that was named once is known again, and a stranger is not."""

import numpy as np
import pytest

from core.speakers import identify, names_for
from core.speakers.projection import unit

ENROLLED = {"Anna": np.eye(4, dtype=np.float32)[0], "Ben": np.eye(4, dtype=np.float32)[1]}


def near(at: int, cosine: float) -> np.ndarray:
    """A direction with that cosine to axis `at`, and to no other but the last."""
    vector = np.zeros(4, np.float32)
    vector[at], vector[3] = cosine, np.sqrt(1 - cosine**2)
    return vector


def test_the_nearest_enrolled_voice_names_one_that_is_near_enough() -> None:
    found = identify(np.stack([near(0, 0.9), near(1, 0.7), near(1, 0.5)]), ENROLLED, 0.7 - 1e-6)
    assert [(each.name, each.nearest) for each in found] == [("Anna", "Anna"), ("Ben", "Ben"), (None, "Ben")]
    assert [each.cosine for each in found] == pytest.approx([0.9, 0.7, 0.5], abs=1e-5)


def test_nobody_enrolled_names_nobody() -> None:
    assert identify(np.eye(2), {}, 0.5)[0].name is None
    assert names_for({"speaker 1": np.ones(4)}, {}, 0.5) == {}


def test_two_speakers_of_a_recording_never_get_one_name() -> None:
    voices = {"speaker 1": near(0, 0.8), "speaker 2": near(0, 0.95), "speaker 3": near(1, 0.9)}
    assert names_for(voices, ENROLLED, 0.6) == {"speaker 2": "Anna", "speaker 3": "Ben"}


def test_names_are_given_so_that_all_are_as_near_as_can_be() -> None:
    """Speaker 1 is nearer to Anna than speaker 2 is, but could only be she or Ben; speaker 2 only she."""
    voices = {"speaker 1": unit(np.array([0.75, 0.65, 0, 0])), "speaker 2": near(0, 0.72)}
    assert names_for(voices, ENROLLED, 0.6) == {"speaker 1": "Ben", "speaker 2": "Anna"}
