"""The tables of a library: their columns, and entries as rows of them.

clips      a row an analysed clip; the truth: what is not here does not exist
frames     its frame logits, compressed without loss
sounds     the clip itself as Ogg Opus
failures   files that are no clips, the latest word on each
done       fingerprints of files that need not be read again, and the clip each is
vectors    further vectors of a clip, each with the model it is of
about      the version of all this
"""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from core.emotions import EMOTION_KEYS
from core.errors import LibraryError
from core.library.entries import Entry, Failure
from core.results import Analysis, Array

VERSION = 2
SCORES = tuple(f"score_{key}" for key in EMOTION_KEYS)
_MOMENT = pa.timestamp("us", tz="UTC")

CLIPS = pa.schema(
    [
        ("key", pa.string()),
        ("sha256", pa.string()),
        ("source", pa.string()),
        ("duration_s", pa.float64()),
        ("label", pa.string()),
        ("confidence", pa.float64()),
        ("unsure", pa.bool_()),
        *((name, pa.float64()) for name in SCORES),
        ("checkpoint", pa.string()),
        ("revision", pa.string()),
        ("precision", pa.string()),
        ("speaker", pa.string()),
        ("reference", pa.string()),
        ("tags", pa.list_(pa.string())),
        ("metadata", pa.string()),  # a JSON object of texts
        ("embedding", pa.list_(pa.float32())),
        ("speaker_embedding", pa.list_(pa.float32())),
        ("speaker_model", pa.string()),
        ("analysis", pa.string()),  # `Analysis.to_dict` as JSON
        ("added_at", _MOMENT),
        ("deleted_at", _MOMENT),
    ]
)
FRAMES = pa.schema([("key", pa.string()), ("num_frames", pa.int64()), ("logits", pa.large_binary())])
SOUNDS = pa.schema([("key", pa.string()), ("opus", pa.large_binary())])
FAILURES = pa.schema(
    [("source", pa.string()), ("error", pa.string()), ("metadata", pa.string()), ("at", _MOMENT)]
)  # fmt: skip
VECTORS = pa.schema([("key", pa.string()), ("model", pa.string()), ("vector", pa.list_(pa.float32()))])
DONE = pa.schema([("fingerprint", pa.string()), ("key", pa.string())])
ABOUT = pa.schema([("name", pa.string()), ("value", pa.string())])
SCHEMAS: Mapping[str, Any] = {
    "sounds": SOUNDS, "frames": FRAMES, "clips": CLIPS, "failures": FAILURES, "done": DONE, "about": ABOUT,
    "vectors": VECTORS,
}  # fmt: skip
# What a page of rows holds, unless asked for more: no vectors, nothing compressed.
LIGHT = tuple(name for name in CLIPS.names if name not in ("embedding", "speaker_embedding", "analysis"))


def clips_table(entries: Iterable[Entry]) -> Any:
    """The rows of `clips`."""
    now = datetime.now(UTC)
    return pa.Table.from_pylist([_clip_row(entry, now) for entry in entries], schema=CLIPS)


def _clip_row(entry: Entry, now: datetime) -> dict[str, Any]:
    analysis, vector = entry.analysis, entry.speaker_embedding
    row = {
        "key": entry.key,
        "sha256": analysis.sha256,
        "source": entry.source,
        "duration_s": analysis.duration_s,
        "label": analysis.label,
        "confidence": analysis.confidence,
        "unsure": analysis.unsure,
        "checkpoint": analysis.checkpoint.id,
        "revision": analysis.checkpoint.revision,
        "precision": analysis.precision,
        "speaker": entry.speaker,
        "reference": entry.reference,
        "tags": list(entry.tags),
        "metadata": _json(entry.metadata),
        "embedding": np.asarray(analysis.embedding, np.float32),
        "speaker_embedding": vector if vector is None else np.asarray(vector, np.float32),
        "speaker_model": entry.speaker_model,
        "analysis": _json(analysis.to_dict()),
        "added_at": now,
        "deleted_at": None,
    }  # fmt: skip
    return row | {f"score_{key}": score for key, score in analysis.scores.items()}


def frames_table(entries: Sequence[Entry]) -> Any:
    """The rows of `frames`."""
    logits = [np.ascontiguousarray(entry.analysis.frame_logits, "<f4") for entry in entries]
    columns = {
        "key": [entry.key for entry in entries],
        "num_frames": [len(each) for each in logits],
        "logits": [zlib.compress(each.tobytes(), 1) for each in logits],
    }
    return pa.table(columns, schema=FRAMES)


def sounds_table(entries: Iterable[Entry]) -> Any:
    """The rows of `sounds`, of those that have one."""
    kept = [entry for entry in entries if entry.sound]
    return pa.table({"key": [e.key for e in kept], "opus": [e.sound for e in kept]}, schema=SOUNDS)


def failures_table(failures: Sequence[Failure]) -> Any:
    """The rows of `failures`; of several of one source the last."""
    latest = {failure.source: failure for failure in failures}.values()
    now = datetime.now(UTC)
    rows = [{"source": f.source, "error": f.error, "metadata": _json(f.metadata), "at": now} for f in latest]
    return pa.Table.from_pylist(rows, schema=FAILURES)


def entry_from(clip: Mapping[str, Any], frames: Mapping[str, Any] | None, sound: bytes) -> Entry:
    """A row of each table → the entry. Raises `LibraryError` where a part is missing or damaged."""
    try:
        if frames is None:
            raise ValueError("its frames are missing")
        values = json.loads(clip["analysis"])
        logits = logits_from(frames, len(values["labels"]))
        arrays = {"frame_logits": logits, "embedding": np.array(clip["embedding"], np.float32)}
        analysis = Analysis.from_parts(values, arrays)
        metadata = json.loads(clip["metadata"])
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error) as error:
        raise LibraryError(f"The library's clip {clip['key'][:12]} is damaged ({error}); analyse it again.") from error
    vector = clip["speaker_embedding"]
    return Entry(
        clip["key"],
        analysis,
        clip["source"],
        clip["speaker"],
        clip["reference"],
        tuple(clip["tags"] or ()),
        metadata,
        None if vector is None else np.array(vector, np.float32),
        clip["speaker_model"],
        sound,
    )


def logits_from(frames: Mapping[str, Any], num_labels: int) -> Array:
    """(num_frames, num_labels) float32. Raises `ValueError` or `zlib.error` for what is none."""
    values = np.frombuffer(zlib.decompress(frames["logits"]), "<f4").astype(np.float32)
    logits: Array = values.reshape(frames["num_frames"], num_labels)
    return logits


def stacked(column: Any) -> tuple[Array, Array]:
    """A column of vectors → (m, dim) float32 of the rows that have one, and (num_rows,) bool, which do.

    Raises `LibraryError` where they are of different lengths.
    """
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    lengths = np.asarray(pc.fill_null(pc.list_value_length(column), 0).to_numpy())
    present = lengths > 0
    sizes = np.unique(lengths[present])
    if len(sizes) > 1:
        named = " and ".join(map(str, sizes.tolist()))
        raise LibraryError(f"These clips' vectors have {named} dimensions: choose those of one checkpoint.")
    flat = pc.list_flatten(column).to_numpy().astype(np.float32, copy=False)
    return flat.reshape(int(present.sum()), int(sizes[0]) if len(sizes) else 0), present


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values), ensure_ascii=True, allow_nan=False, sort_keys=True)
