"""What people decide on references that are likely wrong. Knows no Streamlit."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from core.library import Library
from core.truth import CHECKED, LabelError


def accept(library: Library, errors: Iterable[LabelError]) -> int:
    """Make the suggested emotion each clip's reference, checked; how many. Raises `LibraryError`."""
    return _set(library, {error.key: error.suggested for error in errors}, checked=True)


def keep(library: Library, errors: Iterable[LabelError]) -> int:
    """Note that each reference was checked and stays; how many. Raises `LibraryError`."""
    return library.update([error.key for error in errors], add_tags=[CHECKED])


def undo(library: Library, errors: Iterable[LabelError]) -> int:
    """Give each clip the reference it had, not checked; how many. Raises `LibraryError`."""
    return _set(library, {error.key: error.reference for error in errors}, checked=False)


def _set(library: Library, references: Mapping[str, str], *, checked: bool) -> int:
    alike: dict[str, list[str]] = defaultdict(list)
    for key, reference in references.items():
        alike[reference].append(key)
    tags = {"add_tags" if checked else "remove_tags": [CHECKED]}
    return sum(library.update(keys, reference=reference, **tags) for reference, keys in alike.items())
