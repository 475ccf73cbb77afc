"""Clips or stretches of speech → who is who, by their vectors."""

import numpy as np

from core.errors import SpeakerError
from core.results import Array
from core.speakers.projection import unit

ONE_VOICE = 0.72  # cosine of two halves from which on they are one person's; chosen on held-out speakers
MOST_AT_ONCE = 4000  # vectors that are compared with each other; further ones join the group they are nearest to


def centred(vectors: Array) -> Array:
    """(n, dim) less their mean, of length 1: what is common to a recording or a collection (room, microphone) goes."""
    return unit(vectors - vectors.mean(axis=0)) if len(vectors) > 1 else unit(vectors)


def cluster_voices(vectors: Array, num_speakers: int | None = None, *, most: int = 20) -> Array:
    """(n, dim) vectors of clips, in any order → (n,) int, speakers 0, 1, … by first appearance.

    Ward's linkage on centred vectors, refined by k-means. Where the number is not given, it is the one up to `most`
    with the highest silhouette, or one where even two groups are nearly one voice.

    Raises `SpeakerError` for a number that is not from 1 to n.
    """
    if num_speakers is not None and not 1 <= num_speakers <= max(1, len(vectors)):
        raise SpeakerError(f"{num_speakers} speakers cannot be told apart in {len(vectors)} stretches of speech.")
    if len(vectors) < 2:
        return np.zeros(len(vectors), dtype=np.int64)
    chosen = np.unique(np.linspace(0, len(vectors) - 1, min(len(vectors), MOST_AT_ONCE)).astype(int))
    some = vectors[chosen]
    labels = _grouped(some, num_speakers) if num_speakers else _best_grouped(some, most)
    if len(some) == len(vectors):
        return by_appearance(labels)
    middles = unit(np.stack([some[labels == label].mean(axis=0) for label in range(labels.max() + 1)]))
    return by_appearance(np.argmax(unit(vectors) @ middles.T, axis=1))


def nearness(vectors: Array, labels: Array) -> float:
    """The cosine of the mean voices of two groups, in the space as it is; 1 where there is one group."""
    middles = [unit(vectors[labels == label].sum(axis=0)) for label in np.unique(labels)]
    return float(middles[0] @ middles[-1])


def _best_grouped(vectors: Array, most: int) -> Array:
    """The grouping with the highest silhouette (Rousseeuw 1987, J. Comp. Appl. Math. 20), by cosine."""
    from sklearn.metrics import silhouette_score

    two = _grouped(vectors, 2)
    if nearness(vectors, two) > ONE_VOICE:
        return np.zeros(len(vectors), dtype=np.int64)
    tried = [_grouped(vectors, count) for count in range(2, min(most, len(vectors) - 1) + 1)] or [two]
    apart = centred(vectors)
    scores = [silhouette_score(apart, each, metric="cosine") if len(tried) > 1 else 0.0 for each in tried]
    return tried[int(np.argmax(scores))]


def by_appearance(labels: Array) -> Array:
    """The same groups, numbered in the order in which they first come."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    numbers: Array = np.argsort(np.argsort(first))[inverse].astype(np.int64)
    return numbers


def _grouped(vectors: Array, count: int) -> Array:
    """Ward's groups, then k-means from their middles, since what was joined early may lie nearer to another group."""
    from sklearn.cluster import AgglomerativeClustering, KMeans

    apart = centred(vectors)
    labels = AgglomerativeClustering(count, linkage="ward").fit_predict(apart)
    middles = np.stack([apart[labels == label].mean(axis=0) for label in range(count)])
    found: Array = KMeans(count, init=middles, n_init=1, random_state=0).fit_predict(apart)
    return found
