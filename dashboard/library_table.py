"""A page of the library's clips as the table on screen has it. Knows no Streamlit."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from core.emotions import EMOTION_KEYS
from core.library import Library, Query
from core.library.tables import LIGHT, SCORES
from dashboard.catalogue import sound_url
from dashboard.components.names import labelled
from dashboard.language import Texts
from dashboard.library_view import SCORES_SHOWN, LibraryView

NAMED = tuple(name for name in LIGHT if name not in (*SCORES, "deleted_at"))
EDITABLE = ("speaker", "reference", "tags")
RIGHT, WRONG = "✓", "✗"
SAMPLE = 2000  # clips whose metadata tells which columns there are
METADATA = "metadata."  # before the name of each of its columns in the table: none is mistaken for one of ours


def columns_of(extra: Sequence[str]) -> list[str]:
    """Which of the library's columns a page needs."""
    return [*NAMED, *(SCORES if SCORES_SHOWN in extra else ())]


def page_of(library: Library, view: LibraryView) -> Any:
    """The clips that a view shows, as a `pyarrow.Table`. Raises `LibraryError` where they cannot be read."""
    first = (view.page - 1) * view.page_size
    return library.rows(view.query, columns=columns_of(view.extra), limit=view.page_size, offset=first)


def told_in(library: Library, *, deleted: bool = False) -> dict[str, list[str]]:
    """The columns of metadata and their values, of the first clips by key: hashes, and so of all kinds."""
    return metadata_in(library.rows(Query(deleted=deleted, order="key"), columns=["metadata"], limit=SAMPLE))


def ask_first(library: Library) -> None:
    """Ask what the page asks when it is opened, so that the library has the answers at hand."""
    view = LibraryView()
    library.facets(view.query)
    library.count(view.query)
    told_in(library)
    page_of(library, view)


def table_of(rows: Any, extra: Sequence[str], texts: Texts) -> pd.DataFrame:
    """A `pyarrow.Table` of clips → one row each, in the same order, shares in percent, in the reader's language."""
    found = rows.to_pylist()
    columns: dict[str, Any] = {
        "sound": [sound_url(row["key"]) for row in found],
        "source": [row["source"] for row in found],
        "label": [[verdict_in(row["label"], row["unsure"], texts)] for row in found],
        "confidence": [100 * row["confidence"] for row in found],
        "reference": [row["reference"] for row in found],
        "match": [match_of(row) for row in found],
        "speaker": [row["speaker"] for row in found],
        "tags": [list(row["tags"] or ()) for row in found],
        "duration_s": [row["duration_s"] for row in found],
    }
    if SCORES_SHOWN in extra:
        columns |= {name: [100 * row[name] for row in found] for name in SCORES}
    named = [name for name in extra if name != SCORES_SHOWN]
    told = [json.loads(row["metadata"]) for row in found] if named else []
    columns |= {METADATA + name: [each.get(name) for each in told] for name in named}
    columns |= {
        "checkpoint": [row["checkpoint"] for row in found],
        "added_at": pd.to_datetime([row["added_at"] for row in found], utc=True),
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(len(found)))


def verdict_in(label: str, unsure: bool, texts: Texts) -> str:
    """`😄 Happy`, or with a question mark where the model was unsure."""
    return texts("library.unsure_label", label=labelled(label, texts)) if unsure else labelled(label, texts)


def match_of(row: Mapping[str, Any]) -> str:
    """Whether the verdict is the reference; empty where nobody gave one."""
    if row["reference"] is None:
        return ""
    return RIGHT if row["reference"] == row["label"] else WRONG


def all_verdicts(texts: Texts) -> list[tuple[str, str, bool]]:
    """Every text that `verdict_in` can give, with its emotion and whether it is the unsure one."""
    return [(verdict_in(key, unsure, texts), key, unsure) for unsure in (False, True) for key in EMOTION_KEYS]


def metadata_in(rows: Any) -> dict[str, list[str]]:
    """The columns of metadata that clips have, each with its values, the commonest first."""
    counts: dict[str, dict[str, int]] = {}
    for text in rows.column("metadata").to_pylist():
        for name, value in json.loads(text).items():
            values = counts.setdefault(name, {})
            values[value] = values.get(value, 0) + 1
    return {name: sorted(values, key=lambda each: (-values[each], each)) for name, values in sorted(counts.items())}
