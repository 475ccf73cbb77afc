"""How the library is looked at: filters as a query, and in a link that anybody may have written."""

from dataclasses import replace

import pytest

from core.library import Query
from dashboard.library_view import (
    DEFAULT,
    MAX_CHARACTERS,
    MAX_CHOSEN,
    LibraryView,
    cleaned,
    from_parameters,
    to_parameters,
)

BUSY = LibraryView(
    text="actor",
    labels=("happy", "sad"),
    speakers=("", "B, b & 'co'"),
    tags=("a tag",),
    references=("", "angry"),
    checkpoints=("bundled",),
    confidence=(0.25, 0.75),
    duration_s=(1.5, 90.0),
    sure="unsure",
    match="wrong",
    metadata=(("a=b %", "c=d"), ("gender", "female")),
    deleted=True,
    order="confidence",
    descending=False,
    extra=("scores", "corpus"),
    page=3,
    page_size=100,
)


def test_the_default_view_needs_no_parameters_and_comes_of_none() -> None:
    assert to_parameters(DEFAULT) == {}
    assert from_parameters({}) == DEFAULT


def test_a_link_brings_the_same_view_back() -> None:
    assert from_parameters(to_parameters(BUSY)) == BUSY


def test_a_view_is_the_librarys_query() -> None:
    query = BUSY.query
    assert query == Query(
        text="actor",
        labels=("happy", "sad"),
        speakers=("", "B, b & 'co'"),
        checkpoints=("bundled",),
        references=("", "angry"),
        tags=("a tag",),
        confidence=(0.25, 0.75),
        duration_s=(1.5, 90.0),
        unsure=True,
        right=False,
        metadata=(("a=b %", "c=d"), ("gender", "female")),
        deleted=True,
        order="confidence",
        descending=False,
    )
    assert "'B, b & ''co'''" in query.sql
    assert DEFAULT.query == Query(order="added_at", descending=True)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("tab", ["nowhere"]),
        ("label", ["jolly"]),
        ("confidence", ["0.9-0.1"]),
        ("confidence", ["-1-2"]),
        ("confidence", ["nan-nan"]),
        ("seconds", ["a-b"]),
        ("sure", ["perhaps"]),
        ("match", ["on"]),
        ("meta", ["no sign"]),
        ("deleted", ["yes"]),
        ("order", ["key; DROP TABLE clips"]),
        ("page", ["0"]),
        ("page", ["²"]),
        ("page", ["99999999999999999999"]),
        ("rows", ["1000000"]),
        ("tag", ["  "]),
    ],
)
def test_what_a_link_says_wrongly_is_as_it_is_by_default(name: str, values: list[str]) -> None:
    assert from_parameters({name: values}) == DEFAULT


def test_a_link_asks_for_no_more_than_a_bounded_amount_of_text() -> None:
    found = from_parameters({"speaker": [f"s{n}" * 500 for n in range(5000)], "q": ["x" * 100_000]})
    assert len(found.speakers) == MAX_CHOSEN
    assert all(len(speaker) == MAX_CHARACTERS for speaker in found.speakers)
    assert found.text == "x" * MAX_CHARACTERS


def test_control_characters_of_a_link_are_made_visible() -> None:
    assert from_parameters({"q": ["a\n\u202eb"]}).text == "a\\n\\u202eb"
    assert cleaned("  a b ") == "a b"


def test_clips_that_another_page_sent_are_a_filter_that_no_link_carries() -> None:
    view = replace(DEFAULT, keys=("ab" * 32,))
    assert view.query.keys == ("ab" * 32,) and view.is_filtered and view.num_folded == 0
    assert to_parameters(view) == {} and view.without_filters() == DEFAULT


def test_only_filters_count_as_filters() -> None:
    assert not replace(DEFAULT, order="source", page=2, extra=("scores",)).is_filtered
    assert BUSY.is_filtered and BUSY.num_folded == 8
    assert BUSY.without_filters() == LibraryView(
        order="confidence", descending=False, extra=("scores", "corpus"), page_size=100
    )


def test_a_page_beyond_the_last_is_the_last() -> None:
    view = replace(DEFAULT, page=9)
    assert view.num_pages(101) == 3 and view.on_a_page(101).page == 3
    assert view.on_a_page(0).page == 1
