"""Linear probes: what a person tagged, learnt from a space, applied to the rest, and kept as a named head."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import ProjectionError
from core.model.engine import Engine, EngineInfo, Window
from core.projection.spaces import Space
from core.results import Analysis, Array, CheckpointIdentity, FrameScores, softmax
from core.said import said

FOLDS = 5
FEWEST_OF_A_CLASS = 3  # tagged clips
STRENGTH = 0.1  # scikit-learn's C: few clips in many dimensions want a firm hand


@dataclass(frozen=True)
class Probe:
    """A linear head on a space's kept vectors: logits = values @ weights.T + bias.

    Attributes:
        classes: what it tells apart.
        weights, bias: (num_classes, d) and (num_classes,) float32.
        space, model: what its vectors are ("emotion", "bundled@f8af21c569b0").
        cv_uar: unweighted average recall, cross-validated; `chance` the same on shuffled tags.
        recalls: cross-validated recall of each class.
        num_clips, num_groups, folds: what it was fitted on.
        grouped: whether folds kept speakers apart; where not, the figure flatters.
    """

    classes: tuple[str, ...]
    weights: Array
    bias: Array
    space: str
    model: str
    cv_uar: float
    chance: float
    recalls: tuple[float, ...]
    num_clips: int
    num_groups: int
    folds: int
    grouped: bool
    name: str = ""

    @property
    def identity(self) -> str:
        """Another one for each head, also where two have one name: SHA-256 of what it computes."""
        digest = hashlib.sha256(repr((self.name, self.classes, self.model)).encode())
        for array in (self.weights, self.bias):
            digest.update(np.ascontiguousarray(array, "<f4").data)
        return digest.hexdigest()


@dataclass(frozen=True)
class HeadScores:
    """What a head says of one clip.

    Attributes:
        probabilities: (num_classes,) float32 of the clip.
        frame_logits: (num_frames, num_classes) float32, whose mean is the clip's logits; None without frame embeddings.
    """

    name: str
    classes: tuple[str, ...]
    logits: Array
    probabilities: Array
    frame_logits: Array | None = None

    @property
    def label(self) -> str:
        return self.classes[int(self.probabilities.argmax())]

    @property
    def frame_probabilities(self) -> Array | None:
        """(num_frames, num_classes) float64, each frame's adding up to 1; None without frame embeddings."""
        return None if self.frame_logits is None else softmax(self.frame_logits.astype(np.float64))


def fit_probe(
    space: Space, labels: Sequence[str | None], groups: Sequence[str | None] | None = None, *, seed: int = 0
) -> Probe:
    """Fit a logistic regression on the clips that have a label.

    The figures are of clips it was not fitted on: in folds that keep the groups, which are the speakers, apart where
    each class is heard of two or more (a clip without speaker is a group of its own), else in plain folds, which
    flatter: `grouped` says which.

    Args:
        labels: a tag a clip of the space, None for the others.
        groups: the speaker of each clip.

    Raises:
        ProjectionError: a space whose vectors are not linear in what it is made of, fewer than two classes, or fewer
            than FEWEST_OF_A_CLASS clips of one.
    """
    if space.preparation.first != "none":
        raise ProjectionError(
            said(
                "projection.probe_space",
                "A probe is fitted on the spaces emotion, within_speaker and acoustic, not on {space}: choose one.",
                space=space.name,
            )
        )
    rows = np.array([at for at, label in enumerate(labels) if label is not None], np.int64)
    classes, truth = np.unique([str(labels[at]) for at in rows.tolist()], return_inverse=True)
    _check(Counter(classes[truth].tolist()))
    x = space.preparation.scaled(space.values[rows])
    speakers = [None if groups is None else groups[at] for at in rows.tolist()]
    numbers = np.unique(
        [f"+{who}" if who is not None else f"-{at}" for at, who in enumerate(speakers)], return_inverse=True
    )[1]
    grouped = _can_keep_apart(truth, speakers)
    folds = _folds(truth, numbers if grouped else None)
    told = _cross_validated(x, truth, numbers if grouped else None, folds, seed)
    shuffled = np.random.default_rng(seed).permutation(truth)
    by_chance = _recalls(
        shuffled, _cross_validated(x, shuffled, numbers if grouped else None, folds, seed), len(classes)
    )
    recalls = _recalls(truth, told, len(classes))
    weights, bias = _on_kept_vectors(space, *_fitted(x, truth))
    return Probe(
        tuple(map(str, classes)), weights, bias, space.name, space.model, float(recalls.mean()),
        float(by_chance.mean()), tuple(recalls.tolist()), len(rows), len(set(speakers) - {None}), folds, grouped,
    )  # fmt: skip


def tag_classes(tags: Sequence[Sequence[str] | None], wanted: tuple[str, ...]) -> list[str | None]:
    """Each clip's class: the one wanted tag that it has; none for clips with none of them or with several."""
    found = [[tag for tag in wanted if own is not None and tag in own] for own in tags]
    return [each[0] if len(each) == 1 else None for each in found]


def _check(counts: "Counter[str]") -> None:
    if len(counts) < 2:
        raise ProjectionError(
            said(
                "projection.probe_classes", "A probe tells two or more tags apart; these clips have {count}: tag more.",
                count=len(counts),
            )
        )  # fmt: skip
    rare = [name for name, count in counts.items() if count < FEWEST_OF_A_CLASS]
    if rare:
        raise ProjectionError(
            said(
                "projection.probe_rare", "Fewer than {least} clips are tagged {tag!r}: tag more, or leave it out.",
                least=FEWEST_OF_A_CLASS, tag=rare[0],
            )
        )  # fmt: skip


def _can_keep_apart(truth: Array, speakers: Sequence[str | None]) -> bool:
    """Whether each class is heard of two speakers, so that a fold without one of them still has it."""
    heard: dict[int, set[str]] = {int(label): set() for label in truth}
    for label, who in zip(truth.tolist(), speakers, strict=True):
        if who is not None:
            heard[label].add(who)
    return all(len(each) >= 2 for each in heard.values())


def _folds(truth: Array, groups: Array | None) -> int:
    """As many as the rarest class has clips, or is heard of groups; FOLDS at most."""
    if groups is None:
        return min(FOLDS, int(np.bincount(truth).min()))
    return min(FOLDS, *(len(np.unique(groups[truth == label])) for label in np.unique(truth)))


def _cross_validated(x: Array, truth: Array, groups: Array | None, folds: int, seed: int) -> Array:
    """(n,) what is said of each clip by a probe that was fitted on other folds."""
    import warnings

    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    split = StratifiedKFold if groups is None else StratifiedGroupKFold
    told = np.full(len(truth), -1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shuffled tags may be rarer in a group than there are folds
        for fit, rest in split(folds, shuffle=True, random_state=seed).split(x, truth, groups):
            present = np.unique(truth[fit])
            if len(present) < 2:
                told[rest] = present[0]
                continue
            weights, bias = _fitted(x[fit], np.searchsorted(present, truth[fit]))
            told[rest] = present[(x[rest] @ weights.T + bias).argmax(axis=1)]
    return told


def _recalls(truth: Array, told: Array, num_classes: int) -> Array:
    return np.array([float((told[truth == label] == label).mean()) for label in range(num_classes)])


def _fitted(x: Array, truth: Array) -> tuple[Array, Array]:
    """(num_classes, d) weights and (num_classes,) bias of a logistic regression, classes counted alike."""
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression(C=STRENGTH, max_iter=1000, class_weight="balanced").fit(x, truth)
    weights, bias = found.coef_, found.intercept_
    if len(weights) == 1:  # of two classes the logit of the second; the first's is nothing
        weights, bias = np.vstack([np.zeros_like(weights), weights]), np.append([0.0], bias)
    return weights, bias


def _on_kept_vectors(space: Space, weights: Array, bias: Array) -> tuple[Array, Array]:
    """Of a head on (values − mean) / scale the same head on the values themselves."""
    prepared = space.preparation
    whole = np.zeros((len(weights), space.values.shape[1]))
    whole[:, prepared.columns] = weights / prepared.scale
    moved = bias - (weights / prepared.scale) @ prepared.mean.astype(np.float64)
    return whole.astype(np.float32), moved.astype(np.float32)


def apply(probe: Probe, values: Array) -> Array:
    """(m, d) kept vectors of the probe's space (`Space.values`) → (m, num_classes) float32 probabilities.

    Raises `ProjectionError` for vectors of another length.
    """
    return np.asarray(softmax(_logits(probe, values)), np.float32)


def _logits(probe: Probe, values: Array) -> Array:
    """(m, num_classes) float64."""
    values = np.atleast_2d(np.asarray(values, np.float64))
    if values.shape[1] != probe.weights.shape[1]:
        raise ProjectionError(
            f"The head {probe.name!r} is of vectors of {probe.weights.shape[1]} dimensions, not {values.shape[1]}."
        )
    logits: Array = values @ probe.weights.T.astype(np.float64) + probe.bias
    return logits


def model_of(checkpoint: CheckpointIdentity) -> str:
    """What `Space.model` and `Probe.model` call a checkpoint."""
    return f"{checkpoint.id}@{checkpoint.revision}"


def check_fits(head: Probe, checkpoint: CheckpointIdentity) -> None:
    """Raise `ProjectionError` where a head is not of a checkpoint's embeddings."""
    if head.space != "emotion":
        raise ProjectionError(
            said(
                "projection.head_space",
                "The head {name!r} is of the {space} space; one of the space emotion says something of any clip.",
                name=head.name, space=head.space,
            )
        )  # fmt: skip
    if head.model != model_of(checkpoint):
        raise ProjectionError(
            said(
                "projection.head_model",
                "The head {name!r} was learnt from {model}, and this is {this}: choose that checkpoint, or fit the "
                "head anew.",
                name=head.name, model=head.model, this=model_of(checkpoint),
            )
        )  # fmt: skip


def scores_of(head: Probe, analysis: Analysis, frames: FrameScores | None = None) -> HeadScores:
    """What a head on the emotion space says of an analysed clip, and of each frame where their embeddings are given.

    The head is linear and the clip's embedding is the mean of its frames', so the mean of the frames' logits is the
    clip's: the curve is exact, as a checkpoint's own is.

    Args:
        frames: the recording's scores with `embeddings` (`Engine.score(…, embeddings=True)`, stitched).

    Raises:
        ProjectionError: the head is of another space or checkpoint.
    """
    check_fits(head, analysis.checkpoint)
    logits = _logits(head, analysis.embedding)[0]
    of_frames = None
    if frames is not None and frames.embeddings is not None:
        of_frames = _logits(head, frames.embeddings).astype(np.float32)
    probabilities = softmax(logits).astype(np.float32)
    return HeadScores(head.name, head.classes, logits.astype(np.float32), probabilities, of_frames)


class HeadedEngine:
    """An engine that hears for a head, too: beside the checkpoint's scores it keeps the head's, frame by frame.

    It is used for one clip after the other, by one thread: `take` gives what was heard since the last time.
    """

    def __init__(self, engine: Engine, head: Probe) -> None:
        check_fits(head, engine.info.checkpoint)
        self._engine, self._head = engine, head
        self._frames: list[Array] = []

    @property
    def info(self) -> EngineInfo:
        return self._engine.info

    def score(self, windows: Sequence[Window], *, embeddings: bool = False) -> list[FrameScores]:
        """As the engine's own."""
        found = self._engine.score(windows, embeddings=True)
        for each in found:
            assert each.embeddings is not None
            self._frames.append(_logits(self._head, each.embeddings).astype(np.float32))
        return [each if embeddings else FrameScores(each.logits, each.pooled) for each in found]

    def optimise(self) -> None:
        """As the engine's own, where it has one."""
        getattr(self._engine, "optimise", _nothing_to_do)()

    def take(self, num_frames: int) -> HeadScores:
        """The head's scores of the clip that was just heard, which has so many frames; what is older is forgotten."""
        frames = np.concatenate(self._frames)[-num_frames:]
        self._frames = []
        logits = frames.mean(axis=0, dtype=np.float64)
        probabilities = softmax(logits).astype(np.float32)
        return HeadScores(self._head.name, self._head.classes, logits.astype(np.float32), probabilities, frames)


def _nothing_to_do() -> None:
    """An engine without a faster form."""
