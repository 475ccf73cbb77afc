"""A small projection learnt on the voices of acted emotion: what tells people apart stays, what emotion changes goes.

It is linear but for the lengths: features are standardised, mapped to a few dimensions and brought to length 1, so that
a cosine compares two clips. `training/evaluate_speakers.py` learns it, measures it on speakers it never heard, and
writes the file that ships beside this module.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import SpeakerError, first_line
from core.results import Array

BUNDLED_DIR = Path(__file__).parent / "bundled"
WEIGHTS, CONFIGURATION = "projection.safetensors", "projection.json"


@dataclass(frozen=True)
class Projection:
    """(n, width) features → (n, dim).

    Attributes:
        mean: (width,) float32, taken off first.
        matrix: (width, dim) float32; the scale of each feature is in it.
        about: what it was learnt on and how well it does, as its file says.
    """

    mean: Array
    matrix: Array
    about: Mapping[str, Any]

    def __call__(self, features: Array) -> Array:
        """(n, width) float32 → (n, dim) float32, not yet of length 1: means over windows are still meant to be taken."""
        projected: Array = ((features - self.mean) @ self.matrix).astype(np.float32)
        return projected

    @property
    def name(self) -> str:
        return str(self.about["name"])


def unit(vectors: Array) -> Array:
    """(…, dim) → the same directions with length 1."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    found: Array = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return found


@cache
def bundled_projection() -> Projection:
    """The one that ships with EmoScope, for Resemblyzer's features."""
    return read_projection(BUNDLED_DIR)


def read_projection(folder: Path) -> Projection:
    """Read a folder that `write_projection` wrote. Raises `SpeakerError` where it is missing or damaged."""
    from safetensors.numpy import load_file

    try:
        about = json.loads((folder / CONFIGURATION).read_text(encoding="utf-8"))
        tensors = load_file(folder / WEIGHTS)
        mean, matrix = tensors["mean"].astype(np.float32), tensors["matrix"].astype(np.float32)
        if matrix.ndim != 2 or mean.shape != matrix.shape[:1] or not (np.isfinite(matrix).all() and about["name"]):
            raise ValueError("its parts do not fit together")
    except Exception as error:  # whatever a damaged file raises
        raise SpeakerError(
            f"The projection of voices in {folder.name!r} cannot be read ({first_line(error)}); install EmoScope again."
        ) from error
    return Projection(mean, matrix, about)


def write_projection(projection: Projection, folder: Path) -> None:
    """Keep it as safetensors and JSON."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    save_file({"mean": projection.mean, "matrix": projection.matrix},
              folder / WEIGHTS)  # fmt: skip
    (folder / CONFIGURATION).write_text(json.dumps(dict(projection.about), indent=1) + "\n", encoding="utf-8")
