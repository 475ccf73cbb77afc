"""The circumplex as a figure: the path, its times, and the anchors."""

import numpy as np
import pytest

from core.curves import PLACES, circumplex
from core.results import frame_times_s
from dashboard.circumplex_chart import MAX_POINTS, circumplex_path
from dashboard.language import texts_in

LABELS = ("angry", "happy", "other", "sad")


def probabilities(num_frames: int) -> np.ndarray:
    values = np.random.default_rng(0).random((num_frames, len(LABELS)))
    return values / values.sum(axis=1, keepdims=True)


def test_a_short_path_holds_every_frame() -> None:
    values = probabilities(100)
    path, anchors = circumplex_path(frame_times_s(100), values, LABELS, texts_in("en")).data
    assert np.stack([path.x, path.y], axis=1) == pytest.approx(circumplex(values, LABELS))
    assert list(path.marker.color) == pytest.approx(frame_times_s(100))
    assert list(zip(anchors.x, anchors.y, strict=True)) == [PLACES[label] for label in ("angry", "happy", "sad")]
    assert "Happy" in anchors.text[1]


def test_the_line_is_broken_where_nobody_speaks_and_nowhere_else() -> None:
    spoken = np.ones(100, dtype=bool)
    spoken[40:60] = False
    values = probabilities(100)
    path = circumplex_path(frame_times_s(100)[spoken], values[spoken], LABELS, texts_in("en")).data[0]
    drawn = np.stack([path.x, path.y], axis=1)
    assert np.flatnonzero(np.isnan(drawn[:, 0])).tolist() == [40]
    assert np.delete(drawn, 40, axis=0) == pytest.approx(circumplex(values[spoken], LABELS))
    assert path.text[40] == "" and len(path.marker.color) == len(drawn)


def test_hours_are_drawn_with_a_few_hundred_points() -> None:
    path = circumplex_path(frame_times_s(200_000), probabilities(200_000), LABELS, texts_in("zh")).data[0]
    assert len(path.x) == MAX_POINTS and np.isfinite(path.x).all()


def test_a_single_frame_is_a_path_too() -> None:
    assert len(circumplex_path(frame_times_s(1), probabilities(1), LABELS, texts_in("en")).data[0].x) == 1
