"""The spaces in which clips are near or far: vectors of a selection, and what makes them comparable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from core.emotions import EMOTION_KEYS
from core.errors import ProjectionError
from core.library.query import Query
from core.library.tables import SCORES, stacked
from core.projection.linear import principal
from core.results import Array
from core.said import said

if TYPE_CHECKING:
    from core.library.store import Library

SPACES = ("emotion", "within_speaker", "speaker", "scores", "acoustic")
SMALLEST_SHARE = 1e-6  # a score below it is taken for it: the logarithm of nothing is not finite
_OWN_UNITS = ("emotion", "within_speaker", "acoustic")  # each dimension has a scale of its own
_OF_CHECKPOINT = ("emotion", "within_speaker", "scores")
_COLUMNS = {"emotion": "embedding", "within_speaker": "embedding", "speaker": "speaker_embedding"}


@dataclass(frozen=True, slots=True)
class SpaceOptions:
    """How vectors are made comparable.

    Attributes:
        pca: principal components that are kept; None, or more than there are dimensions: all dimensions as they are.
        standardise: divide each dimension by its standard deviation, in the spaces whose dimensions have units of their
            own (emotion, within_speaker, acoustic); voices' and scores' dimensions share one unit and are only centred.
    """

    pca: int | None = 50
    standardise: bool = True

    def __post_init__(self) -> None:
        if self.pca is not None and self.pca < 1:
            raise ProjectionError(f"{self.pca} principal components cannot be kept; keep 1 or more.")


@dataclass(frozen=True)
class Preparation:
    """From kept vectors to those that are mapped: a first step, then `(x − mean) / scale`, then components.

    Attributes:
        first: "none"; "unit" (length one); or "log_ratio", Aitchison's centred log-ratio of shares (1986, The
            Statistical Analysis of Compositional Data, § 4.6), over `columns` alone.
        columns: (c,) int, the dimensions that are used.
        mean, scale: (c,) float32.
        components: (k, c) float32, or None: no principal components.
    """

    first: str
    columns: Array
    mean: Array
    scale: Array
    components: Array | None = None

    def scaled(self, values: Array) -> Array:
        """(m, d) kept vectors → (m, c) float32, without principal components."""
        x = _first_step(np.asarray(values, np.float32)[:, self.columns], self.first)
        found: Array = (x - self.mean) / self.scale
        return found

    def __call__(self, values: Array) -> Array:
        """(m, d) kept vectors → (m, k) float32."""
        x = self.scaled(values)
        return np.ascontiguousarray(x if self.components is None else x @ self.components.T, np.float32)


@dataclass(frozen=True)
class Space:
    """Vectors of a selection of clips, in the order of their keys (sorted: the same clips are always the same space).

    Attributes:
        name: one of SPACES.
        model: what the vectors are of: "bundled@f8af21c569b0", a model of voices, "acoustics-1".
        keys: the clips, sorted.
        values: (n, d) float32 as kept; in "within_speaker" deviations from the speaker's mean.
        prepared: (n, k) float32, what is mapped, grouped and measured.
        without: how many of the selection are left out; `note` says why, or is empty.
        speaker_means: in "within_speaker", the (d,) mean of each speaker.
    """

    name: str
    model: str
    keys: tuple[str, ...]
    values: Array
    prepared: Array
    without: int
    preparation: Preparation
    options: SpaceOptions = SpaceOptions()
    note: str = ""
    speaker_means: Mapping[str, Array] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.keys)

    def index(self, key: str) -> int:
        """Where a clip is among `keys`. Raises `ProjectionError` where it is not."""
        at = int(np.searchsorted(np.array(self.keys), key)) if self.keys else 0
        if at >= len(self.keys) or self.keys[at] != key:
            raise ProjectionError(
                said(
                    "space.no_vector", "The clip {key}… has no vector in this selection of the {space} space.",
                    key=key[:12], space=self.name,
                )
            )  # fmt: skip
        return at

    def prepare(self, vectors: Array, speaker: str | None = None) -> Array:
        """(m, d) vectors of other clips, as the model gives them → (m, k) float32, comparable with `prepared`.

        `speaker` says who speaks in them, which "within_speaker" needs. Raises `ProjectionError` for another length, or
        where that speaker has no clips here.
        """
        vectors = np.atleast_2d(np.asarray(vectors, np.float32))
        if vectors.shape[1] != self.values.shape[1]:
            raise ProjectionError(
                said(
                    "space.other_length",
                    "A vector of {given} dimensions is not of this space, which has {wanted}: take one of {model}.",
                    given=vectors.shape[1], wanted=self.values.shape[1], model=self.model,
                )
            )  # fmt: skip
        if self.name == "within_speaker":
            if speaker is None or speaker not in self.speaker_means:
                raise ProjectionError(
                    said(
                        "space.unknown_speaker",
                        "The speaker is {who}: a deviation can be had for the speakers of these clips alone; name one.",
                        who=said("space.nobody", "unknown") if speaker is None else repr(speaker),
                    )
                )
            vectors = vectors - self.speaker_means[speaker]
        return self.preparation(vectors)


def load_space(
    library: "Library", query: Query, name: str = "emotion", options: SpaceOptions = SpaceOptions()
) -> Space:
    """The vectors of the clips that are meant.

    emotion         what the checkpoint hears: its pooled embedding
    within_speaker  the same less its speaker's own mean; who has one clip alone cannot be compared with himself
    speaker         whose voice it is, by a model of voices
    scores          the nine probabilities as centred log-ratios: shares of a whole lie on a simplex, where differences
                    are ratios (0.01 and 0.02 are as far apart as 0.4 and 0.8); of a softmax it is the centred logits
    acoustic        pitch, level, spectrum and tempo: see `core.acoustics.features`

    Raises:
        ProjectionError: an unknown space, clips of several checkpoints or models, or no vectors at all: what to do.
        LibraryError: the library cannot be read.
    """
    if name not in SPACES:
        raise ProjectionError(f"There is no space {name!r}; there are {', '.join(SPACES)}.")
    keys, values, model, speakers, asked = _read(library, query, name)
    finite = np.isfinite(values).all(axis=1)
    keys, values, speakers = keys[finite], values[finite], speakers[finite]
    if not len(keys):
        raise ProjectionError(_nothing(name, asked))
    means: dict[str, Array] = {}
    notes = [] if len(keys) == asked else [f"{asked - len(keys)} of {asked} clips have no vector in this space."]
    if name == "within_speaker":
        keys, values, means, note = _deviations(keys, values, speakers)
        notes += [note] if note else []
    return made_space(name, model, keys.tolist(), values, options, asked - len(keys), " ".join(notes), means)


def made_space(
    name: str,
    model: str,
    keys: "list[str] | tuple[str, ...]",
    values: Array,
    options: SpaceOptions = SpaceOptions(),
    without: int = 0,
    note: str = "",
    speaker_means: Mapping[str, Array] | None = None,
) -> Space:
    """A space of (n, d) vectors that are at hand, whose keys are sorted."""
    values = np.ascontiguousarray(values, np.float32)
    preparation = _fitted(name, values, options)
    prepared = preparation(values)
    return Space(name, model, tuple(keys), values, prepared, without, preparation, options, note, speaker_means or {})


def _read(library: "Library", query: Query, name: str) -> tuple[Array, Array, str, Array, int]:
    """By key: keys, (n, d) vectors, their model, and speakers, of clips that have one; and how many were asked for."""
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    facts = ["key", "speaker", "checkpoint", "revision", "speaker_model"]
    vectors = list(SCORES) if name == "scores" else [_COLUMNS[name]] if name in _COLUMNS else []
    table = library.rows(query, columns=[*facts, *vectors])
    table = table.take(pc.sort_indices(table.column("key")))
    keys = np.array(table.column("key").to_pylist(), dtype=object)
    speakers = np.array(table.column("speaker").to_pylist(), dtype=object)
    if name in _OF_CHECKPOINT:
        model = _one_checkpoint(table)
    if name == "scores":
        columns = [table.column(each).to_numpy() for each in SCORES]
        values = np.stack(columns, axis=1).astype(np.float32).reshape(len(keys), len(EMOTION_KEYS))
        return keys, values, model, speakers, len(keys)
    if name == "acoustic":
        return _acoustic(library, keys, speakers)
    values, present = stacked(table.column(vectors[0]))
    if name == "speaker":
        model = _one_voice_model(table.column("speaker_model").filter(present))
    return keys[present], values, model, speakers[present], len(keys)


def _acoustic(library: "Library", keys: Array, speakers: Array) -> tuple[Array, Array, str, Array, int]:
    from core.acoustics.features import MODEL

    found = library.vectors(MODEL, keys.tolist())
    present = np.isin(keys.astype(str), np.array(found.keys, dtype=str)) if found.keys else np.zeros(len(keys), bool)
    return keys[present], found.values, MODEL, speakers[present], len(keys)


def _one_checkpoint(table: Any) -> str:
    pairs = sorted(set(zip(table.column("checkpoint").to_pylist(), table.column("revision").to_pylist(), strict=True)))
    if len(pairs) > 1:
        named = _some([f"{id_}@{revision}" for id_, revision in pairs])
        raise ProjectionError(
            said(
                "space.mixed_checkpoints",
                "These clips' vectors are of {count} checkpoints ({named}), which cannot be compared: choose the clips "
                "of one.",
                count=len(pairs), named=named,
            )
        )  # fmt: skip
    return "@".join(pairs[0]) if pairs else ""


def _one_voice_model(column: Any) -> str:
    found = sorted({each or "unnamed" for each in column.to_pylist()})
    if len(found) > 1:
        raise ProjectionError(
            said(
                "space.mixed_voices",
                "These clips' vectors are of {count} models of voices ({named}), which cannot be compared: choose the "
                "clips of one.",
                count=len(found), named=_some(found),
            )
        )  # fmt: skip
    return found[0] if found else ""


def _some(names: list[str]) -> str:
    return ", ".join(repr(each) for each in names[:4])


def _nothing(name: str, asked: int) -> str:
    if not asked:
        return said("space.no_clips", "No clips are meant: choose some.")
    if name == "speaker":
        return said(
            "space.no_voices",
            "None of these {count} clips has a vector of its voice yet: run `emoscope map --library DIR --space "
            "speaker`, which computes them from the kept sound.",
            count=asked,
        )
    if name == "acoustic":
        return said(
            "space.no_acoustics",
            "None of these {count} clips has acoustic features yet: run `emoscope map --library DIR --space acoustic`, "
            "which computes them from the kept sound.",
            count=asked,
        )
    return said("space.no_vectors", "None of these {count} clips has a vector: analyse them again.", count=asked)


def _deviations(keys: Array, values: Array, speakers: Array) -> tuple[Array, Array, dict[str, Array], str]:
    """Of the clips whose speaker has two or more, what sets each apart from its speaker's mean."""
    nobody = np.array([speaker is None for speaker in speakers], bool)
    named = np.where(nobody, "", speakers).astype(str)
    who, number, count = np.unique(named, return_inverse=True, return_counts=True)
    alone = ~nobody & (count[number] == 1)
    kept = ~nobody & ~alone
    if not kept.any():
        raise ProjectionError(
            said(
                "space.no_speakers",
                "None of these {count} clips has a speaker with two clips or more: say who speaks in them first.",
                count=len(keys),
            )
        )
    means = {str(who[at]): values[kept & (number == at)].mean(axis=0) for at in np.unique(number[kept])}
    deviations = values[kept] - np.stack([means[str(name)] for name in named[kept]])
    parts = [f"{nobody.sum()} clips have no speaker"] if nobody.any() else []
    parts += [f"{alone.sum()} are their speaker's only one"] if alone.any() else []
    return keys[kept], deviations, means, f"Left out: {' and '.join(parts)}." if parts else ""


def _first_step(x: Array, first: str) -> Array:
    if first == "unit":
        unit: Array = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
        return unit
    if first == "log_ratio":
        logs = np.log(np.maximum(x, SMALLEST_SHARE))
        ratios: Array = logs - logs.mean(axis=1, keepdims=True)
        return ratios
    return x


def _fitted(name: str, values: Array, options: SpaceOptions) -> Preparation:
    first = {"speaker": "unit", "scores": "log_ratio"}.get(name, "none")
    # Emotions that a checkpoint never learnt have no share in anything.
    used = values.any(axis=0) if first == "log_ratio" else np.ones(values.shape[1], bool)
    columns = np.flatnonzero(used)
    x = _first_step(values[:, columns], first).astype(np.float64)
    mean, scale = x.mean(axis=0), np.ones(x.shape[1])
    if options.standardise and name in _OWN_UNITS:
        deviation = x.std(axis=0)
        scale = np.where(deviation > 1e-9 * np.maximum(1.0, np.abs(mean)), deviation, 1.0)
    components = None
    if options.pca is not None and options.pca < x.shape[1] and name != "scores" and len(x) > 1:
        components = principal((x - mean) / scale, min(options.pca, len(x) - 1)).axes.astype(np.float32)
    return Preparation(first, columns, mean.astype(np.float32), scale.astype(np.float32), components)
