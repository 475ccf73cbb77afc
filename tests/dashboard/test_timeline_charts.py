"""The timeline's figure: every frame of a short view, every peak of a long one, and little to send."""

from dataclasses import replace

import numpy as np
import plotly.io
import pytest

from core.acoustics import SpeechActivity
from core.curves.decimation import bucket_means, extremes, visible
from core.results import Analysis, CheckpointIdentity, Segment, SpeakerTurn, Waveform
from core.speakers import feelings
from dashboard.language import texts_in
from dashboard.pictures import picture_of
from dashboard.player_curve import NO_SPEECH, curve_of
from dashboard.timeline_charts import (
    PIXELS,
    Extras,
    feeling_bars,
    fine_clock,
    speaker_colours,
    speaker_curves,
    time_ticks,
    timeline,
)
from dashboard.timeline_view import DRAWINGS, TimelineView
from dashboard.workbench import Workbench

LABELS = ("angry", "happy", "neutral", "sad")
PLAIN = TimelineView(smoothing="none")


def bench_of(duration_s: float, speech: SpeechActivity | None = None) -> Workbench:
    rng = np.random.default_rng(0)
    num_frames = int(duration_s * 50)
    logits = np.repeat(rng.normal(size=(num_frames // 50 + 1, 4)) * 3, 50, axis=0)[:num_frames].astype(np.float32)
    samples = (0.1 * rng.normal(size=num_frames * 320 + 80)).astype(np.float32)
    analysis = Analysis(
        "clip", "0", len(samples) / 16_000, CheckpointIdentity("b", "r"), "native", "cpu", "float32", LABELS, logits,
        np.zeros(4, np.float32),
    )  # fmt: skip
    whole = SpeechActivity(((0.0, analysis.duration_s),), analysis.duration_s, "energy")
    return Workbench(analysis, Waveform(samples), speech or whole)


def drawn(bench: Workbench, view: TimelineView, extras: Extras = Extras()):  # type: ignore[no-untyped-def]  # Plotly's
    return timeline(bench, picture_of(bench.waveform), view, texts_in("en"), extras)


def line_of(figure, name: str):  # type: ignore[no-untyped-def]  # Plotly has no types
    return next(trace for trace in figure.data if trace.name == name)


def test_a_view_of_two_seconds_holds_every_frame_there() -> None:
    bench = bench_of(3600.0)
    line = line_of(drawn(bench, replace(PLAIN, view_s=(1800.0, 1802.0))), "😄 Happy")
    times_s, shown = np.asarray(line.x), np.asarray(line.y)
    frames = bench.analysis.frame_times_s
    wanted = (frames >= 1800.0) & (frames <= 1802.0)
    assert set(np.round(frames[wanted], 6)) <= set(np.round(times_s, 6)) and wanted.sum() == 100
    inside = (times_s >= 1800.0) & (times_s <= 1802.0)
    np.testing.assert_allclose(shown[inside], 100 * bench.analysis.frame_probabilities[wanted, 1], rtol=1e-5)


def test_the_whole_of_an_hour_keeps_its_peaks_in_few_points() -> None:
    bench = bench_of(3600.0)
    probabilities = bench.analysis.frame_probabilities
    probabilities[123_456] = (1.0, 0.0, 0.0, 0.0)  # one frame of 180,000
    figure = drawn(bench, PLAIN)
    for column, name in enumerate(("😠 Angry", "😄 Happy", "😐 Neutral", "😢 Sad")):
        line = line_of(figure, name)
        assert len(line.x) == 2 * PIXELS
        assert np.nanmax(line.y) == pytest.approx(100 * probabilities[:, column].max(), rel=1e-5)
        assert np.nanmin(line.y) == pytest.approx(100 * probabilities[:, column].min(), abs=1e-4)
    assert len(plotly.io.to_json(figure)) < 500_000


@pytest.mark.parametrize("draw", DRAWINGS)
@pytest.mark.parametrize("values", ["probabilities", "logits"])
@pytest.mark.parametrize("duration_s", [0.2, 1.0, 90.0])
def test_every_drawing_draws_every_length(draw: str, values: str, duration_s: float) -> None:
    view = TimelineView(draw=draw, values=values, rows=("pitch", "level", "evidence"))
    figure = drawn(bench_of(duration_s), view, Extras((Segment(0.0, duration_s, "glee", np.nan),), ("happy", "sad")))
    assert len(figure.data) >= 5 and figure.layout.dragmode is False
    low, high = figure.layout.xaxis.range
    assert (low, high) == (0.0, pytest.approx(duration_s, abs=0.01))


def test_nothing_is_drawn_nor_said_where_nobody_speaks() -> None:
    speech = SpeechActivity(((2.0, 4.0),), 6.0, "energy")
    bench = bench_of(6.0, speech)
    figure = drawn(bench, PLAIN)
    line = line_of(figure, "😄 Happy")
    spoken = speech.mask(np.asarray(line.x))
    assert np.isnan(np.asarray(line.y)[~spoken]).all() and np.isfinite(np.asarray(line.y)[spoken]).all()
    assert line_of(figure, "no speech").fillcolor
    said = curve_of(bench.analysis, speech)
    assert (said.index[:90] == NO_SPEECH).all() and (said.index[110:190] != NO_SPEECH).all()
    without = drawn(bench, replace(PLAIN, finds_speech=False))
    assert np.isfinite(np.asarray(line_of(without, "😄 Happy").y)).all()
    assert all(segment.start_s >= 2.0 and segment.end_s <= 4.0 for segment in bench.structure(PLAIN).segments)


def test_a_label_from_outside_is_no_markup() -> None:
    hostile = (Segment(0.0, 5.0, "<b onclick=alert(1)>&amp;joy", np.nan),)
    sent = plotly.io.to_json(drawn(bench_of(5.0), PLAIN, Extras(hostile)))
    assert "<b" not in sent and "\\u003cb" not in sent and "&lt;b" in sent


def test_the_evidence_row_shows_what_the_verdict_sums_up() -> None:
    bench = bench_of(4.0)
    values = bench.evidence("happy", "sad")
    assert values.mean() == pytest.approx(bench.analysis.logits[1] - bench.analysis.logits[3], abs=1e-6)


def test_areas_keep_their_sums_and_extremes_their_peaks() -> None:
    rng = np.random.default_rng(0)
    times_s = np.arange(10_000) * 0.02
    values = rng.dirichlet(np.ones(5), size=10_000)
    shorter_s, means = bucket_means(times_s, values, 100)
    assert means.shape == (100, 5) and len(shorter_s) == 100
    np.testing.assert_allclose(means.sum(axis=1), 1.0)
    np.testing.assert_allclose(means.mean(axis=0), values.mean(axis=0))
    some_s, found = extremes(times_s, values, 100)
    assert np.all(np.diff(some_s) > 0)
    for k in (0, 37, 99):
        part = values[k * 100 : (k + 1) * 100]
        np.testing.assert_allclose(found[2 * k : 2 * k + 2], [part.min(axis=0), part.max(axis=0)])


def test_pauses_smaller_than_a_pixel_are_joined_not_lost() -> None:
    spans = [(k * 0.1, k * 0.1 + 0.08) for k in range(10_000)]
    shown = visible(spans, 0.0, 1000.0, 100)
    assert shown == [(0.0, pytest.approx(999.98))]
    assert visible(spans, 10.0, 11.0, 900)[0] == (10.0, pytest.approx(10.08))


def test_ticks_are_round_times_and_a_clock_says_them() -> None:
    assert time_ticks(0.0, 14.4)[1][:3] == ["0:00", "0:02", "0:04"]
    assert time_ticks(5.0, 5.1)[1][:3] == ["0:05.00", "0:05.02", "0:05.04"]
    assert time_ticks(0.0, 10_800.0)[1] == ["0:00", "30:00", "1:00:00", "1:30:00", "2:00:00", "2:30:00", "3:00:00"]
    assert fine_clock(59.96) == "1:00.0" and fine_clock(3725.34) == "1:02:05.3"


TURNS = (SpeakerTurn(0.0, 4.0, "<i>A</i>"), SpeakerTurn(5.0, 8.0, "B"), SpeakerTurn(8.5, 9.5, "<i>A</i>"))


def test_a_lane_of_speakers_is_drawn_where_they_are_known_and_asked_for() -> None:
    bench, asked = bench_of(10.0), replace(PLAIN, rows=("speakers",))
    lane = line_of(drawn(bench, asked, Extras(turns=TURNS)), "Speakers")
    assert list(lane.base) == [0.0, 5.0, 8.5] and list(lane.x) == [4.0, 3.0, 1.0]
    colours = speaker_colours(TURNS)
    assert list(lane.marker.color) == [colours["<i>A</i>"], colours["B"], colours["<i>A</i>"]]
    assert colours["B"] != colours["<i>A</i>"] and lane.text[0] == "&lt;i&gt;A&lt;/i&gt;"
    for view, extras in ((asked, Extras()), (PLAIN, Extras(turns=TURNS))):
        assert "Speakers" not in [trace.name for trace in drawn(bench, view, extras).data]


def test_a_speakers_curves_are_those_of_their_own_turns_alone() -> None:
    bench = bench_of(10.0)
    each = feelings(bench.analysis, TURNS)
    figure = speaker_curves(bench, PLAIN, each, TURNS, texts_in("en"))
    first = [trace for trace in figure.data if trace.yaxis == "y"]
    times_s, shown = np.asarray(first[0].x), np.asarray(first[0].y, np.float64)
    there = ~np.isnan(shown)
    assert there[(times_s > 0.1) & (times_s < 3.9)].all() and not there[(times_s > 4.1) & (times_s < 8.4)].any()
    assert [title.text for title in figure.layout.annotations] == ["&lt;i&gt;A&lt;/i&gt;", "B"]
    bars = feeling_bars(each, texts_in("en"))
    totals = np.sum([np.asarray(bar.x) for bar in bars.data], axis=0)
    assert totals == pytest.approx([100, 100], abs=2) and list(bars.data[0].y) == ["&lt;i&gt;A&lt;/i&gt;", "B"]
