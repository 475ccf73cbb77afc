"""The library page of a real server in a real Chromium, for `python -m benchmarks.library`."""

import shutil
import statistics
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from core.library import Library, Query
from tests.serving import serve

PATIENCE_MS = 60_000
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
NEEDLE, LABEL = "take_00007", "sad"
# Milliseconds since the request, or since `begun`, once the pager tells of so many clips and the table's rows are
# drawn: its canvas is there, and not of one colour.
DRAWN = """([count, begun]) => {
    const pager = document.querySelector('.st-key-library-pager');
    if (!pager || !new RegExp(`of ${count}(?![\\d,])`).test(pager.textContent)) return false;
    const canvas = document.querySelector('[data-testid="stDataFrame"] canvas');
    if (!canvas || !canvas.width) return false;
    const strip = canvas.getContext('2d').getImageData(0, Math.floor(canvas.height / 4), canvas.width, 30).data;
    if (!strip.some((value, at) => at % 4 < 3 && Math.abs(value - strip[at % 4]) > 40)) return false;
    return performance.now() - begun;
}"""


@dataclass
class Times:
    """Seconds, one a round: from the request to the first paint, and from a choice to its rows."""

    first_paint: list[float] = field(default_factory=list)
    text_filter: list[float] = field(default_factory=list)
    label_filter: list[float] = field(default_factory=list)

    def medians(self) -> dict[str, float]:
        return {name: round(statistics.median(getattr(self, name)), 3) for name in vars(self)}


def of_the_page(library: Library, folder: Path, rounds: int) -> Times:
    """Serve a library and look at it `rounds` times, each in a tab of its own; a first look fills its cache."""
    counts = {
        "all": library.count(),
        "text": library.count(Query(text=NEEDLE)),
        "label": library.count(Query(labels=(LABEL,))),
    }
    places = {"EMOSCOPE_LIBRARY": library.location, "EMOSCOPE_OUTPUTS_DIR": str(folder)}
    with serve(folder, **places) as server, sync_playwright() as p:
        server.wait_until_loaded()
        browser = p.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        context = _context(browser)
        times = Times()
        for number in range(rounds + 1):
            kept = times if number else Times()
            _look(context, f"{server.url}/library", counts, kept)
        browser.close()
    return times


def _context(browser: Browser) -> BrowserContext:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    context.set_default_timeout(PATIENCE_MS)
    return context


def _look(context: BrowserContext, url: str, counts: dict[str, int], times: Times) -> None:
    """Open the page, search, take the search back, choose a label."""
    page = context.new_page()
    page.goto(url, wait_until="commit")
    times.first_paint.append(_until_drawn(page, counts["all"], 0.0))
    search = page.get_by_label("Search", exact=True)
    search.fill(NEEDLE)
    begun = _now(page)
    search.press("Enter")
    times.text_filter.append(_until_drawn(page, counts["text"], begun))
    search.fill("")
    search.press("Enter")
    _until_drawn(page, counts["all"], 0.0)
    page.locator('[class*="st-key-library-labels-"] input').click()
    option = page.get_by_role("option").filter(has_text="Sad")
    option.wait_for()
    begun = _now(page)
    option.click()
    times.label_filter.append(_until_drawn(page, counts["label"], begun))
    page.close()


def _now(page: Page) -> float:
    return float(page.evaluate("performance.now()"))


def _until_drawn(page: Page, count: int, begun: float) -> float:
    """Seconds from `begun`, in the page's own time, until so many clips are on the page."""
    found = page.wait_for_function(DRAWN, arg=[f"{count:,}", begun], polling="raf")
    return float(found.json_value()) / 1000
