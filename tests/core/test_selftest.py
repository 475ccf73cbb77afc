"""The self-test passes on a sound engine and names what a broken one does."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from core.model import Engine, EngineInfo, Window, open_engine
from core.results import FrameScores
from core.selftest import self_test
from core.settings import Settings
from tests.checkpoints import tiny_checkpoint


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return open_engine(str(tiny_checkpoint(tmp_path_factory.mktemp("self") / "tiny")), Settings())


class Broken:
    """An engine with a fault."""

    def __init__(self, engine: Engine, fault: str) -> None:
        self._engine, self._fault = engine, fault
        self._rng = np.random.default_rng(0)

    @property
    def info(self) -> EngineInfo:
        return self._engine.info

    def score(self, windows: Sequence[Window], *, embeddings: bool = False) -> list[FrameScores]:
        if self._fault == "loudness":
            windows = [replace(window, mean=0.0, variance=1.0) for window in windows]
        scores = self._engine.score(windows, embeddings=embeddings)
        return [replace(score, logits=self._spoilt(score.logits)) for score in scores]

    def _spoilt(self, logits: np.ndarray) -> np.ndarray:
        if self._fault == "repeatable":
            return logits + self._rng.standard_normal(logits.shape).astype(np.float32)
        if self._fault == "frames":
            return logits[:-3]
        return logits


def test_a_sound_engine_passes(engine: Engine) -> None:
    checks = self_test(engine)
    assert [check.name for check in checks] == ["frames", "verdict", "repeatable", "loudness", "windows", "speed"]
    assert all(check.passed for check in checks), checks


@pytest.mark.parametrize("fault", ["loudness", "repeatable", "frames"])
def test_a_fault_is_found(engine: Engine, fault: str) -> None:
    checks = {check.name: check for check in self_test(Broken(engine, fault))}
    assert not checks[fault].passed and checks[fault].detail
