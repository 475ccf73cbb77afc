"""Batches as jobs: uploads on disk, or a folder of the server, into the library. Knows no Streamlit.

One model in the process: a batch borrows the host's loaded engine and hands its windows to the host's one worker, as
every session does, a few seconds of sound at a time. So nothing is loaded twice, and whoever listens to a clip
meanwhile waits for one such handful at most. (`emoscope batch`, which has the machine to itself, scores in a lane a
core.)
"""

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from core.batch import (
    BatchOptions,
    Item,
    Items,
    Manifest,
    Progress,
    Result,
    UploadItems,
    described,
    items_of,
    run_batch,
)
from core.batch.items import shown
from core.batch.sources import ZipItems
from core.errors import SettingsError, first_line
from core.library import Failure
from core.settings import Settings
from dashboard.catalogue import Catalogue
from dashboard.jobs import Cancelled, Job
from dashboard.listening import options_of
from dashboard.model_host import ModelHost

KIND = "batch"
FAILURES_KEPT = 10_000  # in memory, to be shown and retried; the library has all
MANIFESTS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came: `name` is what its sender calls it, data only; `path` is ours."""

    name: str
    path: Path
    size_bytes: int


class Spool:
    """A folder of our own on disk for what comes in, so that it need not stay in memory.

    It goes with `clear`, with the last that holds it, or with the process.
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="emoscope-batch-"))
        self._count = 0
        self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    def keep(self, name: str, content: IO[bytes]) -> Upload:
        """Write a file down under a number of ours. Raises `SettingsError` where the disk does not take it."""
        self._count += 1
        path = self._folder / f"{self._count:06d}"
        try:
            content.seek(0)
            with path.open("wb") as file:
                shutil.copyfileobj(content, file)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise SettingsError(
                f"{shown(name)!r} cannot be kept on the server's disk ({first_line(error)})."
            ) from error
        return Upload(name, path, path.stat().st_size)

    def clear(self) -> None:
        self._remove()


@dataclass(frozen=True)
class Order:
    """What is to be analysed: uploads, or a folder of the server; with what is known of it.

    Attributes:
        metadata: a CSV.
        speaker_from: a regular expression with a group `speaker`.
    """

    checkpoint: str
    uploads: tuple[Upload, ...] = ()
    folder: Path | None = None
    metadata: Path | None = None
    speaker_from: str = ""


@dataclass(frozen=True)
class Seen:
    """How a batch is, or ended.

    Attributes:
        failures: files that are no clips, of this attempt, the first `FAILURES_KEPT` of them.
        notes: sentences about what was not understood in the metadata, once it is over.
    """

    progress: Progress = field(default_factory=Progress)
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()


class BatchWork:
    """A batch as a job's work: at first of everything; after an attempt that came to its end, of what failed in it.

    What the library has is never analysed again: an attempt after one that was stopped goes on where that ended.
    """

    def __init__(self, order: Order, host: ModelHost, catalogue: Catalogue) -> None:
        self._order, self._host, self._catalogue = order, host, catalogue
        self._again: frozenset[str] | None = None  # names of those to take; None: all

    def __call__(self, job: Job) -> Seen:
        job.progress(None, detail=Seen())
        library = self._catalogue.library()
        items, failures = self._items()
        if failures:
            library.put_failures(failures)

        def on_progress(progress: Progress) -> None:
            share = progress.handled / progress.total if progress.total else None
            job.progress(share, detail=Seen(progress, tuple(failures)), left_s=progress.left_s)

        def on_failure(failure: Failure) -> None:
            if len(failures) < FAILURES_KEPT:
                failures.append(failure)

        with self._host.borrowed(self._order.checkpoint, job.cancelled) as engine:
            if engine is None:
                raise Cancelled
            options = BatchOptions(options_of(self._host.settings))
            result = run_batch(
                items, engine, library, options, on_progress=on_progress, on_failure=on_failure, cancel=job.cancelled
            )
        return self._ended(job, result, failures)

    def _ended(self, job: Job, result: Result, failures: Sequence[Failure]) -> Seen:
        if not result.cancelled:
            self._again = frozenset(failure.source for failure in failures)
        seen = Seen(result.progress, tuple(failures), result.notes)
        job.progress(1.0 if not result.cancelled else job.share, detail=seen)
        return seen

    def _items(self) -> tuple[Items, list[Failure]]:
        """What is to be analysed, and the archives that cannot be: one bad zip keeps no other file from the library."""
        order, settings = self._order, self._host.settings
        if order.folder is not None:
            items = items_of(order.folder, settings, metadata=order.metadata, speaker_from=order.speaker_from)
            return self._wanted(items), []
        good, failures = _openable(order.uploads, settings.max_upload_mb)
        uploads = UploadItems([(upload.name, upload.path) for upload in good], settings.max_upload_mb)
        manifest = Manifest(order.metadata) if order.metadata is not None else None
        return self._wanted(described(uploads, manifest, order.speaker_from)), failures

    def _wanted(self, items: Items) -> Items:
        return items if self._again is None else _Only(items, self._again)


class _Only(Items):
    """Of the items those with these names."""

    def __init__(self, items: Items, names: frozenset[str]) -> None:
        self._items, self._names = items, names

    def __iter__(self) -> Iterator[Item]:
        return (item for item in self._items if item.name in self._names)


def _openable(uploads: Sequence[Upload], max_mb: int) -> tuple[list[Upload], list[Failure]]:
    good: list[Upload] = []
    failures: list[Failure] = []
    for upload in uploads:
        try:
            if upload.name.lower().endswith(".zip"):
                ZipItems(upload.path, max_mb, shown(upload.name))
            good.append(upload)
        except SettingsError as error:
            failures.append(Failure(shown(upload.name), str(error)))
    return good, failures


def check(order: Order, settings: Settings) -> None:
    """Raise `SettingsError` at once for metadata or an expression that cannot be used, before a job is begun."""
    described(UploadItems([], settings.max_upload_mb), None, order.speaker_from)
    if order.metadata is not None:
        Manifest(order.metadata)


def allowed_folders(settings: Settings) -> tuple[Path, ...]:
    """The folders of this machine that its operator lets the page batch: `EMOSCOPE_BATCH_FOLDERS`."""
    named = [Path(part).expanduser() for part in settings.batch_folders.split(os.pathsep) if part.strip()]
    return tuple(path.resolve() for path in named if path.is_dir())


def folder_within(root: Path, inner: str) -> Path:
    """`inner` of an allowed folder. Raises `SettingsError` for what leads out of it, or is no folder."""
    try:
        path = (root / inner.strip().lstrip("/\\")).resolve()
        is_inside = path.is_relative_to(root) and path.is_dir()
    except (OSError, ValueError, RuntimeError):
        is_inside = False
    if not is_inside:
        raise SettingsError(f"{shown(inner)!r} is no folder within {root.name!r}; name one that is there.")
    return path


def manifests_in(folder: Path) -> list[str]:
    """The names of the CSV files that lie in a folder, the likeliest first."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.name.lower().endswith(".csv"))
    except OSError:
        return []
    likely = [name for name in names if name.lower() in ("manifest.csv", "metadata.csv")]
    return (likely + [name for name in names if name not in likely])[:MANIFESTS_SHOWN]
