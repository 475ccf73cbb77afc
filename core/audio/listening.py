"""Frames of any rate, format and channel count in; one growing mono 16 kHz float32 array out.

Down-mixing (numpy) and resampling (libswresample) are independent of each other, and both work on short blocks: apart
from the result itself nothing in memory grows with the length of the clip.
"""

from dataclasses import dataclass

import numpy as np
from av import AudioFrame, AudioResampler

from core.audio.limits import Limits
from core.errors import AudioError
from core.results import SAMPLE_RATE_HZ, Array
from core.said import said

SILENCE_DBFS = -90.0
SILENCE_PEAK = 10 ** (SILENCE_DBFS / 20)  # 3.2e-5, just above one step of 16 bits
LARGEST_SAMPLE = 2.0**32  # float files scaled like 32-bit integers still pass; beyond that squares overflow float32

# Kaiser-windowed sinc, 128 taps a phase: a tone at 7.5 kHz loses 0.07 dB, one at 8.2 kHz is 94 dB down.
_RESAMPLER_OPTIONS = {"filter_size": "128", "cutoff": "0.97", "filter_type": "kaiser", "kaiser_beta": "9"}
_BLOCK_SAMPLES = 1 << 15
_GROWTH_SAMPLES = 1 << 17  # 0.5 MB
_NUMPY_TYPES = {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}
_FULL_SCALE = {"u8": 2**7, "s16": 2**15, "s32": 2**31, "s64": 2**63, "flt": 1, "dbl": 1}


class Listener:
    """Hears one clip, frame by frame, and keeps what is needed to judge it."""

    def __init__(self, name: str, limits: Limits) -> None:
        self._name = name
        self._limits = limits
        self._result = _GrowingArray()
        self._resampler: AudioResampler | None = None
        self._shape = Shape()
        self._pending: list[list[Array]] = []  # planes of frames that are not mixed yet, all of one `Shape`
        self._num_pending = 0
        self.first_shape = Shape()
        self._loudest = np.zeros(2, np.float32)  # lowest and highest sample of the mix
        self._has_heard = False
        self._channels_sound = False  # some channel is louder than silence, though the mix may not be

    def hear(self, frame: AudioFrame) -> None:
        """Take in one decoded frame; `AudioError` when it cannot be used or the clip grows too long."""
        if frame.samples == 0:
            return
        shape = Shape.of(frame)
        if shape != self._shape:
            self._change_to(shape)
        self._pending.append(planes_of(frame))
        self._num_pending += frame.samples
        if self._num_pending >= _BLOCK_SAMPLES:
            self._mix()

    def hear_silence(self, seconds: float) -> None:
        """Fill a gap in the recording's time line."""
        self._refuse_too_long(seconds)
        self._mix()
        remaining = round(seconds * self._shape.rate_hz)
        while remaining > 0:
            self._pass_on(np.zeros(min(remaining, _BLOCK_SAMPLES), np.float32))
            remaining -= _BLOCK_SAMPLES

    def finish(self) -> Array:
        """(num_samples,) float32 at 16 kHz. Raises `AudioError` for sound that is too short or silent."""
        self._flush()
        samples = self._result.finish()
        self._limits.refuse_too_short(self._name, samples.shape[0] / SAMPLE_RATE_HZ)
        self._refuse_silence()
        return samples

    @property
    def duration_s(self) -> float:
        """How much was heard so far."""
        pending_s = self._num_pending / self._shape.rate_hz if self._num_pending else 0.0
        return self._result.length / SAMPLE_RATE_HZ + pending_s

    def _change_to(self, shape: "Shape") -> None:
        """Some streams change midway; what came before is mixed and resampled as what it was."""
        self._limits.refuse_rate(self._name, shape.rate_hz)
        if shape.rate_hz == self._shape.rate_hz:
            self._mix()
        else:
            self._flush()
        self._shape = shape
        if not self.first_shape.rate_hz:
            self.first_shape = shape

    def _mix(self) -> None:
        if not self._pending:
            return
        with np.errstate(over="ignore", invalid="ignore"):  # `_measure` refuses what is not finite
            channels = self._shape.channels_of(self._pending)
            self._pending, self._num_pending = [], 0
            if not self._channels_sound:
                self._channels_sound = bool(np.ptp(channels, axis=1).max() > 2 * SILENCE_PEAK)
            self._pass_on(channels.mean(axis=0))

    def _pass_on(self, block: Array) -> None:
        self._measure(block)
        if self._shape.rate_hz == SAMPLE_RATE_HZ:
            self._store(block)
        else:
            self._resample(_mono_frame(block, self._shape.rate_hz))

    def _flush(self) -> None:
        self._mix()
        if self._resampler is not None:
            self._resample(None)
            self._resampler = None

    def _resample(self, frame: AudioFrame | None) -> None:
        if self._resampler is None:
            self._resampler = AudioResampler("flt", "mono", SAMPLE_RATE_HZ, options=_RESAMPLER_OPTIONS)
        for resampled in self._resampler.resample(frame):
            self._store(resampled.to_ndarray()[0])

    def _store(self, block: Array) -> None:
        self._refuse_too_long(block.shape[0] / SAMPLE_RATE_HZ)
        self._result.append(block)

    def _measure(self, block: Array) -> None:
        low, high = block.min(), block.max()
        if not max(abs(low), abs(high)) <= LARGEST_SAMPLE:  # also where either is NaN
            raise AudioError(
                said(
                    "audio.no_numbers",
                    "{name!r} holds samples that are not numbers or far beyond full scale (near {at_s:.2f} s); write "
                    "it again with samples between -1 and 1.",
                    name=self._name, at_s=self.duration_s,
                )
            )  # fmt: skip
        if self._has_heard:
            low, high = min(low, self._loudest[0]), max(high, self._loudest[1])
        self._loudest[:] = low, high
        self._has_heard = True

    def _refuse_too_long(self, further_s: float) -> None:
        self._limits.refuse_too_long(self._name, self._result.length / SAMPLE_RATE_HZ + further_s)

    def _refuse_silence(self) -> None:
        if self._loudest[1] - self._loudest[0] > 2 * SILENCE_PEAK:
            return
        if self._channels_sound:
            raise AudioError(
                said(
                    "audio.anti_phase",
                    "{name!r} cancels itself out when its channels are mixed to one (they are in anti-phase); send one "
                    "channel alone, or invert one of them.",
                    name=self._name,
                )
            )
        raise AudioError(
            said(
                "audio.silent",
                "{name!r} is silent (nothing above {level:g} dBFS from beginning to end); check the microphone or the "
                "recording's level.",
                name=self._name, level=SILENCE_DBFS,
            )
        )  # fmt: skip


class _GrowingArray:
    """A float32 array that grows in place.

    `ndarray.resize` is a `realloc`, which moves large blocks by remapping pages instead of copying them; small steps
    keep the spare room (which numpy fills with zeros, so it counts as used memory) under 1/16 of the sound.
    """

    def __init__(self) -> None:
        self._data = np.empty(0, np.float32)
        self.length = 0

    def append(self, block: Array) -> None:
        end = self.length + block.shape[0]
        if end > self._data.shape[0]:
            self._data.resize(end + max(_GROWTH_SAMPLES, self._data.shape[0] // 16), refcheck=False)
        self._data[self.length : end] = block
        self.length = end

    def finish(self) -> Array:
        """The array, cut to its length; append nothing afterwards."""
        self._data.resize(self.length, refcheck=False)
        return self._data


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape in which a decoder hands out sound. `sample_format` is libav's name: `s16`, `fltp`, …"""

    rate_hz: int = 0
    num_channels: int = 0
    sample_format: str = ""

    @classmethod
    def of(cls, frame: AudioFrame) -> "Shape":
        return cls(frame.sample_rate, frame.layout.nb_channels, frame.format.name)

    def channels_of(self, frames: list[list[Array]]) -> Array:
        """(num_channels, num_samples) float32, full scale at ±1, of frames' planes joined in time."""
        planes = [np.concatenate(parts) for parts in zip(*frames, strict=True)]
        is_planar = len(planes) == self.num_channels
        channels = np.stack(planes) if is_planar else planes[0].reshape(-1, self.num_channels).T
        kind = self.sample_format.removesuffix("p")
        scaled: Array = channels.astype(np.float32) / np.float32(_FULL_SCALE[kind])
        return scaled - np.float32(1) if kind == "u8" else scaled  # unsigned: silence is in the middle


def planes_of(frame: AudioFrame) -> list[Array]:
    """Views of a frame's planes: one a channel, or a single one with the channels interleaved."""
    kind = frame.format.name.removesuffix("p")
    if kind not in _NUMPY_TYPES:
        raise ValueError(f"unknown sample format {frame.format.name}")
    count = frame.samples if frame.format.is_planar else frame.samples * frame.layout.nb_channels
    return [np.frombuffer(plane, _NUMPY_TYPES[kind], count) for plane in frame.planes]  # type: ignore[call-overload]


def _mono_frame(block: Array, rate_hz: int) -> AudioFrame:
    frame = AudioFrame.from_ndarray(block[np.newaxis], format="flt", layout="mono")
    frame.sample_rate = rate_hz
    return frame
