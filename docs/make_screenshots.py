"""Make the README's pictures: `python docs/make_screenshots.py [--library DIR]` (needs Debian's chromium).

A real server with the bundled checkpoint, a real Chromium, bundled synthetic examples; nothing is drawn by hand. The
library and its map are shown where a library is named: it is read, and its map is kept elsewhere.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # run as a file, Python looks only in this folder

from dashboard.examples import EXAMPLES  # noqa: E402
from tests.browser.conftest import CHROMIUM_ARGUMENTS  # noqa: E402
from tests.serving import serve  # noqa: E402

IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 1440, "height": 900}
SETTLE_MS = 1500  # fonts, and the charts' first drawing
MAP_MS = 300_000  # a first map of thousands of clips
LOOKS = (("light", "light", "en"), ("dark", "dark", "en"), ("zh", "light", "zh"))
NAMES = {"compare": {"en": "Compare", "zh": "对比"}, "aligned": {"en": "Aligned", "zh": "对齐"}}


def open_clip(browser: Browser, url: str, scheme: str, language: str) -> Page:
    """The clip page with an example's verdict, and the curve."""
    page = browser.new_page(viewport=SIZE, color_scheme=scheme)
    page.set_default_timeout(MAP_MS)
    page.goto(f"{url}/?lang={language}")
    page.locator('.emoscope-status[data-state="ready"]').wait_for()
    page.locator(".st-key-granularity").get_by_role("radio").nth(1).click()
    page.locator(".st-key-example-turning button").click()
    page.locator(".st-key-sound .js-plotly-plot .main-svg").first.wait_for()
    return page


def open_timeline(browser: Browser, url: str, scheme: str, language: str) -> Page:
    """The timeline of the same example, with pitch."""
    page = open_clip(browser, url, scheme, language)
    page.locator(".st-key-open-timeline button").click()
    page.locator(".emoscope-playhead").wait_for(state="attached")
    page.locator(".st-key-timeline-rows button").nth(1).click()
    page.locator(".st-key-timeline-chart .subplot").nth(3).wait_for(state="attached")
    return page


def open_compare(browser: Browser, url: str, scheme: str, language: str) -> Page:
    """Three of the examples, aligned to the first."""
    page = browser.new_page(viewport=SIZE, color_scheme=scheme)
    page.set_default_timeout(MAP_MS)
    page.goto(f"{url}/?lang={language}")
    page.locator('.emoscope-status[data-state="ready"]').wait_for()
    page.get_by_role("link", name=NAMES["compare"][language]).click()
    page.locator("input[type=file]").first.set_input_files([EXAMPLES[number].path for number in (0, 1, 3)])
    page.locator(".emoscope-side .against").nth(2).wait_for()
    page.locator(".st-key-compare-axis").get_by_text(NAMES["aligned"][language]).click()
    page.locator(".st-key-compare-paths .trace").first.wait_for(state="attached")
    return page


def open_library(browser: Browser, url: str, scheme: str, language: str) -> Page:
    """The clips of the library."""
    page = browser.new_page(viewport=SIZE, color_scheme=scheme)
    page.set_default_timeout(MAP_MS)
    page.goto(f"{url}/library?lang={language}")
    page.locator("[data-testid=stDataFrame] canvas").first.wait_for()
    return page


def open_explorer(browser: Browser, url: str, scheme: str, language: str) -> Page:
    """The map of emotions."""
    page = browser.new_page(viewport=SIZE, color_scheme=scheme)
    page.set_default_timeout(MAP_MS)
    page.goto(f"{url}/explorer?lang={language}")
    page.locator(".st-key-explorer-chart .js-plotly-plot canvas").first.wait_for(state="attached")
    page.locator(".emoscope-map-over").wait_for(state="attached")
    return page


def save(page: Page, name: str, down_to: str) -> None:
    """The page, from its top down to the element `down_to`."""
    expect(page.locator("[data-stale=true], [data-testid=stProgress]")).to_have_count(0, timeout=MAP_MS)
    page.wait_for_timeout(SETTLE_MS)
    box = page.locator(down_to).first.bounding_box()
    assert box is not None
    page.set_viewport_size({"width": SIZE["width"], "height": round(box["y"] + box["height"]) + 24})
    page.mouse.move(5, 5)
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=IMAGES / f"{name}.png")
    page.close()


def main() -> None:
    """Write every picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, help="a library for the pictures of the library and the explorer")
    library = parser.parse_args().library
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        places = {"EMOSCOPE_LIBRARY": str(library or Path(folder, "library")), "EMOSCOPE_MAPS_DIR": f"{folder}/maps"}
        with serve(Path(folder), EMOSCOPE_CHECKPOINT="bundled", **places) as server, sync_playwright() as playwright:
            server.wait_until_loaded()
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_ARGUMENTS)
            for name, scheme, language in LOOKS:
                save(open_clip(browser, server.url, scheme, language), f"clip-{name}", ".st-key-curves")
                save(open_timeline(browser, server.url, scheme, language), f"timeline-{name}", ".st-key-timeline-tabs")
                save(open_compare(browser, server.url, scheme, language), f"compare-{name}", ".st-key-compare-curves")
                if library is not None:
                    save(
                        open_library(browser, server.url, scheme, language),
                        f"library-{name}",
                        "[data-testid=stDataFrame]",
                    )
                    save(
                        open_explorer(browser, server.url, scheme, language),
                        f"explorer-{name}",
                        ".st-key-explorer-chart",
                    )
            save_model(browser, server.url)
            browser.close()
    for picture in sorted(IMAGES.glob("*.png")):
        print(f"{picture.name}: {picture.stat().st_size / 1000:.0f} kB")


def save_model(browser: Browser, url: str) -> None:
    """The model page, down to the bundled checkpoint's card."""
    page = browser.new_page(viewport=SIZE)
    page.goto(f"{url}/?lang=en")
    page.locator('.emoscope-status[data-state="ready"]').wait_for()
    page.get_by_role("link", name="Model").click()
    page.locator(".st-key-waterfall .js-plotly-plot .main-svg").first.wait_for()
    save(page, "model", ".st-key-checkpoint-bundled")


if __name__ == "__main__":
    main()
