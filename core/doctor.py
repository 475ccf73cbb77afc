"""`emoscope doctor`: what is installed, which device, what is reachable."""

import importlib.metadata
import json
import platform
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.checkpoints import states
from core.settings import Settings, available_cores

PACKAGES = ("torch", "av", "numpy", "safetensors", "streamlit", "plotly", "librosa", "funasr", "umap-learn")
NEEDED = ("torch", "av", "numpy", "safetensors")
PROGRAMS = ("chromium", "espeak-ng")
REACH_TIMEOUT_S = 2.0


def examine(settings: Settings) -> dict[str, Any]:
    """Plain JSON values; `ready` says whether a clip can be analysed here."""
    packages = {name: _version(name) for name in PACKAGES}
    checkpoints = {state.checkpoint.name: str(state.folder or "") for state in states(settings)}
    return {
        "ready": all(packages[name] for name in NEEDED) and any(checkpoints.values()),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": available_cores(),
        "memory_gb": _memory_gb(),
        "device": _device() if packages["torch"] else "",
        "bfloat16": _fast_bfloat16(),
        "packages": packages,
        "programs": {name: shutil.which(name) or "" for name in PROGRAMS},
        "checkpoints": checkpoints,
        "hubs": _reachable(settings),
    }


def report(findings: dict[str, Any], *, as_json: bool) -> str:
    """The findings for a person, or as one JSON object."""
    if as_json:
        return json.dumps(findings)
    lines = [f"Python {findings['python']} on {findings['system']}"]
    lines += [f"{findings['cores']} cores, {findings['memory_gb']} GB memory, device {findings['device'] or 'none'}"]
    lines += [f"bfloat16: {'fast on this processor' if findings['bfloat16'] else 'emulated, slower than float32'}"]
    for title in ("packages", "programs", "checkpoints", "hubs"):
        lines += ["", title, *_rows(findings[title], "not in reach" if title == "hubs" else "not here")]
    lines += ["", "ready to analyse" if findings["ready"] else "not ready: install requirements.txt"]
    return "\n".join(lines)


def _rows(values: dict[str, Any], absent: str) -> Sequence[str]:
    return [f"  {'✓' if value else '·'} {name:<24} {value or absent}" for name, value in values.items()]


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _device() -> str:
    try:
        import torch
    except (ImportError, OSError) as error:  # installed, but a library it needs is missing
        return f"none: torch cannot be imported ({error})"
    return f"cuda ({torch.cuda.get_device_name(0)})" if torch.cuda.is_available() else "cpu"


def _memory_gb() -> float:
    try:
        line = Path("/proc/meminfo").read_text().splitlines()[0]
        return round(int(line.split()[1]) / 2**20, 1)
    except (OSError, ValueError, IndexError):
        return 0.0


def _fast_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself (AVX-512 BF16 or AMX)."""
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def _reachable(settings: Settings) -> dict[str, str]:
    from core.checkpoints.hubs import reachable

    titles = {"modelscope": "ModelScope", "huggingface": "Hugging Face"}
    found = reachable(settings, REACH_TIMEOUT_S)
    return {titles[source]: "in reach" if answered else "" for source, answered in found.items()}
