"""The clip page: what comes in gets its verdict, whatever comes with it, and nothing is computed twice."""

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.analysis import analyze
from core.calibration import write_calibration
from core.emotions import NOT_NAMED, emotion
from core.results import Analysis, Calibration
from dashboard import resources
from dashboard.examples import EXAMPLES, Example
from tests import sounds
from tests.checkpoints import tiny_checkpoint
from tests.pages.conftest import MAIN, House, html_of, run_until, verdict_of

NASTY_NAMES = (
    "**bold** _it_ `code`.wav",
    "<script>alert(1)</script><img src=x onerror=alert(1)>.wav",
    "![](http:example.com) $x^2$ :material_home: :red[x] :smile:.wav",
    "# heading - list | table.wav",
)


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    """Put files into the uploader and let the page run until nothing is under way."""
    uploader = app.file_uploader[0]
    for name, data in files:
        uploader.upload(name, data, "audio/wav")
    return run_until(app, lambda app: not app.get("progress"))


def texts_of(app: AppTest) -> list[str]:
    return [element.value for element in app.text]


def assert_shows(app: AppTest, analysis: Analysis) -> None:
    card = verdict_of(app)
    found = emotion(analysis.label)
    assert f'data-label="{found.key}" data-confidence="{analysis.confidence:.6f}"' in card
    assert found.emoji in card and found.english.capitalize() in card and found.chinese in card
    assert f"<b>{100 * analysis.confidence:.1f} %</b>" in card
    for entry in analysis.secondary:
        assert f"{emotion(entry.label).english.capitalize()} <b>{100 * entry.score:.1f} %</b>" in card


def figures_of(app: AppTest) -> dict[str, dict[str, object]]:
    """Each Plotly figure on the page, by the name in its key."""
    charts = {element.proto.id.rsplit("-", 1)[-1]: element for element in app.get("plotly_chart")}
    return {name: json.loads(element.proto.spec) for name, element in charts.items()}


def test_an_empty_page_invites_and_shows_no_result(app: AppTest, house: House) -> None:
    app.run()
    assert not app.exception
    assert app.title[0].value == "What does this voice feel?"
    assert [button.label for button in app.button] == [
        "Even and calm", "High, quick and lively", "Low, slow and flat", "Loud and pressing", "From calm to lively",
        "Mandarin, lively",
    ]  # fmt: skip
    assert any("synthetic voices (espeak-ng)" in caption.value for caption in app.caption)
    assert verdict_of(app) == "" and not app.get("plotly_chart")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.key)
def test_an_example_gets_the_verdict_of_core_and_is_called_synthetic(
    app: AppTest, house: House, example: Example
) -> None:
    app.run()
    app.button(key=f"example-{example.key}").click()
    run_until(app, verdict_of)
    assert_shows(app, analyze(example.path, house.engines[0]))
    assert any("synthetic voice" in element.proto.body for element in app.get("markdown")), "a badge says so"


def test_an_upload_gets_the_verdict_of_core(app: AppTest, house: House, voice_wav: bytes) -> None:
    upload(app.run(), ("my voice.wav", voice_wav))
    expected = analyze(voice_wav, house.engines[0])
    assert_shows(app, expected)
    assert "my voice.wav" in texts_of(app)
    figures = figures_of(app)
    assert set(figures) == {"scores", "sound"}
    assert figures["scores"]["data"][0]["text"][0] == f"{100 * expected.confidence:.1f} %"
    assert figures["scores"]["data"][0]["text"][-1] == "<i>this checkpoint cannot say it</i>"
    log = app.code[0].value
    assert expected.sha256 in log and "score: 149 frames in 1 window" in log
    assert app.get("audio")


def test_a_recording_from_the_microphone_gets_its_verdict(app: AppTest, house: House, voice_wav: bytes) -> None:
    app.run()
    app.get("audio_input")[0].upload("audio.wav", voice_wav)
    run_until(app, verdict_of)
    assert_shows(app, analyze(voice_wav, house.engines[0]))
    assert "Recording 1.wav" in texts_of(app)


def test_a_bad_file_is_one_clear_error_and_the_good_ones_go_on(app: AppTest, house: House, voice_wav: bytes) -> None:
    other = sounds.wav(sounds.voice(2.0, pitch_hz=220))
    upload(app.run(), ("good.wav", voice_wav), ("bad.wav", b"not a sound " * 99), ("higher.wav", other))
    errors = [text for text in texts_of(app) if "bad.wav" in text]
    assert len(errors) == 1 and errors[0].startswith("'bad.wav' is not a sound file, or one that is not known here; ")
    assert app.subheader[0].value == "2 clips"
    assert_shows(app, analyze(voice_wav, house.engines[0]))
    rows = [button for button in app.button if button.key and button.key.startswith("select-")]
    assert len(rows) == 2
    rows[1].click()
    app.run()
    assert_shows(app, analyze(other, house.engines[0]))


def test_a_removed_clip_is_gone(app: AppTest, house: House, voice_wav: bytes) -> None:
    upload(app.run(), ("bad.wav", b"not a sound " * 99), ("good.wav", voice_wav))
    removers = [button for button in app.button if button.key and button.key.startswith("remove-")]
    removers[0].click()
    twice = app._tree.get_widget_states()
    app.run()
    app._run(twice)  # a second click, before the browser heard of the first one
    assert not app.exception
    assert not any("bad.wav" in text for text in texts_of(app))
    assert verdict_of(app)


@pytest.mark.parametrize("name", NASTY_NAMES)
def test_a_file_name_is_shown_as_it_is_and_never_as_markup(
    app: AppTest, house: House, voice_wav: bytes, name: str
) -> None:
    shown = name.rsplit("/", 1)[-1]
    upload(app.run(), (name, voice_wav), (name, b"not a sound " * 99))
    assert shown in texts_of(app), "literally, by st.text"
    drawn = [*html_of(app), *(element.proto.body for element in app.get("markdown"))]
    labels = [button.label for button in app.button] + [element.value for element in app.caption]
    assert not [body for body in [*drawn, *labels] if shown[:12] in body]


def test_neither_language_nor_granularity_computes_anything_again(app: AppTest, house: House, voice_wav: bytes) -> None:
    upload(app.run(), ("voice.wav", voice_wav))
    before = house.calls
    expected = analyze(voice_wav, house.engines[0].engine)
    app.get("button_group")[0].set_value("zh")
    app.run()
    card = verdict_of(app)
    assert f'<div class="label">{emotion(expected.label).chinese}</div>' in card and "置信度" in card
    assert app.title[0].value == "这段声音，是什么情绪？"
    assert app.query_params["lang"] == "zh"
    app.get("button_group")[1].set_value("frame")
    app.run()
    curves = figures_of(app)["curves"]
    assert curves["data"][0]["name"] == f"{emotion(expected.label).emoji} {emotion(expected.label).chinese}"
    assert curves["layout"]["xaxis"]["title"]["text"] == "时间（秒）"
    assert house.calls == before == 1


def test_a_link_in_chinese_opens_in_chinese(app: AppTest, house: House) -> None:
    app.query_params["lang"] = "zh"
    app.run()
    assert app.title[0].value == "这段声音，是什么情绪？"


def test_a_language_nobody_knows_falls_back_to_the_browsers(app: AppTest, house: House) -> None:
    app.query_params["lang"] = "../../etc"
    app.run()
    assert app.title[0].value == "What does this voice feel?"
    assert app.query_params["lang"] == "en"


def test_while_the_model_loads_the_page_says_so_and_keeps_what_comes(
    app: AppTest, slow_house: House, voice_wav: bytes
) -> None:
    app.run()
    assert any('data-state="importing"' in body and "Importing" in body for body in html_of(app))
    assert app.info[0].value.startswith("The model is still loading.")
    app.file_uploader[0].upload("early.wav", voice_wav, "audio/wav")
    run_until(app, lambda app: any("Waiting for the model" in bar.proto.text for bar in app.get("progress")))
    assert "early.wav" in texts_of(app) and verdict_of(app) == ""

    slow_house.may_load.set()
    run_until(app, verdict_of)
    assert_shows(app, analyze(voice_wav, slow_house.engines[0]))
    assert any('data-state="ready"' in body for body in html_of(app)) and not app.info


def test_when_the_model_fails_the_page_says_what_to_do_stays_usable_and_tries_again(
    app: AppTest, house: House, voice_wav: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "later"
    monkeypatch.setenv("EMOSCOPE_CHECKPOINT", str(folder))
    resources.services.clear()
    resources.services()
    house.wait_until_over()
    app.run()
    assert not app.exception
    assert f"The model is not loaded. There is no checkpoint '{folder}'" in next(
        t for t in texts_of(app) if "not loaded" in t
    )
    assert any('data-state="failed"' in body for body in html_of(app))
    app.file_uploader[0].upload("early.wav", voice_wav, "audio/wav")
    app.run()
    assert verdict_of(app) == ""

    tiny_checkpoint(folder)
    app.button(key="retry-loading").click()
    run_until(app, verdict_of)
    assert not [text for text in texts_of(app) if "not loaded" in text]


def test_another_checkpoint_is_loaded_beside_the_first_and_gives_its_own_verdict(
    app: AppTest, house: House, voice_wav: bytes
) -> None:
    models = resources.services().settings.models_dir
    tiny_checkpoint(models / "emotion2vec_plus_base", seed=5)
    upload(app.run(), ("voice.wav", voice_wav))
    assert_shows(app, analyze(voice_wav, house.engines[0].engine))
    app.selectbox(key="checkpoint").set_value("emotion2vec_plus_base")
    run_until(app, lambda app: len(house.engines) > 1 and not app.get("progress") and bool(verdict_of(app)))
    other = analyze(voice_wav, house.engines[1].engine)
    assert other.checkpoint.id == "emotion2vec_plus_base"
    assert_shows(app, other)
    assert any("emotion2vec+ base" in body for body in html_of(app))
    assert house.engines[0].calls == 1, "the clip was not listened to again with the first one"


def test_a_long_recording_is_called_a_mean_with_its_number_of_windows(app: AppTest, house: House) -> None:
    upload(app.run(), ("long.wav", sounds.wav(sounds.voice(65.0))))
    assert (
        "The mean over a recording of 1:05, heard in 3 windows: a long recording rarely has one emotion."
        in verdict_of(app)
    )


def test_results_are_saved_only_when_asked_and_are_those_on_screen(
    app: AppTest, house: House, voice_wav: bytes
) -> None:
    outputs = resources.services().settings.outputs_dir
    upload(app.run(), ("my voice.wav", voice_wav))
    assert not outputs.exists()
    app.button(key="save-outputs").click()
    app.run()
    (folder,) = outputs.iterdir()
    assert f"Saved as outputs/{folder.name}" in texts_of(app)
    assert sorted(path.name for path in folder.iterdir()) == ["embedding.npy", "processed_audio.wav", "result.json"]
    expected = analyze(voice_wav, house.engines[0])
    result = json.loads((folder / "result.json").read_text())
    assert result["label"] == expected.label
    np.testing.assert_array_equal(np.load(folder / "embedding.npy"), expected.embedding)
    assert app.button(key="save-outputs").disabled


def test_two_sessions_share_the_engine_but_not_their_clips(house: House, voice_wav: bytes) -> None:
    first, second = (AppTest.from_file(MAIN, default_timeout=60).run() for _ in range(2))
    upload(first, ("voice.wav", voice_wav))
    second.run()
    assert verdict_of(first) and not verdict_of(second)
    assert len(house.engines) == 1


def test_downloads_are_offered_for_what_is_on_screen(app: AppTest, house: House, voice_wav: bytes) -> None:
    upload(app.run(), ("voice.wav", voice_wav))
    assert [button.label for button in app.get("download_button")] == [
        "Everything (zip)",
        "result.json",
        "embedding.npy",
    ]
    app.get("button_group")[1].set_value("frame")
    app.run()
    assert [button.label for button in app.get("download_button")][-1] == "frames.csv"


def test_an_unsure_verdict_shows_two_candidates_and_no_verdict(
    app: AppTest, house: House, checkpoint: Path, tmp_path: Path, voice_wav: bytes
) -> None:
    folder = tiny_checkpoint(resources.services().settings.models_dir / "emotion2vec_plus_base", seed=3)
    write_calibration(folder, Calibration(temperature=1.5, unsure_below=1.0))
    upload(app.run(), ("voice.wav", voice_wav))
    assert 'data-unsure="false"' in verdict_of(app) and "uncalibrated" in verdict_of(app)
    app.selectbox(key="checkpoint").set_value("emotion2vec_plus_base")
    run_until(app, lambda page: 'data-unsure="true"' in verdict_of(page))
    expected = analyze(voice_wav, house.engines[-1])
    card = verdict_of(app)
    assert "Unsure" in card and "uncalibrated" not in card
    for entry in expected.ranking[:2]:
        assert f"<b>{emotion(entry.label).english.capitalize()}</b> {100 * entry.score:.1f} %" in card
    chips = card.split('class="chips"')[-1]
    assert not any(emotion(entry.label).english.capitalize() in chips for entry in expected.ranking[:2])


def test_other_and_unknown_can_be_left_out_without_listening_again(
    app: AppTest, house: House, voice_wav: bytes
) -> None:
    upload(app.run(), ("voice.wav", voice_wav))
    calls = house.calls
    app.toggle(key="drop-other").set_value(True).run()
    expected = analyze(voice_wav, house.engines[0]).without(NOT_NAMED)
    assert_shows(app, expected)
    assert "Left out: Other." in verdict_of(app), "this checkpoint cannot say `unknown` in the first place"
    assert house.calls == calls + 1, "the one call is this test's own"
