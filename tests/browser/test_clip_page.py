"""What a person sees and does on the clip page, in Chromium, against the command line's answer on the same file."""

import io
import json
import re
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from core.emotions import emotion
from dashboard.examples import EXAMPLES
from tests import sounds
from tests.browser.conftest import PATIENCE_MS
from tests.serving import ROOT, serve

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}}
NASTY_NAME = "![x](http:evil) **b** <img src=x onerror=alert(1)> $x$ :material_home: www.evil.example.wav"


@cache
def command_line(clip: Path) -> dict[str, Any]:
    """What `emoscope analyze --json` says of a clip."""
    command = [sys.executable, "-m", "core.cli", "analyze", "--json", "--checkpoint", "bundled", str(clip)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=120)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def upload(page: Page, *files: Path | dict[str, Any]) -> None:
    page.locator('[data-testid="stFileUploader"] input[type=file]').set_input_files(list(files))


def card(page: Page) -> Locator:
    return page.locator(".emoscope-verdict")


def assert_verdict(page: Page, expected: dict[str, Any]) -> None:
    """The card shows the label in both languages, and the confidence as written and in full; or both candidates'."""
    found = emotion(expected["label"])
    expect(card(page)).to_have_attribute("data-label", found.key, timeout=PATIENCE_MS)
    unsure = expected["unsure"]
    expect(card(page)).to_have_attribute("data-unsure", str(unsure).lower())
    shown = card(page).inner_text()
    for each in [emotion(entry["label"]) for entry in expected["candidates"]] if unsure else [found]:
        assert each.emoji in shown and each.chinese in shown and each.english.capitalize() in shown
    percent = re.search(r"([\d.]+) %", card(page).locator(".candidates" if unsure else ".confidence").inner_text())
    assert percent is not None and float(percent[1]) == pytest.approx(100 * expected["confidence"], abs=0.06)
    in_full = float(card(page).get_attribute("data-confidence") or "nan")
    assert in_full == pytest.approx(expected["confidence"], abs=1e-4)


def test_the_status_line_says_ready_without_a_click(page: Page) -> None:
    line = page.locator('.emoscope-status[data-state="ready"]')
    expect(line).to_be_visible()
    expect(line).to_contain_text(
        re.compile(r"Ready.*EmoScope bundled.*(CPU|CUDA), \d+ threads.*float32.*MB.*\d s", re.S)
    )
    expect(page.get_by_role("heading", level=1)).to_have_text("What does this voice feel?")


def test_an_uploaded_voice_gets_the_command_lines_verdict(page: Page, voice: Path) -> None:
    upload(page, voice)
    expected = command_line(voice)
    assert_verdict(page, expected)
    bars = page.locator(".st-key-scores .js-plotly-plot")
    expect(bars).to_contain_text(f"{100 * expected['confidence']:.1f} %")
    for entry in expected["secondary"]:
        expect(card(page)).to_contain_text(
            f"{emotion(entry['label']).english.capitalize()} {100 * entry['score']:.1f} %"
        )
    expect(bars.get_by_text("this checkpoint cannot say it")).to_have_count(len(expected["unsayable"]))
    seconds = page.locator('[data-testid="stAudio"]').evaluate(
        "async a => { while (!a.duration) await new Promise(r => setTimeout(r, 50)); return a.duration }"
    )
    assert seconds == pytest.approx(expected["duration_s"], abs=0.01)


def test_an_example_is_one_click_and_is_called_synthetic(page: Page) -> None:
    example = next(example for example in EXAMPLES if example.key == "turning")
    page.get_by_role("button", name="From calm to lively").click()
    assert_verdict(page, command_line(example.path))
    expect(page.locator(".st-key-verdict-clip")).to_contain_text("synthetic voice")


def test_a_bad_file_is_one_error_and_the_good_one_beside_it_goes_on(page: Page, voice: Path, tmp_path: Path) -> None:
    bad = tmp_path / "notes.wav"
    bad.write_text("these are notes, not a sound\n" * 40)
    upload(page, bad, voice)
    assert_verdict(page, command_line(voice))
    notice = page.locator('[class*="st-key-notice-error"]')
    expect(notice).to_have_count(1)
    expect(notice).to_contain_text("'notes.wav' is not a sound file")


def test_several_files_are_each_taken_once_while_a_long_one_is_still_heard(page: Page, voice: Path) -> None:
    names = ["one.wav", "two.wav", "three.wav", "long.wav"]
    files = [{"name": name, "mimeType": "audio/wav", "buffer": voice.read_bytes()} for name in names[:3]]
    long = {"name": names[3], "mimeType": "audio/wav", "buffer": sounds.wav(sounds.voice(65.0))}
    upload(page, *files, long)
    expect(page.get_by_role("heading", name="4 clips")).to_be_visible(timeout=PATIENCE_MS)
    rows = page.locator('[class*="st-key-clip-row-"]')
    for row, name in zip(rows.all(), names, strict=True):
        expect(row).to_contain_text(name)
    rows.filter(has_text="long.wav").get_by_role("button").first.click()
    expect(card(page)).to_contain_text("The mean over a recording of 1:05, heard in 3 windows")


def test_names_are_shown_as_they_are(page: Page, voice: Path) -> None:
    sound = {"name": NASTY_NAME, "mimeType": "audio/ogg", "buffer": voice.read_bytes()}
    noise = {"name": NASTY_NAME, "mimeType": "audio/ogg", "buffer": b"not a sound " * 40}
    upload(page, sound, noise)
    expect(card(page)).to_be_visible()
    expect(page.get_by_text(NASTY_NAME, exact=True)).to_be_visible()
    expect(page.locator('[class*="st-key-notice-error"]')).to_contain_text(f"'{NASTY_NAME}' is not a sound file")
    main = page.locator('[data-testid="stMainBlockContainer"]')
    for markup in ('img[src="x"]', 'a[href*="evil"]', ".katex", "strong:has-text('b')"):
        expect(main.locator(markup)).to_have_count(0)


def test_chinese_is_one_click_keeps_the_result_and_stays_in_the_link(page: Page, voice: Path) -> None:
    upload(page, voice)
    expected = command_line(voice)
    assert_verdict(page, expected)
    page.locator(".st-key-language").get_by_text("中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("这段声音，是什么情绪？")
    said = "不确定" if expected["unsure"] else emotion(expected["label"]).chinese
    expect(card(page).locator(".label")).to_have_text(said)
    expect(page.locator(".emoscope-status b")).to_have_text("就绪")
    page.wait_for_url("**/?lang=zh")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("这段声音，是什么情绪？")


def test_frame_granularity_draws_the_curve_without_listening_again(page: Page, voice: Path) -> None:
    upload(page, voice)
    assert_verdict(page, command_line(voice))
    page.locator(".st-key-granularity").get_by_role("radio", name="Frame").click()
    curves = page.locator(".st-key-curves .js-plotly-plot")
    expect(curves).to_contain_text("Time (s)")
    expect(curves).to_contain_text("Probability (%)")
    expect(curves.locator(".scatterlayer .trace").first).to_be_visible()
    expect(page.get_by_role("button", name="frames.csv")).to_be_visible()


def test_everything_can_be_taken_home(page: Page, voice: Path) -> None:
    upload(page, voice)
    expected = command_line(voice)
    assert_verdict(page, expected)
    with page.expect_download() as taken:
        page.get_by_role("button", name="Everything (zip)").click()
    archive = zipfile.ZipFile(io.BytesIO(taken.value.path().read_bytes()))
    assert sorted(archive.namelist()) == ["embedding.npy", "processed_audio.wav", "result.json"]
    result = json.loads(archive.read("result.json"))
    assert result["label"] == expected["label"] and result["sha256"] == expected["sha256"]


def test_the_model_page_shows_what_is_loaded(page: Page) -> None:
    expect(page.locator('.emoscope-status[data-state="ready"]')).to_be_visible()
    page.get_by_role("link", name="Model").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The model")
    expect(page.locator(".st-key-engine-facts")).to_contain_text("EmoScope bundled")
    expect(page.locator(".st-key-waterfall .js-plotly-plot")).to_contain_text("Read the weights")
    expect(page.locator('.emoscope-status[data-state="ready"]')).to_be_visible()


@pytest.mark.parametrize("page", [PHONE], indirect=True, ids=["phone"])
def test_on_a_phone_nothing_sticks_out_sideways(page: Page) -> None:
    page.get_by_role("button", name="From calm to lively").click()
    expect(card(page)).to_be_visible()
    expect(page.locator(".st-key-sound .js-plotly-plot .main-svg").first).to_be_visible()
    wide = page.evaluate(
        """[...document.querySelectorAll('[data-testid="stMainBlockContainer"] *')]
           .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && e.checkVisibility())
           .map(e => e.className.toString())"""
    )
    assert wide == [] and page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_visitor_who_comes_before_the_model_needs_no_second_click(chromium: Any, voice: Path, tmp_path: Path) -> None:
    """The page is open as soon as the server answers; the clip put in meanwhile gets its verdict by itself."""
    with serve(tmp_path, EMOSCOPE_CHECKPOINT="bundled") as early:
        early.wait_until_alive()
        page = chromium.new_page()
        page.goto(early.url)
        upload(page, voice)
        assert_verdict(page, command_line(voice))
        expect(page.locator('.emoscope-status[data-state="ready"]')).to_be_visible()
        assert early.get("/readyz")[1]["loads"] == 1
        page.close()
