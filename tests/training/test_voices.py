"""The projection of voices is learnt on some people and tells others apart; how that is measured."""

import math
from pathlib import Path

import numpy as np
import pytest

from core.results import SpeakerTurn
from core.speakers.projection import unit
from training import conversations
from training.conversations import changes_of, join_conversation, trimmed
from training.data import Clip
from training.evaluate_speakers import CLIPS, SPEAKERS, draw, equal_error_rate, pair_cosines
from training.voices import SPEEDS, Recipe, Voices, learn_projection, margin_loss, some_of_each

SMALL = Recipe(heads=2, num_hidden=16, dim=8, epochs=60, batch=64)


def clip_of(number: int, speaker: int) -> Clip:
    return Clip(f"{speaker}/{number}.wav", "tones", f"s{speaker}", "", "xx", "neutral", 2.0)


def crowd(num_speakers: int, each: int = CLIPS, width: int = 24) -> Voices:
    """People who differ in the first few features, and moods that move the others far more."""
    rng = np.random.default_rng(0)
    names = np.repeat(np.arange(num_speakers), each)
    people = np.zeros((num_speakers, len(SPEEDS), width))
    people[:, :, :6] = rng.standard_normal((num_speakers, len(SPEEDS), 6))
    features = people[names] + 0.1 * rng.standard_normal((len(names), len(SPEEDS), width))
    features[:, :, 6:] += 4 * rng.standard_normal((len(names), 1, width - 6))
    clips = tuple(clip_of(number, speaker) for number, speaker in enumerate(names.tolist()))
    return Voices(clips, features.astype(np.float32))


def test_what_is_learnt_on_some_people_tells_others_apart() -> None:
    voices = crowd(24)
    others = {f"s{number}" for number in range(4)}
    projection = learn_projection(voices, others, SMALL)
    chosen = np.flatnonzero(np.isin(voices.speakers, list(others)))
    names = voices.speakers[chosen]
    before = equal_error_rate(voices.plain[chosen], names)
    after = equal_error_rate(projection(voices.plain[chosen]), names)
    assert before > 0.35 and after < 0.2


def test_the_held_out_people_have_no_say_in_what_is_learnt() -> None:
    voices = crowd(6)
    changed = Voices(voices.clips, voices.features.copy())
    changed.features[voices.speakers == "s0"] += 100
    one, other = (learn_projection(each, {"s0"}, SMALL) for each in (voices, changed))
    assert np.array_equal(one.mean, other.mean)
    assert all(np.array_equal(a.hidden, b.hidden) for a, b in zip(one.heads, other.heads, strict=True))


def test_the_loss_is_cross_entropy_with_the_right_angle_widened() -> None:
    torch = pytest.importorskip("torch")
    cosines = torch.tensor([[0.5, 0.1]], dtype=torch.float64)
    widened = math.cos(math.acos(0.5) + 0.2)
    wanted = -math.log(math.exp(10 * widened) / (math.exp(10 * widened) + math.exp(1.0)))
    assert float(margin_loss(cosines, torch.tensor([0]), 0.2, 10.0)) == pytest.approx(wanted)


def test_a_draw_is_ten_people_with_twenty_clips_each_and_the_same_each_time() -> None:
    voices = crowd(14, each=25, width=8)
    chosen = draw(voices, "all", 3)
    _, counts = np.unique(voices.speakers[chosen], return_counts=True)
    assert counts.tolist() == [CLIPS] * SPEAKERS and len(set(chosen.tolist())) == len(chosen)
    assert np.array_equal(chosen, draw(voices, "all", 3)) and not np.array_equal(chosen, draw(voices, "all", 4))


def test_the_equal_error_rate_of_voices_apart_is_zero_and_of_one_crowd_a_half() -> None:
    names = np.repeat(["a", "b"], 30)
    apart = np.repeat(np.eye(2), 30, axis=0)
    assert equal_error_rate(apart, names) == 0.0
    mixed = np.random.default_rng(0).standard_normal((60, 16))
    assert equal_error_rate(mixed, names) == pytest.approx(0.5, abs=0.06)
    cosines, same = pair_cosines(unit(apart), names)
    assert len(cosines) == 60 * 59 // 2 and same.sum() == 2 * 30 * 29 // 2


def test_no_speaker_has_more_clips_than_are_wanted_and_the_choice_is_the_same() -> None:
    clips = [clip_of(number, speaker) for number in range(9) for speaker in range(2)]
    kept = some_of_each(clips, 4)
    assert [sum(clip.speaker == f"s{n}" for clip in kept) for n in range(2)] == [4, 4]
    assert kept == some_of_each(list(reversed(clips)), 4)


def test_a_conversations_turns_are_where_the_clips_are_and_nobody_follows_themselves(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversations, "DURATION_S", 8.0)
    kinds = ("happy", "sad", "angry")
    clips = [
        Clip(f"s{n}_{kind}_{take}.wav", "tones", f"s{n}", "", "xx", kind, 1.0)
        for n in range(3)
        for kind in kinds
        for take in range(2)
    ]
    joined = join_conversation(data, clips, np.random.default_rng(1))
    assert joined.turns[-1].end_s <= joined.waveform.duration_s and joined.waveform.duration_s >= 8.0
    assert all(one.end_s <= other.start_s for one, other in zip(joined.turns[:-1], joined.turns[1:], strict=True))
    samples = joined.waveform.samples
    for turn in joined.turns:  # loud within, the room's noise after
        first, end = round(turn.start_s * 16_000), round(turn.end_s * 16_000)
        assert np.abs(samples[first:end]).max() > 0.1 and np.abs(samples[end + 10 : end + 1000]).max() < 0.02
    assert changes_of(joined.turns) >= 2


def test_one_who_talks_alone_stops_when_the_clips_are_used_up(data: Path) -> None:
    clips = [Clip(f"s1_sad_{take}.wav", "tones", "s1", "", "xx", "sad", 1.0) for take in range(2)]
    joined = join_conversation(data, clips, np.random.default_rng(0))
    assert len(joined.turns) == 2 and changes_of(joined.turns) == 0
    assert changes_of((SpeakerTurn(0, 1, "a"), SpeakerTurn(1, 2, "b"), SpeakerTurn(2, 3, "b"))) == 1


def test_quiet_edges_of_a_clip_are_cut_off() -> None:
    loud = 0.5 * np.ones(3200, np.float32)
    samples = np.concatenate([np.full(3200, 1e-4, np.float32), loud, np.full(6400, 1e-4, np.float32)])
    assert np.array_equal(trimmed(samples), loud)
