"""A clip as it is kept to be played again: Ogg Opus (RFC 7845), about 3 kB a second."""

import io
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av import AudioFrame

from core.results import SAMPLE_RATE_HZ, Array, Waveform

BIT_RATE = 24_000  # bits a second: wideband speech without audible loss
_COMPLEXITY = "5"  # of 10: half the time of the most thorough, not told apart at this rate
_FRAME_SAMPLES = SAMPLE_RATE_HZ // 50  # 20 ms


def opus_bytes(waveform: Waveform) -> bytes:
    """The clip as mono Ogg Opus without any metadata; sound beyond full scale is turned down as a whole."""
    samples = waveform.samples
    peak = float(max(-samples.min(), samples.max())) if samples.size else 0.0
    gain = np.float32(1 / max(1.0, peak))
    target = io.BytesIO()
    with av.open(target, "w", format="ogg") as out:
        stream = out.add_stream(
            "libopus", rate=SAMPLE_RATE_HZ, layout="mono", options={"compression_level": _COMPLEXITY}
        )
        stream.codec_context.bit_rate = BIT_RATE
        for frame in _frames(samples, gain):
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return target.getvalue()


def _frames(samples: Array, gain: np.float32) -> Iterator[AudioFrame]:
    """20 ms at a time, as the encoder takes them; the last one may be shorter."""
    for start in range(0, samples.shape[0], _FRAME_SAMPLES):
        block = np.ascontiguousarray(samples[start : start + _FRAME_SAMPLES] * gain, dtype=np.float32)
        frame = AudioFrame.from_ndarray(block[np.newaxis], format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE_HZ, start, Fraction(1, SAMPLE_RATE_HZ)
        yield frame
