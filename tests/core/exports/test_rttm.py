"""RTTM as NIST's evaluations read it: ten fields a line, none of which holds a space."""

from core.exports.rttm import rttm, speaker_fields
from core.results import SpeakerTurn as Turn


def test_a_turn_is_a_line_of_ten_fields_in_order_of_time() -> None:
    lines = rttm((Turn(2.5, 4.0, "Ben"), Turn(0.0, 2.25, "Anna")), "talk.wav").splitlines()
    assert lines == [
        "SPEAKER talk 1 0.000 2.250 <NA> <NA> Anna <NA> <NA>",
        "SPEAKER talk 1 2.500 1.500 <NA> <NA> Ben <NA> <NA>",
    ]


def test_names_from_outside_cannot_add_fields_or_lines() -> None:
    text = rttm((Turn(0, 1, "Anna Maria\nSPEAKER x 1"), Turn(1, 2, "  "), Turn(2, 3, "\u202e;;")), "my talk\n;; x.wav")
    assert [len(line.split(" ")) for line in text.splitlines()] == [10, 10, 10]
    assert "SPEAKER my_talk_x 1 0.000 1.000 <NA> <NA> Anna_Maria_SPEAKER_x_1 <NA> <NA>" in text


def test_two_names_that_are_written_alike_stay_two_speakers() -> None:
    assert speaker_fields(["a b", "a_b", "a\tb"]) == {"a b": "a_b", "a_b": "a_b_2", "a\tb": "a_b_3"}


def test_chinese_names_stay_and_turns_of_no_length_go() -> None:
    assert rttm((Turn(0, 1, "安娜"), Turn(1, 1, "x")), "录音.wav") == (
        "SPEAKER 录音 1 0.000 1.000 <NA> <NA> 安娜 <NA> <NA>\n"
    )
