"""The model's own noise, of a checkpoint that was trained."""

import numpy as np
import pytest

from core.analysis import analyze
from core.audio import decode
from core.comparison import Compared, NoiseFloor, NoiseOptions, compare, noise_floor
from core.comparison.noise import HEADROOM, KINDS, Perturbation, middle_of, pair_level, perturbed
from core.model import open_engine
from core.model.engine import Engine
from core.results import Waveform
from core.settings import Settings
from tests import sounds
from tests.core.comparison.conftest import EXAMPLES


@pytest.fixture(scope="module")
def engine() -> Engine:
    return open_engine("bundled", Settings(), warm_up=False)


def decibels(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64))))


def test_every_perturbation_is_what_its_numbers_say() -> None:
    tone = Waveform(sounds.tone(440.0, 2.0))
    assert decibels(perturbed(tone, Perturbation("gain", -6.0)).samples) == pytest.approx(decibels(tone.samples) - 6)
    noisy = perturbed(tone, Perturbation("noise", 20.0, seed=1)).samples - tone.samples
    assert decibels(tone.samples) - decibels(noisy) == pytest.approx(20, abs=0.1)
    faster = perturbed(tone, Perturbation("tempo", 2.0)).samples
    assert len(faster) == pytest.approx(32_000 / 1.02, abs=2)
    assert sounds.amplitude_of(faster, 448.8) > 0.49 > 0.1 > sounds.amplitude_of(faster, 440.0)
    later = perturbed(tone, Perturbation("shift", 5.0)).samples
    assert np.array_equal(later, tone.samples[80:])
    with pytest.raises(ValueError, match="no perturbation"):
        perturbed(tone, Perturbation("mood", 1.0))


def test_the_shortest_clip_stays_one_that_can_be_heard() -> None:
    short = Waveform(sounds.voice(0.025))
    for kind in KINDS:
        assert perturbed(short, Perturbation(kind, 10.0)).num_samples >= 400


def test_a_noise_floor_holds_what_was_measured_and_some_headroom(engine: Engine, talk: Waveform) -> None:
    steps: list[tuple[int, int]] = []
    floor = noise_floor(talk, engine, on_progress=lambda done, total: steps.append((done, total)))
    assert floor.js.shape == floor.curve.shape == (len(floor.perturbations),) and steps[-1] == (10, 10)
    assert {each.kind for each in floor.perturbations} == set(KINDS) and floor.measured_s == talk.duration_s
    gain = [d for d, each in zip(floor.js, floor.perturbations, strict=True) if each.kind == "gain"]
    noise = [d for d, each in zip(floor.js, floor.perturbations, strict=True) if each.kind == "noise"]
    assert 0 <= max(gain) < min(noise) and floor.level == pytest.approx(HEADROOM * floor.js.max())
    assert 0 < floor.curve_level <= 1


def test_a_perturbed_copy_is_no_difference_and_another_clip_is_one(engine: Engine) -> None:
    talk, other_talk = (decode(EXAMPLES / name) for name in ("heavy.opus", "bright.opus"))
    copy = perturbed(perturbed(talk, Perturbation("noise", 23.0, seed=77)), Perturbation("gain", -4.0))
    clips = [Compared(analyze(each, engine), noise=noise_floor(each, engine)) for each in (talk, copy, other_talk)]
    pairs = compare(clips).pairs
    assert pairs[0][1].is_different is False and 0 < pairs[0][1].js_distance <= pairs[0][1].noise_level
    assert pairs[0][2].is_different is True


def test_of_a_long_clip_the_middle_is_heard(engine: Engine) -> None:
    long = Waveform(np.concatenate([sounds.voice(3.0, pitch_hz=hz) for hz in (100, 140, 200)]), "long")
    middle = middle_of(long, 3.0)
    assert middle.duration_s == 3.0 and np.array_equal(middle.samples, long.samples[48_000:96_000])
    options = NoiseOptions((Perturbation("gain", 6.0),), max_s=3.0)
    assert noise_floor(long, engine, options).measured_s == 3.0


def test_what_is_left_out_of_the_analyses_is_left_out_here(engine: Engine, talk: Waveform) -> None:
    options = NoiseOptions((Perturbation("noise", 20.0),))
    whole, without = (noise_floor(talk, engine, options, left_out) for left_out in ((), ("other", "happy")))
    assert whole.level != without.level


def test_a_pairs_level_is_that_of_the_noisier_clip() -> None:
    quiet, loud = (NoiseFloor((), np.array([each]), np.zeros(1), 1.0) for each in (0.1, 0.2))
    assert pair_level(quiet, loud) == pytest.approx(HEADROOM * 0.2) and pair_level(quiet, None) is None
    assert NoiseFloor((), np.array([0.9]), np.array([0.9]), 1.0).level == 1.0
