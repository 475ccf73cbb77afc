"""The house rules that a tool can check."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_core_cannot_import_streamlit() -> None:
    """Ruff refuses it in core and allows it in the dashboard."""
    for folder, refused in (("core", True), ("training", True), ("dashboard", False)):
        result = subprocess.run(
            [
                sys.executable,
                "-m",
                "ruff",
                "check",
                "--select",
                "TID251",
                "--stdin-filename",
                f"{folder}/probe.py",
                "-",
            ],
            input="import streamlit\n\nstreamlit.write(1)\n",
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
        assert ("TID251" in result.stdout) is refused, result.stdout + result.stderr


def test_importing_core_brings_no_heavy_package() -> None:
    code = "import sys, core.cli, core.analysis; print(*sorted({'torch', 'streamlit', 'pandas'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert result.stdout.strip() == ""


def test_requirements_are_pinned_and_end_with_the_package() -> None:
    lines = [line.split("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines()]
    named = [line for line in lines if line]
    assert named[-1] == "-e ." and "torch==2.13.0" in named
    assert all("==" in line for line in named[:-1]) and not any("torchaudio" in line for line in named)
    for extra in ("requirements-dev.txt", "requirements-cluster.txt"):
        text = (ROOT / extra).read_text()
        assert "-r requirements.txt" in text


@pytest.mark.parametrize("target", ["run", "test", "cluster", "lint", "bench", "train"])
def test_make_knows_its_targets(target: str) -> None:
    result = subprocess.run(["make", "-n", target], capture_output=True, text=True, cwd=ROOT, check=False)
    assert result.returncode == 0 and result.stdout, result.stderr


def test_ci_calls_make_test_with_ray_installed() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert "make cluster" in script and "make test" in script and script.startswith("#!")


def test_layers_import_downwards_only() -> None:
    """pages → dashboard → core; pages never import each other."""
    forbidden = {
        "core": r"^\s*(from|import) (dashboard|pages|training|benchmarks)\b",
        "dashboard": r"^\s*(from|import) (pages|training|benchmarks)\b",
        "pages": r"^\s*(from|import) (pages|training|benchmarks)\b",
    }
    for folder, pattern in forbidden.items():
        for file in (ROOT / folder).rglob("*.py"):
            assert not re.search(pattern, file.read_text(encoding="utf-8"), re.MULTILINE), file


def test_no_recording_of_a_person_is_in_the_repository() -> None:
    """The only sound kept is what espeak-ng said for the examples."""
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=False).stdout.split()
    kinds = (".wav", ".opus", ".mp3", ".flac", ".ogg", ".m4a", ".webm", ".f16")
    sounds = [name for name in listed if name.endswith(kinds)]
    assert all(name.startswith("dashboard/examples/") for name in sounds)
