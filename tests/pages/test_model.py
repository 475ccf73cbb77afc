"""The model page: what is loaded, how it got there, what else there is."""

import json
import threading
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.checkpoints.fetching import Cancelled, IsCancelled, OnProgress
from core.errors import CheckpointError
from core.settings import Settings
from dashboard import resources
from tests.checkpoints import tiny_checkpoint
from tests.pages.conftest import MAIN, PATIENCE_S, House, html_of, run_until


def open_page(app: AppTest) -> AppTest:
    return app.run().switch_page("../pages/model.py").run()


def test_it_shows_the_engines_facts(app: AppTest, house: House) -> None:
    open_page(app)
    assert not app.exception
    assert app.title[0].value == "The model"
    info = house.engines[0].info
    facts = {metric.label: metric.value for metric in app.metric}
    assert facts["Checkpoint"] == "tiny" and facts["Revision"] == info.checkpoint.revision
    assert facts["Engine"] == "native" and facts["Precision"] == "float32"
    assert facts["Parameters"] == f"{info.num_parameters / 1e6:.2f} M"
    assert facts["Embedding"] == "64-d" and facts["Device"] == f"CPU, {info.threads} threads"
    assert float(facts["Memory of the process"].removesuffix(" MB")) > 50


def test_it_says_what_the_checkpoint_cannot_say(app: AppTest, house: House) -> None:
    said = [element.value for element in open_page(app).markdown]
    assert "It never learnt, and cannot say, ❔ Unknown." in said
    assert any(text.startswith("It can say 😠 Angry · 🤢 Disgusted") for text in said)


def test_the_cold_start_is_drawn_as_a_waterfall(app: AppTest, house: House) -> None:
    open_page(app)
    status = resources.services().host.status()
    (chart,) = app.get("plotly_chart")
    (bars,) = json.loads(chart.proto.spec)["data"]
    assert bars["y"] == ["Import", "Read the weights", "Build the network", "Warm up"]
    assert bars["x"] == [stage.seconds for stage in status.stages]
    assert f"Cold start: ready in {status.elapsed_s:.2f} s" in [heading.value for heading in app.subheader]


def test_known_checkpoints_show_their_state_and_what_can_be_done(app: AppTest, house: House) -> None:
    tiny_checkpoint(resources.services().settings.models_dir / "emotion2vec_plus_base")
    open_page(app)
    said = "\n".join(element.value for element in app.markdown)
    assert "**emotion2vec+ large**" in said and "not on this machine" in said
    buttons = {button.key: button for button in app.button}
    assert "fetch-emotion2vec_plus_large" in buttons and "use-emotion2vec_plus_large" not in buttons
    assert "use-emotion2vec_plus_base" in buttons and "fetch-emotion2vec_plus_base" not in buttons


def test_another_checkpoint_is_used_by_this_session_and_loaded_beside_the_first(app: AppTest, house: House) -> None:
    tiny_checkpoint(resources.services().settings.models_dir / "emotion2vec_plus_base", seed=3)
    open_page(app)
    default = resources.services().host.default
    app.button(key="use-emotion2vec_plus_base").click().run()
    run_until(app, lambda page: any(metric.value == "emotion2vec+ base" for metric in page.metric))
    assert not app.exception
    assert app.button(key="use-emotion2vec_plus_base").disabled
    assert {status.checkpoint for status in resources.services().host.loaded()} == {default, "emotion2vec_plus_base"}
    other_tab = open_page(AppTest.from_file(MAIN, default_timeout=PATIENCE_S))
    assert {metric.label: metric.value for metric in other_tab.metric}["Checkpoint"] == "tiny"


def test_a_download_shows_its_progress_and_can_be_stopped(
    app: AppTest, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    came, cancelled = threading.Event(), threading.Event()

    def pull(name: str, settings: Settings, *, on_progress: OnProgress, is_cancelled: IsCancelled) -> Path:
        on_progress(500_000_000, 2_000_000_000)
        came.set()
        while not is_cancelled():
            time.sleep(0.01)
        cancelled.set()
        raise Cancelled("stopped")

    monkeypatch.setattr(resources.services().fetcher, "_pull", pull)
    open_page(app).button(key="fetch-emotion2vec_plus_large").click().run()
    assert came.wait(PATIENCE_S)
    run_until(app, lambda page: any("0.50 of 2.00 GB" in bar.proto.text for bar in page.get("progress")))
    app.button(key="cancel-emotion2vec_plus_large").click().run()
    assert cancelled.wait(PATIENCE_S)
    run_until(app, lambda page: any(button.label == "Go on downloading" for button in page.button))
    assert not app.exception


def test_a_download_that_fails_says_why(app: AppTest, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def pull(name: str, settings: Settings, *, on_progress: OnProgress, is_cancelled: IsCancelled) -> Path:
        raise CheckpointError("Neither hub answers; check the network.")

    monkeypatch.setattr(resources.services().fetcher, "_pull", pull)
    open_page(app).button(key="fetch-emotion2vec_plus_large").click().run()
    run_until(app, lambda page: any("Neither hub answers" in element.value for element in page.text))


def test_the_self_test_runs_on_the_loaded_model(app: AppTest, house: House) -> None:
    open_page(app).button(key="self-test").click().run()
    assert not app.exception and house.calls >= 4
    assert any("6 of 6 passed" in element.value for element in app.markdown), [e.value for e in app.markdown]


def test_the_bundled_card_is_on_the_page(app: AppTest, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = [element.value for element in open_page(app).markdown]
    assert not any("CC BY-NC-SA" in text for text in tiny), "a folder of somebody's has no card here"
    app.button(key="use-bundled").click().run()
    said = "\n".join(element.value for element in app.markdown)
    assert "**The weights carry CC BY-NC-SA 4.0**" in said and "Not to be used for" in said
    assert "![" not in said, "pictures are drawn, not linked"


def test_while_the_model_loads_the_page_already_tells_what_is_known(app: AppTest, slow_house: House) -> None:
    open_page(app)
    assert not app.exception and not app.metric
    assert app.info[0].value.startswith("The model is still loading.")
    assert any(button.key == "fetch-emotion2vec_plus_large" for button in app.button)


def test_the_status_line_and_the_language_stand_on_this_page_too(app: AppTest, house: House) -> None:
    app.query_params["lang"] = "zh"
    open_page(app)
    assert app.title[0].value == "模型"
    line = next(body for body in html_of(app) if 'class="emoscope-status"' in body)
    assert "<b>就绪</b>" in line and "tiny" in line and "float32" in line and "CPU" in line and "MB" in line
