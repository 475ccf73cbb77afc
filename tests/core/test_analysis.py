"""The main job: decode, split, score, summarise."""

from pathlib import Path

import numpy as np
import pytest

from core.analysis import AnalysisOptions, analyze
from core.audio import Limits
from core.emotions import EMOTION_KEYS
from core.errors import AudioError
from core.model.engine import Engine
from core.model.loading import load_native
from core.results import Waveform
from core.settings import Settings
from tests import sounds


@pytest.fixture(scope="module")
def engine(tiny_checkpoint: Path) -> Engine:
    return load_native(tiny_checkpoint, "tiny", Settings())


def test_a_clip_goes_in_and_its_emotions_come_out(engine: Engine, voice_path: Path) -> None:
    analysis = analyze(voice_path, engine)
    assert analysis.name == "voice.wav"
    assert set(analysis.scores) == set(EMOTION_KEYS)
    assert sum(analysis.scores.values()) == pytest.approx(1)
    assert analysis.label == max(analysis.scores, key=lambda key: analysis.scores[key])
    assert analysis.frame_logits.shape == (149, 9) and analysis.embedding.shape == (64,)
    assert set(analysis.timings_s) == {"decode", "score", "summarise", "total"}
    assert [entry.message.split(":")[0] for entry in analysis.log] == ["decode", "score", "summarise"]


@pytest.mark.parametrize("duration_s", [1.0, 75.0])
def test_the_verdict_is_the_mean_of_the_frame_logits(engine: Engine, duration_s: float) -> None:
    """On one window against the head on the pooled embedding; on a stitched recording likewise."""
    samples = np.resize(np.concatenate([sounds.voice(pitch_hz=p) for p in (110, 190, 250)]), int(duration_s * 16_000))
    analysis = analyze(Waveform(samples), engine)
    head = engine._head  # type: ignore[attr-defined]
    utterance = head.weight.numpy() @ analysis.embedding + head.bias.numpy()
    assert analysis.frame_logits.mean(axis=0, dtype=np.float64) == pytest.approx(utterance, abs=1e-4)
    assert analysis.logits == pytest.approx(utterance, abs=1e-4)
    assert (analysis.num_windows, analysis.scope) == ((1, "utterance") if duration_s == 1 else (3, "recording"))


def test_progress_is_told_window_by_window(engine: Engine) -> None:
    seen: list[tuple[int, int]] = []
    samples = np.tile(sounds.voice(), 4)
    analyze(Waveform(samples), engine, AnalysisOptions(window_s=3.0), on_progress=lambda *pair: seen.append(pair))
    assert seen == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_bytes_and_their_decoded_waveform_give_the_same_result(engine: Engine, voice_wav: bytes) -> None:
    from core.audio import decode

    direct, decoded = analyze(voice_wav, engine), analyze(decode(voice_wav), engine)
    assert direct.scores == decoded.scores and direct.sha256 == decoded.sha256


def test_a_limit_is_named_and_nothing_is_cut(engine: Engine, voice_wav: bytes) -> None:
    with pytest.raises(AudioError, match="EMOSCOPE_MAX_DURATION_S"):
        analyze(voice_wav, engine, AnalysisOptions(limits=Limits(max_duration_s=1.0)))
