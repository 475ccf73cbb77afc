"""Verifying: a sound folder passes, each kind of damage is named."""

import shutil
from pathlib import Path

import torch

from core.checkpoints.verifying import verify
from core.model.loading import read_tensors


def test_a_sound_folder_passes_every_check(tiny_checkpoint: Path) -> None:
    found = verify(tiny_checkpoint)
    assert found.is_sound and [check.name for check in found.checks] == ["config.yaml", "tokens.txt", "weights"]
    assert len(found.revision) == 12


def test_damage_is_named_where_it_is(tiny_checkpoint: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_checkpoint, tmp_path / "copy"))
    tensors = {name: tensor.clone() for name, tensor in read_tensors(folder).items()}
    tensors["proj.bias"][0] = float("nan")
    torch.save({"model": tensors}, folder / "model.pt")
    found = verify(folder)
    assert [check.passed for check in found.checks] == [True, True, False]
    assert "proj.bias holds values that are not numbers" in found.checks[2].detail
    (folder / "tokens.txt").unlink()
    assert [check.passed for check in verify(folder).checks] == [True, False, False]
