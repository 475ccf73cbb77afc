"""Dynamic time warping: the path is the least, and the warp it makes runs both ways."""

import sys

import librosa
import numpy as np
import pytest

from core.comparison.align import (
    Alignment,
    AlignmentOptions,
    align,
    features_of,
    searched_in_band,
    warping_path,
)
from core.results import Waveform
from tests import sounds


def brute_force(first: np.ndarray, second: np.ndarray) -> float:
    """The least summed distance of all paths, each of them walked."""

    def least(i: int, j: int) -> float:
        here = float(np.linalg.norm(first[i] - second[j]))
        before = [(i - 1, j - 1), (i, j - 1), (i - 1, j)]
        ways = [least(*cell) for cell in before if min(cell) >= 0]
        return here + (min(ways) if ways else 0.0)

    return least(len(first) - 1, len(second) - 1)


def summed(first: np.ndarray, second: np.ndarray, path: np.ndarray) -> float:
    return float(np.linalg.norm(first[path[:, 0]] - second[path[:, 1]], axis=1).sum())


def whole(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, float]:
    """Our own search, in a band that holds everything."""
    rows = np.zeros(len(first), np.int64)
    return searched_in_band(first, second, rows, rows + len(second))


def takes(num_first: int, num_second: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(n, 6) and (m, 6): one slow random walk at two speeds, with a little noise."""
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.normal(size=(400, 6)), axis=0) / 5
    moments = [np.linspace(0, 1, num_first), np.linspace(0, 1, num_second) ** 1.2]
    found = [np.stack([np.interp(at * 399, np.arange(400), column) for column in walk.T], axis=1) for at in moments]
    return tuple((each + 0.1 * rng.normal(size=each.shape)).astype(np.float32) for each in found)


@pytest.mark.parametrize("sizes", [(1, 1), (1, 5), (5, 1), (4, 6), (6, 5)])
def test_tiny_paths_cost_what_the_best_of_all_paths_costs(sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng(sum(sizes))
    first, second = (rng.normal(size=(size, 3)).astype(np.float32) for size in sizes)
    for path, cost in (warping_path(first, second), whole(first, second)):
        assert cost == pytest.approx(brute_force(first, second), rel=1e-5)
        assert summed(first, second, path) == pytest.approx(cost, rel=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_our_search_finds_librosas_path_on_random_input(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = (rng.normal(size=(int(rng.integers(20, 60)), 4)).astype(np.float32) for _ in range(2))
    costs, path = librosa.sequence.dtw(first.T.astype(np.float64), second.T.astype(np.float64))
    own, cost = whole(first, second)
    assert cost == pytest.approx(costs[-1, -1], rel=1e-6) and np.array_equal(own, path[::-1])


@pytest.mark.parametrize("sizes", [(900, 700), (701, 1203), (1500, 40), (640, 640)])
def test_long_clips_searched_coarse_to_fine_cost_what_the_whole_search_costs(sizes: tuple[int, int]) -> None:
    first, second = takes(*sizes)
    options = AlignmentOptions(whole_frames=100)
    path, cost = warping_path(first, second, options)
    least, _ = librosa.sequence.dtw(first.T.astype(np.float64), second.T.astype(np.float64))
    assert least[-1, -1] * (1 - 1e-6) <= cost <= 1.01 * least[-1, -1]
    assert path[0].tolist() == [0, 0] and path[-1].tolist() == [sizes[0] - 1, sizes[1] - 1]
    steps = np.diff(path, axis=0)
    assert steps.min() == 0 and steps.max() == 1 and (steps.sum(axis=1) > 0).all()


def slower(waveform: Waveform, rate: float) -> Waveform:
    stretched = librosa.effects.time_stretch(waveform.samples, rate=rate, n_fft=512)
    return Waveform(stretched.astype(np.float32), "slower")


def test_a_slower_take_is_aligned_to_the_moment_and_the_warp_can_be_undone(talk: Waveform) -> None:
    alignment = align(talk, slower(talk, 0.8))
    times_s = np.linspace(0.3, talk.duration_s - 0.3, 200)
    there_s = alignment.warp(times_s)
    assert np.median(np.abs(there_s - times_s / 0.8)) < 0.03
    assert (np.diff(there_s) > 0).all() and np.allclose(alignment.warp_back(there_s), times_s, atol=1e-9)
    assert np.allclose(alignment.reversed().warp(there_s), times_s, atol=1e-9)


def test_a_clip_and_itself_lie_on_the_diagonal_at_no_cost(talk: Waveform) -> None:
    alignment = align(talk, talk)
    assert alignment.cost == 0.0 and np.array_equal(alignment.path[:, 0], alignment.path[:, 1])
    times_s = np.linspace(-1, talk.duration_s + 1, 50)
    assert np.allclose(alignment.warp(times_s), np.clip(times_s, 0, talk.duration_s))


def test_silence_before_the_speech_and_loudness_do_not_matter(talk: Waveform) -> None:
    late = Waveform(np.concatenate([np.zeros(16_000, np.float32), 0.1 * talk.samples]), "late and soft")
    alignment = align(talk, late)
    times_s = np.linspace(0.2, talk.duration_s - 0.2, 100)
    assert np.abs(alignment.warp(times_s) - times_s - 1.0).max() < 0.025
    assert alignment.warp(np.array([0.0]))[0] == pytest.approx(1.0, abs=0.025)


@pytest.mark.parametrize("num_samples", [400, 500, 3000])
@pytest.mark.parametrize("level", [0.0, 0.1])
def test_the_shortest_and_silent_clips_are_aligned_with_time_running_alike(num_samples: int, level: float) -> None:
    rng = np.random.default_rng(0)
    short = Waveform((level * rng.normal(size=num_samples)).astype(np.float32), "short")
    alignment = align(short, Waveform(sounds.voice(1.0), "voice"))
    there_s = alignment.warp(np.array([0.0, short.duration_s / 2, short.duration_s]))
    assert np.isfinite(alignment.cost) and (np.diff(there_s) >= 0).all()
    assert there_s[0] >= 0 and there_s[-1] <= 1.0


def test_features_are_those_of_the_networks_frames() -> None:
    waveform = Waveform(sounds.voice(2.0), "voice")
    features = features_of(waveform)
    assert features.num_frames == 99 and len(features.values) + features.first_frame <= 99
    assert np.allclose(features.values.mean(axis=0), 0, atol=1e-4)


def test_blocks_of_spectra_leave_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    waveform = Waveform(sounds.voice(2.0), "voice")
    whole_at_once = features_of(waveform)
    monkeypatch.setattr(sys.modules[features_of.__module__], "BLOCK_FRAMES", 7)
    assert np.allclose(features_of(waveform).values, whole_at_once.values, atol=1e-4)


def test_an_alignments_knots_grow_strictly_through_held_frames() -> None:
    held = np.array([[0, 0], *[[1, j] for j in range(1, 30)], *[[i, 29] for i in range(2, 30)]])
    alignment = Alignment(held, 1.0, 0.61, 0.61)
    assert (np.diff(alignment.knots_s, axis=0) > 0).all()
