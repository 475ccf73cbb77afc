"""A comparison taken away: tables, JSON, and one HTML report that needs nothing else."""

import base64
import csv
import hashlib
import io
import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from core.analysis import analyze
from core.audio import decode
from core.comparison import Compared, CompareOptions, Comparison, Group, GroupComparison, NoiseFloor, compare_groups
from core.comparison import compare as compare_clips
from core.errors import ExportError
from core.exports.comparisons import Findings, comparison_files, comparison_record, names_of, write_comparison
from core.exports.report import comparison_words
from core.exports.report.comparison_figures import letter
from core.model import open_engine
from core.settings import Settings
from tests.core.comparison.conftest import EXAMPLES
from tests.core.exports.test_report import Reader

MARKUP = '=<img src=x onerror=alert(1)> {name} "quoted" \x1b[31m & more.wav'


@pytest.fixture(scope="module")
def compared() -> Comparison:
    """Two clips with sound and noise, the second with a name that is markup and a formula, and one without sound."""
    engine = open_engine("bundled", Settings(), warm_up=False)
    waveforms = [decode(EXAMPLES / name) for name in ("heavy.opus", "bright.opus")]
    floor = NoiseFloor((), np.array([0.1]), np.array([0.1]), 3.0)
    clips = [Compared(analyze(waveform, engine), waveform, noise=floor) for waveform in waveforms]
    clips[1] = replace(clips[1], analysis=replace(clips[1].analysis, name=MARKUP))
    silent = replace(clips[0], waveform=None, analysis=replace(clips[0].analysis, name="soundless", sha256="0" * 64))
    return compare_clips([*clips, silent])


@pytest.fixture(scope="module")
def groups() -> GroupComparison:
    rng = np.random.default_rng(0)
    return compare_groups(
        Group(MARKUP, rng.uniform(size=(9, 3)), ("angry", "happy", "sad")),
        Group("after", np.column_stack([rng.uniform(size=(8, 2)), np.zeros(8)]), ("angry", "happy", "sad")),
    )


def report(*args: object, **options: object) -> Reader:
    return Reader(comparison_files(Findings(*args, **options))["report.html"]())  # type: ignore[arg-type]


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def test_the_tables_hold_every_pair_clip_and_frame(compared: Comparison, groups: GroupComparison) -> None:
    files = comparison_files(Findings(compared, groups))
    clips, pairs, curves = (rows(files[f"{name}.csv"]()) for name in ("clips", "pairs", "curves"))
    assert [row["clip"] for row in clips] == ["1", "2", "3"] and clips[1]["name"].startswith("'=")
    assert float(clips[0]["happy"]) == pytest.approx(compared.clips[0].analysis.scores["happy"], rel=1e-4)
    assert [(row["clip_a"], row["clip_b"]) for row in pairs] == [("1", "2"), ("1", "3"), ("2", "3")]
    pair = compared.pairs[0][1]
    assert float(pairs[0]["js_distance"]) == pytest.approx(pair.js_distance, rel=1e-4)
    assert pairs[0]["is_different"] == "true" and pairs[1]["is_different"] == "false"
    assert pairs[1]["aligned_distance"] == "" and pairs[0]["speaker_cosine"] == "" and pairs[0]["sad_aligned_r"] != ""
    frames = [len(clip.analysis.frame_logits) for clip in compared.clips]
    assert len(curves) == sum(frames)
    other = curves[frames[0] + 40]
    moment = compared.alignment(0, 1).warp_back(np.array([float(other["time_s"])]))[0]
    assert other["clip"] == "2" and float(other["reference_s"]) == pytest.approx(moment, rel=1e-4)
    assert curves[-1]["reference_s"] == "" and curves[3]["reference_s"] == curves[3]["time_s"]
    tested = rows(files["groups.csv"]())
    assert [row["emotion"] for row in tested] == ["angry", "happy", "sad"] and float(tested[2]["p_holm"]) < 0.05


def test_parquet_holds_the_same_with_types_that_stay(compared: Comparison, groups: GroupComparison) -> None:
    files = comparison_files(Findings(compared, groups))
    tables = {name: pyarrow.parquet.read_table(io.BytesIO(make())) for name, make in files.items() if "parquet" in name}
    pairs = tables["pairs.parquet"]
    assert pairs["is_different"].to_pylist() == [True, False, True] and str(pairs["speaker_cosine"].type) == "double"
    assert pairs["js_distance"].to_pylist()[0] == compared.pairs[0][1].js_distance
    assert tables["clips.parquet"]["name"].to_pylist()[1] == MARKUP
    assert len(tables["paths.parquet"]) == len(compared.alignment(0, 1).knots_s)


def test_json_holds_everything_but_the_curves_and_no_nan(compared: Comparison, groups: GroupComparison) -> None:
    record = json.loads(comparison_files(Findings(compared, groups))["comparison.json"]())
    assert record == json.loads(json.dumps(comparison_record(Findings(compared, groups)), allow_nan=False))
    assert record["reference"] == 1 and record["pairs"][1]["aligned_distance"] is None
    assert sorted(record["tree"]["order"]) == [1, 2, 3] and len(record["tree"]["linkage"]) == 2
    assert record["groups"][0]["group_a"] == MARKUP


def test_the_report_holds_verdicts_measures_sound_and_figures(compared: Comparison, groups: GroupComparison) -> None:
    page = report(compared, groups)
    pair = compared.pairs[0][1]
    assert f"differs from A: {pair.js_distance:.3f}, beyond the model's own noise of 0.125" in page.said
    assert "no difference from A: 0.000" in page.said and f"{pair.pitch_st:+.1f}" in page.said
    assert "the sound is not in this file" in page.said and "Clips are exchanged. 9 and 8 units" in page.said
    sounds = [each["src"] for each in page.all("audio")]
    assert len(sounds) == 2 and all(sound.startswith("data:audio/ogg;base64,") for sound in sounds)
    heard = decode(base64.b64decode(sounds[0].split(",")[1]))
    assert heard.duration_s == pytest.approx(compared.clips[0].waveform.duration_s, abs=0.05)
    data = page.figure["comparison"]
    assert [clip["letter"] for clip in data["clips"]] == ["A", "B", "C"]
    assert [clip["aligned"] is None for clip in data["clips"]] == [False, False, True]
    heat = data["measures"]["js_distance"]
    assert heat["values"][heat["names"].index("A")][heat["names"].index("B")] == pytest.approx(
        pair.js_distance, abs=1e-4
    )
    assert len(heat["branches"]) == 2 and "speaker_cosine" not in data["measures"]
    assert len(page.figure["groups"]["boxes"]["data"]) == 2
    assert data["scores"]["data"][1]["y"] == [
        round(100 * compared.clips[1].analysis.scores[key], 2) for key in sorted(compared.labels)
    ]


def test_nothing_from_outside_is_markup_anywhere(compared: Comparison, groups: GroupComparison) -> None:
    page = report(compared, groups)
    assert not page.all("img") and "<img src=x" in page.said and "\x1b" not in page.said
    data = json.dumps(page.figure)
    assert "<img" not in data and "&lt;img" in data  # plotly.js reads a subset of HTML


def test_the_report_runs_its_own_scripts_only_and_fetches_nothing(compared: Comparison) -> None:
    data = comparison_files(Findings(compared))["report.html"]().decode()
    (policy,) = (
        meta["content"] for meta in Reader(data.encode()).all("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    )  # fmt: skip
    scripts = re.findall(r"<script>(.*?)</script>", data, re.DOTALL)
    digests = {base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts}
    assert digests == set(re.findall(r"'sha256-([^']+)'", policy)) and "default-src 'none'" in policy
    outside = [each for tag in ("link", "img", "iframe") for each in Reader(data.encode()).all(tag)]
    assert not outside and all(not each.get("src") for each in Reader(data.encode()).all("script"))


def test_the_report_speaks_chinese_and_both_catalogues_say_the_same(compared: Comparison) -> None:
    said = report(compared, language="zh").said
    assert "这些声音有何不同" in said and "超出模型自身的噪声" in said and "differs from" not in said
    english, chinese = comparison_words.ENGLISH, comparison_words.CHINESE
    assert english.keys() == chinese.keys()
    for key, sentence in english.items():
        places = [sorted(re.findall(r"{(\w+)}", each)) for each in (sentence, chinese[key])]
        assert places[0] == places[1], key
    with pytest.raises(ExportError, match="no report in 'fr'"):
        report(compared, language="fr")


def test_groups_alone_and_clips_without_alignment_are_reported(compared: Comparison, groups: GroupComparison) -> None:
    alone = report(None, groups)
    assert not alone.all("audio") and "What differs between these groups" in alone.said
    plain = compare_clips(compared.clips, 1, CompareOptions(align=False))
    page = report(plain)
    assert "the same moment of what is said" not in page.said and page.figure["comparison"]["reference"] == 1
    assert "paths.csv" not in comparison_files(Findings(plain))
    with pytest.raises(ExportError, match="no comparison to write"):
        comparison_files(Findings())


def test_files_are_written_whole_or_not_at_all(compared: Comparison, tmp_path: Path) -> None:
    found = Findings(compared, at=datetime(2026, 11, 24, 22, 0))
    some = names_of(("csv",), comparison_files(found))
    folder = write_comparison(found, tmp_path, some)
    assert folder.name == "20261124_220000_comparison"
    assert sorted(path.name for path in folder.iterdir()) == sorted(some)
    with pytest.raises(ExportError, match=r"no file 'x\.doc'"):
        write_comparison(found, tmp_path, ["x.doc"])
    with pytest.raises(ExportError, match="no report in"):
        write_comparison(replace(found, language="fr"), tmp_path / "other")
    assert not list((tmp_path / "other").iterdir())


def test_letters_go_on_after_z() -> None:
    assert [letter(k) for k in (0, 7, 25, 26, 52)] == ["A", "H", "Z", "A2", "A3"]
