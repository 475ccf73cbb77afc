"""The benchmarks run, and compare like with like (at tiny size; the figures come from the true sizes)."""

import json
import subprocess
import sys
from pathlib import Path


def run(module: str, *arguments: object) -> list[dict[str, object]]:
    result = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def test_a_random_checkpoint_has_the_hubs_files_and_size(tmp_path: Path, tiny_checkpoint: Path) -> None:
    assert sorted(file.name for file in tiny_checkpoint.iterdir()) == [
        "config.yaml", "configuration.json", "model.pt", "tokens.txt",
    ]  # fmt: skip
    weights = sum(1 for line in (tiny_checkpoint / "tokens.txt").read_text(encoding="utf-8").splitlines() if line)
    assert weights == 9
    assert (tiny_checkpoint / "model.pt").stat().st_size > 2.5 * 4 * 195_277  # two thirds are optimizer state


def test_warm_speed_is_measured_against_funasr_saying_the_same(tiny_checkpoint: Path) -> None:
    (line,) = run("warm", "--checkpoint", tiny_checkpoint, "--seconds", "1", "--rounds", "2")
    assert set(line["median_s"]) == {"funasr", "float32", "bfloat16"}  # type: ignore[call-overload]
    assert line["max_score_difference"]["float32"] < 1e-4  # type: ignore[index]
    assert line["embedding_cosine"]["float32"] > 0.99999  # type: ignore[index]


def test_a_batch_is_measured_against_funasrs_list_saying_the_same(tiny_checkpoint: Path, tmp_path: Path) -> None:
    (line,) = run("batch", "--checkpoint", tiny_checkpoint, "--clips", "6", "--data", tmp_path)
    assert set(line["clips_per_s"]) == {"funasr", "float32", "bfloat16"}  # type: ignore[call-overload]
    assert line["of"] == "made-up sounds" and line["max_score_difference"]["float32"] < 1e-4  # type: ignore[index]
    assert line["same_verdict"]["float32"] == 6  # type: ignore[index]


def test_cold_start_is_measured_in_fresh_processes_saying_the_same(tiny_checkpoint: Path) -> None:
    (line,) = run("cold_start", "--checkpoint", tiny_checkpoint, "--rounds", "1")
    said = line["said"]
    assert abs(said["native"]["confidence"] - said["funasr"]["confidence"]) < 1e-3  # type: ignore[index]
    assert line["peak_mb"]["native"] < line["peak_mb"]["funasr"]  # type: ignore[index]


def test_memory_of_long_recordings_is_measured(tiny_checkpoint: Path) -> None:
    short, long = run("long_audio", "--checkpoint", tiny_checkpoint, "--minutes", "0.5", "4")
    assert (short["windows"], long["windows"]) == (1, 8)
    assert long["frames"] == 4 * 60 * 50 - 1 and long["logit_drift"] < 1e-4  # type: ignore[operator]
    assert long["grown_mb"] < 100  # type: ignore[operator]


def test_the_timelines_figure_is_measured_against_every_point() -> None:
    command = [sys.executable, "-m", "benchmarks.timeline", "--hours", "0.1"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert result.returncode == 0, result.stderr
    lines = [line.split() for line in result.stdout.splitlines()[1:]]
    megabytes = [float(line[line.index("MB") - 1]) for line in lines]
    assert len(lines) == 4 and max(megabytes[:3]) < megabytes[3] / 3


def test_the_library_is_measured_against_reading_it_all_saying_the_same() -> None:
    (line,) = run("library", "--clips", "3000", "--rounds", "1", "--no-page")
    asked = line["median_s"]
    assert line["clips"] == 3000 and {"first page", "filter", "text search", "facets"} <= set(asked)  # type: ignore[call-overload]
    assert all(set(times) == {"library", "pandas"} for times in asked.values())  # type: ignore[attr-defined]
