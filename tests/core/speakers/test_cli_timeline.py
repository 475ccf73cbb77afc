"""`emoscope timeline --speakers`, run as a person runs it."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from core.audio import decode
from core.cli.main import main
from dashboard.examples import EXAMPLES
from tests import sounds


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """Two made-up voices, one after the other."""
    pytest.importorskip("webrtcvad", reason="webrtcvad-wheels is not installed")
    path = tmp_path / "talk.wav"
    path.write_bytes(sounds.wav(np.concatenate([decode(EXAMPLES[at].path).samples for at in (0, 2)])))
    return path


def test_a_timeline_says_who_speaks_in_its_text_its_record_and_its_table(
    talk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    asked = ["timeline", str(talk), "--speakers", "2"]
    assert main([*asked, "--export", "json,csv,textgrid", "--out", str(out)]) == 0
    text = capsys.readouterr().out
    (folder,) = out.iterdir()
    turns = json.loads((folder / "timeline.json").read_text(encoding="utf-8"))["turns"]
    assert {turn["speaker"] for turn in turns} == {"speaker 1", "speaker 2"}
    assert text.count("  speaker 1 · ") + text.count("  speaker 2 · ") == len(turns)
    rows = list(csv.DictReader((folder / "frames.csv").read_text(encoding="utf-8").splitlines()))
    for turn in turns:
        middle = (turn["start_s"] + turn["end_s"]) / 2
        nearest = min(rows, key=lambda row: abs(float(row["time_s"]) - middle))
        assert nearest["speaker"] == turn["speaker"]
    assert 'text = "speaker 1"' in (folder / "segments.TextGrid").read_text(encoding="utf-8")
    assert main(["timeline", str(talk), "--json", "--speakers"]) == 0
    assert json.loads(capsys.readouterr().out)["turns"]
    assert main(["timeline", str(talk), "--json"]) == 0 and "turns" not in json.loads(capsys.readouterr().out)
    assert main([*asked[:-1], "99"]) == 1 and "must be 1 to 20" in capsys.readouterr().err
