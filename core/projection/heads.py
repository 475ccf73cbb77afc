"""Named heads: probes that are kept, a folder each, as JSON and arrays without pickle."""

import hashlib
import io
import json
import math
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import ProjectionError, first_line
from core.projection.probes import Probe
from core.results import Array
from core.said import said
from core.settings import Settings, cached_heads_dir

FORMAT = 1
ABOUT, WEIGHTS = "head.json", "weights.npz"
LONGEST_NAME = 80
MOST_BYTES = 64 * 2**20  # of weights: far more than any embedding needs
_FIGURES = ("cv_uar", "chance", "num_clips", "num_groups", "folds", "grouped")


def heads_home(settings: Settings) -> Path:
    """The folder of the kept heads; those that an earlier EmoScope kept in its cache are moved there first.

    A head is a person's own work: no cache may hold it. One that cannot be moved stays where it is.
    """
    old, home = cached_heads_dir(), settings.heads_dir
    if home == Settings().heads_dir and old.is_dir():
        for place in [about.parent for about in old.glob(f"*/{ABOUT}")]:
            with suppress(OSError):
                home.mkdir(parents=True, exist_ok=True)
                if not (home / place.name).exists():
                    shutil.move(place, home / place.name)
    return home


def save_head(folder: Path, name: str, probe: Probe, *, overwrite: bool = False) -> Probe:
    """Keep a probe under a name, whole or not at all; the probe with its name.

    The name is data: the folder is called by its SHA-256.

    Raises:
        ProjectionError: a name that cannot be one, one that is taken, or a folder that cannot be written.
    """
    name = _checked(name)
    target = _place(folder, name)
    if target.exists() and not overwrite:
        raise ProjectionError(
            said("head.taken", "There is a head {name!r} already: choose another name, or replace it.", name=name)
        )
    probe = replace(probe, name=name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".head-", dir=folder))
        try:
            _write(made, probe)
            if target.exists():
                shutil.rmtree(target)
            made.rename(target)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
    except OSError as error:
        raise ProjectionError(
            said(
                "head.not_kept", "The head {name!r} cannot be kept in {folder!r} ({why}).",
                name=name, folder=str(folder), why=first_line(error),
            )
        ) from error  # fmt: skip
    return probe


def load_head(folder: Path, name: str, model: str | None = None) -> Probe:
    """A kept head, read in full and compared with its checksum.

    Args:
        model: what its vectors must be of (`core.projection.probes.model_of`); None: whatever it is of.

    Raises:
        ProjectionError: there is none of that name, it is damaged, or it is of another model.
    """
    place = _place(folder, _checked(name))
    if not (place / ABOUT).is_file():
        there = ", ".join(repr(each) for each in heads(folder)[:10]) or "none yet"
        raise ProjectionError(
            said("head.none", "There is no head {name!r}; there are: {there}.", name=name, there=there)
        )
    try:
        probe = _read(place)
        if probe.name != name.strip():
            raise ValueError("it has another name inside")
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ProjectionError(
            said(
                "head.damaged", "The head {name!r} is damaged ({why}); fit it again.", name=name, why=first_line(error)
            )
        ) from error
    if model is not None and probe.model != model:
        raise ProjectionError(
            said(
                "head.model",
                "The head {name!r} was learnt from {model}, and this is {this}: choose that one, or fit it anew.",
                name=name, model=probe.model, this=model,
            )
        )  # fmt: skip
    return probe


def heads(folder: Path) -> tuple[str, ...]:
    """The names of the heads that are kept, in order; what is damaged is left out."""
    return tuple(sorted(name for name, _ in _kept(folder)))


def heads_of(folder: Path, model: str) -> tuple[str, ...]:
    """The names of the heads that say something of any clip heard by `model` (`core.projection.probes.model_of`)."""
    wanted = ("emotion", model)
    return tuple(sorted(name for name, about in _kept(folder) if (about.get("space"), about.get("model")) == wanted))


def remove_head(folder: Path, name: str) -> None:
    """Remove a kept head. Raises `ProjectionError` where there is none."""
    place = _place(folder, _checked(name))
    if not place.is_dir():
        raise ProjectionError(f"There is no head {name!r}.")
    shutil.rmtree(place)


def _checked(name: str) -> str:
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ProjectionError(
            said(
                "head.name", "A head's name is 1 to {most} printable characters, not {name!r}.",
                most=LONGEST_NAME, name=name[:100],
            )
        )  # fmt: skip
    return name


def _kept(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each kept head's name and what is written about it, without its weights; what cannot be read is left out."""
    for place in folder.glob(f"*/{ABOUT}"):
        try:
            about = json.loads(place.read_text(encoding="utf-8"))
            name = str(about["name"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if place.parent == _place(folder, name):
            yield name, about


def _place(folder: Path, name: str) -> Path:
    return folder / hashlib.sha256(name.encode()).hexdigest()[:32]


def _write(folder: Path, probe: Probe) -> None:
    weights = io.BytesIO()
    np.savez(weights, allow_pickle=False, weights=probe.weights, bias=probe.bias)
    about = {
        "emoscope_head": FORMAT,
        "name": probe.name,
        "classes": list(probe.classes),
        "space": probe.space,
        "model": probe.model,
        "recalls": list(probe.recalls),
        "sha256": hashlib.sha256(weights.getvalue()).hexdigest(),
    } | {name: getattr(probe, name) for name in _FIGURES}
    (folder / WEIGHTS).write_bytes(weights.getvalue())
    (folder / ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    folder.chmod(0o755)


def _read(folder: Path) -> Probe:
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    if about["emoscope_head"] != FORMAT:
        raise ValueError(f"it is of format {about['emoscope_head']}, and {FORMAT} is read")
    if (folder / WEIGHTS).stat().st_size > MOST_BYTES:
        raise ValueError("its weights are too many")
    content = (folder / WEIGHTS).read_bytes()
    if hashlib.sha256(content).hexdigest() != about["sha256"]:
        raise ValueError("its checksum does not match")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        weights, bias = arrays["weights"], arrays["bias"]
    classes = tuple(map(str, about["classes"]))
    _check_arrays(weights, bias, len(classes))
    recalls = tuple(float(each) for each in about["recalls"])
    return Probe(
        classes, weights, bias, str(about["space"]), str(about["model"]), recalls=recalls, name=str(about["name"]),
        **_figures(about),
    )  # fmt: skip


def _check_arrays(weights: Array, bias: Array, num_classes: int) -> None:
    if weights.ndim != 2 or weights.shape[0] != num_classes or bias.shape != (num_classes,) or num_classes < 2:
        raise ValueError("its weights are not of its classes")
    if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
        raise ValueError("its weights are no numbers")


def _figures(about: dict[str, Any]) -> dict[str, Any]:
    counts = {name: int(about[name]) for name in ("num_clips", "num_groups", "folds")}
    shares = {name: float(about[name]) for name in ("cv_uar", "chance")}
    if not all(math.isfinite(share) for share in shares.values()):
        raise ValueError("its figures are no numbers")
    return counts | shares | {"grouped": bool(about["grouped"])}
