"""The strongest moments: where a label's mean over a second is highest, and leads."""

import numpy as np
import pytest

from core.curves import strongest
from core.results import frame_times_s

LABELS = ("happy", "sad")


def curve(num_frames: int, *bumps: tuple[int, int, float]) -> np.ndarray:
    happy = np.full(num_frames, 0.2)
    for begin, end, height in bumps:
        happy[begin:end] = height
    return np.stack([happy, 1 - happy], axis=1)


def test_the_highest_stretches_are_found_in_order_and_apart() -> None:
    values = curve(500, (100, 150, 0.7), (300, 350, 0.9), (360, 380, 0.8))
    happy = [peak for peak in strongest(frame_times_s(500), values, LABELS) if peak.label == "happy"]
    assert happy[0].at_s == pytest.approx(frame_times_s(500)[[300, 349]].mean()) and happy[
        0
    ].probability == pytest.approx(0.9)
    assert happy[1].start_s == pytest.approx(2.0, abs=0.02) and happy[1].probability == pytest.approx(0.7)
    for one in happy:
        assert all(one is other or abs(one.at_s - other.at_s) >= 1.0 - 1e-9 for other in happy)


def test_a_label_that_never_leads_has_no_moment() -> None:
    found = strongest(frame_times_s(200), curve(200, (50, 100, 0.45)), LABELS)
    assert found and {peak.label for peak in found} == {"sad"}


def test_silence_is_no_moment_and_does_not_count_in_the_mean() -> None:
    values = curve(300, (100, 150, 0.9), (200, 225, 0.8))
    spoken = np.zeros(300, dtype=bool)
    spoken[200:225] = True
    (peak,) = strongest(frame_times_s(300), values, LABELS, count=1, counted=spoken)
    assert peak.label == "happy" and peak.probability == pytest.approx(0.8)
    assert strongest(frame_times_s(300), values, LABELS, counted=np.zeros(300, dtype=bool)) == ()


def test_a_curve_shorter_than_a_moment_is_one_and_an_empty_one_none() -> None:
    (peak,) = strongest(frame_times_s(8), curve(8, (0, 8, 0.6)), LABELS)
    assert peak.length_s == pytest.approx(0.16) and peak.probability == pytest.approx(0.6)
    assert strongest(frame_times_s(0), np.zeros((0, 2)), LABELS) == ()
