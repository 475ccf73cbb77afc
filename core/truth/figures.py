"""`ground_truth`: every figure that references give, made once."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.emotions import EMOTION_KEYS
from core.errors import LibraryError
from core.results import Array
from core.truth.judgements import Judgements
from core.truth.metrics import NUM_RESAMPLES, Interval, intervals, intervals_over_clips, recalls_and_accuracy


@dataclass(frozen=True, slots=True)
class TruthOptions:
    """How verdicts are held against references.

    Attributes:
        leave_out_unsure: count only verdicts the checkpoint is sure of; else an unsure one counts as its best label.
        share: of the bootstrap's draws within an interval.
        num_resamples, seed: of the bootstrap.
    """

    leave_out_unsure: bool = False
    share: float = 0.95
    num_resamples: int = NUM_RESAMPLES
    seed: int = 0


@dataclass(frozen=True, slots=True)
class EmotionFigures:
    """One emotion: clips that have it as reference, verdicts that name it, and what the two make; None: undefined."""

    label: str
    clips: int
    said: int
    recall: float | None
    precision: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class SpeakerFigures:
    """One speaker; "" stands for the clips of nobody named."""

    speaker: str
    clips: int
    labels: int
    uar: float
    accuracy: float


@dataclass(frozen=True)
class GroundTruth:
    """What verdicts are worth on the clips that have a reference.

    Attributes:
        labels: rows and columns of the confusion matrix: references and verdicts that occur, as in `EMOTION_KEYS`.
        confusion: (num_labels, num_labels) int64: clips by reference and verdict.
        uar, accuracy: unweighted average recall (over the emotions that are a reference) and weighted accuracy.
        uar_interval, accuracy_interval: percentile bootstrap, drawing `resampled`: "speakers" or "clips".
        judged, counted, unsure: clips with a sayable reference, those of them that were counted, and how many of the
            judged have an unsure verdict. `coverage` is counted / judged.
        unsayable: references that are no label of the checkpoint, with the clips left out for it.
        without: clips that have no reference.
    """

    checkpoints: tuple[str, ...]
    labels: tuple[str, ...]
    confusion: Array
    uar: float
    uar_interval: Interval
    accuracy: float
    accuracy_interval: Interval
    resampled: str
    num_speakers: int
    by_emotion: tuple[EmotionFigures, ...]
    by_speaker: tuple[SpeakerFigures, ...]
    judged: int
    counted: int
    unsure: int
    unsayable: dict[str, int]
    without: int
    options: TruthOptions

    @property
    def coverage(self) -> float:
        return self.counted / self.judged

    @property
    def shares(self) -> Array:
        """(num_labels, num_labels) float64: each row of the confusion matrix over its sum; NaN in a row of no clips."""
        sums = self.confusion.sum(axis=1, keepdims=True)
        shares: Array = np.divide(self.confusion, sums, out=np.full(self.confusion.shape, np.nan), where=sums > 0)
        return shares

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        values = asdict(self)
        shares = [[None if np.isnan(share) else float(share) for share in row] for row in self.shares]
        plain = {"confusion": self.confusion.tolist(), "confusion_shares": shares, "coverage": self.coverage}
        return values | plain


def ground_truth(judgements: Judgements, options: TruthOptions = TruthOptions()) -> GroundTruth:
    """Confusion, UAR and weighted accuracy with intervals, by emotion and by speaker.

    Intervals draw whole speakers where every counted clip has one and there are at least two, else single clips.

    Raises `LibraryError` where no clip can be counted.
    """
    counted = np.flatnonzero(~judgements.unsure) if options.leave_out_unsure else np.arange(len(judgements))
    if not len(counted):
        raise LibraryError(_why_none(judgements))
    references, said = judgements.references[counted], judgements.labels[counted]
    occurring = set(references) | set(said)
    labels = tuple(key for key in EMOTION_KEYS if key in occurring)
    speakers, right, total = _by_speaker(references, said, judgements.speakers[counted], labels)
    confusion = _confusion(references, said, labels)
    uar, weighted = recalls_and_accuracy(right.sum(axis=0), total.sum(axis=0))
    over_speakers = len(speakers) > 1 and "" not in speakers
    bootstrap = (options.share, options.seed, options.num_resamples)
    uar_interval, accuracy_interval = (
        intervals(right, total, np.zeros(len(speakers)), *bootstrap)
        if over_speakers
        else intervals_over_clips(confusion, *bootstrap)
    )
    return GroundTruth(
        checkpoints=judgements.checkpoints,
        labels=labels,
        confusion=confusion,
        uar=float(uar),
        uar_interval=uar_interval,
        accuracy=float(weighted),
        accuracy_interval=accuracy_interval,
        resampled="speakers" if over_speakers else "clips",
        num_speakers=len(set(speakers) - {""}),
        by_emotion=_by_emotion(references, said, labels),
        by_speaker=_speaker_figures(speakers, right, total),
        judged=len(judgements),
        counted=len(counted),
        unsure=int(judgements.unsure.sum()),
        unsayable=judgements.unsayable,
        without=judgements.without,
        options=options,
    )


def _why_none(judgements: Judgements) -> str:
    if len(judgements):
        return f"All {len(judgements):,} verdicts on clips with a reference are unsure; count them as their best label."
    if judgements.unsayable:
        named = ", ".join(repr(name[:40]) for name in sorted(judgements.unsayable)[:8])
        return f"The references of these clips ({named}) are no labels of the checkpoint; set them to those it can say."
    return "None of these clips has a reference; give them one in the library, or batch with a CSV that has the column."


def _confusion(references: Array, said: Array, labels: tuple[str, ...]) -> Array:
    from sklearn.metrics import confusion_matrix  # type: ignore[import-untyped]

    counts = confusion_matrix(references.tolist(), said.tolist(), labels=list(EMOTION_KEYS))
    occurring = [EMOTION_KEYS.index(label) for label in labels]
    confusion: Array = counts[np.ix_(occurring, occurring)]
    return confusion


def _by_emotion(references: Array, said: Array, labels: tuple[str, ...]) -> tuple[EmotionFigures, ...]:
    from sklearn.metrics import precision_recall_fscore_support

    figures = precision_recall_fscore_support(
        references.tolist(), said.tolist(), labels=list(labels), zero_division=np.nan
    )
    return tuple(
        EmotionFigures(label, int(clips), int((said == label).sum()), _known(recall), _known(precision), _known(f1))
        for label, precision, recall, f1, clips in zip(labels, *figures, strict=True)
    )


def _known(figure: float) -> float | None:
    return None if np.isnan(figure) else float(figure)


def _by_speaker(
    references: Array, said: Array, speakers: Array, labels: tuple[str, ...]
) -> tuple[list[str], Array, Array]:
    """The speakers, and (num_speakers, num_labels) clips recognised and in all, by reference."""
    names = sorted(set(speakers))
    row_of, column_of = ({name: at for at, name in enumerate(each)} for each in (names, labels))
    cells = [row_of[name] for name in speakers], [column_of[reference] for reference in references]
    right, total = np.zeros((2, len(names), len(labels)))
    np.add.at(total, cells, 1)
    np.add.at(right, cells, references == said)
    return names, right, total


def _speaker_figures(speakers: list[str], right: Array, total: Array) -> tuple[SpeakerFigures, ...]:
    uar, weighted = recalls_and_accuracy(right, total)
    return tuple(
        SpeakerFigures(name, int(clips), int(labels), float(u), float(a))
        for name, clips, labels, u, a in zip(
            speakers, total.sum(axis=1), (total > 0).sum(axis=1), uar, weighted, strict=True
        )
    )
