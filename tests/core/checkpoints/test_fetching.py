"""Fetching, against a real HTTP server on this machine that answers as the two hubs do."""

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest

from core.checkpoints import resolve
from core.checkpoints.fetching import Cancelled, pull
from core.errors import CheckpointError
from core.settings import Settings

NAME = "emotion2vec_plus_base"


@dataclass
class Hub:
    """What the server serves and what it saw; `breaks` says after how many bytes of `model.pt` connections break."""

    folder: Path
    url: str = ""
    breaks: list[int] = field(default_factory=list)
    wrong_checksums: bool = False
    only: str = "both"
    ranges: list[str] = field(default_factory=list)

    def checksum(self, path: Path) -> str:
        return "0" * 64 if self.wrong_checksums else hashlib.sha256(path.read_bytes()).hexdigest()

    def modelscope_listing(self) -> object:
        files = [
            {"Path": p.name, "Size": p.stat().st_size, "Sha256": self.checksum(p), "Type": "blob"}
            for p in self.folder.iterdir()
        ]
        return {"Code": 200, "Data": {"Files": [*files, {"Path": "fig", "Size": 0, "Type": "tree"}]}}

    def huggingface_listing(self) -> object:
        files = [
            {"type": "file", "path": p.name, "size": p.stat().st_size, "lfs": {"oid": self.checksum(p)}}
            if p.suffix == ".pt"
            else {"type": "file", "path": p.name, "size": p.stat().st_size, "oid": git_object_id(p.read_bytes())}
            for p in self.folder.iterdir()
        ]
        return [*files, {"type": "directory", "path": "fig", "size": 0}]


def git_object_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def handler_of(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlparse(self.path)
            if hub.only == "huggingface" and url.path.startswith("/api/v1/"):
                self.send_error(503)
            elif url.path == f"/api/v1/models/iic/{NAME}/repo/files":
                self.send_json(hub.modelscope_listing())
            elif url.path == f"/api/models/emotion2vec/{NAME}/tree/main":
                self.send_json(hub.huggingface_listing())
            elif url.path == f"/api/v1/models/iic/{NAME}/repo":
                self.send_part(parse_qs(url.query)["FilePath"][0])
            elif match := re.fullmatch(rf"/emotion2vec/{NAME}/resolve/main/([\w.]+)", url.path):
                self.send_part(match[1])
            else:
                self.send_error(404)

        def send_json(self, value: object) -> None:
            body = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def send_part(self, name: str) -> None:
            content = (hub.folder / name).read_bytes()
            asked = self.headers.get("Range")
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
            hub.ranges.append(f"{name}:{start}")
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(len(content) - start))
            if asked:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.end_headers()
            part = content[start:]
            if hub.breaks and name == "model.pt":
                self.wfile.write(part[: hub.breaks.pop(0)])
                self.close_connection = True
                self.connection.close()
            else:
                self.wfile.write(part)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler


@pytest.fixture
def hub(tiny_checkpoint: Path) -> Iterator[Hub]:
    served = Hub(tiny_checkpoint)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(served))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}"
    yield served
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def settings(tmp_path: Path, hub: Hub) -> Settings:
    return Settings(models_dir=tmp_path / "models", modelscope_endpoint=hub.url, hf_endpoint=hub.url)


@pytest.mark.parametrize("source", ["modelscope", "huggingface", "auto"])
def test_a_pull_brings_a_checkpoint_that_resolves(hub: Hub, settings: Settings, source: str) -> None:
    seen: list[tuple[int, int]] = []
    folder = pull(NAME, settings, source=source, on_progress=lambda *pair: seen.append(pair))
    assert folder == settings.models_dir / NAME == resolve(NAME, settings)
    assert (folder / "model.pt").read_bytes() == (hub.folder / "model.pt").read_bytes()
    total = sum(path.stat().st_size for path in hub.folder.iterdir())
    assert seen[-1] == (total, total) and [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_a_break_is_taken_up_again_by_itself(hub: Hub, settings: Settings) -> None:
    hub.breaks = [600_000]
    folder = pull(NAME, settings)
    assert hub.ranges[-1] == "model.pt:524288"  # the whole chunks that came are not asked for again
    assert (folder / "model.pt").read_bytes() == (hub.folder / "model.pt").read_bytes()


def test_a_pull_that_broke_off_goes_on_where_it_stopped(hub: Hub, settings: Settings) -> None:
    hub.breaks = [600_000, *[0] * 12]
    with pytest.raises(CheckpointError, match="pull again to go on from there"):
        pull(NAME, settings)
    assert not (settings.models_dir / NAME).exists()
    hub.breaks = []
    folder = pull(NAME, settings)
    assert hub.ranges[-1] == "model.pt:524288"
    assert (folder / "model.pt").read_bytes() == (hub.folder / "model.pt").read_bytes()
    assert [path.name for path in settings.models_dir.iterdir()] == [NAME]


def test_a_wrong_checksum_is_refused_and_nothing_stays(hub: Hub, settings: Settings) -> None:
    hub.wrong_checksums = True
    with pytest.raises(CheckpointError, match="does not match the hub's checksum"):
        pull(NAME, settings, source="huggingface")
    assert not (settings.models_dir / NAME).exists()
    assert not list(settings.models_dir.rglob("model.pt"))


def test_a_pull_can_be_stopped_and_resumed(hub: Hub, settings: Settings) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled, match="was stopped"):
        pull(NAME, settings, is_cancelled=stop.is_set)
    stop.clear()
    assert pull(NAME, settings, is_cancelled=stop.is_set).is_dir()


def test_the_other_hub_is_tried_when_one_fails(hub: Hub, settings: Settings) -> None:
    hub.only = "huggingface"
    assert pull(NAME, settings).is_dir()


def test_without_a_network_a_pull_fails_within_seconds(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"  # nothing listens on the discard port
    settings = Settings(models_dir=tmp_path, modelscope_endpoint=nowhere, hf_endpoint=nowhere)
    begun = time.monotonic()
    with pytest.raises(CheckpointError, match=r"modelscope \(no connection\) and huggingface \(no connection\)"):
        pull(NAME, settings)
    assert time.monotonic() - begun < 10


def test_what_is_not_on_the_hubs_is_named(settings: Settings) -> None:
    for name in ("bundled", "emotion9000"):
        with pytest.raises(CheckpointError, match="is not on the hubs"):
            pull(name, settings)
