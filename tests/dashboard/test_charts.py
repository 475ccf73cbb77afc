"""Figures show the result's own numbers, in the language asked for."""

from collections.abc import Callable

import numpy as np
import pytest

from core.emotions import EMOTION_KEYS, emotion
from core.results import Analysis, Stage, Waveform
from dashboard import charts
from dashboard.language import texts_in
from dashboard.pictures import picture_of
from tests import sounds

MakeAnalysis = Callable[..., Analysis]


def test_bars_hold_the_nine_scores_most_probable_first(analysis: Analysis) -> None:
    bars = charts.score_bars(analysis, texts_in("en")).data[0]
    keys = [entry.label for entry in analysis.ranking] + list(analysis.unsayable)
    assert sorted(keys) == sorted(EMOTION_KEYS)
    assert list(bars.x) == pytest.approx([100 * analysis.scores[key] for key in keys])
    assert list(bars.y) == [f"{emotion(key).emoji} {emotion(key).english.capitalize()}" for key in keys]
    assert list(bars.marker.color) == [emotion(key).colour for key in keys]
    assert bars.text[0] == f"{100 * analysis.confidence:.1f} %"


def test_bars_say_which_emotions_the_checkpoint_cannot_say(analysis: Analysis) -> None:
    assert analysis.unsayable == ("other", "unknown")
    bars = charts.score_bars(analysis, texts_in("en")).data[0]
    assert list(bars.text[-2:]) == ["<i>this checkpoint cannot say it</i>"] * 2
    assert list(bars.x[-2:]) == [0, 0]


def test_bars_speak_chinese_when_asked(analysis: Analysis) -> None:
    figure = charts.score_bars(analysis, texts_in("zh"))
    assert figure.data[0].y[0] == f"{emotion(analysis.label).emoji} {emotion(analysis.label).chinese}"
    assert figure.layout.xaxis.title.text == "概率（%）"
    assert figure.data[0].text[-1] == "<i>此权重无法给出这一类</i>"


def test_curves_are_the_frame_probabilities(analysis: Analysis) -> None:
    figure = charts.curves(analysis, texts_in("en"))
    assert [trace.name for trace in figure.data] == [
        charts.labelled(entry.label, texts_in("en")) for entry in analysis.ranking
    ]
    stacked = np.array([np.asarray(trace.y) for trace in figure.data])
    np.testing.assert_allclose(stacked.sum(axis=0), 100, atol=1e-3)
    times_s = np.asarray(figure.data[0].x)
    column = analysis.labels.index(analysis.label)
    near = np.abs(analysis.frame_times_s - times_s[7]) <= 0.05
    assert np.asarray(figure.data[0].y)[7] == pytest.approx(
        100 * analysis.frame_probabilities[near, column].mean(), abs=4
    )
    assert figure.layout.xaxis.range == (0, analysis.duration_s)
    assert figure.layout.xaxis.title.text == "Time (s)"


def test_curves_differ_in_their_dashes_too(analysis: Analysis) -> None:
    traces = charts.curves(analysis, texts_in("en")).data
    assert len({trace.line.dash for trace in traces}) == len(traces)


def test_thinning_keeps_the_mean_and_the_place_of_a_peak(make_analysis: MakeAnalysis) -> None:
    long = make_analysis(Waveform(np.zeros(300 * 16_000, np.float32), name="long"), num_windows=10)
    long.frame_logits[7000:7100, 2] += 30
    times_s, probabilities = charts.thinned_curves(long)
    assert times_s.shape == (charts.MAX_CURVE_POINTS,) and probabilities.shape == (
        charts.MAX_CURVE_POINTS,
        len(long.labels),
    )
    assert times_s[probabilities[:, 2].argmax()] == pytest.approx(7050 / 50, abs=1.3)
    np.testing.assert_allclose(probabilities.mean(axis=0), long.frame_probabilities.mean(axis=0), atol=2e-3)


def test_a_clip_of_a_few_frames_has_a_curve(make_analysis: MakeAnalysis) -> None:
    short = make_analysis(Waveform(sounds.voice(0.1), name="short"))
    figure = charts.curves(short, texts_in("en"))
    assert figure.data[0].mode == "markers" and len(figure.data[0].x) == 1


def test_emotions_that_never_lead_wait_in_the_legend(make_analysis: MakeAnalysis, waveform: Waveform) -> None:
    analysis = make_analysis(waveform)
    analysis.frame_logits[:] = -8
    analysis.frame_logits[:, 1] = 4
    shown = {trace.name: trace.visible for trace in charts.curves(analysis, texts_in("en")).data}
    assert shown.pop("🤢 Disgusted") is True
    assert set(shown.values()) == {"legendonly"}


def test_the_sound_figure_holds_peaks_and_spectrogram_on_one_time_axis(waveform: Waveform) -> None:
    picture = picture_of(waveform)
    figure = charts.sound(picture, texts_in("en"))
    wave, mel = figure.data
    assert max(wave.y) == pytest.approx(float(waveform.samples.max()), abs=1e-6)
    assert min(wave.y) == pytest.approx(float(waveform.samples.min()), abs=1e-6)
    assert np.asarray(mel.z).shape == picture.mel_db.shape
    assert np.abs(np.asarray(mel.z) - picture.mel_db).max() <= 0.5
    assert figure.layout.xaxis.range == figure.layout.xaxis2.range == (0, waveform.duration_s)
    assert figure.layout.yaxis2.title.text == "Frequency (kHz)"


def test_a_long_recording_makes_a_small_figure(make_analysis: MakeAnalysis) -> None:
    waveform = Waveform(np.random.default_rng(0).normal(0, 0.1, 600 * 16_000).astype(np.float32), name="long")
    sound = charts.sound(picture_of(waveform), texts_in("en")).to_json()
    curves = charts.curves(make_analysis(waveform, num_windows=20), texts_in("en")).to_json()
    assert len(sound) < 150_000 and len(curves) < 150_000


def test_a_long_time_axis_counts_minutes(make_analysis: MakeAnalysis) -> None:
    long = make_analysis(Waveform(np.zeros(644 * 16_000, np.float32), name="long"), num_windows=22)
    axis = charts.curves(long, texts_in("en")).layout.xaxis
    assert list(axis.tickvals) == [0, 120, 240, 360, 480, 600]
    assert list(axis.ticktext) == ["0:00", "2:00", "4:00", "6:00", "8:00", "10:00"]
    assert axis.title.text == "Time (min:s)" and axis.range == (0, long.duration_s)


def test_each_loading_stage_begins_where_the_one_before_ended() -> None:
    stages = [Stage("import", 1.0, 250), Stage("read", 0.25, 260), Stage("build", 0.5, 300), Stage("warm-up", 2, 320)]
    figure = charts.loading_waterfall(stages, texts_in("en"))
    bars = figure.data[0]
    assert list(bars.base) == [0, 1.0, 1.25, 1.75]
    assert list(bars.x) == [1.0, 0.25, 0.5, 2]
    assert list(bars.y) == ["Import", "Read the weights", "Build the network", "Warm up"]
    assert bars.text[2] == "0.50 s · memory then 300 MB"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_figure_has_a_ground_or_a_text_colour_of_its_own(
    language: str, analysis: Analysis, waveform: Waveform
) -> None:
    texts = texts_in(language)
    for figure in (
        charts.score_bars(analysis, texts),
        charts.curves(analysis, texts),
        charts.sound(picture_of(waveform), texts),
        charts.loading_waterfall([Stage("import", 1.0, 1.0)], texts),
    ):
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == charts.CLEAR
        assert figure.layout.font.color is None
