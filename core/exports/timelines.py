"""A recording's timeline as files: its frames as tables and arrays, its segments as annotations."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from core.curves import Structure
from core.errors import ExportError
from core.exports.annotations import WRITERS
from core.exports.names import safe_name
from core.exports.outputs import whole_folder
from core.exports.records import record
from core.exports.tables import frames_csv
from core.results import Analysis, Segment


def timeline_record(analysis: Analysis, structure: Structure) -> dict[str, Any]:
    """The analysis's record without its frames, and its structure, as plain JSON values."""
    arc = [{"label": each.label, "at_s": round(each.start_s, 4)} for each in structure.arc]
    return record(analysis, granularity="utterance") | {
        "arc": arc,
        "segments": [_plain(segment) for segment in structure.segments],
        "seconds_by_label": {label: round(seconds, 4) for label, seconds in structure.seconds.items()},
        "transitions": {"labels": list(structure.labels), "counts": structure.transitions.tolist()},
        "volatility_per_s": round(structure.volatility, 6),
    }


def _plain(segment: Segment) -> dict[str, Any]:
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(segment).items()}


def frames_parquet(analysis: Analysis) -> bytes:
    """`time_s`, a probability a label, a logit a label (`<label>_logit`), a row a frame."""
    import pandas as pd  # 0.4 s

    columns = {"time_s": analysis.frame_times_s}
    columns |= {label: analysis.frame_probabilities[:, i] for i, label in enumerate(analysis.labels)}
    columns |= {f"{label}_logit": analysis.frame_logits[:, i] for i, label in enumerate(analysis.labels)}
    buffer = io.BytesIO()
    pd.DataFrame(columns).to_parquet(buffer, index=False)
    return buffer.getvalue()


def frames_npz(analysis: Analysis) -> bytes:
    """`times_s` (num_frames,), `probabilities` and `logits` (num_frames, num_labels), `labels`; no pickles inside."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        allow_pickle=False,
        times_s=analysis.frame_times_s,
        probabilities=analysis.frame_probabilities,
        logits=analysis.frame_logits,
        labels=np.array(analysis.labels),
    )
    return buffer.getvalue()


Maker = Callable[[Analysis, Structure], bytes]


def _annotation(kind: str) -> Maker:
    return lambda analysis, structure: WRITERS[kind][1](structure.segments, analysis.duration_s, analysis.name).encode()


def _json(analysis: Analysis, structure: Structure) -> bytes:
    text = json.dumps(timeline_record(analysis, structure), ensure_ascii=False, allow_nan=False, indent=2)
    return (text + "\n").encode("utf-8", "backslashreplace")


MAKERS: Mapping[str, tuple[str, Maker]] = {
    "json": ("timeline.json", _json),
    "csv": ("frames.csv", lambda analysis, structure: "".join(frames_csv(analysis)).encode()),
    "parquet": ("frames.parquet", lambda analysis, structure: frames_parquet(analysis)),
    "npz": ("frames.npz", lambda analysis, structure: frames_npz(analysis)),
    **{kind: (f"segments{suffix}" if kind != "audacity" else "labels.txt", _annotation(kind))
       for kind, (suffix, _) in WRITERS.items()},
}  # fmt: skip


def write_timeline(
    analysis: Analysis, structure: Structure, kinds: Sequence[str], parent: Path, at: datetime | None = None
) -> Path:
    """Write the files of these kinds into a new folder `<stamp>_<name>` below `parent`, all of them or none.

    Raises:
        ExportError: it cannot be written there, or a kind is none of `MAKERS`.
    """
    unknown = [kind for kind in kinds if kind not in MAKERS]
    if unknown:
        raise ExportError(f"There is no export {', '.join(map(repr, unknown))}; there are {', '.join(MAKERS)}.")
    at = at or datetime.now()
    with whole_folder(parent, f"{at:%Y%m%d_%H%M%S}_{safe_name(analysis.name)}") as folder:
        for kind in kinds:
            name, make = MAKERS[kind]
            (folder.path / name).write_bytes(make(analysis, structure))
    return folder.path
