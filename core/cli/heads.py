"""`emoscope analyze --head NAME`: a kept head beside the checkpoint's own."""

import argparse
from typing import Any, TextIO

import numpy as np

from core.model.engine import Engine
from core.projection.heads import load_head
from core.projection.probes import HeadedEngine, HeadScores, model_of
from core.results import FRAME_RATE_HZ, Analysis, Waveform, softmax
from core.settings import Settings


class HeadListening:
    """Hears each clip for a head, too, and reports both."""

    def __init__(self, name: str, settings: Settings) -> None:
        self._name, self._settings = name, settings
        self._engine: HeadedEngine | None = None

    def engine(self, engine: Engine) -> Engine:
        """The engine to analyse with. Raises `ProjectionError` where there is no such head of its checkpoint."""
        head = load_head(self._settings.heads_dir, self._name, model_of(engine.info.checkpoint))
        self._engine = HeadedEngine(engine, head)
        return self._engine

    def report(self, analysis: Analysis, waveform: Waveform, options: argparse.Namespace, results: TextIO) -> None:
        """What the checkpoint says, and what the head says."""
        from core.cli.analyzing import report

        assert self._engine is not None
        said = self._engine.take(len(analysis.frame_logits))
        report(analysis, waveform, options, results, record_of(said, options.granularity))


def record_of(said: HeadScores, granularity: str) -> dict[str, Any]:
    """Plain JSON values; `frames` as a checkpoint's record has them, None at utterance granularity."""
    frames = None
    if granularity == "frame" and said.frame_logits is not None:
        frames = {
            "rate_hz": FRAME_RATE_HZ,
            "labels": list(said.classes),
            "probabilities": np.round(softmax(said.frame_logits.astype(np.float64)), 6).tolist(),
            "logits": np.round(said.frame_logits.astype(np.float64), 5).tolist(),
        }
    scores = zip(said.classes, said.probabilities.tolist(), strict=True)
    return {
        "name": said.name,
        "label": said.label,
        "scores": {label: round(score, 6) for label, score in scores},
        "logits": dict(zip(said.classes, np.round(said.logits.astype(np.float64), 5).tolist(), strict=True)),
        "frames": frames,
    }
