"""A small network learnt on the voices of acted emotion: what tells people apart stays, what emotion changes goes.

It takes the encoder's vector of a clip, averaged over its windows, and the clip's `timbre`, and gives one vector of
length 1. `training/train_speakers.py` learns it, `training/evaluate_speakers.py` measures it on speakers that it never
heard; its weights ship beside this module (`bundled/MODEL_CARD.md`).
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
class Head:
    """One of several networks that learnt from different beginnings: a straight way and one through a hidden layer.

    Attributes:
        straight: (width, dim); straight_bias: (dim,).
        hidden: (width, num_hidden); hidden_bias: (num_hidden,).
        out: (num_hidden, dim); out_bias: (dim,).
    """

    straight: Array
    straight_bias: Array
    hidden: Array
    hidden_bias: Array
    out: Array
    out_bias: Array

    def __call__(self, features: Array) -> Array:
        """(n, width) → (n, dim) of length 1."""
        inner = np.maximum(features @ self.hidden + self.hidden_bias, 0.0)
        return unit(features @ self.straight + self.straight_bias + inner @ self.out + self.out_bias)


@dataclass(frozen=True)
class Projection:
    """(n, width) features → (n, dim) vectors of length 1, where `dim` is that of all heads together.

    Attributes:
        mean, scale: (width,) float32, of the features it learnt on; what is NaN (no pitch) counts as the mean.
        heads: whose vectors are put side by side.
        about: what it was learnt on and how well it does, as its file says.
    """

    mean: Array
    scale: Array
    heads: tuple[Head, ...]
    about: Mapping[str, Any]

    def __call__(self, features: Array) -> Array:
        standard = np.nan_to_num((features - self.mean) / self.scale, nan=0.0).astype(np.float32)
        return unit(np.concatenate([head(standard) for head in self.heads], axis=1))

    @property
    def name(self) -> str:
        return str(self.about["name"])


def unit(vectors: Array) -> Array:
    """(…, dim) → the same directions with length 1, float32."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    found: Array = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return found


@cache
def bundled_projection() -> Projection:
    """The one that ships with EmoScope, for Resemblyzer's vectors."""
    return read_projection(BUNDLED_DIR)


def read_projection(folder: Path) -> Projection:
    """Read a folder that `write_projection` wrote. Raises `SpeakerError` where it is missing or damaged."""
    from safetensors.numpy import load_file

    try:
        about = json.loads((folder / CONFIGURATION).read_text(encoding="utf-8"))
        tensors = {name: values.astype(np.float32) for name, values in load_file(folder / WEIGHTS).items()}
        heads = tuple(_head(tensors, index) for index in range(int(about["heads"])))
        projection = Projection(tensors["mean"], tensors["scale"], heads, about)
        if not (projection.name and np.isfinite(projection(np.zeros((1, len(projection.mean)), np.float32))).all()):
            raise ValueError("it gives no numbers")
    except Exception as error:  # whatever a damaged file raises
        raise SpeakerError(
            f"The projection of voices in {folder.name!r} cannot be read ({first_line(error)}); install EmoScope again."
        ) from error
    return projection


def write_projection(projection: Projection, folder: Path) -> None:
    """Keep it as safetensors (the heads in float16) and JSON."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {"mean": projection.mean, "scale": projection.scale}
    for index, head in enumerate(projection.heads):
        tensors |= {f"{index}.{name}": np.ascontiguousarray(values, np.float16) for name, values in vars(head).items()}
    save_file(tensors, folder / WEIGHTS)
    about = dict(projection.about) | {"heads": len(projection.heads)}
    (folder / CONFIGURATION).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def _head(tensors: Mapping[str, Array], index: int) -> Head:
    return Head(**{name: tensors[f"{index}.{name}"] for name in Head.__dataclass_fields__})
