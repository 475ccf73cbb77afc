"""Where somebody speaks."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import silero_vad.data

from core.acoustics import SpeechActivity, loud_frames, speech, speech_activity
from core.audio import decode
from core.results import Waveform
from dashboard.examples import EXAMPLES
from tests.sounds import tone

SILENCE = np.zeros(16_000, dtype=np.float32)


@pytest.fixture(scope="module")
def spoken() -> np.ndarray:
    """What a speech synthesiser says, of an example: some two seconds."""
    return decode(EXAMPLES[0].path).samples


def test_a_voice_between_silences_is_found_where_it_is(spoken: np.ndarray) -> None:
    found = speech_activity(Waveform(np.concatenate([SILENCE, spoken, SILENCE])))
    assert found.detector == "silero-vad"
    assert found.spans_s[0][0] == pytest.approx(1.0, abs=0.25)
    assert found.spans_s[-1][1] == pytest.approx(1.0 + len(spoken) / 16_000, abs=0.35)
    assert found.speech_s + found.silence_s == pytest.approx(found.duration_s)
    assert sum(end - start for start, end in found.pauses_s) == pytest.approx(found.silence_s)


@pytest.mark.parametrize(
    "samples",
    [SILENCE, tone(440.0, 2.0), 0.05 * np.random.default_rng(0).normal(size=32_000).astype(np.float32)],
    ids=["silence", "a tone", "noise"],
)
def test_no_speech_is_found_where_there_is_none(samples: np.ndarray) -> None:
    found = speech_activity(Waveform(samples))
    assert found.spans_s == () and found.silence_s == found.duration_s
    assert found.pauses_s == ((0.0, found.duration_s),)
    assert not found.mask(np.array([0.0, 0.5])).any()


@pytest.mark.parametrize("num_samples", [1, 511, 512, 513, 3200])
def test_clips_of_every_length_have_an_answer_within_them(spoken: np.ndarray, num_samples: int) -> None:
    found = speech_activity(Waveform(spoken[8000 : 8000 + num_samples]))
    assert all(0 <= start < end <= found.duration_s for start, end in found.spans_s)


def test_the_network_says_what_the_published_one_says(spoken: np.ndarray) -> None:
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        published = torch.jit.load(str(Path(silero_vad.data.__file__).parent / "silero_vad.jit"))
    samples = np.concatenate([spoken, SILENCE, spoken])
    samples = samples[: len(samples) // 512 * 512]
    published.reset_states()
    theirs = [published(torch.from_numpy(chunk.copy()), 16_000).item() for chunk in samples.reshape(-1, 512)]
    model = speech.silero()
    assert model is not None
    np.testing.assert_allclose(speech._heard(model, samples), theirs, atol=1e-4)


def test_blocks_remember_the_one_before(spoken: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = np.concatenate([spoken, SILENCE, spoken])
    model = speech.silero()
    assert model is not None
    whole = speech._heard(model, samples)
    monkeypatch.setattr(speech, "BLOCK_CHUNKS", 7)
    np.testing.assert_allclose(speech._heard(model, samples), whole, atol=1e-5)


def test_without_the_package_loudness_decides_and_is_named(spoken: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "silero", lambda: None)
    found = speech_activity(Waveform(np.concatenate([SILENCE, spoken, SILENCE])))
    assert found.detector == "energy"
    assert found.spans_s[0][0] == pytest.approx(1.0, abs=0.25)
    assert speech_activity(Waveform(SILENCE)).spans_s == ()


def test_a_dip_does_not_end_speech_and_a_blip_is_none() -> None:
    probabilities = np.array([0, 0.9, 0.4, 0.2, 0.4, 0.9, 0, 0, 0, 0, 0, 0.4, 0.4, 0, 0, 0, 0, 0.6], dtype=np.float32)
    assert speech._runs(probabilities, patience=4) == [(1, 6), (17, 18)]
    assert speech._spans(probabilities, duration_s=100 * 0.032) == (), "both are shorter than a quarter of a second"


def test_the_mask_holds_starts_and_not_ends() -> None:
    found = SpeechActivity(((1.0, 2.0), (3.0, 4.0)), 5.0, "energy")
    assert found.mask(np.array([0.5, 1.0, 1.99, 2.0, 2.5, 3.5, 4.0])).tolist() == [
        False,
        True,
        True,
        False,
        False,
        True,
        False,
    ]
    assert found.pauses_s == ((0.0, 1.0), (2.0, 3.0), (4.0, 5.0))


def test_loud_frames_are_those_near_the_loudest() -> None:
    samples = np.concatenate([tone(200.0, 1.0, amplitude=0.3), tone(200.0, 1.0, amplitude=0.3 * 10 ** (-26 / 20))])
    loud = loud_frames(Waveform(samples), 99)
    assert loud[:48].all() and not loud[51:].any()
    assert not loud_frames(Waveform(SILENCE), 49).any() and len(loud_frames(Waveform(SILENCE), 0)) == 0
