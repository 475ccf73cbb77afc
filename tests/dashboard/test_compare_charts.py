"""A comparison's figures: what is the same moment, whose line is whose, and nothing from outside is markup."""

from dataclasses import replace

import numpy as np
import plotly.io
import pytest

from core.emotions import EMOTIONS
from core.results import Array
from dashboard import compare_charts
from dashboard.compare_bench import CompareBench, at_moments, difference_of, reordered, shown_labels, with_noise
from dashboard.compare_view import AXES, COLOURS, DRAWINGS, CompareView, drawing_of, from_parameters, to_parameters
from dashboard.language import texts_in
from tests.dashboard.comparisons import bench_of, side

TEXTS = texts_in("en")


@pytest.fixture(scope="module")
def bench() -> CompareBench:
    """Three takes: the second is the first one faster, the third another voice."""
    fast = replace(side(0, "happy", tempo=1.25), at=1, id="1" * 32, name="fast.wav")
    return bench_of(side(0, "happy"), fast, side(2, "sad", 2.0, name="<b>x</b> & y.wav"))


def values(trace, axis: str) -> Array:  # type: ignore[no-untyped-def]  # Plotly has no types
    return np.asarray(getattr(trace, axis), float)


def test_a_bar_is_a_clips_score_and_the_emotion_that_some_clip_has_most_of_stands_first(bench: CompareBench) -> None:
    figure = compare_charts.score_bars(bench, TEXTS)
    assert [trace.name for trace in figure.data] == [
        "A · take 1.wav",
        "B · fast.wav",
        "C · &lt;b&gt;x&lt;/b&gt; &amp; y.wav",
    ]
    first = {tick.split("<br>")[-1]: percent for tick, percent in zip(figure.data[0].x, figure.data[0].y, strict=True)}
    assert first["Happy"] == pytest.approx(100 * bench.sides[0].analysis.scores["happy"])
    assert {figure.data[0].x[k].split("<br>")[-1] for k in (0, 1)} == {"Happy", "Sad"}


def test_the_difference_chart_holds_the_others_against_the_reference(bench: CompareBench) -> None:
    figure = compare_charts.score_difference(replace(bench, reference=2), TEXTS)
    assert [trace.name[0] for trace in figure.data] == ["A", "B"]
    happy = [tick.split("<br>")[-1] for tick in figure.data[0].x].index("Happy")
    scores = [bench.sides[k].analysis.scores["happy"] for k in (0, 2)]
    assert figure.data[0].y[happy] == pytest.approx(100 * (scores[0] - scores[1]))


def test_the_radar_closes_each_clips_line(bench: CompareBench) -> None:
    trace = compare_charts.score_radar(bench, TEXTS).data[1]
    assert trace.r[0] == trace.r[-1] and len(trace.r) == len(bench.labels) + 1


def test_a_per_cent_is_that_share_of_each_clips_own_length(bench: CompareBench) -> None:
    axis = bench.axis("percent")
    assert axis.end == 100
    for each, warp in zip(bench.sides, axis.warps, strict=True):
        assert warp.times_at(np.array([0.0, 50.0, 100.0])) == pytest.approx([0, each.duration_s / 2, each.duration_s])


def test_aligned_a_faster_take_of_the_same_is_the_same_moment(bench: CompareBench) -> None:
    axis = bench.axis("aligned")
    moments = np.linspace(0.3, 2.7, 9)
    assert axis.end == bench.sides[0].duration_s
    assert axis.warps[1].times_at(moments) == pytest.approx(moments / 1.25, abs=0.08)
    assert axis.warps[0].times_at(moments) == pytest.approx(moments)


def test_without_alignment_yet_the_axis_is_seconds(bench: CompareBench) -> None:
    axis = replace(bench, comparison=None).axis("aligned")
    assert (axis.unit, axis.end) == ("seconds", max(each.duration_s for each in bench.sides))


def test_a_curve_ends_where_its_clip_does(bench: CompareBench) -> None:
    axis = bench.axis("seconds")
    found = at_moments(bench.sides[2], axis.warps[2], np.array([1.0, 2.5]))
    assert np.isfinite(found[0]).all() and np.isnan(found[1]).all()
    figure = compare_charts.curves(bench, CompareView(emotion="sad"), axis, TEXTS)
    assert values(figure.data[2], "x").max() <= 2.0 < values(figure.data[0], "x").max()


def test_one_emotion_is_drawn_in_the_clips_colours_and_several_in_the_emotions_own(bench: CompareBench) -> None:
    axis = bench.axis("seconds")
    alone = compare_charts.curves(bench, CompareView(emotion="happy"), axis, TEXTS)
    assert [trace.line.color for trace in alone.data] == list(COLOURS[:3])
    assert len({trace.line.dash for trace in alone.data}) == 3
    several = compare_charts.curves(bench, CompareView(), axis, TEXTS)
    lines = [trace for trace in several.data if trace.x[0] is not None]
    assert {trace.line.color for trace in lines} == {"#E6B800", "#0072B2"}  # happy's and sad's
    shown = [trace.name for trace in several.data if trace.showlegend is not False]
    assert shown == ["😄 Happy", "😢 Sad", *(compare_charts.clip_name(each) for each in bench.sides)]


def test_a_difference_curve_is_zero_against_itself_and_what_lies_between_two(bench: CompareBench) -> None:
    axis = bench.axis("percent")
    moments, same = difference_of(bench, axis, bench.sides[0], "happy")
    assert len(moments) == len(same) and np.nanmax(np.abs(same)) == 0
    _, other = difference_of(bench, axis, bench.sides[2], "happy")
    assert np.nanmax(other) < 0


@pytest.mark.parametrize("draw", DRAWINGS)
@pytest.mark.parametrize("unit", AXES)
def test_every_drawing_on_every_axis_is_a_small_figure_within_the_axis(
    bench: CompareBench, draw: str, unit: str
) -> None:
    axis = bench.axis(unit)
    figure = compare_charts.curves(bench, CompareView(axis=unit, draw=draw), axis, TEXTS)
    for trace in figure.data:
        if trace.x[0] is not None:
            assert np.nanmin(values(trace, "x")) >= -1e-6 and np.nanmax(values(trace, "x")) <= axis.end + 1e-3
    assert len(plotly.io.to_json(figure)) < 120_000


def test_eight_clips_stay_small_and_stand_one_below_the_other() -> None:
    sides = [side(at, "happy" if at % 2 else "sad", 2.0) for at in range(8)]
    bench = CompareBench(tuple(sides), 0)
    assert drawing_of(CompareView(), 8) == "multiples" and drawing_of(CompareView(), 3) == "overlay"
    figure = compare_charts.curves(bench, CompareView(), bench.axis("seconds"), TEXTS)
    assert len({trace.yaxis for trace in figure.data}) == 8
    assert len(plotly.io.to_json(compare_charts.sounds(bench, bench.axis("seconds"), TEXTS))) < 400_000


def test_the_waveforms_have_a_row_each_and_pitch_and_level_share_theirs(bench: CompareBench) -> None:
    figure = compare_charts.sounds(bench, bench.axis("seconds"), TEXTS)
    assert len({trace.yaxis for trace in figure.data}) == 5
    pitch = [trace for trace in figure.data if trace.yaxis == "y4"]
    assert [trace.name for trace in pitch] == ["A", "B", "C"]


def test_the_warping_path_of_a_faster_take_is_less_steep_than_the_same_tempo(bench: CompareBench) -> None:
    figure = compare_charts.paths(bench, bench.axis("aligned"), TEXTS)
    path = next(trace for trace in figure.data if trace.name.startswith("B"))
    inner = slice(len(path.x) // 4, -len(path.x) // 4)
    slope = np.polyfit(values(path, "x")[inner], values(path, "y")[inner], 1)[0]
    assert slope == pytest.approx(0.8, abs=0.08)


def test_the_map_of_pairs_puts_alike_clips_beside_each_other_under_their_branch(bench: CompareBench) -> None:
    assert bench.comparison is not None
    tree = bench.comparison.tree("js_distance")
    figure = compare_charts.pair_map(
        bench.comparison.matrix("js_distance"), tree.linkage, tree.order, "ABC", ["A · <i>", "B", "C"], ".2f"
    )
    heat = figure.data[-1]
    letters = [str(tick) for tick in figure.layout.xaxis2.ticktext]
    assert abs(letters.index("A") - letters.index("B")) == 1
    assert np.diag(np.asarray(heat.z)) == pytest.approx(0)
    assert "<i>" not in str(heat.customdata) and len(figure.data) == 3  # two branches


def test_another_order_measures_the_same(bench: CompareBench) -> None:
    assert bench.comparison is not None
    turned = reordered(bench.comparison, [2, 0, 1], 1)
    assert turned.clips[0].analysis is bench.sides[2].analysis and turned.reference == 1
    assert turned.pairs[0][1].js_distance == bench.comparison.pairs[2][0].js_distance
    alignment, known = turned.alignment(1, 2), bench.comparison.alignment(0, 1)
    assert alignment is not None and known is not None and (alignment.path == known.path).all()
    fewer = reordered(bench.comparison, [2, 1], 0)
    assert len(fewer.clips) == 2 and fewer.pairs[0][1].js_distance == bench.comparison.pairs[2][1].js_distance


def test_a_difference_is_one_only_beyond_the_noise_of_both(bench: CompareBench) -> None:
    from core.comparison import NoiseFloor

    assert bench.comparison is not None and bench.comparison.pairs[0][2].is_different is None
    found = with_noise(
        bench.comparison,
        {each.analysis.sha256: NoiseFloor((), np.array([0.05]), np.array([0.05]), 3.0) for each in bench.sides},
    )
    assert found.pairs[0][2].is_different is True and found.pairs[0][1].is_different is False
    assert found.pairs[0][2].noise_level == pytest.approx(0.0625)


def test_all_that_lead_are_shown_or_the_one_that_is_chosen(bench: CompareBench) -> None:
    assert shown_labels(bench, CompareView()) == ("happy", "sad")
    assert shown_labels(bench, CompareView(emotion="neutral")) == ("neutral",)
    assert shown_labels(bench, CompareView(emotion="fearful")) == ("happy", "sad")  # which this checkpoint cannot say


def test_no_clips_colour_is_an_emotions() -> None:
    assert not set(COLOURS) & {each.colour for each in EMOTIONS} and len(set(COLOURS)) == 8


def test_a_link_brings_a_view_back_and_nothing_else_comes_through() -> None:
    view = CompareView("groups", "aligned", "difference", "sad", "radar", (1.25, 2.5))
    assert from_parameters(to_parameters(view)) == view and to_parameters(CompareView()) == {}
    assert from_parameters({"axis": "<b>", "draw": "", "emotion": "joy", "region": "3,1", "part": "x"}) == CompareView()
