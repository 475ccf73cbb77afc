"""Downloads outside the script: progress, cancel, resume, failure; with a puller that the test steers."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.checkpoints.fetching import Cancelled, IsCancelled, OnProgress
from core.errors import CheckpointError
from core.settings import Settings
from dashboard.fetching import Fetcher, FetchState


class Hub:
    """Hands out 10 bytes at a time, each when the test says so; keeps what came, as the real one does."""

    def __init__(self) -> None:
        self.may_go_on = threading.Semaphore(0)
        self.kept, self.attempts = 0, 0
        self.error: Exception | None = None

    def pull(self, name: str, settings: Settings, *, on_progress: OnProgress, is_cancelled: IsCancelled) -> Path:
        self.attempts += 1
        on_progress(self.kept, 100)
        while self.kept < 100:
            assert self.may_go_on.acquire(timeout=30)
            if is_cancelled():
                raise Cancelled("stopped")
            if self.error is not None:
                raise self.error
            self.kept += 10
            on_progress(self.kept, 100)
        return settings.models_dir / name


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert holds()


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def seconds() -> list[float]:
    """The clock's hand."""
    return [0.0]


@pytest.fixture
def fetcher(hub: Hub, seconds: list[float], tmp_path: Path) -> Fetcher:
    return Fetcher(Settings(models_dir=tmp_path), puller=hub.pull, clock=lambda: seconds[0])


def test_progress_has_a_share_a_rate_and_a_time_left(fetcher: Fetcher, hub: Hub, seconds: list[float]) -> None:
    assert fetcher.status("x").state is FetchState.NOT_ASKED
    fetcher.start("x")
    until(lambda: fetcher.status("x").bytes_in_all == 100)
    seconds[0] = 2.0
    hub.may_go_on.release()
    until(lambda: fetcher.status("x").bytes_done == 10)
    status = fetcher.status("x")
    assert (status.state, status.share, status.bytes_per_s) == (FetchState.FETCHING, 0.1, 5.0)
    assert status.seconds_left == pytest.approx(18.0)
    hub.may_go_on.release(9)
    until(lambda: fetcher.status("x").state is FetchState.DONE)
    assert fetcher.status("x").share == 1.0


def test_cancelled_it_keeps_what_came_and_goes_on_from_there(fetcher: Fetcher, hub: Hub, seconds: list[float]) -> None:
    fetcher.start("x")
    hub.may_go_on.release(3)
    until(lambda: fetcher.status("x").bytes_done == 30)
    fetcher.cancel("x")
    assert fetcher.status("x").state is FetchState.CANCELLING
    hub.may_go_on.release()
    until(lambda: fetcher.status("x").state is FetchState.CANCELLED)
    assert hub.kept == 30
    fetcher.start("x")
    until(lambda: fetcher.status("x").bytes_done == 30)
    seconds[0] = 1.0
    hub.may_go_on.release()
    until(lambda: fetcher.status("x").bytes_done == 40)
    assert fetcher.status("x").bytes_per_s == 10.0, "what the first attempt brought is not this one's speed"
    hub.may_go_on.release(6)
    until(lambda: fetcher.status("x").state is FetchState.DONE)


def test_two_clicks_are_one_download(fetcher: Fetcher, hub: Hub) -> None:
    fetcher.start("x")
    until(lambda: hub.attempts == 1)
    fetcher.start("x")
    hub.may_go_on.release(10)
    until(lambda: fetcher.status("x").state is FetchState.DONE)
    assert hub.attempts == 1


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(CheckpointError("No hub is in reach."), "No hub is in reach."), (RuntimeError("boom"), "could not be fetched")],
)
def test_a_failure_is_a_sentence(fetcher: Fetcher, hub: Hub, error: Exception, sentence: str) -> None:
    hub.error = error
    fetcher.start("x")
    hub.may_go_on.release()
    until(lambda: fetcher.status("x").state is FetchState.FAILED)
    assert sentence in (fetcher.status("x").error or "")


def test_a_server_that_stops_stops_its_downloads(fetcher: Fetcher, hub: Hub) -> None:
    fetcher.start("x")
    until(lambda: fetcher.status("x").state is FetchState.FETCHING)
    fetcher.shutdown()
    hub.may_go_on.release()
    until(lambda: fetcher.status("x").state is FetchState.CANCELLED)
