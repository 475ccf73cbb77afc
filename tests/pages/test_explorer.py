"""The explorer page: a map of the library's clips, what is selected on it, and what can be worked out of it."""

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.analysis import analyze
from core.audio.opus import opus_bytes
from core.library import Library, Query, entry_of
from core.projection import nearest, tag_classes
from core.results import Waveform
from dashboard import resources
from dashboard.components.explorer_selection import exported
from dashboard.explorer_state import ExplorerState
from tests import sounds
from tests.core.speakers.voices import speak
from tests.libraries import LABELS, SPEAKERS, fill
from tests.pages.conftest import MAIN, House, run_until

COUNT = 32


@pytest.fixture
def library(house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Library:
    monkeypatch.setenv("EMOSCOPE_MAPS_DIR", str(tmp_path / "maps"))
    monkeypatch.setenv("EMOSCOPE_HEADS_DIR", str(tmp_path / "heads"))
    resources.close_services()  # the house was built before
    return fill(resources.services().settings.library, COUNT)


def opened(**parameters: str) -> AppTest:
    """The explorer page by a link; its maps are PCA's, which need no process of their own."""
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["lang"] = "en"
    app.run()
    for name, value in ({"method": "pca"} | parameters).items():
        app.query_params[name] = value
    if "lang" in parameters:
        app.session_state["language"] = parameters["lang"]
    app.switch_page("../pages/explorer.py").run()
    assert not app.exception
    return app


def mapped(**parameters: str) -> AppTest:
    return run_until(opened(**parameters), lambda app: explorer(app).bench is not None and chart(app) is not None)


def explorer(app: AppTest) -> ExplorerState:
    found: ExplorerState = app.session_state["emoscope_session"].explorer
    return found


def chart(app: AppTest, position: int = 0) -> dict[str, Any] | None:
    charts = app.get("plotly_chart")
    return json.loads(charts[position].proto.spec) if len(charts) > position else None


def shown(app: AppTest) -> str:
    return "\n".join(each.value for each in [*app.text, *app.markdown, *app.caption])


def section(app: AppTest, name: str, is_enough: Callable[[AppTest], bool]) -> AppTest:
    app.segmented_control(key="explorer-section").set_value(name).run()
    app = run_until(app, is_enough)
    assert not app.exception
    return app


def test_an_empty_library_says_what_to_do(house: House) -> None:
    app = opened()
    assert "The library has no clips yet" in app.info[0].value and not app.get("plotly_chart")


def test_the_map_says_which_space_it_is_of_and_has_every_clip(library: Library) -> None:
    app = mapped()
    assert "Emotion · tests/random@0123abcd · 32 clips · PCA 2-D" in shown(app)
    figure = chart(app)
    assert figure is not None
    assert [trace["name"] for trace in figure["data"]] == [
        "😠 Angry (8)",
        "😄 Happy (8)",
        "😐 Neutral (8)",
        "😢 Sad (8)",
    ]
    assert "<b>outside" not in json.dumps(figure)


def test_a_link_brings_filter_space_and_looks_and_keeps_them(library: Library) -> None:
    app = mapped(speaker="anna", space="scores", dims="3", colour="speaker", shape="label")
    bench = explorer(app).bench
    assert bench is not None and set(bench.table["speaker"]) == {"anna"} and len(bench) == COUNT // len(SPEAKERS)
    assert bench.positions.shape == (8, 3) and bench.space.name == "scores"
    kept = {name: value if isinstance(value, list) else [value] for name, value in app.query_params.items()}
    expected = {"speaker": "anna", "space": "scores", "dims": "3", "colour": "speaker", "shape": "label"}
    assert kept == {name: [value] for name, value in ({"lang": "en", "method": "pca"} | expected).items()}


def test_too_few_clips_for_umap_are_drawn_by_pca_with_a_word_why(library: Library) -> None:
    app = mapped(method="umap", speaker="anna")
    assert "too few for UMAP" in shown(app)


def test_a_space_that_is_missing_is_computed_when_asked_for(library: Library) -> None:
    app = run_until(opened(space="acoustic"), lambda app: any(b.key == "explorer-compute-acoustic" for b in app.button))
    assert explorer(app).bench is None
    app.button(key="explorer-compute-acoustic").click().run()
    app = run_until(app, lambda app: explorer(app).bench is not None)
    bench = explorer(app).bench
    assert bench is not None and bench.space.name == "acoustic" and len(bench) == COUNT
    assert "acoustic.pitch_hz" in bench.table


def test_a_selection_is_listed_tagged_and_found_in_the_library(library: Library) -> None:
    app = mapped()
    explorer(app).selected = np.array([0, 5, 6])
    app.run()
    assert "**3** clips" in shown(app)
    table = app.dataframe[0].value
    bench = explorer(app).bench
    assert bench is not None
    assert table["sound"].tolist() == [f"/api/v1/library/sounds/{bench.space.keys[row]}.ogg" for row in (0, 5, 6)]
    assert table["label"].tolist() == ["😠 Angry", "😄 Happy", "😐 Neutral"]
    app.multiselect(key="explorer-tags").set_value(["loud <i>"]).run()
    app.button(key="explorer-tag-add").click().run()
    assert not app.exception
    tagged = library.rows(Query(tags=("loud <i>",)), columns=["key"]).column("key").to_pylist()
    assert sorted(tagged) == [bench.space.keys[row] for row in (0, 5, 6)]
    assert [list(tags) for tags in bench.table["tags"]].count(["loud <i>"]) == 3


def test_a_selection_goes_out_whole_and_to_the_other_pages(library: Library) -> None:
    app = mapped()
    explorer(app).selected = np.array([1, 2])
    app.run()
    keys = explorer(app).keys()
    lines = exported(keys, "jsonl").decode().splitlines()
    assert sorted(json.loads(line)["key"] for line in lines) == sorted(keys)
    assert exported(keys, "nothing").startswith(b"There is no form")
    app.button(key="explorer-only").click().run()
    app = run_until(app, lambda app: len(explorer(app).bench or ()) == 2)
    app.button(key="explorer-clips-all").click().run()
    app = run_until(app, lambda app: len(explorer(app).bench or ()) == COUNT)
    app.button(key="explorer-to-library").click().run()
    assert not app.exception and app.session_state["emoscope_session"].library.view.keys == keys
    assert "2 found" in shown(app)


def test_what_another_page_picked_is_mapped(library: Library) -> None:
    app = opened()
    keys = library.rows(Query(labels=("sad",)), columns=["key"]).column("key").to_pylist()
    app.session_state["emoscope_session"].picked = keys
    app.run()
    app = run_until(app, lambda app: len(explorer(app).bench or ()) == len(keys))
    assert app.session_state["emoscope_session"].picked == []


def test_a_name_is_found_and_ringed_on_the_map(library: Library) -> None:
    app = mapped()
    app.text_input(key="explorer-search").set_value("CLIP 01").run()
    assert explorer(app).marked == tuple(range(10, 20)) and "10 found" in shown(app)
    focus = explorer(app).focus
    assert focus is not None and focus.row == 10 and not focus.plays


def test_neighbours_come_from_the_space_itself(library: Library) -> None:
    bench = explorer(mapped()).bench
    assert bench is not None
    found = bench.near(3, 5)
    far = np.linalg.norm(bench.space.prepared - bench.space.prepared[3], axis=1)
    far[3] = np.inf
    np.testing.assert_array_equal(found.indices[0], np.argsort(far, kind="stable")[:5])
    np.testing.assert_allclose(found.distances[0], np.sort(far)[:5], rtol=1e-5)
    assert nearest(bench.space, np.array([3]), 5).indices.tolist() == found.indices.tolist()


def test_clusters_have_cards_whose_clips_are_shown_and_selected(library: Library) -> None:
    app = section(mapped(clusters="agglomerative", k="4"), "clusters", lambda app: "4 clusters" in shown(app))
    assert shown(app).count("8 clips · ") == 4
    app.button(key="explorer-medoid-0-0").click().run()
    focus = explorer(app).focus
    assert focus is not None and focus.plays
    app.button(key="explorer-group-1").click().run()
    bench = explorer(app).bench
    assert bench is not None and len(explorer(app).selected) == 8
    assert len({bench.table["label"][row] for row in explorer(app).selected}) == 1
    lagging = app._tree.get_widget_states()  # what a browser goes on saying until it has heard of the new colour
    app.button(key="explorer-colour-clusters").click().run()
    app._run(lagging)
    figure = chart(app)
    assert figure is not None and [trace["name"] for trace in figure["data"]] == [f"{at} (8)" for at in (1, 2, 3, 4)]


def test_trust_is_measured_with_a_sentence_each_and_can_be_the_colour(library: Library) -> None:
    app = section(
        mapped(clusters="kmeans", k="4"), "trust", lambda app: "a random map would keep" in shown(app) and app.metric
    )
    bench = explorer(app).bench
    assert bench is not None
    trust = bench.known(("trust",)).trust
    assert f"{100 * trust.mean_overlap:.0f} % of a clip's {trust.k} nearest" in shown(app)
    assert {metric.label: metric.value for metric in app.metric}["Adjusted Rand"] == "1.00"
    app.button(key="explorer-colour-overlap").click().run()
    assert explorer(app).view.colour == "overlap"


def test_what_the_clusters_are_made_of_is_said_in_one_sentence(library: Library) -> None:
    app = section(mapped(clusters="kmeans", k="4"), "confounds", lambda app: "beyond chance" in shown(app))
    assert "The clusters follow Emotion (100 %) most" in shown(app) or "The clusters follow Reference" in shown(app)


def test_a_probe_learns_from_tags_and_is_applied_and_kept(library: Library) -> None:
    for label in LABELS[:2]:
        keys = library.rows(Query(labels=(label,)), columns=["key"]).column("key").to_pylist()
        library.update(keys[:6], add_tags=[f"is {label}"])
    app = section(mapped(), "probe", lambda app: any(each.key == "explorer-probe-tags" for each in app.multiselect))
    app.multiselect(key="explorer-probe-tags").set_value(["is angry", "is happy"]).run()
    app.button(key="explorer-fit").click().run()
    app = run_until(app, lambda app: "unweighted average recall; chance gives" in shown(app))
    assert "**100 %** unweighted average recall" in shown(app)
    assert "Of the 20 clips without a class the probe says:" in shown(app)
    app.text_input(key="explorer-head-name").set_value("mine").run()
    app.button(key="explorer-head-save").click().run()
    assert app.success[0].value.startswith("Kept.")
    assert list(resources.services().settings.heads_dir.iterdir())


def test_tags_that_two_classes_share_teach_nothing() -> None:
    assert tag_classes([["a"], ["b", "c"], ["a", "b"], None, []], ("a", "b")) == ["a", "b", None, None, None]


def test_a_clip_from_outside_is_placed_beside_its_like(house: House, library: Library) -> None:
    app = run_until(opened(space="acoustic"), lambda app: any(b.key == "explorer-compute-acoustic" for b in app.button))
    app.button(key="explorer-compute-acoustic").click().run()
    app = run_until(app, lambda app: explorer(app).bench is not None)
    upload = next(each for each in app.get("file_uploader") if each.key == "explorer-like-file")
    upload.upload("<b>me</b>.wav", sounds.wav(sounds.voice(1.2, pitch_hz=170.0)), "audio/wav")
    app = run_until(app, lambda app: explorer(app).guest is not None)
    guest, bench = explorer(app).guest, explorer(app).bench
    assert guest is not None and bench is not None and guest.name == "<b>me</b>.wav"
    assert {bench.table["speaker"][row] for row in guest.rows[:5]} == {"dora"}, "dora speaks at 170 Hz"


DATA = re.compile(  # names of files, people, methods, units and keys
    r"folder/clip \d+\.wav|tests/random@\w+|outside|anna|\bbo\b|\bcy\b|dora|gender|note|is (angry|happy)|probe:"
    r"|UMAP|PCA|densMAP|HDBSCAN|k-means|Procrustes|Esc|Ctrl|Enter|emoscope|English|float32|CPU"
)


def words_on(app: AppTest) -> str:
    """All that is written on the page: text, labels, choices, hints, and what is in the figures."""
    shown_by = [*app.text, *app.markdown, *app.caption, *app.info, *app.title, *app.subheader, *app.metric]
    parts = [str(each.value) for each in shown_by]
    for kind in ("selectbox", "multiselect", "segmented_control", "button", "slider", "toggle", "text_input",
                 "number_input", "metric"):  # fmt: skip
        for each in app.get(kind):
            parts += [getattr(each, "label", "") or "", getattr(each, "help", "") or ""]
            parts += [str(option) for option in getattr(each, "options", None) or []]
    for figure in app.get("plotly_chart"):
        spec = json.loads(figure.proto.spec)
        parts += [trace.get("name") or "" for trace in spec["data"]]
        parts += [str(value) for trace in spec["data"] if trace["type"] == "bar" for value in trace["y"]]
        parts.append(str(spec["layout"].get("xaxis", {}).get("title", {}).get("text", "")))
    return "\n".join(parts)


def english_in(words: str) -> list[str]:
    """Two words or more on end."""
    return re.findall(r"[A-Za-z][a-z]+(?: [A-Za-z]+)+", DATA.sub("", words))


@pytest.mark.parametrize("name", ["clusters", "trust", "confounds", "probe"])
def test_a_chinese_page_has_no_english_sentence(library: Library, name: str) -> None:
    for label in LABELS[:2]:
        keys = library.rows(Query(labels=(label,)), columns=["key"]).column("key").to_pylist()
        library.update(keys[:6], add_tags=[f"is {label}"])
    ready = {"clusters": "**离群片段**", "trust": "随机地图", "confounds": "聚类", "probe": "用作类别的标签"}
    app = mapped(lang="zh", clusters="kmeans", k="4", colour="cluster")
    app = section(app, name, lambda app: ready[name] in words_on(app))
    if name == "probe":
        app.multiselect(key="explorer-probe-tags").set_value(["is angry", "is happy"]).run()
        app.button(key="explorer-fit").click().run()
        app = run_until(app, lambda app: "折交叉验证" in words_on(app))
    words = words_on(app)
    assert english_in(words) == [] and english_in(words_on(mapped(lang="en"))) != []


def test_what_core_says_of_a_map_is_said_in_chinese(library: Library) -> None:
    assert "8 个片段对 UMAP 来说太少" in words_on(mapped(lang="zh", method="umap", speaker="anna"))
    missing = run_until(
        opened(lang="zh", space="speaker"), lambda app: any(b.key == "explorer-compute-speaker" for b in app.button)
    )
    assert "这些片段还没有嗓音向量" in words_on(missing) and not missing.exception
    library.update(library.rows(Query(), columns=["key"]).column("key").to_pylist(), speaker=None)
    alone = run_until(opened(lang="zh", space="within_speaker"), lambda app: "两个以上片段" in words_on(app))
    assert "这 32 个片段中没有一位说话人有两个以上片段：请先标明说话人。" in words_on(alone)


@pytest.fixture
def heard_library(house: House, library: Library) -> Library:
    """A library of six clips of three made-up people, heard by this house's own checkpoint."""
    engine = resources.services().host.engine(resources.services().host.default)
    assert engine is not None
    library.delete(library.rows(Query(), columns=["key"]).column("key").to_pylist())
    entries = []
    for number, name in enumerate(["anna", "ben", "chris"] * 2):
        waveform = Waveform(samples=speak(name, 2.0, number), name=f"{name} {number}.wav", source_codec="pcm")
        entries.append(
            entry_of(analyze(waveform, engine), waveform.name, engine.info, speaker=name, sound=opus_bytes(waveform))
        )
    library.put(entries)
    return library


@pytest.mark.parametrize("space", ["emotion", "scores", "within_speaker", "speaker"])
def test_a_clip_of_the_library_finds_itself_in_every_space(heard_library: Library, space: str) -> None:
    if space == "speaker":
        pytest.importorskip("webrtcvad", reason="webrtcvad-wheels is not installed")
    app = opened(space=space)
    if space == "speaker":
        app = run_until(app, lambda app: any(b.key == "explorer-compute-speaker" for b in app.button))
        app.button(key="explorer-compute-speaker").click().run()
    app = run_until(app, lambda app: explorer(app).bench is not None)
    sound = sounds.wav(speak("ben", 2.0, 4))  # the fifth clip, as it came
    next(e for e in app.get("file_uploader") if e.key == "explorer-like-file").upload("mine.wav", sound, "audio/wav")
    if space == "within_speaker":
        app.run()
        assert explorer(app).guest is None, "nobody said yet who speaks"
        app.selectbox(key="explorer-like-who").set_value("ben").run()
    app = run_until(app, lambda app: explorer(app).guest is not None)
    guest, bench = explorer(app).guest, explorer(app).bench
    assert guest is not None and bench is not None and not app.exception
    assert bench.table["source"][guest.rows[0]] == "ben 4.wav"
    assert guest.distances[0] < 0.5 * guest.distances[2]
    if space == "speaker":
        assert {bench.table["speaker"][row] for row in guest.rows[:2]} == {"ben"}


def test_a_selection_is_compared_and_a_clip_opened_on_the_timeline(heard_library: Library) -> None:
    app = run_until(opened(), lambda app: explorer(app).bench is not None)
    bench = explorer(app).bench
    assert bench is not None
    explorer(app).selected = np.array([0, 2])
    app.run()
    app.button(key="explorer-compare").click().run()
    session = app.session_state["emoscope_session"]
    app = run_until(app, lambda app: len(session.compared.clips) == 2)
    names = {clip.id: clip.name for clip in session.clips}
    assert [names[clip] for clip in session.compared.clips] == [bench.table["source"][row] for row in (0, 2)]
    app.switch_page("../pages/explorer.py").run()
    explorer(app).opening = 3
    app.run()
    assert not app.exception
    assert next(clip.name for clip in session.clips if clip.id == session.selected) == bench.table["source"][3]
