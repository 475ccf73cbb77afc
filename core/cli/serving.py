"""`emoscope serve`: the dashboard, from wherever the command is called."""

import subprocess
import sys
from pathlib import Path

from core.errors import EngineError

PROJECT_DIR = Path(__file__).resolve().parents[2]


def run(host: str, port: int) -> int:
    """Serve until interrupted; returns the server's exit code. Raises `EngineError` where the dashboard is not here."""
    if not (PROJECT_DIR / "dashboard" / "app.py").is_file():
        raise EngineError("The dashboard's files are not beside this package; install it with `pip install -e .`.")
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py"]
    command += ["--server.address", host, "--server.port", str(port)]
    return subprocess.call(command, cwd=PROJECT_DIR)
