"""`decode`: from any clip to one waveform, or one clear sentence why not.

Nothing is silently cut. A clip is refused as *truncated* when its header declares clearly more sound than came (see
`_Playback.refuse_incomplete`), and as *damaged* when something in its middle cannot be decoded. Formats that declare no
length (ADTS, AMR, MPEG-TS, live WebM, piped WAV, MP3 without a Xing header) are taken as they came, less a last partial
frame.
"""

from collections.abc import Iterator

from av import AudioFrame, Packet
from av.audio.stream import AudioStream

from core.audio.container import LIBAV_ERRORS, AudioInfo, Track, open_track
from core.audio.limits import Limits, spoken
from core.audio.listening import Listener
from core.audio.promises import Promise, read_promise
from core.audio.sources import Source, open_clip
from core.errors import AudioError
from core.results import Waveform
from core.said import said

_GAP_S = 0.1  # timestamps are rounded, to 1 ms in Matroska; a real gap is a pause in the recording
_MAX_FAILURES = 1000
_TAGS = (b"ID3", b"TAG", b"APETAGEX")
_ALL_PRESENT = 0.98
_PAUSING = {"matroska", "mov", "asf"}  # recorders may leave pauses out of these
_GAPLESS = {"ogg", "flac", "mpegts"}  # a gap in these is sound that was lost: libav skips pages with a wrong checksum


def decode(source: Source, *, name: str | None = None, limits: Limits = Limits()) -> Waveform:
    """Decode `source` to mono 16 kHz float32: the mean of its channels, with pauses in its time line kept as silence.

    Args:
        source: the clip's bytes, a path, or a binary stream. A seekable stream is read from its beginning and left
            open; one that cannot be rewound is copied to a temporary file first.
        name: what to call the clip; by default the file's or stream's own base name.
        limits: shortest and longest sound accepted.

    Raises:
        AudioError: the clip is missing, empty, not sound, without a sound track, truncated, damaged, too short, too
            long, silent, or holds samples that are not numbers.
    """
    with open_clip(source, name, limits) as clip:
        promise = read_promise(clip.reader)
        with open_track(clip) as track:
            limits.refuse_too_long(clip.name, track.declared_s or 0.0)
            listener = Listener(clip.name, limits)
            playback = _Playback(track, clip.name, promise)
            playback.play_to(listener)
            playback.refuse_incomplete(listener)
            return Waveform(
                samples=listener.finish(),
                name=clip.name,
                source_rate_hz=listener.first_shape.rate_hz,
                source_channels=listener.first_shape.num_channels,
                source_codec=track.info.codec,
                source_track=track.info.track,
                source_num_tracks=track.info.num_tracks,
            )


def probe(source: Source) -> AudioInfo:
    """What `source` says it holds, without decoding it; `AudioError` where it holds no sound.

    A stream that cannot be rewound is used up by this.
    """
    with open_clip(source, None, Limits()) as clip, open_track(clip) as track:
        return track.info


class _Playback:
    """Plays a track to a listener, watching the track's own clock and what fails to decode."""

    def __init__(self, track: Track, name: str, promise: Promise) -> None:
        self._track = track
        self._promise = promise
        self._name = name
        self._start_s: float | None = None
        self._end_s = 0.0  # both by the track's clock
        self._num_failures = 0  # since the last frame that could be decoded

    def play_to(self, listener: Listener) -> None:
        """Let `listener` hear every frame, and silence where the recording paused."""
        for frame in self._frames():
            gap_s = self._advance(frame)
            if gap_s > _GAP_S and self._track.family in _GAPLESS:
                raise self._damaged()
            try:
                if gap_s > _GAP_S and self._track.family in _PAUSING:
                    listener.hear_silence(gap_s)
                listener.hear(frame)
            except LIBAV_ERRORS as error:  # a frame of a kind that cannot be mixed or resampled
                raise self._damaged() from error

    def refuse_incomplete(self, listener: Listener) -> None:
        """Raise `AudioError` when the end of the clip is missing or cannot be decoded.

        Truncated is a clip that lacks more than 0.5 s, or in short ones more than 2 % (but 0.1 s at least): less is a
        codec's padding, a rounded header, or sound that ends a little before its picture. One undecodable packet at
        the very end is forgiven where no length is declared: such a stream is simply cut there.
        """
        came_s = max(listener.duration_s, self._end_s - (self._start_s or 0.0))
        present = self._promise.fraction_present
        declared_s = came_s / present if present < 1 else self._track.declared_s
        if declared_s is not None and declared_s - came_s > min(0.5, max(0.1, 0.02 * declared_s)):
            raise self._truncated(f"it declares {spoken(declared_s)} of sound, but only {spoken(came_s)} came")
        if self._num_failures > 1 or (self._num_failures and self._track.declared_s is not None):
            raise self._damaged()
        if self._promise.ends_within_page:
            raise self._truncated(f"it breaks off within an Ogg page, after {spoken(came_s)}")

    def _frames(self) -> Iterator[AudioFrame]:
        """Decoded frames in order; `AudioError` when more sound follows after a packet that cannot be decoded."""
        packets = self._track.container.demux(self._track.stream)
        while True:
            try:
                frames = _decoded(next(packets))
            except StopIteration:
                return
            except LIBAV_ERRORS:
                self._num_failures += 1
                if self._num_failures > _MAX_FAILURES:
                    raise self._damaged() from None
                continue
            if frames and self._num_failures:
                raise self._damaged()
            yield from frames

    def _advance(self, frame: AudioFrame) -> float:
        """Move the clock past `frame`; the gap in seconds between the frame before and this one."""
        if not frame.sample_rate:
            return 0.0
        previous_s = self._end_s
        start_s = frame.time if frame.time is not None else previous_s
        self._end_s = start_s + frame.samples / frame.sample_rate
        if self._start_s is None:
            self._start_s = start_s
            return 0.0
        return start_s - previous_s

    def _truncated(self, what: str) -> AudioError:
        return AudioError(f"{self._name!r} is truncated: {what}; copy or download it again.")

    def _damaged(self) -> AudioError:
        at_s = self._end_s - (self._start_s or 0.0)
        if self._promise.fraction_present < _ALL_PRESENT:  # then this is where the file was cut
            return self._truncated(f"it declares more than came, and breaks off after {spoken(at_s)}")
        return AudioError(
            said(
                "audio.damaged",
                "{name!r} is damaged: the sound after {at} cannot be decoded; copy it again, or export it anew from an "
                "audio editor.",
                name=self._name, at=spoken(at_s),
            )
        )  # fmt: skip


def _decoded(packet: "Packet[AudioStream]") -> list[AudioFrame]:
    """A packet's frames; none for a tag between two MP3 files that were joined, which libav takes for a packet."""
    try:
        return packet.decode()
    except LIBAV_ERRORS:
        if bytes(packet).startswith(_TAGS):
            return []
        raise
