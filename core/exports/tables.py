"""Comma-separated tables (RFC 4180, UTF-8) that a spreadsheet may open safely."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from core.emotions import EMOTION_KEYS
from core.results import Analysis, Array
from core.text import plain

FRAMES_DOMINANT = "label"
_ROWS_AT_ONCE = 1024
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(text: str) -> str:
    """`text` so that no spreadsheet runs it as a formula: an apostrophe in front where it would be one.

    See https://owasp.org/www-community/attacks/CSV_Injection.
    """
    return "'" + text if text.lstrip(" \u00a0\ufeff").startswith(_FORMULA_STARTS) else text


@dataclass(frozen=True)
class Frames:
    """The frames of a table.

    Attributes:
        times_s: (n,) float64.
        probabilities, logits: (n, num_labels) float.
        speech: (n,) bool, whether somebody speaks there; None where that is not known.
        speakers: (n,) str, who speaks there, "" for nobody; None where that is not known.
    """

    labels: tuple[str, ...]
    times_s: Array
    probabilities: Array
    logits: Array
    speech: Array | None = None
    speakers: Array | None = None

    @classmethod
    def of(cls, analysis: Analysis) -> "Frames":
        """All frames of an analysis, as they are."""
        return cls(analysis.labels, analysis.frame_times_s, analysis.frame_probabilities, analysis.frame_logits)


def frames_csv(found: Analysis | Frames) -> Iterator[str]:
    """One row a frame, in pieces of many rows: `time_s`, a probability a label, a logit a label, the frame's label.

    Where speech is known, `speech` is 1 or 0 between the last two, and a silent frame's label is empty. Where speakers
    are known, `speaker` is the last column.
    """
    frames = Frames.of(found) if isinstance(found, Analysis) else found
    labels = frames.labels
    speech = [] if frames.speech is None else ["speech"]
    header = ["time_s", *labels, *(f"{label}_logit" for label in labels), *speech, FRAMES_DOMINANT]
    header += [] if frames.speakers is None else ["speaker"]
    yield ",".join(header) + "\r\n"
    row_format = ",".join(["%.4f"] + ["%.6f"] * len(labels) + ["%.5f"] * len(labels) + ["%d"] * len(speech))
    numbers = [frames.times_s[:, np.newaxis], frames.probabilities, frames.logits]
    numbers += [] if frames.speech is None else [frames.speech[:, np.newaxis]]
    said = np.array([*labels, ""])[frames.logits.argmax(axis=1)]
    if frames.speech is not None:
        said[~frames.speech] = ""
    if frames.speakers is not None:
        written = {name: _cell(name) for name in np.unique(frames.speakers).tolist()}
        said = np.array(
            [f"{label},{written[name]}" for label, name in zip(said, frames.speakers.tolist(), strict=True)]
        )
    for start in range(0, len(frames.times_s), _ROWS_AT_ONCE):
        rows = np.hstack([array[start : start + _ROWS_AT_ONCE].astype(np.float64) for array in numbers])
        dominant = said[start : start + _ROWS_AT_ONCE].tolist()
        yield "".join(
            f"{row_format % tuple(row)},{label}\r\n" for row, label in zip(rows.tolist(), dominant, strict=True)
        )


def _cell(text: str) -> str:
    """A text from outside as a field of a row: no formula, quoted where it must be."""
    row = io.StringIO()
    csv.writer(row, lineterminator="").writerow([safe_cell(plain(text)), ""])
    return row.getvalue().removesuffix(",")


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
