"""An analysis kept on disk and read back without loss: `<stem>.json` beside `<stem>.npz`.

The JSON holds the SHA-256 of the NPZ it belongs to, so that halves of two different saves are never put together.
Nothing is ever unpickled.
"""

import hashlib
import io
import json
import os
import uuid
import zipfile
import zlib
from pathlib import Path

import numpy as np

from core.emotions import EMOTION_KEYS
from core.errors import ExportError
from core.results import Analysis, Array

FORMAT = "emoscope-analysis"
VERSION = 1

_DAMAGE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    EOFError,
    MemoryError,
    RecursionError,
    zipfile.BadZipFile,
    zlib.error,
)


def save_analysis(analysis: Analysis, stem: Path) -> None:
    """Write `<stem>.json` and `<stem>.npz`, replacing older ones. Raises `ExportError` where that is impossible."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **analysis.arrays())
    arrays = buffer.getvalue()
    digest = hashlib.sha256(arrays).hexdigest()
    values = {"format": FORMAT, "version": VERSION, "npz_sha256": digest, "analysis": analysis.to_dict()}
    try:
        text = json.dumps(values, indent=2, allow_nan=False)  # ASCII: any name survives, undecodable ones too
        stem.parent.mkdir(parents=True, exist_ok=True)
        _replace(_with(stem, ".npz"), arrays)
        _replace(_with(stem, ".json"), text.encode())
    except (OSError, ValueError) as error:
        raise ExportError(f"The analysis cannot be saved as {str(stem)!r} ({error}); choose another folder.") from error


def load_analysis(stem: Path) -> Analysis:
    """Read back what `save_analysis` wrote. Raises `ExportError` where a part is missing, damaged or not ours."""
    try:
        values = json.loads(_with(stem, ".json").read_text(encoding="utf-8"))
        if values["format"] != FORMAT or values["version"] != VERSION:
            raise ValueError(f"format {values['format']!r} version {values['version']!r}")
        arrays = _with(stem, ".npz").read_bytes()
        if hashlib.sha256(arrays).hexdigest() != values["npz_sha256"]:
            raise ValueError("the two files do not belong together, or one is damaged")
        return _checked(Analysis.from_parts(values["analysis"], _arrays_of(arrays)))
    except _DAMAGE as error:
        raise ExportError(
            f"{str(stem)!r} is not a complete analysis of format {FORMAT} version {VERSION} "
            f"({error or type(error).__name__}); analyse the clip again."
        ) from error


def _arrays_of(data: bytes) -> dict[str, Array]:
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _checked(analysis: Analysis) -> Analysis:
    """The same analysis; `ValueError` where its parts do not fit each other."""
    logits, embedding = analysis.frame_logits, analysis.embedding
    if logits.ndim != 2 or logits.shape[0] == 0 or logits.shape[1] != len(analysis.labels) or embedding.ndim != 1:
        raise ValueError(f"{logits.shape} logits and a {embedding.shape} embedding for {len(analysis.labels)} labels")
    if not set(analysis.labels) <= set(EMOTION_KEYS) or len(set(analysis.labels)) != len(analysis.labels):
        raise ValueError("labels that are not the nine emotions")
    if not (np.isfinite(logits).all() and np.isfinite(embedding).all()):
        raise ValueError("values that are not finite")
    return analysis


def _with(stem: Path, suffix: str) -> Path:
    return stem.with_name(stem.name + suffix)  # `with_suffix` would cut a name at its last dot


def _replace(path: Path, data: bytes) -> None:
    """Write `path` whole or not at all."""
    hidden = path.with_name(f".{uuid.uuid4().hex}.partial")
    try:
        hidden.write_bytes(data)
        os.replace(hidden, path)  # noqa: PTH105  # named for what matters here: it replaces at once
    finally:
        hidden.unlink(missing_ok=True)
