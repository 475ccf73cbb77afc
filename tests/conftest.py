"""Fixtures that several test files share. How sound is made is in `tests.sounds`."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: on a busy machine spinning threads take minutes

import numpy as np
import pytest

from core.results import Analysis, CheckpointIdentity, LogEntry, Waveform, num_frames_of
from tests import sounds

LABELS = ("angry", "disgusted", "fearful", "happy", "neutral", "sad", "surprised")


@pytest.fixture(scope="session")
def waveform() -> Waveform:
    """Three seconds of synthetic voice."""
    return Waveform(samples=sounds.voice(), name="voice.wav", source_codec="pcm_s16le")


@pytest.fixture(scope="session")
def voice_wav() -> bytes:
    """The same voice as a 16-bit WAV."""
    return sounds.wav(sounds.voice())


@pytest.fixture(scope="session")
def voice_path(tmp_path_factory: pytest.TempPathFactory, voice_wav: bytes) -> Path:
    """The same WAV on disk, as `voice.wav`."""
    path = tmp_path_factory.mktemp("sound") / "voice.wav"
    path.write_bytes(voice_wav)
    return path


@pytest.fixture(scope="session")
def spoken_wav() -> bytes:
    """A sentence spoken by espeak-ng, 22.05 kHz; the test is skipped where it is not installed."""
    program = shutil.which("espeak-ng")
    if program is None:
        pytest.skip("espeak-ng is not installed")
    command = [program, "--stdout", "-v", "en", "What a lovely surprise, I had not expected you!"]
    return subprocess.run(command, check=True, capture_output=True, timeout=20).stdout


@pytest.fixture(scope="session")
def make_analysis() -> Callable[..., Analysis]:
    """Make the analysis of a waveform with random but repeatable frame logits, as if a checkpoint had spoken."""

    def make(waveform: Waveform, *, labels: tuple[str, ...] = LABELS, num_windows: int = 1, seed: int = 0) -> Analysis:
        rng = np.random.default_rng(seed)
        num_frames = num_frames_of(waveform.num_samples)
        logits = rng.normal(0, 2, (num_frames, len(labels))) + np.linspace(2, 0, len(labels))
        return Analysis(
            name=waveform.name,
            sha256=waveform.sha256,
            duration_s=waveform.duration_s,
            checkpoint=CheckpointIdentity("tests/random", "0123abcd"),
            engine="native",
            device="cpu",
            precision="float32",
            labels=labels,
            frame_logits=logits.astype(np.float32),
            embedding=rng.normal(size=192).astype(np.float32),
            num_windows=num_windows,
            timings_s={"decode": 0.0123, "score": 0.1 / 3, "total": 0.0456},
            log=(LogEntry(0.0123, "decode: 3 s of audio"), LogEntry(0.0456, "score: 149 frames")),
        )

    return make


@pytest.fixture(scope="session")
def analysis(make_analysis: Callable[..., Analysis], waveform: Waveform) -> Analysis:
    """An analysis of `waveform`; its checkpoint cannot say `other` nor `unknown`."""
    return make_analysis(waveform)


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An emotion2vec folder in the hubs' exact format with random weights at tiny size, optimizer state included."""
    from benchmarks.random_checkpoint import write_checkpoint

    return write_checkpoint(tmp_path_factory.mktemp("checkpoints") / "tiny", "tiny")
