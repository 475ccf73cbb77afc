"""What a space, a map or its groups are made of: emotion, or the speaker, the language, the length of the clip?"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.errors import ProjectionError
from core.projection.clusters import OUTLIER, Clusters, drawn_evenly
from core.projection.tables import METADATA
from core.results import Array

ATTRIBUTES = ("label", "reference", "speaker", "metadata.gender", "metadata.language", "metadata.corpus", "duration_s")
FOLDS = 5
FEWEST_OF_A_CLASS = 5  # clips of a value; fewer cannot be in every fold
SHUFFLES = 5  # whose mean is the mutual information by chance
MAP_DIMENSIONS = 3  # up to which positions are a map's: what lies together there is not told apart by straight lines
HARDLY, PARTLY, MOSTLY = 0.05, 0.15, 0.4  # of what there is to explain, from where on the words are used
WORDS = {
    "label": "the emotion heard",
    "reference": "the reference emotion",
    "speaker": "the speaker",
    "duration_s": "the clip's length",
}


@dataclass(frozen=True, slots=True)
class Confound:
    """How much of the arrangement one attribute explains.

    Attributes:
        attribute: a column of the table; a number is cut into thirds.
        classes: how many values were told apart, of clips `n`.
        nmi: normalised mutual information with the groups, and `nmi_chance` with the values shuffled; None
            without groups.
        probe_uar: mean recall (unweighted average) with which the value is told from the position, cross-validated, on
            speakers the probe was not fitted on wherever the attribute is not the speaker: a logistic regression in a
            space, the 15 nearest clips on a map.
        chance: the same with the values shuffled.
        grouped: whether speakers were kept apart.
        note: why a figure is missing, else empty.
    """

    attribute: str
    classes: int
    n: int
    nmi: float | None
    nmi_chance: float | None
    probe_uar: float | None
    chance: float | None
    grouped: bool
    note: str = ""

    @property
    def explained(self) -> float | None:
        """Of what the probe could know beyond chance, what it knows: (uar − chance) / (1 − chance), 0 at least."""
        return _beyond(self.probe_uar, self.chance)

    @property
    def shared(self) -> float | None:
        """The same of the mutual information with the groups."""
        return _beyond(self.nmi, self.nmi_chance)


def _beyond(value: float | None, chance: float | None) -> float | None:
    if value is None or chance is None:
        return None
    return max(0.0, (value - chance) / max(1e-9, 1 - chance))


def confounds(
    points: Array,
    table: Any,
    clusters: Clusters | None = None,
    attributes: Sequence[str] = ATTRIBUTES,
    *,
    sample: int = 2000,
    seed: int = 0,
) -> tuple[Confound, ...]:
    """Measure each attribute that the table has; `points` (n, d) are `Space.prepared` or `Map.positions`.

    Of more than `sample` clips the probes see as many, drawn evenly; the mutual information is that of all. Values that
    fewer than FEWEST_OF_A_CLASS clips have, or one speaker alone, are left out of the probe: nothing could be said of
    them. Balanced accuracy by chance is that of the same probe on shuffled values (Ojala & Garriga 2010, JMLR 11).
    """
    speakers = _values(table, "speaker", seed) if "speaker" in table else np.full(len(table), "", dtype=object)
    found = []
    for attribute in attributes:
        if attribute not in table:
            continue
        values = _values(table, attribute, seed)
        if len(set(values.tolist()) - {""}) < 2:
            continue
        confound = _probed(np.asarray(points, np.float64), values, speakers, attribute, sample, seed)
        if clusters is not None:
            confound = _with_information(confound, clusters.labels, values, seed)
        found.append(confound)
    return tuple(found)


def _values(table: Any, attribute: str, seed: int) -> Array:
    """(n,) object: a text a clip, "" where there is none; numbers as the third they lie in."""
    column = table[attribute]
    if column.dtype.kind == "f":
        numbers = column.to_numpy(np.float64)
        known = np.isfinite(numbers)
        edges = np.quantile(numbers[known], (1 / 3, 2 / 3)) if known.any() else np.zeros(2)
        thirds = np.array(["low", "middle", "high"], dtype=object)[np.searchsorted(edges, numbers, side="right")]
        return np.where(known, thirds, "")
    return np.array(["" if value is None else str(value) for value in column], dtype=object)


def _probed(points: Array, values: Array, speakers: Array, attribute: str, sample: int, seed: int) -> Confound:
    known = np.flatnonzero(values != "")
    of_speakers = attribute != "speaker" and len(set(speakers[known].tolist()) - {""}) >= 2
    if of_speakers:
        known = known[speakers[known] != ""]
    rows = drawn_evenly(known, sample, seed)
    rows = _enough(rows, values, speakers if of_speakers else None)
    classes, truth = np.unique(values[rows].astype(str), return_inverse=True)
    blank = Confound(attribute, len(classes), len(rows), None, None, None, None, of_speakers)
    if len(classes) < 2:
        return replace(blank, note="Fewer than two values have clips enough, of two speakers or more.")
    x, groups = points[rows], speakers[rows].astype(str) if of_speakers else None
    shuffled = np.random.default_rng(seed).permutation(truth)
    try:
        uar, chance = (balanced(x, each, groups, seed) for each in (truth, shuffled))
    except ProjectionError as error:
        return replace(blank, note=str(error))
    return replace(blank, probe_uar=uar, chance=chance)


def _enough(rows: Array, values: Array, speakers: Array | None) -> Array:
    """Those of the rows whose value enough clips have, of two speakers where these are kept apart."""
    kept = []
    for value in set(values[rows].tolist()):
        mine = rows[values[rows] == value]
        if len(mine) >= FEWEST_OF_A_CLASS and (speakers is None or len(set(speakers[mine].tolist())) >= 2):
            kept.append(mine)
    return np.sort(np.concatenate(kept)) if kept else rows[:0]


def balanced(x: Array, truth: Array, groups: Array | None, seed: int) -> float:
    """Cross-validated mean recall of (n,) class numbers from (n, d) positions, `groups` (n,) kept apart.

    Raises `ProjectionError` where no split has two classes to learn from.
    """
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    folds = FOLDS if groups is None else min(FOLDS, len(np.unique(groups)))
    split = StratifiedKFold if groups is None else StratifiedGroupKFold
    said = np.full(len(truth), -1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a class that is rarer than folds is in some of them only
        for fit, rest in split(folds, shuffle=True, random_state=seed).split(x, truth, groups):
            if len(np.unique(truth[fit])) < 2:
                raise ProjectionError("There are too few speakers to keep them apart.")
            said[rest] = _told(x[fit], truth[fit], x[rest])
        return float(balanced_accuracy_score(truth, said))


def _told(x: Array, truth: Array, rest: Array) -> Array:
    """(m,) classes of `rest`, by a probe fitted on `x`."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if x.shape[1] <= MAP_DIMENSIONS:
        probe: Any = KNeighborsClassifier(min(15, len(x)), weights="distance")
    else:
        probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=200, class_weight="balanced"))
    said: Array = probe.fit(x, truth).predict(rest)
    return said


def _with_information(confound: Confound, labels: Array, values: Array, seed: int) -> Confound:
    from sklearn.metrics import normalized_mutual_info_score

    known = (values != "") & (labels != OUTLIER)
    groups, truth = labels[known], np.unique(values[known].astype(str), return_inverse=True)[1]
    if len(groups) < 2:
        return confound
    rng = np.random.default_rng(seed)
    by_chance = [normalized_mutual_info_score(rng.permutation(truth), groups) for _ in range(SHUFFLES)]
    return replace(
        confound, nmi=float(normalized_mutual_info_score(truth, groups)), nmi_chance=float(np.mean(by_chance))
    )


def one_sentence(found: Sequence[Confound]) -> str:
    """What the groups (or without groups, the space) are made of, said plainly, in English."""
    with_groups = any(each.nmi is not None for each in found)
    ranked = leading(found)
    if not ranked:
        return "Nothing is known of these clips that could be compared."
    ranked, names = _joined(ranked)
    said = [f"{name} ({_figure(each, with_groups)})" for each, name in zip(ranked, names, strict=True)]
    shares = [_share(each, with_groups) for each in ranked]
    subject = "The groups are" if with_groups else "The space is"
    if shares[0] < HARDLY:
        return f"{subject} made of nothing that is known of these clips: even of {said[0]} hardly more than by chance."
    first = "mostly" if shares[0] >= MOSTLY else "partly" if shares[0] >= PARTLY else "a little"
    others = [text for text, share in zip(said[1:3], shares[1:3], strict=True) if share >= HARDLY]
    emotion = next((at for at, each in enumerate(ranked) if each.attribute in ("reference", "label")), None)
    text = f"{subject} made {first} of {said[0]}" + (f", then of {' and of '.join(others)}" if others else "")
    if emotion is not None and emotion > len(others):
        least = "hardly" if shares[emotion] < HARDLY else "far less" if shares[emotion] < shares[0] / 2 else "less"
        text += f", {least} of {said[emotion]}"
    unit = (
        "normalised mutual information, 1 at most"
        if with_groups
        else "recall on clips the probe never saw, chance behind it"
    )
    return f"{text}: {unit}."


def leading(found: Sequence[Confound]) -> list[Confound]:
    """What explains most first: by mutual information beyond chance where there are groups, else by the probe."""
    with_groups = any(each.nmi is not None for each in found)
    known = [each for each in found if (each.shared if with_groups else each.explained) is not None]
    return sorted(known, key=lambda each: -_share(each, with_groups))


def _share(found: Confound, with_groups: bool) -> float:
    return (found.shared if with_groups else found.explained) or 0.0


def _joined(ranked: list[Confound]) -> tuple[list[Confound], list[str]]:
    """Without those that are another by another name, as a corpus of one language is; each with all its names."""
    kept: dict[tuple[Any, ...], tuple[Confound, list[str]]] = {}
    for each in ranked:
        figures = (each.classes, each.n, *(value and round(value, 6) for value in (each.nmi, each.probe_uar)))
        kept.setdefault(figures, (each, []))[1].append(_named(each))
    return [each for each, _ in kept.values()], [" or ".join(names) for _, names in kept.values()]


def _named(found: Confound) -> str:
    return WORDS.get(found.attribute, found.attribute.removeprefix(METADATA))


def _figure(found: Confound, with_groups: bool) -> str:
    return f"{found.nmi:.2f}" if with_groups else f"{found.probe_uar:.0%}, chance {found.chance:.0%}"
