"""Which clips are meant: a filter, and its text for Lance (DataFusion's SQL), in which nothing from outside is code."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import LibraryError
from core.library.tables import LIGHT

ORDERS = tuple(name for name in LIGHT if name not in ("tags", "metadata", "deleted_at"))
_KEY = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True)
class Query:
    """A filter; every part that is set must hold.

    Attributes:
        text: part of the source or the speaker, in whatever case.
        labels, speakers, checkpoints, references: one of these; "" among speakers or references stands for none.
        tags: all of these.
        confidence, duration_s: from and to, both included.
        unsure: only unsure verdicts, or only sure ones.
        right: only clips whose verdict is their reference, or only those where both exist and differ.
        metadata: (column, value) pairs.
        deleted: the deleted ones instead of those that are there.
        order: a column, one of ORDERS; ties by key.
    """

    text: str = ""
    labels: tuple[str, ...] = ()
    speakers: tuple[str, ...] = ()
    checkpoints: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    confidence: tuple[float, float] | None = None
    duration_s: tuple[float, float] | None = None
    unsure: bool | None = None
    right: bool | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    keys: tuple[str, ...] | None = None
    deleted: bool = False
    order: str = "added_at"
    descending: bool = False

    def __post_init__(self) -> None:
        if self.order not in ORDERS:
            raise LibraryError(f"Clips cannot be ordered by {self.order!r}; there are {', '.join(ORDERS)}.")

    @property
    def sql(self) -> str:
        """The condition."""
        parts = [f"deleted_at IS {'NOT ' if self.deleted else ''}NULL"]
        if self.text:
            found = f"contains(lower({{}}), lower({literal(self.text)}))"
            parts.append(f"({found.format('source')} OR {found.format('coalesce(speaker, {})'.format(literal('')))})")
        parts += [
            _one_of(column, chosen)
            for column, chosen in (
                ("label", self.labels),
                ("speaker", self.speakers),
                ("checkpoint", self.checkpoints),
                ("reference", self.references),
            )
            if chosen
        ]
        parts += [f"array_has(tags, {literal(tag)})" for tag in self.tags]
        parts += [
            f"{column} BETWEEN {float(span[0])!r} AND {float(span[1])!r}"
            for column, span in (("confidence", self.confidence), ("duration_s", self.duration_s))
            if span is not None
        ]
        if self.unsure is not None:
            parts.append("unsure" if self.unsure else "NOT unsure")
        if self.right is not None:
            parts.append(f"reference IS NOT NULL AND reference {'=' if self.right else '<>'} label")
        parts += [f"contains(metadata, {literal(_as_json(*pair))})" for pair in self.metadata]
        if self.keys is not None:
            parts.append(keys_sql(self.keys))
        return " AND ".join(parts)


def literal(text: str) -> str:
    """A text as SQL has it: in quotes, its own quotes doubled. NUL, which no column holds, is left out."""
    return "'" + text.replace("\0", "").replace("'", "''") + "'"


def keys_sql(keys: Iterable[str], column: str = "key") -> str:
    """A condition: one of these keys. Raises `LibraryError` for what is no key."""
    kept = sorted(set(keys))
    if bad := next((key for key in kept if not _KEY.match(key)), None):
        raise LibraryError(f"{bad[:80]!r} is no clip's key: 64 hexadecimal digits.")
    return f"{column} IN ({', '.join(map(literal, kept))})" if kept else "false"


def _one_of(column: str, chosen: tuple[str, ...]) -> str:
    named = [literal(each) for each in chosen if each]
    parts = [f"{column} IN ({', '.join(named)})"] if named else []
    parts += [f"{column} IS NULL"] if "" in chosen else []
    return f"({' OR '.join(parts)})"


def _as_json(name: str, value: str) -> str:
    """How a pair stands in the metadata column: a JSON string holds no bare quote: no value imitates it."""
    import json

    return f"{json.dumps(name)}: {json.dumps(value)}"
