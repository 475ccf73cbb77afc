"""emotion2vec in PyTorch: the network, its loading, and the engines that score windows."""

from collections.abc import Callable

from core.errors import EngineError
from core.model.engine import Engine, EngineInfo, Window
from core.results import Stage
from core.settings import ENGINES, Settings

__all__ = ["Engine", "EngineInfo", "Window", "open_engine"]


def open_engine(
    checkpoint: str,
    settings: Settings,
    *,
    engine: str = "native",
    on_stage: Callable[[Stage], None] | None = None,
    warm_up: bool = True,
) -> Engine:
    """Find, load and warm a checkpoint.

    Args:
        checkpoint: a registered name, a hub id that is on this disk, or a folder in the hubs' format.
        engine: "native", or "funasr" for the reference implementation.
        warm_up: False skips the second of silence, where a clip is waiting that will warm the engine as well.
        on_stage: called after each stage with its seconds and the memory it left the process at.

    Raises:
        CheckpointError, EngineError.
    """
    from core.checkpoints import resolve

    if engine not in ENGINES:
        raise EngineError(f"There is no engine {engine!r}; use one of {', '.join(ENGINES)}.")
    folder = resolve(checkpoint, settings)
    if engine == "funasr":
        from core.model.funasr_engine import load_funasr

        return load_funasr(folder, checkpoint, settings, on_stage)
    from core.model.loading import load_native

    return load_native(folder, checkpoint, settings, on_stage, warm_up=warm_up)
