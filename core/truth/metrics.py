"""Unweighted average recall and weighted accuracy, and how sure one can be of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.results import Array

NUM_RESAMPLES = 2000
_AT_ONCE = 1 << 22  # numbers that a step of the bootstrap holds


@dataclass(frozen=True, slots=True)
class Interval:
    """A percentile interval: from `low` to `high`."""

    low: float
    high: float


def unweighted_average_recall(truth: Sequence[str], said: Sequence[str]) -> float:
    """Mean over the classes present in `truth` of the share of their clips recognised (balanced accuracy)."""
    from sklearn.metrics import recall_score  # type: ignore[import-untyped]

    return float(recall_score(truth, said, labels=sorted(set(truth)), average="macro"))


def accuracy(truth: Sequence[str], said: Sequence[str]) -> float:
    """Share of clips recognised (weighted accuracy)."""
    return float(np.mean(np.asarray(truth) == np.asarray(said)))


def recalls_and_accuracy(right: Array, total: Array) -> tuple[Array, Array]:
    """The UAR and the weighted accuracy of each row of counts.

    Args:
        right, total: (…, num_labels): clips recognised and clips in all, by true label. A label without clips does not
            count; a row without clips is NaN.
    """
    present = total > 0
    recalls = np.divide(right, total, out=np.zeros(total.shape), where=present)
    with np.errstate(invalid="ignore"):
        return recalls.sum(axis=-1) / present.sum(axis=-1), right.sum(axis=-1) / total.sum(axis=-1)


def intervals(
    right: Array, total: Array, strata: Array, share: float = 0.95, seed: int = 0, num_resamples: int = NUM_RESAMPLES
) -> tuple[Interval, Interval]:
    """Percentile bootstrap intervals of the UAR and the weighted accuracy (Efron & Tibshirani 1993, chapter 13).

    Whole units, such as speakers, are drawn with replacement within each stratum, as many as there are: clips of one
    speaker are not independent, so that an interval over clips would be too narrow. A draw in which a label has no clip
    takes the mean over the others.

    Args:
        right, total: (num_units, num_labels): clips recognised and clips in all, by true label.
        strata: (num_units,): which stratum each unit belongs to.
    """
    rng = np.random.default_rng(seed)
    each = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    drawn = np.concatenate([rng.choice(units, (num_resamples, len(units))) for units in each], axis=1)
    step = max(1, _AT_ONCE // max(1, drawn.shape[1] * total.shape[1]))
    sums = [
        (right[some].sum(axis=1), total[some].sum(axis=1))
        for some in (drawn[begin : begin + step] for begin in range(0, num_resamples, step))
    ]
    return _percentiles(np.concatenate([r for r, _ in sums]), np.concatenate([t for _, t in sums]), share)


def intervals_over_clips(
    confusion: Array, share: float = 0.95, seed: int = 0, num_resamples: int = NUM_RESAMPLES
) -> tuple[Interval, Interval]:
    """The same with single clips as units: drawing n clips is drawing the cells of their confusion matrix n times.

    Args:
        confusion: (num_labels, num_labels), true label by verdict.
    """
    count = int(confusion.sum())
    cells = confusion.ravel() / count
    drawn = np.random.default_rng(seed).multinomial(count, cells, num_resamples).reshape(-1, *confusion.shape)
    return _percentiles(np.diagonal(drawn, axis1=1, axis2=2), drawn.sum(axis=2), share)


def _percentiles(right: Array, total: Array, share: float) -> tuple[Interval, Interval]:
    at = [(1 - share) / 2, (1 + share) / 2]
    uar, weighted = (np.nanquantile(figure, at) for figure in recalls_and_accuracy(right, total))
    return Interval(float(uar[0]), float(uar[1])), Interval(float(weighted[0]), float(weighted[1]))
