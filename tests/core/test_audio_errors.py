"""Bad input gives one clear sentence: what came, what is accepted, what to do. Each error is met with a real file."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from core import audio
from core.errors import AudioError
from tests import sounds


def refusal(clip: bytes | Path, name: str | None = "clip.wav") -> str:
    """The one sentence with which `clip` is refused."""
    with pytest.raises(AudioError) as caught:
        audio.decode(clip, name=name)
    message = str(caught.value)
    assert "\n" not in message
    return message


def zip_archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("voice.wav", sounds.wav(sounds.voice()))
    return buffer.getvalue()


def png_image() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(72))) + chunk(b"IEND", b"")
    )


class TestNotSound:
    """What is not a sound file says what it is instead."""

    def test_empty(self) -> None:
        assert refusal(b"") == "'clip.wav' is empty (0 bytes); choose a file that holds sound."

    @pytest.mark.parametrize(
        ("clip", "kind"),
        [
            (b"Dear diary, today I felt fine.\n" * 40, "is not a sound file"),
            (png_image(), "is a PNG image, not a sound file"),
            (b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" * 20, "is a PDF document, not a sound file"),
            (zip_archive(), "is a zip archive (or an office document), not a sound file"),
            (b"<!DOCTYPE html><html><body>404</body></html>" * 9, "is a web page or other markup"),
            (b"\x00" * 5000, "is not a sound file"),
            (b"x", "is not a sound file"),
        ],
        ids=["text", "png", "pdf", "zip", "html", "zeros", "one byte"],
    )
    def test_another_kind_of_file_renamed(self, clip: bytes, kind: str) -> None:
        message = refusal(clip)
        assert kind in message
        assert "accepted are wav, mp3, m4a/aac, flac" in message

    @pytest.mark.parametrize("container", ["mp4", "matroska", "mov", "avi"])
    def test_a_video_without_sound(self, container: str) -> None:
        assert "has no sound track, only video" in refusal(sounds.video(container, num_tracks=0))


class TestMissing:
    """Paths that cannot be read are named, without their folder."""

    def test_no_such_file(self, tmp_path: Path) -> None:
        assert refusal(tmp_path / "gone.wav", None) == "'gone.wav' does not exist; check the path."

    def test_a_folder(self, tmp_path: Path) -> None:
        assert refusal(tmp_path, None) == f"{tmp_path.name!r} is a folder; name the clips in it."

    def test_a_device(self) -> None:
        assert "'zero' is a device, not a file" in refusal(Path("/dev/zero"), None)

    def test_an_impossible_path(self) -> None:
        assert "cannot be opened (embedded null byte)" in refusal(Path("a\0b"), None)
        assert "cannot be opened (File name too long)" in refusal(Path("x" * 5000), None)

    def test_a_file_that_may_not_be_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The user who runs the tests may be root, whom permissions do not stop: `open` itself refuses here."""
        path = tmp_path / "private.wav"
        path.write_bytes(sounds.wav(sounds.voice()))

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("builtins.open", refuse)
        with pytest.raises(AudioError, match=r"'private\.wav' may not be read by this user"):
            audio.decode(path)

    def test_a_closed_stream(self) -> None:
        stream = io.BytesIO(b"RIFF")
        stream.close()
        with pytest.raises(AudioError, match="The stream is closed"):
            audio.decode(stream)

    def test_a_text_stream(self) -> None:
        with pytest.raises(AudioError, match="open it in binary mode"):
            audio.decode(io.StringIO("hello"))  # type: ignore[arg-type]

    def test_a_stream_that_breaks_off(self) -> None:
        class Broken(io.RawIOBase):
            def read(self, size: int = -1) -> bytes:
                raise ConnectionResetError("connection reset by peer")

        with pytest.raises(AudioError, match="broke off while it was read"):
            audio.decode(Broken())  # type: ignore[arg-type]


class TestTruncated:
    """A header that declares clearly more than came makes a truncated clip; nothing is silently cut."""

    @pytest.mark.parametrize(
        "kind", ["wav", "wav-stereo", "mp3", "flac", "webm", "mka", "aiff", "caf", "au", "avi", "wma"]
    )
    def test_a_file_cut_in_its_middle(self, kind: str) -> None:
        clip = sounds.encode_kind(kind)
        message = refusal(clip[: len(clip) * 6 // 10])
        assert "is truncated: it declares" in message
        assert "of sound, but only 1." in message or "breaks off after 1." in message

    @pytest.mark.parametrize("kind", ["wav", "mp3", "flac", "webm", "aiff"])
    def test_half_a_second_missing_is_enough(self, kind: str) -> None:
        _, _, rate_hz, _ = sounds.KINDS[kind]
        clip = sounds.encode_kind(kind, sounds.voice(6.0, rate_hz))
        assert "is truncated" in refusal(clip[: int(len(clip) * 0.89)])

    def test_an_ogg_file_that_ends_within_a_page(self) -> None:
        clip = sounds.encode_kind("ogg-opus")
        assert "is truncated: it breaks off within an Ogg page" in refusal(clip[: len(clip) * 6 // 10])

    def test_an_mp4_without_its_table_of_contents(self) -> None:
        clip = sounds.encode_kind("m4a")
        assert "is truncated: an mp4, m4a or mov file without its table of contents" in refusal(clip[: len(clip) // 2])

    def test_an_mp4_whose_table_comes_first(self) -> None:
        clip = sounds.with_table_first(sounds.encode_kind("m4a"))
        assert clip.index(b"moov") < clip.index(b"mdat")
        assert "is truncated: it declares 3 s" in refusal(clip[: len(clip) * 6 // 10])

    @pytest.mark.parametrize("kind", ["wav", "flac", "ogg-opus", "webm", "m4a"])
    def test_a_file_cut_within_its_header(self, kind: str) -> None:
        clip = sounds.encode_kind(kind)
        assert "cut or damaged at its start" in (message := refusal(clip[:20])) or "truncated" in message

    @pytest.mark.parametrize("size", [0, 0xFFFF_FFFF, 0x7FFF_FFFF, 0x7FFF_FFDB], ids=hex)
    def test_a_wav_from_a_pipe_declares_no_size_and_passes(self, size: int) -> None:
        data = (sounds.voice() * 32767).astype("<i2").tobytes()
        assert audio.decode(sounds.raw_wav(data, tag=1, bits=16, size=size)).duration_s == 3.0

    @pytest.mark.parametrize("kind", ["wav", "mp3", "flac", "webm", "mka", "caf", "avi"])
    def test_a_recording_written_to_a_pipe_passes(self, kind: str) -> None:
        """No length in its header: as MediaRecorder in a browser, or `ffmpeg -f … -`, write them."""
        clip = sounds.encode_kind(kind, seekable=False)
        assert audio.decode(clip).duration_s == pytest.approx(3.0, abs=0.06)

    @pytest.mark.parametrize("kind", ["aac", "amr", "mpegts"])
    def test_a_stream_that_declares_nothing_is_taken_as_it_came(self, kind: str) -> None:
        clip = sounds.encode_kind(kind)
        assert audio.decode(clip[: len(clip) * 6 // 10 + 7]).duration_s == pytest.approx(1.8, abs=0.1)

    def test_a_few_missing_bytes_are_forgiven(self, voice_wav: bytes) -> None:
        """Some programs count the header into the size of the data."""
        assert audio.decode(voice_wav[:-44]).num_samples == 3 * 16_000 - 22

    def test_trailing_tags_are_not_sound(self) -> None:
        tagged = sounds.encode_kind("mp3") + b"TAG" + bytes(125)
        assert audio.decode(tagged).duration_s == 3.0


class TestDamaged:
    """Sound that cannot be decoded in the middle is an error, never a shorter clip."""

    @pytest.mark.parametrize("kind", ["m4a", "aac", "flac", "amr", "mka", "mpegts"])
    def test_noise_over_the_middle(self, kind: str) -> None:
        clip = bytearray(sounds.encode_kind(kind))
        middle = len(clip) // 2
        width = len(clip) // 20
        clip[middle : middle + width] = np.random.default_rng(3).bytes(width)
        message = refusal(bytes(clip))
        assert "is damaged: the sound after 1." in message or "is truncated: it declares 3" in message

    def test_an_ogg_page_with_a_wrong_checksum(self) -> None:
        clip = bytearray(sounds.encode_kind("ogg-opus", sounds.voice(5.0, 48_000)))
        starts = [i for i in range(len(clip)) if clip[i : i + 4] == b"OggS"]
        assert len(starts) > 5  # two of headers, the rest of about a second each
        clip[starts[3] + 200] ^= 0xFF
        assert "is damaged: the sound after" in refusal(bytes(clip))

    def test_a_first_packet_that_is_nonsense(self) -> None:
        clip = bytearray(sounds.encode_kind("m4a"))
        start = clip.index(b"mdat") + 4
        clip[start : start + 1200] = np.random.default_rng(5).bytes(1200)
        assert "is damaged" in refusal(bytes(clip))


class TestSilent:
    """Nothing to hear is an error that says where to look."""

    @pytest.mark.parametrize(
        "samples",
        [
            np.zeros(16_000, np.float32),
            np.full(16_000, 0.3, np.float32),
            sounds.tone(440, 1.0, amplitude=2e-5),
        ],
        ids=["digital silence", "constant", "below -90 dBFS"],
    )
    @pytest.mark.parametrize("rate_hz", [16_000, 44_100])
    def test_nothing_to_hear(self, samples: np.ndarray, rate_hz: int) -> None:
        clip = sounds.raw_wav(samples.tobytes(), tag=3, bits=32, rate_hz=rate_hz)
        assert "is silent (nothing above -90 dBFS from beginning to end); check the microphone" in refusal(clip)

    def test_the_last_bit_flickering_is_silence_too(self) -> None:
        flicker = np.random.default_rng(0).integers(-1, 1, 16_000).astype("<i2")
        assert "is silent" in refusal(sounds.raw_wav(flicker.tobytes(), tag=1, bits=16))

    def test_a_whisper_is_not_silence(self) -> None:
        quiet = sounds.tone(440, 1.0, amplitude=1e-4)
        clip = sounds.raw_wav(quiet.tobytes(), tag=3, bits=32)
        assert np.abs(audio.decode(clip).samples).max() == pytest.approx(1e-4, rel=1e-3)

    @pytest.mark.parametrize("rate_hz", [16_000, 48_000])
    def test_channels_in_anti_phase_cancel_out_and_the_message_says_so(self, rate_hz: int) -> None:
        left = sounds.voice(1.0, rate_hz)
        message = refusal(sounds.wav(np.stack([left, -left]), rate_hz))
        assert "cancels itself out" in message
        assert "anti-phase" in message
        assert "silent" not in message


class TestNotNumbers:
    """Float files may hold anything."""

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
    @pytest.mark.parametrize("rate_hz", [16_000, 44_100])
    def test_one_impossible_sample(self, value: float, rate_hz: int) -> None:
        samples = sounds.voice(2.0, rate_hz)
        samples[rate_hz] = value
        message = refusal(sounds.raw_wav(samples.tobytes(), tag=3, bits=32, rate_hz=rate_hz))
        assert "samples that are not numbers or far beyond full scale" in message

    def test_double_precision_beyond_single(self) -> None:
        samples = sounds.voice(1.0).astype(np.float64)
        samples[800] = 1e300
        assert "not numbers" in refusal(sounds.raw_wav(samples.tobytes(), tag=3, bits=64))

    def test_floats_scaled_like_integers_are_accepted(self) -> None:
        samples = sounds.voice(1.0) * 32768
        decoded = audio.decode(sounds.raw_wav(samples.tobytes(), tag=3, bits=32)).samples
        assert np.array_equal(decoded, samples)


class TestRates:
    """8 to 192 kHz are accepted."""

    @pytest.mark.parametrize("rate_hz", [4_000, 7_999, 192_001, 384_000])
    def test_other_rates_are_refused(self, rate_hz: int) -> None:
        message = refusal(sounds.wav(sounds.voice(0.5, max(rate_hz, 8_000)), rate_hz))
        assert f"is sampled at {rate_hz} Hz; 8000 to 192000 Hz is accepted" in message
