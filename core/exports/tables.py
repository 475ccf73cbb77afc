"""Comma-separated tables (RFC 4180, UTF-8) that a spreadsheet may open safely."""

import csv
import io
from collections.abc import Iterable, Iterator

import numpy as np

from core.emotions import EMOTION_KEYS
from core.results import Analysis

FRAMES_DOMINANT = "label"
_ROWS_AT_ONCE = 1024
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(text: str) -> str:
    """`text` so that no spreadsheet runs it as a formula: an apostrophe in front where it would be one.

    See https://owasp.org/www-community/attacks/CSV_Injection.
    """
    return "'" + text if text.lstrip(" \u00a0\ufeff").startswith(_FORMULA_STARTS) else text


def frames_csv(analysis: Analysis) -> Iterator[str]:
    """One row a frame, in pieces of many rows: `time_s`, a probability a label, a logit a label, the frame's label."""
    labels = analysis.labels
    header = ["time_s", *labels, *(f"{label}_logit" for label in labels), FRAMES_DOMINANT]
    yield ",".join(header) + "\r\n"
    row_format = ",".join(["%.4f"] + ["%.6f"] * len(labels) + ["%.5f"] * len(labels))
    numbers = (analysis.frame_times_s[:, np.newaxis], analysis.frame_probabilities, analysis.frame_logits)
    for start in range(0, analysis.frame_logits.shape[0], _ROWS_AT_ONCE):
        rows = np.hstack([array[start : start + _ROWS_AT_ONCE].astype(np.float64) for array in numbers])
        dominant = analysis.frame_logits[start : start + _ROWS_AT_ONCE].argmax(axis=1).tolist()
        yield "".join(
            f"{row_format % tuple(row)},{labels[best]}\r\n" for row, best in zip(rows.tolist(), dominant, strict=True)
        )


def summary_csv(analyses: Iterable[Analysis]) -> str:
    """One row a clip: name, verdict, confidence, the nine scores, and what they came from."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["clip", "label", "confidence", *EMOTION_KEYS, "duration_s", "checkpoint", "scope", "sha256"])
    for analysis in analyses:
        scores = [f"{analysis.scores[key]:.6f}" for key in EMOTION_KEYS]
        verdict = [safe_cell(analysis.name), analysis.label, f"{analysis.confidence:.6f}", *scores]
        origin = [f"{analysis.duration_s:.3f}", safe_cell(analysis.checkpoint.id), analysis.scope, analysis.sha256]
        writer.writerow(verdict + origin)
    return text.getvalue()
