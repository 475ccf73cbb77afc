"""Make the README's pictures: `python docs/make_screenshots.py` (needs Debian's chromium).

A real server with the bundled checkpoint, a real Chromium, a bundled synthetic example; nothing is drawn by hand.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # run as a file, Python looks only in this folder

from tests.browser.conftest import CHROMIUM_ARGUMENTS  # noqa: E402
from tests.serving import serve  # noqa: E402

IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 1440, "height": 900}
SETTLE_MS = 1500  # fonts, and the charts' first drawing


def open_clip(browser: Browser, url: str, scheme: str, language: str) -> Page:
    """The clip page with an example's verdict, and the curve."""
    page = browser.new_page(viewport=SIZE, color_scheme=scheme)
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
    page.locator(".st-key-timeline-rows button").first.click()
    page.locator(".st-key-timeline-chart .subplot").nth(3).wait_for(state="attached")
    return page


def save(page: Page, name: str, down_to: str) -> None:
    """The page, from its top down to the element `down_to`."""
    box = page.locator(down_to).bounding_box()
    assert box is not None
    page.set_viewport_size({"width": SIZE["width"], "height": round(box["y"] + box["height"]) + 24})
    page.mouse.move(5, 5)
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=IMAGES / f"{name}.png")
    page.close()


def main() -> None:
    """Write every picture."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder), EMOSCOPE_CHECKPOINT="bundled") as server:
        server.wait_until_loaded()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_ARGUMENTS)
            for name, scheme, language in (("light", "light", "en"), ("dark", "dark", "en"), ("zh", "light", "zh")):
                save(open_clip(browser, server.url, scheme, language), f"clip-{name}", ".st-key-curves")
                save(open_timeline(browser, server.url, scheme, language), f"timeline-{name}", ".st-key-timeline-tabs")
            page = browser.new_page(viewport=SIZE)
            page.goto(f"{server.url}/?lang=en")
            page.locator('.emoscope-status[data-state="ready"]').wait_for()
            page.get_by_role("link", name="Model").click()
            page.locator(".st-key-waterfall .js-plotly-plot .main-svg").first.wait_for()
            save(page, "model", ".st-key-checkpoint-bundled")
            browser.close()
    for picture in sorted(IMAGES.glob("*.png")):
        print(f"{picture.name}: {picture.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
