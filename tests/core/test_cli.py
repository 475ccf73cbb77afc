"""The `emoscope` command, run as a person runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.audio import decode
from core.calibration import write_calibration
from core.results import Calibration
from dashboard.examples import EXAMPLES
from tests import sounds
from tests.checkpoints import tiny_checkpoint as write_tiny_checkpoint

COMMAND = [sys.executable, "-m", "core.cli"]


def emoscope(*arguments: object, stdin: bytes | None = None, **variables: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        env=os.environ | variables,
        timeout=120,
        check=False,
    )


def lines(result: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.decode().splitlines()]


def test_json_lines_hold_the_documented_keys(tiny_checkpoint: Path, voice_path: Path) -> None:
    result = emoscope("analyze", voice_path, "--checkpoint", tiny_checkpoint, "--json", "--granularity", "frame")
    (record,) = lines(result)
    assert result.returncode == 0 and result.stderr == b""
    keys = {
        "clip", "label", "confidence", "scores", "secondary", "duration_s", "checkpoint", "timings_s", "frames",
    }  # fmt: skip
    assert keys <= set(record)
    assert record["clip"] == "voice.wav" and record["duration_s"] == 3.0
    assert record["label"] == max(record["scores"], key=record["scores"].get)
    assert len(record["frames"]["times_s"]) == 149


def test_a_bad_file_is_one_line_and_the_others_go_on(tiny_checkpoint: Path, voice_path: Path, tmp_path: Path) -> None:
    bad = tmp_path / "not\x1b[31maudio\n.wav"
    bad.write_text("this is text")
    result = emoscope("analyze", bad, voice_path, tmp_path / "none.wav", "--checkpoint", tiny_checkpoint, "--json")
    assert result.returncode == 1
    assert [record["clip"] for record in lines(result)] == ["voice.wav"]
    errors = result.stderr.decode().splitlines()
    assert len(errors) == 2 and all(error.startswith("emoscope: ") for error in errors)
    assert "\x1b" not in result.stderr.decode() and "none.wav" in errors[1]


def test_both_engines_say_the_same(tiny_checkpoint: Path, voice_path: Path) -> None:
    native, funasr = (
        lines(emoscope("analyze", voice_path, "--checkpoint", tiny_checkpoint, "--json", "--engine", engine))[0]
        for engine in ("native", "funasr")
    )
    assert (native["engine"], funasr["engine"]) == ("native", "funasr")
    for emotion, score in native["scores"].items():
        assert score == pytest.approx(funasr["scores"][emotion], abs=1e-4)


def test_outputs_are_written_with_frames_at_frame_granularity(
    tiny_checkpoint: Path, voice_path: Path, tmp_path: Path
) -> None:
    out = tmp_path / "outputs"
    for granularity in ("utterance", "frame"):
        result = emoscope(
            "analyze", voice_path, "--checkpoint", tiny_checkpoint, "--out", out, "--granularity", granularity
        )
        assert result.returncode == 0, result.stderr
    names = [sorted(file.name for file in folder.iterdir()) for folder in sorted(out.iterdir())]
    common = ["embedding.npy", "processed_audio.wav", "result.json"]
    assert sorted(names) == sorted([common, sorted([*common, "frames.csv"])])


def test_a_person_reads_the_verdict(tiny_checkpoint: Path, voice_path: Path) -> None:
    text = emoscope("analyze", voice_path, "--checkpoint", tiny_checkpoint).stdout.decode()
    said = lines(emoscope("analyze", voice_path, "--checkpoint", tiny_checkpoint, "--json"))[0]
    assert text.startswith("voice.wav · 3.00 s")
    assert f"{said['label']}" in text and f"{said['confidence']:.1%}" in text and "uncalibrated" in text


def test_standard_input_is_a_clip(tiny_checkpoint: Path, voice_wav: bytes) -> None:
    result = emoscope("analyze", "-", "--checkpoint", tiny_checkpoint, "--json", stdin=voice_wav)
    assert result.returncode == 0 and lines(result)[0]["duration_s"] == 3.0


def test_wrong_usage_and_wrong_settings_are_told_apart(voice_path: Path) -> None:
    assert emoscope("analyze").returncode == 2
    assert emoscope("analyze", voice_path, "--precision", "float8").returncode == 2
    result = emoscope("analyze", voice_path, EMOSCOPE_WINDOW_S="soon")
    assert result.returncode == 1 and result.stderr.decode().count("\n") == 1
    assert "EMOSCOPE_WINDOW_S is 'soon'" in result.stderr.decode()
    result = emoscope("analyze", voice_path, "--checkpoint", "emotion2vec_plus_large", HOME="/nonexistent")
    assert result.returncode == 1 and "emoscope models pull emotion2vec_plus_large" in result.stderr.decode()


def test_models_are_listed_and_verified(tiny_checkpoint: Path) -> None:
    listed = emoscope("models", "list").stdout.decode()
    assert all(name in listed for name in ("bundled", "emotion2vec_plus_seed", "CC BY-NC-SA 4.0"))
    verified = emoscope("models", "verify", tiny_checkpoint)
    assert verified.returncode == 0 and b"sound" in verified.stdout


def test_doctor_says_what_is_here() -> None:
    nowhere = "http://127.0.0.1:9"
    result = emoscope("doctor", "--json", EMOSCOPE_HF_ENDPOINT=nowhere, EMOSCOPE_MODELSCOPE_ENDPOINT=nowhere)
    (found,) = lines(result)
    assert result.returncode == 0 and found["ready"] is True
    assert found["packages"]["torch"].startswith("2.13.0")
    assert found["hubs"] == {"ModelScope": "", "Hugging Face": ""}
    assert found["checkpoints"]["bundled"]


def test_help_does_not_import_torch() -> None:
    code = "import sys; from core.cli.main import _parser; _parser(); print('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.strip() == "False"


def test_an_unsure_verdict_names_its_two_best_candidates(tmp_path: Path, voice_path: Path) -> None:
    folder = write_tiny_checkpoint(tmp_path / "tiny")
    write_calibration(folder, Calibration(temperature=2.0, unsure_below=0.999))
    (said,) = lines(emoscope("analyze", voice_path, "--checkpoint", folder, "--json"))
    assert said["unsure"] is True and said["calibrated"] is True and said["temperature"] == 2.0
    best = sorted(said["scores"], key=lambda label: -said["scores"][label])[:2]
    assert [entry["label"] for entry in said["candidates"]] == best
    text = emoscope("analyze", voice_path, "--checkpoint", folder).stdout.decode()
    assert "unsure: " in text and " or " in text and " · calibrated · " in text
    assert all(label in text.splitlines()[1] for label in best)
    write_calibration(folder, Calibration(temperature=2.0, unsure_below=0.0))
    (sure,) = lines(emoscope("analyze", voice_path, "--checkpoint", folder, "--json"))
    assert sure["unsure"] is False and len(sure["candidates"]) == 1


def test_other_and_unknown_are_left_out_on_request(tiny_checkpoint: Path, voice_path: Path) -> None:
    (whole,) = lines(emoscope("analyze", voice_path, "--checkpoint", tiny_checkpoint, "--json"))
    (named,) = lines(emoscope("analyze", voice_path, "--checkpoint", tiny_checkpoint, "--json", "--drop-other"))
    assert {"other", "unknown"} & set(whole["logits"]) == set(named["left_out"])
    kept = {label: score for label, score in whole["scores"].items() if label in named["logits"]}
    total = sum(kept.values())
    for label, score in kept.items():
        assert named["scores"][label] == pytest.approx(score / total, abs=1e-5)
    text = emoscope("analyze", voice_path, "--checkpoint", tiny_checkpoint, "--drop-other").stdout.decode()
    assert "other       left out" in text


def test_a_timeline_is_told_and_written(tiny_checkpoint: Path, voice_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = emoscope(
        "timeline", voice_path, "--checkpoint", tiny_checkpoint, "--export", "textgrid,srt", "--out", out,
        "--min-segment", "0.2", "--no-vad",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    (folder,) = out.iterdir()
    assert {path.name for path in folder.iterdir()} == {"segments.TextGrid", "segments.srt"}
    again = ("timeline", voice_path, "--checkpoint", tiny_checkpoint, "--json", "--min-segment", "0.2", "--no-vad")
    (said,) = lines(emoscope(*again))
    text = result.stdout.decode()
    assert text.startswith("voice.wav · 3.00 s") and f"volatility {said['volatility_per_s']:.2f}" in text
    assert text.splitlines()[2].split()[0] == said["arc"][0]["label"]
    assert all(segment["end_s"] - segment["start_s"] > 0.19 for segment in said["segments"])


def test_a_report_is_written_in_the_language_asked_for(tiny_checkpoint: Path, voice_path: Path, tmp_path: Path) -> None:
    asked = ("timeline", voice_path, "--checkpoint", tiny_checkpoint, "--export", "html,figure", "--out", tmp_path)
    result = emoscope(*asked, "--language", "zh")
    assert result.returncode == 0, result.stderr
    (folder,) = tmp_path.iterdir()
    assert {path.name for path in folder.iterdir()} == {"report.html", "figure.html"}
    for path in folder.iterdir():
        assert '<html lang="zh-CN">' in path.read_text(encoding="utf-8")


def test_a_timeline_of_a_part_tells_of_what_is_spoken_there(tiny_checkpoint: Path, tmp_path: Path) -> None:
    """The last second of the recording is silence."""
    spoken = decode(EXAMPLES[0].path).samples
    clip = tmp_path / "spoken.wav"
    clip.write_bytes(sounds.wav(np.concatenate([spoken, np.zeros(16_000, np.float32)])))
    end_s = len(spoken) / 16_000
    asked = ("timeline", clip, "--checkpoint", tiny_checkpoint, "--from", "0:00.5", "--smooth", "0.5")
    (said,) = lines(emoscope(*asked, "--json"))
    assert said["speech"]["detector"] == "silero-vad" and said["silence_s"] > 0.5
    assert said["region"]["start_s"] == 0.5 and said["region"]["end_s"] == pytest.approx(end_s + 1, abs=1e-3)
    assert all(0.5 <= each["start_s"] < each["end_s"] < end_s + 0.4 for each in said["segments"])
    text = emoscope(*asked).stdout.decode()
    assert f"0:00.5 – 0:{end_s + 1:04.1f}: " in text and "silence" in text
    beyond = emoscope("timeline", clip, "--checkpoint", tiny_checkpoint, "--from", "1:15", "--out", tmp_path / "out")
    assert beyond.returncode == 1 and "There is nothing to export" in beyond.stderr.decode()
    assert not (tmp_path / "out").exists()
    mute = tmp_path / "tone.wav"
    mute.write_bytes(sounds.wav(sounds.tone(440.0, 2.0)))
    assert "no speech found" in emoscope("timeline", mute, "--checkpoint", tiny_checkpoint).stdout.decode()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--export", "docx", "--out", "x"], "--export docx is unknown"),
        (["--export", "srt"], "add --out DIR"),
        (["--min-segment", "-1"], "must be 0 seconds or more"),
        (["--min-segment", "nan"], "must be 0 seconds or more"),
        (["--smooth", "9"], "must be from 0 to 3 seconds"),
        (["--from", "2", "--to", "1.5"], "must lie after --from, 2 s"),
    ],
)
def test_a_timeline_that_cannot_be_is_refused_before_anything_is_heard(
    voice_path: Path, arguments: list[str], says: str
) -> None:
    result = emoscope("timeline", voice_path, *arguments)
    assert result.returncode == 1 and says in result.stderr.decode() and result.stdout == b""
