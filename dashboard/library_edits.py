"""What people change in the library: speakers, references, tags, whether a clip is there. Knows no Streamlit."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.emotions import EMOTION_KEYS
from core.errors import LibraryError
from core.library import Library, Query
from core.text import plain

MAX_TAGS, MAX_TAG_CHARACTERS, MAX_SPEAKER_CHARACTERS = 50, 60, 200
KEYS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be changed of some clips; what is None or empty stays. "" as a speaker or reference takes it away."""

    speaker: str | None = None
    reference: str | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()

    @property
    def is_none(self) -> bool:
        return self == Change()

    @property
    def values(self) -> dict[str, Any]:
        """As `Library.update` takes it."""
        said = {name: getattr(self, name) for name in ("speaker", "reference")}
        found: dict[str, Any] = {name: value or None for name, value in said.items() if value is not None}
        return found | ({"add_tags": self.add_tags} if self.add_tags else {}) | (
            {"remove_tags": self.remove_tags} if self.remove_tags else {}
        )  # fmt: skip


def change_of(
    *, speaker: str | None = None, reference: str | None = None, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> Change:
    """What a person typed, made fit to be kept. Raises `LibraryError` for a reference that is none of the nine."""
    if reference and reference not in EMOTION_KEYS:
        raise LibraryError(f"{plain(reference)[:40]!r} is none of the nine emotions: {', '.join(EMOTION_KEYS)}.")
    spoken = None if speaker is None else " ".join(plain(speaker).split())[:MAX_SPEAKER_CHARACTERS]
    return Change(spoken, reference, tags_in(add), tuple(dict.fromkeys(remove)))


def tags_in(words: Iterable[str]) -> tuple[str, ...]:
    """Tags as they are kept: each one printable line, bounded, none twice."""
    cleaned = (" ".join(plain(word).split())[:MAX_TAG_CHARACTERS].strip() for word in words)
    return tuple(dict.fromkeys(word for word in cleaned if word))[:MAX_TAGS]


def apply(library: Library, keys: Iterable[str], change: Change) -> int:
    """Change clips; how many. Raises `LibraryError`."""
    return 0 if change.is_none else library.update(list(keys), **change.values)


def apply_each(library: Library, changes: Mapping[str, Change]) -> int:
    """Change each clip in its own way; those that change alike together."""
    alike: dict[Change, list[str]] = defaultdict(list)
    for key, change in changes.items():
        alike[change].append(key)
    return sum(apply(library, keys, change) for change, keys in alike.items())


def edits_in(edited: Mapping[int, Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> dict[str, Change]:
    """What was typed into the table's cells, by clip.

    Args:
        edited: by row, the new values of columns, as `st.data_editor` keeps them.
        rows: the clips as they were shown: `key`, `speaker`, `reference`, `tags`.

    Raises:
        LibraryError: a reference that is none of the nine.
    """
    found = {}
    for at, cells in edited.items():
        row = rows[at]
        before, tags = set(row["tags"] or ()), cells.get("tags", row["tags"])
        after = set(tags_in(tags or ()))
        change = change_of(
            speaker=(cells["speaker"] or "") if "speaker" in cells else None,
            reference=(cells["reference"] or "") if "reference" in cells else None,
            add=sorted(after - before),
            remove=sorted(before - after),
        )
        if not change.is_none:
            found[row["key"]] = change
    return found


def keys_of(library: Library, query: Query) -> list[str]:
    """The keys of all clips that are meant, in their order."""
    keys: list[str] = library.rows(query, columns=["key"]).column("key").to_pylist()
    return keys
