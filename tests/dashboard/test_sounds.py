"""A clip's sound by range requests."""

import io
import time
import wave
from collections.abc import Iterator
from concurrent.futures import Future

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.audio import write_wav
from core.memory import resident_mb
from core.results import Waveform
from dashboard import sounds
from dashboard.clips import Clip, Recents
from dashboard.listening import Heard
from dashboard.pictures import picture_of
from dashboard.sounds import sound_url
from tests.sounds import voice


class OnlyRecents:
    """What the route wants of the services."""

    recents = Recents()


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(OnlyRecents, "recents", Recents())
    monkeypatch.setattr(sounds, "services", OnlyRecents)
    with TestClient(Starlette(routes=list(sounds.ROUTES))) as client:
        yield client


def kept(samples: np.ndarray) -> Clip:
    waveform = Waveform(samples)
    heard: Future[Heard] = Future()
    heard.set_result(Heard(waveform, picture_of(waveform), 0.0))
    clip = Clip("a voice", heard)
    OnlyRecents.recents.keep(clip)
    return clip


def test_the_whole_is_the_wav_that_would_be_written(client: TestClient) -> None:
    clip = kept(1.7 * voice(1.0) / 0.45)  # beyond full scale: turned down as a whole
    buffer = io.BytesIO()
    write_wav(clip.heard.result().waveform, buffer)
    answer = client.get(sound_url(clip.id))
    assert answer.status_code == 200 and answer.content == buffer.getvalue()
    assert answer.headers["content-type"] == "audio/wav" and answer.headers["accept-ranges"] == "bytes"
    with wave.open(io.BytesIO(answer.content)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (1, 16_000, 16_000)


@pytest.mark.parametrize(
    ("asked", "first", "end"),
    [("0-", 0, None), ("0-0", 0, 1), ("7-99", 7, 100), ("44-44", 44, 45), ("101-4100", 101, 4101), ("-9", -9, None),
     ("1000-99999999", 1000, None), ("-99999999", 0, None)],
)  # fmt: skip
def test_any_range_is_that_part_of_the_whole(client: TestClient, asked: str, first: int, end: int | None) -> None:
    clip = kept(voice(1.0))
    whole = client.get(sound_url(clip.id)).content
    answer = client.get(sound_url(clip.id), headers={"Range": f"bytes={asked}"})
    assert answer.content == whole[first:end]
    assert answer.status_code == (200 if answer.content == whole else 206)
    assert int(answer.headers["content-length"]) == len(answer.content)
    if answer.status_code == 206:
        begin = len(whole) + first if first < 0 else first
        assert answer.headers["content-range"] == f"bytes {begin}-{begin + len(answer.content) - 1}/{len(whole)}"


@pytest.mark.parametrize("asked", ["bytes=32044-", "bytes=99999-100000", "bytes=9-3", "bytes=-0"])
def test_a_range_outside_is_refused_with_the_length(client: TestClient, asked: str) -> None:
    clip = kept(voice(1.0))
    answer = client.get(sound_url(clip.id), headers={"Range": asked})
    assert answer.status_code == 416 and answer.headers["content-range"] == "bytes */32044"


@pytest.mark.parametrize("asked", ["bytes=-", "bytes=1-2,4-5", "pages=1-2", "bytes=a-b"])
def test_what_is_not_understood_gives_the_whole(client: TestClient, asked: str) -> None:
    clip = kept(voice(0.1))
    answer = client.get(sound_url(clip.id), headers={"Range": asked})
    assert answer.status_code == 200 and len(answer.content) == 44 + 3200


def test_a_changed_sound_is_sent_whole_and_head_has_no_body(client: TestClient) -> None:
    clip = kept(voice(0.1))
    head = client.head(sound_url(clip.id))
    assert head.content == b"" and head.headers["content-length"] == "3244"
    for tag, status in ((head.headers["etag"], 206), ('"another"', 200)):
        answer = client.get(sound_url(clip.id), headers={"Range": "bytes=0-9", "If-Range": tag})
        assert answer.status_code == status


def test_an_unknown_clip_is_one_sentence(client: TestClient) -> None:
    answer = client.get(sound_url("0" * 32))
    assert answer.status_code == 404 and answer.text == "This clip is no longer on this server."


def test_hours_of_sound_start_at_once_and_need_no_memory(client: TestClient) -> None:
    clip = kept(np.tile(voice(10.0), 360))  # an hour
    client.get(sound_url(clip.id), headers={"Range": "bytes=0-99"})
    before_mb, begun = resident_mb(), time.perf_counter()
    answer = client.get(sound_url(clip.id), headers={"Range": "bytes=100000000-100065535"})
    assert len(answer.content) == 65_536
    assert resident_mb() - before_mb < 20 and time.perf_counter() - begun < 2.0
