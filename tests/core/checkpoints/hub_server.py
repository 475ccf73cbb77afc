"""A real HTTP server on this machine that answers as ModelScope and Hugging Face do, and as they do on a bad day."""

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlparse


@dataclass
class Hub:
    """What is served, how it misbehaves, and what was asked of it.

    Attributes:
        folder: the files of every repository.
        breaks: bytes of `model.pt` after which the connection is cut, one a request, in turn.
        statuses: an HTTP status by hub, "modelscope" or "huggingface", sent instead of any answer.
        wrong_checksums: the listings give checksums of something else.
        without_ranges: every request gets the whole file.
        pause_s: waited before each piece of `model.pt`, which then comes in small pieces.
        listing: a JSON text that ModelScope lists instead of its files.
        asked: `path:first byte` of each file asked for.
    """

    folder: Path
    url: str = ""
    breaks: list[int] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    file_statuses: dict[str, int] = field(default_factory=dict)
    wrong_checksums: bool = False
    without_ranges: bool = False
    pause_s: float = 0.0
    listing: str | None = None
    asked: list[str] = field(default_factory=list)

    def content(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir() if path.is_file())

    @property
    def size_bytes(self) -> int:
        return sum(len(self.content(name)) for name in self.names())

    def sha256(self, name: str) -> str:
        return "0" * 64 if self.wrong_checksums else hashlib.sha256(self.content(name)).hexdigest()

    def git_id(self, name: str) -> str:
        content = self.content(name)
        return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()

    def modelscope_listing(self) -> str:
        """As ModelScope answers, a picture in a folder included."""
        files = [
            {"Name": name, "Path": name, "Size": len(self.content(name)), "Sha256": self.sha256(name), "Type": "blob"}
            for name in self.names()
        ]
        other = [{"Path": "fig", "Size": 0, "Type": "tree"}, {"Path": "fig/logo.png", "Size": 7, "Type": "blob"}]
        return json.dumps({"Code": 200, "Success": True, "Data": {"Files": [*files, *other]}})

    def huggingface_listing(self) -> str:
        """As Hugging Face answers: a SHA-256 for large files only, Git's own name for the small ones."""
        files: list[dict[str, object]] = [{"type": "directory", "oid": "0" * 40, "size": 0, "path": "fig"}]
        for name in self.names():
            entry = {"type": "file", "oid": self.git_id(name), "size": len(self.content(name)), "path": name}
            if name.endswith(".pt"):
                entry |= {"oid": "1" * 40, "lfs": {"oid": self.sha256(name), "size": entry["size"], "pointerSize": 135}}
            files.append(entry)
        return json.dumps(files)


@contextmanager
def serve_hub(folder: Path) -> Iterator[Hub]:
    """Serve a checkpoint's folder under both hubs' addresses on a free port."""
    hub = Hub(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(hub))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler_of(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._send(200, b"")

        def do_GET(self) -> None:
            url = urlparse(self.path)
            source = "modelscope" if url.path.startswith("/api/v1/") else "huggingface"
            if source in hub.statuses:
                self._send(hub.statuses[source], b"")
            elif re.fullmatch(r"/api/v1/models/iic/[\w-]+/repo/files", url.path):
                self._send(200, (hub.listing or hub.modelscope_listing()).encode())
            elif re.fullmatch(r"/api/models/(?:emotion2vec|funasr)/\w+/tree/main", url.path):
                self._send(200, hub.huggingface_listing().encode())
            elif re.fullmatch(r"/api/v1/models/iic/[\w-]+/repo", url.path):
                self._redirect(source, parse_qs(url.query)["FilePath"][0])
            elif match := re.fullmatch(r"/(?:emotion2vec|funasr)/\w+/resolve/main/([\w.]+)", url.path):
                self._redirect(source, match[1])
            elif match := re.fullmatch(r"/cdn/(\w+)/([\w.]+)", url.path):
                self._send_file(match[1], match[2])
            else:
                self._send(404, b"")

        def _redirect(self, source: str, name: str) -> None:
            """Both hubs send large files from elsewhere."""
            self.send_response(302)
            self.send_header("Location", f"{hub.url}/cdn/{source}/{name}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _send_file(self, source: str, name: str) -> None:
            if source in hub.file_statuses:
                self._send(hub.file_statuses[source], b"")
                return
            content = hub.content(name)
            asked = None if hub.without_ranges else self.headers.get("Range")
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
            hub.asked.append(f"{name}:{start}")
            self.send_response(206 if asked else 200)
            if asked:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            self._send_body(name, content[start:])

        def _send_body(self, name: str, body: bytes) -> None:
            if hub.breaks and name == "model.pt":
                self.wfile.write(body[: hub.breaks.pop(0)])
                self.close_connection = True
            elif hub.pause_s and name == "model.pt":
                for offset in range(0, len(body), 1 << 16):
                    time.sleep(hub.pause_s)
                    self.wfile.write(body[offset : offset + (1 << 16)])
            else:
                self.wfile.write(body)

        def handle(self) -> None:
            """A client that has gone away is no failure of the server's."""
            try:
                super().handle()
            except ConnectionError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler
