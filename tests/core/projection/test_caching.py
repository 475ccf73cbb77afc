"""A map that was drawn before comes from the folder, as long as it is the very same and whole."""

from pathlib import Path

import numpy as np
import pytest

from core.projection import MapOptions, cached_map, caching
from tests.core.projection.conftest import balls, space_of

SPACE = space_of(balls(3, 10))
LINEAR = MapOptions("pca")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[MapOptions]:
    """The options of each map that was really drawn."""
    seen: list[MapOptions] = []
    real = caching.make_map

    def counted(space, options, *rest):  # type: ignore[no-untyped-def]
        seen.append(options)
        return real(space, options, *rest)

    monkeypatch.setattr(caching, "make_map", counted)
    return seen


def test_the_same_map_is_drawn_once(tmp_path: Path, drawn: list[MapOptions]) -> None:
    first, second = (cached_map(tmp_path / "maps", SPACE, LINEAR) for _ in range(2))
    assert len(drawn) == 1 and np.array_equal(first.positions, second.positions)
    assert second.axes is not None and np.array_equal(first.axes, second.axes) and second.options == LINEAR
    cached_map(tmp_path / "maps", SPACE, MapOptions("pca", 3))
    cached_map(tmp_path / "maps", space_of(balls(3, 10, seed=1)), LINEAR)
    cached_map(tmp_path / "maps", space_of(balls(3, 10), "acoustic"), LINEAR)
    assert len(drawn) == 4  # other settings, other vectors, another space
    assert len(list((tmp_path / "maps").iterdir())) == 4  # nothing half-written beside them


def test_the_word_why_is_kept(tmp_path: Path) -> None:
    few = space_of(balls(2, 3))
    assert cached_map(tmp_path, few).note == cached_map(tmp_path, few).note != ""


@pytest.mark.parametrize("kind", ["cut short", "no archive", "pickle", "other shape"])
def test_a_damaged_file_is_drawn_again(tmp_path: Path, drawn: list[MapOptions], kind: str) -> None:
    right = cached_map(tmp_path, SPACE, LINEAR)
    (path,) = tmp_path.glob("*.npz")
    if kind == "cut short":
        path.write_bytes(path.read_bytes()[:-40])
    elif kind == "no archive":
        path.write_bytes(b"no archive")
    elif kind == "pickle":
        np.savez(path, positions=np.array([{"a": 1}], dtype=object), about=np.array("{}"))
    else:
        np.savez(path, positions=np.zeros((2, 2), np.float32), about=np.array('{"method": "pca", "note": ""}'))
    again = cached_map(tmp_path, SPACE, LINEAR)
    assert len(drawn) == 2 and np.array_equal(again.positions, right.positions)
    cached_map(tmp_path, SPACE, LINEAR)
    assert len(drawn) == 2


def test_the_folder_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "MAX_FILES", 3)
    for seed in range(5):
        cached_map(tmp_path, SPACE, MapOptions("pca", seed=seed))
    assert len(list(tmp_path.iterdir())) == 3
    monkeypatch.setattr(caching, "MAX_BYTES", 1)
    cached_map(tmp_path, SPACE, MapOptions("pca", seed=9))
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_written_costs_only_the_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert cached_map(tmp_path / "file", SPACE, LINEAR).positions.shape == (30, 2)
