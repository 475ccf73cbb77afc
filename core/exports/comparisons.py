"""A comparison on its way out: tables as CSV and Parquet, all figures as JSON, and one HTML report with the sound.

comparison.json                    every measure, and the groups
clips, pairs, curves, paths, groups    .csv and .parquet
report.html                        `core.exports.report.comparison_page`
"""

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.comparison import (
    Comparison,
    GroupComparison,
    clips_table,
    curves_table,
    groups_table,
    pairs_table,
    paths_table,
)
from core.comparison.tables import Table
from core.errors import ExportError
from core.exports.outputs import whole_folder
from core.exports.report.comparison_page import comparison_html
from core.exports.tables import safe_cell

FORMS = ("csv", "parquet")
_DECIMALS = 6


@dataclass(frozen=True)
class Findings:
    """What is taken away: clips held against each other, groups, or both.

    Attributes:
        language: of the report, "en" or "zh".
        at: when it was made; None is now.
    """

    comparison: Comparison | None = None
    groups: GroupComparison | None = None
    language: str = "en"
    at: datetime | None = None


def comparison_files(found: Findings) -> Mapping[str, Callable[[], bytes]]:
    """File names and what makes each of them; tables of what is not there are left out.

    Raises `ExportError` for nothing at all, and so do the makers for an unknown language.
    """
    if found.comparison is None and found.groups is None:
        raise ExportError("There is no comparison to write; compare two clips or two groups first.")
    files: dict[str, Callable[[], bytes]] = {
        "report.html": lambda: comparison_html(found.comparison, found.groups, language=found.language, at=found.at),
        "comparison.json": lambda: _json_bytes(found),
    }
    for name, table in _tables(found).items():
        files[f"{name}.csv"] = lambda table=table: table_csv(table())  # type: ignore[misc]
        files[f"{name}.parquet"] = lambda table=table: table_parquet(table())  # type: ignore[misc]
    return files


def write_comparison(found: Findings, parent: Path, names: Sequence[str] | None = None) -> Path:
    """Write the files, all or these, into a new folder `<stamp>_comparison` below `parent`, whole or not at all.

    Raises `ExportError` where it cannot be written there, or a name is none of the files'.
    """
    files = comparison_files(found)
    unknown = [name for name in names or () if name not in files]
    if unknown:
        raise ExportError(f"There is no file {', '.join(map(repr, unknown))}; there are {', '.join(files)}.")
    with whole_folder(parent, "comparison", found.at or datetime.now()) as folder:
        for name in files if names is None else names:
            (folder.path / name).write_bytes(files[name]())
    return folder.path


def comparison_record(found: Findings) -> dict[str, Any]:
    """Everything but the curves as plain JSON values: what `emoscope compare --json` says."""
    record: dict[str, Any] = {}
    if found.comparison is not None:
        comparison = found.comparison
        record["reference"] = comparison.reference + 1
        record["clips"] = _rows(clips_table(comparison))
        record["pairs"] = _rows(pairs_table(comparison))
        record["tree"] = {
            "measure": comparison.options.cluster_by,
            "order": [number + 1 for number in comparison.order],
            "linkage": [[_plain(value) for value in row] for row in comparison.linkage.tolist()],
        }
    if found.groups is not None:
        record["groups"] = _rows(groups_table(found.groups))
    return record


def table_csv(table: Table) -> bytes:
    """RFC 4180, UTF-8; nothing is said where there is nothing, and no cell is a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([safe_cell(name) for name in table])
    for row in zip(*table.values(), strict=True):
        writer.writerow([_cell(value) for value in row])
    return text.getvalue().encode("utf-8", "backslashreplace")


def table_parquet(table: Table) -> bytes:
    """One column each; missing values are null."""
    import pyarrow as pa
    import pyarrow.parquet

    columns = {name: pa.array([_encodable(value) for value in values]) for name, values in table.items()}
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pa.table({name: _typed(column) for name, column in columns.items()}), buffer)
    return buffer.getvalue()


def _tables(found: Findings) -> dict[str, Callable[[], Table]]:
    tables: dict[str, Callable[[], Table]] = {}
    comparison, groups = found.comparison, found.groups
    if comparison is not None:
        tables |= {
            "clips": lambda: clips_table(comparison),
            "pairs": lambda: pairs_table(comparison),
            "curves": lambda: curves_table(comparison),
        }
        if comparison.alignments:
            tables["paths"] = lambda: paths_table(comparison)
    if groups is not None:
        tables["groups"] = lambda: groups_table(groups)
    return tables


def _typed(column: Any) -> Any:
    """A column of nothing but nulls is one of numbers: which emotions a pair has no value of should change no type."""
    import pyarrow as pa

    return column.cast(pa.float64()) if pa.types.is_null(column.type) else column


def _encodable(value: Any) -> Any:
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.{_DECIMALS}g}" if math.isfinite(value) else ""
    return safe_cell(value) if isinstance(value, str) else value


def _rows(table: Table) -> list[dict[str, Any]]:
    return [dict(zip(table, map(_plain, row), strict=True)) for row in zip(*table.values(), strict=True)]


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, _DECIMALS) if math.isfinite(value) else None
    return value


def _json_bytes(found: Findings) -> bytes:
    text = json.dumps(comparison_record(found), ensure_ascii=False, allow_nan=False, indent=1)
    return (text + "\n").encode("utf-8", "backslashreplace")


def names_of(forms: Iterable[str], files: Iterable[str]) -> list[str]:
    """The files of these forms: csv, parquet, json, html."""
    wanted = tuple(f".{form}" for form in forms)
    return [name for name in files if name.endswith(wanted)]
