"""Names across recordings: a voice that was named once is known again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from core.library import Library, Query
from core.results import Array
from core.speakers.projection import unit


@dataclass(frozen=True)
class Named:
    """Whose voice it is taken to be: the nearest name, or None where none is near enough; and how near."""

    name: str | None
    nearest: str | None
    cosine: float


def enrolled_in(library: Library, model_id: str, query: Query = Query()) -> dict[str, Array]:
    """The mean voice of every speaker a library names, of length 1, from the clips that have a vector of this model.

    Raises `LibraryError` where it cannot be read.
    """
    table = library.rows(query, columns=["key", "speaker", "speaker_model", "speaker_embedding"])
    rows = [
        (row["speaker"], np.asarray(row["speaker_embedding"], np.float32))
        for row in table.to_pylist()
        if row["speaker"] and row["speaker_model"] == model_id and row["speaker_embedding"]
    ]
    rows.sort(key=lambda row: row[0])
    return {
        name: unit(np.mean([vector for _, vector in own], axis=0)) for name, own in groupby(rows, lambda row: row[0])
    }


def identify(vectors: Array, enrolled: Mapping[str, Array], threshold: float) -> list[Named]:
    """For each of the (n, dim) voices the enrolled one it is nearest to, where their cosine is `threshold` or more."""
    if not enrolled:
        return [Named(None, None, float("nan")) for _ in vectors]
    names = list(enrolled)
    cosines = unit(np.asarray(vectors)) @ unit(np.stack([enrolled[name] for name in names])).T
    best = cosines.argmax(axis=1)
    found = zip(best.tolist(), cosines.max(axis=1).tolist(), strict=True)
    return [Named(names[at] if cosine >= threshold else None, names[at], cosine) for at, cosine in found]


def names_for(voices: Mapping[str, Array], enrolled: Mapping[str, Array], threshold: float) -> dict[str, str]:
    """Which of a recording's speakers is which enrolled one, at most one each: together as near as can be.

    Speakers that are near enough to nobody are left out.
    """
    from scipy.optimize import linear_sum_assignment

    if not voices or not enrolled:
        return {}
    speakers, names = list(voices), list(enrolled)
    cosines = unit(np.stack(list(voices.values()))) @ unit(np.stack(list(enrolled.values()))).T
    worth = np.where(cosines >= threshold, cosines - threshold + 1e-6, 0.0)
    pairs: Sequence[tuple[int, int]] = list(zip(*linear_sum_assignment(worth, maximize=True), strict=True))
    return {speakers[one]: names[other] for one, other in pairs if cosines[one, other] >= threshold}
