"""Clips or stretches of speech → who is who, by their vectors."""

import numpy as np

from core.errors import SpeakerError
from core.results import Array
from core.speakers.projection import unit

MOST_AT_ONCE = 4000  # vectors that are compared with each other; further ones join the group they are nearest to


def centred(vectors: Array) -> Array:
    """(n, dim) less their mean, of length 1: what is common to a recording or a collection (room, microphone) goes."""
    return unit(vectors - vectors.mean(axis=0)) if len(vectors) > 1 else unit(vectors)


def cluster_voices(vectors: Array, num_speakers: int | None = None, *, farthest: float = 1.0, most: int = 20) -> Array:
    """(n, dim) vectors of voices → (n,) int, speakers 0, 1, … by first appearance.

    Ward's linkage on centred vectors, refined by k-means, where the number is given. Where it is not, it is how many
    groups average linkage leaves, `most` at the most, when it joins those whose mean cosine distance stays below
    `farthest`.

    Raises `SpeakerError` for a number that is not from 1 to n.
    """
    if num_speakers is not None and not 1 <= num_speakers <= max(1, len(vectors)):
        raise SpeakerError(f"{num_speakers} speakers cannot be told apart in {len(vectors)} stretches of speech.")
    if len(vectors) < 2:
        return np.zeros(len(vectors), dtype=np.int64)
    chosen = np.unique(np.linspace(0, len(vectors) - 1, min(len(vectors), MOST_AT_ONCE)).astype(int))
    some = vectors[chosen]
    count = num_speakers or min(most, estimated_number(some, farthest))
    labels = _grouped(some, count)
    if len(some) == len(vectors):
        return by_appearance(labels)
    middles = unit(np.stack([some[labels == label].mean(axis=0) for label in range(count)]))
    return by_appearance(np.argmax(unit(vectors) @ middles.T, axis=1))


def estimated_number(vectors: Array, farthest: float) -> int:
    """How many groups average linkage leaves whose mean cosine distance is `farthest` or more."""
    from sklearn.cluster import AgglomerativeClustering

    found = AgglomerativeClustering(None, metric="cosine", linkage="average", distance_threshold=farthest).fit(vectors)
    return int(found.n_clusters_)


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
