"""Windows: every frame of a recording exactly once, whatever its length; heard as if it had been heard whole."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import windows
from core.model.loading import load_native
from core.results import FrameScores, num_frames_of
from core.settings import Settings
from tests import sounds


@given(
    num_samples=st.integers(400, 200_000),
    window_s=st.floats(0.02, 4.0),
    margin_s=st.floats(0.0, 1.0),
)
@settings(max_examples=150, deadline=None)
def test_every_frame_is_kept_once_and_in_place(num_samples: int, window_s: float, margin_s: float) -> None:
    samples = np.arange(num_samples, dtype=np.float32)
    firsts: list[int] = []
    for window in windows.split(samples, window_s, margin_s):
        start_frame, remainder = divmod(int(window.samples[0]), 320)
        assert remainder == 0
        frames = num_frames_of(window.samples.shape[0])
        last = frames if window.keep_to is None else window.keep_to
        assert 0 <= window.keep_from < last <= frames
        firsts += range(start_frame + window.keep_from, start_frame + last)
    assert firsts == list(range(num_frames_of(num_samples)))


def test_a_clip_of_one_window_is_heard_whole_and_a_longer_one_in_equal_halves() -> None:
    assert len(windows.split(np.ones(480_000, dtype=np.float32))) == 1
    parts = windows.split(np.ones(481_000, dtype=np.float32))
    assert len(parts) == 2
    assert all(14.5 < part.samples.shape[0] / 16_000 < 17.5 for part in parts)


def test_every_window_carries_the_whole_recordings_statistics() -> None:
    samples = np.concatenate([np.full(480_000, 0.5), np.full(480_000, -0.1)]).astype(np.float32)
    for part in windows.split(samples):
        assert part.mean == pytest.approx(0.2)
        assert part.variance == pytest.approx(0.09)


def test_margins_make_stitched_frames_those_of_the_whole(tiny_checkpoint: Path) -> None:
    engine = load_native(tiny_checkpoint, "tiny", Settings())
    samples = np.concatenate([sounds.voice(3.0, pitch_hz=pitch) for pitch in (120, 180, 240, 150)])
    whole = engine.score(windows.split(samples))[0]
    stitched = windows.stitch(engine.score(windows.split(samples, window_s=4.0, margin_s=2.0)))
    bare = windows.stitch(engine.score(windows.split(samples, window_s=4.0, margin_s=0.0)))
    assert stitched.logits.shape == whole.logits.shape
    error, bare_error = (float(np.abs(part.logits - whole.logits).mean()) for part in (stitched, bare))
    assert error < 0.25 * bare_error


def test_the_pooled_embedding_is_the_mean_over_all_frames() -> None:
    rng = np.random.default_rng(0)
    frames = rng.normal(size=(30, 4)).astype(np.float32)
    parts = [FrameScores(part, part.mean(axis=0)) for part in (frames[:7], frames[7:26], frames[26:])]
    stitched = windows.stitch(parts)
    assert stitched.pooled == pytest.approx(frames.mean(axis=0), abs=1e-6)
    assert stitched.logits == pytest.approx(frames)


def test_impossible_windows_are_refused() -> None:
    with pytest.raises(ValueError, match="holds a frame or more"):
        windows.split(np.ones(1600, dtype=np.float32), window_s=0.01)
    with pytest.raises(ValueError, match="margin"):
        windows.split(np.ones(1600, dtype=np.float32), margin_s=-1)
    with pytest.raises(ValueError, match="no windows"):
        windows.stitch([])
