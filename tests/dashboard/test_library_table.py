"""A page of the library's clips as a table: in order, in words, with columns that are asked for."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from core.library import Entry, Library, Query
from core.results import Analysis
from dashboard.catalogue import sound_url
from dashboard.language import texts_in
from dashboard.library_table import all_verdicts, columns_of, metadata_in, table_of, verdict_in

KEYS = [f"{n:064x}" for n in range(3)]


@pytest.fixture
def library(tmp_path: Path, analysis: Analysis) -> Library:
    library = Library.open(tmp_path / "library")
    first = Entry(KEYS[0], analysis, "<b>a</b>.wav", "A", analysis.label, ("x", "y"), {"corpus": "one", "speaker": "Z"})
    others = [replace(first, key=KEYS[1], source="b.wav", reference="other"), Entry(KEYS[2], analysis, "c.wav")]
    library.put([first, *others])
    return library


def page(library: Library, *extra: str, language: str = "en") -> pd.DataFrame:
    rows = library.rows(Query(order="source"), columns=columns_of(extra))
    return table_of(rows, extra, texts_in(language))


def test_a_clip_is_a_row_with_its_verdict_in_words(library: Library, analysis: Analysis) -> None:
    table = page(library)
    assert list(table["source"]) == ["<b>a</b>.wav", "b.wav", "c.wav"]
    assert table["sound"][0] == sound_url(KEYS[0])
    assert table["label"][0] == [verdict_in(analysis.label, analysis.unsure, texts_in("en"))]
    assert table["confidence"][0] == pytest.approx(100 * analysis.confidence)
    assert list(table["match"]) == ["✓", "✗", ""]
    assert list(table["tags"]) == [["x", "y"], ["x", "y"], []]


def test_scores_and_metadata_are_columns_where_they_are_asked_for(library: Library, analysis: Analysis) -> None:
    table = page(library, "scores", "corpus", "speaker")
    assert table["score_happy"][0] == pytest.approx(100 * analysis.scores["happy"])
    assert list(table["metadata.corpus"][:2]) == ["one", "one"] and table["metadata.corpus"].isna()[2]
    assert (table["speaker"][0], table["metadata.speaker"][0]) == ("A", "Z")
    assert "score_happy" not in page(library)


def test_verdicts_are_in_the_readers_language_and_unsure_ones_ask(library: Library) -> None:
    assert verdict_in("happy", False, texts_in("zh")) == "😄 开心"
    assert verdict_in("happy", True, texts_in("en")) == "😄 Happy ?"
    assert len({text for text, _, _ in all_verdicts(texts_in("en"))}) == 18


def test_the_columns_of_metadata_are_found_with_their_values_the_commonest_first(library: Library) -> None:
    library.put([replace(library.get(KEYS[2]), key=f"{9:064x}", metadata={"corpus": "two", "age": "7"})])
    found = metadata_in(library.rows(Query(), columns=["metadata"]))
    assert found == {"age": ["7"], "corpus": ["one", "two"], "speaker": ["Z"]}
