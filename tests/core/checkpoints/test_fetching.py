"""Fetching, against a real HTTP server on this machine that answers as the two hubs do."""

import errno
import fcntl
import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.checkpoints import fetching, hubs, resolve
from core.checkpoints.fetching import Cancelled, pull
from core.checkpoints.origins import read_origin
from core.checkpoints.registry import HUB_FILES
from core.checkpoints.verifying import verify
from core.errors import CheckpointError
from core.settings import Settings
from tests.core.checkpoints.hub_server import Hub, serve_hub

NAME = "emotion2vec_plus_base"
FIRST_BYTES = fetching.CHUNK_BYTES  # what of a broken answer is sure to be kept: whole chunks


@pytest.fixture
def hub(tiny_checkpoint: Path) -> Iterator[Hub]:
    with serve_hub(tiny_checkpoint) as hub:
        yield hub


@pytest.fixture
def settings(tmp_path: Path, hub: Hub) -> Settings:
    return Settings(models_dir=tmp_path / "models", modelscope_endpoint=hub.url, hf_endpoint=hub.url + "/")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "PAUSE_S", 0.0)


def assert_nothing_is_in_place(settings: Settings) -> None:
    assert not (settings.models_dir / NAME).exists()
    with pytest.raises(CheckpointError, match="not on this machine"):
        resolve(NAME, settings)


@pytest.mark.parametrize("source", ["modelscope", "huggingface", "auto"])
def test_a_pull_brings_a_checkpoint_that_resolves(hub: Hub, settings: Settings, source: str) -> None:
    seen: list[tuple[int, int]] = []
    folder = pull(NAME, settings, source=source, on_progress=lambda *pair: seen.append(pair))
    assert folder == settings.models_dir / NAME == resolve(NAME, settings)
    for name in HUB_FILES:
        assert (folder / name).read_bytes() == hub.content(name)
    assert seen[-1] == (hub.size_bytes, hub.size_bytes)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert [path.name for path in settings.models_dir.iterdir()] == [NAME]


def test_a_hub_id_pulls_the_same_checkpoint(hub: Hub, settings: Settings) -> None:
    assert pull(f"iic/{NAME}", settings) == pull(f"emotion2vec/{NAME}", settings) == settings.models_dir / NAME


def test_only_the_needed_files_are_asked_for(hub: Hub, settings: Settings) -> None:
    pull(NAME, settings)
    assert sorted(hub.asked) == sorted(f"{name}:0" for name in HUB_FILES)


def test_what_is_here_already_is_not_fetched_again(hub: Hub, settings: Settings) -> None:
    pull(NAME, settings)
    hub.asked.clear()
    hub.statuses = {"modelscope": 500, "huggingface": 500}
    assert pull(NAME, settings) == settings.models_dir / NAME
    assert hub.asked == []


def test_a_broken_connection_is_taken_up_again_by_itself(hub: Hub, settings: Settings) -> None:
    hub.breaks = [FIRST_BYTES, FIRST_BYTES]
    folder = pull(NAME, settings)
    assert (folder / "model.pt").read_bytes() == hub.content("model.pt")
    assert hub.asked[-3:] == ["model.pt:0", f"model.pt:{FIRST_BYTES}", f"model.pt:{2 * FIRST_BYTES}"]


def test_a_pull_that_broke_off_is_taken_up_by_the_next(hub: Hub, settings: Settings) -> None:
    hub.breaks = [FIRST_BYTES, *[0] * 10]
    with pytest.raises(CheckpointError, match=r"broke off.*pull again to go on from there"):
        pull(NAME, settings, source="modelscope")
    assert_nothing_is_in_place(settings)
    hub.breaks = []
    seen: list[int] = []
    folder = pull(NAME, settings, source="modelscope", on_progress=lambda done, _: seen.append(done))
    assert (folder / "model.pt").read_bytes() == hub.content("model.pt")
    assert hub.asked[-1] == f"model.pt:{FIRST_BYTES}"
    assert [path.name for path in settings.models_dir.iterdir()] == [NAME]


def test_what_one_hub_began_the_other_finishes(hub: Hub, settings: Settings) -> None:
    hub.breaks = [FIRST_BYTES, *[0] * (fetching.ATTEMPTS_WITHOUT_PROGRESS - 1), 0]
    folder = pull(NAME, settings)
    assert (folder / "model.pt").read_bytes() == hub.content("model.pt")
    assert hub.asked.count("model.pt:0") == 1
    origin = read_origin(folder)
    assert origin is not None and origin.source == "huggingface"


def test_other_bytes_under_the_same_name_are_never_joined(hub: Hub, settings: Settings, tmp_path: Path) -> None:
    """The repository changed between two pulls: the second begins anew."""
    hub.breaks = [FIRST_BYTES, *[0] * 10]
    with pytest.raises(CheckpointError, match="broke off"):
        pull(NAME, settings, source="modelscope")
    changed = Path(shutil.copytree(hub.folder, tmp_path / "changed"))
    (changed / "model.pt").write_bytes(hub.content("model.pt")[::-1])
    hub.folder, hub.breaks = changed, []
    folder = pull(NAME, settings, source="modelscope")
    assert hub.asked[-1] == "model.pt:0"
    assert (folder / "model.pt").read_bytes() == hub.content("model.pt")


def test_a_server_without_ranges_sends_all_of_it_again(hub: Hub, settings: Settings) -> None:
    hub.breaks, hub.without_ranges = [FIRST_BYTES], True
    folder = pull(NAME, settings)
    assert hub.asked[-2:] == ["model.pt:0", "model.pt:0"]
    assert (folder / "model.pt").read_bytes() == hub.content("model.pt")


def test_a_server_without_ranges_that_always_breaks_ends_in_an_error(hub: Hub, settings: Settings) -> None:
    hub.breaks, hub.without_ranges = [FIRST_BYTES] * 20, True
    with pytest.raises(CheckpointError, match=r"modelscope \(the connection broke\) and huggingface \(the "):
        pull(NAME, settings)


@pytest.mark.parametrize("source", ["modelscope", "huggingface"])
def test_a_wrong_checksum_is_refused_and_nothing_stays(hub: Hub, settings: Settings, source: str) -> None:
    hub.wrong_checksums = True
    with pytest.raises(CheckpointError, match=f"from {source} does not match the hub's checksum"):
        pull(NAME, settings, source=source)
    assert_nothing_is_in_place(settings)
    refused = "config.yaml" if source == "modelscope" else "model.pt"  # Hugging Face's small files have Git's checksum
    assert not list(settings.models_dir.rglob(f"{refused}*"))


def test_a_small_file_is_checked_by_the_name_git_gives_it(
    hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hub, "git_id", lambda _, name: "0" * 40)
    with pytest.raises(CheckpointError, match=r"from huggingface does not match the hub's checksum"):
        pull(NAME, settings, source="huggingface")
    assert_nothing_is_in_place(settings)


def test_a_pull_can_be_stopped_and_resumed(hub: Hub, settings: Settings) -> None:
    stop = threading.Event()

    def on_progress(done: int, total: int) -> None:
        if done > hub.size_bytes / 2:
            stop.set()

    with pytest.raises(Cancelled, match="stopped; what came is kept"):
        pull(NAME, settings, on_progress=on_progress, is_cancelled=stop.is_set)
    assert_nothing_is_in_place(settings)
    stop.clear()
    folder = pull(NAME, settings, is_cancelled=stop.is_set)
    assert int(hub.asked[-1].removeprefix("model.pt:")) > 0
    assert (folder / "model.pt").read_bytes() == hub.content("model.pt")


@pytest.mark.parametrize("trouble", ["statuses", "file_statuses"])
def test_the_other_hub_is_tried_when_one_fails(hub: Hub, settings: Settings, trouble: str) -> None:
    setattr(hub, trouble, {"modelscope": 503})
    origin = read_origin(pull(NAME, settings))
    assert origin is not None
    assert (origin.source, origin.repository) == ("huggingface", f"emotion2vec/{NAME}")
    assert {file.path for file in origin.files} == set(HUB_FILES)


def test_a_hub_that_is_named_is_the_only_one_asked(hub: Hub, settings: Settings) -> None:
    hub.statuses = {"modelscope": 404}
    with pytest.raises(CheckpointError, match=r"cannot be fetched from modelscope \(HTTP 404\)"):
        pull(NAME, settings, source="modelscope")
    assert hub.asked == []


@pytest.mark.parametrize(
    "listing",
    [
        "<html>log in to the hotel's network</html>",
        "[]",
        '{"Data": null}',
        '{"Data": {"Files": []}}',
        '{"Data": {"Files": [{"Path": "../../model.pt", "Size": 1, "Type": "blob"}]}}',
        '{"Data": {"Files": [{"Path": "model.pt", "Size": -1, "Type": "blob"}]}}',
        '{"Data": {"Files": [{"Path": "model.pt", "Size": 5, "Sha256": "../../x", "Type": "blob"}]}}',
    ],
)
def test_an_answer_that_is_no_listing_is_an_unexpected_one(hub: Hub, settings: Settings, listing: str) -> None:
    hub.listing = listing
    with pytest.raises(CheckpointError, match=r"modelscope \(an unexpected answer\)"):
        pull(NAME, settings, source="modelscope")
    assert not settings.models_dir.exists()


def test_without_a_network_a_pull_fails_within_seconds(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"  # nothing listens on the discard port
    settings = Settings(models_dir=tmp_path / "models", modelscope_endpoint=nowhere, hf_endpoint=nowhere)
    begun = time.monotonic()
    with pytest.raises(CheckpointError, match=r"modelscope \(no connection\) and huggingface \(no connection\)"):
        pull(NAME, settings)
    assert time.monotonic() - begun < 5
    assert not settings.models_dir.exists()


def test_hubs_that_never_answer_are_given_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """As behind a network that swallows everything: connected, and then nothing."""
    monkeypatch.setattr(hubs, "LISTING_DEADLINE_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        nowhere = f"http://127.0.0.1:{silent.getsockname()[1]}"
        begun = time.monotonic()
        with pytest.raises(CheckpointError, match=r"modelscope \(no answer in time\) and huggingface \(no answer"):
            pull(NAME, replace(settings, modelscope_endpoint=nowhere, hf_endpoint=nowhere))
        assert time.monotonic() - begun < 3
        assert hubs.reachable(replace(settings, hf_endpoint=nowhere), 1.0) == {"modelscope": True, "huggingface": False}


@pytest.mark.parametrize("name", ["bundled", "emotion9000", "../../etc", ""])
def test_what_is_not_on_the_hubs_is_named(settings: Settings, name: str) -> None:
    with pytest.raises(CheckpointError, match="is not on the hubs; pull one of emotion2vec_plus_seed"):
        pull(name, settings)


def test_two_processes_never_fetch_the_same_checkpoint_at_once(hub: Hub, settings: Settings) -> None:
    partial = settings.models_dir / f".{NAME}.partial"
    partial.mkdir(parents=True)
    with (partial / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CheckpointError, match="is being fetched by another process"):
            pull(NAME, settings)
    assert hub.asked == []
    assert pull(NAME, settings).is_dir()


def test_an_incomplete_folder_gives_way_to_a_complete_one(hub: Hub, settings: Settings) -> None:
    folder = settings.models_dir / NAME
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text("half a folder, copied by hand")
    pull(NAME, settings)
    assert (folder / "config.yaml").read_bytes() == hub.content("config.yaml")
    assert [path.name for path in settings.models_dir.iterdir()] == [NAME]


def test_a_disk_without_room_is_said_before_anything_is_asked_for(
    hub: Hub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(Path.cwd())
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(CheckpointError, match=r"needs 0\.\d+ GB more, but 0\.00 GB are free.*EMOSCOPE_MODELS_DIR"):
        pull(NAME, settings)
    assert hub.asked == []


def test_a_folder_that_cannot_be_written_is_one_sentence(hub: Hub, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(CheckpointError, match=rf"{os.strerror(errno.ENOTDIR)}.*EMOSCOPE_MODELS_DIR"):
        pull(NAME, replace(settings, models_dir=tmp_path / "file" / "models"))


def test_what_was_fetched_is_verified_by_its_own_checksums(hub: Hub, settings: Settings) -> None:
    folder = pull(NAME, settings)
    checks = {check.name: check for check in verify(folder).checks}
    assert checks["checksums"].passed
    assert checks["checksums"].detail == f"4 files as fetched from modelscope (iic/{NAME})"
    (folder / "configuration.json").write_bytes(hub.content("configuration.json")[:-1] + b" ")
    found = verify(folder)
    assert not found.is_sound
    assert [check.name for check in found.checks if not check.passed] == ["checksums"]
    assert "configuration.json changed since it was fetched" in found.checks[-1].detail


def test_an_origin_from_outside_names_no_file_outside_the_folder(hub: Hub, settings: Settings, tmp_path: Path) -> None:
    folder = pull(NAME, settings)
    (tmp_path / "secret").write_text("secret")
    origin = json.loads((folder / "origin.json").read_text())
    origin["files"] = [{"path": "../../secret", "size_bytes": 6, "sha256": "0" * 64}]
    (folder / "origin.json").write_text(json.dumps(origin))
    assert "../../secret changed" in verify(folder).checks[-1].detail
    (folder / "origin.json").write_text('{"files": 3}')
    assert "origin.json cannot be read" in verify(folder).checks[-1].detail
