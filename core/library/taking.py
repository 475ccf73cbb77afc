"""Taking clips elsewhere: tables, vectors and sounds of a selection, and a whole library to another one and back."""

import csv
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from core.errors import LibraryError, first_line
from core.exports.tables import safe_cell
from core.library.query import Query, keys_sql
from core.library.store import Library
from core.library.tables import LIGHT, SCHEMAS, VERSION

FORMATS: Mapping[str, str] = {
    "csv": ".csv", "parquet": ".parquet", "jsonl": ".jsonl", "npy": ".zip", "audiofolder": ".zip",
}  # fmt: skip
ROWS_AT_ONCE = 500
SOUNDS_AT_ONCE = 50
MOVED = ("sounds", "frames", "vectors", "clips", "failures", "done")  # what belongs to a clip before the clip
SINCE = {"vectors": 2}  # the version with which a table came
_COLUMNS = tuple(name for name in LIGHT if name not in ("deleted_at", "metadata"))


def write_selection(library: Library, query: Query, form: str, file: IO[bytes], *, space: str = "emotion") -> int:
    """Write the clips that are meant, in their order; how many.

    csv          a row a clip; tags joined by `;`, each column of metadata as `metadata.<name>`; safe in spreadsheets
    jsonl        a JSON object a line; tags a list, metadata an object
    parquet      the same columns, and the vectors
    npy          a zip: `vectors.npy`, (num_clips, dim) float32 in `space`, and `keys.csv`, the clip of each row
    audiofolder  a zip as Hugging Face's `load_dataset("audiofolder")` reads it: `metadata.csv` and the sounds, Ogg Opus

    Raises:
        LibraryError: an unknown form, or no vectors or sounds to write.
    """
    writers = {"csv": _write_csv, "jsonl": _write_jsonl, "parquet": _write_parquet, "audiofolder": _write_audiofolder}
    if form == "npy":
        return _write_vectors(library, query, space, file)
    if form not in writers:
        raise LibraryError(f"There is no form {form!r} to take clips away in; there are {', '.join(FORMATS)}.")
    return writers[form](library, query, file)


def _rows(library: Library, query: Query, columns: tuple[str, ...]) -> Iterator[list[dict[str, Any]]]:
    """The clips, some hundreds at a time, in their order; what is deleted meanwhile is left out."""
    keys = library.rows(query, columns=["key"]).column("key").to_pylist()
    for begin in range(0, len(keys), ROWS_AT_ONCE):
        some = keys[begin : begin + ROWS_AT_ONCE]
        table = library.rows(Query(keys=tuple(some), deleted=query.deleted), columns=columns)
        found = {row["key"]: row for row in table.to_pylist()}
        yield [found[key] for key in some if key in found]


def _metadata_names(library: Library, query: Query) -> list[str]:
    column = library.rows(query, columns=["metadata"]).column("metadata").to_pylist()
    return sorted({name for text in set(column) for name in json.loads(text)})


def _cells(row: dict[str, Any], names: list[str]) -> list[str]:
    """One line of a table."""
    known = json.loads(row["metadata"])
    return [_cell(row[name]) for name in _COLUMNS] + [safe_cell(known.get(name, "")) for name in names]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return safe_cell(";".join(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.6f}" if isinstance(value, float) else safe_cell(str(value))


def _csv_line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _write_csv(library: Library, query: Query, file: IO[bytes]) -> int:
    names, written = _metadata_names(library, query), 0
    header = [*_COLUMNS, *(safe_cell(f"metadata.{name}") for name in names)]
    file.write(_csv_line(header).encode())
    for rows in _rows(library, query, (*_COLUMNS, "metadata")):
        file.write("".join(_csv_line(_cells(row, names)) for row in rows).encode())
        written += len(rows)
    return written


def _write_jsonl(library: Library, query: Query, file: IO[bytes]) -> int:
    written = 0
    for rows in _rows(library, query, (*_COLUMNS, "metadata")):
        for row in rows:
            plain = row | {"metadata": json.loads(row["metadata"]), "added_at": row["added_at"].isoformat()}
            file.write((json.dumps(plain, ensure_ascii=False, allow_nan=False) + "\n").encode())
        written += len(rows)
    return written


def _write_parquet(library: Library, query: Query, file: IO[bytes]) -> int:
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    columns = (*_COLUMNS, "metadata", "embedding", "speaker_embedding", "speaker_model")
    columns = tuple(dict.fromkeys(columns))
    schema = pa.schema([SCHEMAS["clips"].field(name) for name in columns])
    written = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for rows in _rows(library, query, columns):
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
            written += len(rows)
    return written


def _write_vectors(library: Library, query: Query, space: str, file: IO[bytes]) -> int:
    vectors = library.matrix(query, space)
    if not vectors.keys:
        raise LibraryError(f"None of these clips has a vector in the space {space!r}.")
    rows = {row["key"]: row for part in _rows(library, query, ("key", "source", "label")) for row in part}
    lines = [_csv_line(["row", "key", "source", "label"])]
    lines += [
        _csv_line([str(at), key, safe_cell(rows[key]["source"]), rows[key]["label"]])
        for at, key in enumerate(vectors.keys)
        if key in rows
    ]
    matrix = io.BytesIO()
    np.save(matrix, vectors.values, allow_pickle=False)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("vectors.npy", matrix.getvalue())
        archive.writestr("keys.csv", "".join(lines))
    return len(vectors.keys)


def _write_audiofolder(library: Library, query: Query, file: IO[bytes]) -> int:
    """The files are named by the clips' keys: a source's name is only a cell of the table."""
    names = _metadata_names(library, query)
    lines = [_csv_line(["file_name", *_COLUMNS, *(safe_cell(f"metadata.{name}") for name in names)])]
    with zipfile.ZipFile(file, "w") as archive:
        for rows in _rows(library, query, (*_COLUMNS, "metadata")):
            for begin in range(0, len(rows), SOUNDS_AT_ONCE):
                some = rows[begin : begin + SOUNDS_AT_ONCE]
                sounds = _sounds(library, [row["key"] for row in some])
                for row in (row for row in some if row["key"] in sounds):
                    archive.writestr(f"data/{row['key']}.ogg", sounds[row["key"]])
                    lines.append(_csv_line([f"data/{row['key']}.ogg", *_cells(row, names)]))
        if len(lines) == 1:
            raise LibraryError("The library kept no sound of these clips; batch them without --no-sound.")
        archive.writestr("metadata.csv", "".join(lines))
    return len(lines) - 1


def _sounds(library: Library, keys: list[str]) -> dict[str, bytes]:
    """The sounds of those clips that have one."""
    table = library.table("sounds", keys_sql(keys))
    return dict(zip(table.column("key").to_pylist(), table.column("opus").to_pylist(), strict=True))


def export_library(library: Library, folder: Path) -> int:
    """Write a whole library, deleted clips left out, as a folder of Parquet files with checksums; how many clips.

    Raises `LibraryError` where the folder is there already or cannot be written; nothing half-written stays.
    """
    if folder.exists():
        raise LibraryError(f"{str(folder)!r} is there already; name a folder that is not.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".emoscope-", dir=folder.parent))
        try:
            written = _write_tables(library, made)
            made.chmod(0o755)
            made.rename(folder)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
    except OSError as error:
        raise LibraryError(f"The library cannot be written to {str(folder)!r} ({first_line(error)}).") from error
    return written


def _write_tables(library: Library, folder: Path) -> int:
    import pyarrow.parquet as pq

    keys = sorted(library.rows(Query(), columns=["key"]).column("key").to_pylist())
    for name in MOVED:
        options = {"compression": "zstd", "write_page_checksum": True}
        with pq.ParquetWriter(folder / f"{name}.parquet", SCHEMAS[name], **options) as writer:
            for where in ["true"] if name == "failures" else _conditions(keys):
                writer.write_table(library.table(name, where).cast(SCHEMAS[name]))
    (folder / "about.json").write_text(json.dumps({"emoscope_library": VERSION, "clips": len(keys)}) + "\n")
    return len(keys)


def _conditions(keys: list[str]) -> Iterator[str]:
    for begin in range(0, len(keys), ROWS_AT_ONCE):
        yield keys_sql(keys[begin : begin + ROWS_AT_ONCE])


def import_library(library: Library, folder: Path) -> int:
    """Add the clips of a folder that `export_library` wrote; how many were new.

    A clip that is there keeps what was said of it there; one that was deleted here comes back.

    Raises:
        LibraryError: the folder is none, of a newer version, or damaged; then the library stays as it was.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        about = json.loads((folder / "about.json").read_text())
        version = int(about["emoscope_library"])
        if not 1 <= version <= VERSION:
            raise LibraryError(
                f"{str(folder)!r} holds a library of version {version}; this EmoScope reads up to {VERSION}: update it."
            )
        moved = [name for name in MOVED if version >= SINCE.get(name, 1)]
        counts = {name: sum(len(part) for part in _parts(pq, folder, name)) for name in moved}
        if counts["clips"] != about["clips"] or counts["frames"] != about["clips"]:
            raise ValueError("clips are missing")
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise LibraryError(f"{str(folder)!r} is no whole library to take in ({first_line(error)}).") from error
    return {name: _merge_all(library, pq, folder, name) for name in moved}["clips"]


def _merge_all(library: Library, pq: Any, folder: Path, name: str) -> int:
    return sum(library.merge_rows(name, part) for part in _parts(pq, folder, name))


def _parts(pq: Any, folder: Path, name: str) -> Iterator[Any]:
    """A table's rows, some hundreds at a time, each page checked against its checksum."""
    import pyarrow as pa

    with pq.ParquetFile(folder / f"{name}.parquet", page_checksum_verification=True) as file:
        if not file.schema_arrow.equals(SCHEMAS[name]):
            raise ValueError(f"{name}.parquet has other columns")
        for batch in file.iter_batches(ROWS_AT_ONCE):
            part = pa.Table.from_batches([batch], schema=SCHEMAS[name])
            if "key" in part.column_names:
                keys_sql(part.column("key").to_pylist())  # raises for what is no key
            yield part
