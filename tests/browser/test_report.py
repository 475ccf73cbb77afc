"""The HTML report, opened from disk in a real Chromium that may fetch nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from core.acoustics import speech_activity
from core.analysis import analyze
from core.audio import decode
from core.curves import structure_of
from core.exports.timelines import ExportOptions, write_timeline
from core.model import open_engine
from core.settings import Settings
from dashboard.examples import EXAMPLES

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    waveform = decode(EXAMPLES[0].path)
    analysis = analyze(waveform, open_engine("bundled", Settings()))
    structure = structure_of(analysis, 0.5, speech_activity(waveform))
    folder = tmp_path_factory.mktemp("report")
    return write_timeline(analysis, structure, ["html", "figure"], folder, options=ExportOptions(waveform=waveform))


@pytest.fixture(params=["report.html"])
def opened(chromium: Browser, report: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1100, "height": 900}, color_scheme="light")
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(request.url) if request.url.startswith("http") else None)
    page.goto((report / request.param).as_uri())
    page.wait_for_selector("#figure .main-svg")
    yield page
    context.close()
    assert wrong == []


PLACE = """() => {
  const layout = document.getElementById('figure')._fullLayout, head = document.getElementById('playhead');
  return layout.xaxis.p2l(parseFloat(head.style.left) - layout.xaxis._offset);
}"""


AT_TWO = """() => {
  const axis = document.getElementById('figure')._fullLayout.xaxis;
  return axis._offset + axis.l2p(2.0);
}"""


def until(page: Page, condition: str) -> None:
    """Wait for a condition. `wait_for_function` would need the `eval` that the report's policy forbids."""
    for _ in range(300):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never true: {condition}")


def test_it_plays_and_the_playhead_is_where_the_sound_is(opened: Page) -> None:
    opened.evaluate("document.getElementById('sound').play()")
    until(opened, "document.getElementById('sound').currentTime > 0.5")
    gap_s = opened.evaluate(f"() => ({PLACE})() - document.getElementById('sound').currentTime")
    assert abs(gap_s) < 0.1


def test_a_click_in_the_figure_seeks(opened: Page) -> None:
    until(opened, "document.getElementById('sound').readyState >= 1")
    x = opened.evaluate(AT_TWO)
    opened.locator("#figure").click(position={"x": x, "y": 250})
    until(opened, "Math.abs(document.getElementById('sound').currentTime - 2.0) < 0.05")
    assert abs(opened.evaluate(PLACE) - 2.0) < 0.05


def test_a_moment_is_played_to_its_end_and_no_further(opened: Page) -> None:
    until(opened, "document.getElementById('sound').readyState >= 1")
    button = opened.locator("button.play").first
    end_s = float(button.get_attribute("data-to") or 0)
    button.click()
    until(opened, "!document.getElementById('sound').paused")
    until(opened, "document.getElementById('sound').paused")
    assert end_s <= opened.evaluate("document.getElementById('sound').currentTime") < end_s + 0.25


def test_who_goes_elsewhere_while_a_moment_plays_hears_what_is_there(opened: Page) -> None:
    until(opened, "document.getElementById('sound').readyState >= 1")
    button = opened.locator("button.play").first
    button.evaluate("(button) => Object.assign(button.dataset, {from: 0.2, to: 2})")
    button.click()
    until(opened, "document.getElementById('sound').currentTime > 0.3")
    opened.evaluate("document.getElementById('sound').currentTime = 2.5")
    until(opened, "document.getElementById('sound').currentTime > 2.8")


TICKS = "[...document.querySelectorAll('#figure .xaxislayer-above .x3tick text')].map((each) => each.textContent)"


@pytest.mark.parametrize("opened", ["report.html", "figure.html"], indirect=True)
def test_the_time_axis_is_a_clocks_at_every_zoom(opened: Page) -> None:
    assert "0:01" in opened.evaluate(TICKS)
    opened.evaluate("Plotly.relayout('figure', {'xaxis.range': [1, 1.5]})")
    until(opened, f"{TICKS}.includes('0:01.1')")


def test_on_paper_the_figure_is_as_wide_as_the_paper_and_comes_back_after(opened: Page) -> None:
    wide = opened.evaluate("document.querySelector('#figure .main-svg').clientWidth")
    opened.evaluate("dispatchEvent(new Event('beforeprint'))")
    until(opened, "document.querySelector('#figure .main-svg').clientWidth === 680")
    opened.evaluate("dispatchEvent(new Event('afterprint'))")
    until(opened, f"document.querySelector('#figure .main-svg').clientWidth === {wide}")


def test_it_fits_a_phone(opened: Page) -> None:
    opened.set_viewport_size({"width": 390, "height": 844})
    until(opened, "document.documentElement.scrollWidth <= 390")
