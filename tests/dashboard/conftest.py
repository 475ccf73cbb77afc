"""Fixtures for the dashboard's tests."""

from pathlib import Path

import pytest

from core.settings import Settings
from tests.checkpoints import tiny_checkpoint


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny emotion2vec with random weights that cannot say `unknown`."""
    return tiny_checkpoint(tmp_path_factory.mktemp("checkpoints") / "tiny", unsayable=("<unk>",))


@pytest.fixture
def settings(checkpoint: Path, tmp_path: Path) -> Settings:
    """Settings that load the tiny checkpoint at start-up and write nothing outside the test's folder."""
    return Settings(checkpoint=str(checkpoint), models_dir=tmp_path / "models", outputs_dir=tmp_path / "outputs")
