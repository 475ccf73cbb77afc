"""The library page in Chromium: a batch outlives its tab, and its clips are found, heard and opened elsewhere."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import sounds
from tests.browser.conftest import PATIENCE_MS
from tests.serving import Server

pytestmark = pytest.mark.browser
NASTY = "../<script>alert(1)</script> **b** <img src=x onerror=alert(1)> $x$\n.wav"
HEADER_PX, ROW_PX = 38, 35


def voices(count: int, prefix: str, first_hz: float) -> list[dict[str, Any]]:
    """Distinct synthetic voices, each a few seconds long."""
    return [
        {
            "name": f"{prefix} {n:02d}.wav",
            "mimeType": "audio/wav",
            "buffer": sounds.wav(sounds.voice(3.0, pitch_hz=first_hz + 4 * n)),
        }
        for n in range(count)
    ]


def add(page: Page, server: Server, files: list[dict[str, Any]]) -> None:
    """Bring files to the page and begin their batch; it is under way, or over, when its id is in the address."""
    page.goto(f"{server.url}/library?tab=add")
    page.locator(".st-key-batch-begin-0").wait_for(timeout=PATIENCE_MS)
    page.locator('[data-testid="stFileUploader"] input[type=file][multiple]').set_input_files(files)
    expect(page.get_by_text(f"Files that have come: {len(files)},")).to_be_visible()
    page.get_by_role("button", name="Analyse and keep").click()
    expect(page).to_have_url(re.compile(r"job=[0-9a-f]{32}"))


def table(page: Page) -> Locator:
    return page.locator('[data-testid="stDataFrame"]').first


def select_row(page: Page, row: int) -> None:
    """Click the box before a row; the table is a canvas."""
    table(page).scroll_into_view_if_needed()
    box = table(page).locator("canvas").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 16, box["y"] + HEADER_PX + ROW_PX * (row + 0.5))


def test_a_batch_outlives_its_tab_and_its_clips_are_found_and_opened(page: Page, server: Server) -> None:
    add(page, server, voices(20, "anna", 90.0))
    address, context = page.url, page.context
    page.close()
    page = context.new_page()
    page.goto(address)
    card = page.locator('[class*="st-key-job-linked-"]').first
    expect(card).to_contain_text("20 files, EmoScope bundled", timeout=PATIENCE_MS)
    expect(card).to_contain_text(re.compile(r"20 of 20 clips.*took"), timeout=PATIENCE_MS)
    expect(card).to_contain_text(re.compile(r"clips/s, \d+ × real time"))
    card.get_by_role("button", name="Show the newest clips").click()
    page.get_by_role("textbox", name="Search").fill("anna")
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-library-scope")).to_contain_text("20 found")
    expect(page).to_have_url(re.compile("q=anna"))
    select_row(page, 4)
    expect(page.locator(".st-key-library-scope")).to_contain_text("1 selected")
    seconds = page.locator(".st-key-library-scope audio").evaluate(
        "async a => { while (!a.duration) await new Promise(r => setTimeout(r, 50)); return a.duration }"
    )
    assert seconds == pytest.approx(3.0, abs=0.02)
    page.get_by_role("button", name="Open in Timeline").click()
    expect(page.locator(".st-key-timeline-chart .js-plotly-plot")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".st-key-timeline-name")).to_contain_text(re.compile(r"anna \d\d\.wav"))
    expect(page.locator(".st-key-timeline-name")).to_contain_text("In the library")


def test_hostile_names_are_text_and_two_people_batch_at_once(page: Page, chromium: Browser, server: Server) -> None:
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    files = voices(3, "bo", 200.0)
    files[0]["name"] = NASTY
    bad = {"name": "<b>bad</b>.wav", "mimeType": "audio/wav", "buffer": b"no sound " * 40}
    add(page, server, [*files, bad])
    other_context = chromium.new_context(locale="en-US")
    other = other_context.new_page()
    add(other, server, voices(3, "cy", 300.0))
    for each, words in ((page, r"4 of 4 clips · 1 failed"), (other, r"3 of 3 clips")):
        card = each.locator('[class*="st-key-job-linked-"]').first
        expect(card).to_contain_text(re.compile(words + ".*took"), timeout=PATIENCE_MS)
    other_context.close()
    expect(table(page)).to_contain_text("<b>bad</b>.wav")  # in the accessible copy of the canvas
    page.goto(f"{server.url}/library?q=script")
    expect(page.locator(".st-key-library-scope")).to_contain_text("1 found", timeout=PATIENCE_MS)
    expect(table(page)).to_contain_text("../<script>alert(1)</script> **b** <img src=x onerror=alert(1)> $x$")
    assert page.locator("img[src=x]").count() == 0 and dialogs == []
