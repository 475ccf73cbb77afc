"""Vectors of voices for a library, from the sound it keeps; the command line says who speaks, by name."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.audio import write_wav
from core.audio.opus import opus_bytes
from core.cli.main import main
from core.library import Library, Query
from core.results import Waveform
from core.settings import Settings
from core.speakers import (
    VoiceEmbedder,
    add_heard_vectors,
    add_speaker_vectors,
    cataloguing,
    enrolled_in,
    without_vector,
)
from tests.core.library.conftest import entry
from tests.core.speakers.voices import RATE_HZ, speak

pytest.importorskip("webrtcvad", reason="webrtcvad-wheels is not installed")
PEOPLE = ("anna", "ben", "anna", "ben", "chris")


@pytest.fixture(scope="module")
def embedder() -> VoiceEmbedder:
    return VoiceEmbedder.open(Settings(), "resemblyzer")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Five clips, of which the last has no sound; two speakers are named."""
    library = Library.open(tmp_path / "library")
    sounds = [opus_bytes(Waveform(speak(name, 2.0, seed))) for seed, name in enumerate(PEOPLE)]
    sounds[-1] = b""
    library.put(
        [
            entry(number, sound=sound, speaker={"anna": "Anna", "ben": "Ben"}.get(name))
            for number, (name, sound) in enumerate(zip(PEOPLE, sounds, strict=True))
        ]
    )
    return library


def test_every_clip_with_a_sound_gets_a_vector_and_a_second_run_has_nothing_to_do(
    library: Library, embedder: VoiceEmbedder
) -> None:
    seen: list[tuple[int, int]] = []
    assert add_speaker_vectors(library, Query(), embedder, lambda done, total: seen.append((done, total))) == 4
    assert seen[-1] == (5, 5)
    found = library.matrix(Query(), "speaker")
    assert found.values.shape == (4, 240) and found.without == 1
    assert set(library.rows(columns=["speaker_model"]).column(0).to_pylist()) == {embedder.model_id, None}
    assert add_speaker_vectors(library, Query(), embedder) == 0


def test_a_run_that_is_stopped_keeps_what_it_has_and_the_next_goes_on(
    library: Library, embedder: VoiceEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cataloguing, "CLIPS_AT_ONCE", 2)
    monkeypatch.setattr(cataloguing, "HEARD_AT_ONCE", 1)
    done: list[int] = []
    cut_short = add_speaker_vectors(
        library, Query(), embedder, lambda at, total: done.append(at), is_cancelled=lambda: len(done) >= 3
    )
    left = without_vector(library, Query(), embedder.model_id)
    assert cut_short == 5 - len(left) and 0 < cut_short < 4
    assert cut_short + add_speaker_vectors(library, Query(), embedder) == 4


def test_vectors_of_another_model_are_made_anew(library: Library, embedder: VoiceEmbedder) -> None:
    keys = library.rows(columns=["key"]).column(0).to_pylist()
    library.put_speaker_vectors({keys[0]: np.ones(3, np.float32)}, "another")
    assert len(without_vector(library, Query(), embedder.model_id)) == 5
    heard = {keys[0]: Waveform(speak("anna", 1.6)), keys[1]: Waveform(np.zeros(16_000, np.float32))}
    assert add_heard_vectors(library, heard, embedder) == 1  # there is nothing to hear in the other
    assert library.get(keys[0]).speaker_model == embedder.model_id


def test_who_is_named_in_the_library_is_enrolled(library: Library, embedder: VoiceEmbedder) -> None:
    assert enrolled_in(library, embedder.model_id) == {}
    add_speaker_vectors(library, Query(), embedder)
    found = enrolled_in(library, embedder.model_id)
    assert list(found) == ["Anna", "Ben"]
    again = embedder.embed(Waveform(speak("anna", 2.0, 77)))
    assert float(again @ found["Anna"]) > float(again @ found["Ben"])


def test_the_commands_make_vectors_and_say_who_speaks_by_name(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["library", "voices", "--library", library.location, "--model", "resemblyzer"]) == 0
    assert "4 clips have a vector of their voice now" in capsys.readouterr().out
    clip = _talk(tmp_path / "our talk; x.wav")
    command = ["speakers", str(clip), "--num", "2", "--model", "resemblyzer", "--library", library.location]
    assert main([*command, "--export", "json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert set(record["speakers"]) == {"Anna", "Ben"}
    assert record["turns"][0]["speaker"] == "Anna" and record["turns"][-1]["speaker"] == "Ben"
    assert main([*command, "--export", "rttm", "--out", str(tmp_path / "out")]) == 0
    lines = (tmp_path / "out" / "our_talk_x.rttm").read_text().splitlines()
    assert all(line.startswith("SPEAKER our_talk_x 1 ") and len(line.split()) == 10 for line in lines)
    capsys.readouterr()
    assert main([*command, "--export", "rttm", "--out", str(tmp_path / "out")]) == 1
    assert "say --force to replace it" in capsys.readouterr().err


def test_a_bad_clip_and_a_library_without_names_are_sentences(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = _talk(tmp_path / "talk.wav")
    (tmp_path / "broken.wav").write_text("no sound")
    assert main(["speakers", str(tmp_path / "broken.wav"), str(clip), "--num", "2"]) == 1
    said = capsys.readouterr()
    assert "broken.wav" in said.err and "talk.wav" in said.out and "2 speakers" in said.out
    assert main(["speakers", str(clip), "--library", library.location]) == 1
    assert "emoscope library voices" in capsys.readouterr().err
    assert main(["speakers", str(clip), "--out", str(tmp_path)]) == 1
    assert "add --export" in capsys.readouterr().err


@pytest.fixture(autouse=True)
def _by_energy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silero's network takes made-up voices for no speech: the rule that stands in where it is not installed hears."""
    monkeypatch.setattr("core.acoustics.speech.silero", lambda: None)


def _talk(path: Path) -> Path:
    pause = np.zeros(round(0.4 * RATE_HZ), np.float32)
    parts = [speak(name, 2.2, 50 + at) for at, name in enumerate(("anna", "ben", "anna", "ben"))]
    write_wav(Waveform(np.concatenate([sound for part in parts for sound in (part, pause)])), path)
    return path
