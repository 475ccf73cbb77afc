"""The library page of a real server in a real Chromium, for `python -m benchmarks.library`."""

import shutil
import statistics
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from core.library import Library, Query
from tests.serving import serve

PATIENCE_MS = 30_000
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# The moment of the last click or key, in the page's own time: not that of whoever drives it.
NOTE_CHOICES = """for (const kind of ['pointerdown', 'keydown'])
    addEventListener(kind, () => { window.lastChoice = performance.now(); }, true);"""
# Milliseconds since the request, or since the last choice, once the pager tells of so many clips and the table's rows
# are drawn: its canvas is there, and not of one colour.
DRAWN = """([count, since]) => {
    const told = document.querySelector('.st-key-library-pager [data-testid="stCaptionContainer"]');
    if (!told || !told.textContent.trim().endsWith(` of ${count}`)) return false;
    const canvas = document.querySelector('[data-testid="stDataFrame"] canvas');
    if (!canvas || !canvas.width) return false;
    const strip = canvas.getContext('2d').getImageData(0, Math.floor(canvas.height / 4), canvas.width, 30).data;
    if (!strip.some((value, at) => at % 4 < 3 && Math.abs(value - strip[at % 4]) > 40)) return false;
    return performance.now() - (since === "request" ? 0 : window.lastChoice);
}"""


@dataclass
class Times:
    """Seconds, one a round, until the rows are drawn: of a link opened anew and of a filter."""

    link_opened: list[float] = field(default_factory=list)
    text_filter: list[float] = field(default_factory=list)

    def medians(self) -> dict[str, float]:
        return {name: round(statistics.median(getattr(self, name)), 3) for name in vars(self)}


def of_the_page(library: Library, folder: Path, rounds: int) -> Times:
    """Serve a library and look at it `rounds` times, each in a tab of its own; a first look fills its cache."""
    everything = library.count()
    places = {"EMOSCOPE_LIBRARY": library.location, "EMOSCOPE_OUTPUTS_DIR": str(folder)}
    with serve(folder, **places) as server, sync_playwright() as p:
        server.wait_until_loaded()
        browser = p.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        context = _context(browser)
        times = Times()
        for number in range(rounds + 1):
            kept = times if number else Times()
            needle = f"take_{number:05d}"  # another one each time, so that no kept answer will do
            _look(context, server.url, everything, (needle, library.count(Query(text=needle))), kept)
        browser.close()
    return times


def _context(browser: Browser) -> BrowserContext:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(NOTE_CHOICES)
    return context


def _look(context: BrowserContext, url: str, everything: int, sought: tuple[str, int], times: Times) -> None:
    """Open the page by its link, then search."""
    page = context.new_page()
    page.goto(f"{url}/library", wait_until="commit")
    times.link_opened.append(_until_drawn(page, everything, "request"))
    search = page.get_by_label("Search", exact=True)
    search.fill(sought[0])
    search.press("Enter")
    times.text_filter.append(_until_drawn(page, sought[1]))
    page.close()


def _until_drawn(page: Page, count: int, since: str = "choice") -> float:
    """Seconds, in the page's own time, until so many clips are on the page."""
    found = page.wait_for_function(DRAWN, arg=[f"{count:,}", since], polling="raf")
    return float(found.json_value()) / 1000
