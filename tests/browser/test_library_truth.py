"""Ground truth in Chromium: a click on a cell of the confusion matrix lists its clips, which can be heard."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from core.audio.opus import opus_bytes
from core.library import Library
from core.results import Waveform
from dashboard.catalogue import sound_url
from tests import sounds
from tests.browser.conftest import PATIENCE_MS
from tests.pages.test_library_truth import sure
from tests.serving import Server

pytestmark = pytest.mark.browser
CHART = ".st-key-truth-confusion .js-plotly-plot"
# Where on the screen a cell's middle is.
PLACE = """(gd, [reference, said]) => {
    const {xaxis, yaxis} = gd._fullLayout, box = gd.getBoundingClientRect();
    return [box.x + xaxis._offset + xaxis.d2p(said), box.y + yaxis._offset + yaxis.d2p(reference)];
}"""


@pytest.fixture
def judged(server: Server) -> Iterator[list[str]]:
    """Clips with references in the server's library; their keys."""
    sound = opus_bytes(Waveform(sounds.voice(1.0)))
    entries = [sure(n, label, label) for n, label in enumerate(("angry", "happy", "sad") * 4)]
    entries += [sure(n, "angry", "sad") for n in range(12, 15)]
    entries = [replace(each, source=f"truth {n:02d}.wav", sound=sound) for n, each in enumerate(entries)]
    library = Library.open(server.log.parent / "library")
    library.put(entries)
    yield [entry.key for entry in entries]
    library.delete([entry.key for entry in entries])


def click(page: Page, reference: str, said: str) -> None:
    page.locator(f"{CHART} .scatterlayer .point").first.wait_for(state="attached", timeout=PATIENCE_MS)
    page.locator('[data-test-script-state="notRunning"]').wait_for(timeout=PATIENCE_MS)
    page.locator(CHART).scroll_into_view_if_needed()
    x, y = page.locator(CHART).evaluate(PLACE, [reference, said])
    page.mouse.move(x + 12, y + 8)  # anywhere in the cell will do
    page.mouse.click(x + 12, y + 8)


def test_a_click_on_a_cell_lists_its_clips_and_they_can_be_heard(page: Page, server: Server, judged: list[str]) -> None:
    page.goto(f"{server.url}/library?tab=truth&q=truth+")
    expect(page.locator(".st-key-truth-figures")).to_contain_text("80.0 %", timeout=PATIENCE_MS)
    click(page, "😢 Sad", "😠 Angry")
    chosen = page.locator(".st-key-truth-chosen")
    expect(chosen).to_contain_text("Reference 😢 Sad, verdict 😠 Angry: 3 clips", timeout=PATIENCE_MS)
    click(page, "😄 Happy", "😄 Happy")
    expect(chosen).to_contain_text("Reference 😄 Happy, verdict 😄 Happy: 4 clips", timeout=PATIENCE_MS)
    expect(chosen.locator('[data-testid="stDataFrame"]')).to_be_visible()
    answer = page.request.get(server.url + sound_url(judged[0]), headers={"Range": "bytes=0-3"})
    assert answer.status == 206 and answer.body() == b"OggS"
    page.get_by_role("tab", name="Likely label errors").click()
    expect(page.get_by_text("references are likely wrong")).to_be_visible()
