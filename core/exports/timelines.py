"""A recording's timeline as files: its frames as tables and arrays, its segments as annotations, all of it as a report.

Any of them may be of a region alone; times are always those of the whole recording, so that a file made of a region can
be laid over the sound it came from.
"""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from core.curves import Structure, frames_within, region, smooth_probabilities, structure_within
from core.curves.smoothing import Method
from core.errors import ExportError
from core.exports.annotations import WRITERS, WRITERS_WITH_TURNS
from core.exports.outputs import whole_folder
from core.exports.records import head_record, record
from core.exports.report import figure_html, html_report
from core.exports.tables import Frames, HeadFrames, frames_csv
from core.results import Analysis, Array, Segment, SpeakerTurn, Waveform

if TYPE_CHECKING:
    from core.projection.probes import HeadScores


@dataclass(frozen=True)
class ExportOptions:
    """What a timeline's files hold.

    Attributes:
        region_s: start and end of the part that is written; None is the whole recording.
        smoothing, smoothing_s: of the probabilities in tables and pictures (`core.curves.smooth`); logits, segments
            and verdicts are never smoothed.
        waveform: the sound, for the report and the figure.
        language: of these two, "en" or "zh".
        turns: who speaks when, for records, tables and annotations; None where that is not known.
        head: what a kept head says of the recording, for records and tables.
    """

    region_s: tuple[float, float] | None = None
    smoothing: Method = "none"
    smoothing_s: float = 0.0
    waveform: Waveform | None = None
    language: str = "en"
    turns: tuple[SpeakerTurn, ...] | None = None
    head: "HeadScores | None" = None

    @property
    def turns_in(self) -> tuple[SpeakerTurn, ...] | None:
        """The turns, cut to the region."""
        if self.turns is None or self.region_s is None:
            return self.turns
        start_s, end_s = self.region_s
        cut = [SpeakerTurn(max(t.start_s, start_s), min(t.end_s, end_s), t.speaker) for t in self.turns]
        return tuple(turn for turn in cut if turn.duration_s > 0)


WHOLE = ExportOptions()


def timeline_record(analysis: Analysis, structure: Structure, options: ExportOptions = WHOLE) -> dict[str, Any]:
    """The analysis's record without its frames, and its structure, as plain JSON values.

    With a region, `region` holds its span and its own verdict, and the structure is the region's; the rest is of the
    whole recording. Raises `ExportError` for a region without a frame.
    """
    structure = structure_in(analysis, structure, options)
    turns = options.turns_in
    spoken: dict[str, Any] = {} if turns is None else {"turns": [_plain(turn) for turn in turns]}
    spoken |= {} if options.head is None else {"head": head_record(options.head, "utterance")}
    arc = [{"label": each.label, "at_s": round(each.start_s, 4)} for each in structure.arc]
    return record(analysis, granularity="utterance") | {
        "region": _region_record(analysis, options),
        "arc": arc,
        "segments": [_plain(segment) for segment in structure.segments],
        "min_segment_s": structure.min_segment_s,
        "seconds_by_label": {label: round(seconds, 4) for label, seconds in structure.seconds.items()},
        "silence_s": round(structure.silence_s, 4),
        "speech": _speech_record(structure),
        "transitions": {"labels": list(structure.labels), "counts": structure.transitions.tolist()},
        "volatility_per_s": round(structure.volatility, 6),
        **spoken,
    }


def structure_in(analysis: Analysis, structure: Structure, options: ExportOptions) -> Structure:
    """The structure of what is exported. Raises `ExportError` for a region without a frame."""
    if options.region_s is None:
        return structure
    try:
        return structure_within(analysis, structure, *options.region_s)
    except ValueError as error:
        raise ExportError(f"There is nothing to export: {error}.") from None


def _region_record(analysis: Analysis, options: ExportOptions) -> dict[str, Any] | None:
    if options.region_s is None:
        return None
    scores = region(analysis, *options.region_s)
    start_s, end_s = max(0.0, options.region_s[0]), min(options.region_s[1], analysis.duration_s)
    return {
        "start_s": round(start_s, 4),
        "end_s": round(end_s, 4),
        "label": max(scores, key=lambda label: scores[label]),
        "scores": {label: round(score, 6) for label, score in scores.items()},
    }


def _speech_record(structure: Structure) -> dict[str, Any] | None:
    if structure.speech is None:
        return None
    spans = [[round(edge, 4) for edge in span] for span in structure.speech.spans_s]
    return {"detector": structure.speech.detector, "spans_s": spans}


def _plain(part: Segment | SpeakerTurn) -> dict[str, Any]:
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(part).items()}


def frames_of(analysis: Analysis, structure: Structure, options: ExportOptions = WHOLE) -> Frames:
    """The frames of what is exported, smoothed as asked. Raises `ExportError` for a region without a frame."""
    inside = np.ones(len(analysis.frame_times_s), dtype=bool)
    if options.region_s is not None:
        structure_in(analysis, structure, options)
        inside = frames_within(analysis, *options.region_s)
    probabilities = _smoothed(analysis.frame_probabilities, options)
    times_s = analysis.frame_times_s[inside]
    speech = None if structure.speech is None else structure.speech.mask(times_s)
    speakers = None if options.turns is None else _speakers_at(times_s, options.turns)
    return Frames(
        analysis.labels, times_s, probabilities[inside], analysis.frame_logits[inside], speech, speakers,
        _head_frames(options, inside),
    )  # fmt: skip


def _head_frames(options: ExportOptions, inside: Array) -> HeadFrames | None:
    head = options.head
    if head is None or (probabilities := head.frame_probabilities) is None:
        return None
    return HeadFrames(head.name, head.classes, _smoothed(probabilities, options)[inside])


def _smoothed(probabilities: Array, options: ExportOptions) -> Array:
    if options.smoothing == "none":
        return probabilities
    return smooth_probabilities(probabilities, options.smoothing, options.smoothing_s)


def _speakers_at(times_s: Array, turns: Sequence[SpeakerTurn]) -> Array:
    """(n,) str: whose turn each time lies in, "" for nobody's."""
    names = ["", *dict.fromkeys(turn.speaker for turn in turns)]
    found = np.zeros(len(times_s), dtype=np.int64)
    for turn in turns:
        begin, end = np.searchsorted(times_s, (turn.start_s, turn.end_s))
        found[begin:end] = names.index(turn.speaker)
    return np.array(names)[found]


def frames_parquet(frames: Frames) -> bytes:
    """`time_s`, a probability a label, a logit a label (`<label>_logit`), `speech` where known; a row a frame.

    And `speaker` where that is known, and `<head>: <class>` of a kept head.
    """
    import pandas as pd  # 0.4 s

    columns = {"time_s": frames.times_s}
    columns |= {label: frames.probabilities[:, i] for i, label in enumerate(frames.labels)}
    columns |= {f"{label}_logit": frames.logits[:, i] for i, label in enumerate(frames.labels)}
    columns |= {} if frames.speech is None else {"speech": frames.speech}
    columns |= {} if frames.speakers is None else {"speaker": frames.speakers}
    columns |= {} if frames.head is None else dict(zip(frames.head.columns, frames.head.probabilities.T, strict=True))
    buffer = io.BytesIO()
    pd.DataFrame(columns).to_parquet(buffer, index=False)
    return buffer.getvalue()


def frames_npz(frames: Frames) -> bytes:
    """`times_s` (num_frames,), `probabilities` and `logits` (num_frames, num_labels), `labels`; no pickles inside.

    And `speech` (num_frames,) bool and `speaker` (num_frames,) str where they are known; of a kept head `head`, its
    name, `head_classes`, and `head_probabilities` (num_frames, num_classes).
    """
    arrays = {"times_s": frames.times_s, "probabilities": frames.probabilities, "logits": frames.logits}
    arrays |= {} if frames.speech is None else {"speech": frames.speech}
    arrays |= {} if frames.speakers is None else {"speaker": frames.speakers}
    if (head := frames.head) is not None:
        arrays |= {"head": np.array(head.name), "head_classes": np.array(head.classes)}
        arrays |= {"head_probabilities": head.probabilities}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, labels=np.array(frames.labels), **arrays)
    return buffer.getvalue()


class Maker(Protocol):
    """What makes the content of one file. Raises `ExportError` for a region without a frame."""

    def __call__(self, analysis: Analysis, structure: Structure, options: ExportOptions = WHOLE) -> bytes: ...


def _table(make: Callable[[Frames], bytes]) -> Maker:
    def made(analysis: Analysis, structure: Structure, options: ExportOptions = WHOLE) -> bytes:
        return make(frames_of(analysis, structure, options))

    return made


def _annotation(kind: str) -> Maker:
    def made(analysis: Analysis, structure: Structure, options: ExportOptions = WHOLE) -> bytes:
        segments = structure_in(analysis, structure, options).segments
        if options.turns is not None and kind in WRITERS_WITH_TURNS:
            write = WRITERS_WITH_TURNS[kind]
            return write(segments, analysis.duration_s, analysis.name, options.turns_in).encode()
        return WRITERS[kind][1](segments, analysis.duration_s, analysis.name).encode()

    return made


def _json(analysis: Analysis, structure: Structure, options: ExportOptions = WHOLE) -> bytes:
    text = json.dumps(timeline_record(analysis, structure, options), ensure_ascii=False, allow_nan=False, indent=2)
    return (text + "\n").encode("utf-8", "backslashreplace")


def _report(analysis: Analysis, structure: Structure, options: ExportOptions = WHOLE) -> bytes:
    return html_report(
        analysis,
        structure_in(analysis, structure, options),
        frames_of(analysis, structure, options),
        region_s=options.region_s,
        waveform=options.waveform,
        smoothing=options.smoothing,
        smoothing_s=options.smoothing_s,
        language=options.language,
    )


def _figure(analysis: Analysis, structure: Structure, options: ExportOptions = WHOLE) -> bytes:
    return figure_html(
        analysis,
        structure_in(analysis, structure, options),
        frames_of(analysis, structure, options),
        region_s=options.region_s,
        waveform=options.waveform,
        language=options.language,
    )


MAKERS: Mapping[str, tuple[str, Maker]] = {
    "json": ("timeline.json", _json),
    "csv": ("frames.csv", _table(lambda frames: "".join(frames_csv(frames)).encode())),
    "parquet": ("frames.parquet", _table(frames_parquet)),
    "npz": ("frames.npz", _table(frames_npz)),
    **{kind: (f"segments{suffix}" if kind != "audacity" else "labels.txt", _annotation(kind))
       for kind, (suffix, _) in WRITERS.items()},
    "html": ("report.html", _report),
    "figure": ("figure.html", _figure),
}  # fmt: skip


def write_timeline(
    analysis: Analysis,
    structure: Structure,
    kinds: Sequence[str],
    parent: Path,
    at: datetime | None = None,
    options: ExportOptions = WHOLE,
) -> Path:
    """Write the files of these kinds into a new folder `<stamp>_<name>` below `parent`, all of them or none.

    Raises:
        ExportError: it cannot be written there, a kind is none of `MAKERS`, or the region holds no frame.
    """
    unknown = [kind for kind in kinds if kind not in MAKERS]
    if unknown:
        raise ExportError(f"There is no export {', '.join(map(repr, unknown))}; there are {', '.join(MAKERS)}.")
    with whole_folder(parent, analysis.name, at or datetime.now()) as folder:
        for kind in kinds:
            name, make = MAKERS[kind]
            (folder.path / name).write_bytes(make(analysis, structure, options))
    return folder.path
