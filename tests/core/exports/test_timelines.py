"""A timeline's files: whole or not at all, each readable by another program, all saying the same."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pysubs2
import pytest
from praatio import textgrid as praat

from core.curves import structure_of
from core.errors import ExportError
from core.exports.timelines import MAKERS, timeline_record, write_timeline
from core.results import Analysis, Waveform

AT = datetime(2026, 1, 2, 3, 4, 5)


def test_every_kind_is_written_and_says_the_same(analysis: Analysis, tmp_path: Path) -> None:
    structure = structure_of(analysis, 0.2)
    folder = write_timeline(analysis, structure, list(MAKERS), tmp_path)
    assert {path.name for path in folder.iterdir()} == {name for name, _ in MAKERS.values()}
    frame = pd.read_parquet(folder / "frames.parquet")
    table = pd.read_csv(folder / "frames.csv")
    with np.load(folder / "frames.npz", allow_pickle=False) as arrays:
        assert arrays["labels"].tolist() == list(analysis.labels)
        assert np.array_equal(arrays["logits"], analysis.frame_logits)
        assert frame["time_s"].to_numpy() == pytest.approx(arrays["times_s"])
    for column, label in enumerate(analysis.labels):
        assert frame[label].to_numpy() == pytest.approx(analysis.frame_probabilities[:, column])
        assert table[label].to_numpy() == pytest.approx(frame[label].to_numpy(), abs=1e-6)
    said = json.loads((folder / "timeline.json").read_text(encoding="utf-8"))
    tier = praat.openTextgrid(str(folder / "segments.TextGrid"), includeEmptyIntervals=False).getTier("emotion")
    subtitles = pysubs2.load(str(folder / "segments.vtt")).events
    assert len(said["segments"]) == len(tier.entries) == len(subtitles) == len(structure.segments)
    for segment, interval, event in zip(said["segments"], tier.entries, subtitles, strict=True):
        assert segment["label"] == interval.label == event.text.split()[0]
        assert (
            segment["start_s"] == pytest.approx(interval.start, abs=1e-3) == pytest.approx(event.start / 1000, abs=1e-3)
        )


def test_the_record_adds_up(analysis: Analysis) -> None:
    found = timeline_record(analysis, structure_of(analysis, 0.2))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert sum(found["seconds_by_label"].values()) == pytest.approx(analysis.duration_s, abs=1e-3)
    assert found["arc"][0]["at_s"] == 0 and found["segments"][-1]["end_s"] == pytest.approx(analysis.duration_s)
    assert sum(map(sum, found["transitions"]["counts"])) == len(found["segments"]) - 1


def test_only_what_is_asked_for_is_written_and_a_taken_name_gets_a_number(analysis: Analysis, tmp_path: Path) -> None:
    structure = structure_of(analysis)
    folders = [write_timeline(analysis, structure, ["srt"], tmp_path, AT) for _ in range(2)]
    assert [path.name for path in folders[0].iterdir()] == ["segments.srt"]
    assert folders[1].name == f"{folders[0].name}_2"


def test_an_unknown_kind_or_a_folder_that_cannot_be_is_one_error_and_leaves_nothing(
    analysis: Analysis, tmp_path: Path
) -> None:
    structure = structure_of(analysis)
    with pytest.raises(ExportError, match="There is no export 'docx'"):
        write_timeline(analysis, structure, ["srt", "docx"], tmp_path / "new")
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="cannot be written"):
        write_timeline(analysis, structure, ["srt"], tmp_path / "file")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "<b>&\x00\n.wav", "話し声.wav", ""])
def test_hostile_names_are_only_names(
    make_analysis: Callable[..., Analysis], waveform: Waveform, tmp_path: Path, name: str
) -> None:
    analysis = make_analysis(Waveform(waveform.samples, name))
    folder = write_timeline(analysis, structure_of(analysis), list(MAKERS), tmp_path)
    assert folder.parent == tmp_path
    assert json.loads((folder / "timeline.json").read_text(encoding="utf-8"))["clip"] == name
