"""Finding checkpoints on this disk, in our folder and in the hubs' caches, without the network."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.checkpoints import BUNDLED_DIR, CHECKPOINTS, resolve, states
from core.errors import CheckpointError
from core.settings import Settings


@pytest.fixture(autouse=True)
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without any cache."""
    for name in ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME", "MODELSCOPE_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(models_dir=tmp_path / "models")


def test_the_bundled_checkpoint_is_always_there(settings: Settings) -> None:
    assert resolve("bundled", settings) == BUNDLED_DIR
    present = [state.checkpoint.name for state in states(settings) if state.is_present]
    assert present == ["bundled"]


def test_a_missing_checkpoint_says_how_to_get_it(settings: Settings) -> None:
    for name in ("emotion2vec_plus_large", "iic/emotion2vec_plus_large", "emotion2vec/emotion2vec_plus_large"):
        with pytest.raises(CheckpointError, match="emoscope models pull emotion2vec_plus_large"):
            resolve(name, settings)


@pytest.mark.parametrize(
    "place",
    [
        "models/emotion2vec_plus_base",
        "home/.cache/modelscope/models/iic--emotion2vec_plus_base/snapshots/master",
        "home/.cache/modelscope/hub/models/iic/emotion2vec_plus_base",
        "home/.cache/modelscope/hub/iic/emotion2vec_plus_base",
        "home/.cache/huggingface/hub/models--emotion2vec--emotion2vec_plus_base/snapshots/0f1e",
    ],
)
def test_each_place_a_client_keeps_it_is_found(
    settings: Settings, tmp_path: Path, tiny_checkpoint: Path, place: str
) -> None:
    shutil.copytree(tiny_checkpoint, tmp_path / place)
    assert resolve("iic/emotion2vec_plus_base", settings) == tmp_path / place


def test_the_snapshot_main_points_at_comes_first(settings: Settings, empty_home: Path, tiny_checkpoint: Path) -> None:
    repository = empty_home / ".cache/huggingface/hub/models--emotion2vec--emotion2vec_plus_seed"
    for revision in ("aaaa", "bbbb"):
        shutil.copytree(tiny_checkpoint, repository / "snapshots" / revision)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("aaaa\n")
    assert resolve("emotion2vec_plus_seed", settings).name == "aaaa"


def test_a_half_fetched_folder_is_not_a_checkpoint(settings: Settings, tiny_checkpoint: Path) -> None:
    folder = settings.models_dir / "emotion2vec_plus_base"
    shutil.copytree(tiny_checkpoint, folder)
    (folder / "model.pt").unlink()
    with pytest.raises(CheckpointError, match="not on this machine"):
        resolve("emotion2vec_plus_base", settings)


def test_a_local_folder_is_taken_by_its_path(settings: Settings, tiny_checkpoint: Path, tmp_path: Path) -> None:
    assert resolve(str(tiny_checkpoint), settings) == tiny_checkpoint
    with pytest.raises(CheckpointError, match="not a checkpoint folder"):
        resolve(str(tmp_path), settings)
    with pytest.raises(CheckpointError, match="use one of bundled"):
        resolve("emotion9000", settings)


def test_names_are_unique_and_hub_ids_are_the_published_ones() -> None:
    assert len({checkpoint.name for checkpoint in CHECKPOINTS}) == len(CHECKPOINTS) == 4
    ids = {(checkpoint.modelscope_id, checkpoint.huggingface_id) for checkpoint in CHECKPOINTS[1:]}
    assert ids == {
        (f"iic/emotion2vec_plus_{s}", f"emotion2vec/emotion2vec_plus_{s}") for s in ("seed", "base", "large")
    }


@pytest.mark.parametrize(
    ("variable", "place"),
    [
        ("MODELSCOPE_CACHE", "iic/emotion2vec_plus_base"),
        ("MODELSCOPE_CACHE", "models/iic/emotion2vec_plus_base"),
        ("MODELSCOPE_CACHE", "models/iic--emotion2vec_plus_base/snapshots/v2.0.5"),
        ("HF_HOME", "hub/models--emotion2vec--emotion2vec_plus_base/snapshots/0f1e"),
        ("HF_HUB_CACHE", "models--emotion2vec--emotion2vec_plus_base/snapshots/0f1e"),
        ("XDG_CACHE_HOME", "huggingface/hub/models--emotion2vec--emotion2vec_plus_base/snapshots/0f1e"),
    ],
)
def test_a_cache_that_was_moved_is_found_by_its_variable(
    settings: Settings,
    tmp_path: Path,
    tiny_checkpoint: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    place: str,
) -> None:
    shutil.copytree(tiny_checkpoint, tmp_path / "moved" / place)
    with pytest.raises(CheckpointError):
        resolve("emotion2vec_plus_base", settings)
    monkeypatch.setenv(variable, str(tmp_path / "moved"))
    assert resolve("emotion2vec_plus_base", settings) == tmp_path / "moved" / place


def test_files_of_a_snapshot_may_be_links_as_in_the_hubs_cache(
    settings: Settings, empty_home: Path, tiny_checkpoint: Path
) -> None:
    repository = empty_home / ".cache/huggingface/hub/models--emotion2vec--emotion2vec_plus_seed"
    shutil.copytree(tiny_checkpoint, repository / "blobs")
    snapshot = repository / "snapshots" / "0f1e"
    snapshot.mkdir(parents=True)
    for blob in (repository / "blobs").iterdir():
        (snapshot / blob.name).symlink_to(Path("../../blobs") / blob.name)
    assert resolve("emotion2vec_plus_seed", settings) == snapshot
    (repository / "blobs" / "model.pt").unlink()
    with pytest.raises(CheckpointError, match="not on this machine"):
        resolve("emotion2vec_plus_seed", settings)


def test_a_reference_is_a_commit_and_never_a_path(settings: Settings, empty_home: Path, tiny_checkpoint: Path) -> None:
    repository = empty_home / ".cache/huggingface/hub/models--emotion2vec--emotion2vec_plus_seed"
    (repository / "refs").mkdir(parents=True)
    shutil.copytree(tiny_checkpoint, empty_home / "elsewhere")
    (repository / "refs" / "main").write_text("../../../../../elsewhere")
    (repository / "snapshots").mkdir()
    with pytest.raises(CheckpointError, match="not on this machine"):
        resolve("emotion2vec_plus_seed", settings)


@pytest.mark.parametrize("name", ["", "~nobody-of-this-name/x", "x" * 5000, "\0", "a\nb\x1b[31m", "tests.py/.."])
def test_a_name_that_is_no_checkpoint_is_one_sentence(settings: Settings, name: str) -> None:
    with pytest.raises(CheckpointError, match="use one of bundled, emotion2vec_plus_seed") as caught:
        resolve(name, settings)
    assert str(caught.value).isprintable()


def test_finding_a_checkpoint_imports_nothing_heavy_and_opens_no_connection(tmp_path: Path) -> None:
    code = (
        "import socket, sys\n"
        "socket.socket.connect = socket.getaddrinfo = lambda *_: sys.exit('the network was asked')\n"
        "from core.checkpoints import states\nfrom core.settings import Settings\n"
        "heavy = {'torch', 'requests', 'modelscope', 'huggingface_hub'} & set(sys.modules)\n"
        "print(len(states(Settings())), *sorted(heavy))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.strip() == "4"
