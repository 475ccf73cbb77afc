"""Who speaks when: from vectors with known owners, and from sound by the real models."""

import numpy as np
import pytest

from core.acoustics import SpeechActivity
from core.errors import SpeakerError
from core.results import SpeakerTurn, Waveform
from core.settings import Settings
from core.speakers import Conversation, TurnOptions, VoiceEmbedder, conversation, diarisation_error
from core.speakers.following import _forward_backward, followed
from core.speakers.projection import unit
from core.speakers.turns import conversation_of, pieces_of
from tests.core.speakers.voices import RATE_HZ, speak

RNG = np.random.default_rng(3)


def row(names: list[int], spread: float = 1.0, dim: int = 64) -> np.ndarray:
    """A vector a piece: its speaker's direction, blurred."""
    middles = np.eye(dim)[: max(names) + 1]
    return unit(middles[names] + spread * RNG.standard_normal((len(names), dim)) / np.sqrt(dim))


NAMES = [0, 0, 0, 1, 1, 2, 2, 2, 0, 0, 1, 1, 1, 2, 2, 0, 0, 1, 2, 2, 2, 1, 1, 0, 0, 2, 2, 1, 1, 1]


@pytest.mark.parametrize("given", [3, None])
def test_speakers_are_found_with_their_number_and_without(given: int | None) -> None:
    assert followed(row(NAMES), np.full(len(NAMES), 2.0), given, 20).tolist() == NAMES


def test_a_short_unclear_piece_between_two_of_one_speaker_is_theirs() -> None:
    vectors, lengths_s = row(NAMES), np.full(len(NAMES), 2.0)
    vectors[1] = unit(vectors[1] + 1.1 * vectors[6])  # a little nearer to the third
    lengths_s[1] = 0.2
    assert followed(vectors, lengths_s, 3, 20).tolist() == NAMES


def test_one_voice_is_one_speaker_and_one_piece_too() -> None:
    assert set(followed(row([0] * 20, spread=0.6), np.full(20, 2.0), None, 20)) == {0}
    assert followed(row([0]), np.array([1.0]), None, 20).tolist() == [0]


def test_the_forward_backward_pass_is_the_sum_over_all_paths() -> None:
    """Against brute force over the 3⁴ paths, with STAY as it is."""
    from itertools import pairwise, product

    from core.speakers.following import STAY

    scores = RNG.standard_normal((1, 4, 3))
    posterior, likelihood = _forward_backward(scores)
    total, mine = 0.0, np.zeros((4, 3))
    for path in product(range(3), repeat=4):
        weight = np.exp(sum(scores[0, step, state] for step, state in enumerate(path))) / 3
        for one, other in pairwise(path):
            weight *= STAY if one == other else (1 - STAY) / 2
        total += weight
        for step, state in enumerate(path):
            mine[step, state] += weight
    assert likelihood[0] == pytest.approx(np.log(total))
    assert np.allclose(posterior[0], mine / total)


def test_speech_is_cut_into_equal_pieces_that_are_not_too_long() -> None:
    assert pieces_of([(0.0, 2.0), (3.0, 10.0)], 3.5) == [(0.0, 2.0), (3.0, 6.5), (6.5, 10.0)]


def test_turns_join_over_a_short_pause_and_speakers_are_named_by_appearance() -> None:
    pieces = [(0.0, 2.0), (2.05, 4.0), (4.5, 6.0), (6.0, 8.0)]
    found = conversation_of(pieces, row([1, 1, 1, 0], spread=0.3), "m", TurnOptions(num_speakers=2))
    assert found.turns == (
        SpeakerTurn(0.0, 4.0, "speaker 1"), SpeakerTurn(4.5, 6.0, "speaker 1"), SpeakerTurn(6.0, 8.0, "speaker 2"),
    )  # fmt: skip
    assert found.seconds == pytest.approx({"speaker 1": 5.5, "speaker 2": 2.0})


def test_two_speakers_that_get_one_name_are_one() -> None:
    turns = (SpeakerTurn(0, 1, "a"), SpeakerTurn(1, 2, "b"), SpeakerTurn(2, 3, "c"))
    voices = dict(zip("abc", np.eye(3, dtype=np.float32), strict=True))
    found = Conversation(turns, voices, "m").renamed({"a": "Anna", "b": "Anna"})
    assert found.turns == (SpeakerTurn(0, 2, "Anna"), SpeakerTurn(2, 3, "c"))
    assert np.allclose(found.voices["Anna"], unit(np.array([1.0, 1.0, 0.0])))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"num_speakers": 0}, "must be 1 to 20"),
        ({"most_speakers": 99}, "must be 1 to 20"),
        ({"piece_s": 0.0}, "above 0"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, float], said: str) -> None:
    with pytest.raises(SpeakerError, match=said):
        TurnOptions(**options)  # type: ignore[arg-type]


def test_more_speakers_than_stretches_are_refused_and_silence_has_none() -> None:
    with pytest.raises(SpeakerError, match="5 speakers cannot be told apart in 1 stretches"):
        conversation_of([(0.0, 1.0)], row([0]), "m", TurnOptions(num_speakers=5))
    assert conversation_of([], np.zeros((0, 0)), "m").turns == ()


def test_a_conversation_of_three_voices_is_told_apart_by_ear() -> None:
    pytest.importorskip("webrtcvad", reason="webrtcvad-wheels is not installed")
    embedder = VoiceEmbedder.open(Settings(), "resemblyzer")
    order = ["anna", "ben", "chris", "anna", "chris", "ben", "anna", "ben"]
    truth, sound = [], []
    for number, name in enumerate(order):
        start_s = number * 2.3
        truth.append(SpeakerTurn(start_s, start_s + 2.0, name))
        sound += [speak(name, 2.0, number), np.zeros(round(0.3 * RATE_HZ), np.float32)]
    speech = SpeechActivity(tuple((turn.start_s, turn.end_s) for turn in truth), 2.3 * len(order), "known")
    found = conversation(Waveform(np.concatenate(sound)), embedder, speech, TurnOptions(num_speakers=3))
    assert diarisation_error(truth, found.turns).rate == pytest.approx(0.0, abs=0.01)
    assert list(found.voices) == ["speaker 1", "speaker 2", "speaker 3"]
    assert found.model_id == embedder.model_id
