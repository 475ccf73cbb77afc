"""Whatever a microphone, a phone or an editor writes becomes the same mono 16 kHz waveform."""

import io
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from core import audio
from core.audio import Limits
from core.errors import AudioError
from core.results import SAMPLE_RATE_HZ
from core.settings import Settings
from tests import sounds

TONE_HZ = 1000.0


@pytest.mark.parametrize("kind", sounds.KINDS)
def test_every_kind_of_file_gives_its_length_and_its_tone(kind: str) -> None:
    _, _, rate_hz, layout = sounds.KINDS[kind]
    clip = sounds.encode_kind(kind, sounds.tone(TONE_HZ, 2.0, rate_hz))
    waveform = audio.decode(clip, name=f"tone.{kind}")
    assert waveform.samples.dtype == np.float32
    assert waveform.samples.ndim == 1
    assert waveform.duration_s == pytest.approx(2.0, abs=sounds.SLACK_S.get(kind, 1e-4))
    assert sounds.amplitude_of(waveform.samples, TONE_HZ) == pytest.approx(0.5, rel=0.15 if kind == "amr" else 0.05)
    assert (waveform.source_rate_hz, waveform.source_channels) == (rate_hz, 2 if layout == "stereo" else 1)


@pytest.mark.parametrize("kind", ["mp3", "ogg-opus", "webm", "flac"])
def test_encoder_delay_and_padding_are_left_out_so_that_sound_stays_where_it_was(kind: str) -> None:
    _, _, rate_hz, _ = sounds.KINDS[kind]
    original = sounds.voice(1.5, rate_hz)
    onset = np.concatenate([np.zeros(rate_hz // 2, np.float32), original])
    decoded = audio.decode(sounds.encode_kind(kind, onset)).samples
    assert decoded.shape[0] == 2 * SAMPLE_RATE_HZ
    reference = audio.decode(sounds.wav(onset, rate_hz)).samples
    lags = range(-80, 81)
    correlation = [float(np.dot(np.roll(decoded, lag), reference)) for lag in lags]
    assert abs(lags[int(np.argmax(correlation))]) <= 1


def test_amr_wide_band_is_decoded() -> None:
    waveform = audio.decode(sounds.amr_wb(1.0))
    assert (waveform.source_codec, waveform.source_rate_hz) == ("amrwb", 16_000)
    assert waveform.duration_s == 1.0
    assert np.abs(waveform.samples).max() > 0.1


@pytest.mark.parametrize("container", ["mp4", "mov", "matroska", "avi"])
def test_the_sound_track_of_a_video_is_found(container: str) -> None:
    waveform = audio.decode(sounds.video(container))
    assert waveform.duration_s == pytest.approx(2.0, abs=0.06)
    assert sounds.amplitude_of(waveform.samples, 300) == pytest.approx(0.5, rel=0.05)
    assert waveform.source_codec == "aac"


def test_of_several_sound_tracks_the_default_one_is_used_and_recorded() -> None:
    waveform = audio.decode(sounds.video("matroska", num_tracks=3, default_track=1))
    assert sounds.amplitude_of(waveform.samples, 600) == pytest.approx(0.5, rel=0.05)
    assert (waveform.source_track, waveform.source_num_tracks) == (2, 3)


def test_without_a_default_the_first_sound_track_is_used() -> None:
    waveform = audio.decode(sounds.video("matroska", num_tracks=2, default_track=-1))
    assert sounds.amplitude_of(waveform.samples, 300) == pytest.approx(0.5, rel=0.05)
    assert (waveform.source_track, waveform.source_num_tracks) == (1, 2)


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 12_000, 16_000, 22_050, 32_000, 44_100, 44_101, 96_000, 192_000])
def test_any_rate_keeps_length_amplitude_and_silence_elsewhere(rate_hz: int) -> None:
    samples = audio.decode(sounds.wav(sounds.tone(TONE_HZ, 1.0, rate_hz), rate_hz)).samples
    assert samples.shape[0] == pytest.approx(SAMPLE_RATE_HZ, abs=1)
    assert sounds.amplitude_of(samples, TONE_HZ) == pytest.approx(0.5, rel=1e-3)
    inside = slice(1000, -1000)  # the ends ring: before and after them there is silence
    expected = sounds.tone(TONE_HZ, 1.0)[: samples.shape[0]]
    residue = (samples[: expected.shape[0]] - expected)[inside]
    assert 20 * np.log10(np.sqrt(np.mean(residue**2))) < -60


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
def test_resampling_passes_speech_and_rejects_what_would_alias(rate_hz: int) -> None:
    def level_db(frequency_hz: float) -> float:
        samples = sounds.tone(frequency_hz, 1.0, rate_hz, amplitude=0.9)
        data = samples.astype("<f4").tobytes()
        decoded = audio.decode(sounds.raw_wav(data, tag=3, bits=32, rate_hz=rate_hz)).samples
        return 20 * float(np.log10(np.sqrt(2 * np.mean(decoded[2000:-2000] ** 2)) / 0.9))

    assert level_db(100) == pytest.approx(0, abs=0.01)
    assert level_db(7_000) == pytest.approx(0, abs=0.01)
    assert level_db(7_500) == pytest.approx(0, abs=0.2)
    assert level_db(8_300) < -80
    assert level_db(15_000) < -80


@pytest.mark.parametrize(
    ("tag", "bits", "data_type", "full_scale"),
    [
        (1, 8, "u1", 128),
        (1, 16, "<i2", 2**15),
        (1, 32, "<i4", 2**31),
        (1, 64, "<i8", 2**63),
        (3, 32, "<f4", 1),
        (3, 64, "<f8", 1),
    ],
)
def test_every_sample_format_has_the_same_full_scale(tag: int, bits: int, data_type: str, full_scale: int) -> None:
    original = sounds.tone(440, 0.5).astype(np.float64)
    data = (original * full_scale + (128 if data_type == "u1" else 0)).astype(data_type).tobytes()
    decoded = audio.decode(sounds.raw_wav(data, tag=tag, bits=bits)).samples
    assert np.abs(decoded - original).max() <= max(1.01 / full_scale, 1e-7)


def test_24_bit_samples_keep_their_precision() -> None:
    original = sounds.tone(440, 0.5, amplitude=0.001)
    decoded = audio.decode(sounds.encode(original, "wav", "pcm_s24le", 16_000)).samples
    assert np.abs(decoded - original).max() <= 2**-23


@pytest.mark.parametrize(("container", "codec"), [("ipod", "alac"), ("mp4", "aac"), ("caf", "pcm_s16be")])
def test_planar_sound_is_mixed_like_interleaved_sound(container: str, codec: str) -> None:
    """ALAC decodes to planes of 16-bit integers, AAC to planes of floats, PCM to interleaved channels."""
    stereo = np.stack([sounds.tone(500, 1.0, 44_100), sounds.tone(900, 1.0, 44_100)])
    samples = audio.decode(sounds.encode(stereo, container, codec, 44_100, "stereo")).samples
    assert sounds.amplitude_of(samples, 500) == pytest.approx(0.25, rel=0.02)
    assert sounds.amplitude_of(samples, 900) == pytest.approx(0.25, rel=0.02)


@pytest.mark.parametrize("num_channels", [1, 2, 3, 5, 6, 7, 8, 11, 24])
def test_any_number_of_channels_is_mixed_to_their_mean(num_channels: int) -> None:
    channels = np.stack([sounds.tone(300 + 200 * number, 0.5) for number in range(num_channels)])
    waveform = audio.decode(sounds.wav(channels))
    assert waveform.source_channels == num_channels
    assert np.abs(waveform.samples - channels.mean(axis=0)).max() < 2**-15


def test_surround_sound_is_mixed_to_the_mean_of_its_six_channels() -> None:
    channels = np.stack([sounds.tone(300 + 200 * number, 1.0, 48_000) for number in range(6)])
    samples = audio.decode(sounds.encode(channels, "flac", "flac", 48_000, "5.1")).samples
    for number in range(6):
        assert sounds.amplitude_of(samples, 300 + 200 * number) == pytest.approx(0.5 / 6, rel=0.01)


@pytest.mark.parametrize("kind", ["mp3", "ogg-opus", "flac", "aac", "mpegts"])
def test_files_joined_end_to_end_are_heard_to_the_end(kind: str) -> None:
    """As `cat a.mp3 b.mp3` makes them; the tag at the second file's start is not sound."""
    rate_hz = sounds.KINDS[kind][2]
    parts = [sounds.encode_kind(kind, sounds.tone(frequency_hz, 1.0, rate_hz)) for frequency_hz in (500, 1500)]
    samples = audio.decode(b"".join(parts)).samples
    assert samples.shape[0] / SAMPLE_RATE_HZ == pytest.approx(2.0, abs=0.12)
    assert sounds.amplitude_of(samples[: SAMPLE_RATE_HZ * 3 // 4], 500) == pytest.approx(0.5, rel=0.1)
    assert sounds.amplitude_of(samples[-SAMPLE_RATE_HZ * 3 // 4 :], 1500) == pytest.approx(0.5, rel=0.1)


def test_a_pause_that_the_recorder_left_out_stays_in_the_time_line() -> None:
    """WebM from a call in which the microphone was off for a second: its timestamps jump."""
    samples = audio.decode(_webm_with_gap()).samples
    assert samples.shape[0] / SAMPLE_RATE_HZ == pytest.approx(3.0, abs=0.03)
    assert np.abs(samples[int(1.1 * SAMPLE_RATE_HZ) : int(1.9 * SAMPLE_RATE_HZ)]).max() == 0
    assert np.abs(samples[int(2.1 * SAMPLE_RATE_HZ) :]).max() > 0.1


def _webm_with_gap() -> bytes:
    """Three seconds of voice without the packets of the second one."""
    target = io.BytesIO()
    with av.open(target, "w", format="webm") as out:
        stream = out.add_stream("libopus", rate=48_000, layout="mono")
        stream.codec_context.open()
        for frame in sounds.encoder_frames(sounds.voice(3.0, 48_000), stream.codec_context, 48_000, "mono"):
            for packet in stream.encode(frame):
                if not 48_000 <= packet.pts < 96_000:
                    out.mux(packet)
        out.mux(stream.encode(None))
    return target.getvalue()


class TestProbe:
    """`probe` says what a clip holds without decoding it."""

    def test_it_reads_the_header(self) -> None:
        info = audio.probe(sounds.encode_kind("flac"))
        assert (info.container, info.codec, info.rate_hz, info.channels) == ("flac", "flac", 44_100, 2)
        assert (info.duration_s, info.track, info.num_tracks) == (3.0, 1, 1)

    def test_a_stream_without_a_length_has_none(self) -> None:
        assert audio.probe(sounds.encode_kind("webm", seekable=False)).duration_s is None

    def test_it_raises_where_there_is_no_sound(self) -> None:
        with pytest.raises(AudioError, match="not a sound file"):
            audio.probe(b"hello " * 50)

    def test_a_stream_can_be_decoded_after_it(self, voice_wav: bytes) -> None:
        stream = io.BytesIO(voice_wav)
        assert audio.probe(stream).duration_s == audio.decode(stream).duration_s == 3.0


class TestLimits:
    """Limits are settings, named in the message; nothing is cut to fit them."""

    @pytest.mark.parametrize("kind", ["wav", "mp3", "flac", "webm", "amr"])
    @pytest.mark.parametrize("seekable", [True, False])
    def test_a_clip_longer_than_accepted_is_refused(self, kind: str, seekable: bool) -> None:
        with pytest.raises(AudioError, match=r"'long' is longer than 2\.5 s, .*EMOSCOPE_MAX_DURATION_S"):
            audio.decode(sounds.encode_kind(kind, seekable=seekable), name="long", limits=Limits(max_duration_s=2.5))

    def test_a_clip_exactly_as_long_as_accepted_passes(self, voice_wav: bytes) -> None:
        assert audio.decode(voice_wav, limits=Limits(max_duration_s=3.0)).duration_s == 3.0

    def test_an_endless_stream_is_refused_before_it_is_all_decoded(self) -> None:
        """A few bytes of FLAC that unfold to minutes: decoding stops at the limit."""
        clip = sounds.encode(np.zeros(16_000 * 120, np.float32) + sounds.tone(50, 120.0), "flac", "flac", 16_000)
        with pytest.raises(AudioError, match="longer than 10 s"):
            audio.decode(clip, limits=Limits(max_duration_s=10))

    def test_a_clip_shorter_than_a_tenth_of_a_second_is_refused(self) -> None:
        with pytest.raises(AudioError, match=r"0\.099 s of sound; at least 0\.1 s .*EMOSCOPE_MIN_DURATION_S"):
            audio.decode(sounds.wav(sounds.tone(440, 0.099)))
        assert audio.decode(sounds.wav(sounds.tone(440, 0.1))).num_samples == 1600

    def test_they_come_from_the_settings(self) -> None:
        limits = Limits.from_settings(Settings(min_duration_s=0.5, max_duration_s=60, max_upload_mb=7))
        assert limits == Limits(min_duration_s=0.5, max_duration_s=60, max_stream_mb=7)
        assert Limits.from_settings(Settings()) == Limits()


def test_libav_writes_nothing_to_stderr(tmp_path: Path) -> None:
    clip = bytearray(sounds.encode_kind("aac"))
    clip[5_000:5_400] = bytes(400)
    (tmp_path / "damaged.aac").write_bytes(clip)
    program = (
        "import sys; from core import audio; from core.errors import AudioError\n"
        "try: audio.decode(sys.argv[1])\n"
        "except AudioError as error: print(error)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "damaged.aac")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    assert "is damaged" in done.stdout
