"""A real server with the bundled checkpoint, and a real Chromium in front of it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.serving import Server, serve

PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)  # a busy machine is slow, not wrong
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboard as it comes: the bundled checkpoint, the default settings."""
    folder = tmp_path_factory.mktemp("server")
    places = {"EMOSCOPE_OUTPUTS_DIR": str(folder / "outputs"), "EMOSCOPE_LIBRARY": str(folder / "library")}
    with serve(folder, EMOSCOPE_CHECKPOINT="bundled", **places) as running:
        running.wait_until_alive()
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; without it the tests are skipped at home and fail in CI."""
    program = shutil.which("chromium")
    if program is None:
        message = "chromium is not installed (Debian: apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The dashboard in a fresh English browser; the test fails where the page logs an error."""
    options = {"viewport": {"width": 1280, "height": 900}, "locale": "en-US"} | getattr(request, "param", {})
    context = chromium.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # That a page opened by its own path looks for the server below that path first would be an error here, too.
        if message.type == "error":
            errors.append(f"{message.text} ({message.location})")

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(server.url)
    yield page
    context.close()
    assert errors == []


@pytest.fixture(scope="session")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real voice where the speech corpus is at hand, else a synthetic one; under a name of our own."""
    from dashboard.examples import EXAMPLES

    speech = Path(os.environ.get("EMOSCOPE_SPEECH") or Path(__file__).parents[3] / "shared" / "speech")
    recorded = sorted(speech.glob("**/*.opus"))[:1] or sorted(speech.glob("**/*.ogg"))[:1]
    copy = tmp_path_factory.mktemp("voice") / "voice.opus"
    copy.write_bytes((recorded[0] if recorded else EXAMPLES[0].path).read_bytes())
    return copy
