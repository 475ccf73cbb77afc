"""Five twins, the figures made of them, and the card made of the figures."""

import json
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.calibration import read_calibration
from core.results import Waveform
from core.truth import NUM_RESAMPLES, unweighted_average_recall
from tests.training.conftest import run_training
from training import card, evaluate, evaluate_curves
from training.data import Clip
from training.degrading import CONDITIONS
from training.evaluate import COVERAGE, calibrated
from training.hearing import Heard, together
from training.scoring import uar_interval


@pytest.fixture(scope="module")
def runs(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five twins and the shipped run, of a few epochs."""
    folder = tmp_path_factory.mktemp("runs")
    for name, fold in [*((f"held-out-{k}", ["--fold", str(k)]) for k in range(5)), ("bundled", [])]:
        run_training(data, folder / name, "--epochs", "8", "--peak-rate", "0.01", "--average-decay", "0.9", *fold)
    return folder


@pytest.fixture(scope="module")
def results(data: Path, runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What both evaluations wrote."""
    folder = tmp_path_factory.mktemp("results")
    where = ["--data", str(data), "--runs", str(runs)]
    evaluate.main([*where, "--out", str(folder), "--calibrate", str(runs / "bundled")])
    evaluate_curves.main([*where, "--out", str(folder / "curves.json"), "--pairs", "20"])
    return folder


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def test_every_speaker_is_heard_once_by_the_twin_that_never_heard_it(results: Path) -> None:
    figures = read(results / "held-out.json")
    assert [twin["fold"] for twin in figures["twins"]] == [0, 1, 2, 3, 4]
    everyone = figures["accuracy"]["all"]
    assert (everyone["clips"], everyone["speakers"]) == (60, 10)
    assert everyone["uar"] > 0.6 and everyone["uar_95"][0] <= everyone["uar"] <= everyone["uar_95"][1]
    assert len(figures["refused"]) == 1 and "broken.wav" in figures["refused"][0]
    assert set(figures["accuracy"]["gender"]) == {"female", "male"}


def test_conditions_and_precisions_are_measured_on_the_same_clips(results: Path) -> None:
    figures = read(results / "held-out.json")
    assert set(figures["robustness"]) == {"clean", *CONDITIONS}
    assert len({found["clips"] for found in figures["robustness"].values()}) == 1
    assert figures["robustness"]["10 dB softer"] == figures["robustness"]["clean"], "level is not heard"
    exact, bfloat16, int8 = (figures["precision"][name] for name in ("float32", "bfloat16", "int8"))
    assert exact["same_verdict"] == 1 and exact["mean_absolute_score_change"] == 0
    assert 0 < bfloat16["mean_absolute_score_change"] < 0.1 and 0 < int8["mean_absolute_score_change"] < 0.2


def test_the_calibration_lies_beside_the_shipped_weights(results: Path, runs: Path) -> None:
    figures = read(results / "held-out.json")["calibration"]
    found = read_calibration(runs / "bundled")
    assert found is not None
    assert (found.temperature, found.unsure_below) == (figures["temperature"], figures["unsure_below"])
    assert sum(each["count"] for each in figures["reliability"]) == 60
    assert 0.5 < figures["unsure"]["coverage"] <= 1


def test_the_curve_changes_at_the_joint_of_two_tones(results: Path) -> None:
    figures = read(results / "curves.json")
    assert figures["pairs"] == len(figures["found"]) == 20
    assert figures["share_within"] > max(0.8, figures["share_by_chance"])
    assert all(a != b for a, b in (pair["emotions"] for pair in figures["found"]))


def test_every_figure_of_the_card_comes_from_the_files(results: Path, runs: Path, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        card.main(["--runs", str(runs), "--results", str(results), "--out", str(tmp_path)])
    text = (tmp_path / "MODEL_CARD.md").read_text(encoding="utf-8")
    held_out, curves = read(results / "held-out.json"), read(results / "curves.json")
    for share in (
        held_out["accuracy"]["all"]["uar"],
        held_out["robustness"]["noise at 0 dB"]["uar"],
        held_out["calibration"]["unsure"]["accuracy_of_the_sure"],
        curves["share_within"],
    ):
        assert card.percent(share) in text
    assert f"{held_out['calibration']['ece']:.3f}" in text and "CC BY-NC-SA 4.0" in text
    for picture in re.findall(r"\]\((\w+\.png)\)", text):
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "model.safetensors").read_bytes() == (runs / "bundled" / "model.safetensors").read_bytes()


def some_heard(num_speakers: int, confident: float) -> tuple[Heard, list[int]]:
    """Logits `confident` times too large, of speakers who are unlike each other."""
    rng = np.random.default_rng(3)
    labels = ("angry", "happy", "sad")
    clips, rows, folds = [], [], []
    for speaker in range(num_speakers):
        hardness = rng.uniform(0.6, 2.0)
        for _ in range(120):
            row = rng.normal(size=3) * hardness
            true = rng.choice(3, p=np.exp(row) / np.exp(row).sum())
            clips.append(Clip("f", "a", f"s{speaker}", "m", "xx", labels[true], 1.0))
            rows.append(row * confident)
            folds.append(speaker % 5)
    return Heard(tuple(clips), labels, np.array(rows)), folds


def test_calibration_is_judged_on_folds_it_was_not_fitted_on() -> None:
    heard, folds = some_heard(20, confident=3.0)
    calibration, figures = calibrated(heard, folds)
    assert calibration.temperature == pytest.approx(3.0, rel=0.1)
    assert len(figures["temperatures_by_fold"]) == 5 and len(set(figures["temperatures_by_fold"])) > 1
    assert figures["ece"] < 0.04 < 0.15 < figures["ece_uncalibrated"]
    unsure = figures["unsure"]
    assert unsure["coverage"] == pytest.approx(COVERAGE, abs=0.05)
    assert unsure["accuracy_of_the_sure"] > unsure["accuracy_of_all"] + 0.05


def test_a_label_the_checkpoint_cannot_say_is_simply_missed() -> None:
    heard, folds = some_heard(5, confident=1.0)
    strangers = tuple(Clip("f", "a", "s0", "m", "xx", "fearful", 1.0) for _ in range(10))
    more = Heard(heard.clips + strangers, heard.labels, np.concatenate([heard.logits, np.zeros((10, 3))]))
    _, figures = calibrated(more, [*folds, *[0] * 10])
    assert figures["temperature"] == calibrated(heard, folds)[1]["temperature"]


def test_checkpoints_of_different_labels_are_not_put_together() -> None:
    heard, _ = some_heard(1, 1.0)
    other = Heard(heard.clips, ("angry", "happy", "fearful"), heard.logits)
    with pytest.raises(ValueError, match="differ in what they can say"):
        together([heard, other])


def test_the_interval_is_over_speakers_not_clips() -> None:
    clips = [Clip("f", "a", f"s{k}", "m", "xx", label, 1.0) for k in range(6) for label in ("sad", "happy") * 50]
    said = [clip.emotion if int(clip.speaker[1:]) < 3 else "angry" for clip in clips]  # three speakers all, three none
    low, high = uar_interval(clips, said)
    assert unweighted_average_recall([c.emotion for c in clips], said) == 0.5
    assert low <= 1 / 6 + 1e-9 and high >= 5 / 6 - 1e-9, "one speaker more or less is a sixth"
    assert uar_interval(clips, [clip.emotion for clip in clips]) == (1.0, 1.0)
    assert NUM_RESAMPLES >= 1000


def test_degraded_speech_is_as_loud_and_as_noisy_as_it_says() -> None:
    rng = np.random.default_rng(0)
    time_s = np.arange(32_000) / 16_000
    samples = (0.1 * np.sin(2 * np.pi * 1000 * time_s) + 0.1 * np.sin(2 * np.pi * 6000 * time_s)).astype(np.float32)
    samples += 0.001 * rng.standard_normal(32_000).astype(np.float32)
    clip = Waveform(samples)
    noisy = CONDITIONS["noise at 10 dB"](clip).samples
    assert 10 * np.log10(np.var(samples) / np.var(noisy - samples)) == pytest.approx(10, abs=0.1)
    assert np.array_equal(noisy, CONDITIONS["noise at 10 dB"](clip).samples), "the same clip, the same noise"
    spectrum = np.abs(np.fft.rfft(CONDITIONS["telephone band"](clip).samples))
    assert spectrum[2000] > 100 * spectrum[12_000]
    assert CONDITIONS["10 dB louder"](clip).samples == pytest.approx(samples * 10**0.5, rel=1e-5)
    coded = CONDITIONS["Opus, 16 kbit/s"](clip).samples
    assert coded.shape[0] == pytest.approx(32_000, abs=400) and np.std(coded) == pytest.approx(np.std(samples), rel=0.3)


def test_the_shipped_card_is_the_one_its_files_make(tmp_path: Path) -> None:
    folder, kept = card.BUNDLED_DIR, Path(card.__file__).parent / "results"
    text = card.card(
        read(folder / "training.json"),
        read(kept / "held-out.json"),
        read(kept / "curves.json"),
        (folder / "model.safetensors").stat().st_size / 1e6,
    )
    assert (folder / "MODEL_CARD.md").read_text(encoding="utf-8") == text
