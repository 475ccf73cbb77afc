"""What verdicts are worth, held against what people said of the same clips."""

from core.truth.figures import EmotionFigures, GroundTruth, SpeakerFigures, TruthOptions, ground_truth
from core.truth.judgements import CHECKED, Judgements, judgements_of
from core.truth.label_errors import LabelError, label_errors
from core.truth.metrics import NUM_RESAMPLES, Interval, accuracy, intervals, unweighted_average_recall

__all__ = [
    "CHECKED",
    "NUM_RESAMPLES",
    "EmotionFigures",
    "GroundTruth",
    "Interval",
    "Judgements",
    "LabelError",
    "SpeakerFigures",
    "TruthOptions",
    "accuracy",
    "ground_truth",
    "intervals",
    "judgements_of",
    "label_errors",
    "unweighted_average_recall",
]
