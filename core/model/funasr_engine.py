"""FunASR behind the same engine contract: the reference every figure and test is held against.

FunASR scores whole utterances only and gives frame *features*; its linear head on those features gives the frame logits
whose mean it scores. It normalises what it is given, runs one clip at a time and needs memory ∝ duration², so it is
offered for clips of one window only.
"""

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.calibration import read_calibration
from core.errors import CheckpointError, EngineError
from core.model.engine import EngineInfo, Window
from core.model.loading import Stages, read_tokens, revision_of
from core.results import CheckpointIdentity, FrameScores, Stage
from core.settings import Settings, available_cores

# Keeps FunASR's model registry and the hubs' clients from asking the network.
OFFLINE = {"disable_update": True, "disable_pbar": True, "disable_log": True, "trust_remote_code": False}


class FunasrEngine:
    """`funasr.AutoModel` as an engine."""

    def __init__(self, model: Any, info: EngineInfo) -> None:
        self._model = model
        self._info = info
        self._lock = threading.Lock()

    @property
    def info(self) -> EngineInfo:
        return self._info

    def score(self, windows: Sequence[Window], *, embeddings: bool = False) -> list[FrameScores]:
        """One `FrameScores` a window. Raises `EngineError` for a window that is a part of a longer recording."""
        if any(window.keep_from or window.keep_to is not None for window in windows):
            raise EngineError(
                "The funasr engine hears clips of one window (EMOSCOPE_WINDOW_S) only; use --engine native for longer."
            )
        with self._lock, quiet_stdout():
            return [self._score(window, embeddings) for window in windows]

    def _score(self, window: Window, embeddings: bool) -> FrameScores:
        import torch

        result = self._model.generate(
            np.ascontiguousarray(window.samples), granularity="frame", extract_embedding=True, disable_pbar=True
        )[0]
        frames = torch.from_numpy(result["feats"])
        kept = read_rows(self._model.kwargs["tokenizer"].token_list)
        with torch.inference_mode():
            logits = self._model.model.proj(frames.to(next(self._model.model.parameters()).device))[:, kept].cpu()
        _check_same_verdict(logits.mean(dim=0).softmax(dim=0).numpy(), result["scores"])
        features = frames.numpy()
        return FrameScores(logits.numpy(), features.mean(axis=0), features if embeddings else None)


def read_rows(token_list: Sequence[str]) -> list[int]:
    """Rows of FunASR's head that it scores."""
    return [row for row, token in enumerate(token_list) if not token.startswith("unuse")]


def _check_same_verdict(ours: "np.ndarray[Any, Any]", funasr_scores: Sequence[float]) -> None:
    """The frame logits' mean must be what FunASR itself scored."""
    difference = float(np.abs(ours - np.asarray(funasr_scores)).max())
    if difference > 1e-4:
        raise EngineError(f"FunASR's scores differ from its own head on its own features by {difference:.1e}.")


def load_funasr(
    folder: Path, checkpoint_id: str, settings: Settings, on_stage: Callable[[Stage], None] | None = None
) -> FunasrEngine:
    """Load a hub folder through `funasr.AutoModel`.

    Raises:
        EngineError: FunASR is not installed, or cannot run this device or precision.
        CheckpointError: FunASR cannot load the folder.
    """
    if settings.precision != "float32":
        raise EngineError(f"The funasr engine runs in float32 only, not {settings.precision}.")
    configuration_check(folder)
    stages = Stages(on_stage)
    tokens = read_tokens(folder)
    with quiet_stdout(), quiet_logging():
        auto_model = _import_funasr()
        stages.finish("import")
        device = "cuda" if settings.device == "cuda" else "cpu"
        threads = min(settings.threads or available_cores(), available_cores())
        try:
            model = auto_model(model=os.fspath(folder), device=device, ncpu=threads, **OFFLINE)
        except Exception as error:  # FunASR raises whatever its parts raise
            raise CheckpointError(f"FunASR cannot load {folder.name} ({error}); try --engine native.") from error
    stages.finish("read and build")
    info = EngineInfo(
        engine="funasr",
        checkpoint=CheckpointIdentity(checkpoint_id, revision_of(folder), read_calibration(folder)),
        labels=tokens.labels,
        embedding_dim=int(model.model.proj.in_features),
        num_parameters=sum(parameter.numel() for parameter in model.model.parameters()),
        device=device,
        precision="float32",
        threads=threads,
        stages=tuple(stages.done),
    )
    return FunasrEngine(model, info)


def configuration_check(folder: Path) -> None:
    """FunASR knows emotion2vec, not our mel network."""
    from core.model.loading import read_configuration

    if (model := read_configuration(folder)["model"]) != "Emotion2vec":
        raise EngineError(
            f"FunASR cannot run {folder.name}: it is a {model} network, not emotion2vec; use --engine native."
        )


def _import_funasr() -> Any:
    try:
        from funasr import AutoModel
    except ImportError as error:
        raise EngineError(f"FunASR is not usable here ({error}); pip install -r requirements.txt.") from error
    return AutoModel


@contextlib.contextmanager
def quiet_stdout() -> Iterator[None]:
    """FunASR prints; standard output belongs to results, so its prints go to standard error."""
    with contextlib.redirect_stdout(sys.stderr):
        yield


@contextlib.contextmanager
def quiet_logging() -> Iterator[None]:
    """FunASR sets the root logger's level and logs every tensor; both are undone."""
    before = logging.getLogger().level
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        logging.getLogger().setLevel(before)
