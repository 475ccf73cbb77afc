"""Unweighted average recall and weighted accuracy, per corpus and in all."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.data import Clip


def unweighted_average_recall(truth: Sequence[str], said: Sequence[str]) -> float:
    """Mean over the classes present in `truth` of the share of their clips recognised (balanced accuracy)."""
    truth_array, said_array = np.asarray(truth), np.asarray(said)
    recalls = [float((said_array[truth_array == label] == label).mean()) for label in sorted(set(truth))]
    return float(np.mean(recalls))


def accuracy(truth: Sequence[str], said: Sequence[str]) -> float:
    """Share of clips recognised (weighted accuracy)."""
    return float(np.mean(np.asarray(truth) == np.asarray(said)))


def summary(clips: Sequence[Clip], said: Sequence[str]) -> dict[str, Any]:
    """UAR, weighted accuracy, clips and speakers, in all and by corpus, gender and language."""
    out: dict[str, Any] = {"all": _figures(clips, said)}
    for attribute in ("corpus", "gender", "language"):
        groups = sorted({getattr(clip, attribute) for clip in clips})
        out[attribute] = {group: _figures(*_select(clips, said, attribute, group)) for group in groups}
    return out


def _select(clips: Sequence[Clip], said: Sequence[str], attribute: str, group: str) -> tuple[list[Clip], list[str]]:
    pairs = [(clip, label) for clip, label in zip(clips, said, strict=True) if getattr(clip, attribute) == group]
    return [clip for clip, _ in pairs], [label for _, label in pairs]


def _figures(clips: Sequence[Clip], said: Sequence[str]) -> dict[str, Any]:
    truth = [clip.emotion for clip in clips]
    return {
        "uar": round(unweighted_average_recall(truth, said), 4),
        "weighted_accuracy": round(accuracy(truth, said), 4),
        "clips": len(clips),
        "speakers": len({clip.speaker for clip in clips}),
        "labels": sorted(set(truth)),
    }
