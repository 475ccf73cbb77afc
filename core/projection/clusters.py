"""Groups of clips that lie together, what each is made of, and clips that lie alone or twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import ProjectionError
from core.projection.spaces import Space
from core.results import Array

METHODS = ("hdbscan", "kmeans", "agglomerative", "gmm")
OUTLIER = -1


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """How to group.

    Attributes:
        method: "hdbscan" (Campello et al. 2013), "kmeans", "agglomerative" (Ward), or "gmm" (Gaussian mixture).
        k: how many groups; None: as many as give the best silhouette. "hdbscan" finds their number itself.
        min_size: the smallest group "hdbscan" may find; None: a hundredth of the clips, 5 at least.
        seed: of everything left to chance.
    """

    method: str = "kmeans"
    k: int | None = None
    min_size: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ProjectionError(f"There is no method {self.method!r} to group by; there are {', '.join(METHODS)}.")
        if self.k is not None and self.k < 2:
            raise ProjectionError(f"{self.k} groups cannot be told apart; ask for 2 or more.")
        if self.min_size is not None and self.min_size < 2:
            raise ProjectionError(f"A group has 2 clips at least, not {self.min_size}.")


@dataclass(frozen=True)
class Clusters:
    """Groups of a space's clips.

    Attributes:
        labels: (n,) int64, the group of each, by falling size from 0; OUTLIER for none.
        silhouette: mean silhouette (Rousseeuw 1987) of the clips in groups, −1 to 1; None where there is one group.
        tried: (k, silhouette) of each number of groups that was tried, where the number was chosen.
        note: what was done to a part only ("grouped on 5,000 of 100,000 clips …"), else empty.
    """

    labels: Array
    options: ClusterOptions
    k: int
    silhouette: float | None
    tried: tuple[tuple[int, float], ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Distinction:
    """What a group has more of, or more in it, than the others.

    Attributes:
        attribute: a column of the table ("label", "speaker", "metadata.gender", "acoustic.pitch_hz", …).
        value: the value that is over-represented; "high" or "low" of a number.
        share: of the group's clips that have it; of a number the group's mean.
        overall: of all clips that have it; of a number the mean of all.
        lift: share / overall; of a number the difference in standard deviations (Cohen's d, its sign left out).
        p: how often chance alone does as much (hypergeometric; Mann-Whitney), corrected for all that was tried.
    """

    attribute: str
    value: str
    share: float
    overall: float
    lift: float
    p: float


@dataclass(frozen=True)
class ClusterCard:
    """One group, described.

    Attributes:
        label: its number in `Clusters.labels`.
        name: what distinguishes it, in English ("angry · banglaser · high pitch"); "Cluster 3" where nothing does.
        medoids: keys of the clips nearest to all others of it, the most central first.
        emotion, emotion_share: its most frequent verdict, and how frequent.
        speaker, speaker_share: its most frequent speaker; None where none is known.
    """

    label: int
    name: str
    size: int
    medoids: tuple[str, ...]
    emotion: str
    emotion_share: float
    speaker: str | None
    speaker_share: float
    distinctions: tuple[Distinction, ...] = ()


@dataclass(frozen=True, slots=True)
class DuplicatePair:
    """Two clips alike: positions in the keys, their distance relative to what is usual between nearest clips."""

    first: int
    second: int
    distance: float
    same_sound: bool


def cluster(space: Space, options: ClusterOptions = ClusterOptions(), positions: Array | None = None) -> Clusters:
    """Group a space's clips by their prepared vectors, or by (n, dimensions) `positions` on a map where given."""
    raise NotImplementedError


def describe(clusters: Clusters, space: Space, table: Any) -> tuple[ClusterCard, ...]:
    """A card a group, the largest first; `table` is `clip_table` of the space's keys."""
    raise NotImplementedError


def outliers(space: Space, clusters: Clusters | None = None, most: int = 50) -> Array:
    """(m,) int64: clips that lie alone, the loneliest first."""
    raise NotImplementedError


def near_duplicates(
    space: Space, sha256: Sequence[str] | None = None, *, below: float = 0.05, most: int = 500
) -> tuple[DuplicatePair, ...]:
    """Pairs of clips at nearly no distance, and such as have the same sound; the nearest first."""
    raise NotImplementedError
