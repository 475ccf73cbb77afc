"""Bytes, paths and streams, and the names that clips arrive with."""

import io
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core import audio
from core.audio import Limits
from core.errors import AudioError
from tests import sounds


class TestSources:
    """Bytes, paths and streams give the same waveform."""

    def test_bytes_path_string_and_stream_agree(self, voice_wav: bytes, voice_path: Path) -> None:
        reference = audio.decode(voice_wav)
        with voice_path.open("rb") as file:
            for source in (bytearray(voice_wav), memoryview(voice_wav), voice_path, str(voice_path), file):
                assert audio.decode(source).sha256 == reference.sha256

    def test_a_seekable_stream_is_read_from_its_beginning_and_left_open(self, voice_wav: bytes) -> None:
        stream = io.BytesIO(voice_wav)
        stream.seek(0, os.SEEK_END)
        first, second = audio.decode(stream), audio.decode(stream)
        assert first.sha256 == second.sha256
        assert not stream.closed

    @pytest.mark.parametrize("kind", ["wav", "m4a", "ogg-opus"])
    def test_a_stream_that_cannot_be_rewound_works_even_when_its_table_is_at_the_end(self, kind: str) -> None:
        clip = sounds.encode_kind(kind)
        reference = audio.decode(clip)
        assert audio.decode(_OneWay(clip)).sha256 == reference.sha256

    def test_a_pipe_on_disk_works(self, tmp_path: Path, voice_wav: bytes) -> None:
        pipe = tmp_path / "pipe.wav"
        os.mkfifo(pipe)
        writer = threading.Thread(target=pipe.write_bytes, args=(voice_wav,))
        writer.start()
        waveform = audio.decode(pipe)
        writer.join()
        assert (waveform.duration_s, waveform.name) == (3.0, "pipe.wav")

    def test_a_one_way_stream_larger_than_accepted_names_the_setting(self, voice_wav: bytes) -> None:
        with pytest.raises(AudioError, match=r"more than 0 MB.*EMOSCOPE_MAX_UPLOAD_MB"):
            audio.decode(_OneWay(voice_wav), limits=Limits(max_stream_mb=0))

    def test_many_threads_decode_at_once(self) -> None:
        clips = [sounds.encode_kind(kind) for kind in ("mp3", "m4a", "flac", "ogg-opus")]
        expected = [audio.decode(clip).sha256 for clip in clips]
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda clip: audio.decode(clip).sha256, clips * 8))
        assert found == expected * 8

    def test_a_synthetic_speaker_is_decoded(self, spoken_wav: bytes) -> None:
        """espeak-ng writes to a pipe: its WAV header claims 2 GB."""
        waveform = audio.decode(spoken_wav)
        assert 1.5 < waveform.duration_s < 6
        assert waveform.source_rate_hz == 22_050


class TestNames:
    """A clip's name is data: one line, no folder, harmless."""

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("take 1.wav", "take 1.wav"),
            ("../../etc/passwd", "passwd"),
            ("C:\\voices\\anna.mp3", "anna.mp3"),
            ("a\nb\r\n\x1b[31mc\x00.wav", "a b [31mc .wav"),
            ("gpj\u202e.wav", "gpj .wav"),
            ("声音 🎙.wav", "声音 🎙.wav"),
            ("broken\udcff.wav", "broken .wav"),
            ("<script>alert(1)</script>.wav", "script>.wav"),
            ("", "clip"),
            ("..", "clip"),
            ("x/", "clip"),
        ],
    )
    def test_names_are_cleaned(self, given: str, kept: str, voice_wav: bytes) -> None:
        assert audio.decode(voice_wav, name=given).name == kept

    def test_a_long_name_is_cut_and_keeps_its_extension(self) -> None:
        name = audio.clean_name("x" * 300 + ".opus")
        assert (len(name), name[-6:]) == (200, "….opus")

    def test_the_name_comes_from_the_path_or_the_stream(self, voice_path: Path, voice_wav: bytes) -> None:
        named = io.BytesIO(voice_wav)
        named.name = "/tmp/upload/take 7.wav"
        assert audio.decode(voice_path).name == "voice.wav"
        assert audio.decode(named).name == "take 7.wav"
        assert audio.decode(voice_wav).name == "clip"
        assert audio.decode(voice_path, name="other").name == "other"

    def test_the_extension_does_not_matter(self, voice_wav: bytes) -> None:
        assert audio.decode(voice_wav, name="voice.mp3").source_codec == "pcm_s16le"


class _OneWay:
    """A stream that can be read once, like a socket: a few bytes at a time, no seeking."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, num_bytes: int = -1) -> bytes:
        return self._data.read(min(num_bytes, 4000) if num_bytes >= 0 else -1)

    def seekable(self) -> bool:
        return False
