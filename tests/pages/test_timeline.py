"""The timeline page: a recording comes, its curve is drawn, and a link brings it back in another session."""

import io
import json
import zipfile

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.acoustics import SpeechActivity
from core.audio import decode
from core.exports.annotations import read_annotations
from core.exports.timelines import MAKERS
from dashboard import resources
from dashboard.components.timeline_evidence import sum_text, without_text
from dashboard.components.timeline_exports import made, options_of
from dashboard.components.timeline_reference import guess
from dashboard.components.timeline_structure import spoken_curve
from dashboard.examples import EXAMPLES
from dashboard.language import texts_in
from dashboard.state import TimelineState, reference_file_key
from dashboard.timeline_view import TimelineView
from tests import sounds
from tests.dashboard.test_timeline_charts import bench_of
from tests.pages.conftest import MAIN, House, run_until


def opened(house: House, **parameters: str) -> AppTest:
    house.may_load.set()
    app = AppTest.from_file(MAIN, default_timeout=60)
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    return app.switch_page("../pages/timeline.py").run()


def upload(app: AppTest, name: str, samples: np.ndarray) -> AppTest:
    app.file_uploader[0].upload(name, sounds.wav(samples), "audio/wav")
    return run_until(app, lambda app: bool(app.get("plotly_chart")))


def linked_clip(app: AppTest) -> str:
    """The clip's id in the address bar; AppTest gives what a script set as it is, and what a test set as a list."""
    found = app.query_params["clip"]
    return found if isinstance(found, str) else found[0]


def test_a_recording_is_drawn_with_its_verdict_and_its_arc(house: House) -> None:
    app = upload(opened(house), "<b>voice.wav", sounds.voice(3.0))
    assert not app.exception
    assert [text.value for text in app.text if "voice" in text.value] == ["<b>voice.wav"]
    assert any("over the whole recording" in each.value for each in app.markdown)
    assert [tab.label for tab in app.tabs] == ["Evidence", "Structure", "Speakers", "Head", "Reference", "Export"]
    assert resources.services().recents.find(linked_clip(app)) is not None


def test_another_session_finds_the_recording_of_a_link_and_its_view(house: House) -> None:
    first = upload(opened(house), "voice.wav", sounds.voice(3.0))
    link = linked_clip(first)
    calls = house.calls
    second = opened(house, clip=link, draw="heat", smooth="1.5", shortest="nonsense")
    second = run_until(second, lambda app: bool(app.get("plotly_chart")))
    assert not second.exception
    assert second.segmented_control(key="timeline-draw").value == "heat"
    assert second.slider(key="timeline-smoothing-s").value == 1.5
    assert house.calls == calls, "nothing is listened to twice"


def test_a_link_to_a_recording_that_left_says_so(house: House) -> None:
    app = opened(house, clip="0" * 32)
    assert not app.exception and any("no longer on this server" in text.value for text in app.text)


@pytest.mark.parametrize(
    "samples",
    [1e-3 * np.random.default_rng(0).normal(size=32_000).astype(np.float32), sounds.voice(0.2)],
    ids=["nobody speaks", "a fifth of a second"],
)
def test_what_holds_no_speech_and_the_shortest_clip_are_drawn_too(house: House, samples: np.ndarray) -> None:
    app = upload(opened(house), "short.wav", samples)
    assert not app.exception
    assert any("No speech was found" in each.value for each in app.markdown)


def test_a_silent_clip_is_refused_in_one_sentence(house: House) -> None:
    app = opened(house)
    app.file_uploader[0].upload("silent.wav", sounds.wav(np.zeros(16_000, dtype=np.float32)), "audio/wav")
    app = run_until(app, lambda app: any("silent.wav" in text.value for text in app.text))
    assert not app.exception and not app.get("plotly_chart")


def test_every_export_is_made_of_the_whole_and_of_a_region() -> None:
    bench, state = bench_of(10.0), TimelineState(TimelineView(region_s=(2.0, 5.0)))
    for part, until_s in (("whole", 10.0), ("region", 5.0)):
        options = options_of(bench, state, part, texts_in("en"))
        for kind in MAKERS:
            assert len(made(bench, state, kind, options)) > 50, kind
        segments = read_annotations(made(bench, state, "audacity", options), ".txt")
        assert segments[0].start_s == pytest.approx(0.0 if part == "whole" else 2.0, abs=1e-3)
        assert segments[-1].end_s == pytest.approx(until_s, abs=0.03)
        table = made(bench, state, "csv", options).decode().splitlines()
        assert len(table) - 1 == (500 if part == "whole" else 150)
        assert json.loads(made(bench, state, "json", options))["label"]
        assert zipfile.is_zipfile(io.BytesIO(made(bench, state, "npz", options)))


def test_the_sum_and_the_counterfactual_are_said_in_words() -> None:
    from core.curves import moment

    bench, texts = bench_of(10.0), texts_in("en")
    ranked = [entry.label for entry in bench.analysis.ranking]
    logit = bench.analysis.logits[bench.analysis.labels.index(ranked[0])]
    assert f"{logit:+.3f}" in sum_text(bench, (ranked[0], ranked[1]), texts)
    assert "behind" in sum_text(bench, (ranked[1], ranked[0]), texts)
    found = moment(bench.analysis, ranked[0], 0.0, 5.0)
    words = without_text(found, bench.analysis.label, texts)
    assert ("becomes" in words) is (found.label_without != bench.analysis.label)


@pytest.mark.parametrize(
    ("label", "key"), [("Happy", "happy"), ("joy (strong)", "happy"), ("开心", "happy"), ("calm", "neutral"), ("x", "")]
)
def test_labels_of_others_are_understood_where_they_name_an_emotion(label: str, key: str) -> None:
    assert guess(label) == key


def test_an_annotation_is_its_own_recordings_and_a_broken_one_leaves_it_as_it_was(house: House) -> None:
    app = upload(opened(house), "one.wav", sounds.voice(3.0))
    first = linked_clip(app)
    way_in = app.file_uploader(key=reference_file_key(first))
    way_in.upload("said.txt", b"0.0\t1.0\thappy\n1.0\t2.0\tsad\n", "text/plain")
    app.run()
    app.file_uploader[0].upload("two.wav", sounds.wav(sounds.voice(2.5, pitch_hz=180.0)), "audio/wav")
    app = run_until(app, lambda app: any((box.key or "").startswith("timeline-clip-") for box in app.selectbox))
    choice = next(box for box in app.selectbox if (box.key or "").startswith("timeline-clip-"))
    clips = app.session_state["emoscope_session"].clips
    timelines = app.session_state["emoscope_session"].timelines
    second = next(clip.id for clip in clips if clip.id != first)
    choice.set_value(second)
    app.run()
    assert not app.exception
    session = app.session_state["emoscope_session"]
    lagging = app._tree.get_widget_states()
    session.selected = first  # as the Clip page does
    app.run()
    app._run(lagging)  # it says what an older field held
    assert session.selected == first
    next(box for box in app.selectbox if (box.key or "").startswith("timeline-clip-")).set_value(second)
    app.run()
    assert session.selected == second
    assert [each.label for each in timelines[first].reference] == ["happy", "sad"]
    assert timelines[second].reference == ()
    app.file_uploader(key=reference_file_key(second)).upload("said.eaf", b"<no", "text/plain")
    app.run()
    assert not app.exception and timelines[second].reference == ()
    assert any("The .eaf file cannot be read" in text.value for text in app.text)


def test_moments_and_the_path_leave_silence_out() -> None:
    bench = bench_of(10.0, SpeechActivity(((1.0, 3.0), (6.0, 8.0)), 10.0, "energy"))
    times_s, values = spoken_curve(bench, TimelineView(values="logits"))
    assert ((times_s >= 1) & (times_s < 3) | (times_s >= 6) & (times_s < 8)).all() and len(times_s) == 200
    assert values.sum(axis=1) == pytest.approx(1.0), "probabilities, also where logits are looked at"
    everything, _ = spoken_curve(bench, TimelineView(finds_speech=False))
    assert len(everything) == 500


@pytest.mark.parametrize(("link", "title"), [({}, "Emotion timeline"), ({"lang": "zh"}, "情绪时间线")])
def test_a_browser_that_left_before_the_switch_was_drawn_is_spoken_to_all_the_same(
    house: House, link: dict[str, str], title: str
) -> None:
    """It then says that the switch is on nothing."""
    house.may_load.set()
    app = AppTest.from_file(MAIN, default_timeout=60)
    for name, value in link.items():
        app.query_params[name] = value
    app.session_state["language"] = None
    app.switch_page("../pages/timeline.py").run()
    assert not app.exception and app.title[0].value == title


def test_who_speaks_is_found_when_asked_for_and_can_be_named(house: House) -> None:
    pytest.importorskip("resemblyzer")
    spoken = np.concatenate([decode(example.path).samples for example in EXAMPLES[:2]])
    app = upload(opened(house), "two voices.wav", spoken)
    assert not [each for each in app.text_input if (each.key or "").startswith("voices-name")]
    clip = resources.services().recents.find(linked_clip(app))
    assert clip is not None and clip.voices is None  # nobody asked yet
    asked = opened(house, clip=clip.id, rows="speakers")
    asked = run_until(asked, lambda app: clip.voices is not None and clip.voices.done())
    asked.run()
    assert not asked.exception and clip.voices is not None
    names = [each for each in asked.text_input if (each.key or "").startswith("voices-name")]
    assert [each.value for each in names] == list(clip.voices.result().voices) != []
    names[0].set_value("<b>Anna</b>  Maria").run()
    assert not asked.exception
    state = asked.session_state["emoscope_session"].timelines[clip.id]
    assert state.names == {"speaker 1": "<b>Anna</b> Maria"}
    titles = [json.loads(chart.proto.spec) for chart in asked.get("plotly_chart")]
    assert "&lt;b&gt;Anna&lt;/b&gt; Maria" in json.dumps(titles) and "<b>Anna" not in json.dumps(titles)
