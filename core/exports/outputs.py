"""The outputs folder: `<YYYYMMDD_HHMMSS>_<name>/` with the sound, the result, the embedding and the frames.

processed_audio.wav   what the model heard: mono, 16 kHz, 16 bit
result.json           `core.exports.records`
embedding.npy         (embedding_dim,) float32
frames.csv            at frame granularity: `core.exports.tables.frames_csv`
"""

import errno
import io
import os
import shutil
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import numpy as np

from core.audio import write_wav
from core.errors import ExportError
from core.exports.names import safe_name
from core.exports.records import json_chunks
from core.exports.tables import frames_csv
from core.results import Analysis, Waveform
from core.said import said

AUDIO_FILE = "processed_audio.wav"
RESULT_FILE = "result.json"
EMBEDDING_FILE = "embedding.npy"
FRAMES_FILE = "frames.csv"

_TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}
_Opener = Callable[[str], AbstractContextManager[IO[bytes]]]


def write_outputs(
    analysis: Analysis,
    waveform: Waveform,
    parent: Path,
    *,
    granularity: str,
    at: datetime | None = None,
    more: Mapping[str, Any] | None = None,
) -> Path:
    """Write one analysis below `parent`, whole or not at all, and return its folder.

    Everything is written to a hidden folder first and then renamed, so that nobody ever sees half a result; a name that
    is taken, by another process too, gets a suffix `_2`, `_3`, …

    Args:
        more: further plain values of result.json, such as what a kept head says.

    Raises:
        ExportError: it cannot be written there (nothing is left behind).
        ValueError: an unknown granularity, or a waveform that is not the one analysed.
    """
    at = at or datetime.now()
    with whole_folder(parent, analysis.name, at) as folder:
        _write_files(analysis, waveform, granularity, at, lambda name: (folder.path / name).open("xb"), more)
    return folder.path


def zip_outputs(analysis: Analysis, waveform: Waveform, *, granularity: str, at: datetime | None = None) -> bytes:
    """The same files as one zip archive. Raises `ExportError` and `ValueError` as `write_outputs` does."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:

        def open_member(name: str) -> AbstractContextManager[IO[bytes]]:
            return archive.open(name, "w", force_zip64=True)

        _write_files(analysis, waveform, granularity, at or datetime.now(), open_member)
    return buffer.getvalue()


def _write_files(
    analysis: Analysis,
    waveform: Waveform,
    granularity: str,
    at: datetime,
    open_file: _Opener,
    more: Mapping[str, Any] | None = None,
) -> None:
    if waveform.sha256 != analysis.sha256:
        raise ValueError(f"{waveform.name!r} is not the waveform that was analysed as {analysis.name!r}")
    with open_file(RESULT_FILE) as file:
        for chunk in _finite_json(analysis, granularity, at, more):
            # A lone surrogate (an undecodable file name) becomes its JSON escape.
            file.write(chunk.encode("utf-8", "backslashreplace"))
    with open_file(AUDIO_FILE) as file:
        write_wav(waveform, cast(BinaryIO, file))
    with open_file(EMBEDDING_FILE) as file:
        np.save(file, analysis.embedding, allow_pickle=False)
    if granularity == "frame":
        with open_file(FRAMES_FILE) as file:
            for text in frames_csv(analysis):
                file.write(text.encode())


def _finite_json(analysis: Analysis, granularity: str, at: datetime, more: Mapping[str, Any] | None) -> Iterator[str]:
    if not (np.isfinite(analysis.frame_logits).all() and np.isfinite(analysis.embedding).all()):
        raise ExportError(f"The result of {analysis.name!r} holds values that are not finite; analyse it again.")
    return json_chunks(analysis, granularity=granularity, at=at, indent=2, more=more)


@dataclass
class WholeFolder:
    """Where to write; after the `with`, where it was all put."""

    path: Path


@contextmanager
def whole_folder(parent: Path, clip_name: str, at: datetime) -> Iterator[WholeFolder]:
    """A folder `<stamp>_<name>` below `parent` that is there with all its files or not at all.

    Where that is taken, it is `<stamp>_<name>_2`, … The files are written to a hidden folder that is renamed at the
    end. Raises `ExportError` where that cannot be.
    """
    hidden = parent / f".{uuid.uuid4().hex}.partial"
    folder = WholeFolder(hidden)
    try:
        hidden.mkdir(parents=True)
        yield folder
        folder.path = _rename_to_free(hidden, parent / f"{at:%Y%m%d_%H%M%S}_{safe_name(clip_name)}")
    except OSError as error:
        raise ExportError(
            said(
                "export.unwritable",
                "Results cannot be written to {folder!r} ({why}); choose another folder (EMOSCOPE_OUTPUTS_DIR) or free "
                "some space.",
                folder=str(parent), why=error.strerror or str(error),
            )
        ) from error  # fmt: skip
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _rename_to_free(folder: Path, wanted: Path) -> Path:
    """Rename `folder` to `wanted`, or `wanted_2`, `wanted_3`, … The rename itself is the claim, so no race is lost."""
    for number in count(1):
        target = wanted if number == 1 else wanted.with_name(f"{wanted.name}_{number}")
        try:
            os.rename(folder, target)  # noqa: PTH104  # Path.rename is the same; this one's atomicity is the point
            return target
        except OSError as error:
            if error.errno not in _TAKEN:
                raise
    raise AssertionError("count() does not end")
