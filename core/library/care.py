"""Looking a library through, and mending it."""

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import LibraryError, first_line
from core.library.query import keys_sql
from core.library.tables import SCHEMAS, entry_from

if TYPE_CHECKING:
    from core.library.store import Library

ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Report:
    """What `verify` found: clips looked at, keys of damaged ones with what is wrong, rows that belong to no clip."""

    clips: int
    damaged: dict[str, str]
    orphans: int

    @property
    def is_sound(self) -> bool:
        return not self.damaged and not self.orphans


def verify(library: "Library") -> Report:
    """Read every clip with its frames and sound; its content never raises.

    Raises `LibraryError` where a table itself cannot be read.
    """
    damaged: dict[str, str] = {}
    seen = 0
    for batch in _batches(library, "clips"):
        keys = [row["key"] for row in batch]
        frames = {row["key"]: row for row in library._select("frames", keys_sql(keys), None).to_pylist()}
        for row in batch:
            seen += 1
            try:
                entry = entry_from(row, frames.get(row["key"]), b"")
                if abs(entry.analysis.confidence - row["confidence"]) > 1e-5 or entry.analysis.label != row["label"]:
                    damaged[row["key"]] = "its row and its frames tell of different verdicts"
            except (LibraryError, zlib.error) as error:
                damaged[row["key"]] = first_line(error)
    return Report(seen, damaged, sum(len(keys) for keys in _orphans(library).values()))


def repair(library: "Library") -> Report:
    """Remove damaged clips, so that they are analysed again, and what belongs to no clip; what was found."""
    report = verify(library)
    for begin in range(0, len(report.damaged), ROWS_AT_ONCE):
        where = keys_sql(list(report.damaged)[begin : begin + ROWS_AT_ONCE])
        library._tried(lambda where=where: library._latest("clips").delete(where))  # type: ignore[misc]
    removed_orphans(library)
    return report


def removed_orphans(library: "Library") -> int:
    """Remove frames, sounds, notes and further vectors that belong to no clip; how many rows."""
    gone = 0
    for name, keys in _orphans(library).items():
        for begin in range(0, len(keys), ROWS_AT_ONCE):
            where = keys_sql(keys[begin : begin + ROWS_AT_ONCE])
            library._tried(lambda name=name, where=where: library._latest(name).delete(where))  # type: ignore[misc]
        gone += len(keys)
    return gone


def _orphans(library: "Library") -> dict[str, list[str]]:
    """By table, the keys that no clip has; a batch under way writes what belongs to a clip before the clip."""
    there = set(library._select("clips", "true", ["key"]).column("key").to_pylist())
    found = {}
    for name in ("frames", "sounds", "done", "vectors"):
        keys = set(library._select(name, "true", ["key"]).column("key").to_pylist())
        found[name] = sorted(keys - there)
    return found


def _batches(library: "Library", name: str) -> Any:
    table = library._latest(name)
    assert "key" in SCHEMAS[name].names
    for offset in range(0, table.count_rows(), ROWS_AT_ONCE):
        yield library._asked(
            lambda offset=offset: table.search().limit(ROWS_AT_ONCE).offset(offset).to_arrow().to_pylist()  # type: ignore[misc]
        )
