"""The model page: what is loaded, how it got there, what else there is."""

import json

from streamlit.testing.v1 import AppTest

from dashboard import resources
from tests.checkpoints import tiny_checkpoint
from tests.pages.conftest import House, html_of


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


def test_known_checkpoints_show_their_state_and_how_to_get_them(app: AppTest, house: House) -> None:
    tiny_checkpoint(resources.services().settings.models_dir / "emotion2vec_plus_base")
    open_page(app)
    said = "\n".join(element.value for element in app.markdown)
    assert "**emotion2vec+ large**" in said and "not on this machine" in said
    commands = [element.value for element in app.code]
    assert "emoscope models pull emotion2vec_plus_large" in commands
    assert "emoscope models pull emotion2vec_plus_base" not in commands, "it is on this disk"


def test_while_the_model_loads_the_page_already_tells_what_is_known(app: AppTest, slow_house: House) -> None:
    open_page(app)
    assert not app.exception and not app.metric
    assert app.info[0].value.startswith("The model is still loading.")
    assert any("emoscope models pull" in element.value for element in app.code)


def test_the_status_line_and_the_language_stand_on_this_page_too(app: AppTest, house: House) -> None:
    app.query_params["lang"] = "zh"
    open_page(app)
    assert app.title[0].value == "模型"
    line = next(body for body in html_of(app) if 'class="emoscope-status"' in body)
    assert "<b>就绪</b>" in line and "tiny" in line and "float32" in line and "CPU" in line and "MB" in line
