"""The explorer in Chromium: a map whose points are heard, walked, selected and tagged, and never redrawn for it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from core.library import Library, Query
from tests.libraries import fill
from tests.serving import Server, serve

pytestmark = pytest.mark.browser
COUNT = 60
CHART = ".st-key-explorer-chart .js-plotly-plot"
PATIENCE_MS = 60_000
PLACES = """(chart) => {
  const gd = document.querySelector(chart), layout = gd._fullLayout, box = gd.getBoundingClientRect(), found = {};
  for (const trace of gd._fullData) {
    for (let i = 0; trace.customdata && i < trace.customdata.length; i++) {
      found[trace.customdata[i]] = [box.left + layout.xaxis._offset + layout.xaxis.d2p(trace.x[i]),
                                    box.top + layout.yaxis._offset + layout.yaxis.d2p(trace.y[i])];
    }
  }
  return found;
}"""
STATE = """() => {
  const host = [...document.querySelectorAll('*')].find((each) => each.shadowRoot?.querySelector('.explorer'));
  const audio = host.shadowRoot.querySelector('audio'), part = (name) => host.shadowRoot.querySelector(name);
  return {time: audio.currentTime, paused: audio.paused, sound: audio.getAttribute('src'),
          name: part('.card').hidden ? null : part('.name').textContent,
          near: [...host.shadowRoot.querySelectorAll('.near .what')].map((each) => each.textContent)};
}"""

COUNT_DRAWS = """(chart) => {
  window.drawn = 0;
  document.querySelector(chart).on('plotly_afterplot', () => { window.drawn += 1; });
}"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Library]]:
    """A server of its own, with a library that has a map."""
    folder = tmp_path_factory.mktemp("explorer")
    library = fill(folder / "library", COUNT)
    places = {name: str(folder / name.lower()) for name in ("OUTPUTS_DIR", "LIBRARY", "MAPS_DIR", "HEADS_DIR")}
    with serve(folder, EMOSCOPE_CHECKPOINT="bundled", **{f"EMOSCOPE_{name}": at for name, at in places.items()}) as it:
        it.wait_until_alive()
        yield it, library


def opened(chromium: Browser, server: Server, query: str = "", **options: Any) -> Page:
    context = chromium.new_context(**{"viewport": {"width": 1280, "height": 1000}, "locale": "en-US"} | options)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{server.url}/explorer{query}")
    return page


def ready(page: Page) -> None:
    """The map is drawn, and the component holds it and knows its clips."""
    page.locator(f"{CHART} canvas").first.wait_for(state="attached")
    page.locator(".emoscope-map-over").wait_for(state="attached")
    page.evaluate(f"() => {{ window.mapState = {STATE}; window.mapPlaces = {PLACES}; }}")
    page.wait_for_function("performance.getEntriesByType('resource').some((each) => /maps.*points/.test(each.name))")
    page.locator("[data-stale=true]").first.wait_for(state="detached")


@pytest.fixture
def page(chromium: Browser, house: tuple[Server, Library]) -> Iterator[Page]:
    """The explorer with its map, PCA's for speed; the test fails where the page logs an error."""
    page = opened(chromium, house[0], "?method=pca")
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and "/_stcore/" not in str(message.location):
            errors.append(f"{message.text} ({message.location})")

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    ready(page)
    yield page
    page.context.close()
    assert errors == []


def places(page: Page) -> dict[int, tuple[float, float]]:
    page.locator(CHART).scroll_into_view_if_needed()
    found = page.evaluate("(chart) => window.mapPlaces(chart)", CHART)
    return {int(row): (x, y) for row, (x, y) in found.items()}


def lonely(page: Page) -> int:
    """The row of the point that is farthest from any other, so that a click means it."""
    found = places(page)
    rows, points = list(found), np.array(list(found.values()))
    far = np.linalg.norm(points[:, None] - points[None], axis=2) + np.eye(len(points)) * 1e6
    return rows[int(far.min(axis=1).argmax())]


def lasso(page: Page, rows: list[int]) -> None:
    """Draw around points."""
    found = places(page)
    points = np.array([found[row] for row in rows])
    (x0, y0), (x1, y1) = points.min(axis=0) - 12, points.max(axis=0) + 12
    page.mouse.move(x0, y0)
    page.mouse.down()
    for x, y in ((x1, y0), (x1, y1), (x0, y1), (x0, y0)):
        page.mouse.move(x, y, steps=6)
    page.mouse.up()


def state(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("window.mapState()")
    return found


def test_a_click_is_heard_at_once_and_keys_walk_to_the_spaces_own_neighbours(
    page: Page, house: tuple[Server, Library]
) -> None:
    row = lonely(page)
    page.evaluate(COUNT_DRAWS, CHART)
    page.mouse.move(*places(page)[row])
    expect(page.locator(".emoscope-map-tip")).to_contain_text(f"clip {row:03d}.wav")
    page.mouse.click(*places(page)[row])
    page.wait_for_function("!window.mapState().paused && window.mapState().time > 0.2")
    page.wait_for_function("window.mapState().near.length === 12")
    before = state(page)
    assert before["name"] == f"folder/clip {row:03d}.wav"
    assert before["sound"] == f"/api/v1/library/sounds/{row + 1:064x}.ogg"
    vectors = house[1].matrix(Query(order="source"))
    far = _prepared_distances(vectors.values, row)
    assert before["near"] == [f"folder/clip {each:03d}.wav" for each in np.argsort(far)[:12]]
    page.keyboard.press("n")
    page.wait_for_function(f"window.mapState().name === {before['near'][0]!r}")
    page.keyboard.press("p")
    page.wait_for_function(f"window.mapState().name === {before['name']!r}")
    page.keyboard.press("Escape")
    page.wait_for_function("window.mapState().name === null && window.mapState().paused")
    assert page.evaluate("window.drawn") == 0, "nothing of it draws the map anew"


def _prepared_distances(values: np.ndarray, row: int) -> np.ndarray:
    scaled = (values - values.mean(axis=0)) / values.std(axis=0)
    far: np.ndarray = np.linalg.norm(scaled - scaled[row], axis=1)
    far[row] = np.inf
    return far


def test_what_is_lassoed_is_listed_tagged_and_found_in_the_library(page: Page, house: tuple[Server, Library]) -> None:
    angry = [row for row in range(COUNT) if row % 4 == 0]
    page.evaluate(COUNT_DRAWS, CHART)
    lasso(page, angry)
    expect(page.get_by_text("15 clips selected")).to_be_visible()
    expect(page.locator(".st-key-explorer-acts")).to_contain_text("15 clips")
    expect(page.locator(".st-key-explorer-selected")).to_contain_text("folder/clip 004.wav")
    expect(page.locator(".st-key-explorer-means")).to_contain_text("Angry")
    page.locator(".st-key-explorer-tag button").first.click()
    page.get_by_label("Tags").fill("shouting")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # the list of tags closes
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("15 clips changed")).to_be_visible()
    tagged = house[1].rows(Query(tags=("shouting",)), columns=["source"]).column("source").to_pylist()
    assert sorted(tagged) == [f"folder/clip {row:03d}.wav" for row in angry]
    page.keyboard.press("Escape")
    page.get_by_role("button", name="To the Library").click()
    expect(page.locator(".st-key-library-scope")).to_contain_text("15 found")
    page.goto(f"{house[0].url}/library?tag=shouting")
    expect(page.locator(".st-key-library-scope")).to_contain_text("15 found")


def test_the_cards_button_selects_a_clip_with_its_neighbours_without_a_pointer(page: Page) -> None:
    page.locator(".explorer").first.focus()
    page.keyboard.press("n")
    page.wait_for_function("window.mapState().near.length === 12")
    page.get_by_role("button", name="Select these clips").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-explorer-acts")).to_contain_text("13 clips")


def test_two_sessions_map_at_once_and_the_server_lives(chromium: Browser, house: tuple[Server, Library]) -> None:
    pages = [opened(chromium, house[0], f"?seed={seed}&near={10 + seed}") for seed in (1, 2)]
    for page in pages:
        ready(page)
        expect(page.get_by_text("UMAP 2-D")).to_be_visible()
    assert house[0].get("/healthz")[0] == 200
    for page in pages:
        page.context.close()


def test_a_phone_has_the_map_and_its_card_within_its_width(chromium: Browser, house: tuple[Server, Library]) -> None:
    size = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    page = opened(chromium, house[0], "?method=pca", **size)
    ready(page)
    row = lonely(page)
    page.touchscreen.tap(*places(page)[row])
    page.wait_for_function(f"window.mapState().name === 'folder/clip {row:03d}.wav'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.close()


def test_a_map_that_left_the_server_is_said_in_one_sentence(house: tuple[Server, Library]) -> None:
    path = Path("/api/v1/library/maps") / ("0" * 32)
    for rest in ("points", "neighbours?row=0&k=3"):
        with pytest.raises(ValueError, match=r"."):  # the refusal is a sentence, no JSON
            house[0].get(f"{path}/{rest}")


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server to which 60 clips are very many: more than 30 points are drawn as an image."""
    folder = tmp_path_factory.mktemp("crowd")
    fill(folder / "library", COUNT, with_sound=False)
    places = {f"EMOSCOPE_{name}": str(folder / name.lower()) for name in ("OUTPUTS_DIR", "LIBRARY", "MAPS_DIR")}
    with serve(folder, EMOSCOPE_CHECKPOINT="bundled", EMOSCOPE_MAP_POINTS="30", **places) as it:
        it.wait_until_alive()
        yield it


ON_SCREEN = """(chart) => {
  const map = document.querySelector(chart).emoscopeMap, box = map.chart.getBoundingClientRect();
  return Array.from({length: map.points.count}, (_, row) => [row, ...map._pixel(map.points.place(row))])
    .map(([row, x, y]) => [row, box.left + x, box.top + y]);
}"""
IMAGES = f"document.querySelector('{CHART}')._fullLayout.images.length"
POINTS = f"document.querySelector('{CHART}')._fullData.reduce((sum, each) => sum + (each.customdata?.length ?? 0), 0)"


def test_an_image_of_very_many_points_is_lassoed_becomes_points_on_zoom_and_comes_back(
    chromium: Browser, crowd: Server
) -> None:
    page = opened(chromium, crowd, "?method=pca")
    ready(page)
    assert page.evaluate(IMAGES) == 1 and page.evaluate(POINTS) == 0
    box = page.locator(f"{CHART} .nsewdrag").bounding_box()
    assert box is not None
    left, top, right, low = box["x"] + 4, box["y"] + 4, box["x"] + box["width"] - 4, box["y"] + box["height"] - 4
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, low), (left, low), (left, top)):
        page.mouse.move(x, y, steps=5)
    page.mouse.up()
    expect(page.locator(".st-key-explorer-acts")).to_contain_text("60 clips")
    _, x, y = page.evaluate(ON_SCREEN, CHART)[0]
    page.mouse.move(x, y)  # within the lasso, where Plotly alone would not zoom
    page.keyboard.down("Control")
    for _ in range(12):
        page.mouse.wheel(0, -500)
        page.wait_for_timeout(700)  # the map is drawn anew once the wheel rests
        if page.evaluate(IMAGES) == 0:
            break
    page.keyboard.up("Control")
    page.wait_for_function(f"{IMAGES} === 0 && {POINTS} > 0 && {POINTS} <= 30")
    page.get_by_role("button", name="Whole map").click()
    page.wait_for_function(f"{IMAGES} === 1 && {POINTS} === 0")
    page.context.close()


def test_a_map_of_three_dimensions_is_hovered_heard_and_turned(page: Page, house: tuple[Server, Library]) -> None:
    page.goto(f"{house[0].url}/explorer?method=pca&dims=3")
    page.wait_for_function(f"document.querySelector('{CHART}')?.emoscopeMap?.points && "
                           f"document.querySelector('{CHART}')._fullLayout.scene?._scene?.glplot")  # fmt: skip
    page.evaluate(f"() => {{ window.mapState = {STATE}; }}")
    page.locator(CHART).scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    row, x, y = page.evaluate(ON_SCREEN, CHART)[0]
    page.mouse.move(x - 30, y - 30)
    page.mouse.move(x, y, steps=3)
    expect(page.locator(".emoscope-map-tip")).to_contain_text("clip 0")
    page.mouse.click(x, y)
    page.wait_for_function("window.mapState().near.length === 12 && !window.mapState().paused")
    before = state(page)["name"]
    page.mouse.move(x + 40, y + 40)
    page.mouse.down()
    page.mouse.move(x - 60, y - 30, steps=8)
    page.mouse.up()
    page.wait_for_timeout(300)
    assert state(page)["name"] == before, "turning the map is no click"
    assert np.hypot(*(np.array(page.evaluate(ON_SCREEN, CHART)[row][1:]) - (x, y))) > 3, "and it did turn"
