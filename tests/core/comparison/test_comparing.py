"""Clips against clips, by a checkpoint that was trained and sound that was changed."""

from collections.abc import Callable
from dataclasses import replace

import librosa
import numpy as np
import pytest

from core.analysis import analyze
from core.comparison import MEASURES, Compared, CompareOptions, Comparison, NoiseFloor, compare
from core.comparison.distances import at_positions
from core.errors import ComparisonError
from core.model import open_engine
from core.model.engine import Engine
from core.results import Analysis, Waveform, frame_times_s, num_frames_of
from core.settings import Settings

MakeAnalysis = Callable[..., Analysis]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return open_engine("bundled", Settings(), warm_up=False)


@pytest.fixture(scope="module")
def compared(engine: Engine, talk: Waveform, other_talk: Waveform) -> Comparison:
    """A clip, the same again, another one, and the first 6 dB softer."""
    softer = Waveform(talk.samples / 2, "softer")
    voices = np.random.default_rng(0).normal(size=(3, 64))
    clips = [
        Compared(analyze(talk, engine), talk, voices[0], "ours"),
        Compared(analyze(talk, engine), talk, voices[0], "ours"),
        Compared(analyze(other_talk, engine), other_talk, voices[1], "ours"),
        Compared(analyze(softer, engine), softer, voices[2], "theirs"),
    ]
    return compare(clips)


def at_rate(analysis: Analysis, waveform: Waveform, rate: float) -> Analysis:
    """What a listener that minds no tempo would say of the clip played at `rate`: the same curve, stretched."""
    moments_s = frame_times_s(num_frames_of(waveform.num_samples)) * rate
    logits = at_positions(analysis.frame_logits, moments_s * 50 - 0.625)
    return replace(
        analysis, frame_logits=logits.astype(np.float32), sha256=waveform.sha256, duration_s=waveform.duration_s
    )


def test_a_clip_against_itself_is_0_in_every_measure_and_no_difference(compared: Comparison) -> None:
    pair = compared.pairs[0][1]
    assert {measure: getattr(pair, measure) for measure in MEASURES} == dict(MEASURES)
    assert pair.is_different is False and pair.is_same_sound
    assert all(r == 1.0 for r in (*pair.correlations.values(), *pair.aligned_correlations.values()))
    for measure in MEASURES:
        assert compared.distances(measure)[0, 1] == 0.0 and not np.diag(compared.distances(measure)).any()


def test_another_clip_differs_in_every_measure(compared: Comparison) -> None:
    pair = compared.pairs[0][2]
    assert all(np.isfinite(getattr(pair, measure)) for measure in MEASURES)
    assert pair.js_distance > 0.1 and pair.curve_distance > 0.1 and pair.aligned_distance > 0.1
    assert pair.emotion_cosine < 0.99 and pair.alignment_cost > 1 and not pair.is_same_sound
    assert pair.is_different is None  # the noise was not measured


def test_the_same_words_slower_are_apart_at_the_same_second_and_together_when_aligned(
    engine: Engine, talk: Waveform
) -> None:
    slow = Waveform(librosa.effects.time_stretch(talk.samples, rate=0.8, n_fft=512).astype(np.float32), "slow")
    first = analyze(talk, engine)
    pair = compare([Compared(first, talk), Compared(at_rate(first, slow, 0.8), slow)]).pairs[0][1]
    assert pair.curve_distance > 0.4 and pair.aligned_distance < 0.08
    assert pair.speech_ratio == pytest.approx(1.25, abs=0.05) and abs(pair.pitch_st) < 0.5
    assert np.median(list(pair.aligned_correlations.values())) > 0.95


def test_alignment_brings_the_curves_of_the_slower_take_together_as_the_model_hears_them(
    engine: Engine, talk: Waveform
) -> None:
    """The model itself minds a vocoder a little: what remains is its own, not the alignment's."""
    slow = Waveform(librosa.effects.time_stretch(talk.samples, rate=0.8, n_fft=256).astype(np.float32), "slow")
    pair = compare([Compared(analyze(waveform, engine), waveform) for waveform in (talk, slow)]).pairs[0][1]
    assert 0 < pair.aligned_distance < 0.85 * pair.curve_distance


def test_halving_the_sound_is_6_decibels_and_no_other_pitch(compared: Comparison) -> None:
    pair = compared.pairs[0][3]
    assert pair.energy_db == pytest.approx(-6.02, abs=0.05) and pair.pitch_st == pytest.approx(0, abs=0.05)
    assert pair.rate_ratio == pytest.approx(1.0, abs=0.05)


def test_turned_round_differences_change_their_sign_and_distances_stay(compared: Comparison) -> None:
    there, back = compared.pairs[0][2], compared.pairs[2][0]
    assert back.pitch_st == -there.pitch_st and back.energy_db == -there.energy_db
    assert back.rate_ratio == pytest.approx(1 / there.rate_ratio) and back.js_distance == there.js_distance
    assert (back.reference, back.other) == (2, 0)
    forth, reverse = compared.alignment(0, 2), compared.alignment(2, 0)
    assert forth.reference_s == reverse.other_s and np.array_equal(forth.path, reverse.path[:, ::-1])


def test_voices_are_held_against_each_other_only_by_the_same_model(compared: Comparison) -> None:
    assert compared.pairs[0][1].speaker_cosine == 1.0 and abs(compared.pairs[0][2].speaker_cosine) < 0.5
    assert compared.pairs[0][3].speaker_cosine is None and np.isnan(compared.matrix("speaker_cosine")[0, 3])


def test_the_tree_puts_the_same_clips_beside_each_other(compared: Comparison) -> None:
    order = compared.order
    assert sorted(order) == [0, 1, 2, 3] and abs(order.index(0) - order.index(1)) == 1
    assert compared.linkage.shape == (3, 4) and compared.linkage[0, 2] == 0.0
    assert compared.tree("pitch_st").linkage.shape == (3, 4)


def test_differences_are_against_the_reference(compared: Comparison) -> None:
    assert not compared.differences[:2].any() and np.abs(compared.differences[2]).sum() > 0.1
    assert np.allclose(compared.differences.sum(axis=1), 0, atol=1e-9)


def test_a_pair_differs_where_it_is_further_apart_than_either_clips_noise(make_analysis: MakeAnalysis) -> None:
    waves = [Waveform(np.random.default_rng(k).normal(size=16_000).astype(np.float32)) for k in range(2)]
    analyses = [make_analysis(wave, seed=k) for k, wave in enumerate(waves)]
    apart = compare([Compared(each) for each in analyses]).pairs[0][1].js_distance

    def said(*largest: float) -> tuple[bool | None, float | None]:
        floors = [NoiseFloor((), np.array([0.0, each]), np.array([0.0]), 1.0) for each in largest]
        pair = compare([Compared(a, noise=f) for a, f in zip(analyses, floors, strict=True)]).pairs[0][1]
        return pair.is_different, pair.noise_level

    assert said(0.0, apart / 2) == (True, pytest.approx(1.25 * apart / 2))
    assert said(apart, 0.0) == (False, pytest.approx(1.25 * apart))


def test_only_pairs_with_the_reference_are_aligned_on_demand(compared: Comparison) -> None:
    found = compare(compared.clips, reference=2, options=CompareOptions(all_pairs=False))
    assert set(found.alignments) == {(0, 2), (1, 2), (2, 3)}
    assert found.pairs[0][3].aligned_distance is None and found.pairs[3][2].aligned_distance is not None
    assert np.isnan(found.matrix("aligned_distance")[0, 3]) and not found.differences[2].any()


def test_without_sound_scores_and_curves_are_compared_all_the_same(make_analysis: MakeAnalysis) -> None:
    clips = [Compared(make_analysis(Waveform(np.full(400 + 320 * n, 0.1 * n, np.float32)), seed=n)) for n in range(9)]
    steps: list[tuple[int, int]] = []
    found = compare(clips, on_progress=lambda done, total: steps.append((done, total)))
    assert found.matrix("js_distance").shape == (9, 9) and np.isfinite(found.matrix("curve_distance")).all()
    assert found.pairs[0][1].pitch_st is None and found.pairs[0][1].aligned_distance is None
    assert found.alignment(0, 1) is None and sorted(found.order) == list(range(9))
    assert steps[0] == (0, 36) and steps[-1] == (36, 36)
    assert found.pairs[0][1].correlations["angry"] is None  # a single frame has no shape


def test_what_cannot_be_compared_is_refused_in_a_sentence(make_analysis: MakeAnalysis, waveform: Waveform) -> None:
    first = make_analysis(waveform)
    other = replace(first, name="b.wav", checkpoint=replace(first.checkpoint, revision="ffff"))
    with pytest.raises(ComparisonError, match=r"0123abcd.*'b.wav'.*ffff.*same checkpoint"):
        compare([Compared(first), Compared(other)])
    with pytest.raises(ComparisonError, match="leave out the same emotions"):
        compare([Compared(first), Compared(first.without(("sad",)))])
    with pytest.raises(ComparisonError, match="needs two or more"):
        compare([Compared(first)])
    with pytest.raises(ComparisonError, match="clip 3; there are clips 1 to 2"):
        compare([Compared(first)] * 2, reference=2)
    with pytest.raises(ValueError, match="no measure"):
        compare([Compared(first)] * 2).matrix("taste")
