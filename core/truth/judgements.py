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

Version = tuple[str, str]  # a checkpoint and its revision
_COLUMNS = ("key", "source", "reference", "label", "speaker", "unsure", "checkpoint", "revision", *SCORES)


@dataclass(frozen=True)
class Judgements:
    """Clips with a reference and a verdict.

    Attributes:
        keys, sources: the clips.
        references, labels: (num_clips,) text: what a person said, and the best label of the checkpoint.
        speakers: (num_clips,) text; "" where nobody said who speaks.
        unsure: (num_clips,) bool.
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
    scores: Array
    checkpoints: tuple[str, ...]
    sayable: tuple[str, ...]
    unsayable: dict[str, int]
    without: int

    def __len__(self) -> int:
        return len(self.keys)


def judgements_of(library: "Library", query: Query = Query()) -> Judgements:
    """The judged clips among those that are meant. Raises `LibraryError` where the library cannot be read."""
    table = library.rows(query, columns=list(_COLUMNS))
    columns = {name: table.column(name).to_pylist() for name in _COLUMNS[:-9]}
    scores = np.stack([table.column(name).to_numpy() for name in SCORES], axis=1)
    versions = list(zip(columns["checkpoint"], columns["revision"], strict=True))
    says = _labels_said(library, dict(zip(versions, columns["key"], strict=True)), deleted=query.deleted)
    judged = [row for row, reference in enumerate(columns["reference"]) if reference]
    kept = [row for row in judged if columns["reference"][row] in says[versions[row]]]
    unsayable: dict[str, int] = {}
    for row in sorted(set(judged) - set(kept)):
        unsayable[columns["reference"][row]] = unsayable.get(columns["reference"][row], 0) + 1
    sayable: set[str] = set().union(*(says[version] for version in {versions[row] for row in kept}))
    return Judgements(
        tuple(columns["key"][row] for row in kept),
        tuple(columns["source"][row] for row in kept),
        _texts(columns["reference"], kept),
        _texts(columns["label"], kept),
        _texts(columns["speaker"], kept),
        np.array([columns["unsure"][row] for row in kept], bool),
        scores[kept],
        tuple(sorted({" ".join(versions[row]) for row in kept})),
        tuple(key for key in EMOTION_KEYS if key in sayable),
        unsayable,
        len(versions) - len(judged),
    )


def _texts(column: list[Any], kept: list[int]) -> Array:
    return np.array([column[row] or "" for row in kept], dtype=object)


def _labels_said(library: "Library", key_of: dict[Version, str], *, deleted: bool) -> dict[Version, set[str]]:
    """By checkpoint and revision, the labels it can say, as one of its clips tells."""
    asked = Query(keys=tuple(key_of.values()), deleted=deleted)
    rows = library.rows(asked, columns=["checkpoint", "revision", "analysis"]).to_pylist()
    said = {(row["checkpoint"], row["revision"]): set(json.loads(row["analysis"])["labels"]) for row in rows}
    return {version: said.get(version, set(EMOTION_KEYS)) for version in key_of}  # deleted at this moment: any
