"""A library, an engine and folders of made-up clips for the tests of batches."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.library import Entry, Library
from core.model import open_engine
from core.model.native import NativeEngine
from core.settings import Settings
from tests import sounds

MakeClips = Callable[..., list[str]]


@pytest.fixture(scope="session")
def engine() -> NativeEngine:
    """The bundled checkpoint."""
    engine = open_engine("bundled", Settings())
    assert isinstance(engine, NativeEngine)
    return engine


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path / "library")


@pytest.fixture
def make_clips() -> MakeClips:
    return write_voices


def write_voices(folder: Path, count: int, *, seed: int = 0) -> list[str]:
    """Write `count` different voices of 0.3 to 1.1 s into a folder; their names."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    names = [f"clip{seed}_{number:04d}.wav" for number in range(count)]
    for name in names:
        voice = sounds.voice(float(rng.uniform(0.3, 1.1)), pitch_hz=float(rng.uniform(90, 300)))
        (folder / name).write_bytes(sounds.wav(voice))
    return names


def entries_of(library: Library) -> dict[str, Entry]:
    """Every entry by its source; each source and each key is there once."""
    rows = library.rows(columns=["key", "source"]).to_pylist()
    entries = {row["source"]: library.get(row["key"]) for row in rows}
    assert len(entries) == len(rows) == len({row["key"] for row in rows})
    return entries
