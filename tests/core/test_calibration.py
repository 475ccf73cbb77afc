"""Calibration: the temperature is found, the errors are counted as defined, a bad file is a sentence."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from core.calibration import (
    CALIBRATION_FILE,
    coverage_at,
    expected_calibration_error,
    fit_temperature,
    read_calibration,
    reliability,
    threshold_for,
    write_calibration,
)
from core.errors import CheckpointError
from core.model import open_engine
from core.results import Calibration, softmax
from core.settings import Settings
from tests.checkpoints import tiny_checkpoint


def overconfident(temperature: float, num_clips: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Logits `temperature` times too large for the truth drawn from them."""
    rng = np.random.default_rng(5)
    honest = rng.normal(size=(num_clips, 5)) * 1.5
    truth = np.array([rng.choice(5, p=row) for row in softmax(honest)])
    return honest * temperature, truth


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_the_temperature_that_spoilt_the_logits_is_found(temperature: float) -> None:
    logits, truth = overconfident(temperature)
    found = fit_temperature(logits, truth)
    assert found == pytest.approx(temperature, rel=0.04)
    probabilities = softmax(logits / found)
    correct = probabilities.argmax(axis=1) == truth
    assert expected_calibration_error(probabilities.max(axis=1), correct) < 0.015
    if temperature > 2:
        assert expected_calibration_error(softmax(logits).max(axis=1), correct) > 0.1


def test_the_error_is_the_gap_of_each_bin_by_its_share() -> None:
    confidences = np.array([0.95, 0.95, 0.95, 0.95, 0.55, 0.55])
    correct = np.array([True, True, True, False, True, False])
    assert expected_calibration_error(confidences, correct, num_bins=10) == pytest.approx(4 / 6 * 0.2 + 2 / 6 * 0.05)
    low, high = reliability(confidences, correct, num_bins=10)
    assert (low.count, low.accuracy, low.confidence) == (2, 0.5, pytest.approx(0.55))
    assert (high.low, high.high, high.count, high.accuracy) == (0.9, 1.0, 4, 0.75)


def test_a_confidence_of_one_belongs_to_the_last_bin() -> None:
    (last,) = reliability(np.array([1.0]), np.array([True]), num_bins=4)
    assert (last.low, last.high) == (0.75, 1.0)


def test_a_threshold_keeps_the_coverage_it_was_chosen_for() -> None:
    rng = np.random.default_rng(1)
    confidences = rng.random(5000)
    correct = rng.random(5000) < confidences  # the surer, the more often right
    found = coverage_at(confidences, correct, threshold_for(confidences, 0.7))
    assert found.coverage == pytest.approx(0.7, abs=0.001)
    assert found.accuracy > found.accuracy_of_all + 0.1
    assert math.isnan(coverage_at(confidences, correct, 1.1).accuracy)
    with pytest.raises(ValueError, match="coverage"):
        threshold_for(confidences, 0.0)


def test_a_checkpoints_calibration_reaches_the_engine_and_changes_its_revision(tmp_path: Path) -> None:
    folder = tiny_checkpoint(tmp_path / "tiny")
    before = open_engine(str(folder), Settings()).info.checkpoint
    assert before.calibration is None and not before.calibrated
    write_calibration(folder, Calibration(1.7, 0.4), fitted_on="a test")
    after = open_engine(str(folder), Settings()).info.checkpoint
    assert after.calibration == Calibration(1.7, 0.4) and after.revision != before.revision
    assert json.loads((folder / CALIBRATION_FILE).read_text())["fitted_on"] == "a test"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"temperature": "x", "unsure_below": 0}',
        '{"temperature": 0, "unsure_below": 0.5}',
        '{"temperature": NaN, "unsure_below": 0.5}',
        '{"temperature": 1, "unsure_below": 2}',
        "\xff",
    ],
)
def test_a_calibration_that_cannot_be_used_is_one_clear_error(tmp_path: Path, content: str) -> None:
    (tmp_path / CALIBRATION_FILE).write_bytes(content.encode("latin-1"))
    with pytest.raises(CheckpointError, match=CALIBRATION_FILE):
        read_calibration(tmp_path)
