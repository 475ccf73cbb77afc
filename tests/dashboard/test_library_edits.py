"""What people change in the library: what they type is made fit to be kept, and reaches the clips it is meant for."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import LibraryError
from core.library import Entry, Library, Query
from core.results import Analysis
from dashboard.library_edits import (
    MAX_TAG_CHARACTERS,
    MAX_TAGS,
    Change,
    apply,
    apply_each,
    change_of,
    edits_in,
    keys_of,
    tags_in,
)

KEYS = [f"{n:064x}" for n in range(4)]


@pytest.fixture
def library(tmp_path: Path, analysis: Analysis) -> Library:
    library = Library.open(tmp_path / "library")
    library.put([Entry(key, analysis, f"clip {n}.wav", speaker="A", tags=("old",)) for n, key in enumerate(KEYS)])
    return library


def rows(library: Library) -> list[dict[str, object]]:
    found: list[dict[str, object]] = library.rows(Query(order="source")).to_pylist()
    return found


def test_tags_are_one_printable_line_each_bounded_and_none_twice() -> None:
    assert tags_in([" a  b ", "a b", "", "x\ny", "<b>"]) == ("a b", "x\\ny", "<b>")
    assert len(tags_in([str(n) for n in range(500)])) == MAX_TAGS
    assert len(tags_in(["x" * 1000])[0]) == MAX_TAG_CHARACTERS


def test_a_reference_is_one_of_the_nine_or_none() -> None:
    assert change_of(reference="happy").values == {"reference": "happy"}
    assert change_of(reference="").values == {"reference": None}
    assert change_of().is_none
    with pytest.raises(LibraryError, match="'jolly' is none of the nine emotions"):
        change_of(reference="jolly")


def test_many_clips_are_changed_alike(library: Library) -> None:
    change = change_of(speaker=" B\tb ", reference="sad", add=["new"], remove=["old"])
    assert apply(library, KEYS[:2], change) == 2
    found = rows(library)
    assert [row["speaker"] for row in found] == ["B\\tb", "B\\tb", "A", "A"]
    assert [row["tags"] for row in found] == [["new"], ["new"], ["old"], ["old"]]
    assert [row["reference"] for row in found] == ["sad", "sad", None, None]
    assert apply(library, KEYS, Change()) == 0


def test_cells_that_were_edited_change_their_own_clips_and_nothing_else(library: Library) -> None:
    shown = rows(library)
    edited: dict[int, dict[str, object]] = {
        0: {"speaker": "C"},
        2: {"tags": ["old", "x"], "reference": "angry"},
        3: {"speaker": None, "tags": []},
    }
    changes = edits_in(edited, shown)
    assert set(changes) == {KEYS[0], KEYS[2], KEYS[3]}
    assert apply_each(library, changes) == 3
    found = rows(library)
    assert [row["speaker"] for row in found] == ["C", "A", "A", None]
    assert [row["tags"] for row in found] == [["old"], ["old"], ["old", "x"], []]
    assert [row["reference"] for row in found] == [None, None, "angry", None]


def test_a_cell_that_was_put_back_as_it_was_changes_nothing(library: Library) -> None:
    assert edits_in({1: {"tags": ["old"]}}, rows(library)) == {}


def test_what_another_tagged_meanwhile_stays(library: Library) -> None:
    shown = rows(library)
    apply(library, KEYS[:1], change_of(add=["of another"]))
    apply_each(library, edits_in({0: {"tags": ["old", "mine"]}}, shown))
    assert rows(library)[0]["tags"] == ["mine", "of another", "old"]


def test_all_that_is_meant_is_found_in_its_order(library: Library, make_analysis: Callable[..., Analysis]) -> None:
    assert keys_of(library, Query(order="source", descending=True)) == KEYS[::-1]
    assert keys_of(library, replace(Query(order="source"), tags=("none",))) == []
