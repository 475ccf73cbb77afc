"""A clip can reach nothing outside itself: no other file, no address, no decoder of pictures."""

import contextlib
import socket
import threading
from pathlib import Path

import av
import pytest

from core import audio
from core.audio import sources
from core.audio.container import _DEMUXERS, _sound_decoders
from core.errors import AudioError
from tests import sounds


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A real sound file that a hostile clip points to."""
    path = tmp_path / "secret.wav"
    path.write_bytes(sounds.wav(sounds.voice()))
    (tmp_path / "secret.ts").write_bytes(sounds.encode_kind("mpegts"))
    return path


def references(secret: Path) -> dict[str, bytes]:
    """Files that libav would, left to itself, follow to `secret`."""
    stream = secret.with_suffix(".ts")
    return {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{stream}\n#EXT-X-ENDLIST\n".encode(),
        "hls-url": f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nfile://{stream}\n#EXT-X-ENDLIST\n".encode(),
        "ffconcat": f"ffconcat version 1.0\nfile {secret}\n".encode(),
        "ffconcat-relative": f"ffconcat version 1.0\nfile {secret.name}\n".encode(),
        "pls": f"[playlist]\nFile1={secret}\nNumberOfEntries=1\n".encode(),
        "dash": f'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{stream}</BaseURL></MPD>'.encode(),
        "sdp": b"v=0\nm=audio 5004 RTP/AVP 0\nc=IN IP4 127.0.0.1\n",
    }


KINDS = sorted(references(Path("/x/secret.wav")))


@pytest.mark.parametrize("kind", KINDS)
def test_a_clip_that_names_another_file_is_refused(kind: str, secret: Path) -> None:
    with pytest.raises(AudioError, match="not a sound file"):
        audio.decode(references(secret)[kind], name=f"list.{kind}")


@pytest.mark.parametrize("kind", KINDS)
def test_so_it_is_as_a_path_beside_the_file_that_it_names(kind: str, secret: Path) -> None:
    path = secret.with_name(f"list.{'m3u8' if kind.startswith('hls') else kind}")
    path.write_bytes(references(secret)[kind])
    with pytest.raises(AudioError, match="not a sound file"):
        audio.decode(path)
    with pytest.raises(AudioError, match="not a sound file"):
        audio.probe(path)


def test_libav_by_itself_would_have_followed_such_a_reference(secret: Path) -> None:
    """The tests above mean something: opened by name, the same script plays the other file."""
    script = secret.with_name("list.ffconcat")
    script.write_bytes(references(secret)["ffconcat-relative"])
    with av.open(str(script), options={"safe": "0"}) as container:
        assert container.streams.audio[0].codec_context.sample_rate == 16_000


def test_no_connection_is_made_to_an_address_in_a_playlist() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"
        playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{address}\n#EXT-X-ENDLIST\n".encode()
        asked = threading.Event()
        threading.Thread(target=_wait_for_one, args=(server, asked)).start()
        with pytest.raises(AudioError):
            audio.decode(playlist)
        assert not asked.wait(0.4)


def _wait_for_one(server: socket.socket, asked: threading.Event) -> None:
    try:
        server.accept()[0].close()
        asked.set()
    except TimeoutError:
        pass


def test_a_quicktime_file_that_claims_its_sound_is_elsewhere_gives_its_own_bytes_or_nothing() -> None:
    """A `dref` entry without the self-contained flag means another file (ISO 14496-12, section 8.7.2)."""
    clip = bytearray(sounds.encode_kind("m4a"))
    at = clip.index(b"url ", clip.index(b"dref"))
    assert clip[at + 4 : at + 8] == b"\0\0\0\1"
    clip[at + 4 : at + 8] = bytes(4)
    with contextlib.suppress(AudioError):
        assert audio.decode(bytes(clip)).sha256 == audio.decode(sounds.encode_kind("m4a")).sha256


def test_no_accepted_format_can_refer_to_other_files() -> None:
    referring = {"hls", "dash", "concat", "concatf", "sdp", "rtsp", "image2", "tee", "lavfi", "webm_dash_manifest"}
    assert not referring & set(_DEMUXERS.split(","))


def test_only_decoders_of_sound_are_ever_opened() -> None:
    names = _sound_decoders().split(",")
    assert {"aac", "flac", "mp3float", "opus", "vorbis", "wmav2", "amrnb", "amrwb", "pcm_s16le"} <= set(names)
    assert not {"h264", "hevc", "png", "mjpeg", "vp9", "ass"} & set(names)


def test_libav_is_never_given_more_bytes_than_it_has_room_for() -> None:
    class Generous:
        """A stream that returns more than was asked."""

        def __init__(self, data: bytes) -> None:
            self.data = data

        def read(self, num_bytes: int = -1) -> bytes:
            return self.data

        def seek(self, offset: int, whence: int = 0) -> int:
            return len(self.data) if whence == 2 else offset

    with pytest.raises(AudioError, match="instead of up to"):
        audio.decode(Generous(sounds.wav(sounds.voice())))  # type: ignore[arg-type]


def test_seeking_before_the_beginning_is_refused_by_value() -> None:
    with sources.open_clip(b"0123456789", None, audio.Limits()) as clip:
        assert clip.reader.seek(-1, 0) == -1
        assert clip.reader.seek(-3, 2) == 7
        assert clip.reader.read(10) == b"789"
        assert clip.reader.seek(0, 0x10000) == -1
