"""The library page: uploads become a batch, clips are found, changed, deleted and brought back, links say it all."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.audio.opus import opus_bytes
from core.library import Entry, Failure, Library, Query
from core.results import Analysis, Waveform
from dashboard import resources
from dashboard.jobs import Job, JobState
from tests import sounds
from tests.pages.conftest import MAIN, House, run_until

NASTY = "../../**b** <img src=x onerror=alert(1)>\n$x$.wav"
Fill = Callable[..., list[str]]


@pytest.fixture
def fill(house: House, analysis: Analysis, waveform: Waveform) -> Fill:
    """Puts clips into the house's library; their keys."""

    def put(count: int, **fields: Any) -> list[str]:
        entries = [
            Entry(
                f"{n:064x}", analysis, f"folder/clip {n:03d}.wav", speaker="AB"[n % 2], sound=opus_bytes(waveform),
                metadata={"corpus": "one" if n % 3 else "two"},
            )
            for n in range(count)
        ]  # fmt: skip
        library().put([replace(entry, **fields) for entry in entries])
        return [entry.key for entry in entries]

    return put


def library() -> Library:
    return resources.services().catalogue.library()


def opened(**parameters: str | list[str]) -> AppTest:
    """The library page, by a link."""
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["lang"] = str(parameters.get("lang", "en"))
    app.run()
    for name, value in parameters.items():
        app.query_params[name] = value
    app.switch_page("../pages/library.py").run()
    assert not app.exception
    return app


def names(app: AppTest) -> list[str]:
    """What the table shows."""
    return list(app.dataframe[0].value["source"]) if len(app.dataframe) else []


def select(app: AppTest, *rows: int) -> AppTest:
    key = app.dataframe[0].key or ""
    app.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return app.run()


def button(app: AppTest, key: str) -> Any:
    return next(each for each in app.button if (each.key or "").startswith(key))


def shown(app: AppTest) -> str:
    """All sentences on the page."""
    return "\n".join(str(each.value) for kind in (app.markdown, app.caption, app.text, app.info) for each in kind)


def parameters(app: AppTest) -> dict[str, list[str]]:
    found = {name: app.query_params[name] for name in app.query_params}
    return {name: [value] if isinstance(value, str) else list(value) for name, value in found.items()}


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    uploader = next(each for each in app.file_uploader if (each.key or "").startswith("batch-files"))
    uploader.set_value([(name, data, "audio/wav") for name, data in files])
    return app.run()


def the_job(app: AppTest) -> Job:
    job = resources.services().jobs.find(parameters(app)["job"][0])
    assert job is not None
    return job


def voice(pitch_hz: float) -> bytes:
    return sounds.wav(sounds.voice(1.0, pitch_hz=pitch_hz))


def test_an_empty_library_says_what_to_do_and_offers_the_way_in(house: House) -> None:
    app = opened()
    assert "still empty: add clips below" in shown(app)
    assert app.file_uploader[0].label == "Recordings, or zips of them"
    assert button(app, "batch-begin").disabled


def test_uploads_are_kept_on_disk_and_their_batch_goes_on_under_its_own_address(house: House) -> None:
    app = upload(opened(), ("a.wav", voice(100)), (NASTY, voice(120)), ("notes.wav", b"no sound " * 50))
    assert any("Files that have come: 3," in each.label for each in app.expander)
    button(app, "batch-begin").click()
    app.run()
    job = the_job(app)
    assert job.wait(60) and job.state is JobState.DONE
    other = opened(job=job.id)  # another tab, with nothing but the address
    assert "3 of 3 clips · 1 failed" in shown(other)
    failed = other.dataframe[0].value
    assert list(failed["source"]) == ["notes.wav"] and "is not a sound file" in failed["error"][0]
    assert names_in_library() == ["../../**b** <img src=x onerror=alert(1)>\\n$x$.wav", "a.wav"]
    assert house.calls >= 1 and len(house.engines) == 1


def names_in_library() -> list[str]:
    found: list[str] = library().rows(Query(order="source"), columns=["source"]).column("source").to_pylist()
    return found


def test_the_job_of_an_address_that_is_not_known_is_said_in_one_sentence(house: House) -> None:
    for job_id in ("f" * 32, "<b>"):
        app = opened(job=job_id)
        assert "This server does not know the job of this address" in shown(app)
        assert "job" not in parameters(app)


def test_failed_files_are_tried_again_and_a_stopped_batch_goes_on(house: House) -> None:
    app = upload(opened(), ("notes.wav", b"no sound " * 50))
    button(app, "batch-begin").click()
    app.run()
    job = the_job(app)
    assert job.wait(60)
    app = opened(job=job.id)
    button(app, "job-retry").click()
    app.run()
    assert job.wait(60) and job.result.progress.total == 1
    app = opened(job=job.id)
    assert button(app, "job-retry").label == "Try the failed ones again"
    button(app, "job-close").click()
    assert "job" not in parameters(app.run())


def test_a_csv_that_cannot_be_used_is_refused_and_what_came_stays(house: House) -> None:
    app = upload(opened(), ("a.wav", voice(100)))
    next(each for each in app.file_uploader if (each.key or "").startswith("batch-metadata")).set_value(
        ("meta.csv", b"a,b\n1,2\n", "text/csv")
    )
    app.run()
    button(app, "batch-begin").click()
    app.run()
    assert "has no column for the clips' files" in shown(app)
    assert any("Files that have come: 1," in each.label for each in app.expander)


def test_clips_are_listed_the_newest_first_with_what_is_known_of_them(fill: Fill) -> None:
    fill(3)
    app = opened()
    assert sorted(names(app)) == [f"folder/clip {n:03d}.wav" for n in range(3)]
    assert "Clips: 3 · " in shown(app) and "**All clips (3)**" in shown(app)


def test_filters_ask_the_library_and_stand_in_the_link(fill: Fill) -> None:
    fill(6)
    app = opened()
    app.text_input(key="library-text-0").set_value("clip 00")
    app.multiselect(key="library-speakers-0").set_value(["A"])
    app.run()
    assert sorted(names(app)) == ["folder/clip 000.wav", "folder/clip 002.wav", "folder/clip 004.wav"]
    assert parameters(app) == {"lang": ["en"], "q": ["clip 00"], "speaker": ["A"]}
    again = opened(**parameters(app), meta="corpus=one")
    assert sorted(names(again)) == ["folder/clip 002.wav", "folder/clip 004.wav"]
    button(again, "library-clear").click()
    assert len(names(again.run())) == 6
    assert parameters(again) == {"lang": ["en"]}


def test_a_filter_that_finds_nothing_says_so(fill: Fill) -> None:
    fill(2)
    assert "No clip fits these filters" in shown(opened(q="nothing like that"))
    assert "No clip fits these filters" in shown(opened(meta="corpus=one", q="' OR 1=1 --"))


def test_pages_hold_a_part_of_the_clips_and_have_their_own_link(fill: Fill) -> None:
    fill(60)
    app = opened(order="source", falling="off", rows="25")
    assert names(app)[0] == "folder/clip 000.wav" and len(names(app)) == 25
    app.pagination[0].select(3)
    app.run()
    assert names(app) == [f"folder/clip {n:03d}.wav" for n in range(50, 60)]
    assert parameters(app)["page"] == ["3"] and "51 – 60 of 60" in shown(app)
    assert len(names(opened(page="99"))) == 10  # the last one there is


def test_selected_clips_are_tagged_and_given_a_speaker(fill: Fill) -> None:
    keys = fill(3)
    app = select(opened(order="source", falling="off"), 0, 2)
    assert "**2 selected**" in shown(app)
    app.multiselect(key="library-add-0").set_value(["checked", "<b>"])
    app.text_input(key="library-speaker-0").set_value("Zoe")
    app.selectbox(key="library-reference-0").set_value("sad")
    button(app, "library-apply").click()
    app.run()
    assert not app.exception and "2 changed." in shown(app)
    found = {row["key"]: row for row in library().rows(Query()).to_pylist()}
    assert [found[key]["tags"] for key in keys] == [["<b>", "checked"], [], ["<b>", "checked"]]
    assert [found[key]["speaker"] for key in keys] == ["Zoe", "B", "Zoe"]
    assert [found[key]["reference"] for key in keys] == ["sad", None, "sad"]


def test_cells_are_edited_and_saved_together(fill: Fill) -> None:
    keys = fill(2)
    app = opened(order="source", falling="off")
    button(app, "library-edit-cells").click()
    app.run()
    editor = app.data_editor[0]
    app.session_state[editor.key or ""] = {"edited_rows": {1: {"speaker": "Zoe", "tags": ["x"]}}, "added_rows": [],
                                     "deleted_rows": []}  # fmt: skip
    app.run()
    assert library().get(keys[1]).speaker == "B"  # not yet
    button(app, "library-save").click()
    app.run()
    assert (library().get(keys[1]).speaker, library().get(keys[1]).tags) == ("Zoe", ("x",))
    assert library().get(keys[0]).speaker == "A"
    assert "1 changed." in shown(app)


def test_deleted_clips_are_taken_back_at_once_or_later(fill: Fill) -> None:
    fill(3)
    app = select(opened(order="source", falling="off"), 1)
    button(app, "library-delete-yes").click()
    app.run()
    assert names(app) == ["folder/clip 000.wav", "folder/clip 002.wav"] and "1 deleted." in shown(app)
    button(app, "library-undo").click()
    app.run()
    assert len(names(app)) == 3
    select(app, 0)
    button(app, "library-delete-yes").click()
    app.run()
    later = opened(deleted="on")
    assert names(later) == ["folder/clip 000.wav"]
    button(later, "library-restore").click()
    later.run()
    assert library().count() == 3


def test_a_second_click_reaches_no_other_clips_than_the_first(fill: Fill) -> None:
    fill(3)
    app = select(opened(order="source", falling="off"), 1)
    app.text_input(key="library-speaker-0").set_value("Ada")
    button(app, "library-apply").click()
    twice = app._tree.get_widget_states()  # what a browser says that has not drawn what came of the first click
    app.run()
    app._run(twice)
    assert library().facets()["speaker"]["Ada"] == 1
    select(app, 1)
    button(app, "library-delete-yes").click()
    twice = app._tree.get_widget_states()
    app.run()
    app._run(twice)
    assert names(app) == ["folder/clip 000.wav", "folder/clip 002.wav"] and library().count() == 2


def test_very_many_clips_are_changed_in_a_job(fill: Fill, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard.components import library_selection

    monkeypatch.setattr(library_selection, "EDIT_AT_ONCE", 2)
    fill(3)
    app = opened()
    app.multiselect(key="library-add-0").set_value(["all"])
    button(app, "library-apply").click()
    app.run()
    assert "3 clips are being worked on; see Jobs." in shown(app)
    assert all(job.wait(30) for job in resources.services().jobs.all())
    assert library().count(Query(tags=("all",))) == 3
    button(app, "library-delete-yes").click()
    app.run()
    assert all(job.wait(30) for job in resources.services().jobs.all())
    assert library().count() == 0 and library().count(Query(deleted=True)) == 3


def test_deleted_clips_are_removed_for_good_only_when_asked(fill: Fill) -> None:
    keys = fill(2)
    library().delete(keys[:1])
    app = opened(deleted="on")
    button(app, "library-compact").click()
    app.run()
    assert all(job.wait(30) for job in resources.services().jobs.all())
    assert library().count(Query(deleted=True)) == 0 and library().count() == 1


def test_a_clip_of_the_library_opens_in_the_timeline_without_being_heard_again(house: House) -> None:
    app = upload(opened(), ("a.wav", voice(100)))
    button(app, "batch-begin").click()
    app.run()
    assert the_job(app).wait(60)
    calls = house.calls
    app = select(opened(), 0)
    button(app, "library-timeline").click()
    app = run_until(app, lambda app: any(each.value == "a.wav" for each in app.text) and bool(app.get("plotly_chart")))
    assert not app.exception and house.calls == calls
    assert any("In the library" in each.proto.body for each in app.get("markdown"))


def test_files_that_are_no_clips_are_listed_as_text(fill: Fill) -> None:
    fill(1)
    library().put_failures([Failure("<b>bad</b>.wav", "It is **not** a sound.")])
    app = opened(tab="failures")
    table = app.dataframe[0].value
    assert list(table["source"]) == ["<b>bad</b>.wav"] and list(table["error"]) == ["It is **not** a sound."]
    button(app, "library-forget").click()
    assert "Every file that came was a clip" in shown(app.run())


def test_a_selection_is_downloaded_as_it_was_found(fill: Fill) -> None:
    from dashboard.exporting import selection

    keys = fill(3)
    made = selection(library(), Query(keys=tuple(keys), order="source"), "audiofolder")
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert len(archive.namelist()) == 4
    lines = selection(library(), Query(speakers=("A",), order="source"), "jsonl").splitlines()
    assert [json.loads(line)["source"] for line in lines] == ["folder/clip 000.wav", "folder/clip 002.wav"]
    app = opened()
    assert any(each.label == "Download (3)" for each in app.download_button)


def test_a_large_export_is_a_job_with_a_file(fill: Fill, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard.components import library_selection

    monkeypatch.setattr(library_selection, "AT_ONCE", 2)
    fill(3)
    app = opened()
    button(app, "library-make").click()
    app.run()
    job = the_job(app)
    assert job.wait(30) and job.state is JobState.DONE and job.result.count == 3
    app = opened(job=job.id)
    assert [each.proto.url for each in app.get("link_button")] == [f"/api/v1/jobs/{job.id}/file"]


def test_two_sessions_see_each_others_clips_but_not_each_others_jobs(house: House) -> None:
    first, second = opened(), opened()
    for app, name, pitch in ((first, "first.wav", 100.0), (second, "second.wav", 130.0)):
        upload(app, (name, voice(pitch)))
        button(app, "batch-begin").click()
        app.run()
    assert the_job(first).wait(60) and the_job(second).wait(60)
    assert names_in_library() == ["first.wav", "second.wav"]
    assert the_job(first).id != the_job(second).id
    jobs = opened(tab="jobs")
    assert "This tab has begun nothing yet" in shown(jobs) and "first.wav" not in shown(jobs)


def test_an_analysed_clip_is_kept_from_the_clip_page(house: House) -> None:
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.run()
    app.file_uploader[0].upload(NASTY, voice(140), "audio/wav")
    run_until(app, lambda app: any(each.key == "library-keep" for each in app.button))
    button(app, "library-keep").click()
    app.run()
    assert not app.exception and names_in_library() == ["**b** <img src=x onerror=alert(1)> $x$.wav"]
    entry = library().get(library().rows(Query()).column("key")[0].as_py())
    assert entry.sound.startswith(b"OggS")
    run_until(app, lambda app: not any(each.key == "library-keep" for each in app.button))


def test_a_library_that_cannot_be_opened_is_one_sentence(house: House, tmp_path: Path) -> None:
    (tmp_path / "library").write_text("no folder")
    assert "cannot be opened" in shown(opened())


def test_the_page_speaks_chinese(fill: Fill) -> None:
    fill(2)
    app = opened(lang="zh")
    assert [each.value for each in app.title] == ["资料库"] and "全部 2 段音频" in shown(app)
