"""Paths, limits and defaults, read once from the environment (`EMOSCOPE_*`) and validated."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from core.errors import SettingsError

PRECISIONS = ("float32", "bfloat16")
DEVICES = ("auto", "cpu", "cuda")
ENGINES = ("native", "funasr")
GRANULARITIES = ("utterance", "frame")


def _cache_home() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "emoscope"


def _data_home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "emoscope"


def cached_heads_dir() -> Path:
    """Where heads were kept once: a cache, which anybody may empty."""
    return _cache_home() / "heads"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run of EmoScope may use and how much of it.

    Every field is set by an environment variable of the same name: `EMOSCOPE_CHECKPOINT`,
    `EMOSCOPE_MAX_DURATION_S`, … Raises `SettingsError` for a value that cannot be used.
    """

    checkpoint: str = "bundled"
    device: str = "auto"
    precision: str = "float32"
    threads: int = 0  # 0: as many as there are cores
    window_s: float = 30.0
    margin_s: float = 2.0
    min_duration_s: float = 0.1
    max_duration_s: float = 6 * 3600.0
    max_upload_mb: int = 2048
    models_dir: Path = field(default_factory=lambda: _cache_home() / "models")
    maps_dir: Path = field(default_factory=lambda: _cache_home() / "maps")  # drawn once, kept
    heads_dir: Path = field(default_factory=lambda: _data_home() / "heads")  # linear probes that were given a name
    outputs_dir: Path = field(default_factory=lambda: Path("outputs"))
    map_points: int = 100_000  # a flat map of more is drawn as an image of their density, until a zoom leaves fewer
    library: str = "library"  # a folder, or an address such as s3://bucket/path
    batch_folders: str = ""  # folders of this machine that the page may batch, as PATH lists them; none unless named
    modelscope_endpoint: str = "https://www.modelscope.cn"
    hf_endpoint: str = "https://huggingface.co"

    def __post_init__(self) -> None:
        _require(self.device in DEVICES, "device", self.device, f"one of {', '.join(DEVICES)}")
        _require(self.precision in PRECISIONS, "precision", self.precision, f"one of {', '.join(PRECISIONS)}")
        _require(self.threads >= 0, "threads", self.threads, "0 (all cores) or more")
        _require(self.margin_s >= 0, "margin_s", self.margin_s, "0 or more")
        _require(self.window_s >= 1, "window_s", self.window_s, "at least 1 second")
        _require(self.min_duration_s >= 0.1, "min_duration_s", self.min_duration_s, "at least 0.1 seconds")
        _require(
            self.max_duration_s >= self.min_duration_s, "max_duration_s", self.max_duration_s, "at least min_duration_s"
        )
        _require(self.map_points >= 1, "map_points", self.map_points, "at least 1")
        _require(self.max_upload_mb >= 1, "max_upload_mb", self.max_upload_mb, "at least 1")
        for name in ("modelscope_endpoint", "hf_endpoint"):
            address = getattr(self, name)
            _require(address.startswith(("http://", "https://")), name, address, "an http:// or https:// address")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Settings with every `EMOSCOPE_*` variable applied over the defaults."""
        environment = os.environ if environment is None else environment
        values: dict[str, object] = {}
        for setting in fields(cls):
            text = environment.get(f"EMOSCOPE_{setting.name.upper()}")
            if text:
                values[setting.name] = _parse(setting.name, str(setting.type), text)
        return cls(**values)  # type: ignore[arg-type]  # each value was parsed to its field's type


def _parse(name: str, kind: str, text: str) -> object:
    parsers = {"int": int, "float": float, "str": str, "Path": lambda t: Path(t).expanduser()}
    kind = kind.removeprefix("<class '").removesuffix("'>").rsplit(".", 1)[-1]
    try:
        return parsers[kind](text)  # type: ignore[operator]  # every value is a callable of one string
    except ValueError:
        raise SettingsError(f"EMOSCOPE_{name.upper()} is {text!r}; it must be a number.") from None


def _require(holds: bool, name: str, value: object, accepted: str) -> None:
    if not holds:
        raise SettingsError(f"EMOSCOPE_{name.upper()} is {value!r}; it must be {accepted}.")


def available_cores() -> int:
    """Cores this process may really use: its affinity, and its cgroup's quota where one is set."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        if quota != "max":
            cores = min(cores, max(1, int(int(quota) / int(period))))
    except (OSError, ValueError):
        pass  # no cgroup v2 here: the affinity is all there is to know
    return max(1, cores)
