"""`--engine ray`: the same rows from actors as from here. Skipped only where Ray is not installed."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.batch import items_of, run_batch
from core.library import Library
from core.model.native import NativeEngine
from tests.checkpoints import tiny_checkpoint as write_tiny_checkpoint
from tests.core.batch.conftest import MakeClips, entries_of


def test_without_ray_one_sentence_says_what_to_install(tmp_path: Path, voice_path: Path) -> None:
    code = "import sys; sys.modules['ray'] = None\nfrom core.cli import main\nsys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "batch", str(voice_path.parent), "--library", str(tmp_path / "library")]
    result = subprocess.run([*command, "--engine", "ray"], capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 1 and result.stdout == ""
    assert "pip install -r requirements-cluster.txt" in result.stderr and result.stderr.count("\n") == 1


def test_two_workers_of_a_cluster_write_the_same_rows_as_one_machine(
    tmp_path: Path, engine: NativeEngine, make_clips: MakeClips
) -> None:
    """In a process of its own, as a person runs it: the same analyses, failures, metadata; and again, nothing to do."""
    pytest.importorskip("ray", reason="ray is not installed; pip install -r requirements-cluster.txt")
    names = make_clips(tmp_path / "clips", 24)
    (tmp_path / "clips" / "bad.wav").write_text("no sound")
    (tmp_path / "clips" / "m.csv").write_text(f"file,speaker,emotion,take\n{names[0]},Ann,sad,3\n", encoding="utf-8")
    items = items_of(tmp_path / "clips", metadata="m.csv")
    here = Library.open(tmp_path / "here")
    run_batch(items, engine, here)
    command = [sys.executable, "-m", "core.cli", "batch", str(tmp_path / "clips"), "--metadata", "m.csv", "--json"]
    command += ["--engine", "ray", "--workers", "2", "--library", str(tmp_path / "there")]
    for done, present in ((24, 0), (0, 24)):
        result = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
        assert result.returncode == 1, result.stderr
        told = json.loads(result.stdout)
        assert (told["done"], told["present"], told["failed"], told["ignored"]) == (done, present, 1, 1)
        assert "bad.wav" in result.stderr and "not a sound file" in result.stderr
    there = Library.open(tmp_path / "there")
    ours, theirs = entries_of(here), entries_of(there)
    assert set(ours) == set(theirs) == set(names)
    for name, entry in ours.items():
        other = theirs[name]
        assert (other.key, other.speaker, other.reference) == (entry.key, entry.speaker, entry.reference)
        assert dict(other.metadata) == dict(entry.metadata) and other.analysis.label == entry.analysis.label
        assert np.abs(other.analysis.frame_logits - entry.analysis.frame_logits).max() < 1e-4
    assert [(row.source, row.error) for row in there.failures()] == [(row.source, row.error) for row in here.failures()]


def test_what_an_actor_cannot_do_is_one_sentence_without_rays_traces(tmp_path: Path, make_clips: MakeClips) -> None:
    """A checkpoint whose folder is there, and whose weights are damaged."""
    pytest.importorskip("ray", reason="ray is not installed; pip install -r requirements-cluster.txt")
    make_clips(tmp_path / "clips", 2)
    write_tiny_checkpoint(tmp_path / "damaged")
    (tmp_path / "damaged" / "model.pt").write_bytes(b"nothing")
    command = [sys.executable, "-m", "core.cli", "batch", str(tmp_path / "clips"), "--engine", "ray", "--workers", "1"]
    command += ["--library", str(tmp_path / "library"), "--checkpoint", str(tmp_path / "damaged")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 1 and result.stdout == ""
    assert "emoscope: The cluster could not go on: damaged/model.pt is damaged" in result.stderr
    assert "Traceback" not in result.stderr and "raylet" not in result.stderr
