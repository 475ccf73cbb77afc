"""What ground truth says, as tables for the screen. Knows no Streamlit; names from outside are only cells."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.truth import GroundTruth, Judgements, LabelError
from dashboard.catalogue import sound_url
from dashboard.components.names import labelled
from dashboard.language import Texts
from dashboard.truth_charts import Cell


def emotion_table(truth: GroundTruth, texts: Texts) -> pd.DataFrame:
    """A row an emotion; shares between 0 and 1, NaN where undefined."""
    return pd.DataFrame(
        {
            "emotion": [labelled(each.label, texts) for each in truth.by_emotion],
            "clips": [each.clips for each in truth.by_emotion],
            "said": [each.said for each in truth.by_emotion],
            **{
                name: pd.array([getattr(each, name) for each in truth.by_emotion], dtype="Float64")
                for name in ("recall", "precision", "f1")
            },
        }
    )


def speaker_table(truth: GroundTruth, texts: Texts) -> pd.DataFrame:
    """A row a speaker, the hardest first."""
    hardest = sorted(truth.by_speaker, key=lambda each: (each.uar, each.speaker))
    return pd.DataFrame(
        {
            "speaker": [each.speaker or texts("truth.nobody") for each in hardest],
            "clips": [each.clips for each in hardest],
            "labels": [each.labels for each in hardest],
            "uar": [each.uar for each in hardest],
            "accuracy": [each.accuracy for each in hardest],
        }
    )


def clips_in(judgements: Judgements, truth: GroundTruth, cell: Cell) -> list[int]:
    """The clips of a cell of the confusion matrix, as positions in `judgements`, the most confident first."""
    inside = (judgements.references == cell[0]) & (judgements.labels == cell[1])
    if truth.options.leave_out_unsure:
        inside &= ~judgements.unsure
    rows = np.flatnonzero(inside)
    ordered: list[int] = rows[np.argsort(-judgements.scores[rows].max(axis=1), kind="stable")].tolist()
    return ordered


def cell_table(judgements: Judgements, rows: Sequence[int]) -> pd.DataFrame:
    """Some of the clips, a row each, with the address of their sound."""
    return pd.DataFrame(
        {
            "sound": [sound_url(judgements.keys[row]) for row in rows],
            "confidence": judgements.scores[list(rows)].max(axis=1),
            "speaker": [judgements.speakers[row] for row in rows],
            "source": [judgements.sources[row] for row in rows],
        }
    )


def error_table(errors: Sequence[LabelError], texts: Texts) -> pd.DataFrame:
    """A row a likely label error, with the address of its sound."""
    return pd.DataFrame(
        {
            "sound": [sound_url(error.key) for error in errors],
            "reference": [labelled(error.reference, texts) for error in errors],
            "reference_score": [error.reference_score for error in errors],
            "suggested": [labelled(error.suggested, texts) for error in errors],
            "suggested_score": [error.suggested_score for error in errors],
            "speaker": [error.speaker for error in errors],
            "source": [error.source for error in errors],
        }
    )
