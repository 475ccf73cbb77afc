"""The pages, run as Streamlit runs them, on a real engine with a tiny checkpoint."""

import functools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.model import Engine, open_engine
from core.results import Stage
from core.settings import Settings
from dashboard import resources
from dashboard.model_host import ModelHost
from tests.checkpoints import tiny_checkpoint
from tests.dashboard.test_model_host import Watched

PATIENCE_S = 60.0
MAIN = str(Path(__file__).parents[2] / "dashboard" / "main.py")


@dataclass
class House:
    """The process's services as the pages find them: a real engine that can be held back and watched."""

    may_load: threading.Event = field(default_factory=threading.Event)
    engines: list[Watched] = field(default_factory=list)

    def open(self, checkpoint: str, settings: Settings, on_stage: Callable[[Stage], None]) -> Engine:
        assert self.may_load.wait(PATIENCE_S)
        self.engines.append(Watched(open_engine(checkpoint, settings, on_stage=on_stage)))
        return self.engines[-1]

    @property
    def calls(self) -> int:
        """How often any engine was asked to score."""
        return sum(engine.calls for engine in self.engines)

    def wait_until_over(self) -> None:
        """Wait until the default checkpoint is ready or has failed."""
        deadline = time.monotonic() + PATIENCE_S
        while resources.services().host.status().state.is_loading and time.monotonic() < deadline:
            time.sleep(0.02)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny emotion2vec with random weights that cannot say `unknown`."""
    return tiny_checkpoint(tmp_path_factory.mktemp("checkpoints") / "tiny", unsayable=("<unk>",))


@pytest.fixture
def slow_house(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house whose model arrives only when the test says so."""
    monkeypatch.setenv("EMOSCOPE_CHECKPOINT", str(checkpoint))
    monkeypatch.setenv("EMOSCOPE_OUTPUTS_DIR", str(tmp_path / "outputs"))
    monkeypatch.setenv("EMOSCOPE_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("EMOSCOPE_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("EMOSCOPE_HEADS_DIR", str(tmp_path / "heads"))
    house = House()
    monkeypatch.setattr(resources, "ModelHost", functools.partial(ModelHost, opener=house.open))
    resources.services.clear()
    yield house
    house.may_load.set()
    house.wait_until_over()
    resources.close_services()


@pytest.fixture
def house(slow_house: House) -> House:
    """A house whose model is ready."""
    slow_house.may_load.set()
    slow_house.wait_until_over()
    return slow_house


@pytest.fixture
def app() -> AppTest:
    """The whole app, not yet run."""
    return AppTest.from_file(MAIN, default_timeout=PATIENCE_S)


def html_of(app: AppTest) -> list[str]:
    """What was drawn as HTML."""
    return [element.proto.body for element in app.get("html")]


def verdict_of(app: AppTest) -> str:
    """The verdict's card, empty where there is none."""
    return next((body for body in html_of(app) if 'class="emoscope-verdict"' in body), "")


def run_until(app: AppTest, is_enough: Callable[[AppTest], bool]) -> AppTest:
    """Run again, as the page does by itself, until it shows what is waited for."""
    deadline = time.monotonic() + PATIENCE_S
    app.run()
    while not is_enough(app) and time.monotonic() < deadline:
        time.sleep(0.05)
        app.run()
    assert is_enough(app), [element.value for element in app.exception] or html_of(app)[1:]
    return app
