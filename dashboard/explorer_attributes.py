"""The columns of a map's clips as what colour and shape can stand for. Knows no Streamlit."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.emotions import EMOTION_KEYS
from core.results import Array
from dashboard.explorer_charts import Attribute
from dashboard.language import Texts
from dashboard.map_bench import MapBench

if TYPE_CHECKING:
    import pandas as pd

METADATA, ACOUSTIC, SCORE = "metadata.", "acoustic.", "score_"
OWN = ("label", "reference", "speaker", "confidence", "duration_s", "unsure", "tags")
COMPUTED = ("cluster", "overlap")
EMOTIONAL = ("label", "reference")
MOST_CATEGORIES_OF_NUMBERS = 12  # a column of more distinct numbers is a ramp
OUTLIER = -1
MFCC = re.compile(r"mfcc(\d+)_(mean|sd)")


def names_of(table: "pd.DataFrame") -> list[str]:
    """What can be coloured by: the columns worth it, and what is worked out of the map."""
    columns = [str(column) for column in table.columns]
    more = [column for column in columns if column.startswith((METADATA, ACOUSTIC, SCORE))]
    return [*(name for name in OWN if name in columns), *COMPUTED, *more]


def categorical_names(table: "pd.DataFrame") -> list[str]:
    """Those that shapes, classes and references can be made of."""
    return [name for name in names_of(table) if name == "cluster" or (name in table and not _is_number(table, name))]


def title_of(name: str, texts: Texts) -> str:
    """An attribute in words; a column from outside by its own name, which is no markup."""
    if name.startswith(METADATA):
        return name.removeprefix(METADATA)
    if name.startswith(ACOUSTIC):
        return texts("explorer.acoustic", name=_feature(name.removeprefix(ACOUSTIC), texts))
    if name.startswith(SCORE) and name.removeprefix(SCORE) in EMOTION_KEYS:
        return texts("explorer.score", emotion=texts.emotion(name.removeprefix(SCORE)))
    return texts.named("explorer.attribute", name)


def bare_title_of(name: str, texts: Texts) -> str:
    """The same without the word that says it is one of the acoustic features."""
    return _feature(name.removeprefix(ACOUSTIC), texts) if name.startswith(ACOUSTIC) else title_of(name, texts)


def _feature(name: str, texts: Texts) -> str:
    """An acoustic feature in words, as `core.acoustics.features` names them."""
    if (found := MFCC.fullmatch(name)) is not None:
        return texts(f"explorer.mfcc.{found[2]}", number=found[1])
    return texts.named("explorer.feature", name)


def attribute_of(bench: MapBench, name: str, texts: Texts, computed: Array | None = None) -> Attribute | None:
    """An attribute of the map's points; None for one that the table lacks, or that is not yet worked out.

    Args:
        computed: of "cluster" the (num_points,) numbers, of "overlap" the shares.
    """
    title = title_of(name, texts)
    if name == "cluster":
        return (
            None
            if computed is None
            else Attribute(title, _cluster_names(computed), words={"": texts("explorer.outlier")})
        )
    if name == "overlap":
        return None if computed is None else Attribute(title, computed.astype(np.float64))
    if name not in bench.table:
        return None
    column = bench.table[name]
    if _is_number(bench.table, name):
        return Attribute(title, _numbers(column.tolist()))
    values = np.array([_text(value) for value in column], dtype=object)
    words = {"true": texts("explorer.yes"), "false": texts("explorer.no")} if name == "unsure" else None
    return Attribute(title, values, is_emotion=name in EMOTIONAL, words=words)


def classes_of(bench: MapBench, name: str, computed: Array | None = None) -> list[str | None]:
    """A column as classes, None where unknown."""
    if name == "cluster":
        return [None] * len(bench) if computed is None else [text or None for text in _cluster_names(computed)]
    return [_text(value) or None for value in bench.table[name]]


def tags_of(table: "pd.DataFrame") -> list[str]:
    """Every tag that any of the clips has."""
    return sorted({str(tag) for tags in table["tags"] for tag in ([] if tags is None else tags)})


def _cluster_names(labels: Array) -> Array:
    """The groups as the cards number them, from 1; "" for outliers."""
    return np.array(["" if label == OUTLIER else f"{label + 1}" for label in labels.tolist()], dtype=object)


def _is_number(table: "pd.DataFrame", name: str) -> bool:
    column = table[name]
    if column.dtype.kind == "f":
        return True
    if column.dtype.kind in "iu":
        return bool(column.nunique() > MOST_CATEGORIES_OF_NUMBERS)
    if not name.startswith(METADATA):
        return False
    distinct = {value for value in column if isinstance(value, str) and value}
    return len(distinct) > MOST_CATEGORIES_OF_NUMBERS and all(_is_finite(value) for value in distinct)


def _numbers(values: Sequence[object]) -> Array:
    return np.array([float(value) if _is_finite(value) else np.nan for value in values], np.float64)  # type: ignore[arg-type]


def _is_finite(value: object) -> bool:
    try:
        return bool(np.isfinite(float(value)))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence | np.ndarray):
        return ", ".join(sorted(str(each) for each in value))
    return str(value)
