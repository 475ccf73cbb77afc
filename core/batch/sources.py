"""What a batch is made of: a folder, a zip, a list, a CSV or uploads become one stream of `Item`s.

Names are data. A file in a folder or a zip is reached by where it was found, never by what it is called; only a list
and a CSV, which a person writes to name files, are followed.
"""

import os
import tempfile
import weakref
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from core.audio.openers import Archive, BytesOpener, FileOpener, StoreOpener, ZipOpener, store_at
from core.batch.items import Item, Items, is_beside, is_hidden
from core.batch.metadata import Known, Manifest, SpeakerPattern, Table
from core.errors import SettingsError, first_line
from core.settings import Settings

LIST_KINDS = (".txt", ".lst", ".list")


class FolderItems(Items):
    """Every file in a folder and the folders in it, in order of name; links that lead out of it are not followed."""

    def __init__(self, folder: Path) -> None:
        self._root = os.path.realpath(folder)

    def __iter__(self) -> Iterator[Item]:
        self.ignored = 0
        for path in self._walk(self._root):
            place = os.path.relpath(path, self._root)
            if is_beside(place):
                self.ignored += 1
            else:
                yield Item(place, FileOpener(path, self._root))

    def _places(self) -> Iterable[object]:
        return (path for path in self._walk(self._root) if not is_beside(path))

    def _walk(self, folder: str) -> Iterator[str]:
        """Files, and links to folders elsewhere (which are then failures, so that nobody misses their clips)."""
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            yield folder  # may not be listed: opening it says why
            return
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from () if is_hidden(entry.name) else self._walk(entry.path)
            elif not (entry.is_symlink() and entry.is_dir() and _leads_back(entry.path, self._root)):
                yield entry.path


class ZipItems(Items):
    """Every entry of a zip, which is never unpacked to a disk. Raises `SettingsError` for a file that is no zip."""

    def __init__(self, archive: str | Path, max_mb: int, title: str, folder: str = "") -> None:
        self._archive, self._max_mb, self._folder = Archive(os.fspath(archive)), max_mb, folder
        try:
            entries = self._archive.opened.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise SettingsError(f"{title!r} cannot be read as a zip ({first_line(error)}); make it anew.") from None
        self._names = [(index, info.filename) for index, info in enumerate(entries) if not info.is_dir()]

    def __iter__(self) -> Iterator[Item]:
        self.ignored = 0
        for index, name in self._names:
            if is_beside(name):
                self.ignored += 1
            else:
                yield Item(self._folder + name, ZipOpener(self._archive, index, self._max_mb))

    def _places(self) -> Iterable[object]:
        return (name for _, name in self._names if not is_beside(name))


class ListItems(Items):
    """A text file with a path a line; relative ones are meant from the list's own folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[Item]:
        for line in self._places():
            yield Item(line, FileOpener(os.path.join(self._path.parent, line)))  # noqa: PTH118  # any text

    def _places(self) -> Iterator[str]:
        try:
            with self._path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
                for line in file:
                    if text := line.strip("\r\n").strip():
                        yield text
        except OSError as error:
            raise SettingsError(f"The list {self._path.name!r} cannot be read ({error.strerror}).") from None


class CsvItems(Items):
    """A CSV whose column `file`, `path` or `filename` names the clips, from the CSV's own folder; a row is a clip."""

    def __init__(self, path: Path) -> None:
        self._folder, self._table = path.parent, Table(path)
        self._columns = self._table.columns()

    def __iter__(self) -> Iterator[Item]:
        self._columns = self._table.columns()
        column = self._columns.file or ""
        for row in self._table.rows():
            if place := row.get(column, ""):
                path = os.path.join(self._folder, place)  # noqa: PTH118  # any text
                yield Item(place, FileOpener(path), self._columns.known(row))

    def notes(self) -> list[str]:
        return self._columns.notes()

    def _places(self) -> Iterator[str]:
        column = self._columns.file or ""
        return (place for row in self._table.rows() if (place := row.get(column, "")))


class UploadItems(Items):
    """Uploaded clips: a name, and the bytes or the file they were spooled to; a zip stands for what is in it."""

    def __init__(self, uploads: Iterable[tuple[str, bytes | Path]], max_mb: int) -> None:
        self._parts: list[Item | ZipItems] = []
        for name, content in uploads:
            if name.lower().endswith(".zip"):
                self._parts.append(ZipItems(self._spooled(content), max_mb, name, f"{name}/"))
            else:
                opener = BytesOpener(content) if isinstance(content, bytes) else FileOpener(os.fspath(content))
                self._parts.append(Item(name, opener))

    def _spooled(self, content: bytes | Path) -> Path:
        if isinstance(content, Path):
            return content
        with tempfile.NamedTemporaryFile(prefix="emoscope-", suffix=".zip", delete=False) as file:
            file.write(content)
        weakref.finalize(self, Path(file.name).unlink, missing_ok=True)
        return Path(file.name)

    def __iter__(self) -> Iterator[Item]:
        for part in self._parts:
            if isinstance(part, Item):
                yield part
            else:
                yield from part
        self.ignored = sum(part.ignored for part in self._parts if isinstance(part, ZipItems))


class DescribedItems(Items):
    """Items with what a manifest and their names tell of them; the manifest's word counts more."""

    def __init__(self, items: Items, manifest: Manifest | None, pattern: SpeakerPattern | None) -> None:
        self._items, self._manifest, self._pattern = items, manifest, pattern

    def __iter__(self) -> Iterator[Item]:
        for item in self._items:
            yield replace(item, known=self._described(item))
        self.ignored = self._items.ignored

    def count(self) -> int:
        return self._items.count()

    def notes(self) -> list[str]:
        return [*self._items.notes(), *(self._manifest.notes() if self._manifest is not None else [])]

    def _described(self, item: Item) -> Known:
        told = self._manifest.known(item.place) if self._manifest is not None else Known()
        spoken_by = self._pattern.speaker(item.place) if self._pattern is not None else None
        return Known(
            told.speaker or item.known.speaker or spoken_by,
            told.reference or item.known.reference,
            {**item.known.metadata, **told.metadata},
        )


def items_of(
    source: str | Path, settings: Settings = Settings(), *, metadata: str | Path | None = None, speaker_from: str = ""
) -> Items:
    """The clips of a folder, a zip, a CSV, a list, one sound file, or an object store (`s3://bucket/clips`).

    Args:
        metadata: a CSV joined to the clips by relative path or file name; sought in `source` where it is not here.
        speaker_from: a regular expression with a group `speaker`.

    Raises:
        SettingsError: the source, the CSV or the expression cannot be used.
    """
    path = Path(source)
    items = StoreItems(str(source)) if "://" in str(source) else _items_at(path, settings)
    manifest = Manifest(_beside(metadata, path)) if metadata is not None else None
    return described(items, manifest, speaker_from)


def described(items: Items, manifest: Manifest | None = None, speaker_from: str = "") -> Items:
    """`items` with what a manifest and an expression tell of them; `SettingsError` for a bad expression."""
    pattern = SpeakerPattern(speaker_from) if speaker_from else None
    return items if manifest is None and pattern is None else DescribedItems(items, manifest, pattern)


def _items_at(path: Path, settings: Settings) -> Items:
    try:
        if path.is_dir():
            return FolderItems(path)
        if not path.exists():
            raise SettingsError(f"There is no {str(path)!r}; name a folder, a zip, a list or a CSV of clips.")
    except (OSError, ValueError) as error:
        raise SettingsError(f"{str(path)!r} cannot be opened ({first_line(error)}); check the path.") from None
    kind = path.suffix.lower()
    if kind == ".zip":
        return ZipItems(path, settings.max_upload_mb, path.name)
    if kind in (".csv", ".tsv"):
        return CsvItems(path)
    return ListItems(path) if kind in LIST_KINDS else SingleItem(path)


class StoreItems(Items):
    """Every object below an address such as `s3://bucket/clips`. Raises `SettingsError` where it cannot be listed."""

    def __init__(self, address: str) -> None:
        from pyarrow import fs

        self._address = address.rstrip("/")
        try:
            store, root = store_at(self._address)
            found = store.get_file_info(fs.FileSelector(root, recursive=True))
        except (OSError, ValueError) as error:
            raise SettingsError(f"{address!r} cannot be listed ({first_line(error)}); check it.") from None
        self._paths = sorted(each.path[len(root) :].lstrip("/") for each in found if each.type == fs.FileType.File)

    def __iter__(self) -> Iterator[Item]:
        self.ignored = 0
        for path in self._paths:
            if is_beside(path):
                self.ignored += 1
            else:
                yield Item(path, StoreOpener(self._address, path))

    def _places(self) -> Iterable[object]:
        return (path for path in self._paths if not is_beside(path))


class SingleItem(Items):
    """One sound file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[Item]:
        yield Item(self._path.name, FileOpener(os.fspath(self._path)))


def _beside(metadata: str | Path, source: Path) -> Path:
    """The CSV as it was named, or in the source's folder."""
    path = Path(metadata)
    folder = source if source.is_dir() else source.parent
    return path if path.exists() or path.is_absolute() or not (folder / path).exists() else folder / path


def _leads_back(path: str, root: str) -> bool:
    """Whether a link to a folder stays within `root`: its files are found where they really are."""
    real = os.path.realpath(path)
    return os.path.commonpath([real, root]) == root
