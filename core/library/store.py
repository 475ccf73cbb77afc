"""`Library`: the tables, opened, written and asked."""

import random
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from core.emotions import EMOTION_KEYS
from core.errors import LibraryError, first_line
from core.library.entries import Entry, Failure
from core.library.query import Query, keys_sql, literal
from core.library.tables import (
    LIGHT,
    SCHEMAS,
    SCORES,
    VERSION,
    clips_table,
    entry_from,
    failures_table,
    frames_table,
    sounds_table,
    stacked,
)
from core.results import Array
from core.said import said

Made = TypeVar("Made")
SPACES = ("emotion", "speaker", "scores")
ATTEMPTS = 12  # of a write that another process's write got in the way of
KEYS_AT_ONCE = 500
FRAGMENTS = 64  # as many files of a table are merged into one
FACETS = (
    ("label", "label"),
    ("speaker", "speaker"),
    ("checkpoint", "checkpoint"),
    ("reference", "reference"),
    ("tag", "tags"),
)
ANSWERS_KEPT = 32
ROWS_KEPT = 2000  # of an answer that is kept; one with more is read anew


@dataclass(frozen=True, slots=True)
class Vectors:
    """Vectors of clips: `keys` and their (num_clips, dim) float32, and of how many clips there was none."""

    keys: tuple[str, ...]
    values: Array
    without: int


class Library:
    """A catalogue of analysed clips in Lance tables: a folder, or an address such as `s3://bucket/path`.

    Safe from several threads and processes at once. Writes of one call are seen whole or, of clips that were cut short
    by a kill, not at all: what belongs to a clip is written before the clip.
    """

    def __init__(self, location: str, tables: Mapping[str, Any]) -> None:
        self.location = location
        self._tables = tables
        self._guard = threading.Lock()
        self._answers: dict[tuple[int, tuple[Any, ...]], Any] = {}  # by the clips' version and a question

    @classmethod
    def open(cls, location: str | Path, *, create: bool = True) -> "Library":
        """Open a library, or make one.

        For object storage the usual variables of the environment are read (`AWS_ACCESS_KEY_ID`, …).

        Raises:
            LibraryError: it cannot be opened, is none and must not be made, or was made by a newer EmoScope.
        """
        import lancedb

        address = str(location)
        none_there = said(
            "library.none", "There is no library at {place!r}; name one that is there, or begin one.", place=address
        )
        if not create and "://" not in address and not Path(address).exists():
            raise LibraryError(none_there)  # connecting would leave an empty folder
        try:
            database = lancedb.connect(address)
            if not create and "clips" not in database.list_tables().tables:
                raise LibraryError(none_there)
            tables = {name: _opened(database, name) for name in SCHEMAS}
            library = cls(address, tables)
            library._check_version()
        except (OSError, ValueError, RuntimeError) as error:
            raise LibraryError(
                said(
                    "library.closed",
                    "The library {place!r} cannot be opened ({why}).",
                    place=address,
                    why=first_line(error),
                )
            ) from error
        return library

    # What is written

    def put(self, entries: Sequence[Entry], fingerprints: Sequence[str] = ()) -> int:
        """Add the clips that are not there yet, and note which files they came from; how many were new.

        A clip that was deleted comes back. Raises `LibraryError` where it cannot be written.
        """
        entries = list({entry.key: entry for entry in entries}.values()) if not fingerprints else list(entries)
        noted = list(zip(fingerprints, (entry.key for entry in entries), strict=True)) if fingerprints else []
        entries = list({entry.key: entry for entry in entries}.values())
        if not entries:
            return 0
        self._merge("sounds", "key", sounds_table(entries))
        self._merge("frames", "key", frames_table(entries))
        new = self._merge("clips", "key", clips_table(entries), revive=True)
        self._forget_failures([entry.source for entry in entries])
        if noted:
            self._note_done(noted)
        return new

    def put_failures(self, failures: Sequence[Failure]) -> None:
        """Keep what was no clip: the latest word on each source."""
        if failures:
            self._merge("failures", "source", failures_table(failures), update=True)

    def update(self, keys: Collection[str], **changes: Any) -> int:
        """Change `speaker`, `reference`, `speaker_model` or `speaker_embedding` of clips; how many changed.

        `add_tags` and `remove_tags` are collections of tags. Raises `LibraryError` for other names.
        """
        known = {"speaker", "reference", "speaker_model", "speaker_embedding", "add_tags", "remove_tags"}
        if unknown := sorted(set(changes) - known):
            raise LibraryError(f"A clip's {', '.join(unknown)} cannot be changed; {', '.join(sorted(known))} can.")
        add, remove = set(changes.pop("add_tags", ())), set(changes.pop("remove_tags", ()))

        def changed(row: dict[str, Any]) -> dict[str, Any]:
            tags = sorted((set(row["tags"] or ()) | add) - remove)
            return row | changes | {"tags": tags}

        return self._rewrite(keys, changed)

    def put_speaker_vectors(self, vectors: Mapping[str, Array], model: str) -> int:
        """Keep a vector of the voice of each of these clips, and which model it is of; how many changed."""

        def changed(row: dict[str, Any]) -> dict[str, Any]:
            vector = np.asarray(vectors[row["key"]], np.float32)
            return row | {"speaker_embedding": vector, "speaker_model": model}

        return self._rewrite(vectors.keys(), changed)

    def put_vectors(self, model: str, vectors: Mapping[str, Array]) -> int:
        """Keep a further vector of each of these clips, in place of an earlier one of the same model; how many are new.

        Vectors of clips that are not there, or that are not numbers throughout, are left out.
        """
        import pyarrow as pa  # type: ignore[import-untyped]

        keys = sorted(key for key in self.has(vectors.keys()) if np.isfinite(vectors[key]).all())
        values = [np.asarray(vectors[key], np.float32) for key in keys]
        rows = pa.table({"key": keys, "model": [model] * len(keys), "vector": values}, schema=SCHEMAS["vectors"])
        return self._merge("vectors", ["key", "model"], rows, update=True)

    def delete(self, keys: Collection[str]) -> int:
        """Put clips out of sight, until they are taken back or `compact` removes them; how many."""
        now = datetime.now(UTC)
        return self._rewrite(keys, lambda row: row | {"deleted_at": row["deleted_at"] or now})

    def undelete(self, keys: Collection[str]) -> int:
        """Take deleted clips back; how many."""
        return self._rewrite(keys, lambda row: row | {"deleted_at": None})

    # What is asked

    def has(self, keys: Collection[str]) -> set[str]:
        """Those of the keys whose clips are there."""
        found: set[str] = set()
        for some in _in_parts(keys):
            table = self._select("clips", f"{keys_sql(some)} AND deleted_at IS NULL", ["key"])
            found |= set(table.column("key").to_pylist())
        return found

    def sources_done(self, fingerprints: Collection[str]) -> set[str]:
        """Those of the files' fingerprints whose clips are there."""
        key_of: dict[str, str] = {}
        for some in _in_parts(fingerprints):
            where = f"fingerprint IN ({', '.join(map(literal, some))})"
            rows = self._select("done", where, ["fingerprint", "key"]).to_pylist()
            key_of |= {row["fingerprint"]: row["key"] for row in rows}
        present = self.has(set(key_of.values()))
        return {fingerprint for fingerprint, key in key_of.items() if key in present}

    def get(self, key: str) -> Entry:
        """One clip with all that is known of it. Raises `LibraryError` where it is not there, or damaged."""
        where = keys_sql([key])
        clips = self._select("clips", where, None).to_pylist()
        if not clips:
            raise LibraryError(said("library.no_clip", "The library has no clip {key}…", key=key[:12]))
        frames = self._select("frames", where, None).to_pylist()
        return entry_from(clips[0], frames[0] if frames else None, self.sound(key))

    def sound(self, key: str) -> bytes:
        """The clip as Ogg Opus; empty where sound was not kept."""
        rows = self._select("sounds", keys_sql([key]), ["opus"]).to_pylist()
        return bytes(rows[0]["opus"]) if rows else b""

    def rows(
        self, query: Query = Query(), *, columns: Sequence[str] | None = None, limit: int | None = None, offset: int = 0
    ) -> Any:
        """A page of the clips that are meant, as a `pyarrow.Table`; vectors only where asked for by name.

        Of the last few small pages the answers are kept for as long as nobody writes.
        """
        from lancedb.query import ColumnOrdering

        wanted = list(LIGHT if columns is None else columns)
        order = [
            ColumnOrdering(column_name=query.order, ascending=not query.descending, nulls_first=False),
            ColumnOrdering(column_name="key", ascending=True, nulls_first=False),
        ]

        def ask() -> Any:
            table = self._latest("clips")
            most = limit if limit is not None else table.count_rows(query.sql)
            chosen = table.search().where(query.sql).select(wanted).order_by(order).offset(offset)
            return chosen.limit(max(1, most)).to_arrow()

        if limit is None or limit > ROWS_KEPT or not set(wanted) <= set(LIGHT):
            return self._asked(ask)
        question = ("rows", query.sql, query.order, query.descending, tuple(wanted), limit, offset)
        return self._kept(question, lambda: self._asked(ask))

    def count(self, query: Query = Query()) -> int:
        """How many clips are meant."""
        counted = ("count", query.sql)
        return self._kept(counted, lambda: int(self._asked(lambda: self._latest("clips").count_rows(query.sql))))

    def version(self) -> int:
        """A number that every change of the clips makes larger: what was made from them is good while it stays."""
        return int(self._asked(lambda: self._latest("clips").version))

    def facets(self, query: Query = Query()) -> dict[str, dict[str, int]]:
        """How many clips there are of each label, speaker, checkpoint, reference and tag; "" counts those without.

        Of the last few filters the answers are kept for as long as nobody writes.
        """
        columns = [column for _, column in FACETS]
        found = self._kept(("facets", query.sql), lambda: _facets_of(self._select("clips", query.sql, columns)))
        return {name: dict(counts) for name, counts in found.items()}

    def matrix(self, query: Query = Query(), space: str = "emotion") -> Vectors:
        """Vectors of the clips that are meant, in a space: "emotion" (embeddings), "speaker" or "scores" (the nine).

        Raises `LibraryError` for an unknown space, or where the vectors are of different lengths (two checkpoints).
        """
        if space not in SPACES:
            raise LibraryError(f"There is no space {space!r}; there are {', '.join(SPACES)}.")
        columns = {"emotion": ["embedding"], "speaker": ["speaker_embedding"], "scores": list(SCORES)}[space]
        table = self.rows(query, columns=["key", *columns])
        keys = table.column("key").to_pylist()
        if space == "scores":
            values = np.stack([table.column(name).to_numpy() for name in columns], axis=1).astype(np.float32)
            return Vectors(tuple(keys), values.reshape(len(keys), len(EMOTION_KEYS)), 0)
        values, present = stacked(table.column(columns[0]))
        found = tuple(key for key, there in zip(keys, present.tolist(), strict=True) if there)
        return Vectors(found, values, len(keys) - len(found))

    def vectors(self, model: str, keys: Collection[str]) -> Vectors:
        """The further vectors of one model, of those of the clips that have one, by key."""
        import pyarrow.compute as pc  # type: ignore[import-untyped]

        wanted = set(keys)
        # Many keys are more to compare with than a whole model's are to read.
        few = len(wanted) <= KEYS_AT_ONCE
        where = f"model = {literal(model)}" + (f" AND {keys_sql(wanted)}" if few else "")
        table = self._select("vectors", where, ["key", "vector"])
        if not few:
            table = table.filter(pc.is_in(table.column("key"), value_set=_strings(wanted)))
        table = table.take(pc.sort_indices(table.column("key")))
        values, present = stacked(table.column("vector"))
        found = tuple(table.filter(present).column("key").to_pylist())
        return Vectors(found, values, len(wanted) - len(found))

    def failures(self, limit: int | None = None) -> list[Failure]:
        """The files that were no clips, by name."""
        import json

        rows = self._select("failures", "true", ["source", "error", "metadata"], limit).to_pylist()
        return sorted(
            (Failure(row["source"], row["error"], json.loads(row["metadata"])) for row in rows), key=lambda f: f.source
        )

    def num_failures(self) -> int:
        """How many files were no clips."""
        return int(self._asked(lambda: self._latest("failures").count_rows()))

    def forget_failures(self, sources: Sequence[str]) -> None:
        """Take these files off the list of those that were no clips."""
        self._forget_failures(sources)

    def size_bytes(self) -> int:
        """What the tables take, older versions of them not counted."""
        return sum(int(table.stats()["total_bytes"]) for table in self._tables.values())

    def compact(self) -> int:
        """Remove deleted clips and what no longer belongs to any, and merge small files; how many rows went."""
        from core.library.care import removed_orphans

        before = self.count(Query(deleted=True))
        self._asked(lambda: self._latest("clips").delete("deleted_at IS NOT NULL"))
        gone = before + removed_orphans(self)
        for name in self._tables:
            self._optimise(name, at_once=True)
        return gone

    # What is moved whole

    def table(self, name: str, where: str = "true") -> Any:
        """Whole rows of a table, as a `pyarrow.Table`; `where` is a condition of ours, never text from outside."""
        return self._select(name, where, None)

    def merge_rows(self, name: str, rows: Any) -> int:
        """Add rows of a table that have its schema, those that are there left as they are; how many were new."""
        others: dict[str, str | list[str]] = {
            "failures": "source",
            "done": "fingerprint",
            "vectors": ["key", "model"],
        }
        on = others.get(name, "key")
        return self._merge(name, on, rows, revive=name == "clips")

    def forget(self) -> None:
        """Drop the answers that are kept: the next ones are found anew."""
        with self._guard:
            self._answers = {}

    # How

    def _kept(self, question: tuple[Any, ...], answer: Callable[[], Made]) -> Made:
        """The answer to a question about the clips; that of before where nobody has written since."""
        asked = (self.version(), question)
        with self._guard:
            if asked in self._answers:
                self._answers[asked] = self._answers.pop(asked)  # the last one that goes
                return self._answers[asked]  # type: ignore[no-any-return]
        found = answer()
        with self._guard:
            newest = [each for each in self._answers if each[0] == asked[0]][-ANSWERS_KEPT + 1 :]
            self._answers = {each: self._answers[each] for each in newest} | {asked: found}
        return found

    def _rewrite(self, keys: Collection[str], change: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
        """Read whole rows, change them, and put them back, some hundreds at a time, each lot at once or not at all."""
        import pyarrow as pa  # type: ignore[import-untyped]

        changed = 0
        for some in _in_parts(keys):
            rows = self._select("clips", keys_sql(some), None).to_pylist()
            if rows:
                table = pa.Table.from_pylist([change(row) for row in rows], schema=SCHEMAS["clips"])
                self._merge("clips", "key", table, update=True)
            changed += len(rows)
        return changed

    def _forget_failures(self, sources: Sequence[str]) -> None:
        if self._latest("failures").count_rows():
            for some in _in_parts(sources):
                where = f"source IN ({', '.join(map(literal, some))})"
                self._tried(lambda where=where: self._latest("failures").delete(where))  # type: ignore[misc]

    def _note_done(self, noted: Sequence[tuple[str, str]]) -> None:
        import pyarrow as pa  # type: ignore[import-untyped]

        unique = dict(noted)
        table = pa.table({"fingerprint": list(unique), "key": list(unique.values())}, schema=SCHEMAS["done"])
        self._merge("done", "fingerprint", table, update=True)

    def _merge(self, name: str, on: str | list[str], rows: Any, *, update: bool = False, revive: bool = False) -> int:
        """Insert rows whose `on` is new; of the others, update all, those that were deleted, or none. How many new."""
        if not rows.num_rows:
            return 0

        def merge() -> int:
            merging = self._latest(name).merge_insert(on).when_not_matched_insert_all()
            if update:
                merging = merging.when_matched_update_all()
            elif revive:
                merging = merging.when_matched_update_all(where="target.deleted_at IS NOT NULL")
            return int(merging.execute(rows).num_inserted_rows)

        inserted = self._tried(merge)
        self._optimise(name)
        return inserted

    def _optimise(self, name: str, *, at_once: bool = False) -> None:
        """Merge small files where many have come together; where another process is doing so, leave it to that."""
        from datetime import timedelta

        table = self._latest(name)
        if not at_once and int(table.stats()["fragment_stats"]["num_small_fragments"]) < FRAGMENTS:
            return
        try:
            table.optimize(cleanup_older_than=timedelta(hours=1))
        except (OSError, ValueError, RuntimeError):
            if at_once:
                raise

    def _latest(self, name: str) -> Any:
        table = self._tables[name]
        table.checkout_latest()
        return table

    def _select(self, name: str, where: str, columns: list[str] | None, limit: int | None = None) -> Any:
        def ask() -> Any:
            table = self._latest(name)
            chosen = table.search().where(where)
            if columns is not None:
                chosen = chosen.select(columns)
            return chosen.limit(limit or max(1, table.count_rows())).to_arrow()

        return self._asked(ask)

    def _asked(self, ask: Callable[[], Made]) -> Made:
        try:
            return ask()
        except (OSError, ValueError, RuntimeError) as error:
            raise LibraryError(
                said(
                    "library.unreadable", "The library {place!r} cannot be read ({why}).",
                    place=self.location, why=first_line(error),
                )
            ) from error  # fmt: skip

    def _tried(self, write: Callable[[], Made]) -> Made:
        """Write; again, a little later each time, where another's write got in the way."""
        for attempt in range(ATTEMPTS):
            try:
                return write()
            except (OSError, ValueError, RuntimeError) as error:
                if "conflict" not in str(error).lower() or attempt == ATTEMPTS - 1:
                    raise LibraryError(
                        said(
                            "library.unwritable",
                            "The library {place!r} cannot be written ({why}); nothing of it is lost.",
                            place=self.location, why=first_line(error),
                        )
                    ) from error  # fmt: skip
                time.sleep(random.uniform(0.5, 1.0) * min(2.0, 0.05 * 2**attempt))
        raise AssertionError("the last attempt returns or raises")

    def _check_version(self) -> None:
        rows = {row["name"]: row["value"] for row in self._select("about", "true", None).to_pylist()}
        version = int(rows.get("version", "0"))
        if version > VERSION:
            raise LibraryError(
                said(
                    "library.version",
                    "The library {place!r} is of version {version}; this EmoScope reads up to {ours}: update it.",
                    place=self.location, version=version, ours=VERSION,
                )
            )  # fmt: skip
        if version < VERSION:
            from core.library.migration import migrate

            migrate(self._tables, version)


def _opened(database: Any, name: str) -> Any:
    """The table, made where there is none; two processes may begin a library at once."""
    try:
        table = database.create_table(name, schema=SCHEMAS[name], exist_ok=True)
    except (ValueError, OSError, RuntimeError):
        return database.open_table(name)
    return table


def _strings(values: Collection[str]) -> Any:
    import pyarrow as pa  # type: ignore[import-untyped]

    return pa.array(sorted(values), pa.string())


def _facets_of(table: Any) -> dict[str, dict[str, int]]:
    """By facet, how often each value stands in its column."""
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    found = {}
    for name, column in FACETS:
        values = pc.list_flatten(table.column(column)) if column == "tags" else table.column(column)
        counted = pc.value_counts(values.combine_chunks()).to_pylist()
        found[name] = {each["values"] or "": each["counts"] for each in counted}
    return found


def _in_parts(values: Collection[str]) -> list[list[str]]:
    some = sorted(set(values))
    return [some[begin : begin + KEYS_AT_ONCE] for begin in range(0, len(some), KEYS_AT_ONCE)]
