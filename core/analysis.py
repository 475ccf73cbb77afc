"""The main job: a clip goes in, its emotions come out."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from core import audio, windows
from core.model.engine import Engine
from core.results import Analysis, LogEntry, Waveform

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class AnalysisOptions:
    """How to listen. `window_s` and `margin_s` are used only for clips longer than one window."""

    window_s: float = 30.0
    margin_s: float = 2.0


def analyze(
    clip: Waveform | bytes | str | BinaryIO,
    engine: Engine,
    options: AnalysisOptions = AnalysisOptions(),
    on_progress: Progress | None = None,
) -> Analysis:
    """Decode, split, score, summarise. (signature first; the body follows)"""
    raise NotImplementedError
