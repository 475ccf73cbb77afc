"""The timeline in a real browser: the playhead is where the sound is, a click seeks, a region has its own verdict."""

import csv
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core.analysis import analyze
from core.audio import decode, write_wav
from core.curves import region
from core.model import open_engine
from core.results import Waveform
from core.settings import Settings
from dashboard.examples import EXAMPLES

CHART = ".st-key-timeline-chart .js-plotly-plot"
GEOMETRY = """(chart) => {
  const layout = document.querySelector(chart)._fullLayout, box = document.querySelector(chart).getBoundingClientRect();
  const [start, end] = layout.xaxis.range;
  return {left: box.left + layout.xaxis._offset, width: layout.xaxis._length, start, end,
          y: box.top + layout._size.t + 0.45 * layout._size.h};
}"""
STATE = """() => {
  const host = [...document.querySelectorAll('*')].find((each) => each.shadowRoot?.querySelector('.player'));
  const audio = host.shadowRoot.querySelector('audio'), head = document.querySelector('.emoscope-playhead');
  const layout = document.querySelector('.st-key-timeline-chart .js-plotly-plot')._fullLayout;
  const shown = layout.xaxis.p2d(parseFloat(head.style.left) - layout.xaxis._offset);
  return {time: audio.currentTime, shown, paused: audio.paused, rate: audio.playbackRate, duration: audio.duration};
}"""
FOLLOW = """() => new Promise((done) => {
  const seen = [], begun = performance.now();
  const look = () => {
    seen.push(window.playerState());
    performance.now() - begun < 1500 ? requestAnimationFrame(look) : done(seen);
  };
  requestAnimationFrame(look);
})"""


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips of different emotion end to end: of real speech where the corpus is at hand, else our examples."""
    speech = Path(os.environ.get("EMOSCOPE_SPEECH") or Path(__file__).parents[3] / "shared" / "speech")
    files = [example.path for example in EXAMPLES[:4]]
    if (speech / "manifest.csv").exists():
        with (speech / "manifest.csv").open() as lines:
            rows = [row for row in csv.DictReader(lines) if row["corpus"] == "ravdess"]
        files = [
            speech / next(row["file"] for row in rows if row["emotion"] == label)
            for label in ("neutral", "angry", "sad", "happy")
        ]
    path = tmp_path_factory.mktemp("joined") / "joined.wav"
    write_wav(Waveform(np.concatenate([decode(file).samples for file in files])), path)
    return path


@pytest.fixture
def timeline(page: Page, joined: Path) -> Page:
    """The timeline page with the joined recording on it."""
    page.get_by_role("link", name="Timeline").click()
    expect(page.get_by_role("heading", name="Emotion timeline")).to_be_visible()
    expect(page.get_by_text("Bring a recording of any length")).to_be_visible()
    expect(page.locator("[data-stale=true]")).to_have_count(0)
    page.locator("input[type=file]").first.set_input_files(joined)
    ready(page)
    return page


def ready(page: Page) -> None:
    page.locator(f"{CHART} .trace").first.wait_for(state="attached")
    page.locator(".emoscope-playhead").wait_for(state="attached")
    page.evaluate(f"window.playerState = {STATE}")
    page.wait_for_function("window.playerState().duration > 0")


def state(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("window.playerState()")
    return found


def at(page: Page, seconds: float) -> tuple[float, float]:
    """Where on the screen a time is."""
    page.locator(CHART).scroll_into_view_if_needed()
    g = page.evaluate(GEOMETRY, CHART)
    return g["left"] + (seconds - g["start"]) / (g["end"] - g["start"]) * g["width"], g["y"]


def drag(page: Page, first_s: float, last_s: float) -> None:
    page.mouse.move(*at(page, first_s))
    page.mouse.down()
    page.mouse.move(*at(page, (first_s + last_s) / 2), steps=4)
    page.mouse.move(*at(page, last_s), steps=4)
    page.mouse.up()


def test_the_playhead_is_where_the_sound_is_and_nothing_reruns_while_it_plays(timeline: Page) -> None:
    timeline.get_by_role("button", name="Play", exact=True).click()
    timeline.wait_for_function("window.playerState().time > 0.2")
    sent: list[str] = []
    timeline.on("websocket", lambda socket: sent.append(socket.url))
    seen = timeline.evaluate(FOLLOW)
    assert len(seen) > 5
    assert seen[-1]["time"] > seen[0]["time"] + 0.5
    assert max(abs(each["time"] - each["shown"]) for each in seen) < 0.05
    assert timeline.locator("[data-testid=stStatusWidget]").count() == 0 and not sent
    timeline.keyboard.press("Space")
    timeline.wait_for_function("window.playerState().paused")


def test_a_click_seeks_and_keys_move(timeline: Page) -> None:
    timeline.mouse.click(*at(timeline, 5.0))
    assert state(timeline)["time"] == pytest.approx(5.0, abs=0.05)
    assert state(timeline)["shown"] == pytest.approx(5.0, abs=0.05)
    timeline.keyboard.press("ArrowLeft")
    assert state(timeline)["time"] == pytest.approx(4.0, abs=0.05)
    before = state(timeline)["time"]
    timeline.keyboard.press("]")
    assert state(timeline)["time"] > before
    timeline.get_by_label("Speed").select_option("1.5")
    assert state(timeline)["rate"] == 1.5


def test_a_region_has_its_own_verdict_which_is_cores_and_a_reload_brings_all_back(timeline: Page, joined: Path) -> None:
    drag(timeline, 3.0, 6.0)
    note = timeline.locator(".player .note")
    expect(note).to_contain_text("%")
    timeline.wait_for_url(re.compile(r"region="))
    start_s, end_s = (float(edge) for edge in re.search(r"region=([\d.]+)(?:%2C|,)([\d.]+)", timeline.url).groups())  # type: ignore[union-attr]
    assert (start_s, end_s) == (pytest.approx(3.0, abs=0.06), pytest.approx(6.0, abs=0.06))
    analysis = analyze(decode(joined), open_engine("bundled", Settings()))
    scores = region(analysis, start_s, end_s)
    label = max(scores, key=lambda each: scores[each])
    expect(note).to_contain_text(f"{label.capitalize()} · {100 * scores[label]:.1f} %")
    timeline.get_by_role("button", name="Zoom to region").click()
    timeline.wait_for_function(f"document.querySelector('{CHART}')._fullLayout.xaxis.range[0] > 2.5")
    timeline.wait_for_url(re.compile(r"view="))
    said = note.inner_text()
    timeline.reload()
    ready(timeline)
    g = timeline.evaluate(GEOMETRY, CHART)
    assert (g["start"], g["end"]) == (pytest.approx(start_s, abs=0.01), pytest.approx(end_s, abs=0.01))
    expect(timeline.locator(".player .note")).to_have_text(said)
    timeline.get_by_role("button", name="Clear the region").click()
    expect(timeline.locator(".player .region")).to_be_hidden()


def test_leaving_the_page_stops_the_sound(timeline: Page) -> None:
    timeline.get_by_role("button", name="Play", exact=True).click()
    timeline.wait_for_function("window.playerState().time > 0.1")
    timeline.evaluate(
        """() => { const host = [...document.querySelectorAll('*')].find((e) => e.shadowRoot?.querySelector('.player'));
                   window.heard = host.shadowRoot.querySelector('audio'); }"""
    )
    timeline.get_by_role("link", name="Clip").click()
    timeline.wait_for_function("window.heard.paused")
    expect(timeline.locator(".emoscope-playhead")).to_have_count(0)


def test_an_unknown_link_says_so_and_asks_for_the_recording(page: Page, request: pytest.FixtureRequest) -> None:
    page.get_by_role("link", name="Timeline").click()
    expect(page.get_by_role("heading", name="Emotion timeline")).to_be_visible()
    page.evaluate("history.replaceState(null, '', '/timeline?clip=' + '0'.repeat(32) + '&view=9,1&draw=nothing')")
    page.reload()
    expect(page.get_by_text("no longer on this server")).to_be_visible()


def test_a_strongest_moment_is_played_to_its_end(timeline: Page) -> None:
    timeline.get_by_role("tab", name="Structure").click()
    button = timeline.locator("[class*=st-key-moments-] button").first
    said = button.inner_text()
    minutes, seconds = re.search(r"(\d+):([\d.]+) · \d+ %", said).groups()  # type: ignore[union-attr]
    start_s = 60 * int(minutes) + float(seconds)
    button.click()
    timeline.wait_for_function(f"!window.playerState().paused && window.playerState().time > {start_s - 0.06}")
    timeline.wait_for_function("window.playerState().paused")
    assert start_s + 0.1 < state(timeline)["time"] < start_s + 0.9
    expect(timeline.get_by_text("Russell and Mehrabian 1977")).to_be_visible()


def test_on_a_phone_a_stretchs_times_and_share_stand_beside_its_button(timeline: Page) -> None:
    timeline.set_viewport_size({"width": 390, "height": 844})
    row = timeline.locator("[class*=st-key-evidence-row-]").first
    row.scroll_into_view_if_needed()
    boxes = [each.bounding_box() for each in row.locator("> *").all()]
    button, times, share, without = boxes
    for one, other in ((button, times), (times, share)):
        assert one["x"] + one["width"] <= other["x"] + 1  # type: ignore[index]
        assert abs(one["y"] + one["height"] / 2 - other["y"] - other["height"] / 2) < 12  # type: ignore[index]
    assert without["y"] >= share["y"] + share["height"] - 1  # type: ignore[index]
    assert timeline.evaluate("document.documentElement.scrollWidth") <= 390
