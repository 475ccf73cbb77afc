"""Which clips of a library have a reference, and what the checkpoint said of them."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.emotions import EMOTION_KEYS
from core.library.query import Query
from core.library.tables import SCORES
from core.results import Array

if TYPE_CHECKING:
    from core.library.store import Library

CHECKED = "reference checked"  # a tag: a person looked at the reference and keeps it
Version = tuple[str, str]  # a checkpoint and its revision
_COLUMNS = ("key", "source", "reference", "label", "speaker", "unsure", "tags", "checkpoint", "revision", *SCORES)


@dataclass(frozen=True)
class Judgements:
    """Clips with a reference and a verdict.

    Attributes:
        keys, sources: the clips.
        references, labels: (num_clips,) text: what a person said, and the best label of the checkpoint.
        speakers: (num_clips,) text; "" where nobody said who speaks.
        unsure: (num_clips,) bool.
        checked: (num_clips,) bool: whether the clip has the tag `CHECKED`.
        scores: (num_clips, 9) float64, by `EMOTION_KEYS`.
        checkpoints: what the verdicts are of.
        sayable: the labels they can say, in the order of `EMOTION_KEYS`.
        unsayable: references that their checkpoint cannot say, and how many clips are left out for it.
        without: clips that have no reference.
    """

    keys: tuple[str, ...]
    sources: tuple[str, ...]
    references: Array
    labels: Array
    speakers: Array
    unsure: Array
    checked: Array
    scores: Array
    checkpoints: tuple[str, ...]
    sayable: tuple[str, ...]
    unsayable: dict[str, int]
    without: int

    def __len__(self) -> int:
        return len(self.keys)


def judgements_of(library: "Library", query: Query = Query()) -> Judgements:
    """The judged clips among those that are meant. Raises `LibraryError` where the library cannot be read."""
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    table = library.rows(query, columns=list(_COLUMNS))
    judged = table.filter(pc.is_valid(table.column("reference")))
    says = _labels_said(library, judged, deleted=query.deleted)
    references = _texts(judged.column("reference"))
    sayable = np.zeros(len(references), bool)
    for (checkpoint, revision), labels in says.items():
        theirs = (_texts(judged.column("checkpoint")) == checkpoint) & (_texts(judged.column("revision")) == revision)
        sayable |= theirs & np.isin(references, sorted(labels))
    names, counts = np.unique(references[~sayable].astype(str), return_counts=True)
    kept = judged.filter(sayable)
    column = {name: kept.column(name) for name in _COLUMNS}
    return Judgements(
        keys=tuple(column["key"].to_pylist()),
        sources=tuple(column["source"].to_pylist()),
        references=references[sayable],
        labels=_texts(column["label"]),
        speakers=_texts(pc.fill_null(column["speaker"], "")),
        unsure=column["unsure"].to_numpy().astype(bool),
        checked=np.array([CHECKED in (tags or ()) for tags in column["tags"].to_pylist()], bool),
        scores=np.stack([column[name].to_numpy() for name in SCORES], axis=1),
        checkpoints=tuple(sorted(" ".join(version) for version in says)),
        sayable=tuple(key for key in EMOTION_KEYS if any(key in labels for labels in says.values())),
        unsayable=dict(zip(names.tolist(), counts.tolist(), strict=True)),
        without=table.num_rows - judged.num_rows,
    )


def _texts(column: Any) -> Array:
    texts: Array = column.to_numpy().astype(object)
    return texts


def _labels_said(library: "Library", judged: Any, *, deleted: bool) -> dict[Version, set[str]]:
    """By checkpoint and revision, the labels it can say, as one of its clips tells."""
    versions = judged.group_by(["checkpoint", "revision"]).aggregate([("key", "min")]).to_pylist()
    asked = Query(keys=tuple(row["key_min"] for row in versions), deleted=deleted)
    rows = library.rows(asked, columns=["checkpoint", "revision", "analysis"]).to_pylist()
    said = {(row["checkpoint"], row["revision"]): set(json.loads(row["analysis"])["labels"]) for row in rows}
    every = set(EMOTION_KEYS)  # where that clip was deleted this moment
    return {(row["checkpoint"], row["revision"]): said.get((row["checkpoint"], row["revision"]), every)
            for row in versions}  # fmt: skip
