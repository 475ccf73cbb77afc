"""Spaces of made-up vectors, and libraries of made-up clips."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.library import Library
from core.projection import Space, SpaceOptions
from core.projection.spaces import made_space
from core.results import Array
from tests.core.library.conftest import key


def space_of(values: Array, name: str = "emotion", *, standardise: bool = False) -> Space:
    """A space whose clips' keys are their numbers."""
    return made_space(name, "made up@r1", [key(n) for n in range(len(values))], values, SpaceOptions(50, standardise))


def balls(count: int, each: int, *, dim: int = 12, radius: float = 0.1, seed: int = 0) -> Array:
    """(count * each, dim) float32: tight balls at distance 10√2 from each other, one after the other."""
    rng = np.random.default_rng(seed)
    centres = np.repeat(10 * np.eye(count, dim), each, axis=0)
    values: Array = (centres + radius * rng.normal(size=centres.shape)).astype(np.float32)
    return values


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path / "library")


MakeSpace = Callable[..., Space]
