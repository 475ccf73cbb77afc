"""One analysis as one JSON object: a line of `emoscope analyze --json`, and the content of `result.json`."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from core.results import FRAME_RATE_HZ, Analysis, Array, LabelScore
from core.settings import GRANULARITIES

if TYPE_CHECKING:
    from core.projection.probes import HeadScores

_PROBABILITY_DECIMALS = 6
_LOGIT_DECIMALS = 5
_TIME_DECIMALS = 4  # frame times are multiples of 2.5 ms: exact
_ROWS_AT_ONCE = 1024


def record(analysis: Analysis, *, granularity: str, at: datetime | None = None) -> dict[str, Any]:
    """All of an analysis as plain JSON values; `frames` is None at utterance granularity.

    At frame granularity `frames` holds `rate_hz`, `labels`, `times_s` (num_frames,), and `probabilities` and `logits`,
    (num_frames, num_labels) each. For long recordings prefer `json_chunks`, which holds a part at a time.
    `at` is the record's timestamp, by default now. Raises `ValueError` for an unknown granularity.
    """
    head = _head(analysis, granularity, at)
    return head | {"frames": _frames(analysis) if granularity == "frame" else None}


def head_record(said: "HeadScores", granularity: str) -> dict[str, Any]:
    """What a kept head says of a clip, as plain JSON values; `name` is the head's.

    `frames` as a checkpoint's record has them, None at utterance granularity or where no frame was heard for the head.
    """
    scores = zip(said.classes, said.probabilities.tolist(), strict=True)
    return {
        "name": said.name,
        "label": said.label,
        "scores": {label: _rounded(score) for label, score in scores},
        "logits": dict(zip(said.classes, _plain(said.logits, _LOGIT_DECIMALS), strict=True)),
        "frames": _head_frames(said) if granularity == "frame" else None,
    }


def _head_frames(said: "HeadScores") -> dict[str, Any] | None:
    logits, probabilities = said.frame_logits, said.frame_probabilities
    if logits is None or probabilities is None:
        return None
    return {
        "rate_hz": FRAME_RATE_HZ,
        "labels": list(said.classes),
        "probabilities": _plain(probabilities, _PROBABILITY_DECIMALS),
        "logits": _plain(logits, _LOGIT_DECIMALS),
    }


def json_chunks(
    analysis: Analysis,
    *,
    granularity: str,
    at: datetime | None = None,
    indent: int | None = None,
    more: Mapping[str, Any] | None = None,
) -> Iterator[str]:
    """The JSON text of `record`, piece by piece: memory stays flat in the number of frames.

    `more` are further plain values that stand before the frames. Without `indent` it is one line without a newline.
    Raises `ValueError` for a number that is not finite.
    """
    yield from _object_chunks(_head(analysis, granularity, at) | dict(more or {}), indent)
    yield '"frames": '
    if granularity == "frame":
        yield from _frames_chunks(analysis)
    else:
        yield "null"
    yield "\n}\n" if indent else "}"


def _head(analysis: Analysis, granularity: str, at: datetime | None) -> dict[str, Any]:
    """Everything but the frames. `emotion` repeats `label` under the name that emotion2vec's web demo gives it."""
    if granularity not in GRANULARITIES:
        raise ValueError(f"granularity is {granularity!r}; it must be one of {', '.join(GRANULARITIES)}")
    return {
        "clip": analysis.name,
        "label": analysis.label,
        "emotion": analysis.label,
        "confidence": _rounded(analysis.confidence),
        "unsure": analysis.unsure,
        "candidates": [_label_score(entry) for entry in analysis.candidates],
        "scores": {label: _rounded(score) for label, score in analysis.scores.items()},
        "secondary": [_label_score(entry) for entry in analysis.secondary],
        "unsayable": list(analysis.unsayable),
        "left_out": list(analysis.left_out),
        "logits": dict(zip(analysis.labels, np.round(analysis.logits, _LOGIT_DECIMALS).tolist(), strict=True)),
        "duration_s": analysis.duration_s,
        "granularity": granularity,
        "scope": analysis.scope,
        "num_windows": analysis.num_windows,
        "checkpoint": analysis.checkpoint.id,
        "revision": analysis.checkpoint.revision,
        "calibrated": analysis.checkpoint.calibrated,
        "temperature": analysis.checkpoint.temperature,
        "engine": analysis.engine,
        "device": analysis.device,
        "precision": analysis.precision,
        "sha256": analysis.sha256,
        "timings_s": {step: round(seconds, 4) for step, seconds in analysis.timings_s.items()},
        "timestamp": (at or datetime.now()).astimezone().isoformat(timespec="seconds"),
    }


def _label_score(entry: LabelScore) -> dict[str, Any]:
    return {"label": entry.label, "score": _rounded(entry.score)}


def _rounded(probability: float) -> float:
    return round(probability, _PROBABILITY_DECIMALS)


def _frames_header(analysis: Analysis) -> dict[str, Any]:
    return {"rate_hz": FRAME_RATE_HZ, "labels": list(analysis.labels)}


def _frames_columns(analysis: Analysis) -> dict[str, tuple[Array, int]]:
    """Each array of `frames`, and the decimals it is written with."""
    return {
        "times_s": (analysis.frame_times_s, _TIME_DECIMALS),
        "probabilities": (analysis.frame_probabilities, _PROBABILITY_DECIMALS),
        "logits": (analysis.frame_logits, _LOGIT_DECIMALS),
    }


def _frames(analysis: Analysis) -> dict[str, Any]:
    columns = {name: _plain(array, decimals) for name, (array, decimals) in _frames_columns(analysis).items()}
    return _frames_header(analysis) | columns


def _plain(array: Array, decimals: int) -> Any:
    """Nested lists of short decimals; rounding is done in double precision, where 0.1 prints as 0.1."""
    return np.round(array.astype(np.float64), decimals).tolist()


def _object_chunks(values: dict[str, Any], indent: int | None) -> Iterator[str]:
    """A JSON object without its closing brace, ready for one more key."""
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, indent=indent)
    if indent:
        yield text.removesuffix("\n}") + ",\n" + " " * indent
    else:
        yield text.removesuffix("}") + ", "


def _frames_chunks(analysis: Analysis) -> Iterator[str]:
    yield from _object_chunks(_frames_header(analysis), None)
    separator = ""
    for name, (array, decimals) in _frames_columns(analysis).items():
        yield f'{separator}"{name}": ['
        for start in range(0, array.shape[0], _ROWS_AT_ONCE):
            rows = json.dumps(_plain(array[start : start + _ROWS_AT_ONCE], decimals), allow_nan=False)
            yield (", " if start else "") + rows[1:-1]
        yield "]"
        separator = ", "
    yield "}"
