"""`emoscope serve`: the dashboard, from wherever the command is called."""

import os
import sys
from pathlib import Path
from typing import NoReturn

from core.checkpoints import find
from core.errors import EngineError
from core.settings import Settings

PROJECT_DIR = Path(__file__).resolve().parents[2]


def run(host: str, port: int, settings: Settings) -> NoReturn:
    """Become the server: signals reach it directly, and its exit code is the command's.

    Raises `EngineError` where the dashboard is not here.
    """
    if not (PROJECT_DIR / "dashboard" / "app.py").is_file():
        raise EngineError("The dashboard's files are not beside this package; install it with `pip install -e .`.")
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py"]
    command += ["--server.address", host, "--server.port", str(port)]
    environment = os.environ | _paths_from_here(settings)
    os.chdir(PROJECT_DIR)
    os.execve(sys.executable, command, environment)


def _paths_from_here(settings: Settings) -> dict[str, str]:
    """Relative paths mean those of the folder the command was called in."""
    paths = {
        "EMOSCOPE_MODELS_DIR": str(settings.models_dir.absolute()),
        "EMOSCOPE_OUTPUTS_DIR": str(settings.outputs_dir.absolute()),
    }
    folder = Path(settings.checkpoint)
    if find(settings.checkpoint) is None and folder.is_dir():
        paths["EMOSCOPE_CHECKPOINT"] = str(folder.absolute())
    return paths
