"""Verifying: a sound folder passes, each kind of damage is named, and no content of a folder ends in anything else."""

import shutil
import time
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.checkpoints import BUNDLED_DIR
from core.checkpoints.verifying import Verification, verify
from core.model.loading import read_tensors


@pytest.fixture
def folder(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "copy"))


@pytest.fixture
def bundled(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BUNDLED_DIR, tmp_path / "bundled"))


def failures(found: Verification) -> dict[str, str]:
    return {check.name: check.detail for check in found.checks if not check.passed}


def configure(folder: Path, name: str, value: object) -> None:
    """Set one value of `config.yaml`, wherever in it the name stands."""
    configuration = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    conf = configuration["model_conf"]
    place = conf if name in conf else conf["modalities"]["audio"]
    assert name in place
    place[name] = value
    (folder / "config.yaml").write_text(yaml.safe_dump(configuration), encoding="utf-8")


def test_a_sound_folder_passes_every_check(tiny_checkpoint: Path) -> None:
    found = verify(tiny_checkpoint)
    assert found.is_sound and [check.name for check in found.checks] == ["config.yaml", "tokens.txt", "weights"]
    assert len(found.revision) == 12
    assert found.checks[1].detail.startswith("angry, disgusted, fearful")


def test_the_bundled_checkpoint_is_sound() -> None:
    assert failures(verify(BUNDLED_DIR)) == {}


def test_damage_is_named_where_it_is(folder: Path) -> None:
    tensors = {name: tensor.clone() for name, tensor in read_tensors(folder).items()}
    tensors["proj.bias"][0] = float("nan")
    torch.save({"model": tensors}, folder / "model.pt")
    found = verify(folder)
    assert [check.passed for check in found.checks] == [True, True, False]
    assert "proj.bias holds values that are not numbers" in found.checks[2].detail
    (folder / "tokens.txt").unlink()
    assert [check.passed for check in verify(folder).checks] == [True, False, False]
    assert verify(folder).revision == ""


def test_a_pickle_that_would_run_code_is_refused_and_does_not_run(folder: Path, tmp_path: Path) -> None:
    class Payload:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "ran",))

    torch.save({"model": {"proj.weight": Payload()}}, folder / "model.pt")
    assert "model.pt is damaged or not a checkpoint" in failures(verify(folder))["weights"]
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("size", [0, 1, 1000])
def test_a_cut_file_is_damaged(folder: Path, size: int) -> None:
    content = (folder / "model.pt").read_bytes()
    (folder / "model.pt").write_bytes(content[:size])
    assert "damaged or not a checkpoint" in failures(verify(folder))["weights"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("depth", 0),
        ("depth", -1),
        ("depth", 10**6),
        ("depth", 1e30),
        ("prenet_depth", -1),
        ("embed_dim", 0),
        ("num_heads", 0),
        ("num_heads", 7),
        ("norm_eps", float("nan")),
        ("mlp_ratio", float("inf")),
        ("conv_pos_depth", 10**6),
        ("conv_pos_groups", 0),
        ("num_extra_tokens", 10**9),
        ("num_alibi_heads", None),
    ],
)
def test_a_size_that_cannot_be_is_refused_before_anything_is_built(folder: Path, name: str, value: object) -> None:
    configure(folder, name, value)
    begun = time.monotonic()
    assert "take the folder from the hub unchanged" in failures(verify(folder))["weights"]
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("num_mels", 10**6),
        ("num_mels", "64"),
        ("num_blocks", 0),
        ("num_heads", None),
        ("num_heads", 5),
        ("low_hz", -1),
        ("high_hz", float("nan")),
        ("dropout", True),
    ],
)
def test_the_small_networks_sizes_are_checked_likewise(bundled: Path, name: str, value: object) -> None:
    configure(bundled, name, value)
    assert "take the folder from the hub unchanged" in failures(verify(bundled))["weights"]


@given(
    name=st.sampled_from(
        ["num_mels", "stem_channels", "embed_dim", "num_blocks", "conv_kernel", "mlp_ratio", "low_hz"]
    ),
    value=st.none() | st.booleans() | st.integers(-2, 300) | st.floats() | st.text(max_size=5) | st.lists(st.none()),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_configuration_says_verify_gives_an_answer(bundled: Path, name: str, value: object) -> None:
    original = (BUNDLED_DIR / "config.yaml").read_text(encoding="utf-8")
    (bundled / "config.yaml").write_text(original, encoding="utf-8")
    before = yaml.safe_load(original)["model_conf"][name]
    configure(bundled, name, value)
    found = verify(bundled)
    is_same = type(value) is type(before) and value == before
    assert found.is_sound is is_same or name == "low_hz"  # any low edge gives a filterbank of the right shape


@given(content=st.binary(max_size=200))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("name", ["config.yaml", "tokens.txt", "model.safetensors"])
def test_any_bytes_in_a_file_are_named_as_its_damage(bundled: Path, name: str, content: bytes) -> None:
    (bundled / name).write_bytes(content)
    found = verify(bundled)
    assert not found.is_sound
    assert ("weights" if name == "model.safetensors" else name) in failures(found)
