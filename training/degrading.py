"""What happens to speech on its way to a recogniser: noise, a telephone line, a codec, another level."""

import io
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace

import av
import numpy as np
from scipy.signal import butter, sosfiltfilt

from core.audio import decode
from core.results import SAMPLE_RATE_HZ, Array, Waveform
from training.hearing import Change

TELEPHONE_HZ = (300.0, 3400.0)


def _changing_samples(change: Callable[[Array, np.random.Generator], Array]) -> Change:
    """The same clip always gets the same noise: the generator is seeded with its samples."""

    def changed(waveform: Waveform) -> Waveform:
        rng = np.random.default_rng(zlib.crc32(np.ascontiguousarray(waveform.samples).tobytes()))
        return replace(waveform, samples=change(waveform.samples, rng).astype(np.float32))

    return changed


def noise(snr_db: float) -> Change:
    """White Gaussian noise at a signal-to-noise ratio over the whole clip, 10·log10(P_signal / P_noise)."""

    def change(samples: Array, rng: np.random.Generator) -> Array:
        power = float(np.mean(np.square(samples, dtype=np.float64)))
        noisy: Array = samples + rng.standard_normal(samples.shape) * np.sqrt(power / 10 ** (snr_db / 10))
        return noisy

    return _changing_samples(change)


def telephone() -> Change:
    """The telephone band, 300–3400 Hz (ITU-T G.712's), by a Butterworth filter of order 4 run both ways."""
    sections = butter(4, TELEPHONE_HZ, "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
    return _changing_samples(lambda samples, _: np.asarray(sosfiltfilt(sections, samples)))


def level(gain_db: float) -> Change:
    """Louder or softer, without clipping."""
    return _changing_samples(lambda samples, _: samples * 10 ** (gain_db / 20))


def opus(bits_per_second: int) -> Change:
    """Through the Opus codec and back."""

    def change(waveform: Waveform) -> Waveform:
        encoded = io.BytesIO()
        with av.open(encoded, "w", format="ogg") as container:
            stream = container.add_stream("libopus", rate=SAMPLE_RATE_HZ, layout="mono", bit_rate=bits_per_second)
            pcm = (waveform.samples.clip(-1, 1) * 32767).astype(np.int16)[None]
            frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
            frame.sample_rate = SAMPLE_RATE_HZ
            for packet in (*stream.encode(frame), *stream.encode(None)):
                container.mux(packet)
        return replace(decode(encoded.getvalue()), name=waveform.name)

    return change


CONDITIONS: Mapping[str, Change] = {
    "noise at 20 dB": noise(20),
    "noise at 10 dB": noise(10),
    "noise at 0 dB": noise(0),
    "telephone band": telephone(),
    "Opus, 16 kbit/s": opus(16_000),
    "10 dB louder": level(10),
    "10 dB softer": level(-10),
}
