"""A kept head on the clip page and on the timeline: chosen, heard, drawn, exported."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.projection import Probe, SpaceOptions, fit_probe, heads_home, load_head, model_of, save_head
from core.projection.spaces import made_space
from core.results import softmax
from dashboard import resources
from dashboard.components.heads import found_for
from tests import sounds
from tests.pages.conftest import MAIN, House, run_until

NAME = "<b>irony"
CLASSES = ["ironic", "plain <i>"]


@pytest.fixture
def head(house: House) -> Probe:
    """A head of this house's checkpoint, kept; and one of another's."""
    engine = resources.services().host.engine(resources.services().host.default)
    assert engine is not None
    values = np.random.default_rng(0).normal(size=(40, engine.info.embedding_dim)).astype(np.float32)
    keys = [f"{number:064x}" for number in range(40)]
    home = heads_home(resources.services().settings)
    for name, model in ((NAME, model_of(engine.info.checkpoint)), ("another's", "other@1")):
        save_head(home, name, fit_probe(made_space("emotion", model, keys, values, SpaceOptions()), CLASSES * 20))
    return load_head(home, NAME)


def opened(page: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["lang"] = "en"
    app.run()
    app.switch_page(f"../pages/{page}.py").run()
    app.file_uploader[0].upload("voice.wav", sounds.wav(sounds.voice(3.0)), "audio/wav")
    return run_until(app, lambda app: bool(app.get("plotly_chart")))


def charts(app: AppTest) -> list[dict[str, object]]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def test_without_heads_the_clip_page_speaks_of_none_and_the_timeline_says_how_to_have_one(house: House) -> None:
    assert not [box for box in opened("clip").selectbox if str(box.key).startswith("head-")]
    assert any("No head of this checkpoint is kept yet" in each.value for each in opened("timeline").caption)


def test_the_chosen_head_says_its_own_classes_of_a_clip(head: Probe) -> None:
    app = opened("clip")
    box = app.selectbox(key="head-clip")
    assert box.options == ["the checkpoint's own alone", NAME], "another checkpoint's head is not offered"
    app = box.set_value(NAME).run()
    assert not app.exception
    (bars,) = [chart["data"][0] for chart in charts(app) if "ironic" in json.dumps(chart)]  # type: ignore[index]
    (clip,) = app.session_state["emoscope_session"].clips
    (listening,) = clip.listenings.values()
    expected = softmax(listening.analysis.embedding @ head.weights.T + head.bias)
    assert bars["y"] == ["ironic", "plain &lt;i&gt;"]
    assert bars["text"] == [f"{100 * share:.0f} %" for share in expected]
    assert any("from 40 clips" in each.value for each in app.caption)


def test_a_timeline_has_the_heads_curves_and_exports_them(head: Probe) -> None:
    app = opened("timeline")
    app.selectbox(key="head-timeline").set_value(NAME).run()
    app = run_until(app, lambda app: len([chart for chart in charts(app) if "ironic" in json.dumps(chart)]) == 2)
    assert not app.exception
    session = app.session_state["emoscope_session"]
    (clip,) = session.clips
    (listening,) = clip.listenings.values()
    said = found_for(session, clip, listening.analysis)
    assert said is not None and said.name == NAME and said.frame_logits is not None
    assert len(said.frame_logits) == len(listening.analysis.frame_logits)
    own = listening.analysis.embedding @ head.weights.T + head.bias
    np.testing.assert_allclose(said.frame_logits.mean(axis=0), own, atol=2e-3)
    names = [trace["name"] for trace in charts(app)[-1]["data"]] if charts(app) else []  # type: ignore[index]
    curves = [chart for chart in charts(app) if [t.get("mode") for t in chart["data"]] == ["lines", "lines"]]  # type: ignore[attr-defined]
    assert [trace["name"] for trace in curves[-1]["data"]] == ["ironic", "plain &lt;i&gt;"], names  # type: ignore[attr-defined]
