"""Annotation files open in other programs' readers with their times kept, and come back; a bad file is one sentence."""

import itertools
import math
import re
from pathlib import Path

import pysubs2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from praatio import textgrid as praat
from pympi import Elan
from pympi.Praat import TextGrid

from core.errors import ExportError
from core.exports.annotations import WRITERS, audacity, read_annotations
from core.results import Segment

DURATION_S = 7.0612
SEGMENTS = (
    Segment(0.0, 2.0135, "neutral", 0.61),
    Segment(2.0135, 4.5, "surprised", 0.5),
    Segment(4.5, 7.0725, "happy", 0.87),  # a frame's middle plus half a hop may lie past the end
)
NASTY = '<a>&"\n\x00name\x1b.wav'


def written(kind: str, folder: Path, name: str = "voice.wav") -> Path:
    suffix, write = WRITERS[kind]
    path = folder / f"out{suffix}"
    path.write_text(write(SEGMENTS, DURATION_S, name), encoding="utf-8")
    return path


def assert_same(found: list[tuple[float, float, str]]) -> None:
    assert [label.split()[0] for _, _, label in found] == ["neutral", "surprised", "happy"]
    edges = [edge for start, end, _ in found for edge in (start, end)]
    assert edges == pytest.approx([0.0, 2.0135, 2.0135, 4.5, 4.5, DURATION_S], abs=0.001)


def test_praatio_and_pympi_both_read_the_textgrid(tmp_path: Path) -> None:
    path = written("textgrid", tmp_path)
    tier = praat.openTextgrid(str(path), includeEmptyIntervals=False).getTier("emotion")
    assert_same([(start, end, label) for start, end, label in tier.entries])
    other = TextGrid(str(path), codec="utf-8")
    names = [each.name for each in other.get_tiers()]
    assert names == ["emotion", "probability"]
    assert_same(list(other.get_tier("emotion").get_all_intervals()))
    assert [label for _, _, label in other.get_tier("probability").get_all_intervals()] == ["61 %", "50 %", "87 %"]


def test_elan_files_are_read_by_pympi_and_name_the_sound(tmp_path: Path) -> None:
    document = Elan.Eaf(str(written("eaf", tmp_path, NASTY)))
    assert sorted(document.get_tier_names()) == ["emotion", "probability"]
    assert_same(
        [(start / 1000, end / 1000, label) for start, end, label in document.get_annotation_data_for_tier("emotion")]
    )
    assert document.get_linked_files()[0]["MEDIA_URL"].endswith("a_name.wav")


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_subtitles_are_read_by_pysubs2(tmp_path: Path, kind: str) -> None:
    events = pysubs2.load(str(written(kind, tmp_path))).events
    assert_same([(event.start / 1000, event.end / 1000, event.text) for event in events])
    assert events[2].text == "happy 87 %"


def test_audacity_labels_are_three_columns(tmp_path: Path) -> None:
    rows = [line.split("\t") for line in written("audacity", tmp_path).read_text().splitlines()]
    assert_same([(float(start), float(end), label) for start, end, label in rows])


@pytest.mark.parametrize("kind", ["textgrid", "eaf", "audacity"])
def test_what_was_written_comes_back(tmp_path: Path, kind: str) -> None:
    path = written(kind, tmp_path)
    found = read_annotations(path.read_bytes(), path.suffix.upper())
    assert_same([(each.start_s, each.end_s, each.label) for each in found])
    assert all(math.isnan(each.probability) for each in found)


def test_another_tier_is_read_where_it_is_asked_for_or_alone(tmp_path: Path) -> None:
    for kind in ("textgrid", "eaf"):
        path = written(kind, tmp_path)
        assert [s.label for s in read_annotations(path.read_bytes(), path.suffix, "probability")] == [
            "61 %",
            "50 %",
            "87 %",
        ]
        first = read_annotations(path.read_bytes(), path.suffix, "no such tier")
        assert [each.label for each in first] == ["neutral", "surprised", "happy"]


def test_no_segment_is_still_a_file(tmp_path: Path) -> None:
    for kind, (_, write) in WRITERS.items():
        text = write((), 1.0, "voice.wav")
        assert kind in ("audacity", "srt") or text.strip()


@pytest.mark.parametrize(
    ("content", "suffix", "says"),
    [
        (b"", ".txt", "no labelled interval"),
        (b"0.0\t1.0\n", ".txt", "cannot be read"),
        (b"2.0\t1.0\tsad\n", ".txt", "from 2 to 1 s"),
        (b"nan\t1.0\tsad\n", ".txt", "from nan"),
        (b"-1\t1.0\tsad\n", ".txt", "from -1"),
        (b"\xff\xfe\x00", ".txt", "cannot be read"),
        (b"<not an eaf", ".eaf", "cannot be read"),
        (b"<x/>", ".eaf", "cannot be read|no labelled"),
        (b"File type", ".TextGrid", "cannot be read|no labelled"),
        (b"", ".wav", "is no annotation file"),
        (b"", "", "without suffix"),
    ],
)
def test_a_bad_file_is_one_sentence(content: bytes, suffix: str, says: str) -> None:
    with pytest.raises(ExportError, match=says) as raised:
        read_annotations(content, suffix)
    assert "\n" not in str(raised.value)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([".txt", ".eaf", ".TextGrid"]))
def test_arbitrary_bytes_are_segments_or_an_export_error(content: bytes, suffix: str) -> None:
    try:
        found = read_annotations(content, suffix)
    except ExportError:
        return
    assert all(each.start_s < each.end_s and each.label for each in found)


@given(st.lists(st.floats(0.002, 5.0), min_size=1, max_size=12))
def test_audacity_round_trip_keeps_every_segment(lengths: list[float]) -> None:
    edges = [0.0, *itertools.accumulate(lengths)]
    segments = [Segment(a, b, "sad", 0.5) for a, b in itertools.pairwise(edges)]
    back = read_annotations(audacity(segments, edges[-1], "x").encode(), ".txt")
    assert [each.start_s for each in back] == pytest.approx(edges[:-1], abs=1e-6)


def test_the_eaf_is_wellformed_xml_without_anything_of_the_name(tmp_path: Path) -> None:
    text = written("eaf", tmp_path, NASTY).read_text(encoding="utf-8")
    assert not re.search(r"<a>|\x1b|\x00", text)
