"""Vectors of voices by the real Resemblyzer, with the projection that ships and without."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core.errors import SpeakerError
from core.results import Waveform
from core.settings import Settings
from core.speakers import VoiceEmbedder
from core.speakers import embedding as embedding_module
from core.speakers.embedding import spread_starts
from core.speakers.projection import bundled_projection, read_projection, write_projection
from core.speakers.timbre import SIZE, timbre
from tests.core.speakers.voices import FORMANTS_HZ, RATE_HZ, speak

pytest.importorskip("webrtcvad", reason="webrtcvad-wheels is not installed")
pytest.importorskip("torch")


@pytest.fixture(scope="module")
def embedder() -> VoiceEmbedder:
    pytest.importorskip("librosa")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pytest.importorskip("resemblyzer", reason="Resemblyzer is not installed")
    return VoiceEmbedder.open(Settings(), "resemblyzer")


def test_a_clip_is_a_vector_of_length_one_and_the_same_each_time(embedder: VoiceEmbedder) -> None:
    clip = Waveform(speak("anna", 2.5))
    vector = embedder.embed(clip)
    assert vector.shape == (240,) and vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    assert np.array_equal(vector, embedder.embed(clip))


def test_one_voice_is_nearer_to_itself_than_to_others(embedder: VoiceEmbedder) -> None:
    vectors = {
        name: [embedder.embed(Waveform(speak(name, 2.5, seed))) for seed in (1, 2)] for name in FORMANTS_HZ
    }  # fmt: skip
    for name, (one, again) in vectors.items():
        others = [float(one @ other) for person, own in vectors.items() if person != name for other in own]
        assert float(one @ again) > max(others), name


def test_without_the_projection_vectors_are_the_packages_own(embedder: VoiceEmbedder) -> None:
    """One window of 1.6 s, heard by the package's `VoiceEncoder`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from resemblyzer import VoiceEncoder

    samples = speak("ben", 1.6)
    plain = VoiceEmbedder.open(Settings(), "resemblyzer", projected=False)
    network = plain.warm()
    ours = plain.model.vectors(network.features(samples, np.array([0])))[0]
    theirs = VoiceEncoder("cpu", verbose=False).embed_utterance(samples)
    assert float(ours @ theirs) == pytest.approx(1.0, abs=1e-4)
    assert plain.embed(Waveform(samples)).shape == (256,)
    assert plain.model_id == "resemblyzer-0.1" and embedder.model_id == "resemblyzer-0.1+emoscope-voices-1"


def test_stretches_of_a_recording_are_heard_as_clips_are(embedder: VoiceEmbedder) -> None:
    one, other = speak("anna", 2.0), speak("ben", 2.4)
    recording = Waveform(np.concatenate([one, other]))
    seen: list[tuple[int, int]] = []
    both = embedder.embed_spans(recording, [(0.0, 2.0), (2.0, 4.4)], lambda done, total: seen.append((done, total)))
    assert seen == [(2, 2)]
    assert both[0] @ embedder.embed(Waveform(one)) == pytest.approx(1.0, abs=1e-3)
    assert both[1] @ embedder.embed(Waveform(other)) == pytest.approx(1.0, abs=1e-3)
    assert len(embedder.embed_spans(recording, [(0.0, 2.0)], is_cancelled=lambda: True)) == 0


def test_several_threads_hear_with_one_set_of_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = VoiceEmbedder.open(Settings(), "resemblyzer")
    loads = []
    load = embedder.model.load
    counted = embedding_module.VoiceEmbedder(
        type(embedder.model)(**{name: getattr(embedder.model, name) for name in embedder.model.__slots__}
                             | {"load": lambda settings: (loads.append(1), load(settings))[1]})
    )  # fmt: skip
    clips = [Waveform(speak("anna", 1.6, seed)) for seed in range(4)]
    alone = [embedder.embed(clip) for clip in clips]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(counted.embed, clips))
    assert loads == [1]
    assert np.allclose(alone, together, atol=1e-5)


@pytest.mark.parametrize("samples", [np.zeros(16_000, np.float32), np.ones(100, np.float32)])
def test_sound_in_which_nothing_is_heard_is_refused(embedder: VoiceEmbedder, samples: np.ndarray) -> None:
    with pytest.raises(SpeakerError, match=r"a voice needs 0\.1 s"):
        embedder.embed(Waveform(samples, "x.wav"))


def test_a_tenth_of_a_second_and_noise_still_give_numbers(embedder: VoiceEmbedder) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(RATE_HZ).astype(np.float32)
    for samples in (speak("ben", 0.1), noise):
        assert np.isfinite(embedder.embed(Waveform(samples))).all()


def test_windows_cover_a_sound_evenly_and_are_never_too_many() -> None:
    assert spread_starts(100, 25_600).tolist() == [0]
    assert spread_starts(25_600 + 6400, 25_600).tolist() == [0, 3200, 6400]
    assert len(spread_starts(16_000 * 3600, 25_600)) == 300


def test_timbre_is_blind_to_level_and_knows_when_there_is_no_pitch() -> None:
    hiss = np.random.default_rng(0).standard_normal(round(1.5 * RATE_HZ)).astype(np.float32)
    samples = speak("anna", 1.5) + np.float32(0.01) * hiss  # a room: no band is empty
    loud, quiet = timbre(samples), timbre(samples * np.float32(0.25))
    assert loud.shape == (SIZE,)
    assert np.allclose(loud[:-6], quiet[:-6], atol=0.05) and np.allclose(loud[-6:], quiet[-6:], atol=0.05)
    assert 2 ** loud[-6] == pytest.approx(230, rel=0.06)
    assert np.isnan(timbre(np.zeros(8000, np.float32))[-6:]).all()


def test_a_projection_comes_back_as_it_was_written_and_a_damaged_one_is_a_sentence(tmp_path: Path) -> None:
    kept = bundled_projection()
    write_projection(kept, tmp_path)
    features = np.random.default_rng(0).standard_normal((3, len(kept.mean))).astype(np.float32)
    features[0, -1] = np.nan  # no pitch
    assert np.allclose(kept(features), read_projection(tmp_path)(features), atol=1e-6)
    (tmp_path / "projection.safetensors").write_bytes(b"no weights")
    with pytest.raises(SpeakerError, match="install EmoScope again"):
        read_projection(tmp_path)


def test_a_name_that_is_none_tells_the_names() -> None:
    with pytest.raises(SpeakerError, match="there are auto, campplus, resemblyzer"):
        VoiceEmbedder.open(Settings(), "nobody")
