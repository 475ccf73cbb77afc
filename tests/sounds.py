"""Sound for the tests, made when they run: synthetic voices, tones, and files of every kind that is accepted."""

import io
import struct
import tempfile
import wave
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

VOICE_S = 3.0

# kind: (container, codec, rate, layout). Each is written by libav as programs in the field write it.
KINDS: dict[str, tuple[str, str, int, str]] = {
    "wav": ("wav", "pcm_s16le", 16_000, "mono"),
    "wav-stereo": ("wav", "pcm_s16le", 44_100, "stereo"),
    "mp3": ("mp3", "libmp3lame", 44_100, "stereo"),
    "m4a": ("ipod", "aac", 44_100, "stereo"),
    "aac": ("adts", "aac", 44_100, "mono"),
    "flac": ("flac", "flac", 44_100, "stereo"),
    "ogg-opus": ("ogg", "libopus", 48_000, "mono"),
    "webm": ("webm", "libopus", 48_000, "mono"),
    "mka": ("matroska", "aac", 48_000, "stereo"),
    "amr": ("amr", "libopencore_amrnb", 8_000, "mono"),
    "wma": ("asf", "wmav2", 44_100, "stereo"),
    "aiff": ("aiff", "pcm_s16be", 44_100, "stereo"),
    "caf": ("caf", "pcm_s16be", 44_100, "stereo"),
    "au": ("au", "pcm_s16be", 22_050, "mono"),
    "avi": ("avi", "libmp3lame", 44_100, "mono"),
    "mpegts": ("mpegts", "aac", 44_100, "mono"),
}
# How far a lossy format may be from the true length: a codec's delay or padding.
SLACK_S = {"aac": 0.06, "mpegts": 0.06, "avi": 0.06, "m4a": 0.03, "mka": 0.03, "wma": 0.06, "amr": 0.03}


def voice(duration_s: float = VOICE_S, rate_hz: int = 16_000, pitch_hz: float = 140.0) -> np.ndarray:
    """(num_samples,) float32: a buzzing source with vibrato and syllables, peak about 0.45."""
    t = np.arange(round(duration_s * rate_hz)) / rate_hz
    phase = 2 * np.pi * np.cumsum(pitch_hz * (1 + 0.2 * np.sin(2 * np.pi * 1.3 * t))) / rate_hz
    partials = sum(np.sin(k * phase) / k for k in range(1, 12) if k * pitch_hz * 1.2 < rate_hz / 2)
    return (0.25 * partials * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * t))).astype(np.float32)


def tone(frequency_hz: float, duration_s: float = 1.0, rate_hz: int = 16_000, amplitude: float = 0.5) -> np.ndarray:
    """(num_samples,) float32 sine."""
    t = np.arange(round(duration_s * rate_hz)) / rate_hz
    return (amplitude * np.sin(2 * np.pi * frequency_hz * t)).astype(np.float32)


def amplitude_of(samples: np.ndarray, frequency_hz: float, rate_hz: int = 16_000) -> float:
    """Amplitude of one frequency in the middle of `samples`, by correlation with a Hann-windowed tone."""
    middle = samples[len(samples) // 8 : -len(samples) // 8].astype(np.float64)
    window = np.hanning(len(middle))
    carrier = np.exp(-2j * np.pi * frequency_hz * np.arange(len(middle)) / rate_hz)
    return float(2 * abs(np.sum(middle * window * carrier)) / window.sum())


def wav(samples: np.ndarray, rate_hz: int = 16_000) -> bytes:
    """A 16-bit PCM WAV of (num_samples,) or (num_channels, num_samples) float32, written by the standard library."""
    channels = np.atleast_2d(samples)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels.shape[0])
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.clip(np.rint(channels.T * 32768), -32768, 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def raw_wav(data: bytes, *, tag: int, bits: int, channels: int = 1, rate_hz: int = 16_000, size: int = -1) -> bytes:
    """A WAV around sample data of any format (`tag` 1: integer, 3: float), with any declared `size`."""
    block = channels * bits // 8
    fmt = struct.pack("<HHIIHH", tag, channels, rate_hz, rate_hz * block, block, bits)
    declared = len(data) if size < 0 else size
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", declared) + data
    return b"RIFF" + struct.pack("<I", min(0xFFFF_FFFF, declared + 36)) + body


def encode(
    samples: np.ndarray,
    container: str,
    codec: str,
    rate_hz: int,
    layout: str = "mono",
    *,
    seekable: bool = True,
    options: dict[str, str] | None = None,
    sample_format: str | None = None,
) -> bytes:
    """Encode (num_samples,) or (num_channels, num_samples) float32; one channel is copied to all of `layout`.

    With `seekable=False` the file is written as into a pipe: headers cannot be completed afterwards.
    """
    buffer = io.BytesIO()
    target: Any = buffer if seekable else _Pipe(buffer)
    with av.open(target, "w", format=container, options=options or {}) as out:
        stream = out.add_stream(codec, rate=rate_hz, layout=layout)
        if sample_format:
            stream.codec_context.format = sample_format
        if codec.startswith("wma"):
            stream.codec_context.bit_rate = 128_000  # this encoder has no default
        stream.codec_context.open()
        for frame in encoder_frames(samples, stream.codec_context, rate_hz, layout):
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return buffer.getvalue()


def encode_kind(kind: str, samples: np.ndarray | None = None, **options: Any) -> bytes:
    """`samples`, by default three seconds of voice, as one of `KINDS`."""
    container, codec, rate_hz, layout = KINDS[kind]
    samples = voice(rate_hz=rate_hz) if samples is None else samples
    return encode(samples, container, codec, rate_hz, layout, **options)


def video(container: str, *, num_tracks: int = 1, default_track: int | None = None, codec: str = "mpeg4") -> bytes:
    """Two seconds of moving picture with `num_tracks` sound tracks: tones of 300, 600, 900, … Hz."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as out:
        picture = out.add_stream(codec, rate=25, width=64, height=48, pix_fmt="yuv420p")
        tracks = [out.add_stream("aac", rate=44_100, layout="mono") for _ in range(num_tracks)]
        for number, track in enumerate(tracks):
            if default_track is not None:
                track.disposition = av.stream.Disposition(1 if number == default_track else 0)
            track.codec_context.open()
        for pts in range(50):
            pixels = np.full((48, 64, 3), pts * 5, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = pts
            out.mux(picture.encode(frame))
        out.mux(picture.encode(None))
        for number, track in enumerate(tracks):
            samples = tone(300 * (number + 1), 2.0, 44_100)
            for sound in encoder_frames(samples, track.codec_context, 44_100, "mono"):
                out.mux(track.encode(sound))
            out.mux(track.encode(None))
    return buffer.getvalue()


def write_long(path: Path, container: str, codec: str, rate_hz: int, layout: str, *, minutes: int) -> None:
    """Write minutes of noise to a file, one repeated second at a time, so that little memory is used."""
    rng = np.random.default_rng(0)
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate_hz, layout=layout)
        stream.codec_context.format = "s16"
        second = (rng.normal(0, 3000, (1, rate_hz * stream.codec_context.layout.nb_channels))).astype(np.int16)
        stream.codec_context.open()
        size = stream.codec_context.frame_size or rate_hz // 10
        fifo = av.AudioFifo()
        for _ in range(minutes * 60):
            block = av.AudioFrame.from_ndarray(second, format="s16", layout=layout)
            block.sample_rate = rate_hz
            fifo.write(block)
            for frame in fifo.read_many(size):
                out.mux(stream.encode(frame))
        if (frame := fifo.read(0, partial=True)) is not None:
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def with_table_first(clip: bytes) -> bytes:
    """An mp4 with its table of contents (moov) before the sound (mdat), as files for streaming have it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "first.mp4")  # libav reads the file back to move the table, which takes a path
        with (
            av.open(io.BytesIO(clip)) as source,
            av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as out,
        ):
            stream = out.add_stream_from_template(source.streams.audio[0])
            for packet in source.demux(audio=0):
                if packet.dts is not None:
                    packet.stream = stream
                    out.mux(packet)
        return path.read_bytes()


def amr_wb(duration_s: float = 1.0) -> bytes:
    """An AMR-WB file of random speech parameters: no encoder is at hand, but any bits are a valid frame (RFC 4867)."""
    rng = np.random.default_rng(0)
    frame_type, payload_bytes = 2, 32  # 12.65 kbit/s
    header = bytes([frame_type << 3 | 0b100])  # the quality bit says that the frame is undamaged
    return b"#!AMR-WB\n" + b"".join(header + rng.bytes(payload_bytes) for _ in range(round(duration_s * 50)))


def encoder_frames(samples: np.ndarray, codec: Any, rate_hz: int, layout: str) -> list[av.AudioFrame]:
    """The sound cut into the frames that an encoder takes, in its own sample format."""
    channels = np.atleast_2d(samples).astype(np.float32)
    count = av.AudioLayout(layout).nb_channels
    channels = np.ascontiguousarray(np.repeat(channels, count // channels.shape[0], axis=0))
    whole = av.AudioFrame.from_ndarray(channels, format="fltp", layout=layout)
    whole.sample_rate = rate_hz
    fifo = av.AudioFifo()
    for frame in av.AudioResampler(format=codec.format, layout=layout, rate=rate_hz).resample(whole):
        frame.pts = None
        fifo.write(frame)
    frames, pts = [], 0
    while (frame := fifo.read(codec.frame_size or 1024, partial=True)) is not None:
        frame.pts, frame.time_base = pts, Fraction(1, rate_hz)
        pts += frame.samples
        frames.append(frame)
    return frames


class _Pipe:
    """A file that can only be written to."""

    def __init__(self, buffer: io.BytesIO) -> None:
        self._buffer = buffer

    def write(self, data: bytes) -> int:
        return self._buffer.write(data)
