"""The map's figure: which point is which clip, what stands for what, and what very many points become."""

import base64
import io
import json
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from core.emotions import emotion
from dashboard.explorer_charts import (
    MARKS,
    MOST_LEGEND,
    MOST_POINTS,
    PALETTE,
    Attribute,
    Bar,
    Seen,
    extent_of,
    is_density,
    map_figure,
    mean_scores,
    measured_bars,
)
from dashboard.language import texts_in

TEXTS = texts_in("en")
RNG = np.random.default_rng(0)


def cloud(count: int, dimensions: int = 2) -> np.ndarray:
    return RNG.normal(size=(count, dimensions)).astype(np.float32)


def named(values: Sequence[str], *, is_emotion: bool = False) -> Attribute:
    return Attribute("what", np.array(values, dtype=object), is_emotion=is_emotion)


def drawn(
    positions: np.ndarray, colour: Attribute | None = None, shape: Attribute | None = None, **more: object
) -> go.Figure:
    return map_figure(positions, colour, shape, TEXTS, revision="map-1", **more)  # type: ignore[arg-type]


def rows_in(figure: go.Figure) -> list[int]:
    return sorted(int(row) for trace in figure.data if trace.customdata is not None for row in trace.customdata)


def test_every_clip_is_one_point_that_carries_its_row_however_the_traces_split() -> None:
    positions = cloud(50)
    figure = drawn(positions, named([["angry", "sad", "happy"][at % 3] for at in range(50)], is_emotion=True))
    assert rows_in(figure) == list(range(50))
    for trace in figure.data:
        assert trace.type == "scattergl" and trace.hoverinfo == "none"
        np.testing.assert_array_equal(trace.x, positions[trace.customdata, 0])
        np.testing.assert_array_equal(trace.y, positions[trace.customdata, 1])


def test_emotions_have_their_own_colours_and_their_counts_and_signs_in_the_legend() -> None:
    figure = drawn(cloud(5), named(["sad", "angry", "sad", "sad", "angry"], is_emotion=True))
    assert [trace.name for trace in figure.data] == ["😠 Angry (2)", "😢 Sad (3)"]
    assert [trace.marker.color for trace in figure.data] == [emotion("angry").colour, emotion("sad").colour]


def test_a_name_from_outside_is_no_markup_and_no_longer_than_a_legend_bears() -> None:
    figure = drawn(cloud(3), named(["<b>me</b>&", "x" * 200, ""]))
    names = [trace.name for trace in figure.data]
    assert "&lt;b&gt;me&lt;/b&gt;&amp; (1)" in names and "unknown (1)" in names
    assert max(len(name) for name in names) < 60


def test_no_two_of_many_speakers_look_alike_and_the_rarest_share_one_entry() -> None:
    speakers = [f"s{at:02d}" for at in range(63) for _ in range(70 - at)]
    figure = drawn(cloud(len(speakers)), named(speakers))
    looks = [(trace.marker.color, trace.marker.symbol) for trace in figure.data]
    assert len(figure.data) == MOST_LEGEND + 1 and len(set(looks)) == len(looks)
    assert figure.data[0].name == "s00 (70)" and figure.data[-1].name.startswith(f"{63 - MOST_LEGEND} others (")
    assert rows_in(figure) == list(range(len(speakers)))


def test_a_number_is_a_ramp_and_points_without_one_are_hollow() -> None:
    figure = drawn(cloud(4), Attribute("<i>pitch", np.array([1.0, np.nan, 3.0, 2.0])))
    unknown, known = figure.data
    assert list(unknown.customdata) == [1] and unknown.marker.symbol == "circle-open" and unknown.name == "unknown (1)"
    assert list(known.marker.color) == [1.0, 3.0, 2.0]
    assert known.marker.colorbar.title.text == "&lt;i&gt;pitch"


def test_shapes_tell_a_second_attribute_and_the_rarer_ones_share_the_last_mark() -> None:
    kinds = [chr(ord("a") + at) for at in range(8) for _ in range(10 - at)]
    figure = drawn(cloud(len(kinds)), named(["angry"] * len(kinds), is_emotion=True), named(kinds))
    points, entry, *legend = figure.data
    assert (entry.name, entry.marker.symbol, entry.legendgroup) == ("😠 Angry (52)", None, points.legendgroup)
    assert not points.showlegend and entry.showlegend
    assert list(points.marker.symbol[[0, 10, -1]]) == [MARKS[0], MARKS[1], MARKS[-1]]
    assert [entry.name for entry in legend] == ["a", "b", "c", "d", "e", "3 others"]


def test_what_is_not_selected_is_faint_and_the_legend_entry_is_the_points_own_number() -> None:
    colour = named(["angry", "sad", "angry", "sad"], is_emotion=True)
    figure = drawn(cloud(4), colour, selected=np.array([2, 3]))
    assert [tuple(trace.selectedpoints) for trace in figure.data] == [(1,), (1,)]
    assert figure.data[0].unselected.marker.opacity < 0.2
    assert all(trace.selectedpoints is None for trace in drawn(cloud(4), colour).data)


def test_zoom_stays_with_the_map_and_a_selection_with_what_splits_the_points() -> None:
    one, other = drawn(cloud(3), named(["a", "b", "b"])), drawn(cloud(3), Attribute("else", np.array([1.0, 2.0, 3.0])))
    assert one.layout.uirevision == other.layout.uirevision == "map-1"
    assert one.layout.selectionrevision != other.layout.selectionrevision


def test_three_dimensions_are_drawn_as_they_are() -> None:
    positions = cloud(20, 3)
    figure = drawn(positions, named(["angry"] * 20, is_emotion=True), named(["a", "b"] * 10))
    trace = figure.data[0]
    assert trace.type == "scatter3d" and figure.layout.scene.aspectmode == "data"
    np.testing.assert_array_equal(trace.z, positions[:, 2])


@pytest.fixture(scope="module")
def crowd() -> np.ndarray:
    crowd = cloud(MOST_POINTS + 1)
    crowd[:200] += 50  # an island far from the rest
    return crowd


def picture(figure: go.Figure) -> np.ndarray:
    source = figure.layout.images[0].source
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.removeprefix("data:image/png;base64,")))))


def test_more_than_a_hundred_thousand_points_are_an_image_in_the_colours_of_the_legend(crowd: np.ndarray) -> None:
    colour = named(np.where(crowd[:, 0] > 20, "angry", "sad").tolist(), is_emotion=True)
    figure = drawn(crowd, colour)
    pixels = picture(figure)
    assert is_density(crowd, None) and rows_in(figure) == []
    assert [trace.name for trace in figure.data] == ["😠 Angry (200)", "😢 Sad (99,801)"]
    seen = pixels[pixels[..., 3] > 0][:, :3]
    shades = {tuple(int(emotion(key).colour[at : at + 2], 16) for at in (1, 3, 5)) for key in ("angry", "sad")}
    assert {tuple(int(part) for part in pixel) for pixel in np.unique(seen, axis=0)} <= {
        near for shade in shades for near in nearby(shade)
    }
    assert pixels[0, 0, 3] == 0, "the ground is clear, in light and in dark"
    assert len(json.dumps(figure.to_plotly_json(), default=str)) < 1_000_000


def nearby(shade: tuple[int, ...]) -> set[tuple[int, ...]]:
    r, g, b = shade
    return {(r + i, g + j, b + k) for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1)}


def test_a_number_and_nothing_at_all_have_images_too(crowd: np.ndarray) -> None:
    for colour in (Attribute("n", crowd[:, 0].astype(np.float64)), None):
        assert (picture(drawn(crowd, colour))[..., 3] > 0).sum() > 500


def test_an_image_becomes_points_where_few_enough_are_on_screen(crowd: np.ndarray) -> None:
    island = Seen((40.0, 60.0), (40.0, 60.0))
    figure = drawn(crowd, named(["sad"] * len(crowd), is_emotion=True), seen=island)
    assert not is_density(crowd, island) and not figure.layout.images
    assert rows_in(figure) == list(range(200))
    assert tuple(figure.layout.xaxis.range) == island.x


def test_the_extent_holds_every_point() -> None:
    positions = cloud(100)
    assert extent_of(positions).mask(positions).all()
    assert extent_of(np.zeros((1, 2), np.float32)).mask(np.zeros((1, 2))).all()


def test_means_stand_beside_those_of_the_whole_map_the_greatest_first() -> None:
    figure = mean_scores({"sad": 0.2, "angry": 0.7}, {"sad": 0.5, "angry": 0.1}, TEXTS)
    bars, ticks = figure.data
    assert list(bars.y) == ["😠 Angry 70.0 %", "😢 Sad 20.0 %"] and list(bars.x) == pytest.approx([70, 20])
    assert list(ticks.x) == pytest.approx([10, 50])


def test_a_measure_without_a_chance_level_has_no_tick() -> None:
    figure = measured_bars([Bar("<a>", 0.5, 0.25), Bar("b", 0.9)], "uar", TEXTS)
    bars, ticks = figure.data
    assert list(bars.y) == ["&lt;a&gt;", "b"] and list(ticks.y) == ["&lt;a&gt;"] and list(ticks.x) == [0.25]
    assert bars.marker.color == PALETTE[0]
    assert len(measured_bars([Bar("b", 0.9)], "uar", TEXTS).data) == 1
