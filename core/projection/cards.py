"""What each group is made of: its middle, its emotion, its speaker, and a name of what sets it apart."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.projection.clusters import Clusters, drawn_evenly
from core.projection.spaces import Space
from core.projection.tables import ACOUSTIC, METADATA
from core.results import Array

SIGNIFICANT = 0.01  # of all that is tried together (Bonferroni)
LEAST_SHARE, LEAST_LIFT, LEAST_DIFFERENCE = 0.3, 1.3, 0.8  # what is worth a word in a name
SHADOW = 0.75  # of the rarer value's clips that have the other, too: one of the two says it all
MOST_VALUES = 200  # columns of more values are no attributes but names
MOST_WORDS = 3
NUM_MEDOIDS = 3
COMPARED_WITH = 1000  # clips of a group that each of it is compared with, for its middle
NUMBERS = {
    "duration_s": ("short clips", "long clips"),
    f"{ACOUSTIC}pitch_hz": ("low pitch", "high pitch"),
    f"{ACOUSTIC}pitch_sd_st": ("flat pitch", "lively pitch"),
    f"{ACOUSTIC}level_db": ("quiet", "loud"),
    f"{ACOUSTIC}syllables_per_s": ("slow", "fast"),
}  # what little and much of a number is called
_WITHOUT_NAME = ("label", "reference", "speaker", *(f"{METADATA}{name}" for name in ("gender", "language", "corpus")))


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


def describe(clusters: Clusters, space: Space, table: Any) -> tuple[ClusterCard, ...]:
    """A card a group, the largest first; `table` is `clip_table` of the space's keys.

    A value sets a group apart where at least LEAST_SHARE of its clips have it, LEAST_LIFT times as many as of all, and
    chance does not do as much (hypergeometric test; of numbers Mann-Whitney's, with a difference of LEAST_DIFFERENCE
    standard deviations); of two values that go together everywhere the second is left out.
    """
    values = dict(_categories(table))
    numbers = {name: np.asarray(table[name], np.float64) for name in NUMBERS if name in table}
    tests = clusters.k * (sum(len(np.unique(column)) for column in values.values()) + len(numbers))
    cards = [
        _card(label, clusters.labels == label, space, table, values, numbers, max(1, tests))
        for label in range(clusters.k)
    ]
    return tuple(_told_apart(cards))


def _card(
    label: int, inside: Array, space: Space, table: Any, values: dict[str, Array], numbers: dict[str, Array], tests: int
) -> ClusterCard:
    found = [*_values_apart(inside, values, tests), *_numbers_apart(inside, numbers, tests)]
    found.sort(key=_weight, reverse=True)
    kept = _different(found, values)
    emotion, emotion_share = _most(table["label"].to_numpy(object)[inside])
    speaker, speaker_share = _most(table["speaker"].to_numpy(object)[inside])
    name = " · ".join(_word(each) for each in kept) or f"Cluster {label + 1}"
    medoids = tuple(space.keys[at] for at in _medoids(space.prepared, np.flatnonzero(inside)))
    return ClusterCard(
        label, name, int(inside.sum()), medoids, emotion or "", emotion_share, speaker, speaker_share, tuple(kept)
    )


def _categories(table: Any) -> Iterator[tuple[str, Array]]:
    """The columns whose values may set a group apart, "" where a clip has none."""
    names = ["label", "reference", "speaker", *(str(name) for name in table.columns if str(name).startswith(METADATA))]
    for name in names:
        column = np.array(["" if value is None else str(value) for value in table[name]], dtype=object)
        count = len(set(column.tolist()) - {""})
        if 1 < count <= min(MOST_VALUES, max(2, len(column) // 2)):
            yield name, column.astype(str)


def _values_apart(inside: Array, values: dict[str, Array], tests: int) -> Iterator[Distinction]:
    from scipy.stats import hypergeom

    size, total = int(inside.sum()), len(inside)
    for name, column in values.items():
        value, share = _most(column[inside & (column != "")].astype(object))
        if value is None:
            continue
        there, everywhere = int((column[inside] == value).sum()), int((column == value).sum())
        share, overall = there / size, everywhere / total
        p = min(1.0, tests * float(hypergeom.sf(there - 1, total, everywhere, size)))
        if share >= LEAST_SHARE and share >= LEAST_LIFT * overall and p < SIGNIFICANT:
            yield Distinction(name, value, share, overall, share / overall, p)


def _numbers_apart(inside: Array, numbers: dict[str, Array], tests: int) -> Iterator[Distinction]:
    from scipy.stats import mannwhitneyu

    for name, column in numbers.items():
        mine, theirs = column[inside & np.isfinite(column)], column[~inside & np.isfinite(column)]
        if min(len(mine), len(theirs)) < 5:
            continue
        deviation = float(np.sqrt((mine.var() * len(mine) + theirs.var() * len(theirs)) / (len(mine) + len(theirs))))
        difference = float(mine.mean() - theirs.mean()) / max(deviation, 1e-12)
        if abs(difference) < LEAST_DIFFERENCE or abs(difference) > 1e6:
            continue
        p = min(1.0, tests * float(mannwhitneyu(mine, theirs).pvalue))
        if p < SIGNIFICANT:
            overall = float(np.concatenate([mine, theirs]).mean())
            value = "high" if difference > 0 else "low"
            yield Distinction(name, value, float(mine.mean()), overall, abs(difference), p)


def _weight(found: Distinction) -> float:
    """How much a distinction tells: bits a clip of the group for values, half the difference for numbers."""
    return found.lift / 2 if found.attribute in NUMBERS else found.share * float(np.log2(found.lift))


def _different(found: list[Distinction], values: dict[str, Array]) -> list[Distinction]:
    """The first few of which none is another's shadow (a licence that goes with a corpus)."""
    kept: list[Distinction] = []
    for each in found:
        shadows = any(_alike(each, other, values) for other in kept)
        if not shadows and len(kept) < MOST_WORDS:
            kept.append(each)
    return kept


def _alike(one: Distinction, other: Distinction, values: dict[str, Array]) -> bool:
    if one.value == other.value and one.attribute not in NUMBERS:
        return True
    if one.attribute not in values or other.attribute not in values:
        return False
    first, second = (values[each.attribute] == each.value for each in (one, other))
    return bool((first & second).sum() > SHADOW * min(first.sum(), second.sum()))


def _word(found: Distinction) -> str:
    if found.attribute in NUMBERS:
        return NUMBERS[found.attribute][found.value == "high"]
    if found.attribute in _WITHOUT_NAME:
        return found.value
    return f"{found.attribute.removeprefix(METADATA)} {found.value}"


def _most(values: Array) -> tuple[str | None, float]:
    """The most frequent value, None left out, and its share of all."""
    known = [str(value) for value in values.tolist() if value is not None]
    if not known:
        return None, 0.0
    found, counts = np.unique(known, return_counts=True)
    at = int(counts.argmax())
    return str(found[at]), float(counts[at] / len(values))


def _medoids(points: Array, members: Array) -> list[int]:
    """Positions of the members nearest to all others, on average; of a large group to a part of it."""
    from scipy.spatial.distance import cdist

    compared = drawn_evenly(members, COMPARED_WITH, 0)
    # Only those near the mean can be in the middle of many.
    centre = points[members].mean(axis=0)
    near = members[np.argsort(np.linalg.norm(points[members] - centre, axis=1), kind="stable")[:COMPARED_WITH]]
    order = np.argsort(cdist(points[near], points[compared]).mean(axis=1), kind="stable")
    return [int(at) for at in near[order[:NUM_MEDOIDS]]]


def _told_apart(cards: list[ClusterCard]) -> Iterator[ClusterCard]:
    """A number behind names that several groups have."""
    names = [card.name for card in cards]
    seen: dict[str, int] = {}
    for card in cards:
        if names.count(card.name) > 1:
            seen[card.name] = seen.get(card.name, 0) + 1
            card = replace(card, name=f"{card.name} ({seen[card.name]})")
        yield card
