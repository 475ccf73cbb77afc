"""A timeline's files: whole or not at all, each readable by another program, all saying the same."""

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pysubs2
import pytest
from praatio import textgrid as praat
from pympi import Elan
from pympi.Praat import TextGrid

from core.acoustics import SpeechActivity, speech_activity
from core.audio import decode
from core.curves import Structure, region, smooth_probabilities, structure_of
from core.errors import ExportError
from core.exports.timelines import MAKERS, ExportOptions, timeline_record, write_timeline
from core.results import Analysis, SpeakerTurn, Waveform
from dashboard.examples import EXAMPLES
from tests import sounds

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


def spans_in(folder: Path) -> dict[str, list[tuple[float, float, str]]]:
    """The segments as other programs' readers find them in each annotation file; empty intervals are left out."""
    grid = TextGrid(str(folder / "segments.TextGrid"), codec="utf-8").get_tier("emotion")
    rows = Elan.Eaf(str(folder / "segments.eaf")).get_annotation_data_for_tier("emotion")
    labels = [line.split("\t") for line in (folder / "labels.txt").read_text().splitlines()]
    return {
        "textgrid": [(start, end, text) for start, end, text in grid.get_all_intervals() if text],
        "eaf": [(start / 1000, end / 1000, text) for start, end, text in rows],
        "audacity": [(float(start), float(end), text) for start, end, text in labels],
        **{
            kind: [
                (event.start / 1000, event.end / 1000, event.text.split()[0])
                for event in pysubs2.load(str(folder / f"segments.{kind}"), format_=kind).events
            ]
            for kind in ("srt", "vtt")
        },
    }


def assert_written(folder: Path, structure: Structure) -> None:
    """Every annotation file says the structure's segments to a millisecond, and nothing else."""
    for kind, found in spans_in(folder).items():
        assert [label for _, _, label in found] == [each.label for each in structure.segments], kind
        edges = [edge for start, end, _ in found for edge in (start, end)]
        expected = [edge for each in structure.segments for edge in (each.start_s, each.end_s)]
        assert edges == pytest.approx(expected, abs=0.001), kind


SPEECH = SpeechActivity(((0.2, 1.1), (1.7, 2.6)), 3.0, "energy")


def test_silence_has_no_label_in_any_file(analysis: Analysis, tmp_path: Path) -> None:
    structure = structure_of(analysis, 0.2, SPEECH)
    folder = write_timeline(analysis, structure, list(MAKERS), tmp_path)
    assert_written(folder, structure)
    tier = praat.openTextgrid(str(folder / "segments.TextGrid"), includeEmptyIntervals=True).getTier("emotion")
    empty = [(start, end) for start, end, label in tier.entries if not label]
    assert empty == [pytest.approx(span, abs=0.001) for span in SPEECH.pauses_s]
    said = json.loads((folder / "timeline.json").read_text())
    assert said["silence_s"] == pytest.approx(1.2) and said["speech"]["detector"] == "energy"
    assert sum(said["seconds_by_label"].values()) + said["silence_s"] == pytest.approx(3.0, abs=1e-3)
    inside = SPEECH.mask(analysis.frame_times_s)
    table = pd.read_csv(folder / "frames.csv", keep_default_na=False)
    assert (table["speech"].to_numpy() == inside).all() and ((table["label"] != "") == inside).all()
    assert (pd.read_parquet(folder / "frames.parquet")["speech"].to_numpy() == inside).all()
    with np.load(folder / "frames.npz", allow_pickle=False) as arrays:
        assert (arrays["speech"] == inside).all()


def test_a_region_keeps_the_times_of_the_recording(analysis: Analysis, tmp_path: Path) -> None:
    structure = structure_of(analysis, 0.1, SPEECH)
    folder = write_timeline(analysis, structure, list(MAKERS), tmp_path, options=ExportOptions((0.5, 2.0)))
    said = json.loads((folder / "timeline.json").read_text())
    verdict = region(analysis, 0.5, 2.0)
    assert said["region"]["scores"] == pytest.approx(verdict, abs=1e-6)
    assert said["region"]["label"] == max(verdict, key=lambda label: verdict[label])
    assert said["label"] == analysis.label, "beside the whole's"
    first, last = said["segments"][0], said["segments"][-1]
    assert (first["start_s"], last["end_s"]) == (0.5, 2.0)
    assert sum(said["seconds_by_label"].values()) == pytest.approx(0.9, abs=1e-3)
    assert said["silence_s"] == pytest.approx(0.6, abs=1e-3)
    for found in spans_in(folder).values():
        assert [(start, end) for start, end, _ in found] == [
            (pytest.approx(each["start_s"], abs=0.001), pytest.approx(each["end_s"], abs=0.001))
            for each in said["segments"]
        ]
    table = pd.read_csv(folder / "frames.csv")
    times_s = analysis.frame_times_s
    assert table["time_s"].tolist() == times_s[(times_s >= 0.5) & (times_s < 2.0)].tolist()


def test_a_region_without_a_frame_is_one_error_and_leaves_nothing(analysis: Analysis, tmp_path: Path) -> None:
    for kind in MAKERS:
        with pytest.raises(ExportError, match=r"nothing to export: 7–9 s holds no frame"):
            write_timeline(analysis, structure_of(analysis), [kind], tmp_path, options=ExportOptions((7.0, 9.0)))
    assert list(tmp_path.iterdir()) == []


def test_tables_are_smoothed_as_asked_and_nothing_else_is(analysis: Analysis, tmp_path: Path) -> None:
    structure = structure_of(analysis, 0.2)
    plain = write_timeline(analysis, structure, list(MAKERS), tmp_path / "plain", AT)
    options = ExportOptions(smoothing="moving average", smoothing_s=0.5)
    smoothed = write_timeline(analysis, structure, list(MAKERS), tmp_path / "smooth", AT, options)
    with np.load(smoothed / "frames.npz", allow_pickle=False) as arrays:
        expected = smooth_probabilities(analysis.frame_probabilities, "moving average", 0.5)
        assert arrays["probabilities"] == pytest.approx(expected, abs=1e-6)
        assert np.array_equal(arrays["logits"], analysis.frame_logits)
    for name in ("segments.TextGrid", "labels.txt", "segments.srt"):
        assert (plain / name).read_bytes() == (smoothed / name).read_bytes()


def music() -> np.ndarray:
    """A chord that beats, twice a second."""
    chord = sum(sounds.tone(pitch_hz, 4.0, amplitude=0.15) for pitch_hz in (220.0, 277.2, 329.6, 440.0))
    return (chord * (0.6 + 0.4 * np.sin(4 * np.pi * np.arange(len(chord)) / 16_000))).astype(np.float32)


def spoken(index: int) -> np.ndarray:
    return decode(EXAMPLES[index].path).samples


def two_voices() -> np.ndarray:
    """Two at once."""
    one, other = spoken(0), spoken(1)
    length = min(len(one), len(other))
    return (one[:length] + other[:length]) / 2


@pytest.mark.parametrize(
    ("sound", "speaks"),
    [
        (lambda: np.zeros(32_000, np.float32), False),
        (music, False),
        (lambda: spoken(0)[8_000:11_200], None),  # 0.2 s
        (lambda: np.tile(spoken(1), 20)[:480_160], True),  # 30.01 s
        (two_voices, True),
    ],
    ids=["silence", "music", "0.2 s", "30.01 s", "two voices"],
)
def test_every_kind_of_clip_has_files_that_others_read(
    make_analysis: Callable[..., Analysis], tmp_path: Path, sound: Callable[[], np.ndarray], speaks: bool | None
) -> None:
    waveform = Waveform(sound(), "clip.wav")
    analysis = make_analysis(waveform, num_windows=1 if waveform.duration_s <= 30 else 2)
    structure = structure_of(analysis, 0.5, speech_activity(waveform))
    assert speaks is None or bool(structure.segments) is speaks
    if speaks is False:
        assert structure.silence_s == pytest.approx(waveform.duration_s)
    folder = write_timeline(analysis, structure, list(MAKERS), tmp_path)
    assert_written(folder, structure)
    assert len(pd.read_parquet(folder / "frames.parquet")) == len(analysis.frame_logits)
    said = json.loads((folder / "timeline.json").read_text())
    assert len(said["arc"]) == len(structure.arc) and said["duration_s"] == waveform.duration_s


TURNS = (SpeakerTurn(0.0, 0.8, "Anna <b>"), SpeakerTurn(1.0, 2.0, '=cmd "x"\nspeaker 2'))


def test_who_speaks_stands_in_tables_records_and_annotations(
    analysis: Analysis, waveform: Waveform, tmp_path: Path
) -> None:
    """Names from outside stay in their fields: no formula, no second line, no markup."""
    structure = structure_of(analysis)
    options = ExportOptions(turns=TURNS)
    rows = list(csv.DictReader(io.StringIO(MAKERS["csv"][1](analysis, structure, options).decode())))
    spoken = {row["speaker"] for row in rows}
    assert spoken == {"Anna <b>", '\'=cmd "x"\\nspeaker 2', ""}
    assert all((row["speaker"] == "Anna <b>") == (float(row["time_s"]) < 0.8) for row in rows)
    record = json.loads(MAKERS["json"][1](analysis, structure, options))
    assert [turn["speaker"] for turn in record["turns"]] == [turn.speaker for turn in TURNS]
    arrays = np.load(io.BytesIO(MAKERS["npz"][1](analysis, structure, options)), allow_pickle=False)
    assert arrays["speaker"].tolist()[0] == "Anna <b>"
    table = pd.read_parquet(io.BytesIO(MAKERS["parquet"][1](analysis, structure, options)))
    assert set(table["speaker"]) == {turn.speaker for turn in TURNS} | {""}
    grid = tmp_path / "x.TextGrid"
    grid.write_bytes(MAKERS["textgrid"][1](analysis, structure, options))
    tier = praat.openTextgrid(str(grid), includeEmptyIntervals=False).getTier("speaker")
    assert [(entry.start, entry.end) for entry in tier.entries] == [(0.0, 0.8), (1.0, 2.0)]
    document = tmp_path / "x.eaf"
    document.write_bytes(MAKERS["eaf"][1](analysis, structure, options))
    said = [row[2] for row in Elan.Eaf(str(document)).get_annotation_data_for_tier("speaker")]
    assert said == ["Anna <b>", '=cmd "x"\\nspeaker 2']


def test_of_a_region_only_its_turns_are_written_and_without_turns_nothing_is_said_of_them(analysis: Analysis) -> None:
    structure = structure_of(analysis)
    record = timeline_record(analysis, structure, ExportOptions(region_s=(0.5, 1.2), turns=TURNS))
    assert [(turn["start_s"], turn["end_s"]) for turn in record["turns"]] == [(0.5, 0.8), (1.0, 1.2)]
    assert "turns" not in timeline_record(analysis, structure)
    assert "speaker" not in MAKERS["csv"][1](analysis, structure).decode().splitlines()[0]
