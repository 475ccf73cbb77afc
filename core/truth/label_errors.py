"""References that are likely wrong, by confident learning."""

from dataclasses import dataclass

import numpy as np

from core.emotions import EMOTION_KEYS
from core.results import Array
from core.truth.judgements import Judgements


@dataclass(frozen=True, slots=True)
class LabelError:
    """A clip whose reference is likely wrong.

    Attributes:
        suggested: the emotion that it more likely is.
        reference_score, suggested_score: the checkpoint's probabilities of the two.
        margin: the first less the second: the smaller, the likelier an error.
    """

    key: str
    source: str
    speaker: str
    reference: str
    suggested: str
    reference_score: float
    suggested_score: float

    @property
    def margin(self) -> float:
        return self.reference_score - self.suggested_score


def label_errors(judgements: Judgements) -> tuple[LabelError, ...]:
    """Likely label errors, the likeliest first; references that a person checked are none.

    Confident learning (Northcutt, Jiang & Chuang 2021, JAIR 70, section 3.1): an emotion's threshold is its own mean
    self-confidence, the mean probability of it over the clips with that reference. A clip is suspected where another
    emotion reaches its threshold, the most probable of those that do. Stricter than there, the reference must be less
    probable than that one and than its own threshold. Ranked by normalised margin (section 3.2).

    The method wants probabilities of a checkpoint that did not learn from these clips; one that did has learnt the
    errors with them.
    """
    if not len(judgements):
        return ()
    thresholds = _thresholds(judgements)
    references = np.array([EMOTION_KEYS.index(reference) for reference in judgements.references])
    rows, scores = np.arange(len(references)), judgements.scores
    reaching = np.where(scores >= thresholds, scores, -1.0)
    reaching[rows, references] = -1.0
    suggested = reaching.argmax(axis=1)
    own = scores[rows, references]
    suspected = np.flatnonzero((reaching[rows, suggested] > own) & (own < thresholds[references]) & ~judgements.checked)
    found = [
        LabelError(
            judgements.keys[row],
            judgements.sources[row],
            str(judgements.speakers[row]),
            str(judgements.references[row]),
            EMOTION_KEYS[suggested[row]],
            float(own[row]),
            float(scores[row, suggested[row]]),
        )
        for row in suspected.tolist()
    ]
    return tuple(sorted(found, key=lambda error: (error.margin, error.key)))


def _thresholds(judgements: Judgements) -> Array:
    """(9,): each emotion's mean self-confidence; of one that is nobody's reference, out of reach."""
    thresholds = np.full(len(EMOTION_KEYS), np.inf)
    for column, key in enumerate(EMOTION_KEYS):
        theirs = judgements.references == key
        if theirs.any():
            thresholds[column] = judgements.scores[theirs, column].mean()
    return thresholds
