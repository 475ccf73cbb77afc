"""What is known of clips, as a table whose rows are in the order of a space's keys."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.errors import ProjectionError
from core.library.query import Query
from core.library.tables import LIGHT
from core.said import said

if TYPE_CHECKING:
    from core.library.store import Library

METADATA = "metadata."  # before the name of each column of metadata: none of them can imitate a column of ours
ACOUSTIC = "acoustic."  # before the name of each acoustic feature
_FEW = 500


def clip_table(library: "Library", keys: Sequence[str], *, acoustics: bool = True) -> Any:
    """A `pandas.DataFrame` of clips, one row a key, in the order of `keys`.

    Columns are those of `library.rows` (key, source, duration_s, label, confidence, unsure, the scores, checkpoint,
    speaker, reference, tags, sha256, …; speaker and reference are None where nobody said), each column of metadata as
    `metadata.<name>` (None where a clip has none), and where the library holds acoustic features, as
    `acoustic.<feature>` (NaN where a clip has none).

    Raises `ProjectionError` where a clip is no longer there.
    """
    import pandas as pd

    columns = [name for name in LIGHT if name not in ("deleted_at", "metadata")]
    query = Query(keys=tuple(keys)) if len(keys) <= _FEW else Query()
    found = library.rows(query, columns=[*columns, "metadata"]).to_pandas().set_index("key", drop=False)
    if missing := [key for key in keys if key not in found.index]:
        raise ProjectionError(
            said(
                "space.gone", "{count} of the clips are no longer in the library: draw the map again.",
                count=len(missing),
            )
        )  # fmt: skip
    table = found.loc[list(keys)].reset_index(drop=True)
    for name in ("speaker", "reference"):
        table[name] = table[name].astype(object).where(table[name].notna(), None)
    known = [json.loads(text) for text in table.pop("metadata")]
    names = sorted({name for each in known for name in each})
    more = {METADATA + name: pd.Series([each.get(name) for each in known], dtype=object) for name in names}
    return table.assign(**more | (_acoustic_columns(library, keys) if acoustics else {}))


def _acoustic_columns(library: "Library", keys: Sequence[str]) -> dict[str, Any]:
    import numpy as np

    from core.acoustics.features import FEATURES, MODEL

    found = library.vectors(MODEL, keys)
    if not found.keys:
        return {}
    position = {key: at for at, key in enumerate(found.keys)}
    rows = np.array([position.get(key, -1) for key in keys])
    values = np.where(rows[:, None] >= 0, found.values[rows], np.nan)
    return {ACOUSTIC + name: values[:, at] for at, name in enumerate(FEATURES)}
