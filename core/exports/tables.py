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
class HeadFrames:
    """What a kept head says of the frames of a table: `probabilities` (n, num_classes) float of its `classes`."""

    name: str
    classes: tuple[str, ...]
    probabilities: Array

    @property
    def columns(self) -> tuple[str, ...]:
        """`<head>: <class>`: both are texts from outside."""
        return tuple(f"{self.name}: {label}" for label in self.classes)


@dataclass(frozen=True)
class Frames:
    """The frames of a table.

    Attributes:
        times_s: (n,) float64.
        probabilities, logits: (n, num_labels) float.
        speech: (n,) bool, whether somebody speaks there; None where that is not known.
        speakers: (n,) str, who speaks there, "" for nobody; None where that is not known.
        head: what a kept head says of them; None without one.
    """

    labels: tuple[str, ...]
    times_s: Array
    probabilities: Array
    logits: Array
    speech: Array | None = None
    speakers: Array | None = None
    head: HeadFrames | None = None

    @classmethod
    def of(cls, analysis: Analysis) -> "Frames":
        """All frames of an analysis, as they are."""
        return cls(analysis.labels, analysis.frame_times_s, analysis.frame_probabilities, analysis.frame_logits)


def frames_csv(found: Analysis | Frames) -> Iterator[str]:
    """One row a frame, in pieces of many rows: `time_s`, a probability a label, a logit a label, the frame's label.

    Where speech is known, `speech` is 1 or 0 between the last two, and a silent frame's label is empty. Where speakers
    are known, `speaker` comes next, and last the probabilities of a head's classes, where one was heard for.
    """
    frames = Frames.of(found) if isinstance(found, Analysis) else found
    labels = frames.labels
    speech = [] if frames.speech is None else ["speech"]
    header = ["time_s", *labels, *(f"{label}_logit" for label in labels), *speech, FRAMES_DOMINANT]
    header += [] if frames.speakers is None else ["speaker"]
    header += [] if frames.head is None else [_cell(name) for name in frames.head.columns]
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
        heads = _head_cells(frames.head, start, len(dominant))
        yield "".join(
            f"{row_format % tuple(row)},{label}{head}\r\n"
            for row, label, head in zip(rows.tolist(), dominant, heads, strict=True)
        )


def _head_cells(head: HeadFrames | None, start: int, count: int) -> list[str]:
    if head is None:
        return [""] * count
    rows = head.probabilities[start : start + count].tolist()
    return ["".join(f",{value:.6f}" for value in row) for row in rows]


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
