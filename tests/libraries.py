"""Libraries for the tests of maps: clips with synthetic vectors in tight groups, and with sound that can be heard."""

from functools import cache
from pathlib import Path

import numpy as np

from core.audio.opus import opus_bytes
from core.library import Entry, Library
from core.results import Analysis, CheckpointIdentity, Waveform
from tests import sounds

LABELS = ("angry", "happy", "neutral", "sad")
SPEAKERS = ("anna", "bo", "cy", "dora")
DIM = 16
CLIP_S = 1.2


@cache
def opus(pitch_hz: float) -> bytes:
    """A synthetic voice as a library keeps it."""
    return opus_bytes(Waveform(samples=sounds.voice(CLIP_S, pitch_hz=pitch_hz), name="voice.wav", source_codec="pcm"))


def entry(number: int, *, with_sound: bool = True) -> Entry:
    """A clip: its emotion is number % 4, its speaker number // 4 % 4; its vector lies near its emotion's own."""
    rng = np.random.default_rng(number)
    emotion, speaker = number % len(LABELS), number // len(LABELS) % len(SPEAKERS)
    logits = rng.normal(0, 0.3, (60, len(LABELS))).astype(np.float32)
    logits[:, emotion] += 2.5
    embedding = np.random.default_rng(1000 + emotion).normal(0, 4, DIM) + rng.normal(0, 0.6, DIM)
    analysis = Analysis(
        name=f"clip {number:03d}.wav",
        sha256=f"{number + 7:064x}",
        duration_s=CLIP_S,
        checkpoint=CheckpointIdentity("tests/random", "0123abcd"),
        engine="native",
        device="cpu",
        precision="float32",
        labels=LABELS,
        frame_logits=logits,
        embedding=embedding.astype(np.float32),
    )
    return Entry(
        f"{number + 1:064x}",
        analysis,
        f"folder/clip {number:03d}.wav",
        speaker=SPEAKERS[speaker],
        reference=LABELS[emotion],
        metadata={"gender": "fm"[speaker % 2], "note": "<b>outside</b>"},
        sound=opus(110.0 + 20 * speaker) if with_sound else b"",
    )


def fill(location: str | Path, count: int, *, with_sound: bool = True) -> Library:
    """A library of `count` clips, or that many more in one that is there."""
    library = Library.open(location)
    library.put([entry(number, with_sound=with_sound) for number in range(count)])
    return library
