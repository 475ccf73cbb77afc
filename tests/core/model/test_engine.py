"""The engine: shared by threads, exact about what it keeps, honest about what it cannot hear."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core import windows
from core.errors import AudioError, CheckpointError, EngineError
from core.model import open_engine
from core.model.engine import Window
from core.model.loading import load_native
from core.model.native import NativeEngine
from core.settings import Settings
from tests import sounds


@pytest.fixture(scope="module")
def engine(tiny_checkpoint: Path) -> NativeEngine:
    return load_native(tiny_checkpoint, "tiny", Settings())


def test_threads_share_one_engine_and_get_their_own_answers(engine: NativeEngine) -> None:
    clips = [windows.split(sounds.voice(0.5 + 0.2 * k)) for k in range(8)]
    alone = [engine.score(clip)[0].logits for clip in clips]
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(engine.score, clip) for clip in clips]
        pool.submit(engine.optimise)
        together = [future.result()[0].logits for future in futures]
    for ours, theirs in zip(together, alone, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-4)


def test_embeddings_come_on_request_and_their_mean_is_pooled(engine: NativeEngine) -> None:
    parts = windows.split(sounds.voice())
    assert engine.score(parts)[0].embeddings is None
    scored = engine.score(parts, embeddings=True)[0]
    assert scored.embeddings is not None and scored.embeddings.shape == (scored.num_frames, 64)
    assert scored.pooled == pytest.approx(scored.embeddings.mean(axis=0), abs=1e-5)


def test_only_the_kept_frames_come_back(engine: NativeEngine) -> None:
    samples = sounds.voice()
    mean, variance = windows.mean_and_variance(samples)
    whole = engine.score([Window(samples, mean, variance)])[0]
    part = engine.score([Window(samples, mean, variance, keep_from=20, keep_to=60)])[0]
    assert part.logits == pytest.approx(whole.logits[20:60], abs=1e-5)


def test_a_window_shorter_than_a_frame_is_refused(engine: NativeEngine) -> None:
    with pytest.raises(AudioError, match="at least 400 samples"):
        engine.score([Window(np.zeros(399, dtype=np.float32), 0.0, 1.0)])


def test_open_engine_names_what_it_cannot_open(tiny_checkpoint: Path) -> None:
    assert open_engine(str(tiny_checkpoint), Settings()).info.engine == "native"
    with pytest.raises(CheckpointError, match="no checkpoint 'nowhere'"):
        open_engine("nowhere", Settings())
    with pytest.raises(EngineError, match="no engine 'gradio'"):
        open_engine(str(tiny_checkpoint), Settings(), engine="gradio")
