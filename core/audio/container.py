"""Opening a clip with libav, safely: which kinds of file, which sound track, and what it declares about itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import av
import av.error
from av.audio.stream import AudioStream
from av.codec import Codec, codecs_available
from av.container import InputContainer

from core.audio.sources import OpenClip
from core.errors import AudioError
from core.said import said

ACCEPTED = "wav, mp3, m4a/aac, flac, ogg/opus, webm, amr, wma, aiff, caf, or a video with sound (mp4, mov, mkv, avi)"

# Only formats that carry their own sound. Playlists and scripts (hls, dash, concat, …) name other files or addresses
# and must never be followed; images, text and raw streams only turn wrong files into confusing errors.
_DEMUXERS = "wav,mp3,aac,flac,ogg,matroska,webm,mov,mp4,m4a,3gp,amr,asf,aiff,au,caf,avi,mpegts"

# These declare a length in their header (or, Ogg, in their last page) that libav reports and that can be held against
# what was decoded. In other formats libav's duration is an estimate from the bit rate.
_DECLARING = {"mov", "matroska", "flac", "aiff", "ogg"}
_MICROSECONDS = 1_000_000

_SOUND_MAGIC = (b"RIFF", b"RF64", b"fLaC", b"OggS", b"ID3", b"#!AMR", b"FORM", b"caff", b"\x1aE\xdf\xa3", b"0&\xb2u")
_OTHER_MAGIC = {
    b"PK": said("kind.zip", "a zip archive (or an office document)"),
    b"%PDF": said("kind.pdf", "a PDF document"),
    b"\x89PNG": said("kind.png", "a PNG image"),
    b"\xff\xd8\xff": said("kind.jpeg", "a JPEG image"),
    b"GIF8": said("kind.gif", "a GIF image"),
    b"#EXTM3U": said("kind.playlist", "a playlist, which only names other files"),
    b"ffconcat": said("kind.playlist", "a playlist, which only names other files"),
    b"<": said("kind.markup", "a web page or other markup"),
    b"{": said("kind.json", "JSON text"),
}

# libav's own errors, and what its callbacks and PyAV's conversions raise on malformed input.
LIBAV_ERRORS = (av.error.FFmpegError, OSError, ValueError, EOFError, ArithmeticError, NotImplementedError)

av.logging.set_level(None)  # libav must not write to stderr; its reasons come back as exceptions


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """What a clip says it holds, before anything is decoded.

    Attributes:
        container: libav's name of the file format, `codec` its name of the sound's coding.
        duration_s: declared, or estimated from the bit rate; None when unknown. Never to be relied upon.
        track, num_tracks: which of the sound tracks is used, counted from 1.
    """

    container: str
    codec: str
    rate_hz: int
    channels: int
    duration_s: float | None
    track: int = 1
    num_tracks: int = 1


@dataclass(frozen=True, slots=True)
class Track:
    """The sound track to decode. `declared_s` is None where the format declares no length."""

    container: InputContainer
    stream: AudioStream
    info: AudioInfo
    declared_s: float | None

    @property
    def family(self) -> str:
        return self.info.container.split(",")[0]


@contextmanager
def open_track(clip: OpenClip) -> Iterator[Track]:
    """The clip's sound track, ready to decode; `AudioError` where there is none."""
    with _open_container(clip) as container:
        yield _choose_track(container, clip.name)


def _open_container(clip: OpenClip) -> InputContainer:
    # An empty protocol list is "all": `data` cannot reach outside, whatever a demuxer may try to open.
    options = {"format_whitelist": _DEMUXERS, "codec_whitelist": _sound_decoders(), "protocol_whitelist": "data"}
    try:
        return av.open(clip.reader, "r", options=options, metadata_errors="replace")
    except LIBAV_ERRORS as error:
        raise AudioError(_what_came(clip)) from error


def _what_came(clip: OpenClip) -> str:
    """The sentence for a clip that libav cannot open, by what its first bytes say it is."""
    clip.reader.seek(0)
    head = clip.reader.read_fully(16)
    if head[4:8] == b"ftyp":
        return said(
            "audio.no_moov",
            "{name!r} is truncated: an mp4, m4a or mov file without its table of contents (moov), so copy it again; "
            "accepted are {accepted}.",
            name=clip.name, accepted=ACCEPTED,
        )  # fmt: skip
    if head.startswith(_SOUND_MAGIC):
        return said(
            "audio.cut",
            "{name!r} begins like a sound file but is cut or damaged at its start, so copy it again; accepted are "
            "{accepted}.",
            name=clip.name, accepted=ACCEPTED,
        )  # fmt: skip
    kind = next((kind for magic, kind in _OTHER_MAGIC.items() if head.startswith(magic)), None)
    if kind is None:
        return said(
            "audio.unknown",
            "{name!r} is not a sound file, or one that is not known here; accepted are {accepted}.",
            name=clip.name, accepted=ACCEPTED,
        )  # fmt: skip
    return said(
        "audio.no_sound_file", "{name!r} is {kind}, not a sound file; accepted are {accepted}.",
        name=clip.name, kind=kind, accepted=ACCEPTED,
    )  # fmt: skip


@cache
def _sound_decoders() -> str:
    """Every sound decoder of this libav, comma-separated: no picture or subtitle decoder ever sees the bytes."""
    return ",".join(sorted(name for name in codecs_available if _is_sound_decoder(name)))


def _is_sound_decoder(name: str) -> bool:
    try:
        return Codec(name, "r").type == "audio"
    except ValueError:  # an encoder only
        return False


def _choose_track(container: InputContainer, name: str) -> Track:
    """The track marked as default, else the first; of those that can be decoded, if any can."""
    streams = container.streams.audio
    if not streams:
        kinds = sorted({str(stream.type) for stream in container.streams}) or ["nothing"]
        raise AudioError(
            said(
                "audio.no_track", "{name!r} has no sound track, only {kinds}; choose a file with sound: {accepted}.",
                name=name, kinds=" and ".join(kinds), accepted=ACCEPTED,
            )
        )  # fmt: skip
    numbers = [i for i, stream in enumerate(streams) if stream.codec_context is not None] or [0]
    number = next((i for i in numbers if streams[i].disposition.value & 1), numbers[0])
    stream = streams[number]
    if stream.codec_context is None:
        raise AudioError(
            said(
                "audio.coding", "{name!r} is coded in a way that cannot be decoded here; convert it to wav or mp3.",
                name=name,
            )
        )  # fmt: skip
    declared_s = _declared_s(container, stream)
    info = AudioInfo(
        container=container.format.name,
        codec=stream.codec_context.name,
        rate_hz=stream.codec_context.sample_rate,
        channels=stream.codec_context.channels,
        duration_s=declared_s if declared_s is not None else _length_s(container, stream),
        track=number + 1,
        num_tracks=len(streams),
    )
    return Track(container, stream, info, declared_s)


def _declared_s(container: InputContainer, stream: AudioStream) -> float | None:
    """The track's length as its own header declares it."""
    if container.format.name.split(",")[0] not in _DECLARING:
        return None
    if stream.duration is None and "DURATION" in stream.metadata:  # Matroska, by convention
        return _clock_s(stream.metadata["DURATION"])
    has_only_sound = len(container.streams) == 1
    return _length_s(container, stream) if stream.duration is not None or has_only_sound else None


def _length_s(container: InputContainer, stream: AudioStream) -> float | None:
    length_s: float | None = None
    if stream.duration is not None and stream.time_base:
        length_s = float(stream.duration * stream.time_base)
    elif container.duration is not None:
        length_s = container.duration / _MICROSECONDS
    return length_s if length_s is not None and length_s > 0 else None


def _clock_s(text: str) -> float | None:
    """Seconds of `HH:MM:SS.fraction`; None for anything else."""
    try:
        hours, minutes, seconds = text.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return None
