"""Evidence is exact: shares sum to the verdict, and what is left out is really left out."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from core.acoustics import SpeechActivity
from core.analysis import AnalysisOptions, analyze
from core.curves import contributions, moment, region, segments_of, top_moments
from core.model import open_engine
from core.results import Analysis, Calibration, CheckpointIdentity, Waveform
from core.settings import Settings


@pytest.fixture(params=["one window", "stitched", "calibrated"])
def analysis(request: pytest.FixtureRequest, make_analysis: Callable[..., Analysis], waveform: Waveform) -> Analysis:
    if request.param == "stitched":
        return make_analysis(waveform, num_windows=3)
    made = make_analysis(waveform)
    if request.param == "calibrated":
        return replace(made, checkpoint=CheckpointIdentity("t", "0", Calibration(1.7, 0.3)))
    return made


def test_contributions_sum_to_the_logit(analysis: Analysis) -> None:
    for column, label in enumerate(analysis.labels):
        assert contributions(analysis, label).sum() == pytest.approx(analysis.logits[column], abs=1e-4)
    first, second = analysis.ranking[0].label, analysis.ranking[1].label
    gap = analysis.logits[analysis.labels.index(first)] - analysis.logits[analysis.labels.index(second)]
    assert contributions(analysis, first, second).sum() == pytest.approx(gap, abs=1e-4)


def test_contributions_of_a_real_network_sum_to_its_verdict_stitched_or_not(tiny_checkpoint: Path) -> None:
    engine = open_engine(str(tiny_checkpoint), Settings())
    rng = np.random.default_rng(0)
    sound = Waveform((0.1 * rng.standard_normal(16_000 * 9)).astype(np.float32))
    for options in (AnalysisOptions(), AnalysisOptions(window_s=3.0, margin_s=0.5)):
        analysis = analyze(sound, engine, options)
        for column, label in enumerate(analysis.labels):
            assert abs(contributions(analysis, label).sum() - analysis.logits[column]) < 1e-4


def test_a_moment_left_out_is_the_verdict_of_the_rest(analysis: Analysis) -> None:
    found = moment(analysis, analysis.label, 0.5, 1.5)
    times_s = analysis.frame_times_s
    rest = replace(analysis, frame_logits=analysis.frame_logits[(times_s < 0.5) | (times_s >= 1.5)])
    assert found.without == pytest.approx({label: rest.scores[label] for label in rest.labels}, abs=1e-6)
    assert found.label_without == rest.label
    inside = contributions(analysis, analysis.label, analysis.ranking[1].label)[(times_s >= 0.5) & (times_s < 1.5)]
    assert found.contribution == pytest.approx(inside.sum())


def test_a_region_has_its_own_verdict(analysis: Analysis) -> None:
    times_s = analysis.frame_times_s
    part = replace(analysis, frame_logits=analysis.frame_logits[(times_s >= 1.0) & (times_s < 2.0)])
    assert region(analysis, 1.0, 2.0) == pytest.approx({label: part.scores[label] for label in part.labels}, abs=1e-6)
    with pytest.raises(ValueError, match="no frame"):
        region(analysis, 99.0, 100.0)


def test_the_strongest_moments_come_first_and_do_not_overlap(analysis: Analysis) -> None:
    moments = top_moments(analysis, analysis.label, count=4, length_s=0.3)
    assert 1 <= len(moments) <= 4
    added = [each.contribution for each in moments]
    assert added == sorted(added, reverse=True) and added[-1] > 0
    spans = sorted((each.start_s, each.end_s) for each in moments)
    assert all(end <= start + 1e-6 for (_, end), (start, _) in pairwise(spans))
    shares = contributions(analysis, analysis.label, analysis.ranking[1].label)
    best = max(shares[i : i + 15].sum() for i in range(len(shares) - 14))
    assert added[0] == pytest.approx(best)


def test_segments_can_be_the_moments(analysis: Analysis) -> None:
    segments = segments_of(analysis.frame_times_s, analysis.frame_probabilities, analysis.labels, 0.2)
    moments = top_moments(analysis, analysis.label, segments, count=3)
    assert {(each.start_s, each.end_s) for each in moments} <= {(s.start_s, s.end_s) for s in segments}


def test_silence_is_never_a_moment(analysis: Analysis) -> None:
    speech = SpeechActivity(((0.2, 0.9), (2.0, 2.6)), analysis.duration_s, "energy")
    everywhere = top_moments(analysis, analysis.label, count=6, length_s=0.3)
    moments = top_moments(analysis, analysis.label, count=6, length_s=0.3, speech=speech)
    assert moments and len(moments) < len(everywhere)
    for each in moments:
        times_s = analysis.frame_times_s[
            (analysis.frame_times_s >= each.start_s) & (analysis.frame_times_s < each.end_s)
        ]
        assert speech.mask(times_s).mean() >= 0.5
    nobody = SpeechActivity((), analysis.duration_s, "energy")
    segments = segments_of(analysis.frame_times_s, analysis.frame_probabilities, analysis.labels, 0.2)
    for given in (None, segments):
        assert top_moments(analysis, analysis.label, given, speech=nobody) == ()


def test_what_has_no_answer_is_refused(analysis: Analysis) -> None:
    with pytest.raises(ValueError, match="every frame"):
        moment(analysis, analysis.label, 0.0, 100.0)
    with pytest.raises(ValueError, match="none of this analysis's labels"):
        contributions(analysis, "bored")
