"""Make the bundled examples with espeak-ng: `python -m dashboard.examples.make_examples`.

The same voice reads with a different pitch, pitch range, rate and loudness each time: prosody is all that a formant
synthesiser can put into a voice. Written as Opus, mono, 32 kbit/s.
Needs `espeak-ng` (Debian: apt-get install espeak-ng).
"""

import io
import shutil
import subprocess
import sys
from dataclasses import dataclass

import av
import numpy as np

from core.audio import decode
from core.results import SAMPLE_RATE_HZ, Array
from dashboard.examples import EXAMPLES

BIT_RATE = 32_000
OPUS_RATE_HZ = 48_000
PAUSE_S = 0.35
EDGE_S = 0.15  # of silence before and after
PEAK = 0.7


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence and how it is read; `pitch_range` is SSML's, a per cent of the voice's own."""

    text: str
    pitch: int = 50
    pitch_range: int = 100
    words_per_minute: int = 160
    loudness: float = 1.0
    voice: str = "en-gb+f3"


READINGS: dict[str, tuple[Reading, ...]] = {
    "even": (Reading("The train to the coast leaves at ten past nine, from platform four.", 40, 60, 150, 0.7),),
    "bright": (Reading("You came! I can't believe it, what a wonderful surprise!", 85, 220, 190, 1.0),),
    "heavy": (Reading("There was nothing left to say. So I went home.", 12, 25, 105, 0.45),),
    "sharp": (Reading("No! I told you, not again! Leave it, now!", 55, 160, 215, 1.0, "en-gb+m3"),),
    "turning": (
        Reading("I opened the letter, and read it slowly, line by line.", 35, 50, 135, 0.6),
        Reading("And then I saw it: we won! We really won!", 90, 230, 200, 1.0),
    ),
    "mandarin": (Reading("你真的来了！太好了，我们一起去吧！", 80, 200, 170, 1.0, "cmn+f3"),),
}


def read_aloud(reading: Reading) -> Array:
    """(num_samples,) float32 at 16 kHz, without silence around it."""
    program = shutil.which("espeak-ng")
    if program is None:
        sys.exit("espeak-ng is not installed; on Debian: apt-get install espeak-ng.")
    markup = f'<speak><prosody range="{reading.pitch_range}%">{reading.text}</prosody></speak>'
    settings = ["-v", reading.voice, "-p", str(reading.pitch), "-s", str(reading.words_per_minute)]
    command = [program, "--stdout", "-m", *settings, markup]
    wav = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    samples = decode(wav, name="espeak-ng").samples
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    voiced = samples[loud[0] : loud[-1] + 1]
    spoken: Array = voiced * np.float32(PEAK * reading.loudness / np.abs(voiced).max())
    return spoken


def joined(readings: tuple[Reading, ...]) -> Array:
    """(num_samples,) float32: the readings with a pause between, and a little silence around."""
    edge, pause = (np.zeros(round(seconds * SAMPLE_RATE_HZ), np.float32) for seconds in (EDGE_S, PAUSE_S))
    parts = [edge]
    for index, reading in enumerate(readings):
        parts += [pause, read_aloud(reading)] if index else [read_aloud(reading)]
    return np.concatenate([*parts, edge])


def opus(samples: Array) -> bytes:
    """An Ogg file with (num_samples,) float32 at 16 kHz in it."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=OPUS_RATE_HZ, layout="mono")
        stream.bit_rate = BIT_RATE
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="flt", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        resampler = av.AudioResampler(format="flt", layout="mono", rate=OPUS_RATE_HZ, frame_size=OPUS_RATE_HZ // 50)
        for piece in [*resampler.resample(frame), *resampler.resample(None), None]:
            container.mux(stream.encode(piece))
    return buffer.getvalue()


def main() -> None:
    """Write every example beside this file."""
    for example in EXAMPLES:
        data = opus(joined(READINGS[example.key]))
        example.path.write_bytes(data)
        print(f"{example.path.name}: {len(data) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
