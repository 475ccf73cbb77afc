"""Tables that a spreadsheet may open safely."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from core.emotions import EMOTION_KEYS
from core.exports.tables import frames_csv, safe_cell, summary_csv
from core.results import Analysis, Waveform


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_frame_is_a_row_of_time_probabilities_logits_and_label(analysis: Analysis) -> None:
    rows = rows_of("".join(frames_csv(analysis)))
    expected = ["time_s", *analysis.labels, *(f"{label}_logit" for label in analysis.labels), "label"]
    assert list(rows[0]) == expected
    assert len(rows) == analysis.frame_logits.shape[0]
    found = np.array([[float(row[label]) for label in analysis.labels] for row in rows])
    assert np.allclose(found, analysis.frame_probabilities, atol=1e-6)
    logits = np.array([[float(row[f"{label}_logit"]) for label in analysis.labels] for row in rows])
    assert np.allclose(logits, analysis.frame_logits, atol=1e-5)
    assert np.allclose(logits.mean(axis=0), analysis.logits, atol=1e-4)
    assert [float(row["time_s"]) for row in rows] == analysis.frame_times_s.tolist()
    best = analysis.frame_logits.argmax(axis=1)
    assert [row["label"] for row in rows] == [analysis.labels[index] for index in best]


def test_long_recordings_come_in_pieces_that_join_up(make_analysis: Callable[..., Analysis]) -> None:
    long = make_analysis(Waveform(np.zeros(16_000 * 300, np.float32)))
    pieces = list(frames_csv(long))
    assert len(pieces) > 3
    rows = rows_of("".join(pieces))
    assert len(rows) == 14_999
    assert float(rows[-1]["time_s"]) == pytest.approx(long.frame_times_s[-1])


def test_a_clip_is_a_row_of_the_summary(analysis: Analysis) -> None:
    other = replace(analysis, name='声音, "take" 2\n.wav')
    rows = rows_of(summary_csv([analysis, other]))
    assert [row["clip"] for row in rows] == ["voice.wav", other.name]
    assert rows[0]["label"] == analysis.label
    assert {key: float(rows[0][key]) for key in EMOTION_KEYS} == pytest.approx(analysis.scores, abs=1e-6)
    assert rows_of(summary_csv([])) == []


@pytest.mark.parametrize(
    "name",
    ["=1+1", "+49", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\ufeff=1", "＝1", '=HYPERLINK("http://x")'],
)
def test_a_name_never_becomes_a_formula(name: str, analysis: Analysis) -> None:
    assert safe_cell(name) == "'" + name
    text = summary_csv([replace(analysis, name=name)])
    assert next(csv.reader(io.StringIO(text.split("\r\n", 1)[1])))[0] == "'" + name


@pytest.mark.parametrize("name", ["voice.wav", "a=b", "1-2", "声音", "", "'quoted'"])
def test_an_ordinary_name_is_left_as_it_is(name: str) -> None:
    assert safe_cell(name) == name
