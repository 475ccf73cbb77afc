"""The compare page in a real browser: one transport for all clips, which goes on where it is when another is heard."""

import itertools
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from core.audio import write_wav
from core.results import Waveform
from dashboard.examples import EXAMPLES
from tests import sounds

NOISE_MS = 120_000  # each clip is heard many times over, on a machine that does other things too
CURVES = ".st-key-compare-curves .js-plotly-plot"
ROOT = """() => [...document.querySelectorAll('*')].find((each) => each.shadowRoot?.querySelector('.comparer'))
  .shadowRoot.querySelector('.comparer')"""
STATE = f"""() => {{
  const root = ({ROOT})(), heads = [...document.querySelectorAll('.emoscope-compare-playhead')];
  const shown = heads.map((head) => {{
    const layout = head.closest('.js-plotly-plot')._fullLayout;
    return layout.xaxis.p2d(parseFloat(head.style.left) - layout.xaxis._offset);
  }});
  return {{at: Number(root.dataset.position), track: Number(root.dataset.track), shown,
          plays: root.dataset.playing === 'true',
          letters: [...document.querySelectorAll('.emoscope-compare-flag')].map((flag) => flag.textContent)}};
}}"""
AT = """([name, seconds]) => {
  const chart = document.querySelector(name), box = chart.getBoundingClientRect(), layout = chart._fullLayout;
  return [box.left + layout.xaxis._offset + layout.xaxis.d2p(seconds), box.top + layout._size.t + 60];
}"""
FOLLOW = """() => new Promise((done) => {
  const seen = [], begun = performance.now();
  let pressed = false;
  const look = () => {
    const now = performance.now() - begun;
    if (now > 350 && !pressed) {
      pressed = true;
      document.dispatchEvent(new KeyboardEvent('keydown', {key: '2', bubbles: true}));
    }
    seen.push({...window.comparer(), now});
    now < 900 ? requestAnimationFrame(look) : done(seen);
  };
  requestAnimationFrame(look);
})"""


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three synthetic takes, the second one slower; of a length that leaves time to switch."""
    folder = tmp_path_factory.mktemp("takes")
    found = []
    for name, seconds, pitch_hz in (("first", 6.0, 140.0), ("second", 7.0, 140.0), ("third", 5.0, 210.0)):
        write_wav(Waveform(sounds.voice(seconds, pitch_hz=pitch_hz)), folder / f"{name}.wav")
        found.append(folder / f"{name}.wav")
    return found


@pytest.fixture
def compare(page: Page, takes: list[Path]) -> Page:
    """The page with the takes on it, all of them measured."""
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_role("heading", name="What differs between these voices?")).to_be_visible()
    expect(page.get_by_text("two to eight clips")).to_be_visible()
    expect(page.locator("[data-stale=true]")).to_have_count(0)
    page.locator("input[type=file]").first.set_input_files(takes)
    ready(page)
    return page


def ready(page: Page) -> None:
    page.locator(f"{CURVES} .trace").first.wait_for(state="attached")
    page.locator(".emoscope-compare-playhead").nth(1).wait_for(state="attached")
    expect(page.locator(".emoscope-side .against").nth(2)).to_contain_text("noise (", timeout=NOISE_MS)
    expect(page.locator("[data-testid=stProgress]")).to_have_count(0)
    page.locator('[data-test-script-state="notRunning"]').wait_for()
    page.evaluate(f"window.comparer = {STATE}")


def state(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("window.comparer()")
    return found


def switch(page: Page, letter: str) -> Locator:
    return page.get_by_role("radio", name=f"Listen to {letter}:")


def test_another_clip_is_heard_at_the_same_moment_in_seconds_and_aligned_and_every_playhead_follows(
    compare: Page,
) -> None:
    compare.get_by_role("button", name="Play", exact=True).click()
    compare.wait_for_function("window.comparer().plays && window.comparer().at > 0.3")
    seen = compare.evaluate(FOLLOW)
    assert {each["track"] for each in seen} == {0, 1} and all(each["plays"] for each in seen)
    assert min(each["at"] for each in seen) > 0.3  # nothing began again
    for before, after in itertools.pairwise(seen):
        step = (after["now"] - before["now"]) / 1000
        assert -0.02 <= after["at"] - before["at"] <= step + 0.12
    assert max(abs(shown - each["at"]) for each in seen for shown in each["shown"]) < 0.05
    assert len(seen[-1]["shown"]) == 2 and set(seen[-1]["letters"]) == {"B"}
    expect(switch(compare, "B")).to_have_attribute("aria-checked", "true")
    assert compare.locator("[data-testid=stStatusWidget]").count() == 0
    compare.keyboard.press("Space")
    compare.wait_for_function("!window.comparer().plays")
    aligned(compare)


def aligned(compare: Page) -> None:
    """Aligned, the same moment is another second of another clip, and the path is drawn."""
    compare.locator(".st-key-compare-axis").get_by_text("Aligned").click()
    compare.locator(".st-key-compare-paths .trace").first.wait_for(state="attached")
    compare.wait_for_url(re.compile("axis=aligned"))
    expect(compare.get_by_text("Time of A, the others aligned to it").first).to_be_attached()
    compare.wait_for_function("window.comparer().shown.length === 3")
    compare.get_by_role("button", name="Play", exact=True).click()
    compare.wait_for_function("window.comparer().at > 0.4")
    compare.keyboard.press("3")
    compare.wait_for_function("window.comparer().track === 2")
    assert 0.4 < state(compare)["at"] < 3.0
    switch(compare, "A").click()
    compare.wait_for_function("window.comparer().track === 0")
    compare.keyboard.press("Space")
    compare.wait_for_function("!window.comparer().plays")


def test_a_region_loops_clips_are_ordered_and_a_reload_brings_all_back(compare: Page) -> None:
    compare.locator(CURVES).scroll_into_view_if_needed()

    def at(seconds: float) -> list[float]:
        found: list[float] = compare.evaluate(AT, [CURVES, seconds])
        return found

    compare.mouse.move(*at(1.0))
    compare.mouse.down()
    compare.mouse.move(*at(1.2), steps=4)
    compare.mouse.move(*at(1.5), steps=4)
    compare.mouse.up()
    compare.wait_for_url(re.compile("region="))
    assert state(compare)["at"] == pytest.approx(1.0, abs=0.06)
    compare.keyboard.press("Space")
    compare.wait_for_function("window.comparer().plays")
    seen = compare.evaluate(FOLLOW)
    assert all(0.93 <= each["at"] <= 1.57 for each in seen)
    assert any(after["at"] < before["at"] - 0.2 for before, after in itertools.pairwise(seen))  # it went round
    compare.keyboard.press("Space")
    ordered(compare)
    compare.get_by_role("button", name="Make it the reference: C").click()
    expect(compare.locator(".emoscope-side .against").nth(2)).to_contain_text("The reference")
    compare.get_by_role("button", name="Move up: C").click()
    expect(compare.locator(".emoscope-side .against").nth(1)).to_contain_text("The reference")
    compare.wait_for_url(re.compile("ref=2"))
    compare.reload()
    ready_again = compare.locator(".emoscope-side .against").nth(1)
    expect(ready_again).to_contain_text("The reference")
    expect(compare.get_by_role("button", name="Clear the region")).to_be_visible()


def ordered(compare: Page) -> None:
    """A row is dragged to another place, and moved by keys; the reference stays who it was."""
    names = compare.locator(".comparer .name")
    expect(names.nth(0)).to_contain_text("first.wav")
    grip = compare.locator(".comparer .grip")
    compare.locator(".comparer .rows").scroll_into_view_if_needed()
    one, three = grip.nth(0).bounding_box(), grip.nth(2).bounding_box()
    assert one is not None and three is not None
    compare.mouse.move(one["x"] + 6, one["y"] + 8)
    compare.mouse.down()
    compare.mouse.move(one["x"] + 6, three["y"] + three["height"] + 4, steps=8)
    compare.mouse.up()
    expect(names.nth(2)).to_contain_text("first.wav")
    expect(compare.locator(".emoscope-side .against").nth(2)).to_contain_text("The reference")  # it stays who it was
    grip.nth(2).focus()
    compare.keyboard.press("ArrowUp")
    expect(names.nth(1)).to_contain_text("first.wav")


def test_the_comparison_is_taken_away(compare: Page, tmp_path: Path) -> None:
    compare.get_by_role("tab", name="Measures").click()
    expect(compare.get_by_text("moment by moment once aligned").first).to_be_visible()
    compare.get_by_role("tab", name="Take away").click()
    with compare.expect_download() as tables:
        compare.get_by_role("button", name="Tables (CSV)").click()
    tables.value.save_as(tmp_path / "tables.zip")
    with zipfile.ZipFile(tmp_path / "tables.zip") as folder:
        assert {"clips.csv", "pairs.csv", "curves.csv"} <= set(folder.namelist())
        rows = folder.read("clips.csv").decode().splitlines()
    assert len(rows) == 4 and "second.wav" in rows[2]
    with compare.expect_download() as report:
        compare.get_by_role("button", name="Report with players (HTML)").click()
    report.value.save_as(tmp_path / "report.html")
    said = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert said.count("data:audio/ogg") == 3 and "third.wav" in said


@pytest.mark.parametrize("page", [{"viewport": {"width": 390, "height": 844}}], indirect=True)
def test_on_a_phone_nothing_is_wider_than_the_screen_and_the_transport_comes_along(page: Page) -> None:
    page.evaluate("history.replaceState(null, '', '/compare')")
    page.reload()
    expect(page.get_by_text("two to eight clips")).to_be_visible()
    for example in EXAMPLES[:2]:
        page.locator(f".st-key-example-{example.key} button").click()
        expect(page.locator("[data-stale=true]")).to_have_count(0)
    page.locator(f"{CURVES} .trace").first.wait_for(state="attached")
    expect(page.locator(".emoscope-side .against").nth(1)).to_contain_text("noise (", timeout=NOISE_MS)
    expect(page.locator("[data-testid=stProgress]")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".st-key-compare-tabs").evaluate("(tabs) => tabs.scrollIntoView()")
    expect(page.locator(".comparer.is-away")).to_have_count(1)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_in_viewport()
