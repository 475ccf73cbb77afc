"""The library as the dashboard has it: its clips as a session's, and their sound by range requests."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.analysis import AnalysisOptions
from core.audio.opus import opus_bytes
from core.errors import LibraryError
from core.library import Entry, Library
from core.results import Analysis, Waveform
from core.settings import Settings
from dashboard import library_sounds
from dashboard.catalogue import Catalogue, sound_url
from dashboard.clips import has_sound
from dashboard.listening import Listener, Phase

KEY = "ab" * 32


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    host = SimpleNamespace(settings=Settings(), options=AnalysisOptions())
    listener = Listener(host)  # type: ignore[arg-type]  # decoding asks the host for nothing but its settings
    yield Catalogue(str(tmp_path / "library"), listener)
    listener.shutdown()


@pytest.fixture
def kept(catalogue: Catalogue, waveform: Waveform, analysis: Analysis) -> Analysis:
    """An analysis that the library keeps under KEY, with its sound."""
    catalogue.library().put([Entry(KEY, analysis, "folder/<b>clip</b>.wav", sound=opus_bytes(waveform))])
    return analysis


def test_a_clip_of_the_library_comes_decoded_with_the_analysis_that_is_kept(
    catalogue: Catalogue, kept: Analysis, waveform: Waveform
) -> None:
    clip = catalogue.clip(KEY)
    assert clip.name == "folder/<b>clip</b>.wav"
    assert clip.heard.result(20).waveform.num_samples == waveform.num_samples and has_sound(clip)
    listening = clip.listenings[kept.checkpoint.id]
    assert listening.phase is Phase.DONE and listening.is_over
    assert listening.analysis is not None and listening.analysis.scores == kept.scores
    assert clip.speech is not None and clip.speech.result(20) is not None


def test_a_clip_without_sound_or_not_there_is_told_in_a_sentence(catalogue: Catalogue, analysis: Analysis) -> None:
    catalogue.library().put([Entry(KEY, analysis, "quiet.wav")])
    with pytest.raises(LibraryError, match=r"kept no sound of 'quiet\.wav'"):
        catalogue.clip(KEY)
    with pytest.raises(LibraryError, match="has no clip"):
        catalogue.clip("cd" * 32)


def test_a_library_that_cannot_be_opened_is_tried_again(tmp_path: Path, catalogue: Catalogue) -> None:
    file = tmp_path / "library"
    file.write_text("no folder")
    with pytest.raises(LibraryError):
        catalogue.library()
    file.unlink()
    assert catalogue.library().count() == 0
    assert catalogue.library() is catalogue.library()


@pytest.fixture
def client(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(library_sounds, "services", lambda: SimpleNamespace(catalogue=catalogue))
    with TestClient(Starlette(routes=list(library_sounds.ROUTES))) as client:
        yield client


def test_the_sound_goes_out_whole_or_in_part(client: TestClient, catalogue: Catalogue, kept: Analysis) -> None:
    whole = client.get(sound_url(KEY))
    assert whole.status_code == 200 and whole.headers["content-type"] == "audio/ogg"
    assert whole.content == catalogue.library().sound(KEY) and whole.content.startswith(b"OggS")
    part = client.get(sound_url(KEY), headers={"Range": "bytes=4-99"})
    assert part.status_code == 206 and part.content == whole.content[4:100]


@pytest.mark.parametrize("key", ["cd" * 32, "..%2F..%2Fetc", "'; DROP TABLE clips; --", KEY.upper()])
def test_what_is_no_clip_of_the_library_is_not_found(client: TestClient, kept: Analysis, key: str) -> None:
    assert client.get(sound_url(key)).status_code == 404


def test_a_library_that_cannot_be_read_is_a_503_with_its_sentence(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "library").write_text("no folder")
    answer = client.get(sound_url(KEY))
    assert answer.status_code == 503 and "library" in answer.text


def test_warming_opens_a_library_that_is_there_and_makes_none(tmp_path: Path, catalogue: Catalogue) -> None:
    catalogue.warm()
    assert list(tmp_path.iterdir()) == []
    Library.open(tmp_path / "library")
    catalogue.warm()
    assert catalogue._library is not None and catalogue.library() is catalogue._library
    broken = Catalogue(str(tmp_path / "broken"), catalogue._listener)
    (tmp_path / "broken").write_text("no folder")
    broken.warm()
    with pytest.raises(LibraryError):
        broken.library()
