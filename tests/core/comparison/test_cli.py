"""`emoscope compare`, run as a person runs it."""

import csv
import io
import json
from pathlib import Path

import pytest

from core.cli import main
from tests.core.comparison.conftest import EXAMPLES

BRIGHT, HEAVY, EVEN = (str(EXAMPLES / f"{name}.opus") for name in ("bright", "heavy", "even"))
Captured = pytest.CaptureFixture[str]


def test_clips_are_compared_in_words(capfd: Captured) -> None:
    assert main(["compare", BRIGHT, HEAVY, EVEN, "--align", "--noise", "--reference", "2"]) == 0
    said = capfd.readouterr().out
    assert "1  bright.opus · 3.41 s" in said and "the reference" in said.split("heavy.opus")[1].split("even.opus")[0]
    assert "a difference, the model's own noise is" in said and " aligned" in said and "semitones" in said
    assert said.count("0.000") == 3  # the diagonal of all pairs


def test_a_clip_and_itself_are_no_difference_and_json_holds_every_measure(capfd: Captured) -> None:
    assert main(["compare", BRIGHT, BRIGHT, "--json", "--align"]) == 0
    found = json.loads(capfd.readouterr().out)
    (pair,) = found["pairs"]
    distances = ("js_distance", "curve_distance", "curve_distance_normalised", "aligned_distance", "pitch_st")
    assert all(pair[name] == 0 for name in distances) and pair["emotion_cosine"] == 1
    assert pair["is_different"] is False and pair["is_same_sound"] is True and pair["speaker_cosine"] is None
    assert found["reference"] == 1 and [clip["name"] for clip in found["clips"]] == ["bright.opus"] * 2


def test_a_bad_clip_is_named_and_the_rest_goes_on(capfd: Captured, tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_text("this is text")
    assert main(["compare", BRIGHT, str(bad), HEAVY, "--json", "--reference", "3"]) == 1
    captured = capfd.readouterr()
    found = json.loads(captured.out)
    assert [clip["name"] for clip in found["clips"]] == ["bright.opus", "heavy.opus"] and found["reference"] == 2
    assert captured.err.count("emoscope: ") == 1 and "bad.wav" in captured.err


def test_where_one_clip_is_left_or_the_reference_is_lost_that_is_said(capfd: Captured, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.wav")
    assert main(["compare", BRIGHT, missing]) == 1
    assert "1 of 2 clips could be heard; a comparison needs two." in capfd.readouterr().err
    assert main(["compare", missing, BRIGHT, HEAVY]) == 1
    assert "The reference, clip 1, could not be heard" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([BRIGHT], "1 clip given; name two or more, or two groups."),
        ([], "0 clips given"),
        ([BRIGHT, HEAVY, "--reference", "3"], "--reference is 3; there are clips 1 to 2."),
        (["--group-a", BRIGHT, HEAVY], "give --group-a and --group-b"),
        (["--groups", "no.csv"], "'no.csv' cannot be read"),
        (["--groups", "no.csv", "--group-a", BRIGHT, "--group-b", BRIGHT], "leave one of them out"),
    ],
)
def test_what_does_not_go_together_is_said_before_anything_is_heard(
    arguments: list[str], sentence: str, capfd: Captured
) -> None:
    assert main(["compare", *arguments]) == 1
    captured = capfd.readouterr()
    assert sentence in captured.err and captured.out == ""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("file,kind\na.wav,x\n", "has no column group (it has file, kind)"),
        ("file,group\na.wav,x\nb.wav,x\n", "has 1 groups ('x'); there must be two"),
        ("file,group\na,x\nb,y\nc,z\n", "has 3 groups ('x', 'y', 'z')"),
        ("", "has no column file or group (it has none)"),
    ],
)
def test_a_table_that_holds_no_two_groups_is_refused(text: str, sentence: str, capfd: Captured, tmp_path: Path) -> None:
    table = tmp_path / "groups.csv"
    table.write_text(text)
    assert main(["compare", "--groups", str(table)]) == 1
    assert sentence in capfd.readouterr().err


def test_two_groups_of_a_table_are_tested_and_everything_is_written(capfd: Captured, tmp_path: Path) -> None:
    rows = [("bright", "before", "ann"), ("even", "before", "bob"), ("sharp", "before", "ann")]
    rows += [("heavy", "=after", "bob"), ("turning", "=after", "ann"), ("mandarin", "=after", "bob")]
    table = tmp_path / "groups.csv"
    for name, _, _ in rows:
        (tmp_path / f"{name}.opus").write_bytes((EXAMPLES / f"{name}.opus").read_bytes())
    table.write_text(
        "\ufeffFile,Group,Speaker\n" + "".join(f"{name}.opus,{group},{who}\n" for name, group, who in rows)
    )
    assert main(["compare", BRIGHT, EVEN, "--groups", str(table), "--out", str(tmp_path / "out")]) == 0
    said = capfd.readouterr().out
    assert "=after against before" in said and "stratified: 3 against 3 units" in said and "Hedges' g" in said
    (folder,) = (tmp_path / "out").iterdir()
    names = {path.name for path in folder.iterdir()}
    tables = {f"{name}.{form}" for name in ("clips", "pairs", "curves", "groups") for form in ("csv", "parquet")}
    assert names == tables | {"report.html", "comparison.json"} and folder.name.endswith("_comparison")
    first = next(csv.DictReader(io.StringIO((folder / "groups.csv").read_text())))
    assert first["group_b"] == "'=after" and first["emotion"] == "angry" and first["design"] == "stratified"
