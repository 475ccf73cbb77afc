"""Maps that were drawn before."""

from pathlib import Path

from core.projection.mapping import IsCancelled, Map, MapOptions, Progress
from core.projection.spaces import Space


def cached_map(
    folder: Path,
    space: Space,
    options: MapOptions = MapOptions(),
    on_progress: Progress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> Map:
    """The map of a space: from the folder where it was drawn before, else drawn and kept there."""
    raise NotImplementedError
