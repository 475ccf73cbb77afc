"""The strongest moments: where a label's mean over a stretch is highest, and leads."""

import numpy as np
import pytest

from core.curves import Peak, strongest
from core.results import frame_times_s

LABELS = ("happy", "sad")
HALF_FRAME_S = 0.01


def curve(num_frames: int, *bumps: tuple[int, int, float]) -> np.ndarray:
    happy = np.full(num_frames, 0.2)
    for begin, end, height in bumps:
        happy[begin:end] = height
    return np.stack([happy, 1 - happy], axis=1)


def of_happy(found: tuple[Peak, ...]) -> list[Peak]:
    return [peak for peak in found if peak.label == "happy"]


def test_the_highest_stretches_are_found_in_order_and_apart() -> None:
    values, times_s = curve(500, (100, 150, 0.7), (300, 350, 0.9), (360, 380, 0.8)), frame_times_s(500)
    happy = of_happy(strongest(times_s, values, LABELS, length_s=1.0))
    edges = [times_s[300] - HALF_FRAME_S, times_s[349] + HALF_FRAME_S]
    assert [happy[0].start_s, happy[0].end_s] == pytest.approx(edges) and happy[0].probability == pytest.approx(0.9)
    assert happy[1].start_s == pytest.approx(2.0, abs=0.02) and happy[1].probability == pytest.approx(0.7)
    for one in happy:
        assert all(one is other or one.end_s <= other.start_s + 1e-9 or other.end_s <= one.start_s + 1e-9
                   for other in happy)  # fmt: skip


def test_the_mean_of_a_moment_is_that_of_its_frames() -> None:
    rng = np.random.default_rng(0)
    values = rng.dirichlet([1.0, 1.0], 400)
    spoken = rng.random(400) < 0.7
    times_s = frame_times_s(400)
    found = strongest(times_s, values, LABELS, count=4, counted=spoken)
    assert len(found) == 8
    for peak in found:
        inside = (times_s > peak.start_s) & (times_s < peak.end_s) & spoken
        assert peak.probability == pytest.approx(values[inside, LABELS.index(peak.label)].mean())
        assert peak.end_s - peak.start_s <= 0.5 + 1e-9


def test_a_label_that_never_leads_has_no_moment() -> None:
    found = strongest(frame_times_s(200), curve(200, (50, 100, 0.45)), LABELS)
    assert found and {peak.label for peak in found} == {"sad"}


def test_a_label_that_leads_for_no_more_than_one_segment_has_a_moment() -> None:
    found = strongest(frame_times_s(1000), curve(1000, (500, 525, 0.6)), LABELS)
    assert len(of_happy(found)) == 1


def test_silence_is_no_moment_is_not_played_and_does_not_count_in_the_mean() -> None:
    values, times_s = curve(300, (100, 150, 0.9), (200, 225, 0.8)), frame_times_s(300)
    spoken = np.zeros(300, dtype=bool)
    spoken[200:225] = True
    (peak,) = strongest(times_s, values, LABELS, count=1, length_s=0.8, counted=spoken)
    assert peak.label == "happy" and peak.probability == pytest.approx(0.8)
    edges = [times_s[200] - HALF_FRAME_S, times_s[224] + HALF_FRAME_S]
    assert [peak.start_s, peak.end_s] == pytest.approx(edges)
    assert strongest(times_s, values, LABELS, counted=np.zeros(300, dtype=bool)) == ()


def test_a_curve_shorter_than_a_moment_is_one_and_an_empty_one_none() -> None:
    (peak,) = strongest(frame_times_s(8), curve(8, (0, 8, 0.6)), LABELS)
    assert peak.end_s - peak.start_s == pytest.approx(0.16, abs=0.01) and peak.probability == pytest.approx(0.6)
    assert strongest(frame_times_s(0), np.zeros((0, 2)), LABELS) == ()
