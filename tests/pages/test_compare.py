"""The compare page: clips come, are measured and linked; groups of the library; nothing from outside is markup."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.audio.opus import opus_bytes
from core.library import Entry
from core.results import Analysis, Waveform
from dashboard import resources
from dashboard.state import Session
from tests import sounds
from tests.pages.conftest import MAIN, House, html_of, run_until

NASTY = "**b** <img src=x onerror=alert(1)>.wav"


def opened(**parameters: str) -> AppTest:
    """The compare page, by a link."""
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["lang"] = "en"
    app.run()
    for name, value in parameters.items():
        app.query_params[name] = value
    app.switch_page("../pages/compare.py").run()
    assert not app.exception
    return app


def session_of(app: AppTest) -> Session:
    found: Session = app.session_state["emoscope_session"]
    return found


def upload(app: AppTest, *names: str) -> AppTest:
    for n, name in enumerate(names):
        app.file_uploader[0].upload(name, sounds.wav(sounds.voice(1.2, pitch_hz=110.0 + 25 * n)), "audio/wav")
    return app


def cards(app: AppTest) -> list[str]:
    return [body for body in html_of(app) if 'class="emoscope-side"' in body]


def shown(app: AppTest) -> str:
    return "\n".join(str(each.value) for kind in (app.markdown, app.caption, app.text) for each in kind)


def is_measured(app: AppTest) -> bool:
    return len(cards(app)) > 1 and all("noise (" in card or "reference" in card for card in cards(app))


@pytest.fixture
def compared(house: House) -> AppTest:
    """The page with three uploads, measured."""
    return run_until(upload(opened(), "one.wav", NASTY, "three.wav"), is_measured)


def test_it_asks_for_clips_and_then_for_a_second_one(house: House) -> None:
    app = opened()
    assert "two to eight clips" in shown(app) and not cards(app)
    run_until(upload(app, "one.wav"), lambda found: "one more clip" in shown(found))
    assert not cards(app)


def test_each_clip_has_a_card_that_says_whether_it_differs_by_more_than_noise(compared: AppTest) -> None:
    assert [card.split('data-letter="')[1][0] for card in cards(compared)] == ["A", "B", "C"]
    assert "The reference" in cards(compared)[0]
    assert all("ΔJS" in card and "to A" in card for card in cards(compared)[1:])
    assert NASTY in [each.value for each in compared.text] and not any("<img" in body for body in html_of(compared))


def test_the_link_holds_clips_reference_and_view_and_another_tab_finds_them(compared: AppTest) -> None:
    state = session_of(compared).compared
    state.clips = state.clips[::-1]
    state.reference = state.clips[2]
    compared.run()
    link = {name: str(value) for name, value in compared.query_params.items()}
    assert link["clips"].split(",") == state.clips and link["ref"] == "3"
    other = run_until(opened(**link | {"axis": "percent", "scores": "radar"}), is_measured)
    assert session_of(other).compared.clips == state.clips
    assert "The reference" in cards(other)[2] and session_of(other).compared.view.axis == "percent"


def test_a_clip_of_a_link_that_is_gone_is_named(house: House) -> None:
    app = opened(clips=f"{'0' * 32},L{'1' * 64},Lnothing")
    said = shown(app)
    assert "A (00000000…)" in said and "111111111111…" in said and "Lnothing" not in said
    assert "no longer on this server" in said


def test_another_axis_and_drawing_are_kept_and_the_region_goes_with_its_unit(compared: AppTest) -> None:
    session = session_of(compared)
    session.compared.view = replace(session.compared.view, region=(0.2, 0.8))
    control(compared, "compare-axis").set_value("aligned").run()
    assert session.compared.view.axis == "aligned" and session.compared.view.region is None
    assert compared.query_params["axis"] == "aligned"
    control(compared, "compare-draw").set_value("difference").run()
    assert session.compared.view.draw == "difference" and not compared.exception
    assert len(compared.get("plotly_chart")) >= 5  # curves, sounds, paths, scores, correlations, pairs


def control(app: AppTest, key: str) -> Any:
    return next(each for each in app.get("button_group") if each.key is not None and each.key.startswith(key))


def test_eight_are_compared_and_the_ninth_is_left_out_with_a_word(house: House) -> None:
    app = run_until(upload(opened(), *(f"{n}.wav" for n in range(9))), lambda found: len(cards(found)) == 8)
    assert "holds 8 clips; 1 were left out" in shown(app)
    assert len(session_of(app).clips) == 9


def test_a_clip_can_be_taken_out_and_the_others_are_not_measured_again(compared: AppTest, house: House) -> None:
    calls = house.calls
    state = session_of(compared).compared
    field(compared).set_value(state.clips[:2]).run()
    assert len(cards(compared)) == 2 and is_measured(compared) and house.calls == calls


def test_a_browser_that_has_not_heard_of_a_clip_takes_it_out_by_no_word_of_its_own(house: House) -> None:
    app = run_until(upload(opened(), "one.wav"), lambda found: "one more clip" in shown(found))
    lagging = app._tree.get_widget_states()  # what a browser says that was last drawn now
    run_until(upload(app, "two.wav", "three.wav"), lambda found: len(cards(found)) == 3)
    all_three = list(session_of(app).compared.clips)
    app._run(lagging)
    assert session_of(app).compared.clips == all_three
    assert len(cards(app)) == 3 and field(app).value == all_three


def test_a_clip_taken_out_of_an_older_list_is_out_and_what_came_since_stays(house: House) -> None:
    app = run_until(upload(opened(), "one.wav"), lambda found: "one more clip" in shown(found))
    first = session_of(app).compared.clips[0]
    field(app).set_value([])
    lagging = app._tree.get_widget_states()
    field(app).set_value([first])
    run_until(upload(app, "two.wav", "three.wav"), lambda found: len(cards(found)) == 3)
    others = session_of(app).compared.clips[1:]
    for _ in range(2):  # a browser says it until it has heard
        app._run(lagging)
        assert session_of(app).compared.clips == others


def test_clips_of_one_name_are_taken_out_each_by_itself(house: House) -> None:
    app = run_until(upload(opened(), "take.wav", "take.wav", "other.wav"), is_measured)
    first, second, _ = session_of(app).compared.clips
    assert field(app).options == ["take.wav", "take.wav (2)", "other.wav"]
    field(app).set_value([first, second]).run()
    assert session_of(app).compared.clips == [first, second]
    field(app).set_value([first]).run()
    assert session_of(app).compared.clips == [first]


def field(app: AppTest) -> Any:
    return next(each for each in app.multiselect if (each.key or "").startswith("compare-choice"))


@pytest.fixture
def library(house: House, make_analysis: Callable[..., Analysis], waveform: Waveform) -> list[str]:
    """Twelve clips of six speakers in the house's library; their keys."""
    entries = [
        Entry(
            f"{n:064x}", make_analysis(waveform, seed=n), f"folder/clip {n:02d}.wav", speaker=f"S{n % 6}",
            metadata={"half": "late" if n >= 6 else "early"}, sound=opus_bytes(waveform),
        )
        for n in range(12)
    ]  # fmt: skip
    resources.services().catalogue.library().put(entries)
    return [entry.key for entry in entries]


def test_clips_of_the_library_are_found_and_linked_by_their_keys(house: House, library: list[str]) -> None:
    app = opened()
    app.text_input(key="compare-search").set_value("clip 0").run()
    table = app.dataframe[0]
    assert list(table.value.iloc[:, 0])[:2] == ["folder/clip 00.wav", "folder/clip 01.wav"]
    app.session_state[table.key] = {"selection": {"rows": [0, 1], "columns": [], "cells": []}}
    app.run()
    next(each for each in app.button if each.key == "compare-add").click()
    run_until(app, lambda found: len(cards(found)) == 2)
    assert app.query_params["clips"] == f"L{library[0]},L{library[1]}"
    again = run_until(opened(clips=str(app.query_params["clips"])), lambda found: len(cards(found)) == 2)
    assert "folder/clip 00.wav" in shown(again)


def test_what_was_picked_on_another_page_becomes_the_comparison(compared: AppTest, library: list[str]) -> None:
    session_of(compared).picked = library[3:5]
    run_until(compared, lambda found: len(cards(found)) == 2)
    assert [clip.name for clip in session_of(compared).clips if clip.id in session_of(compared).compared.clips] == [
        "folder/clip 03.wav", "folder/clip 04.wav",
    ]  # fmt: skip
    assert session_of(compared).picked == []


def test_groups_by_a_filter_in_the_link_are_compared_and_said_in_a_sentence(house: House, library: list[str]) -> None:
    app = opened(**{"part": "groups", "a.meta": "half=early", "b.meta": "half=late"})
    run_until(app, lambda found: "6 speakers who are in both groups" in shown(found))
    assert "early" in shown(app) and "late" in shown(app) and not app.exception
    table = app.dataframe[-1].value
    assert len(table) >= 7 and "Cliff's δ" in table.columns
    assert app.query_params["a.meta"] == "half=early"


def test_an_empty_library_says_what_to_do_for_groups(house: House) -> None:
    app = opened(part="groups")
    assert "The library is empty" in app.info[0].value
