"""Unweighted average recall and weighted accuracy, per corpus and in all, with intervals over speakers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.results import Array
from core.truth import accuracy, intervals, unweighted_average_recall
from training.data import Clip


def uar_interval(clips: Sequence[Clip], said: Sequence[str], share: float = 0.95, seed: int = 0) -> tuple[float, float]:
    """The percentile bootstrap interval of the UAR, drawing whole speakers with replacement within each corpus."""
    uar, _ = intervals(*_by_speaker(clips, said), share, seed)
    return uar.low, uar.high


def _by_speaker(clips: Sequence[Clip], said: Sequence[str]) -> tuple[Array, Array, Array]:
    """(num_speakers, num_labels) recognised and in all, and (num_speakers,) corpora."""
    speakers = sorted({(clip.corpus, clip.speaker) for clip in clips})
    rows = {speaker: row for row, speaker in enumerate(speakers)}
    columns = {label: column for column, label in enumerate(sorted({clip.emotion for clip in clips}))}
    right, total = np.zeros((2, len(rows), len(columns)))
    for clip, label in zip(clips, said, strict=True):
        cell = rows[clip.corpus, clip.speaker], columns[clip.emotion]
        total[cell] += 1
        right[cell] += label == clip.emotion
    return right, total, np.array([corpus for corpus, _ in speakers])


def summary(clips: Sequence[Clip], said: Sequence[str], *, intervals: bool = False) -> dict[str, Any]:
    """UAR, weighted accuracy, clips and speakers, in all and by corpus, gender and language."""
    out: dict[str, Any] = {"all": _figures(clips, said, intervals)}
    for attribute in ("corpus", "gender", "language"):
        groups = sorted({getattr(clip, attribute) for clip in clips})
        out[attribute] = {group: _figures(*_select(clips, said, attribute, group), intervals) for group in groups}
    return out


def recalls(clips: Sequence[Clip], said: Sequence[str]) -> dict[str, dict[str, float]]:
    """By true label, the share of its clips said to be each label."""
    out: dict[str, dict[str, float]] = {}
    for label in sorted({clip.emotion for clip in clips}):
        heard = [word for clip, word in zip(clips, said, strict=True) if clip.emotion == label]
        out[label] = {word: round(heard.count(word) / len(heard), 4) for word in sorted(set(heard))}
    return out


def _select(clips: Sequence[Clip], said: Sequence[str], attribute: str, group: str) -> tuple[list[Clip], list[str]]:
    pairs = [(clip, label) for clip, label in zip(clips, said, strict=True) if getattr(clip, attribute) == group]
    return [clip for clip, _ in pairs], [label for _, label in pairs]


def _figures(clips: Sequence[Clip], said: Sequence[str], intervals: bool) -> dict[str, Any]:
    truth = [clip.emotion for clip in clips]
    figures: dict[str, Any] = {
        "uar": round(unweighted_average_recall(truth, said), 4),
        "weighted_accuracy": round(accuracy(truth, said), 4),
        "clips": len(clips),
        "speakers": len({clip.speaker for clip in clips}),
        "labels": sorted(set(truth)),
    }
    if intervals:
        figures["uar_95"] = [round(bound, 4) for bound in uar_interval(clips, said)]
    return figures
