"""A library of many made-up clips, written straight as rows of its tables: for speed, not for looks."""

import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from core.audio import decode
from core.audio.opus import opus_bytes
from core.emotions import EMOTION_KEYS
from core.library import Library
from core.library.tables import CLIPS, DONE, FRAMES, SCORES, SOUNDS
from core.results import Array, softmax
from dashboard.examples import EXAMPLES

LABELS = tuple(key for key in EMOTION_KEYS if key != "unknown")
CORPORA = ("studio", "radio", "telephone", "film")
NUM_SPEAKERS = 400
NUM_FRAMES = 8
ROWS_AT_ONCE = 20_000
UNSURE_BELOW = 0.45


def make_library(folder: Path, num_clips: int, *, dim: int = 96, num_sounds: int = 40, seed: int = 0) -> Library:
    """Make a library of `num_clips` rows with every column filled as a batch fills it.

    Nine in ten clips have a reference, which the verdict meets about as often as a real checkpoint does; the first
    `num_sounds` can be played.
    """
    rng, library = np.random.default_rng(seed), Library.open(folder)
    begin = datetime.now(UTC) - timedelta(days=30)
    for first in range(0, num_clips, ROWS_AT_ONCE):
        numbers = np.arange(first, min(num_clips, first + ROWS_AT_ONCE))
        clips = _clips(numbers, begin, rng, dim)
        keys = clips.column("key").to_pylist()
        library.merge_rows("frames", _frames(keys, rng))
        library.merge_rows("clips", clips)
        library.merge_rows("done", pa.table({"fingerprint": keys, "key": keys}, schema=DONE))
        if first < num_sounds:
            library.merge_rows("sounds", _sounds(keys[: num_sounds - first]))
    return library


def _clips(numbers: Array, begin: datetime, rng: np.random.Generator, dim: int) -> Any:
    count = len(numbers)
    meant = rng.integers(0, len(LABELS), count)
    logits = rng.normal(size=(count, len(LABELS))) + 2.0 * np.eye(len(LABELS))[meant]
    scores = softmax(logits)
    said = scores.argmax(axis=1)
    labels = np.array(LABELS)
    speakers = [f"speaker {each:03d}" for each in rng.integers(0, NUM_SPEAKERS, count)]
    corpora = rng.integers(0, len(CORPORA), count)
    by_score = dict(zip((f"score_{label}" for label in LABELS), scores.T, strict=True))
    keys = _keys(numbers)
    columns: dict[str, Any] = {
        "key": keys,
        "sha256": _keys(numbers + 10**9),
        "source": [f"{CORPORA[corpus]}/{speaker}/take_{number:06d}.wav"
                   for corpus, speaker, number in zip(corpora, speakers, numbers, strict=True)],
        "duration_s": rng.gamma(3.0, 1.0, count) + 0.3,
        "label": labels[said],
        "confidence": scores.max(axis=1),
        "unsure": scores.max(axis=1) < UNSURE_BELOW,
        **{name: by_score.get(name, np.zeros(count)) for name in SCORES},
        "checkpoint": ["bundled"] * count,
        "revision": ["synthetic"] * count,
        "precision": ["float32"] * count,
        "speaker": speakers,
        "reference": [None if number % 10 == 9 else label
                      for number, label in zip(numbers, labels[meant], strict=True)],
        "tags": [["checked"] if yes else [] for yes in rng.random(count) < 0.02],
        "metadata": [json.dumps({"corpus": CORPORA[corpus], "sentence_id": f"{number % 50:02d}"})
                     for corpus, number in zip(corpora, numbers, strict=True)],
        "embedding": _vectors(rng, count, dim),
        "speaker_embedding": pa.nulls(count, pa.list_(pa.float32())),
        "speaker_model": pa.nulls(count, pa.string()),
        "analysis": [_analysis(number) for number in numbers],
        "added_at": [begin + timedelta(seconds=int(number)) for number in numbers],
        "deleted_at": pa.nulls(count, CLIPS.field("deleted_at").type),
    }  # fmt: skip
    return pa.table(columns, schema=CLIPS)


def _keys(numbers: Array) -> list[str]:
    """Spread as hashes are, and the same each time."""
    import hashlib

    return [hashlib.sha256(str(number).encode()).hexdigest() for number in numbers]


def _vectors(rng: np.random.Generator, count: int, dim: int) -> Any:
    values = rng.normal(size=count * dim).astype(np.float32)
    return pa.ListArray.from_arrays(np.arange(0, (count + 1) * dim, dim, dtype=np.int32), values)


def _analysis(number: int) -> str:
    """What `Analysis.to_dict` gives."""
    return json.dumps(
        {
            "name": f"take_{number:06d}.wav",
            "sha256": _keys(np.array([number + 10**9]))[0],
            "duration_s": 0.18,
            "checkpoint": {
                "id": "bundled",
                "revision": "synthetic",
                "calibration": {"temperature": 1.0, "unsure_below": UNSURE_BELOW},
            },
            "engine": "native",
            "device": "cpu",
            "precision": "float32",
            "labels": LABELS,
            "num_windows": 1,
            "left_out": [],
            "timings_s": {"decode": 0.001, "score": 0.01, "total": 0.011},
            "log": [{"at_s": 0.0, "message": "a made-up clip"}],
        }
    )


def _frames(keys: list[str], rng: np.random.Generator) -> Any:
    logits = rng.normal(size=(len(keys), NUM_FRAMES, len(LABELS))).astype("<f4")
    columns = {
        "key": keys,
        "num_frames": np.full(len(keys), NUM_FRAMES),
        "logits": [zlib.compress(each.tobytes(), 1) for each in logits],
    }
    return pa.table(columns, schema=FRAMES)


def _sounds(keys: list[str]) -> Any:
    voices = list(_voices())
    return pa.table({"key": keys, "opus": [voices[at % len(voices)] for at in range(len(keys))]}, schema=SOUNDS)


def _voices() -> Iterator[bytes]:
    for example in EXAMPLES:
        yield opus_bytes(decode(example.path))
