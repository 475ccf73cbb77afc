"""Entries of made-up analyses, whose keys are their numbers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.library import Entry, Library
from core.results import Analysis, Calibration, CheckpointIdentity, LogEntry

LABELS = ("angry", "happy", "sad")
MakeEntry = Callable[..., Entry]


def entry(number: int, *, dim: int = 8, **known: Any) -> Entry:
    rng = np.random.default_rng(number)
    checkpoint = CheckpointIdentity("made up", "r1", Calibration(1.5, 0.45))
    analysis = Analysis(
        f"clip {number}", f"{number:064x}", 0.5 + number / 10, checkpoint,
        "native", "cpu", "float32", LABELS, rng.normal(size=(20 + number % 7, 3)).astype(np.float32),
        rng.normal(size=dim).astype(np.float32), timings_s={"score": 0.1}, log=(LogEntry(0.1, "score: done"),),
    )  # fmt: skip
    return Entry(f"{number:064x}", analysis, known.pop("source", f"folder/clip{number}.wav"), **known)


def key(number: int) -> str:
    return f"{number:064x}"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path / "library")
