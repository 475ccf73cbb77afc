"""The label of each step of a curve, when no stay may be shorter than a minimum."""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from core.results import Array

COMPILED_FROM_STEPS = 20_000  # 7 minutes: below that the search is done before its compiled form would be loaded

Stretches = Sequence[tuple[int, int]]


def best_path(log_scores: Array, min_steps: int, stretches: Stretches | None = None) -> Array:
    """The label of each step such that no stay is shorter than `min_steps` and the summed log scores are highest.

    Dynamic programming over (step, label): a stay is lengthened by a step or begins with `min_steps` of them, the
    explicit-duration form of Viterbi's search (Ferguson 1980; Rabiner 1989, Proc. IEEE 77(2), § IV.D) with a duration
    density that is 0 below the minimum and flat above it. Where there are fewer steps than the minimum, one stay.

    Args:
        log_scores: (num_steps, num_labels).
        stretches: [begin, end) of the stretches that are searched, each on its own; by default one, of all steps.

    Returns:
        (num_steps,) int, columns of `log_scores`; −1 outside the stretches.
    """
    scores = np.ascontiguousarray(log_scores, dtype=np.float64)
    searched = [(0, len(scores))] if stretches is None else stretches
    search = _search_for(sum(end - begin for begin, end in searched))
    path = np.full(len(scores), -1)
    for begin, end in searched:
        if end > begin:
            path[begin:end] = search(scores[begin:end], min(max(1, min_steps), end - begin))
    return path


def _search_for(num_steps: int) -> Callable[[Array, int], Array]:
    return _searched if num_steps < COMPILED_FROM_STEPS else _compiled()


@cache
def _compiled() -> Callable[[Array, int], Array]:
    """The same search as machine code, kept on disk for the next process where that can be."""
    import numba  # half a second

    try:
        compiled: Callable[[Array, int], Array] = numba.njit(cache=True, nogil=True)(_searched)
    except RuntimeError:  # nowhere to keep it
        compiled = numba.njit(nogil=True)(_searched)
    return compiled


def _searched(scores: Array, shortest: int) -> Array:
    """(num_steps, num_labels) float64 → (num_steps,) int. Plain loops, so that numba compiles it as it stands.

    best[t] are the highest sums over the first t steps, ending in each label, and came_from[t] the label before where
    a stay began `shortest` steps ago, else −1.
    """
    num_steps, num_labels = scores.shape
    sums = np.zeros((num_steps + 1, num_labels))
    for step in range(num_steps):
        sums[step + 1] = sums[step] + scores[step]
    best = np.full((num_steps + 1, num_labels), -np.inf)
    came_from = np.full((num_steps + 1, num_labels), -1)
    best[shortest] = sums[shortest]
    for end in range(shortest + 1, num_steps + 1):
        start = end - shortest
        first, second = 0, -1  # the labels of the highest and the next sum
        for label in range(1, num_labels):
            if best[start, label] > best[start, first]:
                first, second = label, first
            elif second < 0 or best[start, label] > best[start, second]:
                second = label
        for label in range(num_labels):
            before = second if label == first else first
            best[end, label] = best[end - 1, label] + scores[end - 1, label]
            if before >= 0:
                began = sums[end, label] - sums[start, label] + best[start, before]
                if began > best[end, label]:
                    best[end, label] = began
                    came_from[end, label] = before
    path = np.empty(num_steps, np.int64)
    end, label = num_steps, 0
    for other in range(1, num_labels):
        if best[end, other] > best[end, label]:
            label = other
    while end > 0:
        before = came_from[end, label]
        begin = end - 1 if before < 0 and end > shortest else end - shortest
        path[begin:end] = label
        end = begin
        if before >= 0:
            label = before
    return path
