"""The diarisation error rate on cases whose answer is known by hand."""

import pytest

from core.results import SpeakerTurn as Turn
from core.speakers import DiarisationError, diarisation_error

TRUE = (Turn(0, 4, "anna"), Turn(4, 10, "ben"))


def test_the_same_turns_under_other_names_are_no_error() -> None:
    found = diarisation_error(TRUE, (Turn(0, 4, "speaker 2"), Turn(4, 10, "speaker 1")))
    assert found == DiarisationError(0.0, 0.0, 0.0, 10.0) and found.rate == 0.0


def test_a_turn_given_to_another_is_confused() -> None:
    found = diarisation_error(TRUE, (Turn(0, 3, "x"), Turn(3, 10, "y")))
    assert found.confused_s == pytest.approx(1.0) and found.rate == pytest.approx(0.1)


def test_one_speaker_for_two_loses_the_one_who_speaks_less() -> None:
    assert diarisation_error(TRUE, (Turn(0, 10, "x"),)).confused_s == pytest.approx(4.0)


def test_speech_that_is_not_found_is_missed_and_silence_taken_for_speech_is_a_false_alarm() -> None:
    found = diarisation_error(TRUE, (Turn(1, 4, "x"), Turn(4, 10, "y"), Turn(10, 12, "y")))
    assert (found.missed_s, found.false_alarm_s, found.confused_s) == pytest.approx((1.0, 2.0, 0.0))
    assert found.rate == pytest.approx(0.3)


def test_two_who_speak_at_once_count_twice() -> None:
    both = (Turn(0, 4, "anna"), Turn(2, 6, "ben"))
    found = diarisation_error(both, (Turn(0, 4, "x"), Turn(4, 6, "y")))
    assert found.speech_s == pytest.approx(8.0) and found.missed_s == pytest.approx(2.0)


def test_one_speaker_whose_turns_overlap_is_there_once() -> None:
    assert diarisation_error((Turn(0, 3, "a"), Turn(2, 5, "a")), (Turn(0, 5, "x"),)).speech_s == pytest.approx(5.0)


def test_a_collar_leaves_out_both_sides_of_every_true_edge() -> None:
    found = diarisation_error(TRUE, (Turn(0.2, 3.8, "x"), Turn(3.8, 10, "y")), collar_s=0.25)
    assert found.rate == 0.0 and found.speech_s == pytest.approx(10 - 0.25 - 0.5 - 0.25)


def test_nobody_found_misses_all_and_nobody_there_makes_all_a_false_alarm() -> None:
    assert diarisation_error(TRUE, ()).rate == 1.0
    assert diarisation_error((), TRUE).rate == float("inf") and diarisation_error((), ()).rate == 0.0


def test_errors_of_several_recordings_add_up_by_their_seconds() -> None:
    both = DiarisationError(1, 0, 0, 10) + DiarisationError(0, 2, 3, 30)
    assert both.rate == pytest.approx(6 / 40)
