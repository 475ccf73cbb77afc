"""The native engine says what FunASR says: same checkpoint, same clip, same scores."""

from pathlib import Path

import numpy as np
import pytest

from core import windows
from core.model.funasr_engine import FunasrEngine, load_funasr
from core.model.loading import load_native
from core.model.native import NativeEngine
from core.results import Array, softmax
from core.settings import Settings
from tests import sounds

DURATIONS_S = (0.1, 0.53, 1.0, 3.0, 7.77)


@pytest.fixture(scope="module")
def native(tiny_checkpoint: Path) -> NativeEngine:
    return load_native(tiny_checkpoint, "tiny", Settings())


@pytest.fixture(scope="module")
def packed(tiny_checkpoint: Path) -> NativeEngine:
    engine = load_native(tiny_checkpoint, "tiny", Settings())
    engine.optimise()
    return engine


@pytest.fixture(scope="module")
def funasr(tiny_checkpoint: Path) -> FunasrEngine:
    return load_funasr(tiny_checkpoint, "tiny", Settings())


def scores(logits: Array) -> Array:
    return softmax(logits.mean(axis=0, dtype=np.float64))


def cosine(a: Array, b: Array) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@pytest.mark.parametrize("duration_s", DURATIONS_S)
def test_scores_and_embedding_equal_funasrs(
    native: NativeEngine, packed: NativeEngine, funasr: FunasrEngine, duration_s: float
) -> None:
    parts = windows.split(sounds.voice(duration_s))
    reference = funasr.score(parts)[0]
    for engine in (native, packed):
        ours = engine.score(parts)[0]
        assert ours.logits.shape == reference.logits.shape
        assert scores(ours.logits) == pytest.approx(scores(reference.logits), abs=1e-4)
        assert cosine(ours.pooled, reference.pooled) > 0.99999


def test_a_clip_scores_the_same_beside_others_of_other_lengths(native: NativeEngine, packed: NativeEngine) -> None:
    parts = [windows.split(sounds.voice(seconds))[0] for seconds in (0.7, 3.0, 1.9)]
    for together, part in zip(packed.score(parts), parts, strict=True):
        assert together.logits == pytest.approx(native.score([part])[0].logits, abs=1e-4)


def test_loudness_does_not_change_the_scores(native: NativeEngine) -> None:
    loud, quiet = (native.score(windows.split(sounds.voice() * gain))[0] for gain in (1.0, 0.25))
    assert scores(quiet.logits) == pytest.approx(scores(loud.logits), abs=0.01)


def test_bfloat16_keeps_the_verdict(tiny_checkpoint: Path, native: NativeEngine) -> None:
    halved = load_native(tiny_checkpoint, "tiny", Settings(precision="bfloat16"))
    for duration_s in (1.0, 7.77):  # either way of attention in bfloat16
        parts = windows.split(sounds.voice(duration_s))
        exact, rough = native.score(parts)[0], halved.score(parts)[0]
        assert scores(rough.logits).argmax() == scores(exact.logits).argmax()
        assert scores(rough.logits) == pytest.approx(scores(exact.logits), abs=0.02)
        assert rough.logits.dtype == np.float32
    assert halved.info.precision == "bfloat16"


def test_funasr_hears_one_window_only(funasr: FunasrEngine) -> None:
    from core.errors import EngineError

    parts = windows.split(np.tile(sounds.voice(), 11))
    with pytest.raises(EngineError, match="--engine native"):
        funasr.score(parts)


def test_funasr_refuses_what_it_cannot_run(tiny_checkpoint: Path) -> None:
    from core.checkpoints import BUNDLED_DIR
    from core.errors import EngineError

    with pytest.raises(EngineError, match="float32 only"):
        load_funasr(tiny_checkpoint, "tiny", Settings(precision="bfloat16"))
    with pytest.raises(EngineError, match="not emotion2vec"):
        load_funasr(BUNDLED_DIR, "bundled", Settings())
