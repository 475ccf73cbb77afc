"""`--head NAME` of `emoscope analyze` and `emoscope timeline`: a kept head beside the checkpoint's own."""

import argparse
from collections.abc import Callable
from typing import TextIO

from core.model.engine import Engine
from core.projection.heads import heads_home, load_head
from core.projection.probes import HeadedEngine, HeadScores, model_of
from core.results import Analysis, Waveform
from core.settings import Settings

Report = Callable[[Analysis, Waveform, argparse.Namespace, TextIO, HeadScores | None], None]


class HeadListening:
    """Hears each clip for a head, too, and has both reported by `report`."""

    def __init__(self, name: str, settings: Settings, report: Report) -> None:
        self._name, self._settings, self._report = name, settings, report
        self._engine: HeadedEngine | None = None

    def engine(self, engine: Engine) -> Engine:
        """The engine to analyse with. Raises `ProjectionError` where there is no such head of its checkpoint."""
        head = load_head(heads_home(self._settings), self._name, model_of(engine.info.checkpoint))
        self._engine = HeadedEngine(engine, head)
        return self._engine

    def report(self, analysis: Analysis, waveform: Waveform, options: argparse.Namespace, results: TextIO) -> None:
        """What the checkpoint says, and what the head says."""
        assert self._engine is not None
        self._report(analysis, waveform, options, results, self._engine.take(len(analysis.frame_logits)))
