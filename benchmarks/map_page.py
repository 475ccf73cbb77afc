"""`python -m benchmarks.map_page`: the explorer's map in a real Chromium, beside plain `px.scatter` in the same run.

The library is made up (`benchmarks.synthetic_library`), its map is PCA's: how long a map takes to be made is
`benchmarks.map`'s question. The plain page is what a Streamlit script has by itself: `px.scatter` of the same positions
in the same colours, with names to hover over, `on_select="rerun"`, and a table of what was selected.

Told, for each number of points: seconds from the request to a map that answers (the plain page reads a file of
positions, ours the library too), for the first who comes after the server started and for the next; bytes that the
page's socket brought until then; and in milliseconds, the median and the longest of several: from the pointer's last
move to the hover card, and from the release of a lasso to the table of what is in it. A lasso takes a part of the
cloud, another one each time. Needs the packages of requirements-dev.txt and Chromium.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.synthetic_library import make_library
from benchmarks.timeline_page import Received
from core.library import Query
from core.projection import MapOptions, load_space, make_map
from tests.serving import free_port, serve

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS = 300_000
PLAIN = """
import sys
import numpy as np
import pandas as pd
import plotly.express as px
import streamlit as st

st.set_page_config(layout="wide")
table = pd.read_parquet(sys.argv[1])
figure = px.scatter(table, x="x", y="y", color="label", hover_name="source", hover_data=["speaker", "confidence"],
                    custom_data=["row"], height=620)
figure.update_layout(dragmode="lasso")
found = st.plotly_chart(figure, on_select="rerun", key="map")
rows = [point["customdata"]["0"] if isinstance(point["customdata"], dict) else point["customdata"][0]
        for point in found["selection"]["points"]]
st.text(f"{len(rows):,} clips")
if rows:
    st.dataframe(table.iloc[rows[:1000]], height=360)
"""
# Where the chart is, and its clips: [left, top, width, height] and some points' places on screen.
PLACES = """([chart, wanted]) => {
  const gd = document.querySelector(chart), { xaxis, yaxis } = gd._fullLayout, box = gd.getBoundingClientRect();
  const left = box.left + xaxis._offset, top = box.top + yaxis._offset, points = [];
  for (const trace of gd._fullData) {
    for (let i = 0; i < wanted && i < (trace.x?.length ?? 0); i++) {
      if (trace.x[i] !== null) points.push([left + xaxis.d2p(trace.x[i]), top + yaxis.d2p(trace.y[i])]);
    }
  }
  return { frame: [left, top, xaxis._length, yaxis._length], points };
}"""
WATCH = """() => {
  const note = (kind, name) => document.addEventListener(kind, () => { window[name] = performance.now(); }, true);
  note('mousemove', 'movedAt');
  note('mouseup', 'releasedAt');
}"""
# Milliseconds since the pointer moved, once the card is there; false before.
HOVERED = """(card) => {
  const all = [...document.querySelectorAll(card)];
  const found = all.some((each) => each.getBoundingClientRect().width > 0 && each.textContent);
  return found ? Math.max(0.1, performance.now() - window.movedAt) : false;
}"""
# Milliseconds since the lasso was let go, once another count of clips is told and the table's rows are drawn.
LISTED = """([place, before]) => {
  const told = document.querySelector(place)?.textContent.match(/([\\d,]+) clips/)?.[1];
  const canvas = document.querySelector('[data-testid="stDataFrame"] canvas');
  if (!told || told === before || told === '0' || !canvas?.width) return false;
  const strip = canvas.getContext('2d').getImageData(0, Math.floor(canvas.height / 3), canvas.width, 20).data;
  if (!strip.some((value, at) => at % 4 < 3 && Math.abs(value - strip[at % 4]) > 40)) return false;
  return Math.max(0.1, performance.now() - window.releasedAt);
}"""
TOLD = "(place) => document.querySelector(place)?.textContent.match(/([\\d,]+) clips/)?.[1] ?? ''"


@dataclass(frozen=True, slots=True)
class Site:
    """A page that is measured: where its chart, its hover card and its count of selected clips are."""

    name: str
    chart: str
    card: str
    count: str
    is_ready: str


OURS = Site(
    "explorer", ".st-key-explorer-chart .js-plotly-plot", ".emoscope-map-tip", ".st-key-explorer-acts",
    "() => document.querySelector('.emoscope-map-over') !== null && "
    "performance.getEntriesByType('resource').some((each) => /maps.*points/.test(each.name) && each.responseEnd > 0)",
)  # fmt: skip
PLAINLY = Site(
    "px.scatter", ".st-key-map .js-plotly-plot", ".hoverlayer .hovertext", '[data-testid="stText"]', "() => true"
)


@dataclass(frozen=True, slots=True)
class Answered:
    """One page with one number of points."""

    points: int
    page: str
    open_s: float
    again_s: float
    received_mb: float
    hover_ms: float
    hover_longest_ms: float
    lasso_ms: float
    lasso_longest_ms: float

    @property
    def line(self) -> str:
        return (
            f"{self.points:>8,} points, {self.page:10s} open {self.open_s:6.1f} s, again {self.again_s:6.1f} s, "
            f"{self.received_mb:6.2f} MB; "
            f"hover {self.hover_ms:6.0f} ms (longest {self.hover_longest_ms:.0f}); "
            f"lasso to table {self.lasso_ms:6.0f} ms (longest {self.lasso_longest_ms:.0f})"
        )


def measure(browser: Browser, site: Site, url: str, points: int, rounds: int) -> Answered:
    """Open a page twice, hover over `rounds` points and lasso as often."""
    first, first_s, _ = _opened(browser, site, url)
    first.context.close()
    page, again_s, megabytes = _opened(browser, site, url)
    page.wait_for_timeout(2000)
    page.evaluate(WATCH)
    hovers = _hover(page, site, rounds)
    lassos = _lasso(page, site, rounds)
    page.context.close()
    return Answered(
        points, site.name, round(first_s, 2), round(again_s, 2), round(megabytes, 3),
        round(statistics.median(hovers), 1), round(max(hovers), 1), round(statistics.median(lassos), 1),
        round(max(lassos), 1),
    )  # fmt: skip


def _opened(browser: Browser, site: Site, url: str) -> tuple[Page, float, float]:
    """The page once its map answers, the seconds until then, and the megabytes that its socket brought."""
    page = browser.new_context(viewport={"width": 1280, "height": 1800}, locale="en-US").new_page()
    page.set_default_timeout(PATIENCE_MS)
    received = Received()
    received.watch(page.context.new_cdp_session(page))
    begun = time.perf_counter()
    page.goto(url)
    page.locator(f"{site.chart} canvas").first.wait_for(state="attached")
    page.wait_for_function(f"document.querySelector('{site.chart}')._fullLayout?.xaxis?._length > 0")
    page.wait_for_function(site.is_ready)
    return page, time.perf_counter() - begun, received.num_bytes / 1e6


def _hover(page: Page, site: Site, rounds: int) -> list[float]:
    """The first hover, which builds an index, is not counted."""
    found = page.evaluate(PLACES, [site.chart, rounds])
    left, top, width, height = found["frame"]
    inside = [(x, y) for x, y in found["points"] if left + 5 < x < left + width - 5 and top + 5 < y < top + height - 5]
    times = []
    for x, y in inside[: rounds + 1]:
        page.mouse.move(left - 4, top - 4)
        page.wait_for_timeout(250)
        page.mouse.move(x, y)
        times.append(float(page.wait_for_function(HOVERED, arg=site.card, polling="raf").json_value()))
    return times[1:]


def _lasso(page: Page, site: Site, rounds: int) -> list[float]:
    left, top, width, height = page.evaluate(PLACES, [site.chart, 0])["frame"]
    times = []
    for number in range(rounds + 1):
        # From one side of the cloud to the other: a lasso that begins within the last one would move that.
        x0, y0 = left + (0.36 + 0.18 * (number % 2)) * width, top + (0.35 + 0.015 * number) * height
        x1, y1 = x0 + 0.10 * width, y0 + 0.2 * height
        before = page.evaluate(TOLD, site.count)
        page.mouse.move(x0, y0)
        page.mouse.down()
        for x, y in ((x1, y0), (x1, y1), (x0, y1), (x0, y0 + 2)):
            page.mouse.move(x, y, steps=5)
        page.mouse.up()
        times.append(float(page.wait_for_function(LISTED, arg=[site.count, before], polling="raf").json_value()))
        page.wait_for_timeout(1000)
    return times[1:]


@contextmanager
def plain_page(folder: Path, library: Path) -> Iterator[str]:
    """The plain script on a free port, with the same positions in a file."""
    import pandas as pd

    from core.library import Library

    opened = Library.open(library)
    space = load_space(opened, Query())
    positions = make_map(space, MapOptions("pca")).positions
    columns = ["key", "source", "label", "speaker", "confidence"]
    table = opened.rows(Query(order="source"), columns=columns).to_pandas().set_index("key").loc[list(space.keys)]
    table = table.assign(x=positions[:, 0], y=positions[:, 1], row=np.arange(len(table)))
    pd.DataFrame(table).to_parquet(folder / "plain.parquet")
    (folder / "plain.py").write_text(PLAIN)
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(folder / "plain.py"), "--server.port", str(port)]
    command += ["--server.headless", "true", "--browser.gatherUsageStats", "false", "--", str(folder / "plain.parquet")]
    with (folder / "plain.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=os.environ, stdout=log, stderr=subprocess.STDOUT)
        try:
            time.sleep(8.0)
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def run(count: int, rounds: int) -> list[Answered]:
    """Ours, then the plain page, on the same clips."""
    with tempfile.TemporaryDirectory(prefix="emoscope-bench-") as name, sync_playwright() as playwright:
        folder = Path(name)
        make_library(folder / "library", count)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        places = {"EMOSCOPE_LIBRARY": "library", "EMOSCOPE_MAPS_DIR": "maps", "EMOSCOPE_OUTPUTS_DIR": "outputs"}
        with serve(folder, **{key: str(folder / at) for key, at in places.items()}) as server:
            server.wait_until_loaded()
            found = [measure(browser, OURS, f"{server.url}/explorer?method=pca", count, rounds)]
        with plain_page(folder, folder / "library") as url:
            found.append(measure(browser, PLAINLY, url, count, rounds))
        browser.close()
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    options = parser.parse_args(arguments)
    for count in options.points:
        for found in run(count, options.rounds):
            print(json.dumps(asdict(found)) if options.json else found.line, flush=True)


if __name__ == "__main__":
    main()
