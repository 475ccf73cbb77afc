"""Loading: hub folders of both layouts and both weight files load; damaged or foreign ones give one clear error."""

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import save_file

from core import windows
from core.checkpoints import BUNDLED_DIR
from core.errors import CheckpointError, EngineError
from core.model.loading import load_native, read_tensors, read_tokens, revision_of
from core.results import Stage
from core.settings import Settings, available_cores
from tests import sounds


@pytest.fixture
def folder(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    """A copy of the tiny checkpoint to be spoilt."""
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "copy"))


def logits_of(folder: Path) -> np.ndarray:
    return load_native(folder, "test", Settings()).score(windows.split(sounds.voice()))[0].logits


def test_stages_are_reported_in_order_with_time_and_memory(tiny_checkpoint: Path) -> None:
    seen: list[Stage] = []
    engine = load_native(tiny_checkpoint, "tiny", Settings(), on_stage=seen.append)
    assert [stage.name for stage in seen] == ["import", "read", "build", "warm-up"]
    assert tuple(seen) == engine.info.stages
    assert all(stage.seconds >= 0 and stage.rss_mb > 50 for stage in seen)
    assert engine.info.load_s == pytest.approx(sum(stage.seconds for stage in seen))


def test_info_says_what_is_loaded(tiny_checkpoint: Path) -> None:
    info = load_native(tiny_checkpoint, "tiny", Settings(threads=64)).info
    assert info.labels == (
        "angry", "disgusted", "fearful", "happy", "neutral", "other", "sad", "surprised", "unknown",
    )  # fmt: skip
    assert (info.embedding_dim, info.device, info.precision) == (64, "cpu", "float32")
    assert info.threads == available_cores() == torch.get_num_threads()
    assert info.checkpoint.revision == revision_of(tiny_checkpoint)


def test_safetensors_and_unprefixed_names_give_the_same_scores(folder: Path) -> None:
    expected = logits_of(folder)
    tensors = {name.removeprefix("d2v_model."): tensor.clone() for name, tensor in read_tensors(folder).items()}
    torch.save(tensors, folder / "model.pt")  # no "model" level, no prefix
    assert logits_of(folder) == pytest.approx(expected, abs=1e-6)
    save_file(tensors, folder / "model.safetensors")
    (folder / "model.pt").unlink()
    assert logits_of(folder) == pytest.approx(expected, abs=1e-6)


def test_a_file_of_old_torch_that_cannot_be_mapped_is_read(folder: Path) -> None:
    expected = logits_of(folder)
    content = torch.load(folder / "model.pt", weights_only=True)
    torch.save(content, folder / "model.pt", _use_new_zipfile_serialization=False)
    assert logits_of(folder) == pytest.approx(expected, abs=1e-6)


def test_labels_are_mapped_by_name_and_unused_ones_never_said(folder: Path) -> None:
    lines = (folder / "tokens.txt").read_text(encoding="utf-8").splitlines()
    lines[8], lines[0] = "unuse_0", "sad"
    lines[6] = "生气/angry"
    (folder / "tokens.txt").write_text("\n".join(lines), encoding="utf-8")
    tokens = read_tokens(folder)
    assert (tokens.num_rows, tokens.labels[0], tokens.labels[6]) == (9, "sad", "angry")
    assert "unknown" not in tokens.labels and len(tokens.rows) == 8
    assert logits_of(folder).shape[1] == 8


def test_only_the_models_own_tensors_are_read(folder: Path) -> None:
    names = set(read_tensors(folder))
    assert "proj.weight" in names and not any("optimizer" in name or "moment" in name for name in names)


def test_a_pickle_that_runs_code_is_refused_and_does_not_run(folder: Path, tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (open, (str(tmp_path / "ran"), "w"))  # type: ignore[return-value]

    torch.save({"model": {"proj.weight": torch.zeros(1), "x": Harmful()}}, folder / "model.pt", pickle_module=pickle)
    with pytest.raises(CheckpointError, match="damaged or not a checkpoint"):
        load_native(folder, "test", Settings())
    assert not (tmp_path / "ran").exists()


def test_a_configuration_cannot_run_code(folder: Path, tmp_path: Path) -> None:
    config = yaml.safe_load((folder / "config.yaml").read_text())
    harmful = f"__import__('pathlib').Path('{tmp_path}/ran').touch()"
    config["model_conf"]["modalities"]["audio"]["feature_encoder_spec"] = harmful
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(CheckpointError, match="not an emotion2vec configuration"):
        load_native(folder, "test", Settings())
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / "model.pt").unlink(), "holds neither model.safetensors nor model.pt"),
        (lambda f: (f / "model.pt").write_bytes(b"not a checkpoint"), "damaged or not a checkpoint"),
        (lambda f: (f / "model.pt").write_bytes((f / "model.pt").read_bytes()[:9000]), "damaged or not a checkpoint"),
        (lambda f: (f / "config.yaml").write_text("model: [1"), "config.yaml cannot be read"),
        (lambda f: (f / "config.yaml").write_text("model: Paraformer\nmodel_conf: {}"), "'Paraformer' model"),
        (lambda f: (f / "config.yaml").unlink(), "config.yaml cannot be read"),
        (lambda f: (f / "tokens.txt").write_text("angry\nangry\n"), "at most once"),
        (lambda f: (f / "tokens.txt").write_text("angry\nhungry\n"), "'hungry' is not one of the nine"),
        (lambda f: (f / "tokens.txt").write_text("angry\nsad\n"), "do not belong together"),
        (lambda f: torch.save({"model": {"proj.bias": torch.zeros(9)}}, f / "model.pt"), "lack"),
        (lambda f: torch.save([1, 2], f / "model.pt"), "holds no model"),
    ],
)
def test_a_spoilt_folder_gives_one_clear_error(folder: Path, spoil: object, message: str) -> None:
    spoil(folder)  # type: ignore[operator]
    with pytest.raises(CheckpointError, match=message):
        load_native(folder, "test", Settings())


def test_an_unpublished_variant_is_refused(folder: Path) -> None:
    config = (folder / "config.yaml").read_text().replace("layer_norm_first: false", "layer_norm_first: true")
    (folder / "config.yaml").write_text(config)
    with pytest.raises(CheckpointError, match="layer_norm_first"):
        load_native(folder, "test", Settings())


def test_a_headless_checkpoint_says_so(folder: Path) -> None:
    tensors = {name: t.clone() for name, t in read_tensors(folder).items() if not name.startswith("proj.")}
    torch.save({"model": tensors}, folder / "model.pt")
    with pytest.raises(CheckpointError, match="embeddings only"):
        load_native(folder, "test", Settings())


@pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA device is here")
def test_a_device_that_is_not_here_is_named(tiny_checkpoint: Path) -> None:
    with pytest.raises(EngineError, match="no CUDA device"):
        load_native(tiny_checkpoint, "tiny", Settings(device="cuda"))


def test_the_bundled_checkpoint_loads_small_and_says_eight_emotions() -> None:
    engine = load_native(BUNDLED_DIR, "bundled", Settings())
    assert set(engine.info.labels) == {
        "angry", "disgusted", "fearful", "happy", "neutral", "other", "sad", "surprised",
    }  # fmt: skip
    assert sum(file.stat().st_size for file in BUNDLED_DIR.iterdir()) < 15_000_000
    assert (BUNDLED_DIR / "MODEL_CARD.md").read_text(encoding="utf-8").count("CC BY-NC-SA 4.0") >= 1
