"""Maps are the same each time, survive each other, and can be called off. UMAP itself runs here, in processes."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from core.errors import ProjectionError
from core.projection import MapOptions, MappingCancelled, make_map, place, stability, trust_of
from core.projection.mapping import STEPS
from core.projection.processes import DRAWERS, DrawingProcess
from tests.core.projection.conftest import balls, space_of

THREE = space_of(balls(3, 30))
QUICK = MapOptions(neighbours=10)


def test_two_sessions_draw_at_once_and_the_same_seed_gives_the_same_map() -> None:
    """In processes: numba's threads would abort this one. Then: the map shows the balls, and a clip finds its place."""
    told: list[tuple[str, float]] = []
    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(make_map, THREE, QUICK, lambda *step: told.append(step))
        other = threads.submit(make_map, THREE, QUICK)
        drawn, again = one.result(120), other.result(120)
    assert np.array_equal(drawn.positions, again.positions) and drawn.method == "umap" and not drawn.note
    assert {step for step, _ in told} >= {"start", "neighbours", "layout"} and {step for step, _ in told} <= set(STEPS)
    assert max(share for _, share in told) == pytest.approx(1)
    trust = trust_of(THREE, drawn, k=10)
    assert trust.trustworthiness > 0.9 and trust.continuity > 0.9
    assert np.allclose(place(drawn, THREE, THREE.prepared[[3, 70]]), drawn.positions[[3, 70]], atol=1e-5)
    stranger = THREE.prepare(balls(3, 30, seed=9)[40])  # of the second ball
    centres = [drawn.positions[begin : begin + 30].mean(axis=0) for begin in (0, 30, 60)]
    distances = [float(np.linalg.norm(place(drawn, THREE, stranger)[0] - centre)) for centre in centres]
    assert np.argmin(distances) == 1


def test_three_tight_balls_are_stable_and_a_cloud_is_not() -> None:
    cloud = space_of(np.random.default_rng(1).normal(size=(210, 50)).astype(np.float32))
    tight, loose = (stability(space, sample=200) for space in (space_of(balls(3, 70, dim=50)), cloud))
    assert tight.agreement > 0.9 and tight.overall > 0.7 and (tight.seeds, tight.sample, tight.n) == (5, 200, 210)
    assert loose.overall < 0.25 and abs(loose.agreement) < 0.2


def test_a_map_that_is_called_off_ends_its_process_and_leaves_its_place() -> None:
    for _ in range(3):  # one more than there are places
        begun = time.monotonic()
        with pytest.raises(MappingCancelled):
            make_map(THREE, replace(QUICK, seed=1), is_cancelled=lambda begun=begun: time.monotonic() > begun + 0.05)
        assert time.monotonic() - begun < 5 and DRAWERS._idle is None


def test_a_process_that_ends_is_one_sentence() -> None:
    process = DrawingProcess()
    process.close()
    with pytest.raises(ProjectionError, match="ended in the middle of one"):
        process.draw(THREE.prepared, {}, lambda step, share: None, lambda: False)


def test_a_pca_is_that_of_scikit_learn_and_places_clips_exactly() -> None:
    from sklearn.decomposition import PCA

    drawn = make_map(THREE, MapOptions("pca", 3))
    expected = PCA(3).fit_transform(THREE.prepared.astype(np.float64))
    assert np.allclose(np.abs(drawn.positions), np.abs(expected), atol=1e-3)
    assert np.allclose(place(drawn, THREE, THREE.prepared[[5]]), drawn.positions[[5]], atol=1e-4)
    with pytest.raises(ProjectionError, match="Vectors of 4 dimensions"):
        place(drawn, THREE, np.zeros(4))
    same = stability(THREE, MapOptions("pca"))
    assert (same.procrustes, same.agreement) == (1, 1)


@pytest.mark.parametrize("count", [1, 2, 14])
def test_few_clips_are_drawn_by_pca_with_a_word_why(count: int) -> None:
    drawn = make_map(space_of(balls(2, 7)[:count]), MapOptions())
    assert drawn.positions.shape == (count, 2) and np.isfinite(drawn.positions).all()
    assert drawn.method == "pca" and drawn.note.startswith(f"Drawn by PCA: {count} clips are too few for UMAP")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"method": "tsne"}, "The method is 'tsne'"), ({"dimensions": 4}, "4 dimensions"), ({"neighbours": 1}, "not 1"),
     ({"min_dist": 1.0}, "not 1.0"), ({"metric": "x"}, "no metric 'x'"), ({"seed": -1}, "not -1")],
)  # fmt: skip
def test_settings_that_are_none_are_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ProjectionError, match=said):
        MapOptions(**wrong)  # type: ignore[arg-type]
