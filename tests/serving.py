"""A real server for the tests: the dashboard in a process of its own, as `make run` starts it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
START_S = 90.0


@dataclass(frozen=True)
class Server:
    """A running dashboard and where its output goes."""

    url: str
    log: Path

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """The status and the JSON body of a GET."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, json.load(refusal)

    def wait_until_loaded(self) -> dict[str, Any]:
        """Poll `/readyz` until the model is warm or has failed; its answer."""
        return self._poll("/readyz", lambda answer: answer["state"] in ("ready", "failed"))

    def wait_until_alive(self) -> dict[str, Any]:
        """Poll `/healthz` until it answers."""
        return self._poll("/healthz", lambda answer: True)

    def _poll(self, path: str, is_enough: Any) -> dict[str, Any]:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            try:
                _, answer = self.get(path)
            except OSError:  # nobody listens yet
                answer = None
            if answer is not None and is_enough(answer):
                return answer
            time.sleep(0.1)
        raise AssertionError(f"{path} did not answer in {START_S:.0f} s:\n{self.log.read_text()[-3000:]}")


@contextmanager
def serve(folder: Path, **environment: str) -> Iterator[Server]:
    """Start `streamlit run dashboard/app.py` on a free port, with `environment` added; stop it afterwards."""
    port = free_port()
    log = folder / "server.log"
    environment = {"EMOSCOPE_HEADS_DIR": str(folder / "heads")} | environment  # never a person's own
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield Server(f"http://localhost:{port}", log)
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
