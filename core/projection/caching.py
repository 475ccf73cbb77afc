"""Maps that were drawn before: a folder of NPZ files, named by all that decides a map."""

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import numpy as np

from core.projection.mapping import IsCancelled, Map, MapOptions, Progress, few_clips, make_map
from core.projection.spaces import Space
from core.results import Array

VERSION = 1  # of the drawing: another number leaves all that was drawn before unused
MAX_BYTES = 256 * 2**20
MAX_FILES = 500


def cached_map(
    folder: Path,
    space: Space,
    options: MapOptions = MapOptions(),
    on_progress: Progress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> Map:
    """The map of a space: from the folder where it was drawn before, else drawn and kept there.

    What decides it is its name: SHA-256 of the clips' keys and vectors, the space and how it is prepared, and the
    settings. Files are written whole or not at all and hold arrays alone; one that is damaged is drawn again. Those
    not looked at for longest go where there are more than MAX_FILES or MAX_BYTES. A folder that cannot be written only
    costs the time to draw.

    Raises what `make_map` raises.
    """
    path = folder / f"{_name(space, options)}.npz"
    drawn = _read(path, space, options)
    if drawn is None:
        drawn = make_map(space, options, on_progress, is_cancelled)
        with suppress(OSError):
            _write(path, drawn)
            _bound(folder)
    return drawn


def _name(space: Space, options: MapOptions) -> str:
    facts = [VERSION, space.name, space.model, asdict(space.options), asdict(options), space.values.shape]
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    digest.update("\n".join(space.keys).encode())
    digest.update(np.ascontiguousarray(space.values, "<f4").data)
    return digest.hexdigest()


def _read(path: Path, space: Space, options: MapOptions) -> Map | None:
    """The map that is kept; None where there is none, or none that can be used."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            positions = _finite(arrays["positions"], (len(space), options.dimensions))
            about = json.loads(str(arrays["about"]))
            axes = centre = None
            if "axes" in arrays:
                width = space.prepared.shape[1]
                axes = _finite(arrays["axes"], (options.dimensions, width))
                centre = _finite(arrays["centre"], (width,))
        method = str(about["method"])
        note = "" if method == options.method else few_clips(len(space))
        drawn = Map(positions, options, method, note, axes, centre)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None
    with suppress(OSError):
        os.utime(path)  # it was looked at
    return drawn


def _finite(array: Array, shape: tuple[int, ...]) -> Array:
    if array.shape != shape or array.dtype != np.float32 or not np.isfinite(array).all():
        raise ValueError("not what was written")
    return array


def _write(path: Path, drawn: Map) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {
        "positions": drawn.positions,
        "about": np.array(json.dumps({"method": drawn.method})),
    }
    if drawn.axes is not None and drawn.centre is not None:
        arrays |= {"axes": drawn.axes, "centre": drawn.centre}
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".map-", delete=False) as file:
        try:
            np.savez(file, allow_pickle=False, **arrays)
            file.close()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _bound(folder: Path) -> None:
    """Remove what was not looked at for longest."""
    room, count = MAX_BYTES, 0
    for path, size, _ in sorted(_files(folder), key=lambda each: -each[2]):
        room, count = room - size, count + 1
        if count > MAX_FILES or (room < 0 and count > 1):
            path.unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[tuple[Path, int, float]]:
    for path in folder.glob("*.npz"):
        with suppress(OSError):
            facts = path.stat()
            yield path, facts.st_size, facts.st_mtime
