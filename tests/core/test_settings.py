"""Settings come from `EMOSCOPE_*`, and a value that cannot be used is named with what is accepted."""

import os
from dataclasses import fields
from pathlib import Path

import pytest

from core.errors import EmoScopeError, SettingsError
from core.settings import Settings, available_cores


def test_without_variables_the_defaults_hold() -> None:
    assert Settings.from_environment({}) == Settings()
    assert Settings().checkpoint == "bundled"


def test_every_setting_has_a_variable_of_its_name_and_its_type() -> None:
    environment = {
        "EMOSCOPE_CHECKPOINT": "iic/emotion2vec_plus_large",
        "EMOSCOPE_DEVICE": "cpu",
        "EMOSCOPE_PRECISION": "bfloat16",
        "EMOSCOPE_THREADS": "3",
        "EMOSCOPE_WINDOW_S": "20",
        "EMOSCOPE_MARGIN_S": "1.5",
        "EMOSCOPE_MIN_DURATION_S": "0.2",
        "EMOSCOPE_MAX_DURATION_S": "3600",
        "EMOSCOPE_MAX_UPLOAD_MB": "64",
        "EMOSCOPE_MODELS_DIR": "/data/models",
        "EMOSCOPE_MAPS_DIR": "/data/maps",
        "EMOSCOPE_HEADS_DIR": "/data/heads",
        "EMOSCOPE_OUTPUTS_DIR": "~/results",
        "EMOSCOPE_MAP_POINTS": "5000",
        "EMOSCOPE_LIBRARY": "s3://bucket/clips",
        "EMOSCOPE_BATCH_FOLDERS": "/data/speech:/mnt/more",
        "EMOSCOPE_MODELSCOPE_ENDPOINT": "https://mirror.example/modelscope",
        "EMOSCOPE_HF_ENDPOINT": "https://mirror.example/hf",
    }
    assert {f"EMOSCOPE_{field.name.upper()}" for field in fields(Settings)} == set(environment)
    found = Settings.from_environment(environment)
    assert found == Settings(
        checkpoint="iic/emotion2vec_plus_large",
        device="cpu",
        precision="bfloat16",
        threads=3,
        window_s=20.0,
        margin_s=1.5,
        min_duration_s=0.2,
        max_duration_s=3600.0,
        max_upload_mb=64,
        models_dir=Path("/data/models"),
        maps_dir=Path("/data/maps"),
        heads_dir=Path("/data/heads"),
        outputs_dir=Path.home() / "results",
        map_points=5000,
        library="s3://bucket/clips",
        batch_folders="/data/speech:/mnt/more",
        modelscope_endpoint="https://mirror.example/modelscope",
        hf_endpoint="https://mirror.example/hf",
    )
    assert isinstance(found.window_s, float)


def test_the_process_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOSCOPE_THREADS", "2")
    assert Settings.from_environment().threads == 2


def test_an_empty_variable_is_as_if_it_were_not_set() -> None:
    assert Settings.from_environment({"EMOSCOPE_THREADS": ""}) == Settings()


@pytest.mark.parametrize(
    ("name", "text", "accepted"),
    [
        ("THREADS", "many", "it must be a number"),
        ("THREADS", "1.5", "it must be a number"),
        ("THREADS", "-1", r"it must be 0 \(all cores\) or more"),
        ("DEVICE", "tpu", "one of auto, cpu, cuda"),
        ("PRECISION", "int4", "one of float32, bfloat16"),
        ("WINDOW_S", "0.5", "at least 1 second"),
        ("WINDOW_S", "nan", "at least 1 second"),
        ("MARGIN_S", "-1", "0 or more"),
        ("MIN_DURATION_S", "0.05", r"at least 0\.1 seconds"),
        ("MAX_DURATION_S", "0.01", "at least min_duration_s"),
        ("MAX_DURATION_S", "nan", "at least min_duration_s"),
        ("MAX_UPLOAD_MB", "0", "at least 1"),
        ("HF_ENDPOINT", "huggingface.co", "an http:// or https:// address"),
        ("MODELSCOPE_ENDPOINT", "file:///etc", "an http:// or https:// address"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_what_is_accepted(name: str, text: str, accepted: str) -> None:
    with pytest.raises(SettingsError, match=rf"EMOSCOPE_{name} is .*{accepted}") as caught:
        Settings.from_environment({f"EMOSCOPE_{name}": text})
    assert isinstance(caught.value, EmoScopeError)


def test_models_are_kept_below_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert Settings().models_dir == tmp_path / "emoscope" / "models"


def test_heads_are_a_persons_own_work_and_kept_in_no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert Settings().heads_dir == tmp_path / "data" / "emoscope" / "heads"
    monkeypatch.delenv("XDG_DATA_HOME")
    assert Settings().heads_dir == Path.home() / ".local" / "share" / "emoscope" / "heads"


def test_available_cores_are_those_this_process_may_use() -> None:
    assert 1 <= available_cores() <= (os.cpu_count() or 1)
