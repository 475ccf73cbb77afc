"""The library page's ground truth: figures, cells to be heard, and references set right."""

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.library import Entry
from core.truth import CHECKED
from tests.core.library.conftest import entry, key
from tests.pages.conftest import House
from tests.pages.test_library import library, opened

NASTY = "**b** <img src=x onerror=alert(1)> $x$"
LABELS = ("angry", "happy", "sad")


def sure(number: int, label: str, reference: str | None) -> Entry:
    """A clip whose verdict is `label`, by far."""
    made = entry(number)
    logits = np.zeros((20, 3), np.float32)
    logits[:, LABELS.index(label)] = 5.0 + number / 100
    return replace(
        made, analysis=replace(made.analysis, frame_logits=logits), reference=reference, source=f"{NASTY} {number}.wav",
        speaker=f"{NASTY}{number % 3}",
    )  # fmt: skip


@pytest.fixture
def filled(house: House) -> None:
    """Twenty clips well told, one sad that is called angry, one whose reference nobody can say, one without."""
    entries = [sure(n, LABELS[n % 2], LABELS[n % 2]) for n in range(20)]
    entries += [sure(n, "sad", "sad") for n in range(20, 30)]
    library().put([*entries, sure(30, "angry", "sad"), sure(31, "sad", NASTY), sure(32, "sad", None)])


def text_of(app: AppTest) -> str:
    return "\n".join(each.value for kind in (app.caption, app.markdown, app.text, app.info) for each in kind)


def test_figures_have_intervals_and_what_is_left_out_is_named(filled: None) -> None:
    app = opened(tab="truth")
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Weighted accuracy"] == f"{100 * 30 / 31:.1f} %"
    assert figures["Unweighted average recall"] == f"{100 * (1 + 1 + 10 / 11) / 3:.1f} %"
    assert figures["Coverage"] == "100.0 %"
    said = text_of(app)
    assert "drawing 3 speakers" in said and "1 clips without a reference" in said
    assert f"{NASTY}: 1" in [each.value for each in app.text], "as text, never as markup"
    assert all(NASTY not in each.value for each in (*app.caption, *app.markdown))
    assert "Only the clips that the filters" not in said
    assert "Only the clips that the filters" in text_of(opened(tab="truth", q="wav"))


def test_a_likely_label_error_is_set_right_and_the_decision_undone(filled: None) -> None:
    app = opened(tab="truth")
    table = next(each for each in app.dataframe if "suggested" in each.value)
    assert list(table.value["suggested"]) == ["😠 Angry"] and list(table.value["source"]) == [f"{NASTY} 30.wav"]
    assert app.button(key="truth-accept").disabled
    app.session_state[table.key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run().button(key="truth-accept").click().run()
    assert not app.exception and library().get(key(30)).reference == "angry" and CHECKED in library().get(key(30)).tags
    assert {metric.label: metric.value for metric in app.metric}["Weighted accuracy"] == "100.0 %"
    assert "No reference is likely wrong." in text_of(app)
    app.button(key="truth-undo").click().run()
    assert library().get(key(30)).reference == "sad" and CHECKED not in library().get(key(30)).tags
    assert any("suggested" in each.value for each in app.dataframe)


def test_a_chosen_cell_lists_its_clips(filled: None) -> None:
    app = opened(tab="truth")
    app.session_state["truth-confusion"] = {"selection": {"points": [{"customdata": [2, 0]}], "point_indices": [6]}}
    app.run()
    assert "**Reference 😢 Sad, verdict 😠 Angry**: 1 clips" in text_of(app)
    table = next(each for each in app.dataframe if set(each.value) == {"sound", "confidence", "speaker", "source"})
    assert list(table.value["source"]) == [f"{NASTY} 30.wav"]


def test_without_references_it_says_what_to_do(house: House) -> None:
    library().put([sure(1, "sad", None)])
    assert "None of these clips has a reference" in text_of(opened(tab="truth"))
    library().put([sure(2, "sad", "fearful")])
    assert "No reference of these clips is a label" in text_of(opened(tab="truth"))
