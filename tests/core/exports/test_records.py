"""One analysis as one JSON object."""

import json
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from core.emotions import EMOTION_KEYS
from core.exports.records import json_chunks, record
from core.results import Analysis, Waveform, num_frames_of

AT = datetime(2026, 11, 23, 19, 0, 5, tzinfo=UTC)
PROMISED = {"clip", "label", "confidence", "scores", "secondary", "duration_s", "checkpoint", "timings_s", "frames"}


def test_it_holds_the_keys_of_the_command_line_and_is_plain_json(analysis: Analysis) -> None:
    found = record(analysis, granularity="utterance", at=AT)
    assert set(found) >= PROMISED
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_its_values_are_those_of_the_analysis(analysis: Analysis) -> None:
    found = record(analysis, granularity="utterance", at=AT)
    assert found["clip"] == "voice.wav"
    assert found["label"] == found["emotion"] == analysis.label
    assert found["confidence"] == pytest.approx(analysis.confidence, abs=1e-6)
    assert list(found["scores"]) == list(EMOTION_KEYS)
    assert found["scores"] == pytest.approx(analysis.scores, abs=1e-6)
    assert [entry["label"] for entry in found["secondary"]] == [entry.label for entry in analysis.secondary]
    assert found["unsayable"] == ["other", "unknown"]
    assert (found["checkpoint"], found["revision"], found["calibrated"]) == ("tests/random", "0123abcd", False)
    assert (found["engine"], found["device"], found["precision"]) == ("native", "cpu", "float32")
    assert (found["sha256"], found["duration_s"], found["scope"]) == (analysis.sha256, 3.0, "utterance")
    assert found["timings_s"] == {"decode": 0.0123, "score": 0.0333, "total": 0.0456}
    assert datetime.fromisoformat(found["timestamp"]) == AT


def test_at_utterance_granularity_there_are_no_frames(analysis: Analysis) -> None:
    found = record(analysis, granularity="utterance")
    assert found["frames"] is None
    assert found["granularity"] == "utterance"


def test_at_frame_granularity_the_frames_explain_the_verdict(analysis: Analysis, waveform: Waveform) -> None:
    found = record(analysis, granularity="frame")
    frames = found["frames"]
    assert (frames["rate_hz"], frames["labels"]) == (50, list(analysis.labels))
    assert np.array_equal(frames["times_s"], analysis.frame_times_s)
    assert np.allclose(frames["probabilities"], analysis.frame_probabilities, atol=1e-6)
    assert np.allclose(frames["logits"], analysis.frame_logits, atol=1e-5)
    assert len(frames["times_s"]) == len(frames["logits"]) == num_frames_of(waveform.num_samples)
    assert np.allclose(np.mean(frames["logits"], axis=0), list(found["logits"].values()), atol=1e-4)


def test_numbers_are_written_with_few_digits(analysis: Analysis) -> None:
    text = "".join(json_chunks(analysis, granularity="frame"))
    probabilities = json.loads(text)["frames"]["probabilities"]
    assert max(len(repr(value)) for row in probabilities for value in row) <= 8


@pytest.mark.parametrize("granularity", ["utterance", "frame"])
@pytest.mark.parametrize("indent", [None, 2])
def test_the_pieces_make_the_same_object(analysis: Analysis, granularity: str, indent: int | None) -> None:
    text = "".join(json_chunks(analysis, granularity=granularity, at=AT, indent=indent))
    assert json.loads(text) == record(analysis, granularity=granularity, at=AT)
    assert ("\n" in text) == (indent is not None)


def test_names_in_any_script_stay_readable(analysis: Analysis) -> None:
    text = "".join(json_chunks(replace(analysis, name='声音 "🎙"'), granularity="utterance"))
    assert '"声音 \\"🎙\\""' in text


def test_a_long_curve_is_written_a_piece_at_a_time(make_analysis: Callable[..., Analysis]) -> None:
    long = make_analysis(Waveform(np.zeros(16_000 * 900, np.float32)))
    _ = long.frame_probabilities, long.scores
    tracemalloc.start()
    size = sum(len(chunk) for chunk in json_chunks(long, granularity="frame"))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 5e6
    assert peak_bytes < 2e6


@pytest.mark.parametrize("granularity", ["utterance", "frame"])
def test_a_number_that_is_not_finite_is_never_written(analysis: Analysis, granularity: str) -> None:
    logits = analysis.frame_logits.copy()
    logits[3, 2] = np.nan
    with pytest.raises(ValueError, match=r"(?i)nan|not JSON compliant"):
        "".join(json_chunks(replace(analysis, frame_logits=logits), granularity=granularity))


def test_an_unknown_granularity_is_refused(analysis: Analysis) -> None:
    with pytest.raises(ValueError, match="'word'; it must be one of utterance, frame"):
        record(analysis, granularity="word")
    with pytest.raises(ValueError, match="'word'"):
        list(json_chunks(analysis, granularity="word"))
