"""`python -m benchmarks.timeline_page`: the timeline page of a long recording, in a real Chromium.

The recording is the dashboard's own synthetic voices, one after the other, for hours. It is uploaded and listened to
once; then its link is opened anew, as whoever comes back does. Told: seconds from the request to a chart and a player
that answer, what the server sent over its connection until then, and the same for a link to two seconds in the middle,
with the frames that its chart holds. Needs the packages of requirements-dev.txt and Chromium.
"""

import argparse
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import CDPSession, Page, sync_playwright

from core.audio import decode, write_wav
from core.results import SAMPLE_RATE_HZ, Waveform
from dashboard.examples import EXAMPLES
from tests.serving import serve

CHART = ".st-key-timeline-chart .js-plotly-plot"
PATIENCE_MS = 600_000
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FRAMES = f"""() => Math.max(...document.querySelector('{CHART}')._fullData
    .filter(t => t.yaxis === 'y2' && t.mode === 'lines' && t.fill === 'none').map(t => t.x.length))"""


@dataclass
class Received:
    """Bytes of the messages that came over the page's WebSocket."""

    num_bytes: int = 0

    def count(self, event: dict[str, dict[str, str]]) -> None:
        # Binary messages come as base64: four characters for three bytes.
        self.num_bytes += len(event["response"]["payloadData"]) * 3 // 4

    def watch(self, session: CDPSession) -> None:
        session.send("Network.enable")
        session.on("Network.webSocketFrameReceived", self.count)


def long_voice(hours: float, path: Path) -> None:
    """The synthetic voices again and again, with half a second between them."""
    pause = np.zeros(SAMPLE_RATE_HZ // 2, np.float32)
    once = np.concatenate([part for example in EXAMPLES for part in (decode(example.path).samples, pause)])
    times = int(np.ceil(hours * 3600 * SAMPLE_RATE_HZ / len(once)))
    write_wav(Waveform(np.tile(once, times)[: int(hours * 3600 * SAMPLE_RATE_HZ)]), path)


def until_it_answers(page: Page, url: str) -> tuple[float, int]:
    """Open a link; seconds until the chart is drawn and the player takes a click, and the bytes sent until then."""
    received = Received()
    received.watch(page.context.new_cdp_session(page))
    begun = time.perf_counter()
    page.goto(url)
    page.locator(f"{CHART} .trace").first.wait_for(state="attached")
    page.get_by_label("Play", exact=True).first.click()
    return time.perf_counter() - begun, received.num_bytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=3.0)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        serve(Path(name), EMOSCOPE_OUTPUTS_DIR=name) as server,
        sync_playwright() as p,
    ):
        recording = Path(name) / "hours.wav"
        long_voice(options.hours, recording)
        server.wait_until_loaded()
        browser = p.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US").new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(server.url + "/timeline")
        begun = time.perf_counter()
        page.locator("input[type=file]").first.set_input_files(recording)
        page.locator(f"{CHART} .trace").first.wait_for(state="attached")
        print(f"{options.hours:g} h: uploaded, decoded, listened to and drawn in {time.perf_counter() - begun:.1f} s")
        page.wait_for_url("**clip=**")
        link = page.url
        for what, url in (
            ("the link opened anew", link),
            ("once more", link),
            ("2 s in the middle", f"{link}&view={options.hours * 1800:g},{options.hours * 1800 + 2:g}"),
        ):
            seconds, num_bytes = until_it_answers(page, url)
            frames = page.evaluate(FRAMES)
            print(f"{what:24s} {seconds:6.2f} s until chart and player answer   {num_bytes / 1e6:6.2f} MB   "
                  f"{frames} points a curve")  # fmt: skip
        browser.close()


if __name__ == "__main__":
    main()
