"""Probabilities that can be taken at their word: temperature scaling, calibration error, and when to say "unsure".

A checkpoint's `calibration.json` lies beside its weights. The mathematics is pure: logits or confidences in, figures
out.
"""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from core.errors import CheckpointError
from core.results import Array, Calibration, softmax

CALIBRATION_FILE = "calibration.json"
NUM_BINS = 15
_TEMPERATURES = (0.05, 20.0)


def read_calibration(folder: Path) -> Calibration | None:
    """A checkpoint folder's calibration, None where it has none; `CheckpointError` for one that cannot be used."""
    path = folder / CALIBRATION_FILE
    if not path.is_file():
        return None
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        found = Calibration(float(values["temperature"]), float(values["unsure_below"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CheckpointError(
            f"{folder.name}/{CALIBRATION_FILE} cannot be read ({type(error).__name__}: {error}); "
            "remove it or fetch the folder again."
        ) from None
    if not (math.isfinite(found.temperature) and found.temperature > 0 and 0 <= found.unsure_below <= 1):
        raise CheckpointError(
            f"{folder.name}/{CALIBRATION_FILE} says temperature {found.temperature} and unsure_below "
            f"{found.unsure_below}; they must be above 0, and from 0 to 1. Remove it or fetch the folder again."
        )
    return found


def write_calibration(folder: Path, calibration: Calibration, **facts: object) -> None:
    """Write `calibration.json`: the two numbers, and whatever facts say where they come from."""
    (folder / CALIBRATION_FILE).write_text(json.dumps(asdict(calibration) | facts, indent=1) + "\n", encoding="utf-8")


def fit_temperature(logits: Array, truth: Array) -> float:
    """The temperature that makes softmax(logits / T) most likely to say the truth.

    Guo et al. 2017, arXiv:1706.04599, § 4.2.

    Args:
        logits: (num_clips, num_labels).
        truth: (num_clips,) column of the true label of each.
    """
    from scipy.optimize import minimize_scalar  # only where something is fitted

    rows = np.arange(len(truth))

    def negative_log_likelihood(log_temperature: float) -> float:
        probabilities = softmax(np.asarray(logits, dtype=np.float64) / math.exp(log_temperature))
        return float(-np.log(probabilities[rows, truth].clip(min=1e-12)).mean())

    low, high = (math.log(bound) for bound in _TEMPERATURES)
    found = minimize_scalar(negative_log_likelihood, bounds=(low, high), method="bounded", options={"xatol": 1e-4})
    return math.exp(found.x)


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The clips whose confidence lies in [low, high): how sure they were on average, and how often right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def reliability(confidences: Array, correct: Array, num_bins: int = NUM_BINS) -> list[ReliabilityBin]:
    """Bins of equal width over [0, 1], those without a clip left out.

    Args:
        confidences: (num_clips,) probability of the label said.
        correct: (num_clips,) bool, whether it was the true one.
    """
    confidences, correct = np.asarray(confidences, dtype=np.float64), np.asarray(correct, dtype=bool)
    index = np.minimum((confidences * num_bins).astype(int), num_bins - 1)
    return [
        ReliabilityBin(
            i / num_bins,
            (i + 1) / num_bins,
            int((index == i).sum()),
            float(confidences[index == i].mean()),
            float(correct[index == i].mean()),
        )
        for i in np.unique(index).tolist()
    ]


def expected_calibration_error(confidences: Array, correct: Array, num_bins: int = NUM_BINS) -> float:
    """Σ_bins (count / num_clips) · |accuracy − confidence| (Naeini et al. 2015; Guo et al. 2017, eq. 3)."""
    bins = reliability(confidences, correct, num_bins)
    total = sum(each.count for each in bins)
    return float(sum(each.count * abs(each.accuracy - each.confidence) for each in bins) / max(total, 1))


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a threshold does: the share of clips that keep a verdict, and how often the verdict is right there."""

    unsure_below: float
    coverage: float
    accuracy: float
    accuracy_of_all: float


def coverage_at(confidences: Array, correct: Array, unsure_below: float) -> Coverage:
    """The share of clips at or above a confidence, and their accuracy beside that of all (NaN where none is left)."""
    confidences, correct = np.asarray(confidences), np.asarray(correct, dtype=bool)
    kept = confidences >= unsure_below
    accuracy = float(correct[kept].mean()) if kept.any() else math.nan
    return Coverage(unsure_below, float(kept.mean()), accuracy, float(correct.mean()))


def threshold_for(confidences: Array, coverage: float) -> float:
    """The confidence that `coverage` of the clips reach: the (1 − coverage) quantile. `ValueError` outside 0–1."""
    if not 0 < coverage <= 1:
        raise ValueError(f"coverage is {coverage}; it must be above 0 and at most 1")
    return float(np.quantile(np.asarray(confidences), 1 - coverage))
