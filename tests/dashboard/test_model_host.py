"""The host loads each checkpoint once, in the background, tells how far it is, and lends one worker to everybody."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from core.analysis import analyze
from core.model import Engine, EngineInfo, Window, open_engine
from core.results import FrameScores, Stage, Waveform
from core.settings import Settings
from dashboard.model_host import LoadStatus, ModelHost, State
from tests.checkpoints import tiny_checkpoint

PATIENCE_S = 60.0
OnStage = Callable[[Stage], None]


def open_native(checkpoint: str, settings: Settings, on_stage: OnStage) -> Engine:
    return open_engine(checkpoint, settings, on_stage=on_stage)


def wait_until_over(host: ModelHost, checkpoint: str | None = None) -> LoadStatus:
    host.request(checkpoint or host.default)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        status = host.status(checkpoint)
        if not status.state.is_loading:
            return status
        time.sleep(0.01)
    raise AssertionError(f"still {host.status(checkpoint)}")


def test_states_come_in_order_and_each_stage_has_its_time(settings: Settings) -> None:
    seen: list[State] = []

    def opener(checkpoint: str, settings: Settings, on_stage: OnStage) -> Engine:
        seen.append(host.status().state)

        def reached(stage: Stage) -> None:
            on_stage(stage)
            seen.append(host.status().state)

        return open_engine(checkpoint, settings, on_stage=reached)

    host = ModelHost(settings, opener=opener)
    host.start()
    status = wait_until_over(host)
    assert seen == [State.IMPORTING, State.READING, State.BUILDING, State.WARMING, State.WARMING]
    assert status.state is State.READY
    assert [stage.name for stage in status.stages] == ["import", "read", "build", "warm-up"]
    assert all(stage.seconds > 0 and stage.rss_mb > 0 for stage in status.stages)
    assert status.elapsed_s >= sum(stage.seconds for stage in status.stages) * 0.99
    assert status.info is not None and "unknown" not in status.info.labels


def test_many_threads_asking_at_once_load_once_and_share_one_engine(settings: Settings) -> None:
    opened: list[str] = []

    def opener(checkpoint: str, settings: Settings, on_stage: OnStage) -> Engine:
        opened.append(threading.current_thread().name)
        return open_native(checkpoint, settings, on_stage)

    host = ModelHost(settings, opener=opener)
    engines: list[Engine] = []
    with ThreadPoolExecutor(16) as sessions:
        for _ in range(64):
            sessions.submit(host.when_ready, host.default, engines.append)
    wait_until_over(host)
    deadline = time.monotonic() + PATIENCE_S
    while len(engines) < 64 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert opened == ["emoscope-load-1"]
    assert len(engines) == 64 and len({id(engine) for engine in engines}) == 1
    assert host.status().loads == 1


def test_a_load_that_failed_is_named_and_can_be_retried(tmp_path: Path, settings: Settings, waveform: Waveform) -> None:
    folder = tmp_path / "later"
    host = ModelHost(replace(settings, checkpoint=str(folder)))
    came: list[Engine] = []
    host.when_ready(host.default, came.append)
    failed = wait_until_over(host)
    assert failed.state is State.FAILED and failed.info is None
    assert failed.error is not None and failed.error.startswith("There is no checkpoint '")
    assert not came

    tiny_checkpoint(folder)
    host.retry(host.default)
    status = wait_until_over(host)
    assert status.state is State.READY and status.error is None and status.loads == 2
    deadline = time.monotonic() + PATIENCE_S
    while not came and time.monotonic() < deadline:
        time.sleep(0.01)
    assert analyze(waveform, came[0]).label in came[0].info.labels


def test_a_retry_of_what_did_not_fail_loads_nothing(settings: Settings) -> None:
    host = ModelHost(settings)
    host.start()
    wait_until_over(host)
    host.retry(host.default)
    assert host.status().loads == 1 and host.status().state is State.READY


def test_a_surprise_while_loading_becomes_one_sentence(settings: Settings) -> None:
    def opener(checkpoint: str, settings: Settings, on_stage: OnStage) -> Engine:
        raise MemoryError("no room for 1.9 GB\nand more lines")

    host = ModelHost(settings, opener=opener)
    host.start()
    error = wait_until_over(host).error
    assert error is not None and "MemoryError: no room for 1.9 GB)" in error and "\n" not in error


def test_another_checkpoint_gives_way_to_the_next_and_the_default_stays(settings: Settings, tmp_path: Path) -> None:
    others = [str(tiny_checkpoint(tmp_path / name, seed=seed)) for seed, name in enumerate(("one", "two"), start=1)]
    host = ModelHost(settings, max_engines=2)
    host.start()
    for checkpoint in (host.default, *others):
        assert wait_until_over(host, checkpoint).state is State.READY
    assert [status.checkpoint for status in host.loaded()] == [host.default, others[1]]
    assert host.status(others[0]).state is State.RESTING, "looking does not load"
    assert wait_until_over(host, others[0]).loads == 1, "the one that gave way is loaded afresh"
    assert [status.checkpoint for status in host.loaded()] == [host.default, others[0]]
    assert host.status().loads == 1


def test_a_checkpoint_somebody_waits_for_is_kept(settings: Settings, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    host = ModelHost(settings, max_engines=1)
    host.start()
    host.when_ready(missing, lambda engine: None)
    wait_until_over(host, missing)
    wait_until_over(host)
    assert {status.checkpoint for status in host.loaded()} == {host.default, missing}


class Watched:
    """A real engine that notes which thread each call comes on, and whether two calls ever overlap."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.threads: set[str] = set()
        self.calls, self.inside, self.most_inside = 0, 0, 0

    @property
    def info(self) -> EngineInfo:
        return self.engine.info

    def score(self, windows: Sequence[Window], *, embeddings: bool = False) -> list[FrameScores]:
        self.threads.add(threading.current_thread().name)
        self.calls += 1
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            return self.engine.score(windows, embeddings=embeddings)
        finally:
            self.inside -= 1


def test_whoever_asks_all_scoring_is_done_by_one_worker(settings: Settings, waveform: Waveform) -> None:
    watched: list[Watched] = []

    def opener(checkpoint: str, settings: Settings, on_stage: OnStage) -> Engine:
        watched.append(Watched(open_native(checkpoint, settings, on_stage)))
        return watched[0]

    host = ModelHost(settings, opener=opener)
    lent: list[Engine] = []
    host.when_ready(host.default, lent.append)
    wait_until_over(host)
    while not lent:
        time.sleep(0.01)
    with ThreadPoolExecutor(6) as sessions:
        results = list(sessions.map(lambda _: analyze(waveform, lent[0]), range(18)))
    assert watched[0].calls == 18 and watched[0].most_inside == 1
    assert watched[0].threads == {"emoscope-score_0"}
    assert len({tuple(result.scores.values()) for result in results}) == 1


@pytest.mark.parametrize("state", list(State))
def test_loading_is_what_goes_on_by_itself(state: State) -> None:
    assert state.is_loading == (state.value in ("importing", "reading", "building", "warming"))
